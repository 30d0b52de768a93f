//! Revocation by an administrator: one token, or all that belongs to a grant, a session, a
//! person, a client or a realm.
//!
//! A client or a realm may have very many grants. Then the watermark comes first, with the
//! record of it: from that commit on no access token made before is good anywhere. The rows
//! follow in turns, so that nobody else waits long for theirs; and because a refresh token that
//! was not reached yet may have bought another access token meanwhile, the watermark is raised
//! once more at the end. What is given to somebody after the beginning stays, but for its access
//! token, which its refresh token replaces. Whoever asks again after an interruption goes on.

use std::sync::Arc;

use gatelodge_domain::revocation::{AccessToken, RevokedThing, WatermarkOwner};
use gatelodge_domain::{
    AuditAction, AuditEvent, Grant, Id, Realm, Revocation, Session, Timestamp, User,
};
use gatelodge_ports::store::{Change, GrantFilter, PageRequest, SessionFilter};
use serde_json::json;

use super::LONGEST_ACCESS_TOKEN;
use crate::admin::{AdminError, Permit, Refusal, Right, SessionsWrite, TokensWrite, Work};
use crate::audit::Entry;
use crate::clients::find_client;
use crate::foundation::Announcements;
use crate::grants::{end_grant, end_session};
use crate::passwords::end_all_but;
use crate::{Failure, Foundation};

/// Rows that are ended in one turn: a few milliseconds on SQLite.
const TURN: u16 = 200;

/// What is to be revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doomed {
    /// One access token, by its `jti`. Nobody knows whether there is such a token.
    Token(Id<AccessToken>),
    /// An authorization with its codes, refresh tokens and access tokens.
    Grant(Id<Grant>),
    /// A browser sign-in with its access tokens and its refresh tokens without
    /// `offline_access`.
    Session(Id<Session>),
    /// All of a person's sessions, refresh tokens and access tokens.
    User(Id<User>),
    /// All that was given to a client, by `client_id`.
    Client(String),
    /// All of everybody in the realm.
    Realm,
}

/// How many rows ended. Access tokens are not rows; they are void in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ended {
    /// Authorizations.
    pub grants: u64,
    /// Browser sign-ins.
    pub sessions: u64,
}

/// Revokes what administrators want revoked.
pub struct AdministerRevocations {
    foundation: Arc<Foundation>,
}

impl AdministerRevocations {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// Revokes.
    pub async fn revoke(
        &self,
        permit: &Permit<TokensWrite>,
        doomed: Doomed,
    ) -> Result<Ended, AdminError> {
        match doomed {
            Doomed::Token(id) => self.token(permit, id).await,
            Doomed::Grant(id) => self.grant(permit, id).await,
            Doomed::Session(id) => self.session(permit, id).await,
            Doomed::User(id) => self.user(permit, id).await,
            Doomed::Client(client_id) => self.client(permit, &client_id).await,
            Doomed::Realm => self.realm(permit).await,
        }
    }

    /// Ends all that was given to a client: grants, refresh tokens and access tokens.
    pub async fn end_client(
        &self,
        permit: &Permit<SessionsWrite>,
        client_id: &str,
    ) -> Result<Ended, AdminError> {
        self.client(permit, client_id).await
    }

    async fn token(
        &self,
        permit: &Permit<TokensWrite>,
        id: Id<AccessToken>,
    ) -> Result<Ended, AdminError> {
        let now = self.foundation.clock.now();
        let mut entry = permit.done(AuditAction::TokenRevoked);
        entry.token = Some(id);
        let event = self.event(permit, entry, now).await?;
        let revocation = Revocation {
            realm: permit.realm_id(),
            thing: RevokedThing::Token(id),
            until: now.plus(LONGEST_ACCESS_TOKEN),
        };
        let mut work = Work::open(&self.foundation, now).await?;
        work.unit.revocations().add(revocation).await?;
        work.note(Change::Revoked(revocation)).await?;
        work.commit(&[event]).await?;
        Ok(Ended::default())
    }

