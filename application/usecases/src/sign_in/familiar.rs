//! Browsers in which somebody signed in before: a long-lived cookie that says so, for one
//! account, and nothing else. Strangers who use an account's tries up do not lock it out.
//!
//! The value is random bytes and a time under a MAC that names the account, so nothing is
//! stored and a cookie for one account is worth nothing for another.

use core::time::Duration;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatelodge_domain::{Digest, Id, Realm, Timestamp};
use gatelodge_ports::vault::DataKeyPurpose;
use gatelodge_ports::{Rng, Vault};

/// Writes and reads the cookie's value.
pub struct FamiliarBrowsers {
    rng: Arc<dyn Rng>,
    vault: Arc<dyn Vault>,
}

impl FamiliarBrowsers {
    /// How long a browser stays familiar.
    pub const LIFETIME: Duration = Duration::from_hours(365 * 24);

    /// With that randomness, under that vault's token key.
    pub fn new(rng: Arc<dyn Rng>, vault: Arc<dyn Vault>) -> Self {
        Self { rng, vault }
    }

    /// The value for a browser in which the account with that canonical name just signed in.
    pub fn write(&self, realm: Id<Realm>, account: &str, now: Timestamp) -> String {
        let mut bytes = Vec::with_capacity(16 + 8 + 32);
        bytes.extend_from_slice(&self.rng.bytes::<16>());
        bytes.extend_from_slice(&now.as_millis().to_be_bytes());
        let mac = self.mac(realm, account, &bytes);
        bytes.extend_from_slice(mac.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What to count this browser's tries under, if the account signed in there before.
    pub(crate) fn recognise(
        &self,
        realm: Id<Realm>,
        account: &str,
        value: &str,
        now: Timestamp,
    ) -> Option<Digest> {
        if value.len() > 100 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(value).ok()?;
        let (said, mac) = bytes.split_at_checked(24)?;
        let mac = Digest::try_from_slice(mac).ok()?;
        let written = i64::from_be_bytes(said.get(16..)?.try_into().ok()?);
        let fresh = now < Timestamp::from_millis(written).plus(Self::LIFETIME);
        // `Digest` compares in constant time.
        (fresh && mac == self.mac(realm, account, said)).then_some(mac)
    }

    fn mac(&self, realm: Id<Realm>, account: &str, said: &[u8]) -> Digest {
        let parts: [&[u8]; 4] = [
            b"familiar browser",
            &realm.to_bytes(),
            account.as_bytes(),
            said,
        ];
        self.vault.mac(DataKeyPurpose::Tokens, &parts)
    }
}
