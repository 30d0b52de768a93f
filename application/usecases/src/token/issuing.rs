//! What several grant types do alike: checking the person, preparing the access token, its
//! event, and a refresh family.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::refresh::FamilyReach;
use gatelodge_domain::scope::{OFFLINE_ACCESS, OPENID};
use gatelodge_domain::setting::Layers;
use gatelodge_domain::{
    AuditAction, AuditEvent, Grant, GrantContext, Id, Realm, RefreshFamily, ScopeSet, Session,
    Setting, Subject, Timestamp, User,
};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::Change;
use serde_json::{Map, json};

use super::grant_type::{GrantRequest, IdTokenClaims};
use crate::audit::{Entry, TokenTrace};
use crate::realms::ServedRealm;
use crate::tokens::{
    AccessTokenPlan, MintAccessToken, PreparedAccessToken, RefreshTokens, Subjects, encode_context,
};
use crate::userinfo::scope_claims::tell_attributes;
use crate::{Failure, Foundation};

/// The services that grant types share.
pub struct Issuing {
    /// The house.
    pub foundation: Arc<Foundation>,
    /// Computes `sub`.
    pub subjects: Arc<Subjects>,
    /// Makes access tokens.
    pub access_tokens: Arc<MintAccessToken>,
    /// Writes and reads refresh tokens.
    pub refresh_tokens: Arc<RefreshTokens>,
}

impl Issuing {
    /// The person, if they may be given tokens now.
    pub async fn entitled_user(
        &self,
        realm: Id<Realm>,
        subject: Subject,
        now: Timestamp,
    ) -> Result<Option<Arc<User>>, Failure> {
        let Some(id) = subject.user() else {
            return Ok(None);
        };
        let user = self.foundation.directory.user(realm, id).await?;
        Ok(user.filter(|user| user.can_authenticate(now).is_ok()))
    }

    /// Whether a browser sign-in still stands.
    pub async fn session_is_live(
        &self,
        realm: &ServedRealm,
        session: Id<Session>,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let mut view = self.foundation.store.read().await?;
        let session = view.sessions().find(realm.realm.id, session).await?;
        let settings = [&realm.realm.settings];
        Ok(session.is_some_and(|session| session.is_live(now, Layers(&settings))))
    }

    /// An access token for a person under an authorization.
    pub async fn prepare(
        &self,
        request: &GrantRequest<'_>,
        context: &GrantContext,
        user: &User,
        scopes: &ScopeSet,
        resources: &[String],
    ) -> Result<PreparedAccessToken, Failure> {
        let plan = AccessTokenPlan {
            realm: request.realm,
            client: request.client,
            sub: self.subjects.of_user(user, request.client),
            subject: context.party.subject,
            grant: context.grant,
            session: context.session,
            authentication: context.authentication.as_ref(),
            scopes,
            resources,
            confirmation: context.confirmation.as_deref(),
            now: request.now,
        };
        self.access_tokens.prepare(&plan).await
    }

    /// What the ID token says, where `openid` was granted and somebody signed in.
    pub fn id_token(
        &self,
        request: &GrantRequest<'_>,
        context: &GrantContext,
        user: &User,
        scopes: &ScopeSet,
        nonce: Option<String>,
    ) -> Option<IdTokenClaims> {
        let authentication = context.authentication.clone()?;
        if !scopes.contains(OPENID) {
            return None;
        }
        let mut attributes = Map::new();
        let schema = &request.realm.realm.user_schema;
        tell_attributes(schema, user, scopes, &mut attributes);
        Some(IdTokenClaims {
            sub: self.subjects.of_user(user, request.client).to_owned(),
            session: context.session,
            authentication,
            nonce,
            attributes,
        })
    }

    /// The event that is an access token's trace in storage.
    pub async fn issued_event(
        &self,
        request: &GrantRequest<'_>,
        grant_type: &'static str,
        grant: Id<Grant>,
        context: Option<&GrantContext>,
        token: &PreparedAccessToken,
    ) -> Result<AuditEvent, Failure> {
        let actor = AuditActor::Subject(Subject::Client(request.client.id));
        let realm = request.realm.realm.id;
        let mut entry = Entry::done(realm, actor, AuditAction::TokenIssued)
            .through(request.client.id)
            .with(json!({ "grant_type": grant_type }));
        entry.grant = Some(grant);
        entry.token = Some(token.id);
        if let Some(context) = context {
            entry.session = context.session;
            if let Some(user) = context.party.subject.user() {
                entry = entry.on("user", user);
            }
        }
        let recorder = &self.foundation.recorder;
        recorder.event(entry, request.facts, request.now).await
    }

