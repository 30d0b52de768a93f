//! Realms, clients and people as requests need them: read once, shared, dropped when they
//! change here or elsewhere. Absence is cached too, so that a stranger's guesses cost a map
//! look-up.
//!
//! Browser sign-ins and remembered consents are here for the authorization endpoint, which most
//! often has nothing to ask. Only what is there is remembered of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use gatelodge_domain::user::SubjectId;
use gatelodge_domain::{
    Client, ClientId, Consent, Digest, Id, Origin, Realm, RealmSlug, ScopeSet, Session, Theme,
    Timestamp, User,
};
use gatelodge_ports::{Store, StoreError};

use super::{Cache, RealmCatalogue};
use crate::figures::CacheFigures;
use crate::realms::{Issuers, ServedRealm};
use crate::themes::theme_of;

/// What a look-up found; absence is an answer too.
type Known<T> = Option<Arc<T>>;

/// What nobody asks for in that time, or a little longer, is forgotten.
const IDLE: Duration = Duration::from_secs(25);

/// Who agreed, and for whom.
type ConsentKey = (Id<Realm>, Id<User>, Id<Client>);

/// Cached look-ups.
pub struct Directory {
    store: Arc<dyn Store>,
    issuers: Issuers,
    realms: Cache<RealmSlug, Known<ServedRealm>>,
    clients: Cache<(Id<Realm>, ClientId), Known<Client>>,
    client_ids: Cache<(Id<Realm>, Id<Client>), Known<Client>>,
    users: Cache<(Id<Realm>, Id<User>), Known<User>>,
    subjects: Cache<(Id<Realm>, SubjectId), Option<Id<User>>>,
    origins: Cache<Id<Realm>, Arc<[Origin]>>,
    catalogues: Cache<Id<Realm>, Arc<RealmCatalogue>>,
    themes: Cache<Id<Realm>, Arc<Theme>>,
    /// When what is idle was last looked for, in milliseconds.
    looked_at: AtomicI64,
    /// Whose secret it was when it was asked for; the session says whose it is.
    session_secrets: Cache<(Id<Realm>, Digest), Id<Session>>,
    sessions: Cache<(Id<Realm>, Id<Session>), Arc<Session>>,
    consents: Cache<ConsentKey, Arc<Consent>>,
}

impl Directory {
    /// An empty directory over a store.
    pub fn new(store: Arc<dyn Store>, issuers: Issuers) -> Self {
        Self {
            store,
            issuers,
            realms: Cache::bounded(10_000),
            clients: Cache::bounded(20_000),
            client_ids: Cache::bounded(20_000),
            users: Cache::bounded(20_000),
            subjects: Cache::bounded(20_000),
            origins: Cache::bounded(10_000),
            catalogues: Cache::bounded(10_000),
            themes: Cache::bounded(10_000),
            looked_at: AtomicI64::new(0),
            session_secrets: Cache::bounded(20_000),
            sessions: Cache::bounded(20_000),
            consents: Cache::bounded(20_000),
        }
    }

    /// A realm that serves, by slug; `None` if there is none, or it is disabled or going.
    pub async fn realm(&self, slug: &RealmSlug) -> Result<Option<Arc<ServedRealm>>, StoreError> {
        if let Some(known) = self.realms.get(slug) {
            return Ok(known);
        }
        let generation = self.realms.generation();
        let found = self.store.read().await?.realms().find_by_slug(slug).await?;
        let served = found
            .filter(Realm::serves)
            .map(|realm| Arc::new(ServedRealm::new(realm, &self.issuers)));
        self.realms.keep(generation, slug.clone(), served.clone());
        Ok(served)
    }

    /// A client by its `client_id`, enabled or not.
    pub async fn client(
        &self,
        realm: Id<Realm>,
        client_id: &ClientId,
    ) -> Result<Option<Arc<Client>>, StoreError> {
        let key = (realm, client_id.clone());
        if let Some(known) = self.clients.get(&key) {
            return Ok(known);
        }
        let (generation, by_id) = (self.clients.generation(), self.client_ids.generation());
        let mut view = self.store.read().await?;
        let found = view
            .clients()
            .find_by_client_id(realm, client_id)
            .await?
            .map(Arc::new);
        if let Some(client) = &found {
            // The same one under both of its names.
            self.client_ids
                .keep(by_id, (realm, client.id), found.clone());
        }
        self.clients.keep(generation, key, found.clone());
        Ok(found)
    }

