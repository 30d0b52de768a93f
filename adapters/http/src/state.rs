//! What handlers share: the use cases, and how this listener is reached.

use std::net::IpAddr;
use std::sync::Arc;

use gatelodge_usecases::Foundation;
use gatelodge_usecases::admin::AdminApi;
use gatelodge_usecases::authorize::Authorize;
use gatelodge_usecases::client_authentication::ClientAuthenticator;
use gatelodge_usecases::discovery::Discovery;
use gatelodge_usecases::introspection::IntrospectionEndpoint;
use gatelodge_usecases::mfa::{OwnFactors, SignInSteps};
use gatelodge_usecases::passwords::{ChangePassword, ResetPassword};
use gatelodge_usecases::realms::Listener;
use gatelodge_usecases::recovery::{RecoverAccount, ResetPasswords, VerifyAddresses};
use gatelodge_usecases::revocations::RevocationEndpoint;
use gatelodge_usecases::sessions::{CsrfTokens, CurrentSession, OwnSessions};
use gatelodge_usecases::setup::FirstAdministrator;
use gatelodge_usecases::sign_in::PasswordCheck;
use gatelodge_usecases::sign_out::SignOut;
use gatelodge_usecases::token::TokenEndpoint;
use gatelodge_usecases::userinfo::UserinfoEndpoint;

use crate::admin::Quota;
use crate::gate::Gate;
use crate::metrics::Metrics;
use crate::site::Site;

/// The use cases, built once by whoever wires the house. A line for each.
pub struct UseCases {
    /// Tries passwords.
    pub password_check: Arc<PasswordCheck>,
    /// The gate between a password and a session.
    pub sign_in_steps: Arc<SignInSteps>,
    /// A person's own second factors.
    pub own_factors: Arc<OwnFactors>,
    /// A person's new password, by the present one.
    pub change_password: Arc<ChangePassword>,
    /// A person's new password, by a link.
    pub reset_password: Arc<ResetPassword>,
    /// Who is signed in.
    pub current_session: Arc<CurrentSession>,
    /// A person's own sessions.
    pub own_sessions: Arc<OwnSessions>,
    /// Tokens in forms.
    pub csrf: Arc<CsrfTokens>,
    /// The authorization endpoint.
    pub authorize: Arc<Authorize>,
    /// The logout endpoint.
    pub sign_out: Arc<SignOut>,
    /// Who a client is.
    pub clients: Arc<ClientAuthenticator>,
    /// The token endpoint.
    pub token: Arc<TokenEndpoint>,
    /// The userinfo endpoint.
    pub userinfo: Arc<UserinfoEndpoint>,
    /// The introspection endpoint.
    pub introspection: Arc<IntrospectionEndpoint>,
    /// The revocation endpoint.
    pub revocation: Arc<RevocationEndpoint>,
    /// What each issuer can do.
    pub discovery: Arc<Discovery>,
    /// Links to a new password, asked for.
    pub recover_account: Arc<RecoverAccount>,
    /// … and spent.
    pub reset_passwords: Arc<ResetPasswords>,
    /// Links that prove mail addresses.
    pub verify_addresses: Arc<VerifyAddresses>,
    /// The admin API.
    pub admin: Arc<AdminApi>,
    /// The one-time link of the first administrator.
    pub first_administrator: Arc<FirstAdministrator>,
}

/// How a listener is reached from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Its URL is https: cookies are `Secure` and bear the `__Host-` prefix, HSTS is sent.
    Https,
    /// Its URL is http on loopback: neither would work.
    Loopback {
        /// The port in its URL; browsers send cookies to every port of a host, so it is part
        /// of the cookie's name.
        port: u16,
    },
}

/// What the demonstration page needs.
#[derive(Debug, Clone)]
pub struct Demo {
    /// The public client of the demonstration.
    pub client_id: String,
}

/// A network in CIDR notation, whose hosts may say for whom they forward.
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

/// Shared by every handler of one listener.
pub struct HttpState {
    /// Which listener this is.
    pub listener: Listener,
    /// How it is reached.
    pub transport: Transport,
    /// `host[:port]` of its URL; a request for another host is refused.
    pub authority: String,
    /// The path of its URL, without a trailing slash; usually empty.
    pub base_path: String,
    /// Who may say for whom they forward.
    pub trusted_proxies: Vec<Network>,
    /// The demonstration, if it is on.
    pub demo: Option<Demo>,
    /// How many requests an administrator may make.
    pub quota: Quota,
    /// From where it may be used.
    pub gate: Gate,
    /// The figures, where this listener shows them.
    pub metrics: Option<Metrics>,
    /// The operator's own files, where this listener serves them.
    pub site: Option<Site>,
    /// Whether the API's documentation is served.
    pub docs: bool,
    /// What everything stands on.
    pub foundation: Arc<Foundation>,
    /// What can be done.
    pub use_cases: Arc<UseCases>,
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
