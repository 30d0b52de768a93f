//! Seals: a Merkle root over a run of events, chained under a MAC, so that an event that was
//! changed, removed, added or moved shows.

use crate::Digest;

/// The root of a Merkle tree over event digests (RFC 6962 §2.1).
pub fn merkle_root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::sha256(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            let mut node = Vec::with_capacity(65);
            node.push(0x01);
            node.extend_from_slice(merkle_root(left).as_bytes());
            node.extend_from_slice(merkle_root(right).as_bytes());
            Digest::sha256(&node)
        }
    }
}

/// A seal over a run of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// Its number in the chain, from 1 without a gap.
    pub number: u64,
    /// Position of the first event it covers.
    pub first: u64,
    /// Position of the last event it covers.
    pub last: u64,
    /// How many events it covers.
    pub count: u32,
    /// Merkle root over their digests, by position.
    pub root: Digest,
    /// MAC of the seal before it; zeros for the first.
    pub previous: Digest,
    /// HMAC-SHA-256 under a data key over all of the above.
    pub mac: Digest,
}

/// What a seal says, before it is authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealBody {
    /// Its number in the chain.
    pub number: u64,
    /// Position of the first event.
    pub first: u64,
    /// Position of the last event.
    pub last: u64,
    /// How many events.
    pub count: u32,
    /// Merkle root.
    pub root: Digest,
    /// MAC of the seal before it.
    pub previous: Digest,
}

impl SealBody {
    /// The body that follows `previous` and covers the events at these positions, in order.
    /// `None` when there is nothing to seal.
    pub fn over(previous: Option<&Seal>, events: &[(u64, Digest)]) -> Option<Self> {
        let (first, last) = (events.first()?.0, events.last()?.0);
        let digests: Vec<Digest> = events.iter().map(|(_, digest)| *digest).collect();
        Some(Self {
            number: previous.map_or(1, |seal| seal.number + 1),
            first,
            last,
            count: u32::try_from(events.len()).unwrap_or(u32::MAX),
            root: merkle_root(&digests),
            previous: previous.map_or(Digest::new([0; 32]), |seal| seal.mac),
        })
    }

    /// The bytes that the MAC covers.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 * 3 + 4 + 64);
        bytes.extend_from_slice(&self.number.to_be_bytes());
        bytes.extend_from_slice(&self.first.to_be_bytes());
        bytes.extend_from_slice(&self.last.to_be_bytes());
        bytes.extend_from_slice(&self.count.to_be_bytes());
        bytes.extend_from_slice(self.root.as_bytes());
        bytes.extend_from_slice(self.previous.as_bytes());
        bytes
    }

    /// The seal with its MAC.
    pub fn authenticated(self, mac: Digest) -> Seal {
        Seal {
            number: self.number,
            first: self.first,
            last: self.last,
            count: self.count,
            root: self.root,
            previous: self.previous,
            mac,
        }
    }
}

impl Seal {
    /// What the MAC covers.
    pub fn body(&self) -> SealBody {
        SealBody {
            number: self.number,
            first: self.first,
            last: self.last,
            count: self.count,
            root: self.root,
            previous: self.previous,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_number_of_events_change_the_root() {
        let digests: Vec<Digest> = (0_u8..5).map(|n| Digest::sha256(&[n])).collect();
        let root = merkle_root(&digests);
        let mut swapped = digests.clone();
        swapped.swap(1, 2);
        assert_ne!(merkle_root(&swapped), root);
        assert_ne!(merkle_root(&digests[..4]), root);
    }
}
