//! Makes audit events. Ids name people; whatever identifies them (name, address, agent) is
//! sealed under their own key before any unit of work is opened.

use std::sync::Arc;

use gatelodge_domain::audit::{AuditActor, AuditTarget, SealedDetail};
use gatelodge_domain::revocation::AccessToken;
use gatelodge_domain::{
    AuditAction, AuditEvent, Client, Grant, Id, Outcome, Realm, SecretBytes, Session, Subject,
    Timestamp, User,
};
use gatelodge_ports::vault::DataKeyPurpose;
use gatelodge_ports::{Rng, Store, Vault};
use serde::Serialize;
use serde_json::Value;

use super::{RefusalKey, Refusals, Repeat, RequestFacts, Traces};
use crate::Failure;
use crate::foundation::Cache;

/// An event before it has an id and a time.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The realm it concerns.
    pub realm: Id<Realm>,
    /// The realm of who did it, where it is another one.
    pub actor_realm: Option<Id<Realm>>,
    /// Who did it.
    pub actor: AuditActor,
    /// What was done or tried.
    pub action: AuditAction,
    /// To what.
    pub target: Option<AuditTarget>,
    /// How it went.
    pub outcome: Outcome,
    /// A stable word for why, where refused.
    pub reason: Option<&'static str>,
    /// Through which client.
    pub client: Option<Id<Client>>,
    /// In which browser sign-in.
    pub session: Option<Id<Session>>,
    /// Under which authorization.
    pub grant: Option<Id<Grant>>,
    /// Which access token it made or ended.
    pub token: Option<Id<AccessToken>>,
    /// Facts that identify nobody.
    pub facts: Option<Value>,
}

impl Entry {
    /// Something that was done.
    pub fn done(realm: Id<Realm>, actor: AuditActor, action: AuditAction) -> Self {
        Self {
            realm,
            actor_realm: None,
            actor,
            action,
            target: None,
            outcome: Outcome::Success,
            reason: None,
            client: None,
            session: None,
            grant: None,
            token: None,
            facts: None,
        }
    }

    /// Something that was refused.
    pub fn denied(
        realm: Id<Realm>,
        actor: AuditActor,
        action: AuditAction,
        reason: &'static str,
    ) -> Self {
        Self {
            outcome: Outcome::Denied,
            reason: Some(reason),
            ..Self::done(realm, actor, action)
        }
    }

    /// What it was done to.
    #[must_use]
    pub fn on<T>(mut self, kind: &str, id: Id<T>) -> Self {
        self.target = Some(AuditTarget {
            kind: kind.to_owned(),
            bits: id.as_u128(),
        });
        self
    }

    /// Through which client.
    #[must_use]
    pub fn through(mut self, client: Id<Client>) -> Self {
        self.client = Some(client);
        self
    }

    /// With facts that identify nobody.
    #[must_use]
    pub fn with(mut self, facts: Value) -> Self {
        self.facts = Some(facts);
        self
    }
}

/// Facts that identify somebody.
#[derive(Debug, Serialize)]
struct Personal<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a Value>,
}

/// A person's key; `None` once it was destroyed.
type SubjectKey = Option<Arc<SecretBytes>>;

/// Makes events.
pub struct Recorder {
    store: Arc<dyn Store>,
    rng: Arc<dyn Rng>,
    vault: Arc<dyn Vault>,
    keys: Cache<(Id<Realm>, Id<User>), SubjectKey>,
    /// Counts what comes again and again.
    pub refusals: Refusals,
    /// Traces of access tokens that wait to be written together.
    pub traces: Traces,
}

impl Recorder {
    /// A recorder that finds people's keys in that store.
    pub fn new(store: Arc<dyn Store>, rng: Arc<dyn Rng>, vault: Arc<dyn Vault>) -> Self {
        Self {
            store,
            rng,
            vault,
            keys: Cache::bounded(20_000),
            refusals: Refusals::default(),
            traces: Traces::default(),
        }
    }

    /// Writes a refusal in a unit of its own: an event the first time within a minute, a count
    /// for each further one. `what` tells those apart that are otherwise the same.
    pub async fn refused(
        &self,
        entry: Entry,
        what: String,
        request: &RequestFacts,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let key = RefusalKey {
            realm: entry.realm,
            actor: entry.actor,
            action: entry.action,
            what,
            reason: entry.reason.unwrap_or_default(),
        };
        if self.refusals.admit(key, now) == Repeat::Counted {
            return Ok(());
        }
        let event = self.event(entry, request, now).await?;
        let mut unit = self.store.write().await?;
        unit.audit().append(&[event]).await?;
        Ok(unit.commit().await?)
    }

    /// The event, sealed for whom it is about: the person who acted, else the person it was
    /// done to, else nobody in particular. To be called outside of a unit of work.
    pub async fn event(
        &self,
        entry: Entry,
        request: &RequestFacts,
        now: Timestamp,
    ) -> Result<AuditEvent, Failure> {
        self.event_with_detail(entry, request, None, now).await
    }

