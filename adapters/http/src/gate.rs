//! From which networks a port may be used at all. Whoever is elsewhere gets a plain 403 before
//! anything is read or looked up. Probes are excepted, because load balancers ask them, and so
//! are the figures, which have networks of their own.

use std::net::IpAddr;

use crate::network::Network;

/// Allowed and denied networks; denial wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gate {
    /// Only these; everybody where it is empty.
    pub allowed: Vec<Network>,
    /// Not these.
    pub denied: Vec<Network>,
}

impl Gate {
    /// Whether whoever asks from there may. Somebody whose address is not known may where the
    /// gate is open to all.
    pub fn admits(&self, address: Option<IpAddr>) -> bool {
        if self.allowed.is_empty() && self.denied.is_empty() {
            return true;
        }
        let Some(address) = address else {
            return false;
        };
        let within = |networks: &[Network]| networks.iter().any(|near| near.contains(address));
        !within(&self.denied) && (self.allowed.is_empty() || within(&self.allowed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(allowed: &[&str], denied: &[&str]) -> Gate {
        let parse = |texts: &[&str]| {
            let networks = texts.iter().map(|text| Network::parse(text).unwrap());
            networks.collect()
        };
        Gate {
            allowed: parse(allowed),
            denied: parse(denied),
        }
    }

    #[test]
    fn denial_wins_and_an_empty_list_allows_everybody() {
        let at = |text: &str| Some(text.parse().unwrap());
        assert!(gate(&[], &[]).admits(None));
        assert!(gate(&[], &[]).admits(at("203.0.113.9")));
        let inside = gate(&["10.0.0.0/8"], &["10.6.0.0/16"]);
        assert!(inside.admits(at("10.1.2.3")));
        assert!(inside.admits(at("::ffff:10.1.2.3")));
        assert!(!inside.admits(at("10.6.2.3")));
        assert!(!inside.admits(at("203.0.113.9")));
        assert!(!inside.admits(None));
        assert!(gate(&[], &["10.6.0.0/16"]).admits(at("203.0.113.9")));
        assert!(!gate(&[], &["10.6.0.0/16"]).admits(at("10.6.0.1")));
    }
}
