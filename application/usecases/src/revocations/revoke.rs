//! Revocation by the client itself (RFC 7009).
//!
//! A refresh token ends its grant with all that was made from it (§2.1); an access token ends
//! alone. A token that is unknown, or another client's, is answered like one that was ended:
//! whoever asks wants it not to work, and learns nothing else (§2.2).

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::opaque_token::TokenKind;
use gatelodge_domain::revocation::RevokedThing;
use gatelodge_domain::{AuditAction, Client, Revocation, Subject, Timestamp};
use gatelodge_ports::store::Change;
use serde_json::json;

use crate::audit::{Entry, RequestFacts};
use crate::client_authentication::{ClientAuthenticator, ClientRequest};
use crate::foundation::Announcements;
use crate::grants::end_grant;
use crate::realms::ServedRealm;
use crate::tokens::{AcceptedToken, AccessTokens, RefreshTokens, Rejected};
use crate::{Error, Failure, Foundation};

/// Ends tokens at their client's request.
pub struct RevocationEndpoint {
    foundation: Arc<Foundation>,
    clients: Arc<ClientAuthenticator>,
    access_tokens: Arc<AccessTokens>,
    refresh_tokens: Arc<RefreshTokens>,
}

impl RevocationEndpoint {
    /// Over a house.
    pub fn new(
        foundation: Arc<Foundation>,
        clients: Arc<ClientAuthenticator>,
        access_tokens: Arc<AccessTokens>,
        refresh_tokens: Arc<RefreshTokens>,
    ) -> Self {
        Self {
            foundation,
            clients,
            access_tokens,
            refresh_tokens,
        }
    }

    /// Answers a revocation request. `token_type_hint` is not needed: a token shows what it is.
    pub async fn revoke(
        &self,
        realm: &ServedRealm,
        request: &ClientRequest<'_>,
        facts: &RequestFacts,
    ) -> Result<(), Error> {
        let now = self.foundation.clock.now();
        let client = self
            .clients
            .authenticate(realm, request, facts, now)
            .await?;
        let token = request.parameters.required("token", "token is missing")?;
        match TokenKind::of(token) {
            Some(TokenKind::RefreshToken) => {
                self.refresh_token(realm, &client, token, facts, now)
                    .await?;
            }
            _ => match self.access_tokens.accept(realm, token, now).await {
                Ok(accepted) if accepted.client.id == client.id => {
                    self.access_token(&client, &accepted, facts, now).await?;
                }
                Ok(_) | Err(Rejected::Invalid) => {}
                Err(Rejected::Failed(failure)) => return Err(failure.into()),
            },
        }
        Ok(())
    }

    async fn refresh_token(
        &self,
        realm: &ServedRealm,
        client: &Client,
        token: &str,
        facts: &RequestFacts,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let realm = realm.realm.id;
        let Some(presented) = self.refresh_tokens.read(realm, token) else {
            return Ok(());
        };
        let mut view = self.foundation.store.read().await?;
        let family = view.families().find(realm, presented.family).await?;
        drop(view);
        let Some(family) =
            family.filter(|family| family.client == client.id && family.ended_at.is_none())
        else {
            return Ok(());
        };
        let mut entry = entry(client, "refresh_token");
        entry.grant = Some(family.grant);
        entry.session = family.session;
        if let Some(user) = family.subject.user() {
            entry = entry.on("user", user);
        }
        let event = self.foundation.recorder.event(entry, facts, now).await?;
        let mut announcements = Announcements::new();
        let mut unit = self.foundation.store.write().await?;
        end_grant(&mut *unit, &mut announcements, realm, family.grant, now).await?;
        unit.audit().append(&[event]).await?;
        unit.commit().await?;
        announcements.apply(&self.foundation);
        Ok(())
    }

    async fn access_token(
        &self,
        client: &Client,
        token: &AcceptedToken,
        facts: &RequestFacts,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let mut entry = entry(client, "access_token");
        entry.token = Some(token.facts.token);
        entry.grant = token.facts.grant;
        entry.session = token.facts.session;
        if let Some(user) = token.facts.user {
            entry = entry.on("user", user);
        }
        let event = self.foundation.recorder.event(entry, facts, now).await?;
        let revocation = Revocation {
            realm: client.realm,
            thing: RevokedThing::Token(token.facts.token),
            until: token.expires_at,
        };
        let mut announcements = Announcements::new();
        let mut unit = self.foundation.store.write().await?;
        unit.revocations().add(revocation).await?;
        announcements
            .note(&mut *unit, Change::Revoked(revocation), now)
            .await?;
        unit.audit().append(&[event]).await?;
        unit.commit().await?;
        announcements.apply(&self.foundation);
        Ok(())
    }
}

fn entry(client: &Client, token_type: &'static str) -> Entry {
    let actor = AuditActor::Subject(Subject::Client(client.id));
    Entry::done(client.realm, actor, AuditAction::TokenRevoked)
        .through(client.id)
        .with(json!({ "token_type": token_type }))
}
