//! A realm's own texts for its mails, and the mail that an administrator sends to themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::document::DocumentKind;
use gatelodge_domain::{AuditAction, RealmDocument, Revision, Subject, Timestamp, User};
use gatelodge_ports::store::Change;
use serde_json::json;

use super::letter::{Written, document_name, primary};
use super::look::{house_name, previewed};
use super::render::Source;
use super::tested::{TestedMail, send_test};
use super::{InvalidTemplate, MAIL_LANGUAGES, MailTemplate, Rendered, texts};
use crate::admin::{AdminError, Permit, RealmsRead, RealmsWrite, Refusal, Right, Work};
use crate::{ErrorCode, Foundation};

/// The texts of a mail, with variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateTexts {
    /// One line.
    pub subject: String,
    /// What programs without HTML show; the other part is made from it where none was written.
    pub text: String,
    /// The label of the button that the link becomes.
    pub button: Option<String>,
    /// What the others show.
    pub html: Option<String>,
}

/// The texts of a mail in one language as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTemplate {
    /// Which mail.
    pub template: MailTemplate,
    /// In which language.
    pub language: String,
    /// The texts.
    pub texts: TemplateTexts,
    /// How often the realm wrote its own; zero for the built-in texts.
    pub revision: Revision,
    /// When it did last.
    pub updated_at: Option<Timestamp>,
}

/// Sees and changes what mails say.
pub struct AdministerMail {
    foundation: Arc<Foundation>,
}

const BUILT_IN: Revision = Revision(0);

impl AdministerMail {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// Where mail goes; `None` where the house cannot send any.
    pub fn describe(&self) -> Option<String> {
        self.foundation.mail.describe()
    }

    /// Every mail in every language, built-in or the realm's own.
    pub async fn list(
        &self,
        permit: &Permit<RealmsRead>,
    ) -> Result<Vec<StoredTemplate>, AdminError> {
        let mut view = self.foundation.store.read().await?;
        let documents = view
            .documents()
            .list(permit.realm_id(), DocumentKind::MailTemplate)
            .await?;
        let written: BTreeMap<&str, &RealmDocument> = documents
            .iter()
            .map(|document| (document.name.as_str(), document))
            .collect();
        let mut found = Vec::new();
        for template in MailTemplate::ALL {
            let own = written
                .keys()
                .filter_map(|name| name.strip_prefix(template.as_str())?.strip_prefix('/'));
            let languages: BTreeSet<&str> = MAIL_LANGUAGES.iter().copied().chain(own).collect();
            for language in languages {
                let name = document_name(template, language);
                let document = written.get(name.as_str()).copied();
                found.extend(stored(template, language, document)?);
            }
        }
        Ok(found)
    }

    /// One of them.
    pub async fn get(
        &self,
        permit: &Permit<RealmsRead>,
        template: &str,
        language: &str,
    ) -> Result<StoredTemplate, AdminError> {
        let (template, language) = which(template, language)?;
        let document = self.document(permit, template, &language).await?;
        stored(template, &language, document.as_ref())?.ok_or_else(|| no_template().into())
    }

    /// How often a template was written that is about to be: zero where never.
    pub async fn revision_to_change(
        &self,
        permit: &Permit<RealmsWrite>,
        template: &str,
        language: &str,
    ) -> Result<Revision, AdminError> {
        let (template, language) = which(template, language)?;
        let document = self.document(permit, template, &language).await?;
        Ok(document.map_or(BUILT_IN, |document| document.revision))
    }

    /// Writes the realm's own texts over those that were read: at revision zero the built-in
    /// ones. A language that we do not speak may be added.
    pub async fn put(
        &self,
        permit: &Permit<RealmsWrite>,
        (template, language): (&str, &str),
        read: Revision,
        texts: TemplateTexts,
    ) -> Result<StoredTemplate, AdminError> {
        let foundation = &self.foundation;
        let (template, language) = which(template, language)?;
        let source = Source::of(texts);
        source
            .check(template)
            .map_err(|invalid| refused(&invalid))?;
        let written = Written {
            v: Written::VERSION,
            subject: source.subject,
            text: source.text,
            button: source.button,
            html: source.html,
        };
        let now = foundation.clock.now();
        let document = RealmDocument {
            realm: permit.realm_id(),
            kind: DocumentKind::MailTemplate,
            name: document_name(template, &language),
            body: serde_json::to_string(&written)?,
            revision: read,
            updated_at: now,
        };
        let event = self
            .event(permit, template, &language, "written", now)
            .await?;
        let mut work = Work::open(foundation, now).await?;
        let read = (read != BUILT_IN).then_some(read);
        let document = work.unit.documents().put(&document, read).await?;
        work.note(Change::Realm(permit.realm_id())).await?;
        work.commit(&[event]).await?;
        stored(template, &language, Some(&document))?.ok_or_else(|| no_template().into())
    }

    /// Puts the built-in texts back.
    pub async fn delete(
        &self,
        permit: &Permit<RealmsWrite>,
        (template, language): (&str, &str),
        read: Revision,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let (template, language) = which(template, language)?;
        if self.document(permit, template, &language).await?.is_none() {
            return Err(no_template().into());
        }
        let now = foundation.clock.now();
        let event = self
            .event(permit, template, &language, "removed", now)
            .await?;
        let realm = permit.realm_id();
        let name = document_name(template, &language);
        let mut work = Work::open(foundation, now).await?;
        work.unit
            .documents()
            .remove(realm, DocumentKind::MailTemplate, &name, read)
            .await?;
        work.note(Change::Realm(realm)).await?;
        work.commit(&[event]).await?;
        Ok(())
    }

