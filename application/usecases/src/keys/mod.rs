//! Signing keys: held parsed per realm, announced in the JWKS, made and rotated.

mod administer;
mod generate;
mod jwks;
mod maintain;
mod ring;
mod verified;

pub use administer::{AdministerKeys, RotationReason};
pub use jwks::{JWKS_MAX_AGE, JwksDocument};
pub use maintain::{KeyMaintenance, RotatedBy};
pub use ring::{KeyRing, KeyRings};
