//! The document.

use std::sync::Arc;

use gatelodge_domain::attribute::{AttributeClaim, UserSchema};
use gatelodge_domain::scope::{OFFLINE_ACCESS, OPENID};
use gatelodge_domain::{Acr, Digest, Id, KeyAlgorithm, Realm, Revision};
use serde_json::{Value, json};

use super::endpoints;
use crate::foundation::{Cache, RealmCatalogue};
use crate::realms::ServedRealm;

/// What the registered parts call themselves.
#[derive(Debug, Clone, Default)]
pub struct Capabilities {
    /// Grant types of the token endpoint.
    pub grant_types: Vec<&'static str>,
    /// Methods of client authentication.
    pub client_authentication_methods: Vec<&'static str>,
    /// Response types of the authorization endpoint.
    pub response_types: Vec<&'static str>,
    /// Response modes of the authorization endpoint.
    pub response_modes: Vec<&'static str>,
    /// Values of `prompt`.
    pub prompts: Vec<&'static str>,
    /// Scopes that stand for claims.
    pub scopes: Vec<&'static str>,
    /// Claims of userinfo.
    pub claims: Vec<&'static str>,
    /// Languages of the pages.
    pub ui_locales: Vec<String>,
}

/// A realm's discovery document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscoveryDocument {
    /// JSON.
    pub bytes: Vec<u8>,
    /// A strong entity tag, with its quotes (RFC 9110 §8.8.3).
    pub etag: String,
}

/// Makes discovery documents.
pub struct Discovery {
    capabilities: Capabilities,
    documents: Cache<(Id<Realm>, Revision), Made>,
}

/// A document, and the catalogue that it was made of.
type Made = (Arc<RealmCatalogue>, Arc<DiscoveryDocument>);

/// RS256 first, because every client must know it (OpenID Connect Discovery §3).
const ALGORITHMS: [KeyAlgorithm; 4] = [
    KeyAlgorithm::Rs256,
    KeyAlgorithm::Es256,
    KeyAlgorithm::Ps256,
    KeyAlgorithm::EdDsa,
];

/// Claims of ID tokens, beside those of userinfo.
const ID_TOKEN_CLAIMS: [&str; 11] = [
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "sid",
];

impl Discovery {
    /// Of these parts.
    pub fn new(capabilities: Capabilities) -> Self {
        Self {
            capabilities,
            documents: Cache::bounded(10_000),
        }
    }

    /// A realm's document; one for both of its addresses, because each standard asks to ignore
    /// members of the other.
    pub fn document(
        &self,
        realm: &ServedRealm,
        catalogue: &Arc<RealmCatalogue>,
    ) -> Arc<DiscoveryDocument> {
        let key = (realm.realm.id, realm.realm.revision);
        if let Some((of, known)) = self.documents.get(&key)
            && Arc::ptr_eq(&of, catalogue)
        {
            return known;
        }
        let generation = self.documents.generation();
        let bytes = self.members(realm, catalogue).to_string().into_bytes();
        let digest = Digest::sha256(&bytes);
        let tag = gatelodge_domain::id::base32(&digest.as_bytes()[..10]);
        let document = Arc::new(DiscoveryDocument {
            bytes,
            etag: format!("\"{tag}\""),
        });
        let kept = (catalogue.clone(), document.clone());
        self.documents.keep(generation, key, kept);
        document
    }

    fn members(&self, realm: &ServedRealm, catalogue: &RealmCatalogue) -> Value {
        let issuer = &*realm.issuer;
        let at = |path: &str| format!("{issuer}{path}");
        let parts = &self.capabilities;
        let methods = &parts.client_authentication_methods;
        let algorithms = ALGORITHMS.map(KeyAlgorithm::as_str);
        let scopes: Vec<&str> = [OPENID, OFFLINE_ACCESS]
            .into_iter()
            .chain(parts.scopes.iter().copied())
            .chain(catalogue.listed_scopes().iter().map(String::as_str))
            .collect();
        let claims: Vec<&str> = ID_TOKEN_CLAIMS
            .into_iter()
            .chain(parts.claims.iter().copied())
            .chain(attribute_claims(&realm.realm.user_schema))
            .collect();
        let mut members = json!({
            "issuer": issuer,
            "authorization_endpoint": at(endpoints::AUTHORIZE),
            "token_endpoint": at(endpoints::TOKEN),
            "userinfo_endpoint": at(endpoints::USERINFO),
            "introspection_endpoint": at(endpoints::INTROSPECT),
            "revocation_endpoint": at(endpoints::REVOKE),
            "jwks_uri": at(endpoints::JWKS),
            "end_session_endpoint": at(endpoints::LOGOUT),
            "response_types_supported": parts.response_types,
            "response_modes_supported": parts.response_modes,
            "grant_types_supported": self.grant_types(),
            "prompt_values_supported": parts.prompts,
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_methods_supported": methods,
            "introspection_endpoint_auth_methods_supported": confidential(methods),
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": algorithms,
            "userinfo_signing_alg_values_supported": algorithms,
            "scopes_supported": scopes,
            "claim_types_supported": ["normal"],
            "claims_supported": claims,
            "acr_values_supported": Acr::ALL.map(Acr::as_str),
            "ui_locales_supported": parts.ui_locales,
            "authorization_response_iss_parameter_supported": true,
            "claims_parameter_supported": false,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
            "require_request_uri_registration": false,
        });
        let apis = catalogue.listed_apis();
        if !apis.is_empty() {
            members["protected_resources"] = apis.into();
        }
        members
    }

