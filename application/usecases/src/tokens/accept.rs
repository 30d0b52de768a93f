//! Accepting our own access tokens: userinfo, introspection, account and admin API ask here.

use std::sync::Arc;

use gatelodge_domain::opaque_token::TokenKind;
use gatelodge_domain::revocation::{AccessToken, TokenFacts};
use gatelodge_domain::{
    Client, ClientId, Grant, Id, Realm, ScopeSet, SecretBytes, Session, Subject, Timestamp,
};
use gatelodge_ports::vault::DataKeyPurpose;
use serde::Deserialize;

use super::opaque::open_opaque;
use super::{Subjects, parse_jws};
use crate::realms::ServedRealm;
use crate::{Failure, Foundation};

/// A token that is genuine, unexpired and not revoked.
#[derive(Debug, Clone)]
pub struct AcceptedToken {
    /// What revocation asked about.
    pub facts: TokenFacts,
    /// Whom it is about.
    pub subject: Subject,
    /// The client it was issued to.
    pub client: Arc<Client>,
    /// Its scopes.
    pub scopes: ScopeSet,
    /// Its audience.
    pub audience: Vec<String>,
    /// When it ends.
    pub expires_at: Timestamp,
    payload: Payload,
}

impl AcceptedToken {
    /// Every claim, as issued.
    pub fn claims(&self) -> Result<serde_json::Map<String, serde_json::Value>, Failure> {
        Ok(serde_json::from_slice(self.payload.expose())?)
    }
}

/// The claims of a token as JSON text; behind an opaque token they are nobody else's business.
type Payload = Arc<SecretBytes>;

/// Why a token is not accepted.
#[derive(Debug)]
pub enum Rejected {
    /// It is not ours, expired or revoked; nobody is told which.
    Invalid,
    /// We cannot tell right now.
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Rejected {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    client_id: String,
    #[serde(default)]
    scope: String,
    jti: String,
    exp: i64,
    gid: Option<String>,
    sid: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Accepts access tokens.
pub struct AccessTokens {
    foundation: Arc<Foundation>,
    subjects: Arc<Subjects>,
}

impl AccessTokens {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>, subjects: Arc<Subjects>) -> Self {
        Self {
            foundation,
            subjects,
        }
    }

    /// Accepts a token of that realm. Whoever asks must still check that the audience names
    /// them, and which scopes it has.
    pub async fn accept(
        &self,
        realm: &ServedRealm,
        text: &str,
        now: Timestamp,
    ) -> Result<AcceptedToken, Rejected> {
        let payload = Arc::new(self.payload(realm, text, now).await?);
        let claims: Claims =
            serde_json::from_slice(payload.expose()).map_err(|_| Rejected::Invalid)?;
        if claims.iss != *realm.issuer || claims.exp <= now.as_seconds() {
            return Err(Rejected::Invalid);
        }
        let accepted = self.understand(realm, claims, payload, now).await?;
        if self
            .foundation
            .revocations
            .is_revoked(&accepted.facts, now)
            .await?
        {
            return Err(Rejected::Invalid);
        }
        Ok(accepted)
    }

    /// The claims of a genuine token, in whichever form it was issued.
    async fn payload(
        &self,
        realm: &ServedRealm,
        text: &str,
        now: Timestamp,
    ) -> Result<SecretBytes, Rejected> {
        if TokenKind::of(text) == Some(TokenKind::AccessToken) {
            let opened = open_opaque(&self.foundation, realm.realm.id, text, now).await?;
            return opened.ok_or(Rejected::Invalid);
        }
        self.verify(realm, text).await.map(SecretBytes::new)
    }

    /// Signature, algorithm and type. The key decides the algorithm, never the token.
    async fn verify(&self, realm: &ServedRealm, text: &str) -> Result<Vec<u8>, Rejected> {
        let jws = parse_jws(text).ok_or(Rejected::Invalid)?;
        let (Some(key_id), Some("at+jwt")) = (&jws.key_id, jws.token_type.as_deref()) else {
            return Err(Rejected::Invalid);
        };
        let ring = self.foundation.key_rings.of(realm.realm.id).await?;
        let verifier = ring.verifier(key_id).ok_or(Rejected::Invalid)?;
        let parts: [&[u8]; 2] = [b"verified access token", text.as_bytes()];
        let digest = self.foundation.vault.mac(DataKeyPurpose::Digests, &parts);
        let genuine = verifier.algorithm().as_str() == jws.algorithm
            && ring.verify_once(&digest, || {
                verifier.verifies(jws.signing_input.as_bytes(), &jws.signature)
            });
        if genuine {
            Ok(jws.payload)
        } else {
            Err(Rejected::Invalid)
        }
    }

    async fn understand(
        &self,
        realm: &ServedRealm,
        claims: Claims,
        payload: Payload,
        now: Timestamp,
    ) -> Result<AcceptedToken, Rejected> {
        let realm_id = realm.realm.id;
        let token: Id<AccessToken> = parse_id(&claims.jti)?;
        let grant: Option<Id<Grant>> = claims.gid.as_deref().map(parse_id).transpose()?;
        let session: Option<Id<Session>> = claims.sid.as_deref().map(parse_id).transpose()?;
        let client_id = ClientId::parse(&claims.client_id).map_err(|_| Rejected::Invalid)?;
        let client = self
            .foundation
            .directory
            .client(realm_id, &client_id)
            .await?
            .filter(|client| client.is_enabled())
            .ok_or(Rejected::Invalid)?;
        let subject = self
            .subjects
            .resolve(realm_id, &claims.sub)
            .await?
            .ok_or(Rejected::Invalid)?;
        self.may_still_act(realm_id, subject, now).await?;
        let facts = TokenFacts {
            realm: realm_id,
            token,
            grant,
            session,
            user: subject.user(),
            client: client.id,
        };
        Ok(AcceptedToken {
            facts,
            subject,
            client,
            scopes: ScopeSet::parse(&claims.scope).map_err(|_| Rejected::Invalid)?,
            audience: match claims.aud {
                Audience::One(one) => vec![one],
                Audience::Many(many) => many,
            },
            expires_at: Timestamp::from_seconds(claims.exp),
            payload,
        })
    }

    /// Disabling a person voids their tokens by a watermark, which a token from a node whose
    /// clock is ahead would outlive; so they are asked for as well.
    async fn may_still_act(
        &self,
        realm: Id<Realm>,
        subject: Subject,
        now: Timestamp,
    ) -> Result<(), Rejected> {
        let Some(id) = subject.user() else {
            return Ok(());
        };
        let user = self.foundation.directory.user(realm, id).await?;
        match user {
            Some(user) if user.can_authenticate(now).is_ok() => Ok(()),
            _ => Err(Rejected::Invalid),
        }
    }
}

fn parse_id<T>(text: &str) -> Result<Id<T>, Rejected> {
    Id::parse(text).map_err(|_| Rejected::Invalid)
}
