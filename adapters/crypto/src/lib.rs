//! Cryptography and time as the inside needs them: Argon2id on a bounded pool, OpenSSL keys
//! that are parsed once and held, sealing at rest, keyed digests, randomness, the clock.
//!
//! OpenSSL is the one cryptographic library; Argon2id comes from a crate of its own because
//! OpenSSL has it only since 3.2. JWS are made here and not by `jsonwebtoken`, whose encoder
//! decodes the private key for every token: that costs far more than the signature.

mod aead;
mod argon2_hasher;
mod clock;
mod code_hmac;
mod foreign;
mod hmac;
mod keys;
mod master_key;
mod passphrase;
mod random;
mod vault;

pub use argon2_hasher::Argon2Hasher;
pub use clock::SystemClock;
pub use code_hmac::OpensslHmac;
pub use keys::OpensslKeyFactory;
pub use master_key::{Aes256MasterKey, InvalidMasterKey};
pub use passphrase::{open_under_passphrase, seal_under_passphrase};
pub use random::OpensslRng;
pub use vault::OpensslVault;