    /// A mail with made-up values, in these texts or in those that are stored.
    pub async fn preview(
        &self,
        permit: &Permit<RealmsRead>,
        (template, language): (&str, &str),
        draft: Option<TemplateTexts>,
    ) -> Result<Rendered, AdminError> {
        let texts = match draft {
            Some(draft) => draft,
            None => self.get(permit, template, language).await?.texts,
        };
        let (template, language) = which(template, language)?;
        let source = Source::of(texts);
        source
            .check(template)
            .map_err(|invalid| refused(&invalid))?;
        let mut values: BTreeMap<&str, String> = template
            .variables()
            .iter()
            .map(|variable| (variable.name, variable.sample.to_owned()))
            .collect();
        let realm = &permit.realm().realm;
        let theme = self.foundation.directory.theme(realm.id).await?;
        values.insert("realm", house_name(realm, &theme).to_owned());
        let mut rendered = source.render(&language, &theme, &values);
        rendered.html = previewed(&rendered.html, &theme);
        Ok(rendered)
    }

    /// Sends a mail to the administrator who asks, at once and without the outbox, so that they
    /// see what the server says.
    pub async fn test(&self, permit: &Permit<RealmsWrite>) -> Result<TestedMail, AdminError> {
        let foundation = &self.foundation;
        let no_way = || {
            let what = "this house has no way to send mail: see [mail] in its configuration";
            Refusal::new(ErrorCode::Conflict, what)
        };
        if !foundation.mail.is_open() {
            return Err(no_way().into());
        }
        let me = self.myself(permit).await?;
        let Some(to) = me.as_ref().and_then(|me| me.email.clone()) else {
            let what = "your own account has no mail address to send a test to";
            return Err(Refusal::new(ErrorCode::Conflict, what).into());
        };
        let Some(me) = me else {
            return Err(Refusal::forbidden().into());
        };
        let realm = &permit.realm().realm;
        let tested = send_test(foundation, realm, &me, &to).await?;
        let tested = tested.ok_or_else(no_way)?;
        let now = foundation.clock.now();
        let entry = tested.told(permit.done(AuditAction::MailTested));
        let event = permit.event(foundation, entry, now).await?;
        Work::open(foundation, now).await?.commit(&[event]).await?;
        Ok(tested)
    }

    async fn myself<P: Right>(&self, permit: &Permit<P>) -> Result<Option<User>, AdminError> {
        let (AuditActor::Subject(Subject::User(id)), Some(realm)) =
            (permit.actor(), permit.actor_realm())
        else {
            return Ok(None);
        };
        let mut view = self.foundation.store.read().await?;
        Ok(view.users().find(realm, id).await?)
    }

    async fn document<P: Right>(
        &self,
        permit: &Permit<P>,
        template: MailTemplate,
        language: &str,
    ) -> Result<Option<RealmDocument>, AdminError> {
        let name = document_name(template, language);
        let mut view = self.foundation.store.read().await?;
        let found = view
            .documents()
            .find(permit.realm_id(), DocumentKind::MailTemplate, &name)
            .await?;
        Ok(found)
    }

    async fn event(
        &self,
        permit: &Permit<RealmsWrite>,
        template: MailTemplate,
        language: &str,
        how: &str,
        now: Timestamp,
    ) -> Result<gatelodge_domain::AuditEvent, AdminError> {
        let facts = json!({ "template": template.as_str(), "language": language, "how": how });
        let entry = permit.done(AuditAction::MailTemplateChanged).with(facts);
        Ok(permit.event(&self.foundation, entry, now).await?)
    }
}

impl Source {
    fn of(texts: TemplateTexts) -> Self {
        Self {
            subject: texts.subject,
            text: texts.text,
            button: texts.button,
            html: texts.html,
        }
    }
}

const fn no_template() -> Refusal {
    Refusal::not_found("there is no such mail template, or not in that language")
}

fn refused(invalid: &InvalidTemplate) -> AdminError {
    Refusal::field(invalid.field(), invalid.to_string()).into()
}

/// The mail and the language that a path names.
fn which(template: &str, language: &str) -> Result<(MailTemplate, String), AdminError> {
    let template = MailTemplate::parse(template).ok_or_else(no_template)?;
    let language = primary(language)
        .filter(|primary| primary == language)
        .ok_or_else(no_template)?;
    Ok((template, language))
}

/// What is in effect: the realm's own texts, or the built-in ones.
fn stored(
    template: MailTemplate,
    language: &str,
    document: Option<&RealmDocument>,
) -> Result<Option<StoredTemplate>, AdminError> {
    let source = match document {
        Some(document) => Some(Written::read(&document.body)?),
        None => texts::built_in(language, template),
    };
    Ok(source.map(|source| StoredTemplate {
        template,
        language: language.to_owned(),
        texts: TemplateTexts {
            subject: source.subject,
            text: source.text,
            button: source.button,
            html: source.html,
        },
        revision: document.map_or(BUILT_IN, |document| document.revision),
        updated_at: document.map(|document| document.updated_at),
    }))
}
