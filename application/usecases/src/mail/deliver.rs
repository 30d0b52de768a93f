//! Takes mails from the outbox and hands them to the mailer, one at a time.
//!
//! Taking a message hides it from other nodes for longer than the mailer can need, so no two
//! send the same one. What could not be sent waits for longer each time, with a little chance in
//! it so that a server that comes back is not met by everything at once. In the end it is given
//! up, which the trail says.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{AuditAction, Timestamp};
use gatelodge_ports::mailer::{Delivery, Mail, Trouble};
use gatelodge_ports::store::Message;
use serde_json::json;

use super::look::enclosed;
use super::payload::Waiting;
use crate::audit::{Entry, RequestFacts};
use crate::{Failure, Foundation};

/// How long a message is hidden while it is being sent: longer than the longest time limit that
/// a mailer may be given.
const HIDDEN: Duration = Duration::from_mins(5);
/// After so many tries a mail is given up, some six hours after it was posted.
pub const MAX_ATTEMPTS: u32 = 14;
const FIRST_WAIT: Duration = Duration::from_secs(10);
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// What a round did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// There was nothing to send.
    Nothing,
    /// A mail was handed over.
    Sent,
    /// It was for somebody who is deleted.
    Dropped,
    /// It could not be sent and will be tried again.
    Postponed {
        /// Why; a stable word.
        what: &'static str,
        /// The server's reply code.
        code: Option<u16>,
        /// How often it was tried.
        attempts: u32,
    },
    /// It was given up.
    GivenUp {
        /// Why; a stable word.
        what: &'static str,
        /// The server's reply code.
        code: Option<u16>,
        /// How often it was tried.
        attempts: u32,
    },
}

/// Sends what waits.
pub struct DeliverMail {
    foundation: Arc<Foundation>,
}

impl DeliverMail {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// Sends one mail, if one is due and there is a mailer.
    pub async fn once(&self) -> Result<Attempt, Failure> {
        let foundation = &self.foundation;
        let Some(mailer) = foundation.mail.mailer() else {
            return Ok(Attempt::Nothing);
        };
        let now = foundation.clock.now();
        let mut unit = foundation.store.write().await?;
        let taken = unit
            .outbox()
            .take(super::CHANNEL, now, now.plus(HIDDEN), 1)
            .await?;
        unit.commit().await?;
        let Some(message) = taken.into_iter().next() else {
            return Ok(Attempt::Nothing);
        };
        let Ok(waiting) = Waiting::open(foundation, &message) else {
            // Nobody will ever be able to read it; the key or the version is gone.
            return self.give_up(&message, None, nothing("unreadable")).await;
        };
        if waiting.good_until.is_some_and(|end| end <= now) {
            return self
                .give_up(&message, Some(&waiting), nothing("too_late"))
                .await;
        }
        if self.is_gone(&message, &waiting).await? {
            let mut unit = foundation.store.write().await?;
            unit.outbox().done(message.id).await?;
            unit.commit().await?;
            return Ok(Attempt::Dropped);
        }
        let theme = foundation.directory.theme(message.realm).await?;
        let (html, logo) = enclosed(&waiting.rendered.html, &theme);
        let mail = Mail {
            id: message.id.to_string(),
            house: waiting.house.clone(),
            to: waiting.to.clone(),
            subject: waiting.rendered.subject.clone(),
            text: waiting.rendered.text.clone(),
            html,
            logo,
        };
        match mailer.send(&mail).await {
            Delivery::Sent => self.sent(&message).await,
            Delivery::TemporaryFailure(trouble) if message.attempts < MAX_ATTEMPTS => {
                self.postpone(&message, trouble).await
            }
            Delivery::TemporaryFailure(trouble) | Delivery::PermanentFailure(trouble) => {
                self.give_up(&message, Some(&waiting), trouble).await
            }
        }
    }

    /// Whether the person was deleted since: nobody writes to who asked to be forgotten.
    async fn is_gone(&self, message: &Message, waiting: &Waiting) -> Result<bool, Failure> {
        let Some(user) = waiting.user else {
            return Ok(false);
        };
        let mut view = self.foundation.store.read().await?;
        Ok(view.users().find(message.realm, user).await?.is_none())
    }

    async fn sent(&self, message: &Message) -> Result<Attempt, Failure> {
        let mut unit = self.foundation.store.write().await?;
        unit.outbox().done(message.id).await?;
        unit.commit().await?;
        self.foundation.mail.count_sent();
        Ok(Attempt::Sent)
    }

    async fn postpone(&self, message: &Message, trouble: Trouble) -> Result<Attempt, Failure> {
        let foundation = &self.foundation;
        let chance = u16::from_be_bytes(foundation.rng.bytes());
        let due_at = foundation.clock.now().plus(wait(message.attempts, chance));
        let mut unit = foundation.store.write().await?;
        unit.outbox()
            .postpone(message.id, message.attempts, due_at)
            .await?;
        unit.commit().await?;
        foundation.mail.count_postponed();
        Ok(Attempt::Postponed {
            what: trouble.what,
            code: trouble.code,
            attempts: message.attempts,
        })
    }

    async fn give_up(
        &self,
        message: &Message,
        waiting: Option<&Waiting>,
        trouble: Trouble,
    ) -> Result<Attempt, Failure> {
        let foundation = &self.foundation;
        let now: Timestamp = foundation.clock.now();
        let action = AuditAction::MailGivenUp;
        let mut entry = Entry::denied(message.realm, AuditActor::System, action, trouble.what)
            .with(json!({
                "template": waiting.map(|waiting| waiting.template.as_str()),
                "attempts": message.attempts,
                "code": trouble.code,
            }));
        if let Some(user) = waiting.and_then(|waiting| waiting.user) {
            entry = entry.on("user", user);
        }
        let facts = RequestFacts::default();
        let event = foundation.recorder.event(entry, &facts, now).await?;
        let mut unit = foundation.store.write().await?;
        unit.outbox().done(message.id).await?;
        unit.audit().append(&[event]).await?;
        unit.commit().await?;
        foundation.mail.count_given_up();
        Ok(Attempt::GivenUp {
            what: trouble.what,
            code: trouble.code,
            attempts: message.attempts,
        })
    }
}

fn nothing(what: &'static str) -> Trouble {
    Trouble {
        what,
        code: None,
        reason: String::new(),
    }
}

/// How long to wait after so many tries: twice as long each time, up to an hour, and up to a
/// quarter more by chance.
fn wait(attempts: u32, chance: u16) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    let wait = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    wait + wait / 4 * u32::from(chance) / u32::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_longer_up_to_an_hour_with_some_chance() {
        assert_eq!(wait(1, 0), Duration::from_secs(10));
        assert_eq!(wait(2, 0), Duration::from_secs(20));
        assert_eq!(wait(20, 0), Duration::from_hours(1));
        assert_eq!(wait(1, u16::MAX), Duration::from_millis(12_500));
        let all: Duration = (1..MAX_ATTEMPTS).map(|attempts| wait(attempts, 0)).sum();
        assert!(all > Duration::from_hours(5) && all < Duration::from_hours(7));
    }
}