    /// Those of the token endpoint, and `implicit` where tokens leave the authorization
    /// endpoint (RFC 7591 §2.1).
    fn grant_types(&self) -> Vec<&'static str> {
        let mut names = self.capabilities.grant_types.clone();
        let leaves_early = |response_type: &&str| {
            response_type
                .split(' ')
                .any(|word| matches!(word, "token" | "id_token"))
        };
        if self.capabilities.response_types.iter().any(leaves_early) {
            names.push("implicit");
        }
        names
    }
}

/// The claims that the realm's schema adds, each for its scope.
fn attribute_claims(schema: &UserSchema) -> impl Iterator<Item = &str> {
    let claims = schema.iter().filter_map(|(_, rule)| rule.claim.as_ref());
    claims.map(AttributeClaim::name)
}

/// The methods that prove something.
fn confidential(methods: &[&'static str]) -> Vec<&'static str> {
    methods
        .iter()
        .copied()
        .filter(|method| *method != "none")
        .collect()
}

#[cfg(test)]
mod tests {
    use gatelodge_domain::attribute::{
        AttributeName, AttributeRule, AttributeType, Multiplicity, OwnerAccess, Presence,
    };
    use gatelodge_domain::realm::RealmStatus;
    use gatelodge_domain::{DisplayName, RealmSlug, Scope, Settings, Timestamp};

    use super::*;
    use crate::realms::Issuers;

    fn realm(revision: u32) -> ServedRealm {
        let realm = Realm {
            id: Id::from_u128(1),
            slug: RealmSlug::parse("acme").unwrap(),
            name: DisplayName::parse("Acme").unwrap(),
            status: RealmStatus::Active,
            settings: Settings::default(),
            user_schema: gatelodge_domain::attribute::UserSchema::default(),
            revision: Revision(revision),
            created_at: Timestamp::EPOCH,
        };
        let issuers = Issuers::new("https://id.example", "https://admin.example").unwrap();
        ServedRealm::new(realm, &issuers)
    }

    fn discovery(response_types: Vec<&'static str>) -> Discovery {
        Discovery::new(Capabilities {
            grant_types: vec!["authorization_code"],
            client_authentication_methods: vec!["client_secret_basic", "none"],
            response_types,
            ..Capabilities::default()
        })
    }

    #[test]
    fn every_endpoint_is_under_the_realms_issuer() {
        let document = discovery(vec!["code"]).document(&realm(1), &Arc::default());
        let members: Value = serde_json::from_slice(&document.bytes).unwrap();
        let issuer = "https://id.example/realms/acme";
        assert_eq!(members["issuer"], issuer);
        for (name, value) in members.as_object().unwrap() {
            if name.ends_with("_endpoint") || name == "jwks_uri" {
                let url = value.as_str().unwrap();
                assert!(url.starts_with(&format!("{issuer}/oauth2/")), "{name}");
            }
        }
    }

    #[test]
    fn it_promises_what_is_registered_and_nothing_else() {
        let members = |response_types| -> Value {
            let document = discovery(response_types).document(&realm(1), &Arc::default());
            serde_json::from_slice(&document.bytes).unwrap()
        };
        let code = members(vec!["code"]);
        assert_eq!(code["grant_types_supported"], json!(["authorization_code"]));
        assert_eq!(
            code["introspection_endpoint_auth_methods_supported"],
            json!(["client_secret_basic"])
        );
        let hybrid = members(vec!["code", "code id_token"]);
        assert_eq!(
            hybrid["grant_types_supported"],
            json!(["authorization_code", "implicit"])
        );
    }

    #[test]
    fn a_realm_promises_the_claims_of_its_own_schema() {
        let mut acme = realm(1);
        let rule = |claim: &str, scope: &str| AttributeRule {
            display_name: None,
            kind: AttributeType::String,
            multiplicity: Multiplicity::One,
            presence: Presence::Optional,
            max_length: None,
            pattern: None,
            claim: AttributeClaim::new(claim, Scope::parse(scope).unwrap()).ok(),
            owner: OwnerAccess::None,
        };
        let schema = &mut acme.realm.user_schema;
        for (name, claim, scope) in [
            ("centre", "cost_centre", "profile"),
            ("badge", "badge", "badge"),
            ("secret", "", "profile"),
        ] {
            let name = AttributeName::parse(name).unwrap();
            schema.set(name, rule(claim, scope)).unwrap();
        }
        let catalogue = Arc::default();
        let discovery = discovery(vec!["code"]);
        let claims = |realm: &ServedRealm| -> Vec<String> {
            let document = discovery.document(realm, &catalogue);
            let members: Value = serde_json::from_slice(&document.bytes).unwrap();
            serde_json::from_value(members["claims_supported"].clone()).unwrap()
        };
        let mut promised = claims(&acme);
        let own = promised.split_off(ID_TOKEN_CLAIMS.len());
        assert_eq!(own, ["badge", "cost_centre"]);
        acme.realm.user_schema = UserSchema::default();
        acme.realm.revision = Revision(2);
        assert_eq!(claims(&acme), ID_TOKEN_CLAIMS);
    }

    #[test]
    fn the_bytes_are_made_once_for_each_revision() {
        let discovery = discovery(vec!["code"]);
        let catalogue = Arc::default();
        let first = discovery.document(&realm(1), &catalogue);
        let same = |other| Arc::ptr_eq(&first, &other);
        assert!(same(discovery.document(&realm(1), &catalogue)));
        assert!(!same(discovery.document(&realm(2), &catalogue)));
        assert!(!same(discovery.document(&realm(1), &Arc::default())));
    }
}