    /// Writes the trace of a token with which nothing else is written, when the realm or the
    /// client wants it written.
    pub async fn record_alone(
        &self,
        request: &GrantRequest<'_>,
        token: PreparedAccessToken,
        event: AuditEvent,
    ) -> Result<PreparedAccessToken, Failure> {
        let events = match TokenTrace::of(request.realm, request.client) {
            TokenTrace::Durable => vec![event],
            TokenTrace::Buffered => match self.foundation.recorder.traces.keep(event) {
                Ok(()) => Vec::new(),
                Err(event) => vec![*event],
            },
            TokenTrace::Off => Vec::new(),
        };
        if events.is_empty() && !token.is_kept() {
            self.still_holds(request).await?;
            return Ok(token);
        }
        let written = self.foundation.store.transact(move |unit| {
            Box::pin(async move {
                token.keep(&mut *unit).await?;
                unit.audit().append(&events).await?;
                Ok(token)
            })
        });
        written.await
    }

    /// Fails unless realm and client are as the request found them, where that was too long ago.
    ///
    /// Whatever is written is written beside the rows that it depends on, or not at all. A token
    /// that leaves no trace depends on memory alone, and memory is as good as the change feed: a
    /// node that cannot read it must not go on for a client that others have shut out.
    async fn still_holds(&self, request: &GrantRequest<'_>) -> Result<(), Failure> {
        let foundation = &self.foundation;
        if foundation.revocations.is_fresh(request.now) {
            return Ok(());
        }
        let (realm, client) = (&request.realm.realm, request.client);
        let mut view = foundation.store.read().await?;
        let realm_now = view.realms().find(realm.id).await?;
        let client_now = view.clients().find(realm.id, client.id).await?;
        if realm_now.is_some_and(|now| now.revision == realm.revision)
            && client_now.is_some_and(|now| now.revision == client.revision)
        {
            return Ok(());
        }
        // Whoever comes again meets what is there now.
        foundation.apply(Change::Realm(realm.id));
        foundation.apply(Change::Client(realm.id, client.id));
        Err(StoreError::Contended.into())
    }

    /// A new refresh family, where the client is registered for refresh tokens.
    pub fn new_family(
        &self,
        request: &GrantRequest<'_>,
        context: &GrantContext,
    ) -> Result<Option<RefreshFamily>, Failure> {
        if !request.client.may_use("refresh_token") {
            return Ok(None);
        }
        let (realm, client, now) = (request.realm, request.client, request.now);
        let expires_at = now.plus(realm.duration_for(client, Setting::RefreshAbsoluteLifetime));
        // The nonce is for the first ID token only.
        let context_without_nonce = GrantContext {
            nonce: None,
            ..context.clone()
        };
        Ok(Some(RefreshFamily {
            id: self.foundation.rng.id(now),
            realm: realm.realm.id,
            grant: context.grant,
            client: client.id,
            subject: context.party.subject,
            session: context.session,
            reach: if context.scopes.contains(OFFLINE_ACCESS) {
                FamilyReach::Offline
            } else {
                FamilyReach::Session
            },
            generation: 1,
            context: encode_context(&context_without_nonce)?,
            created_at: now,
            rotated_at: now,
            idle_expires_at: idle_end(request, expires_at),
            expires_at,
            ended_at: None,
        }))
    }
}

/// When a family that is used now dies unless it is used again.
pub(super) fn idle_end(request: &GrantRequest<'_>, expires_at: Timestamp) -> Timestamp {
    let idle = request
        .realm
        .duration_for(request.client, Setting::RefreshIdleLifetime);
    request.now.plus(idle).min(expires_at)
}

/// When nothing of an authorization can be alive any more.
pub(super) fn grant_end(token: &PreparedAccessToken, family: Option<&RefreshFamily>) -> Timestamp {
    let lifetime = core::time::Duration::from_secs(token.expires_in);
    family.map_or(token.expires_at, |family| family.expires_at.plus(lifetime))
}
