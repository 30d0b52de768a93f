//! Public keys as JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037) and their thumbprints
//! (RFC 7638).

use crate::Digest;

/// A public key; every part is base64url text without padding, as a JWK carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicJwk {
    /// An elliptic-curve key on P-256.
    P256 {
        /// `x`
        x: String,
        /// `y`
        y: String,
    },
    /// An Ed25519 key.
    Ed25519 {
        /// `x`
        x: String,
    },
    /// An RSA key.
    Rsa {
        /// `n`
        n: String,
        /// `e`
        e: String,
    },
}

impl PublicJwk {
    /// The members that make the key, in RFC 7638's order (lexicographic), as `(name, value)`.
    pub fn members(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::P256 { x, y } => vec![("crv", "P-256"), ("kty", "EC"), ("x", x), ("y", y)],
            Self::Ed25519 { x } => vec![("crv", "Ed25519"), ("kty", "OKP"), ("x", x)],
            Self::Rsa { n, e } => vec![("e", e), ("kty", "RSA"), ("n", n)],
        }
    }

    /// SHA-256 over the canonical members (RFC 7638 §3).
    pub fn thumbprint(&self) -> Digest {
        // Base64url and the fixed names need no JSON escaping.
        let members: Vec<String> = self
            .members()
            .iter()
            .map(|(name, value)| format!("\"{name}\":\"{value}\""))
            .collect();
        Digest::sha256(format!("{{{}}}", members.join(",")).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_rfc_7638_section_3_1() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let jwk = PublicJwk::Rsa {
            n: n.to_owned(),
            e: "AQAB".to_owned(),
        };
        let expected = [
            55, 54, 203, 177, 120, 124, 184, 48, 156, 119, 238, 140, 55, 5, 197, 225, 111, 251,
            158, 133, 151, 21, 144, 31, 30, 76, 89, 177, 17, 130, 245, 123,
        ];
        assert_eq!(jwk.thumbprint().as_bytes(), &expected);
    }
}
