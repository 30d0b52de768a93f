//! Making access tokens (RFC 9068).
//!
//! A token is *prepared* before or inside a unit of work (its id is fixed, so the event that
//! records it can be written) and *signed* outside of it.

use std::sync::Arc;

use gatelodge_domain::client::AccessTokenFormat;
use gatelodge_domain::revocation::AccessToken;
use gatelodge_domain::scope::{ENTITLEMENTS, GROUPS, OPENID, ROLES};
use gatelodge_domain::{
    Authentication, Client, Grant, Id, Permission, ScopeSet, SecretText, Session, Setting, Subject,
    Ticket, Timestamp,
};
use gatelodge_ports::UnitOfWork;
use gatelodge_ports::key_factory::TokenType;
use gatelodge_ports::store::Issued;
use serde::Serialize;
use serde_json::value::RawValue;

use super::opaque::new_opaque;
use crate::keys::KeyMaintenance;
use crate::realms::ServedRealm;
use crate::{Failure, Foundation};

/// What a token is to say.
pub struct AccessTokenPlan<'a> {
    /// The realm that issues it.
    pub realm: &'a ServedRealm,
    /// The client that gets it.
    pub client: &'a Client,
    /// The `sub`.
    pub sub: &'a str,
    /// Whom it is about; rights are looked up for them where a scope asks.
    pub subject: Subject,
    /// The grant it belongs to.
    pub grant: Id<Grant>,
    /// The browser sign-in, if there is one.
    pub session: Option<Id<Session>>,
    /// How the person proved themselves.
    pub authentication: Option<&'a Authentication>,
    /// Granted scopes.
    pub scopes: &'a ScopeSet,
    /// Requested resources, already allowed; without any the client's default API counts.
    pub resources: &'a [String],
    /// `cnf` as JSON text, for sender-constrained tokens.
    pub confirmation: Option<&'a str>,
    /// When.
    pub now: Timestamp,
}

/// A token with its id, not yet signed.
#[derive(Debug)]
pub struct PreparedAccessToken {
    /// `jti`
    pub id: Id<AccessToken>,
    /// When it expires.
    pub expires_at: Timestamp,
    /// Seconds until then, for `expires_in`.
    pub expires_in: u64,
    form: Form,
}

/// What a client registered for.
#[derive(Debug)]
enum Form {
    /// Claims to be signed.
    Jwt(Vec<u8>),
    /// A reference, and the ticket it refers to.
    Opaque(SecretText, Box<Ticket>),
}

impl PreparedAccessToken {
    /// Whether something must be kept of it ([`Self::keep`]).
    pub fn is_kept(&self) -> bool {
        matches!(self.form, Form::Opaque(..))
    }

