//! Links that open nothing, counted by the address they are tried from.
//!
//! A link bears 256 random bits, so nobody guesses one; what is slowed is who makes us look. A
//! look is counted before it is made and given back when the link was good, so the person who
//! got a link is not in anybody's way, and many at once cannot slip through.
//!
//! A post that has to wait is a fact of the trail, like a sign-in that has to; looking at a page
//! writes nothing.

use core::time::Duration;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::setting::Layers;
use gatelodge_domain::{AuditAction, Id, Realm, Setting, Timestamp};

use super::addresses::{Address, Addresses};
use crate::audit::{Entry, RequestFacts};
use crate::{Denial, ErrorCode, Failure, Foundation};

/// Counts them. One for the whole process, as [`Foundation::link_tries`].
#[derive(Default)]
pub struct LinkTries(Addresses);

/// A look that may be made; counted as one that opened nothing, unless [`Self::opened`] is told.
pub(crate) struct LinkTry<'a> {
    tries: &'a Addresses,
    address: Option<Address>,
}

/// Too many looks from that address opened nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TooManyLinks(pub(crate) Duration);

impl From<TooManyLinks> for Denial {
    fn from(too_many: TooManyLinks) -> Self {
        let what = "too many links that were tried from there opened nothing";
        Self::new(ErrorCode::TooManyRequests, what).retry_after(too_many.0)
    }
}

impl TooManyLinks {
    /// What the trail says of it.
    pub(crate) fn entry(realm: Id<Realm>, action: AuditAction) -> Entry {
        Entry::denied(realm, AuditActor::Anonymous, action, "too_many_requests")
    }

    /// Writes down that a post had to wait.
    pub(crate) async fn record(
        self,
        foundation: &Foundation,
        entry: Entry,
        request: &RequestFacts,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let from = request.address.clone().unwrap_or_default();
        let recorder = &foundation.recorder;
        recorder.refused(entry, from, request, now).await?;
        Ok(self)
    }
}

impl LinkTries {
    /// Counts a look, unless those of its address are used up: as many a minute as failed
    /// sign-ins. A limit of zero counts nothing.
    pub(crate) fn admit(
        &self,
        foundation: &Foundation,
        realm: &Realm,
        request: &RequestFacts,
        now: Timestamp,
    ) -> Result<LinkTry<'_>, TooManyLinks> {
        let limit = Layers(&[&realm.settings]).value(Setting::SignInAttemptsPerMinute);
        let text = request.address.as_deref().filter(|_| limit > 0);
        let address = text.map(|text| Address::of(realm.id, text));
        if let Some(address) = &address {
            let share = limit.div_ceil(foundation.nodes.live());
            self.0.admit(address, share, now).map_err(TooManyLinks)?;
        }
        Ok(LinkTry {
            tries: &self.0,
            address,
        })
    }
}

impl LinkTry<'_> {
    /// The link was good: the look is given back.
    pub(crate) fn opened(self) {
        if let Some(address) = &self.address {
            self.tries.give_back(address);
        }
    }
}
