//! What the bench knows of the people, clients and tokens that it filled the store with.

use crate::scripts::Family;

/// Where codes are sent to.
pub const REDIRECT_URI: &str = "https://app.example/callback";
/// What is asked for at authorize: an ID token, claims, and a family that outlives the session.
pub const SCOPE: &str = "openid profile email offline_access";

/// A confidential client.
#[derive(Debug, Clone, Default)]
pub struct ClientFacts {
    /// Its `client_id`.
    pub client_id: String,
    /// The value of its `Authorization` header (RFC 6749 §2.3.1).
    pub authorization: String,
}

/// Somebody who is signed in.
#[derive(Debug, Clone, Default)]
pub struct PersonFacts {
    /// Their user name.
    pub username: String,
    /// Their cookie's value.
    pub session: String,
}

/// Everything that requests are made of.
#[derive(Debug, Clone, Default)]
pub struct Fixture {
    /// Host and port of the issuer.
    pub host: String,
    /// The name of the session cookie.
    pub cookie: String,
    /// The password of everybody.
    pub password: String,
    /// Clients whose ID tokens are ES256; the person of the same place has agreed to each.
    pub clients: Vec<ClientFacts>,
    /// The same with RS256.
    pub rs256_clients: Vec<ClientFacts>,
    /// People.
    pub people: Vec<PersonFacts>,
    /// A refresh family for each client and its person.
    pub families: Vec<Family>,
    /// An access token for each, with its client's place.
    pub access_tokens: Vec<(usize, String)>,
}