    /// Writes what must be kept of it: an opaque token's ticket. To be called in the unit of
    /// work that records the token.
    pub async fn keep(&self, unit: &mut (dyn UnitOfWork + '_)) -> Result<(), Failure> {
        if let Form::Opaque(_, ticket) = &self.form
            && unit.tickets().issue(ticket).await? == Issued::Collision
        {
            return Err(Failure::broken("two tokens of 256 bits were the same"));
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: Audience<'a>,
    client_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    scope: &'a str,
    jti: String,
    iat: i64,
    exp: i64,
    gid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amr: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entitlements: Option<Vec<String>>,
}

/// One audience as text, several as a list (RFC 7519 §4.1.3).
#[derive(Serialize)]
#[serde(untagged)]
enum Audience<'a> {
    One(&'a str),
    Many(Vec<&'a str>),
}

/// Makes access tokens.
pub struct MintAccessToken {
    foundation: Arc<Foundation>,
    keys: Arc<KeyMaintenance>,
}

impl MintAccessToken {
    /// Over a house and its keys.
    pub fn new(foundation: Arc<Foundation>, keys: Arc<KeyMaintenance>) -> Self {
        Self { foundation, keys }
    }

    /// Fixes id, times and claims. Reads rights only where a scope asks for them; to be called
    /// outside of a unit of work.
    pub async fn prepare(
        &self,
        plan: &AccessTokenPlan<'_>,
    ) -> Result<PreparedAccessToken, Failure> {
        let moment = self.foundation.revocations.moment_for(
            plan.realm.realm.id,
            plan.subject.user(),
            plan.client.id,
            plan.now,
        );
        let id: Id<AccessToken> = self.foundation.rng.id(moment);
        let lifetime = plan
            .realm
            .duration_for(plan.client, Setting::AccessTokenLifetime);
        let expires_at = plan.now.plus(lifetime);
        let rights = self.rights(plan).await?;
        let confirmation: Option<Box<RawValue>> = plan
            .confirmation
            .map(|text| RawValue::from_string(text.to_owned()))
            .transpose()?;
        let claims = Claims {
            iss: &plan.realm.issuer,
            sub: plan.sub,
            aud: audience(plan),
            client_id: plan.client.client_id.as_str(),
            scope: &plan.scopes.to_string(),
            jti: id.to_string(),
            iat: plan.now.as_seconds(),
            exp: expires_at.as_seconds(),
            gid: plan.grant.to_string(),
            sid: plan.session.map(|session| session.to_string()),
            auth_time: plan.authentication.map(|proof| proof.at.as_seconds()),
            acr: plan.authentication.map(|proof| proof.context.as_str()),
            amr: plan
                .authentication
                .map(|proof| proof.methods.iter().map(|method| method.as_str()).collect()),
            cnf: confirmation.as_deref(),
            roles: rights.roles,
            groups: rights.groups,
            entitlements: rights.entitlements,
        };
        let payload = serde_json::to_vec(&claims)?;
        let form = match plan.client.access_token_format {
            AccessTokenFormat::Jwt => Form::Jwt(payload),
            AccessTokenFormat::Opaque => {
                let (text, ticket) = new_opaque(&self.foundation, plan, &payload, expires_at)?;
                Form::Opaque(text, Box::new(ticket))
            }
        };
        Ok(PreparedAccessToken {
            id,
            expires_at,
            expires_in: lifetime.as_secs(),
            form,
        })
    }

    /// The text that the client gets, signed where it is a JWT. To be called outside of a unit
    /// of work.
    pub async fn sign(
        &self,
        realm: &ServedRealm,
        client: &Client,
        prepared: &PreparedAccessToken,
    ) -> Result<String, Failure> {
        match &prepared.form {
            Form::Opaque(text, _) => Ok(text.expose().clone()),
            Form::Jwt(payload) => {
                let signer = self
                    .keys
                    .signer(realm, client.access_token_algorithm)
                    .await?;
                Ok(signer.sign(TokenType::AccessToken, payload)?)
            }
        }
    }

    async fn rights(&self, plan: &AccessTokenPlan<'_>) -> Result<Rights, Failure> {
        let wants = |scope: &str| plan.scopes.contains(scope);
        let mut rights = Rights::default();
        if wants(ROLES) || wants(ENTITLEMENTS) {
            let mut view = self.foundation.store.read().await?;
            let held = view
                .roles()
                .held_by(plan.realm.realm.id, plan.subject)
                .await?;
            if wants(ROLES) {
                rights.roles = Some(
                    held.iter()
                        .map(|role| role.name.as_str().to_owned())
                        .collect(),
                );
            }
            if wants(ENTITLEMENTS) {
                let all: std::collections::BTreeSet<&str> = held
                    .iter()
                    .flat_map(|role| role.permissions.iter().map(Permission::as_str))
                    .collect();
                rights.entitlements = Some(all.into_iter().map(str::to_owned).collect());
            }
        }
        if wants(GROUPS)
            && let Some(user) = plan.subject.user()
        {
            let mut view = self.foundation.store.read().await?;
            let groups = view.roles().groups_of(plan.realm.realm.id, user).await?;
            rights.groups = Some(
                groups
                    .iter()
                    .map(|group| group.name.as_str().to_owned())
                    .collect(),
            );
        }
        Ok(rights)
    }
}

#[derive(Default)]
struct Rights {
    roles: Option<Vec<String>>,
    groups: Option<Vec<String>>,
    entitlements: Option<Vec<String>>,
}

/// The requested resources, else the client's default API, else the issuer; where `openid` was
/// granted the issuer is a further value, so that userinfo may be asked.
fn audience<'a>(plan: &'a AccessTokenPlan<'_>) -> Audience<'a> {
    let issuer: &str = &plan.realm.issuer;
    let mut values: Vec<&str> = if plan.resources.is_empty() {
        vec![plan.client.audiences.first().map_or(issuer, String::as_str)]
    } else {
        plan.resources.iter().map(String::as_str).collect()
    };
    if plan.scopes.contains(OPENID) && !values.contains(&issuer) {
        values.push(issuer);
    }
    match values.as_slice() {
        [one] => Audience::One(one),
        _ => Audience::Many(values),
    }
}
