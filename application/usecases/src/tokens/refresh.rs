//! Refresh tokens: `gl_rt_` around family id, generation and a MAC.
//!
//! The MAC makes them unforgeable without a row per token, and deterministic: whoever is
//! entitled to a generation's token gets the same text (the overlap of a registered client).

use std::sync::Arc;

use gatelodge_domain::opaque_token::{OpaqueToken, TokenKind};
use gatelodge_domain::{Digest, Id, Realm, RefreshFamily, SecretText};
use gatelodge_ports::Vault;
use gatelodge_ports::vault::DataKeyPurpose;

/// What a genuine refresh token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresentedRefreshToken {
    /// Its family.
    pub family: Id<RefreshFamily>,
    /// Its generation.
    pub generation: u32,
}

/// Writes and reads refresh tokens.
pub struct RefreshTokens {
    vault: Arc<dyn Vault>,
}

impl RefreshTokens {
    /// Under that vault's token key.
    pub fn new(vault: Arc<dyn Vault>) -> Self {
        Self { vault }
    }

    /// The token of a family's generation.
    pub fn write(
        &self,
        realm: Id<Realm>,
        family: Id<RefreshFamily>,
        generation: u32,
    ) -> SecretText {
        let mut bytes = Vec::with_capacity(16 + 4 + 32);
        bytes.extend_from_slice(&family.to_bytes());
        bytes.extend_from_slice(&generation.to_be_bytes());
        bytes.extend_from_slice(self.mac(realm, family, generation).as_bytes());
        OpaqueToken::mint(TokenKind::RefreshToken, &bytes)
    }

    /// Reads a token; `None` for what we did not make for this realm. Touches no storage.
    pub fn read(&self, realm: Id<Realm>, text: &str) -> Option<PresentedRefreshToken> {
        let bytes = OpaqueToken::open(TokenKind::RefreshToken, text)?;
        let bytes = bytes.expose().as_slice();
        let family = Id::from_bytes(bytes.get(..16)?.try_into().ok()?);
        let generation = u32::from_be_bytes(bytes.get(16..20)?.try_into().ok()?);
        let mac = Digest::try_from_slice(bytes.get(20..)?).ok()?;
        // `Digest` compares in constant time.
        (mac == self.mac(realm, family, generation))
            .then_some(PresentedRefreshToken { family, generation })
    }

    fn mac(&self, realm: Id<Realm>, family: Id<RefreshFamily>, generation: u32) -> Digest {
        let parts: [&[u8]; 4] = [
            b"refresh_token",
            &realm.to_bytes(),
            &family.to_bytes(),
            &generation.to_be_bytes(),
        ];
        self.vault.mac(DataKeyPurpose::Tokens, &parts)
    }
}
