//! What the inside of Gatelodge needs from the outside, as small object-safe traits named
//! after the need. Adapters implement them; use cases hold them as `Arc<dyn …>`.

pub mod audit_sink;
pub mod clock;
pub mod delay;
pub mod egress;
pub mod hasher;
pub mod hmac;
pub mod key_factory;
pub mod mailer;
pub mod master_key;
pub mod rng;
pub mod store;
pub mod strength;
pub mod vault;

pub use audit_sink::{AuditSink, SinkError, SinkItem, SinkRecord};
pub use clock::Clock;
pub use delay::Delay;
pub use egress::Egress;
pub use hasher::{HasherError, PasswordHasher};
pub use hmac::{Hmac, HmacError};
pub use key_factory::{KeyFactory, Signer, SignerError, Verifier};
pub use mailer::Mailer;
pub use master_key::MasterKey;
pub use rng::Rng;
pub use store::{Snapshot, Store, StoreError, UnitOfWork};
pub use strength::PasswordStrength;
pub use vault::{Vault, VaultError};