    async fn grant(
        &self,
        permit: &Permit<TokensWrite>,
        id: Id<Grant>,
    ) -> Result<Ended, AdminError> {
        let (realm, now) = (permit.realm_id(), self.foundation.clock.now());
        let mut view = self.foundation.store.read().await?;
        let found = view.grants().find(realm, id).await?;
        drop(view);
        if found.is_none_or(|grant| grant.ended_at.is_some()) {
            return Err(Refusal::not_found("there is no such grant, or it has ended").into());
        }
        let entry = permit.done(AuditAction::GrantEnded).on("grant", id);
        let event = self.event(permit, entry, now).await?;
        let mut work = Work::open(&self.foundation, now).await?;
        let unit = &mut *work.unit;
        end_grant(unit, &mut work.announcements, realm, id, now).await?;
        work.commit(&[event]).await?;
        Ok(Ended {
            grants: 1,
            sessions: 0,
        })
    }

    async fn session(
        &self,
        permit: &Permit<TokensWrite>,
        id: Id<Session>,
    ) -> Result<Ended, AdminError> {
        let (realm, now) = (permit.realm_id(), self.foundation.clock.now());
        let entry = permit.done(AuditAction::SessionEnded).on("session", id);
        let event = self.event(permit, entry, now).await?;
        let mut work = Work::open(&self.foundation, now).await?;
        let unit = &mut *work.unit;
        if !end_session(unit, &mut work.announcements, realm, id, now).await? {
            return Err(Refusal::not_found("there is no such session, or it has ended").into());
        }
        work.commit(&[event]).await?;
        Ok(Ended {
            grants: 0,
            sessions: 1,
        })
    }

    async fn user(&self, permit: &Permit<TokensWrite>, id: Id<User>) -> Result<Ended, AdminError> {
        let (realm, now) = (permit.realm_id(), self.foundation.clock.now());
        let mut view = self.foundation.store.read().await?;
        let found = view.users().find(realm, id).await?;
        drop(view);
        if found.is_none() {
            return Err(Refusal::not_found("there is no such user").into());
        }
        let entry = permit.done(AuditAction::SignedOutEverywhere).on("user", id);
        let event = self.event(permit, entry, now).await?;
        let mut work = Work::open(&self.foundation, now).await?;
        let unit = &mut *work.unit;
        end_all_but(unit, &mut work.announcements, (realm, id), None, now).await?;
        work.commit(&[event]).await?;
        let theirs = GrantFilter {
            user: Some(id),
            ..GrantFilter::default()
        };
        let grants = self.end_grants(realm, theirs, now).await?;
        self.raise(realm, WatermarkOwner::User(id)).await?;
        Ok(Ended {
            grants,
            ..Ended::default()
        })
    }

    async fn client<P: Right>(
        &self,
        permit: &Permit<P>,
        client_id: &str,
    ) -> Result<Ended, AdminError> {
        let realm = permit.realm_id();
        let client = find_client(&self.foundation, permit, client_id).await?;
        let entry = permit
            .done(AuditAction::ClientSignedOut)
            .on("client", client.id)
            .with(json!({ "client_id": client.client_id.as_str() }));
        let owner = WatermarkOwner::Client(client.id);
        let began = self.begin(permit, entry, owner).await?;
        let its = GrantFilter {
            client: Some(client.id),
            ..GrantFilter::default()
        };
        let grants = self.end_grants(realm, its, began).await?;
        self.raise(realm, owner).await?;
        Ok(Ended {
            grants,
            sessions: 0,
        })
    }

    async fn realm(&self, permit: &Permit<TokensWrite>) -> Result<Ended, AdminError> {
        let realm = permit.realm_id();
        let entry = permit.done(AuditAction::RealmSignedOut).on("realm", realm);
        let began = self.begin(permit, entry, WatermarkOwner::Realm).await?;
        let sessions = self.end_sessions(realm, began).await?;
        let grants = self
            .end_grants(realm, GrantFilter::default(), began)
            .await?;
        self.raise(realm, WatermarkOwner::Realm).await?;
        Ok(Ended { grants, sessions })
    }

