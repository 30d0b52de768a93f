//! Ranges of addresses, as an operator names them (RFC 4632 §3.1, RFC 4291 §2.3).

use std::net::IpAddr;

/// A network in CIDR notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// Its address.
    pub address: IpAddr,
    /// How many leading bits count.
    pub prefix: u8,
}

/// Why a text is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a network like 10.0.0.0/8, 192.0.2.7 or fd00::/8")]
pub struct InvalidNetwork(String);

impl Network {
    /// The network in that text; a bare address is a network of one.
    pub fn parse(text: &str) -> Result<Self, InvalidNetwork> {
        let refused = || InvalidNetwork(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| refused())?;
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let prefix: u8 = match prefix {
            Some(prefix) => prefix.parse().map_err(|_| refused())?,
            None => widest,
        };
        if prefix > widest {
            return Err(refused());
        }
        // Addresses are compared in their canonical form, so a network is kept in its own: an
        // IPv4 network that is written as IPv6 (RFC 4291 §2.5.5.2) holds IPv4 addresses.
        let canonical = address.to_canonical();
        let written_longer = if canonical == address { 0 } else { 96 };
        Ok(Self {
            address: canonical,
            prefix: prefix.checked_sub(written_longer).ok_or_else(refused)?,
        })
    }

    /// Whether an address lies in it.
    pub fn contains(self, address: IpAddr) -> bool {
        let shared = |network: u128, other: u128, width: u32| {
            let free = width - u32::from(self.prefix);
            free >= 128 || (network >> free) == (other >> free)
        };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(other)) => shared(
                u128::from(network.to_bits()),
                u128::from(other.to_bits()),
                32,
            ),
            (IpAddr::V6(network), IpAddr::V6(other)) => {
                shared(network.to_bits(), other.to_bits(), 128)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_own_addresses_and_no_others() {
        let holds = |network: &str, address: &str| {
            Network::parse(network)
                .unwrap()
                .contains(address.parse().unwrap())
        };
        assert!(holds("10.0.0.0/8", "10.255.0.1"));
        assert!(!holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("0.0.0.0/0", "203.0.113.9"));
        assert!(holds("192.0.2.7", "192.0.2.7"));
        assert!(holds("192.0.2.7", "::ffff:192.0.2.7"));
        assert!(!holds("192.0.2.7", "192.0.2.8"));
        assert!(holds("fd00::/8", "fd12::1"));
        assert!(holds("::/0", "fd12::1"));
        assert!(!holds("::/0", "192.0.2.7"));
        for address in ["10.0.0.7", "::ffff:10.0.0.7"] {
            assert!(holds("::ffff:10.0.0.0/104", address));
            assert!(!holds("::ffff:10.0.0.8", address));
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "::/129",
            "::ffff:10.0.0.0/95",
            "10.0.0.0/",
            "10.0.0/8",
            "example.org",
        ] {
            assert!(Network::parse(text).is_err(), "{text}");
        }
    }
}
