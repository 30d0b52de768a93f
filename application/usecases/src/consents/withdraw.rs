//! Taking a consent back: the client loses what it got by it, at once.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{AuditAction, Client, Id, Realm, User};
use gatelodge_ports::store::{Change, GrantFilter, PageRequest};

use crate::audit::{Entry, RequestFacts};
use crate::foundation::Announcements;
use crate::grants::end_grant;
use crate::{Denial, Error, ErrorCode, Foundation};

/// Grants that are ended in one unit of work.
const BATCH: u16 = 200;

/// Withdraws consents.
pub struct WithdrawConsent {
    foundation: Arc<Foundation>,
}

impl WithdrawConsent {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// Forgets the consent and ends every grant of that person to that client, with its codes,
    /// refresh families and access tokens. Refused with `NotFound` where there was neither.
    pub async fn withdraw(
        &self,
        realm: Id<Realm>,
        (user, client): (Id<User>, Id<Client>),
        actor: AuditActor,
        request: &RequestFacts,
    ) -> Result<(), Error> {
        let now = self.foundation.clock.now();
        let entry = Entry::done(realm, actor, AuditAction::ConsentWithdrawn)
            .on("user", user)
            .through(client);
        let event = self.foundation.recorder.event(entry, request, now).await?;
        let filter = GrantFilter {
            user: Some(user),
            client: Some(client),
            live_at: Some(now),
            ..GrantFilter::default()
        };
        let mut found = false;
        loop {
            let mut announcements = Announcements::new();
            let mut unit = self.foundation.store.write().await?;
            let removed = unit.consents().remove(realm, user, client).await?;
            if removed {
                let change = Change::User(realm, user);
                announcements.note(&mut *unit, change, now).await?;
            }
            let page = PageRequest::first(BATCH);
            let grants = unit.grants().list(realm, filter, page).await?;
            for grant in &grants.items {
                end_grant(&mut *unit, &mut announcements, realm, grant.id, now).await?;
            }
            let news = (removed || !grants.items.is_empty()) && !found;
            if news {
                unit.audit().append(core::slice::from_ref(&event)).await?;
            }
            found |= news;
            unit.commit().await?;
            announcements.apply(&self.foundation);
            if !grants.more {
                break;
            }
        }
        if found {
            Ok(())
        } else {
            Err(Denial::new(ErrorCode::NotFound, "there is no such consent").into())
        }
    }
}
