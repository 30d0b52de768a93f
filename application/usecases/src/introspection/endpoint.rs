//! The endpoint as named steps.

use std::sync::Arc;

use gatelodge_domain::opaque_token::TokenKind;
use gatelodge_domain::refresh::FamilyReach;
use gatelodge_domain::setting::Layers;
use gatelodge_domain::{Client, RefreshFamily, Timestamp};
use serde_json::{Map, Value, json};

use super::reach::reaches;
use crate::audit::RequestFacts;
use crate::client_authentication::{ClientAuthenticator, ClientRequest};
use crate::realms::ServedRealm;
use crate::tokens::{AccessTokens, RefreshTokens, Rejected, Subjects, decode_context};
use crate::{Denial, Error, ErrorCode, Failure, Foundation};

/// What is known of a token.
#[derive(Debug, Clone, PartialEq)]
pub enum Introspection {
    /// It is good; its claims, without `active`.
    Active(Map<String, Value>),
    /// It is not, or not the caller's business.
    Inactive,
}

/// Says whether tokens are good.
pub struct IntrospectionEndpoint {
    foundation: Arc<Foundation>,
    clients: Arc<ClientAuthenticator>,
    access_tokens: Arc<AccessTokens>,
    refresh_tokens: Arc<RefreshTokens>,
    subjects: Arc<Subjects>,
}

impl IntrospectionEndpoint {
    /// Over a house.
    pub fn new(
        foundation: Arc<Foundation>,
        clients: Arc<ClientAuthenticator>,
        access_tokens: Arc<AccessTokens>,
        refresh_tokens: Arc<RefreshTokens>,
        subjects: Arc<Subjects>,
    ) -> Self {
        Self {
            foundation,
            clients,
            access_tokens,
            refresh_tokens,
            subjects,
        }
    }

    /// Answers an introspection request. `token_type_hint` is not needed: a token shows what
    /// it is.
    pub async fn introspect(
        &self,
        realm: &ServedRealm,
        request: &ClientRequest<'_>,
        facts: &RequestFacts,
    ) -> Result<Introspection, Error> {
        let now = self.foundation.clock.now();
        let caller = self
            .clients
            .authenticate(realm, request, facts, now)
            .await?;
        if !caller.is_confidential() {
            return Err(Denial::new(
                ErrorCode::InvalidClient,
                "only a client that authenticates may introspect",
            )
            .into());
        }
        let token = request.parameters.required("token", "token is missing")?;
        Ok(match TokenKind::of(token) {
            Some(TokenKind::RefreshToken) => self.refresh_token(realm, &caller, token, now).await?,
            _ => self.access_token(realm, &caller, token, now).await?,
        })
    }

    async fn access_token(
        &self,
        realm: &ServedRealm,
        caller: &Client,
        token: &str,
        now: Timestamp,
    ) -> Result<Introspection, Failure> {
        let accepted = match self.access_tokens.accept(realm, token, now).await {
            Ok(accepted) => accepted,
            Err(Rejected::Invalid) => return Ok(Introspection::Inactive),
            Err(Rejected::Failed(failure)) => return Err(failure),
        };
        let issued_to = accepted.client.id;
        if !reaches(caller, issued_to, &accepted.audience, &realm.issuer) {
            return Ok(Introspection::Inactive);
        }
        let mut claims = accepted.claims()?;
        claims.insert("token_type".to_owned(), "Bearer".into());
        Ok(Introspection::Active(claims))
    }

    async fn refresh_token(
        &self,
        realm: &ServedRealm,
        caller: &Client,
        token: &str,
        now: Timestamp,
    ) -> Result<Introspection, Failure> {
        let Some(presented) = self.refresh_tokens.read(realm.realm.id, token) else {
            return Ok(Introspection::Inactive);
        };
        let mut view = self.foundation.store.read().await?;
        let family = view
            .families()
            .find(realm.realm.id, presented.family)
            .await?
            .filter(|family| {
                family.is_live(now)
                    && family.generation == presented.generation
                    // A refresh token is for no API.
                    && reaches(caller, family.client, &[], &realm.issuer)
            });
        let Some(family) = family else {
            return Ok(Introspection::Inactive);
        };
        if let (FamilyReach::Session, Some(session)) = (family.reach, family.session) {
            let session = view.sessions().find(realm.realm.id, session).await?;
            let settings = [&realm.realm.settings];
            if !session.is_some_and(|session| session.is_live(now, Layers(&settings))) {
                return Ok(Introspection::Inactive);
            }
        }
        drop(view);
        self.describe(realm, &family, now).await
    }

    async fn describe(
        &self,
        realm: &ServedRealm,
        family: &RefreshFamily,
        now: Timestamp,
    ) -> Result<Introspection, Failure> {
        let directory = &self.foundation.directory;
        let client = directory.client_by_id(family.realm, family.client).await?;
        let user = match family.subject.user() {
            Some(id) => directory.user(family.realm, id).await?,
            None => None,
        };
        let (Some(client), Some(user)) = (
            client.filter(|client| client.is_enabled()),
            user.filter(|user| user.can_authenticate(now).is_ok()),
        ) else {
            return Ok(Introspection::Inactive);
        };
        let context = decode_context(&family.context)?;
        let claims = json!({
            "iss": &*realm.issuer,
            "sub": self.subjects.of_user(&user, &client),
            "client_id": client.client_id.as_str(),
            "scope": context.scopes.to_string(),
            "iat": family.rotated_at.as_seconds(),
            "exp": family.idle_expires_at.min(family.expires_at).as_seconds(),
            "gid": family.grant.to_string(),
        });
        match claims {
            Value::Object(claims) => Ok(Introspection::Active(claims)),
            _ => Ok(Introspection::Inactive),
        }
    }
}
