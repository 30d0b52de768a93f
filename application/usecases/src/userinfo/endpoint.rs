//! Accepting the token and telling the claims.

use std::sync::Arc;

use gatelodge_domain::scope::OPENID;
use gatelodge_domain::{Timestamp, User};
use gatelodge_ports::key_factory::TokenType;
use serde_json::{Map, Value};

use super::scope_claims::tell_attributes;
use super::{Person, ScopeClaims};
use crate::keys::KeyMaintenance;
use crate::realms::ServedRealm;
use crate::tokens::{AcceptedToken, AccessTokens, Rejected, Subjects};
use crate::{Denial, Error, ErrorCode, Failure, Foundation};

/// One answer for what is not ours, expired, revoked or about nobody who may sign in.
const INVALID: Denial = Denial::new(
    ErrorCode::InvalidToken,
    "the access token is not valid here, or no longer",
);
const NOT_FOR_USERINFO: Denial = Denial::new(
    ErrorCode::InsufficientScope,
    "userinfo asks for an access token with scope openid that was issued for this issuer",
);

/// What is answered.
#[derive(Debug)]
pub enum UserinfoAnswer {
    /// Claims as JSON.
    Json(Map<String, Value>),
    /// Claims as a signed JWT, for a client that registered `userinfo_signed_response_alg`.
    Jwt(String),
}

/// Tells what a client may know of a person.
pub struct UserinfoEndpoint {
    foundation: Arc<Foundation>,
    keys: Arc<KeyMaintenance>,
    subjects: Arc<Subjects>,
    access_tokens: Arc<AccessTokens>,
    scopes: Vec<Arc<dyn ScopeClaims>>,
}

impl UserinfoEndpoint {
    /// With the claims of these scopes.
    pub fn new(
        foundation: Arc<Foundation>,
        keys: Arc<KeyMaintenance>,
        subjects: Arc<Subjects>,
        access_tokens: Arc<AccessTokens>,
        scopes: Vec<Arc<dyn ScopeClaims>>,
    ) -> Self {
        Self {
            foundation,
            keys,
            subjects,
            access_tokens,
            scopes,
        }
    }

    /// The scopes that stand for claims, for discovery.
    pub fn scope_names(&self) -> Vec<&'static str> {
        self.scopes.iter().map(|scope| scope.scope()).collect()
    }

    /// The claims that may be told, for discovery.
    pub fn claim_names(&self) -> Vec<&'static str> {
        self.scopes
            .iter()
            .flat_map(|scope| scope.claims())
            .collect()
    }

    /// Accepts the bearer's token. From then on the client is known.
    pub async fn accept(&self, realm: &ServedRealm, token: &str) -> Result<AcceptedToken, Error> {
        let now = self.foundation.clock.now();
        match self.access_tokens.accept(realm, token, now).await {
            Ok(accepted) => Ok(accepted),
            Err(Rejected::Invalid) => Err(INVALID.into()),
            Err(Rejected::Failed(failure)) => Err(failure.into()),
        }
    }

    /// Tells the claims that an accepted token opens.
    pub async fn answer(
        &self,
        realm: &ServedRealm,
        token: &AcceptedToken,
    ) -> Result<UserinfoAnswer, Error> {
        let is_for_us = token.audience.iter().any(|value| **value == *realm.issuer);
        if !is_for_us || !token.scopes.contains(OPENID) {
            return Err(NOT_FOR_USERINFO.into());
        }
        let now = self.foundation.clock.now();
        let user = self.person(realm, token, now).await?;
        let claims = self.claims(realm, &user, token).await?;
        let Some(algorithm) = token.client.userinfo_algorithm else {
            return Ok(UserinfoAnswer::Json(claims));
        };
        let payload = signed_payload(realm, token, claims)?;
        let signer = self.keys.signer(realm, algorithm).await?;
        Ok(UserinfoAnswer::Jwt(signer.sign(TokenType::Jwt, &payload)?))
    }

    async fn person(
        &self,
        realm: &ServedRealm,
        token: &AcceptedToken,
        now: Timestamp,
    ) -> Result<Arc<User>, Error> {
        let id = token.subject.user().ok_or(NOT_FOR_USERINFO)?;
        let user = self.foundation.directory.user(realm.realm.id, id).await?;
        let user = user.filter(|user| user.can_authenticate(now).is_ok());
        Ok(user.ok_or(INVALID)?)
    }

    async fn claims(
        &self,
        realm: &ServedRealm,
        user: &User,
        token: &AcceptedToken,
    ) -> Result<Map<String, Value>, Failure> {
        let mut claims = Map::new();
        let person = Person {
            foundation: &self.foundation,
            user,
        };
        for scope in &self.scopes {
            if token.scopes.contains(scope.scope()) {
                scope.tell(person, &mut claims).await?;
            }
        }
        let schema = &realm.realm.user_schema;
        tell_attributes(schema, user, &token.scopes, &mut claims);
        // Last, so that nothing else can stand in its place.
        let sub = self.subjects.of_user(user, &token.client);
        claims.insert("sub".to_owned(), sub.into());
        Ok(claims)
    }
}

/// A signed answer names who says it to whom (§5.3.2).
fn signed_payload(
    realm: &ServedRealm,
    token: &AcceptedToken,
    mut claims: Map<String, Value>,
) -> Result<Vec<u8>, Failure> {
    claims.insert("iss".to_owned(), (&*realm.issuer).into());
    let client_id = token.client.client_id.as_str();
    claims.insert("aud".to_owned(), client_id.into());
    Ok(serde_json::to_vec(&claims)?)
}