    /// A client by its row id, enabled or not.
    pub async fn client_by_id(
        &self,
        realm: Id<Realm>,
        id: Id<Client>,
    ) -> Result<Option<Arc<Client>>, StoreError> {
        if let Some(known) = self.client_ids.get(&(realm, id)) {
            return Ok(known);
        }
        let (generation, by_name) = (self.client_ids.generation(), self.clients.generation());
        let found = self
            .store
            .read()
            .await?
            .clients()
            .find(realm, id)
            .await?
            .map(Arc::new);
        if let Some(client) = &found {
            let key = (realm, client.client_id.clone());
            self.clients.keep(by_name, key, found.clone());
        }
        self.client_ids.keep(generation, (realm, id), found.clone());
        Ok(found)
    }

    /// A person by row id, whatever their status.
    pub async fn user(
        &self,
        realm: Id<Realm>,
        id: Id<User>,
    ) -> Result<Option<Arc<User>>, StoreError> {
        if let Some(known) = self.users.get(&(realm, id)) {
            return Ok(known);
        }
        let generation = self.users.generation();
        let found = self
            .store
            .read()
            .await?
            .users()
            .find(realm, id)
            .await?
            .map(Arc::new);
        self.users.keep(generation, (realm, id), found.clone());
        Ok(found)
    }

    /// The person behind a subject identifier; for the subject service only.
    pub(crate) async fn user_of_subject(
        &self,
        realm: Id<Realm>,
        subject: &SubjectId,
    ) -> Result<Option<Id<User>>, StoreError> {
        let key = (realm, subject.clone());
        if let Some(known) = self.subjects.get(&key) {
            return Ok(known);
        }
        let generation = self.subjects.generation();
        let mut view = self.store.read().await?;
        let found = view
            .users()
            .find_by_subject(realm, subject)
            .await?
            .map(|user| user.id);
        self.subjects.keep(generation, key, found);
        Ok(found)
    }

    /// Every origin that some enabled client of the realm allows.
    pub async fn allowed_origins(&self, realm: Id<Realm>) -> Result<Arc<[Origin]>, StoreError> {
        if let Some(known) = self.origins.get(&realm) {
            return Ok(known);
        }
        let generation = self.origins.generation();
        let found: Arc<[Origin]> = self
            .store
            .read()
            .await?
            .clients()
            .allowed_origins(realm)
            .await?
            .into();
        self.origins.keep(generation, realm, found.clone());
        Ok(found)
    }

    /// What a realm says of its scopes and APIs.
    pub async fn catalogue(&self, realm: &ServedRealm) -> Result<Arc<RealmCatalogue>, StoreError> {
        let realm = &realm.realm;
        if let Some(known) = self.catalogues.get(&realm.id) {
            return Ok(known);
        }
        let generation = self.catalogues.generation();
        let mut view = self.store.read().await?;
        let found = Arc::new(RealmCatalogue::read(&mut *view, realm).await?);
        self.catalogues.keep(generation, realm.id, found.clone());
        Ok(found)
    }

    /// How a realm's pages and mails look. Absence is the built-in look, and is kept too.
    pub async fn theme(&self, realm: Id<Realm>) -> Result<Arc<Theme>, StoreError> {
        if let Some(known) = self.themes.get(&realm) {
            return Ok(known);
        }
        let generation = self.themes.generation();
        let mut view = self.store.read().await?;
        let found = Arc::new(theme_of(&mut *view, realm).await?);
        self.themes.keep(generation, realm, found.clone());
        Ok(found)
    }

    /// The browser sign-in with that secret, alive or not, as it was when it was last read: when
    /// it was last used is a little behind. What is written under it looks at its row again.
    pub(crate) async fn session(
        &self,
        realm: Id<Realm>,
        secret: &Digest,
    ) -> Result<Option<Arc<Session>>, StoreError> {
        if let Some(id) = self.session_secrets.get(&(realm, *secret))
            && let Some(known) = self.sessions.get(&(realm, id))
            && known.secret == *secret
        {
            return Ok(Some(known));
        }
        self.session_anew(realm, secret).await
    }

