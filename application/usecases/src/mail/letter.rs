//! What a use case has to tell somebody, on its way to the outbox.

use std::collections::BTreeMap;

use gatelodge_domain::document::DocumentKind;
use gatelodge_domain::user::ProfileClaim;
use gatelodge_domain::{Email, Id, Realm, Theme, Timestamp, User};
use gatelodge_ports::store::Message;
use gatelodge_ports::{Snapshot, StoreError};
use serde::{Deserialize, Serialize};

use super::look::house_name;
use super::payload::Waiting;
use super::render::Source;
use super::{MailTemplate, Rendered, texts};
use crate::{Failure, Foundation};

/// A mail to a person.
#[derive(Debug, Clone)]
pub struct Letter<'a> {
    /// Their realm.
    pub realm: &'a Realm,
    /// Whom it is about.
    pub user: &'a User,
    /// Where it goes.
    pub to: &'a Email,
    /// Which language they speak, best first; the person's own goes before it.
    pub language: Option<&'a str>,
    /// What it is.
    pub template: MailTemplate,
    /// Values beyond the realm's and the person's names.
    pub values: Vec<(&'static str, String)>,
    /// From then on it is of no use, and is not sent any more.
    pub good_until: Option<Timestamp>,
}

/// The language tag in which a person wants to be written to, if they said so.
pub fn language_of(user: &User) -> Option<&str> {
    user.profile.get(ProfileClaim::Locale)
}

impl Letter<'_> {
    /// The message, to be posted in the unit that causes it; `None` where the house has no
    /// mailer. To be called before that unit.
    pub async fn compose(
        &self,
        foundation: &Foundation,
        now: Timestamp,
    ) -> Result<Option<Message>, Failure> {
        if !foundation.mail.is_open() {
            return Ok(None);
        }
        let theme = foundation.directory.theme(self.realm.id).await?;
        let rendered = self.rendered(foundation, &theme).await?;
        let waiting = Waiting {
            template: self.template,
            user: Some(self.user.id),
            house: house_name(self.realm, &theme).to_owned(),
            to: self.to.as_str().to_owned(),
            rendered,
            good_until: self.good_until,
        };
        waiting.seal(foundation, self.realm.id, now).map(Some)
    }

    /// What it says, in the realm's look.
    pub(super) async fn rendered(
        &self,
        foundation: &Foundation,
        theme: &Theme,
    ) -> Result<Rendered, Failure> {
        let own = language_of(self.user).or(self.language);
        let wanted = [own, theme.language.as_deref()];
        let mut view = foundation.store.read().await?;
        let (language, source) = source(&mut *view, self.realm.id, self.template, wanted).await?;
        Ok(source.render(&language, theme, &self.values(theme)))
    }

    fn values(&self, theme: &Theme) -> BTreeMap<&'static str, String> {
        let username = self.user.username.as_str();
        let name = self.user.profile.get(ProfileClaim::Name);
        let mut values = BTreeMap::from([
            ("realm", house_name(self.realm, theme).to_owned()),
            ("username", username.to_owned()),
            ("name", name.unwrap_or(username).to_owned()),
        ]);
        values.extend(self.values.iter().cloned());
        values
    }
}

/// The body of a document: a realm's own texts.
#[derive(Serialize, Deserialize)]
pub(super) struct Written {
    pub(super) v: u8,
    pub(super) subject: String,
    pub(super) text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) button: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) html: Option<String>,
}

impl Written {
    pub(super) const VERSION: u8 = 1;

    pub(super) fn read(body: &str) -> Result<Source, Failure> {
        let written: Self = serde_json::from_str(body)?;
        if written.v != Self::VERSION {
            return Err(Failure::broken("a mail template has an unknown version"));
        }
        Ok(Source {
            subject: written.subject,
            text: written.text,
            button: written.button,
            html: written.html,
        })
    }
}

/// The name of the document with a mail's texts in one language.
pub(super) fn document_name(template: MailTemplate, language: &str) -> String {
    format!("{}/{language}", template.as_str())
}

/// The primary subtag of a language tag, in lower case (RFC 5646 §2.2.1).
pub(super) fn primary(tag: &str) -> Option<String> {
    let primary = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
    let letters = primary.bytes().all(|byte| byte.is_ascii_lowercase());
    (letters && (2..=3).contains(&primary.len())).then_some(primary)
}

/// The texts of a mail: in the first language of those wanted that there are any in, the realm's
/// own before ours; then in ours that everybody gets, likewise.
async fn source(
    view: &mut (dyn Snapshot + '_),
    realm: Id<Realm>,
    template: MailTemplate,
    wanted: [Option<&str>; 2],
) -> Result<(String, Source), Failure> {
    let wanted = wanted.into_iter().flatten().filter_map(primary);
    let languages = wanted.chain([texts::FALLBACK.to_owned()]);
    for language in languages {
        let name = document_name(template, &language);
        // A store of an earlier release keeps none.
        let written = match view
            .documents()
            .find(realm, DocumentKind::MailTemplate, &name)
            .await
        {
            Err(StoreError::Unsupported) => None,
            found => found?,
        };
        if let Some(document) = written {
            return Ok((language, Written::read(&document.body)?));
        }
        if let Some(source) = texts::built_in(&language, template) {
            return Ok((language, source));
        }
    }
    Err(Failure::broken("a mail is not written in any language"))
}
