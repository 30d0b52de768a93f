//! What the outbox keeps of a mail: sealed, because it holds an address and may hold a link that
//! opens something; versioned, because another release may send it.

use gatelodge_domain::{Id, Realm, Timestamp, User};
use gatelodge_ports::store::Message;
use serde::{Deserialize, Serialize};

use super::{MailTemplate, Rendered};
use crate::{Failure, Foundation};

const VERSION: u8 = 1;

/// A mail that waits.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) template: MailTemplate,
    /// Whom it is about, for the trail.
    pub(super) user: Option<Id<User>>,
    pub(super) house: String,
    pub(super) to: String,
    pub(super) rendered: Rendered,
    /// From then on it is of no use.
    pub(super) good_until: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct Payload {
    v: u8,
    template: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    house: String,
    to: String,
    subject: String,
    text: String,
    html: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    good_until: Option<i64>,
}

fn place(realm: Id<Realm>, id: Id<Message>) -> String {
    format!("{realm}|outbox|{id}|payload")
}

/// A message for the outbox whose payload opens only in its own row.
pub(crate) fn sealed_message(
    foundation: &Foundation,
    realm: Id<Realm>,
    channel: &str,
    plain: &[u8],
    now: Timestamp,
) -> Result<Message, Failure> {
    let id = foundation.rng.id(now);
    Ok(Message {
        id,
        realm,
        channel: channel.to_owned(),
        payload: foundation.vault.seal(&place(realm, id), plain)?,
        attempts: 0,
        due_at: now,
    })
}

/// The payload of a message.
pub(crate) fn opened_message(
    foundation: &Foundation,
    message: &Message,
) -> Result<gatelodge_domain::SecretBytes, Failure> {
    let place = place(message.realm, message.id);
    Ok(foundation.vault.open(&place, &message.payload)?)
}

impl Waiting {
    /// The message for the outbox.
    pub(super) fn seal(
        &self,
        foundation: &Foundation,
        realm: Id<Realm>,
        now: Timestamp,
    ) -> Result<Message, Failure> {
        let payload = Payload {
            v: VERSION,
            template: self.template.as_str().to_owned(),
            user: self.user.map(|user| user.to_string()),
            house: self.house.clone(),
            to: self.to.clone(),
            subject: self.rendered.subject.clone(),
            text: self.rendered.text.clone(),
            html: self.rendered.html.clone(),
            good_until: self.good_until.map(Timestamp::as_millis),
        };
        let plain = serde_json::to_vec(&payload)?;
        sealed_message(foundation, realm, super::CHANNEL, &plain, now)
    }

    /// The mail in a message.
    pub(super) fn open(foundation: &Foundation, message: &Message) -> Result<Self, Failure> {
        let plain = opened_message(foundation, message)?;
        let payload: Payload = serde_json::from_slice(plain.expose())?;
        if payload.v != VERSION {
            return Err(Failure::broken(
                "a mail in the outbox has an unknown version",
            ));
        }
        let template = MailTemplate::parse(&payload.template)
            .ok_or_else(|| Failure::broken("a mail in the outbox is of an unknown kind"))?;
        Ok(Self {
            template,
            user: payload.user.and_then(|user| Id::parse(&user).ok()),
            house: payload.house,
            to: payload.to,
            rendered: Rendered {
                subject: payload.subject,
                text: payload.text,
                html: payload.html,
            },
            good_until: payload.good_until.map(Timestamp::from_millis),
        })
    }
}