    /// The same, read now.
    pub(crate) async fn session_anew(
        &self,
        realm: Id<Realm>,
        secret: &Digest,
    ) -> Result<Option<Arc<Session>>, StoreError> {
        let generation = self.sessions.generation();
        let mut view = self.store.read().await?;
        let found = view.sessions().find_by_secret(realm, secret).await?;
        let found = found.map(Arc::new);
        if let Some(session) = &found {
            let secrets = &self.session_secrets;
            secrets.keep(secrets.generation(), (realm, *secret), session.id);
            let key = (realm, session.id);
            self.sessions.keep(generation, key, Arc::clone(session));
        }
        Ok(found)
    }

    /// What a person agreed to for a client; read now, unless it is known that they agreed to
    /// these scopes.
    pub(crate) async fn consent(
        &self,
        realm: Id<Realm>,
        (user, client): (Id<User>, Id<Client>),
        scopes: &ScopeSet,
    ) -> Result<Option<Arc<Consent>>, StoreError> {
        let key = (realm, user, client);
        if let Some(known) = self.consents.get(&key)
            && scopes.is_subset(&known.scopes)
        {
            return Ok(Some(known));
        }
        let generation = self.consents.generation();
        let mut view = self.store.read().await?;
        let found = view.consents().find(realm, user, client).await?;
        let found = found.map(Arc::new);
        if let Some(consent) = &found {
            self.consents.keep(generation, key, Arc::clone(consent));
        }
        Ok(found)
    }

    /// How often each cache had what it was asked for.
    pub fn figures(&self) -> [CacheFigures; 10] {
        [
            self.realms.figures("realms"),
            self.clients.figures("clients"),
            self.client_ids.figures("client_ids"),
            self.users.figures("users"),
            self.subjects.figures("subjects"),
            self.origins.figures("origins"),
            self.catalogues.figures("catalogues"),
            self.themes.figures("themes"),
            self.sessions.figures("sessions"),
            self.consents.figures("consents"),
        ]
    }

    /// Forgets what nobody asked for between this call and the one before, if that was long
    /// enough ago.
    pub(crate) fn forget_idle(&self, now: Timestamp) {
        let looked_at = self.looked_at.load(Ordering::Relaxed);
        if now.since(Timestamp::from_millis(looked_at)) < IDLE {
            return;
        }
        self.looked_at.store(now.as_millis(), Ordering::Relaxed);
        self.realms.forget_idle();
        self.clients.forget_idle();
        self.client_ids.forget_idle();
        self.users.forget_idle();
        self.subjects.forget_idle();
        self.origins.forget_idle();
        self.catalogues.forget_idle();
        self.themes.forget_idle();
        self.sessions.forget_idle();
        self.session_secrets.forget_idle();
        self.consents.forget_idle();
    }

    pub(crate) fn drop_realm(&self, id: Id<Realm>) {
        self.catalogues.drop_key(&id);
        self.themes.drop_key(&id);
        // A slug that was asked for before the realm existed is remembered as absent.
        self.realms
            .drop_where(|_, served| served.as_ref().is_none_or(|served| served.realm.id == id));
        self.sessions.drop_where(|(of, _), _| *of == id);
    }

    pub(crate) fn drop_session(&self, realm: Id<Realm>, id: Id<Session>) {
        self.sessions.drop_key(&(realm, id));
    }

    pub(crate) fn drop_client(&self, realm: Id<Realm>, id: Id<Client>) {
        self.clients.drop_where(|(of, _), client| {
            *of == realm && client.as_ref().is_none_or(|client| client.id == id)
        });
        self.client_ids.drop_key(&(realm, id));
        self.origins.drop_key(&realm);
    }

    pub(crate) fn drop_user(&self, realm: Id<Realm>, id: Id<User>) {
        self.users.drop_key(&(realm, id));
        self.subjects
            .drop_where(|(of, _), user| *of == realm && user.is_none_or(|it| it == id));
        self.consents
            .drop_where(|(of, user, _), _| *of == realm && *user == id);
    }
}
