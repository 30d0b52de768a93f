//! What nearly every use case stands on, built once and shared.

mod announcements;
mod cache;
mod catalogue;
mod directory;
mod follower;
mod nodes;

use std::sync::Arc;

use gatelodge_ports::{
    Clock, KeyFactory, Mailer, PasswordHasher, PasswordStrength, Rng, Store, Vault,
};

pub use announcements::Announcements;
pub use cache::Cache;
pub use catalogue::RealmCatalogue;
pub use directory::Directory;
pub use follower::Follower;
pub use nodes::LiveNodes;

use crate::audit::Recorder;
use crate::codes::FreshCodes;
use crate::figures::Figures;
use crate::keys::KeyRings;
use crate::mail::MailRoom;
use crate::realms::Issuers;
use crate::revocations::RevocationSet;
use crate::sessions::Touches;
use crate::sign_in::LinkTries;

/// The outside as ports, and what we keep in memory of the store.
pub struct Foundation {
    /// Everything durable.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// Sealing and keyed digests.
    pub vault: Arc<dyn Vault>,
    /// Passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// How hard a new password is to guess.
    pub strength: Arc<dyn PasswordStrength>,
    /// Makes and loads signing keys.
    pub key_factory: Arc<dyn KeyFactory>,
    /// Which realm has which issuer.
    pub issuers: Issuers,
    /// Realms, clients and people, cached.
    pub directory: Directory,
    /// Held signing and verifying keys of each realm.
    pub key_rings: KeyRings,
    /// What makes access tokens void.
    pub revocations: RevocationSet,
    /// Makes audit events.
    pub recorder: Recorder,
    /// Codes that were given out a moment ago.
    pub codes: FreshCodes,
    /// Uses of sessions that wait to be noted.
    pub touches: Touches,
    /// How many nodes share the store.
    pub nodes: LiveNodes,
    /// Whether mail can be sent, and who sends it.
    pub mail: MailRoom,
    /// Links that opened nothing, by the address they were tried from.
    pub link_tries: LinkTries,
    /// What is counted.
    pub figures: Figures,
}

/// The parts that come from outside.
pub struct Ports {
    /// Everything durable.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// Sealing and keyed digests.
    pub vault: Arc<dyn Vault>,
    /// Passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// How hard a new password is to guess.
    pub strength: Arc<dyn PasswordStrength>,
    /// Makes and loads signing keys.
    pub key_factory: Arc<dyn KeyFactory>,
    /// Sends mail, where the house can.
    pub mailer: Option<Arc<dyn Mailer>>,
}

impl Foundation {
    /// Puts the parts together. Nothing is read yet; call [`Follower::start`] before serving.
    pub fn new(ports: Ports, issuers: Issuers) -> Arc<Self> {
        let Ports {
            store,
            clock,
            rng,
            vault,
            hasher,
            strength,
            key_factory,
            mailer,
        } = ports;
        Arc::new(Self {
            directory: Directory::new(store.clone(), issuers.clone()),
            key_rings: KeyRings::new(store.clone(), key_factory.clone(), vault.clone()),
            revocations: RevocationSet::new(store.clone()),
            recorder: Recorder::new(store.clone(), rng.clone(), vault.clone()),
            codes: FreshCodes::default(),
            touches: Touches::default(),
            nodes: LiveNodes::default(),
            mail: MailRoom::new(mailer),
            link_tries: LinkTries::default(),
            figures: Figures::default(),
            store,
            clock,
            rng,
            vault,
            hasher,
            strength,
            key_factory,
            issuers,
        })
    }
}
