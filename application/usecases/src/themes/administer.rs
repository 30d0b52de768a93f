//! A realm's theme as an administrator sees and changes it.

use std::sync::Arc;

use gatelodge_domain::document::DocumentKind;
use gatelodge_domain::theme::Logo;
use gatelodge_domain::{AuditAction, AuditEvent, RealmDocument, Revision, Theme, Timestamp};
use gatelodge_ports::store::Change;
use serde_json::{Value, json};

use super::stored::{NAME, read, written};
use crate::Foundation;
use crate::admin::{AdminError, Permit, Refusal, Right, ThemesRead, ThemesWrite, Work};

/// The most bytes of a stored theme without its logo: every node holds it in memory.
const LARGEST: usize = 256 * 1024;

/// A theme as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTheme {
    /// The theme; the built-in look where the realm has none.
    pub theme: Theme,
    /// How often the realm wrote it; zero for the built-in look.
    pub revision: Revision,
    /// When it did last.
    pub updated_at: Option<Timestamp>,
}

const BUILT_IN: Revision = Revision(0);

impl StoredTheme {
    fn of(document: Option<RealmDocument>) -> Result<Self, AdminError> {
        let Some(document) = document else {
            return Ok(Self {
                theme: Theme::default(),
                revision: BUILT_IN,
                updated_at: None,
            });
        };
        Ok(Self {
            theme: read(&document.body)?,
            revision: document.revision,
            updated_at: Some(document.updated_at),
        })
    }
}

/// Sees and changes themes.
pub struct AdministerThemes {
    foundation: Arc<Foundation>,
}

impl AdministerThemes {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// The theme of a realm.
    pub async fn get(&self, permit: &Permit<ThemesRead>) -> Result<StoredTheme, AdminError> {
        self.find(permit).await
    }

    /// The same for whoever is about to change it.
    pub async fn get_to_change(
        &self,
        permit: &Permit<ThemesWrite>,
    ) -> Result<StoredTheme, AdminError> {
        self.find(permit).await
    }

    /// The logo of a realm.
    pub async fn logo(&self, permit: &Permit<ThemesRead>) -> Result<Logo, AdminError> {
        let stored = self.find(permit).await?;
        Ok(stored.theme.logo.ok_or_else(no_logo)?)
    }

    /// Writes a theme over the one that was read. The logo stays: it has operations of its own.
    pub async fn put(
        &self,
        permit: &Permit<ThemesWrite>,
        current: StoredTheme,
        theme: Theme,
    ) -> Result<StoredTheme, AdminError> {
        let bare = Theme {
            logo: None,
            ..theme
        };
        if written(&bare)?.len() > LARGEST {
            return Err(Refusal::field("texts", "a theme has at most 256 KiB of texts").into());
        }
        let theme = Theme {
            logo: current.theme.logo,
            ..bare
        };
        let facts = json!({ "how": "written" });
        self.write(permit, current.revision, &theme, facts).await
    }

    /// Puts a logo into the theme that was read.
    pub async fn put_logo(
        &self,
        permit: &Permit<ThemesWrite>,
        current: StoredTheme,
        logo: Logo,
    ) -> Result<StoredTheme, AdminError> {
        let facts = json!({ "how": "logo_written", "media_type": logo.kind().media_type() });
        let theme = Theme {
            logo: Some(logo),
            ..current.theme
        };
        self.write(permit, current.revision, &theme, facts).await
    }

    /// Takes the logo out of the theme that was read.
    pub async fn delete_logo(
        &self,
        permit: &Permit<ThemesWrite>,
        current: StoredTheme,
    ) -> Result<(), AdminError> {
        if current.theme.logo.is_none() {
            return Err(no_logo().into());
        }
        let theme = Theme {
            logo: None,
            ..current.theme
        };
        let facts = json!({ "how": "logo_removed" });
        self.write(permit, current.revision, &theme, facts).await?;
        Ok(())
    }

    /// Puts the built-in look back.
    pub async fn delete(
        &self,
        permit: &Permit<ThemesWrite>,
        current: StoredTheme,
    ) -> Result<(), AdminError> {
        if current.revision == BUILT_IN {
            return Err(Refusal::not_found("the realm has no theme of its own").into());
        }
        let (realm, now) = (permit.realm_id(), self.foundation.clock.now());
        let event = self.event(permit, json!({ "how": "removed" }), now).await?;
        let mut work = Work::open(&self.foundation, now).await?;
        work.unit
            .documents()
            .remove(realm, DocumentKind::Theme, NAME, current.revision)
            .await?;
        work.note(Change::Realm(realm)).await?;
        work.commit(&[event]).await?;
        Ok(())
    }

    async fn find<P: Right>(&self, permit: &Permit<P>) -> Result<StoredTheme, AdminError> {
        let mut view = self.foundation.store.read().await?;
        let document = view
            .documents()
            .find(permit.realm_id(), DocumentKind::Theme, NAME)
            .await?;
        StoredTheme::of(document)
    }

    async fn write(
        &self,
        permit: &Permit<ThemesWrite>,
        read: Revision,
        theme: &Theme,
        facts: Value,
    ) -> Result<StoredTheme, AdminError> {
        let (realm, now) = (permit.realm_id(), self.foundation.clock.now());
        let document = RealmDocument {
            realm,
            kind: DocumentKind::Theme,
            name: NAME.to_owned(),
            body: written(theme)?,
            revision: read,
            updated_at: now,
        };
        let event = self.event(permit, facts, now).await?;
        let mut work = Work::open(&self.foundation, now).await?;
        let read = (read != BUILT_IN).then_some(read);
        let document = work.unit.documents().put(&document, read).await?;
        work.note(Change::Realm(realm)).await?;
        work.commit(&[event]).await?;
        StoredTheme::of(Some(document))
    }

    async fn event(
        &self,
        permit: &Permit<ThemesWrite>,
        facts: Value,
        now: Timestamp,
    ) -> Result<AuditEvent, AdminError> {
        let entry = permit.done(AuditAction::ThemeChanged).with(facts);
        Ok(permit.event(&self.foundation, entry, now).await?)
    }
}

const fn no_logo() -> Refusal {
    Refusal::not_found("the realm has no logo")
}
