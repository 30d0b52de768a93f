//! Tokens in forms that tie a post to the browser that was shown the page.
//!
//! `SameSite=Lax` keeps other sites' posts from carrying our cookies; the token also holds
//! against other pages of our own site, and before a session exists, where a forged sign-in
//! would put a person into somebody else's account. Nothing is stored: the token is a MAC over
//! the cookie (the signed double-submit cookie).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatelodge_domain::{Digest, Id, Realm, Session};
use gatelodge_ports::vault::DataKeyPurpose;
use gatelodge_ports::{Rng, Vault};

/// Makes and checks form tokens.
pub struct CsrfTokens {
    rng: Arc<dyn Rng>,
    vault: Arc<dyn Vault>,
}

impl CsrfTokens {
    /// With that randomness, under that vault's token key.
    pub fn new(rng: Arc<dyn Rng>, vault: Arc<dyn Vault>) -> Self {
        Self { rng, vault }
    }

    /// A value for the cookie of a browser that has no session yet.
    pub fn stranger(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.rng.bytes::<32>())
    }

    /// The token for forms shown to a browser with that pre-session cookie.
    pub fn for_stranger(&self, realm: Id<Realm>, cookie: &str) -> String {
        encode(self.of_stranger(realm, cookie))
    }

    /// The token for forms shown in that session. It changes with the session's secret.
    pub fn for_session(&self, session: &Session) -> String {
        encode(self.of_session(session))
    }

    /// Whether a posted token fits the pre-session cookie.
    pub fn fits_stranger(&self, realm: Id<Realm>, cookie: &str, token: &str) -> bool {
        decode(token).is_some_and(|token| token == self.of_stranger(realm, cookie))
    }

    /// Whether a posted token fits the session.
    pub fn fits_session(&self, session: &Session, token: &str) -> bool {
        decode(token).is_some_and(|token| token == self.of_session(session))
    }

    fn of_stranger(&self, realm: Id<Realm>, cookie: &str) -> Digest {
        let parts: [&[u8]; 4] = [b"csrf", b"stranger", &realm.to_bytes(), cookie.as_bytes()];
        self.vault.mac(DataKeyPurpose::Tokens, &parts)
    }

    fn of_session(&self, session: &Session) -> Digest {
        let parts: [&[u8]; 5] = [
            b"csrf",
            b"session",
            &session.realm.to_bytes(),
            &session.id.to_bytes(),
            session.secret.as_bytes(),
        ];
        self.vault.mac(DataKeyPurpose::Tokens, &parts)
    }
}

fn encode(mac: Digest) -> String {
    URL_SAFE_NO_PAD.encode(mac.as_bytes())
}

/// A [`Digest`], because it compares in constant time.
fn decode(token: &str) -> Option<Digest> {
    if token.len() > 64 {
        return None;
    }
    Digest::try_from_slice(&URL_SAFE_NO_PAD.decode(token).ok()?).ok()
}
