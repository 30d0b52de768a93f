//! Looks at what was asked for, and sends a link to whoever there is.
//!
//! More is written for a name that is known than for one that is not. Whoever asks again at once
//! would find their second answer a little slower or quicker for it, as both wait for the same
//! disk. So each request rests for a while of chance first: what becomes of it falls into the
//! time of anybody's request.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{AuditAction, PasswordCredential, Realm, Timestamp, User};
use gatelodge_ports::Delay;
use gatelodge_ports::store::Message;
use serde_json::json;

use super::link::{self, LinkKind, Standing};
use super::request::{self, Asked, is_offered};
use crate::audit::{Entry, RefusalKey, Repeat, RequestFacts};
use crate::foundation::Announcements;
use crate::mail::{Letter, MailTemplate, moment, opened_message};
use crate::realms::ServedRealm;
use crate::{Failure, Foundation};

/// How long a request is hidden from other nodes while one looks at it.
const HIDDEN: Duration = Duration::from_mins(1);
/// No request rests for longer.
const LONGEST_REST: Duration = Duration::from_millis(100);
/// After so long nobody waits for the mail any more.
const PATIENCE: Duration = Duration::from_hours(1);

/// Answers requests, one at a time.
pub struct AnswerRecovery {
    foundation: Arc<Foundation>,
    delay: Arc<dyn Delay>,
}

impl AnswerRecovery {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>, delay: Arc<dyn Delay>) -> Self {
        Self { foundation, delay }
    }

    /// Answers one request; false when there was none.
    pub async fn once(&self) -> Result<bool, Failure> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let mut unit = foundation.store.write().await?;
        let taken = unit
            .outbox()
            .take(super::CHANNEL, now, now.plus(HIDDEN), 1)
            .await?;
        unit.commit().await?;
        let Some(message) = taken.into_iter().next() else {
            return Ok(false);
        };
        let chance = u32::from(u16::from_be_bytes(foundation.rng.bytes()));
        self.delay.wait(LONGEST_REST * chance / 0x1_0000).await;
        let asked = opened(foundation, &message);
        let realm = self.realm(&message).await?;
        match (asked, realm) {
            (Some(asked), Some(realm))
                if !is_old(&asked, now) && is_offered(foundation, &realm) =>
            {
                self.answer(&message, &realm, &asked, now).await?;
            }
            _ => self.drop_it(&message).await?,
        }
        Ok(true)
    }

    async fn answer(
        &self,
        message: &Message,
        realm: &ServedRealm,
        asked: &Asked,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let facts = RequestFacts {
            id: asked.request_id.clone(),
            address: asked.address.clone(),
            user_agent: asked.user_agent.clone(),
        };
        let (user, credential) = self.find(&realm.realm, &asked.name).await?;
        match user {
            Some(user) if user.can_authenticate(now).is_ok() && user.email.is_some() => {
                self.send(
                    message,
                    realm,
                    asked,
                    &user,
                    credential.as_ref(),
                    &facts,
                    now,
                )
                .await
            }
            user => {
                self.refuse(message, realm, asked, user.as_ref(), &facts, now)
                    .await
            }
        }
    }

    /// By user name, else by the address on file: whoever opens the link has proved that it is
    /// theirs.
    async fn find(
        &self,
        realm: &Realm,
        name: &str,
    ) -> Result<(Option<User>, Option<PasswordCredential>), Failure> {
        let mut view = self.foundation.store.read().await?;
        let mut user = view.users().find_by_username(realm.id, name).await?;
        if user.is_none() && name.contains('@') {
            user = view.users().find_by_email(realm.id, name).await?;
        }
        let credential = match &user {
            Some(user) => view.passwords().find(realm.id, user.id).await?,
            None => None,
        };
        Ok((user, credential))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "what a request turned out to be, taken apart once"
    )]
    async fn send(
        &self,
        message: &Message,
        realm: &ServedRealm,
        asked: &Asked,
        user: &User,
        credential: Option<&PasswordCredential>,
        facts: &RequestFacts,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let foundation = &self.foundation;
        let actor = AuditActor::Anonymous;
        let action = AuditAction::PasswordResetRequested;
        let entry = Entry::done(realm.realm.id, actor, action).on("user", user.id);
        let event = foundation.recorder.event(entry, facts, now).await?;
        let posted = reset_link(
            foundation,
            realm,
            user,
            credential,
            Some(&asked.language),
            now,
        )
        .await?;
        let mut announcements = Announcements::new();
        let mut unit = foundation.store.write().await?;
        if let Some(posted) = &posted {
            link::issue(&mut *unit, &posted.ticket).await?;
            announcements
                .post(&mut *unit, Some(&posted.message))
                .await?;
        }
        unit.outbox().done(message.id).await?;
        unit.audit().append(&[event]).await?;
        unit.commit().await?;
        announcements.apply(foundation);
        Ok(())
    }

    /// Nobody of that name, or nobody who could use a link: a fact for the trail, once a minute
    /// and name.
    async fn refuse(
        &self,
        message: &Message,
        realm: &ServedRealm,
        asked: &Asked,
        user: Option<&User>,
        facts: &RequestFacts,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let foundation = &self.foundation;
        let recorder = &foundation.recorder;
        let reason = match user {
            None => "unknown_user",
            Some(user) if user.can_authenticate(now).is_err() => "cannot_authenticate",
            Some(_) => "no_address",
        };
        let name = recorder.unknown_name(realm.realm.id, &asked.name);
        let (actor, action) = (AuditActor::Anonymous, AuditAction::PasswordResetRequested);
        let key = RefusalKey {
            realm: realm.realm.id,
            actor,
            action,
            what: name.clone(),
            reason,
        };
        let mut events = Vec::new();
        if recorder.refusals.admit(key, now) == Repeat::First {
            let entry = Entry::denied(realm.realm.id, actor, action, reason);
            let entry = match user {
                Some(user) => entry.on("user", user.id),
                None => entry.with(json!({ "name": name })),
            };
            events.push(recorder.event(entry, facts, now).await?);
        }
        let mut unit = foundation.store.write().await?;
        unit.outbox().done(message.id).await?;
        unit.audit().append(&events).await?;
        Ok(unit.commit().await?)
    }

    async fn drop_it(&self, message: &Message) -> Result<(), Failure> {
        let mut unit = self.foundation.store.write().await?;
        unit.outbox().done(message.id).await?;
        Ok(unit.commit().await?)
    }

    async fn realm(&self, message: &Message) -> Result<Option<ServedRealm>, Failure> {
        let mut view = self.foundation.store.read().await?;
        let realm = view.realms().find(message.realm).await?;
        let realm = realm.filter(Realm::serves);
        Ok(realm.map(|realm| ServedRealm::new(realm, &self.foundation.issuers)))
    }
}

