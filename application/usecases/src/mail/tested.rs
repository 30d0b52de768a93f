//! A mail that shows whether mail works: sent at once and without the outbox, so that whoever
//! sets the house up sees what the server says.

use gatelodge_domain::{Email, Id, Outcome, Realm, User};
use gatelodge_ports::mailer::{Delivery, Mail};

use super::MailTemplate;
use super::letter::Letter;
use super::look::{enclosed, house_name};
use crate::audit::Entry;
use crate::{Failure, Foundation};

/// How a mail to the administrator went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestedMail {
    /// Where it was sent.
    pub to: String,
    /// By which way.
    pub via: String,
    /// What became of it.
    pub delivery: Delivery,
}

impl TestedMail {
    /// The entry with how it went.
    pub(crate) fn told(&self, mut entry: Entry) -> Entry {
        match &self.delivery {
            Delivery::Sent => {}
            Delivery::TemporaryFailure(trouble) | Delivery::PermanentFailure(trouble) => {
                entry.outcome = Outcome::Denied;
                entry.reason = Some(trouble.what);
            }
        }
        entry
    }
}

/// Sends one; `None` where the house has no mailer.
pub(crate) async fn send_test(
    foundation: &Foundation,
    realm: &Realm,
    user: &User,
    to: &Email,
) -> Result<Option<TestedMail>, Failure> {
    let Some(mailer) = foundation.mail.mailer().cloned() else {
        return Ok(None);
    };
    let letter = Letter {
        realm,
        user,
        to,
        language: None,
        template: MailTemplate::Test,
        values: Vec::new(),
        good_until: None,
    };
    let theme = foundation.directory.theme(realm.id).await?;
    let rendered = letter.rendered(foundation, &theme).await?;
    let (html, logo) = enclosed(&rendered.html, &theme);
    let id: Id<Mail> = foundation.rng.id(foundation.clock.now());
    let mail = Mail {
        id: id.to_string(),
        house: house_name(realm, &theme).to_owned(),
        to: to.as_str().to_owned(),
        subject: rendered.subject,
        text: rendered.text,
        html,
        logo,
    };
    let delivery = mailer.send(&mail).await;
    Ok(Some(TestedMail {
        to: mail.to,
        via: mailer.describe(),
        delivery,
    }))
}
