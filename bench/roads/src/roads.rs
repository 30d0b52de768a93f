//! The roads: their names, what the reference does on each, and what is to be reached.

use crate::fixture::Fixture;
use crate::load::Script;
use crate::scripts::{
    Again, Asking, CodeScript, DocumentScript, Endpoint, RefreshScript, Repeated, Revocable,
    TokenScript, Use,
};
use crate::spec::{Switch, Work};

/// The path of the discovery document.
pub const DISCOVERY: &str = "/.well-known/openid-configuration";
/// The path of the key set.
pub const JWKS: &str = "/oauth2/jwks";

/// A road.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Road {
    /// A client for itself: secret, ES256, one durable event.
    ClientCredentials,
    /// Rotation with ES256 access and ID token.
    Refresh,
    /// Rotation with an access token alone.
    RefreshAccessOnly,
    /// Authorize and token, ES256 ID token.
    Code,
    /// The same with an RS256 ID token.
    CodeRs256,
    /// The password grant, saturating.
    Password,
    /// Introspection, each token once.
    Introspect,
    /// Introspection over and over, one revocation a second.
    IntrospectWarm,
    /// Userinfo, each token once.
    Userinfo,
    /// Userinfo over and over, one revocation a second.
    UserinfoWarm,
    /// The discovery document.
    Discovery,
    /// The key set.
    Jwks,
}

/// What a road is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// The reference doing that work for GET and POST requests.
    Reference {
        /// For a GET.
        get: Work,
        /// For a POST.
        post: Work,
    },
    /// The hashing pool alone.
    Pool,
}

/// Nothing but the answer.
const NOTHING: Work = Work {
    hmac: Switch::Off,
    sign: Switch::Off,
    verify: Switch::Off,
};
const HMAC: Work = Work {
    hmac: Switch::On,
    ..NOTHING
};
const HMAC_AND_SIGN: Work = Work {
    sign: Switch::On,
    ..HMAC
};
const HMAC_AND_VERIFY: Work = Work {
    verify: Switch::On,
    ..HMAC
};
const VERIFY: Work = Work {
    verify: Switch::On,
    ..NOTHING
};

impl Road {
    /// Every road, in the order of the table.
    pub const ALL: [Self; 12] = [
        Self::ClientCredentials,
        Self::Refresh,
        Self::RefreshAccessOnly,
        Self::Code,
        Self::CodeRs256,
        Self::Introspect,
        Self::IntrospectWarm,
        Self::Userinfo,
        Self::UserinfoWarm,
        Self::Discovery,
        Self::Jwks,
        // Last: it looks at the others while it saturates the processors.
        Self::Password,
    ];

    /// The name in the report.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::Refresh => "refresh",
            Self::RefreshAccessOnly => "refresh_access_only",
            Self::Code => "code",
            Self::CodeRs256 => "code_rs256",
            Self::Password => "password",
            Self::Introspect => "introspect",
            Self::IntrospectWarm => "introspect_warm",
            Self::Userinfo => "userinfo",
            Self::UserinfoWarm => "userinfo_warm",
            Self::Discovery => "discovery",
            Self::Jwks => "jwks",
        }
    }

    /// The road of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|road| road.as_str() == text)
    }

    /// The part of what it is held against that is to be reached; none where a row only stands
    /// beside another.
    pub const fn target(self) -> Option<f64> {
        match self {
            Self::ClientCredentials
            | Self::Introspect
            | Self::IntrospectWarm
            | Self::Userinfo
            | Self::UserinfoWarm => Some(0.50),
            Self::Refresh => Some(0.40),
            Self::Code => Some(0.45),
            Self::Password => Some(0.90),
            Self::Discovery | Self::Jwks => Some(0.75),
            Self::RefreshAccessOnly | Self::CodeRs256 => None,
        }
    }

    /// What it is held against.
    pub const fn against(self) -> Against {
        let (get, post) = match self {
            Self::ClientCredentials | Self::Refresh | Self::RefreshAccessOnly => {
                (NOTHING, HMAC_AND_SIGN)
            }
            // The cookie's secret at authorize, the client's at token.
            Self::Code | Self::CodeRs256 => (HMAC, HMAC_AND_SIGN),
            Self::Introspect => (NOTHING, HMAC_AND_VERIFY),
            Self::Userinfo => (VERIFY, NOTHING),
            Self::IntrospectWarm | Self::UserinfoWarm | Self::Discovery | Self::Jwks => {
                (NOTHING, NOTHING)
            }
            Self::Password => return Against::Pool,
        };
        Against::Reference { get, post }
    }

    /// Whether a round needs tokens that nobody has shown before.
    pub const fn needs_new_tokens(self) -> bool {
        matches!(self, Self::Introspect | Self::Userinfo)
    }

    /// Whether every token was shown before. One of them is revoked each second while the road is
    /// measured by itself.
    pub const fn is_warm(self) -> bool {
        matches!(self, Self::IntrospectWarm | Self::UserinfoWarm)
    }

    /// The requests.
    pub fn script(self, fixture: &Fixture, material: &Material) -> Box<dyn Script + Send> {
        let Material { tokens, revocable } = material;
        let about = |tokens: &[(usize, String)], endpoint, usage| {
            let script = TokenScript::new(fixture, tokens, endpoint, usage);
            Box::new(script.while_revoked(revocable.clone()))
        };
        let old = &fixture.access_tokens;
        match self {
            Self::ClientCredentials => Box::new(Repeated::client_credentials(fixture)),
            Self::Password => Box::new(Repeated::password(fixture)),
            Self::Refresh => Box::new(RefreshScript::new(fixture, Asking::Everything)),
            Self::RefreshAccessOnly => {
                Box::new(RefreshScript::new(fixture, Asking::AccessTokenOnly))
            }
            Self::Code => Box::new(CodeScript::new(fixture, &fixture.clients, Again::InTurn)),
            Self::CodeRs256 => {
                let clients = &fixture.rs256_clients;
                Box::new(CodeScript::new(fixture, clients, Again::InTurn))
            }
            Self::Introspect => about(tokens, Endpoint::Introspection, Use::Cold),
            Self::Userinfo => about(tokens, Endpoint::Userinfo, Use::Cold),
            Self::IntrospectWarm => about(old, Endpoint::Introspection, Use::Warm),
            Self::UserinfoWarm => about(old, Endpoint::Userinfo, Use::Warm),
            Self::Discovery => Box::new(DocumentScript::new(fixture, DISCOVERY, b"{")),
            Self::Jwks => Box::new(DocumentScript::new(fixture, JWKS, br#"{"keys":[{"#)),
        }
    }
}

/// What requests are made of besides the fixture.
#[derive(Debug, Clone, Default)]
pub struct Material {
    /// Tokens that nobody has shown before, where the road needs them.
    pub tokens: Vec<(usize, String)>,
    /// What tells which of the fixture's access tokens are revoked meanwhile, in their order.
    pub revocable: Vec<Revocable>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_road_has_a_name_of_its_own_that_leads_back_to_it() {
        for road in Road::ALL {
            assert_eq!(Road::parse(road.as_str()), Some(road));
        }
        assert_eq!(Road::parse("other"), None);
    }
}
