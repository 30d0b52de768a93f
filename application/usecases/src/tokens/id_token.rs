//! ID tokens (OpenID Connect Core §2, §3.1.3.6).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatelodge_domain::digest::sha512_left_half;
use gatelodge_domain::{
    Authentication, Client, Digest, Id, KeyAlgorithm, Session, Setting, Timestamp,
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::Failure;
use crate::realms::ServedRealm;

/// What an ID token is to say.
pub struct IdTokenPlan<'a> {
    /// The realm that issues it.
    pub realm: &'a ServedRealm,
    /// The client it is for.
    pub client: &'a Client,
    /// The `sub` towards that client.
    pub sub: &'a str,
    /// The browser sign-in.
    pub session: Option<Id<Session>>,
    /// How the person proved themselves; refreshed tokens keep it (§12.2).
    pub authentication: &'a Authentication,
    /// `nonce` of the request; absent from refreshed tokens (§12.2).
    pub nonce: Option<&'a str>,
    /// The access token issued with it, for `at_hash`.
    pub access_token: Option<&'a str>,
    /// The code issued with it, for `c_hash` (§3.3.2.11).
    pub code: Option<&'a str>,
    /// Further claims about the person: those of the realm's schema, and the standard ones where
    /// no access token could fetch them (§5.4).
    pub claims: &'a Map<String, Value>,
    /// When.
    pub now: Timestamp,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: i64,
    iat: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    acr: &'static str,
    amr: Vec<&'static str>,
    azp: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    c_hash: Option<String>,
    #[serde(flatten)]
    further: &'a Map<String, Value>,
}

impl IdTokenPlan<'_> {
    /// The claims as JSON, to be signed with the client's `id_token_signed_response_alg`.
    pub fn payload(&self) -> Result<Vec<u8>, Failure> {
        let client_id = self.client.client_id.as_str();
        let algorithm = self.client.id_token_algorithm;
        let lifetime = self
            .realm
            .duration_for(self.client, Setting::IdTokenLifetime);
        let claims = Claims {
            iss: &self.realm.issuer,
            sub: self.sub,
            aud: client_id,
            exp: self.now.plus(lifetime).as_seconds(),
            iat: self.now.as_seconds(),
            auth_time: self.authentication.at.as_seconds(),
            nonce: self.nonce,
            acr: self.authentication.context.as_str(),
            amr: self
                .authentication
                .methods
                .iter()
                .map(|method| method.as_str())
                .collect(),
            azp: client_id,
            sid: self.session.map(|session| session.to_string()),
            at_hash: self.access_token.map(|token| hash_claim(algorithm, token)),
            c_hash: self.code.map(|code| hash_claim(algorithm, code)),
            further: self.claims,
        };
        Ok(serde_json::to_vec(&claims)?)
    }
}

/// The left half of the hash of a token, as base64url (§3.1.3.6). The hash is the one of the
/// ID token's own `alg`; for Ed25519 that is SHA-512 (RFC 8032 §5.1), as clients expect.
pub fn hash_claim(algorithm: KeyAlgorithm, token: &str) -> String {
    match algorithm {
        KeyAlgorithm::Es256 | KeyAlgorithm::Rs256 | KeyAlgorithm::Ps256 => {
            URL_SAFE_NO_PAD.encode(&Digest::sha256(token.as_bytes()).as_bytes()[..16])
        }
        KeyAlgorithm::EdDsa => URL_SAFE_NO_PAD.encode(sha512_left_half(token.as_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_hash_is_the_left_half_of_sha_256() {
        // The example of OpenID Connect Core, appendix A.3.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(
            hash_claim(KeyAlgorithm::Rs256, token),
            "77QmUPtjPfzWtF2AnpK9RQ"
        );
    }
}
