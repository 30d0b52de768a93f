//! What a grant type is, and what it answers.

use std::sync::Arc;

use async_trait::async_trait;
use gatelodge_domain::{
    AuditAction, Authentication, Client, Grant, Id, ScopeSet, SecretText, Session, Subject,
    Timestamp,
};

use serde_json::{Map, Value};

use crate::audit::RequestFacts;
use crate::realms::ServedRealm;
use crate::tokens::PreparedAccessToken;
use crate::{Denial, Failure, Parameters};

/// A request of an authenticated client that may use the grant type.
#[derive(Clone, Copy)]
pub struct GrantRequest<'a> {
    /// The realm.
    pub realm: &'a ServedRealm,
    /// The client.
    pub client: &'a Arc<Client>,
    /// The body.
    pub parameters: &'a Parameters,
    /// Facts for the trail.
    pub facts: &'a RequestFacts,
    /// When.
    pub now: Timestamp,
}

/// A grant type of the token endpoint.
#[async_trait]
pub trait GrantType: Send + Sync {
    /// The value of `grant_type`.
    fn name(&self) -> &'static str;

    /// Parameters of its own that must not be repeated, read or not.
    fn parameters(&self) -> &'static [&'static str];

    /// Checks and exchanges. What it changes is committed, with the event that records it,
    /// before this returns; nothing is signed yet.
    async fn exchange(&self, request: &GrantRequest<'_>) -> Result<Issued, Refusal>;
}

/// What an exchange led to.
#[derive(Debug)]
pub struct Issued {
    /// When.
    pub at: Timestamp,
    /// The access token, not signed yet.
    pub access_token: PreparedAccessToken,
    /// What it may be used for.
    pub scopes: ScopeSet,
    /// The refresh token, if there is one.
    pub refresh_token: Option<SecretText>,
    /// What an ID token is to say, if one was asked for.
    pub id_token: Option<IdTokenClaims>,
}

/// What an ID token says beside the usual.
#[derive(Debug)]
pub struct IdTokenClaims {
    /// `sub`
    pub sub: String,
    /// `sid`
    pub session: Option<Id<Session>>,
    /// `auth_time`, `acr`, `amr`
    pub authentication: Authentication,
    /// `nonce`, the first time only (OpenID Connect Core §12.2).
    pub nonce: Option<String>,
    /// What the realm's schema tells of the person for the scopes granted.
    pub attributes: Map<String, Value>,
}

/// Why an exchange did not take place.
#[derive(Debug)]
pub enum Refusal {
    /// It is malformed, about nothing known, or recorded already: nothing is written.
    Malformed(Denial),
    /// It is about something known: a fact, which the endpoint records and commits.
    Known(Box<Refused>),
    /// Something did not work: nothing was written.
    Failed(Failure),
}

/// A refusal that is a fact.
#[derive(Debug)]
pub struct Refused {
    /// The answer.
    pub denial: Denial,
    /// What was tried.
    pub action: AuditAction,
    /// A stable word for why.
    pub reason: &'static str,
    /// Whom it concerns.
    pub subject: Option<Subject>,
    /// Which authorization it concerns.
    pub grant: Option<Id<Grant>>,
    /// What it leads to.
    pub consequence: Consequence,
}

/// What a refusal leads to, beside its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// Nothing.
    None,
    /// The grant ends, with its code, its refresh families and its access tokens.
    EndGrant(Id<Grant>),
}

impl From<Denial> for Refusal {
    fn from(denial: Denial) -> Self {
        Self::Malformed(denial)
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        Self::Known(Box::new(refused))
    }
}

impl<E: Into<Failure>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}
