//! Signing keys: held parsed per realm, announced in the JWKS, made, brought in and rotated.

mod administer;
mod generate;
mod jwks;
mod maintain;
mod one;
mod ring;
mod verified;

pub use administer::{AdministerKeys, KeyFacts, KeyStep};
pub use jwks::{JWKS_MAX_AGE, JwksDocument};
pub use maintain::{KeyMaintenance, Rotated, RotatedBy, Rotation};
pub use one::{Acting, ImportedKey};
pub use ring::{KeyRing, KeyRings};
