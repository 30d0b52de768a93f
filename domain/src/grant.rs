//! A grant: one authorization, minted at authorize, carried by the code, the refresh family
//! and every access token as `gid`.

use crate::subject::Party;
use crate::{Authentication, Client, Id, Realm, ScopeSet, Session, Timestamp};

/// One authorization, as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Row id, and `gid` as text.
    pub id: Id<Grant>,
    /// The realm.
    pub realm: Id<Realm>,
    /// Who got it.
    pub client: Id<Client>,
    /// Who gave it, and who acts.
    pub party: Party,
    /// In which browser sign-in.
    pub session: Option<Id<Session>>,
    /// What was granted.
    pub scopes: ScopeSet,
    /// When.
    pub created_at: Timestamp,
    /// After this nothing of it can be alive; clean-up may remove the row.
    pub expires_at: Timestamp,
    /// When it was ended, if it was.
    pub ended_at: Option<Timestamp>,
}

/// What codes and refresh families keep of the authorization, so that every token made from
/// it later says the same. Stored as a versioned payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantContext {
    /// The grant.
    pub grant: Id<Grant>,
    /// Subject, actor, organization.
    pub party: Party,
    /// The browser sign-in.
    pub session: Option<Id<Session>>,
    /// How the person proved themselves; absent for clients acting for themselves.
    pub authentication: Option<Authentication>,
    /// Granted scopes.
    pub scopes: ScopeSet,
    /// Requested resources (RFC 8707), already allowed.
    pub resources: Vec<String>,
    /// `nonce` of the request, for the first ID token only.
    pub nonce: Option<String>,
    /// `claims` request (OpenID Connect Core §5.5) as JSON text.
    pub claims: Option<String>,
    /// `authorization_details` (RFC 9396) as JSON text.
    pub authorization_details: Option<String>,
    /// Confirmation (RFC 7800 `cnf`) as JSON text.
    pub confirmation: Option<String>,
}
