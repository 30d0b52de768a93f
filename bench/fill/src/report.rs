//! What a load generator needs to know of a filled house.

use serde::{Deserialize, Serialize};

/// What was filled in, with the secrets of some of it; the shape of `fill.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filled {
    /// The issuer of the default realm, where everything is.
    pub issuer: String,
    /// The id of the default realm.
    pub realm: String,
    /// Everybody's password.
    pub password: String,
    /// How many people there are; number *i*, from 0, is [`crate::username`]`(i)`.
    pub users: u64,
    /// Every client.
    pub clients: Vec<FilledClient>,
    /// Some sessions, evenly spread over all of them.
    pub sessions: Vec<FilledSession>,
    /// Refresh tokens of some families, evenly spread over all of them.
    pub refresh_tokens: Vec<FilledToken>,
}

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilledSession {
    /// Who.
    pub username: String,
    /// Index of a client that they have consented to, where as many consents as sessions were
    /// planned.
    pub client: usize,
    /// The value of the session cookie.
    pub cookie: String,
}

/// A refresh token that was not used yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilledToken {
    /// Index of its client.
    pub client: usize,
    /// The token.
    pub token: String,
}

/// A confidential client: code, refresh, client credentials, password grant, realm-wide
/// introspection; it may ask for `openid profile email offline_access`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilledClient {
    /// Its `client_id`.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// Its redirect URI.
    pub redirect_uri: String,
}
