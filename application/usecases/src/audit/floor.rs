//! The floor of the trail: up to where retention gave it up.
//!
//! Whoever verifies the trail must tell what the house removed from what somebody else did. So
//! before anything is removed, the floor is written: the last seal that goes, how many events
//! there were up to it, and a MAC over both under the data key of the seals. The chain goes on
//! from the seal in the floor. A floor cannot be made without the key; one that was put back to
//! an older state, or taken away, leaves a gap in the chain.

use gatelodge_domain::{Digest, Timestamp};
use gatelodge_ports::store::FindSystem;
use gatelodge_ports::vault::DataKeyPurpose;
use gatelodge_ports::{StoreError, Vault};

/// The fact that holds it.
pub(super) const FACT: &str = "audit_floor";
const VERSION: u8 = 1;
const BODY: usize = 1 + 8 + 8 + 32 + 8 + 8;

/// Up to where the trail was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Floor {
    /// Number of the last seal that was given up.
    pub seal: u64,
    /// Its MAC, which the next seal names as the one before it.
    pub mac: Digest,
    /// Position of the last event that it covers.
    pub last: u64,
    /// How many events were given up since the beginning of the trail.
    pub events: u64,
    /// When.
    pub at: Timestamp,
}

/// What the store has for a floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StoredFloor {
    /// Nothing was given up.
    None,
    /// This.
    Genuine(Floor),
    /// Something that was not made with the data key.
    Forged,
}

impl Floor {
    fn body(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BODY + 32);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.seal.to_be_bytes());
        bytes.extend_from_slice(&self.last.to_be_bytes());
        bytes.extend_from_slice(self.mac.as_bytes());
        bytes.extend_from_slice(&self.events.to_be_bytes());
        bytes.extend_from_slice(&self.at.as_millis().to_be_bytes());
        bytes
    }

    /// As it is stored, with its MAC.
    pub(super) fn sealed(&self, vault: &dyn Vault) -> Vec<u8> {
        let mut bytes = self.body();
        let mac = vault.mac(DataKeyPurpose::Audit, &[b"floor", &bytes]);
        bytes.extend_from_slice(mac.as_bytes());
        bytes
    }

    fn open(vault: &dyn Vault, bytes: &[u8]) -> Option<Self> {
        let (body, mac) = bytes.split_at_checked(BODY)?;
        let genuine = vault.mac(DataKeyPurpose::Audit, &[b"floor", body]);
        if genuine != Digest::try_from_slice(mac).ok()? {
            return None;
        }
        let (version, rest) = body.split_first()?;
        let (seal, rest) = rest.split_first_chunk()?;
        let (last, rest) = rest.split_first_chunk()?;
        let (mac, rest) = rest.split_first_chunk::<32>()?;
        let (events, rest) = rest.split_first_chunk()?;
        let at = rest.try_into().ok()?;
        (*version == VERSION).then_some(Self {
            seal: u64::from_be_bytes(*seal),
            last: u64::from_be_bytes(*last),
            mac: Digest::new(*mac),
            events: u64::from_be_bytes(*events),
            at: Timestamp::from_millis(i64::from_be_bytes(at)),
        })
    }
}

/// Reads the floor.
pub(super) async fn stored_floor(
    system: &mut (dyn FindSystem + '_),
    vault: &dyn Vault,
) -> Result<StoredFloor, StoreError> {
    let stored = system.find(FACT).await?;
    Ok(match stored {
        None => StoredFloor::None,
        Some(bytes) => Floor::open(vault, &bytes).map_or(StoredFloor::Forged, StoredFloor::Genuine),
    })
}
