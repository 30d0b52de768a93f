//! Recovery codes: made ten at once, shown once, kept as keyed digests.

use gatelodge_domain::factor::recovery_codes::{AT_ONCE, BYTES, RecoveryCode, StoredRecoveryCode};
use gatelodge_domain::{Digest, Id, Realm, SecretText, Timestamp, User};
use gatelodge_ports::vault::DataKeyPurpose;

use crate::Foundation;

/// Fresh codes, to be shown now and never again.
#[derive(Debug)]
pub struct NewRecoveryCodes(pub Vec<SecretText>);

/// How many codes are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecoveryCount {
    /// Not used yet.
    pub left: usize,
    /// As many as were made.
    pub made: usize,
}

impl RecoveryCount {
    pub(super) fn of(codes: &[StoredRecoveryCode]) -> Self {
        let left = codes.iter().filter(|code| code.used_at.is_none());
        Self {
            left: left.count(),
            made: codes.len(),
        }
    }
}

/// New codes and what is kept of them.
pub(super) fn make(
    foundation: &Foundation,
    realm: Id<Realm>,
    user: Id<User>,
    now: Timestamp,
) -> (NewRecoveryCodes, Vec<StoredRecoveryCode>) {
    let codes: Vec<RecoveryCode> = (0..AT_ONCE)
        .map(|_| RecoveryCode::from_random(foundation.rng.bytes::<BYTES>()))
        .collect();
    let stored = codes
        .iter()
        .map(|code| StoredRecoveryCode {
            realm,
            user,
            digest: digest(foundation, realm, user, code),
            created_at: now,
            used_at: None,
        })
        .collect();
    let shown = codes.iter().map(RecoveryCode::shown).collect();
    (NewRecoveryCodes(shown), stored)
}

/// What is kept of what was typed as a code, if it can be one.
pub(super) fn digest_of(
    foundation: &Foundation,
    realm: Id<Realm>,
    user: Id<User>,
    typed: &str,
) -> Option<Digest> {
    let code = RecoveryCode::typed(typed)?;
    Some(digest(foundation, realm, user, &code))
}

fn digest(
    foundation: &Foundation,
    realm: Id<Realm>,
    user: Id<User>,
    code: &RecoveryCode,
) -> Digest {
    let parts: [&[u8]; 4] = [
        b"recovery code",
        &realm.to_bytes(),
        &user.to_bytes(),
        code.letters().as_bytes(),
    ];
    foundation.vault.mac(DataKeyPurpose::Digests, &parts)
}
