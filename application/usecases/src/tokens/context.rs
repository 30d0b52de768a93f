//! The grant context as codes and refresh families store it: JSON with a version, so that what
//! was written by an older release can be read by a newer one.

use gatelodge_domain::id::InvalidId;
use gatelodge_domain::subject::Party;
use gatelodge_domain::{Acr, Amr, Authentication, GrantContext, Id, ScopeSet, Subject, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Failure;

const VERSION: u8 = 1;

/// The stored form, to be written by itself or within something else.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredContext {
    v: u8,
    gid: String,
    sub: (String, String),
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth: Option<StoredAuthentication>,
    scope: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    resources: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_details: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredAuthentication {
    at: i64,
    amr: Vec<String>,
    acr: String,
}

impl StoredContext {
    /// The stored form of a context.
    pub(crate) fn of(context: &GrantContext) -> Self {
        Self {
            v: VERSION,
            gid: context.grant.to_string(),
            sub: write_subject(context.party.subject),
            act: context.party.actor.map(write_subject),
            org: context.party.organization.map(|id| id.to_string()),
            sid: context.session.map(|id| id.to_string()),
            auth: context
                .authentication
                .as_ref()
                .map(|proof| StoredAuthentication {
                    at: proof.at.as_millis(),
                    amr: proof
                        .methods
                        .iter()
                        .map(|method| method.as_str().to_owned())
                        .collect(),
                    acr: proof.context.as_str().to_owned(),
                }),
            scope: context.scopes.to_string(),
            resources: context.resources.clone(),
            nonce: context.nonce.clone(),
            claims: context.claims.clone(),
            authorization_details: context.authorization_details.clone(),
            cnf: context.confirmation.clone(),
        }
    }

    /// The context that was stored.
    pub(crate) fn context(self) -> Result<GrantContext, Failure> {
        if self.v != VERSION {
            return Err(Failure::broken(format!(
                "grant context version {} is unknown",
                self.v
            )));
        }
        read(self).ok_or_else(|| Failure::broken("a stored grant context does not parse"))
    }
}

/// The stored form as JSON text.
pub fn encode_context(context: &GrantContext) -> Result<Vec<u8>, Failure> {
    Ok(serde_json::to_vec(&StoredContext::of(context))?)
}

/// The context in a stored form.
pub fn decode_context(bytes: &[u8]) -> Result<GrantContext, Failure> {
    serde_json::from_slice::<StoredContext>(bytes)?.context()
}

fn read(stored: StoredContext) -> Option<GrantContext> {
    let authentication = match stored.auth {
        None => None,
        Some(proof) => Some(Authentication {
            at: Timestamp::from_millis(proof.at),
            methods: proof
                .amr
                .iter()
                .map(|amr| Amr::parse(amr))
                .collect::<Option<_>>()?,
            context: Acr::parse(&proof.acr)?,
        }),
    };
    let actor = match &stored.act {
        None => None,
        Some(actor) => Some(read_subject(actor)?),
    };
    Some(GrantContext {
        grant: Id::parse(&stored.gid).ok()?,
        party: Party {
            subject: read_subject(&stored.sub)?,
            actor,
            organization: optional_id(stored.org).ok()?,
        },
        session: optional_id(stored.sid).ok()?,
        authentication,
        scopes: ScopeSet::parse(&stored.scope).ok()?,
        resources: stored.resources,
        nonce: stored.nonce,
        claims: stored.claims,
        authorization_details: stored.authorization_details,
        confirmation: stored.cnf,
    })
}

fn optional_id<T>(text: Option<String>) -> Result<Option<Id<T>>, InvalidId> {
    text.map(|text| Id::parse(&text)).transpose()
}

fn write_subject(subject: Subject) -> (String, String) {
    let id: Id<()> = Id::from_u128(subject.bits());
    (subject.kind().to_owned(), id.to_string())
}

fn read_subject((kind, id): &(String, String)) -> Option<Subject> {
    let id: Id<()> = Id::parse(id).ok()?;
    Subject::from_parts(kind, id.as_u128())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_context_survives_storage() {
        let context = GrantContext {
            grant: Id::from_u128(1),
            party: Party {
                subject: Subject::User(Id::from_u128(2)),
                actor: Some(Subject::Agent(Id::from_u128(3))),
                organization: Some(Id::from_u128(4)),
            },
            session: Some(Id::from_u128(5)),
            authentication: Some(Authentication {
                at: Timestamp::from_millis(6),
                methods: vec![Amr::Password, Amr::OneTimePassword],
                context: Acr::TwoFactors,
            }),
            scopes: ScopeSet::parse("openid profile").unwrap(),
            resources: vec!["https://api.example".to_owned()],
            nonce: Some("n".to_owned()),
            claims: Some("{}".to_owned()),
            authorization_details: Some("[]".to_owned()),
            confirmation: Some("{}".to_owned()),
        };
        let stored = encode_context(&context).unwrap();
        assert_eq!(decode_context(&stored).unwrap(), context);
    }
}