/// A link on its way: the ticket to write and the mail to post.
pub(super) struct PostedLink {
    pub(super) ticket: gatelodge_domain::Ticket,
    pub(super) message: Message,
}

/// The mail with a link to a new password; `None` for who has no address, or where the house
/// cannot send.
pub(super) async fn reset_link(
    foundation: &Foundation,
    realm: &ServedRealm,
    user: &User,
    credential: Option<&PasswordCredential>,
    language: Option<&str>,
    now: Timestamp,
) -> Result<Option<PostedLink>, Failure> {
    let Some(email) = &user.email else {
        return Ok(None);
    };
    let standing = Standing::of(user, credential);
    let link = link::mint(foundation, realm, LinkKind::Reset, user.id, &standing, now)?;
    let letter = Letter {
        realm: &realm.realm,
        user,
        to: email,
        language,
        template: MailTemplate::PasswordReset,
        values: vec![
            ("link", link.url.expose().clone()),
            ("valid_until", moment(link.ticket.expires_at)),
        ],
        good_until: Some(link.ticket.expires_at),
    };
    let message = letter.compose(foundation, now).await?;
    Ok(message.map(|message| PostedLink {
        ticket: link.ticket,
        message,
    }))
}

fn opened(foundation: &Foundation, message: &Message) -> Option<Asked> {
    let plain = opened_message(foundation, message).ok()?;
    let asked: Asked = serde_json::from_slice(plain.expose()).ok()?;
    (asked.v == request::VERSION).then_some(asked)
}

fn is_old(asked: &Asked, now: Timestamp) -> bool {
    Timestamp::from_millis(asked.at).plus(PATIENCE) <= now
}
