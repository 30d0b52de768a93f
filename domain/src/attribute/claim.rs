//! How an attribute is told to clients: the claim, and the scope that asks for it (OpenID
//! Connect Core §5.4).

use super::InvalidAttribute;
use crate::Scope;
use crate::user::ProfileClaim;

/// How an attribute is told to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeClaim {
    name: String,
    scope: Scope,
}

/// Claims that we make ourselves (RFC 7519 §4.1, OpenID Connect Core §2, §5.1, RFC 8693 §4,
/// RFC 7800, RFC 9068 §2.2); an attribute that took one of these names could pass for it.
const RESERVED_CLAIMS: [&str; 42] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "azp",
    "nonce",
    "auth_time",
    "at_hash",
    "c_hash",
    "s_hash",
    "acr",
    "amr",
    "sid",
    "gid",
    "cnf",
    "act",
    "may_act",
    "scope",
    "client_id",
    "active",
    "token_type",
    "username",
    "events",
    "roles",
    "groups",
    "entitlements",
    "permissions",
    "authorization_details",
    "preferred_username",
    "email",
    "email_verified",
    "updated_at",
    "org_id",
    "org_name",
    "typ",
    "_claim_names",
    "_claim_sources",
    "sub_jwk",
    "vot",
];

impl AttributeClaim {
    /// A claim of that name, told where that scope was granted.
    pub fn new(name: &str, scope: Scope) -> Result<Self, InvalidAttribute> {
        let visible = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
        if !(1..=128).contains(&name.len()) || !name.bytes().all(visible) {
            return Err(InvalidAttribute::ClaimName);
        }
        if RESERVED_CLAIMS.contains(&name) || ProfileClaim::parse(name).is_some() {
            return Err(InvalidAttribute::ReservedClaim);
        }
        Ok(Self {
            name: name.to_owned(),
            scope,
        })
    }

    /// Its name in tokens and userinfo.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The scope that asks for it.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_cannot_pass_for_a_claim_that_means_something() {
        let scope = || Scope::parse("profile").unwrap();
        for claim in RESERVED_CLAIMS.into_iter().chain(["name", "locale"]) {
            let refused = AttributeClaim::new(claim, scope());
            assert_eq!(refused, Err(InvalidAttribute::ReservedClaim), "{claim}");
        }
        assert!(AttributeClaim::new("https://example.com/cost_centre", scope()).is_ok());
        assert_eq!(
            AttributeClaim::new("a b", scope()),
            Err(InvalidAttribute::ClaimName)
        );
    }
}