    /// The same, with further facts that identify somebody.
    pub async fn event_with_detail(
        &self,
        entry: Entry,
        request: &RequestFacts,
        detail: Option<&Value>,
        now: Timestamp,
    ) -> Result<AuditEvent, Failure> {
        let id = self.rng.id(now);
        let personal = Personal {
            address: request.address.as_deref(),
            user_agent: request.user_agent.as_deref(),
            detail,
        };
        let detail = self.seal(&entry, id, &personal).await?;
        Ok(AuditEvent {
            id,
            at: now,
            realm: entry.realm,
            actor_realm: entry.actor_realm.unwrap_or(entry.realm),
            actor: entry.actor,
            action: entry.action,
            target: entry.target,
            outcome: entry.outcome,
            reason: entry.reason.map(str::to_owned),
            client: entry.client,
            session: entry.session,
            grant: entry.grant,
            token: entry.token,
            request_id: request.id.clone(),
            facts: entry.facts.map(|facts| facts.to_string()),
            detail,
        })
    }

    /// A name that nobody has, so that tries under it can be counted without keeping it.
    pub fn unknown_name(&self, realm: Id<Realm>, name: &str) -> String {
        let mac = self.vault.mac(
            DataKeyPurpose::Audit,
            &[b"unknown name", &realm.to_bytes(), name.as_bytes()],
        );
        gatelodge_domain::id::base32(&mac.as_bytes()[..16])
    }

    /// A new person's key: the sealed form for the store.
    pub fn new_subject_key(&self, realm: Id<Realm>, user: Id<User>) -> Result<Vec<u8>, Failure> {
        let key: [u8; 32] = self.rng.bytes();
        Ok(self.vault.seal(&subject_key_place(realm, user), &key)?)
    }

    /// Forgets a destroyed key here as well.
    pub fn forget(&self, realm: Id<Realm>, user: Id<User>) {
        self.keys.drop_key(&(realm, user));
    }

    /// Forgets the keys of everybody in a realm.
    pub fn forget_realm(&self, realm: Id<Realm>) {
        self.keys.drop_where(|(of, _), _| *of == realm);
    }

    /// Opens the personal part of an event, as JSON text; `None` when its key was destroyed.
    pub async fn open_detail(&self, event: &AuditEvent) -> Result<Option<String>, Failure> {
        let Some(detail) = &event.detail else {
            return Ok(None);
        };
        let place = detail_place(event.realm, event.id);
        let opened = match detail.owner {
            None => self.vault.open(&place, &detail.bytes)?,
            Some(owner) => {
                let realm = owner_realm(event, owner);
                match self.subject_key(realm, owner).await? {
                    None => return Ok(None),
                    Some(key) => self.vault.open_under(&key, &place, &detail.bytes)?,
                }
            }
        };
        Ok(String::from_utf8(opened.expose().clone()).ok())
    }

    async fn seal(
        &self,
        entry: &Entry,
        id: Id<AuditEvent>,
        personal: &Personal<'_>,
    ) -> Result<Option<SealedDetail>, Failure> {
        if personal.address.is_none() && personal.user_agent.is_none() && personal.detail.is_none()
        {
            return Ok(None);
        }
        let plain = serde_json::to_vec(personal)?;
        let place = detail_place(entry.realm, id);
        if let Some((realm, owner)) = owner_of(entry)
            && let Some(key) = self.subject_key(realm, owner).await?
        {
            let bytes = self.vault.seal_under(&key, &place, &plain)?;
            return Ok(Some(SealedDetail {
                owner: Some(owner),
                bytes,
            }));
        }
        let bytes = self.vault.seal(&place, &plain)?;
        Ok(Some(SealedDetail { owner: None, bytes }))
    }

    async fn subject_key(
        &self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Option<Arc<SecretBytes>>, Failure> {
        if let Some(known) = self.keys.get(&(realm, user)) {
            return Ok(known);
        }
        let generation = self.keys.generation();
        let sealed = self
            .store
            .read()
            .await?
            .subject_keys()
            .find(realm, user)
            .await?;
        let Some(sealed) = sealed else {
            return Ok(None);
        };
        let opened = self.vault.open(&subject_key_place(realm, user), &sealed)?;
        let key = Some(Arc::new(opened));
        self.keys.keep(generation, (realm, user), key.clone());
        Ok(key)
    }
}

/// Whose data an entry holds: the acting person's, else that of the person acted on.
fn owner_of(entry: &Entry) -> Option<(Id<Realm>, Id<User>)> {
    if let AuditActor::Subject(Subject::User(user)) = entry.actor {
        return Some((entry.actor_realm.unwrap_or(entry.realm), user));
    }
    entry
        .target
        .as_ref()
        .filter(|target| target.kind == "user")
        .map(|target| (entry.realm, Id::from_u128(target.bits)))
}

fn owner_realm(event: &AuditEvent, owner: Id<User>) -> Id<Realm> {
    if event.actor == AuditActor::Subject(Subject::User(owner)) {
        event.actor_realm
    } else {
        event.realm
    }
}

fn subject_key_place(realm: Id<Realm>, user: Id<User>) -> String {
    format!("{realm}|subject_keys|{user}|sealed")
}

fn detail_place(realm: Id<Realm>, event: Id<AuditEvent>) -> String {
    format!("{realm}|audit_events|{event}|detail")
}