    async fn event<P: Right>(
        &self,
        permit: &Permit<P>,
        entry: Entry,
        now: Timestamp,
    ) -> Result<AuditEvent, Failure> {
        let recorder = &self.foundation.recorder;
        recorder.event(entry, permit.request(), now).await
    }

    /// The first watermark and the record, in one unit; answers the moment of both.
    async fn begin<P: Right>(
        &self,
        permit: &Permit<P>,
        entry: Entry,
        owner: WatermarkOwner,
    ) -> Result<Timestamp, AdminError> {
        let now = self.foundation.clock.now();
        let event = self.event(permit, entry, now).await?;
        let mut work = Work::open(&self.foundation, now).await?;
        work.raise(permit.realm_id(), owner).await?;
        work.commit(&[event]).await?;
        Ok(now)
    }

    async fn raise(&self, realm: Id<Realm>, owner: WatermarkOwner) -> Result<(), AdminError> {
        let mut work = Work::open(&self.foundation, self.foundation.clock.now()).await?;
        work.raise(realm, owner).await?;
        work.commit(&[]).await?;
        Ok(())
    }

    /// Ends every matching grant that there was at the beginning, with its codes, opaque access
    /// tokens and refresh families, in turns. What has ended already is passed over, so that no
    /// page has to look for what is alive.
    async fn end_grants(
        &self,
        realm: Id<Realm>,
        filter: GrantFilter,
        began: Timestamp,
    ) -> Result<u64, AdminError> {
        let mut ended = 0;
        let mut page = PageRequest::first(TURN);
        loop {
            let mut view = self.foundation.store.read().await?;
            let listed = view.grants().list(realm, filter, page).await?;
            drop(view);
            let is_younger = |grant: &Grant| grant.created_at > began;
            let alive: Vec<Id<Grant>> = listed
                .items
                .iter()
                .filter(|grant| grant.ended_at.is_none() && !is_younger(grant))
                .map(|grant| grant.id)
                .collect();
            if !alive.is_empty() {
                let mut unit = self.foundation.store.write().await?;
                ended += unit.grants().end_these(realm, &alive, began).await?;
                unit.tickets().revoke_grants(realm, &alive).await?;
                unit.families().end_of_grants(realm, &alive, began).await?;
                unit.commit().await?;
            }
            match listed.items.last() {
                Some(last) if listed.more && !is_younger(last) => {
                    page = PageRequest::after(last.id, TURN);
                }
                _ => return Ok(ended),
            }
        }
    }

    /// Ends every session that there was at the beginning, in turns. Their families end with
    /// their grants.
    async fn end_sessions(&self, realm: Id<Realm>, began: Timestamp) -> Result<u64, AdminError> {
        let mut ended = 0;
        let mut page = PageRequest::first(TURN);
        loop {
            let mut view = self.foundation.store.read().await?;
            let sessions = view.sessions();
            let listed = sessions.list(realm, SessionFilter::default(), page).await?;
            drop(view);
            let is_younger = |session: &Session| session.created_at > began;
            let alive: Vec<Id<Session>> = listed
                .items
                .iter()
                .filter(|session| session.ended_at.is_none() && !is_younger(session))
                .map(|session| session.id)
                .collect();
            if !alive.is_empty() {
                let mut announcements = Announcements::new();
                let mut unit = self.foundation.store.write().await?;
                ended += unit.sessions().end_these(realm, &alive, began).await?;
                let change = Change::Realm(realm);
                let now = self.foundation.clock.now();
                announcements.note(&mut *unit, change, now).await?;
                unit.commit().await?;
                announcements.apply(&self.foundation);
            }
            match listed.items.last() {
                Some(last) if listed.more && !is_younger(last) => {
                    page = PageRequest::after(last.id, TURN);
                }
                _ => return Ok(ended),
            }
        }
    }
}
