//! Making a signing key, or taking one from elsewhere: outside of any unit of work, sealed
//! before it is stored.

use gatelodge_domain::signing_key::KeyState;
use gatelodge_domain::{Id, KeyAlgorithm, Realm, Revision, SigningKey, Timestamp};
use gatelodge_ports::key_factory::GeneratedKey;

use super::ring::private_key_place;
use crate::{Failure, Foundation};

/// A new key in that state, not yet stored.
pub(super) async fn generate(
    foundation: &Foundation,
    realm: Id<Realm>,
    algorithm: KeyAlgorithm,
    state: KeyState,
    now: Timestamp,
) -> Result<SigningKey, Failure> {
    let made = foundation.key_factory.generate(algorithm).await?;
    sealed(foundation, realm, (algorithm, made), state, now)
}

/// That pair as a key of the realm, not yet stored.
pub(super) fn sealed(
    foundation: &Foundation,
    realm: Id<Realm>,
    (algorithm, made): (KeyAlgorithm, GeneratedKey),
    state: KeyState,
    now: Timestamp,
) -> Result<SigningKey, Failure> {
    let id = foundation.rng.id(now);
    let sealed_private = foundation
        .vault
        .seal(&private_key_place(realm, id), made.private.expose())?;
    Ok(SigningKey {
        id,
        realm,
        key_id: made.key_id,
        algorithm,
        public: made.public,
        sealed_private,
        state,
        revision: Revision::FIRST,
        created_at: now,
    })
}
