//! A client's registration as the API takes and shows it, in the names of RFC 7591 §2 and
//! OpenID Connect Dynamic Client Registration 1.0 §2, with our extensions beside them.

use std::collections::{BTreeMap, BTreeSet};

use gatelodge_domain::client::{
    AccessTokenFormat, ClientAuthenticationMethod, ConsentPolicy, IntrospectionReach,
    PkceRequirement, RefreshPolicy, Rotation,
};
use gatelodge_domain::{
    ApplicationType, Client, DisplayName, KeyAlgorithm, Origin, RedirectUri, ScopeSet,
};
use gatelodge_usecases::admin::Refusal;
use gatelodge_usecases::clients::{ClientRegistration, Usability};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::metadata::{MetadataBody, bounded_list};
use crate::admin::fields::{each, field, settings, show_settings, word};

const ALGORITHMS: &str = "ES256, RS256, PS256, EdDSA";
pub(crate) const GRANT_TYPES: [&str; 9] = [
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "password",
    "implicit",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:openid:params:grant-type:ciba",
];

/// What of a client can be written. Serde promises nothing about `deny_unknown_fields` beside
/// `flatten`; it does refuse what neither part takes, and tests hold it to that.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = ClientPatch)]
pub(crate) struct ClientBody {
    /// What people see.
    #[schema(example = "My app")]
    pub(crate) client_name: String,
    /// Whether the client may be used; disabling voids its access tokens.
    pub(crate) enabled: bool,
    /// How it proves itself: `none` (a public client), `client_secret_basic` or
    /// `client_secret_post`.
    #[schema(example = "client_secret_basic")]
    pub(crate) token_endpoint_auth_method: String,
    /// Grant types it may use.
    #[schema(example = json!(["authorization_code", "refresh_token"]))]
    pub(crate) grant_types: Vec<String>,
    /// Response types it may use; without them `code`, where it may use the code grant.
    #[schema(example = json!(["code"]))]
    pub(crate) response_types: Option<Vec<String>>,
    /// Where responses may go, compared as text.
    #[schema(example = json!(["https://app.example.com/callback"]))]
    pub(crate) redirect_uris: Vec<String>,
    /// Where a person may go after signing out.
    #[schema(example = json!(["https://app.example.com/"]))]
    pub(crate) post_logout_redirect_uris: Vec<String>,
    /// `web` or `native`.
    #[schema(example = "web")]
    pub(crate) application_type: String,
    /// Scopes it may ask for, separated by spaces; without them those of a sign-in, where it
    /// may use the code grant.
    #[schema(example = "openid profile email offline_access")]
    pub(crate) scope: Option<String>,
    /// Scopes it gets when it asks for none.
    #[schema(example = "")]
    pub(crate) default_scope: String,
    /// Audiences it may ask for by `resource`; the first is its default API.
    #[schema(example = json!([]))]
    pub(crate) audiences: Vec<String>,
    /// Further origins whose pages may call the token, userinfo and revocation endpoints.
    #[schema(example = json!([]))]
    pub(crate) allowed_origins: Vec<String>,
    /// Whether its authorization requests must bear a challenge; always for public clients.
    pub(crate) require_pkce: bool,
    /// `ask` people, or `waived` for an operator's own application.
    #[schema(example = "ask")]
    pub(crate) consent: String,
    /// What it may introspect: `own`, `audience` or `realm`.
    #[schema(example = "own")]
    pub(crate) introspection: String,
    /// How its refresh tokens behave.
    pub(crate) refresh: RefreshBody,
    /// `jwt` (RFC 9068), or `opaque`: a reference that only introspection understands.
    #[schema(example = "jwt")]
    pub(crate) access_token_format: String,
    /// Algorithm of its access tokens.
    #[schema(example = "ES256")]
    pub(crate) access_token_signed_response_alg: String,
    /// Algorithm of its ID tokens.
    #[schema(example = "RS256")]
    pub(crate) id_token_signed_response_alg: String,
    /// Algorithm of signed userinfo answers; plain JSON without.
    pub(crate) userinfo_signed_response_alg: Option<String>,
    /// What it says about itself and how it wants to be treated.
    #[serde(flatten)]
    pub(crate) metadata: MetadataBody,
    /// Settings that it sets over its realm, by name.
    #[schema(example = json!({"access_token_lifetime": 300}))]
    pub(crate) settings: BTreeMap<String, u32>,
}

/// How refresh tokens behave.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RefreshBody {
    /// `rotate`: each use makes a new one. `keep`: it stays (confidential clients).
    #[schema(example = "rotate")]
    pub(crate) rotation: String,
    /// For how many seconds, 0 to 60, the previous one still gets the current one; 0 is off.
    #[schema(maximum = 60, example = 0)]
    pub(crate) overlap_seconds: u32,
}

impl Default for RefreshBody {
    fn default() -> Self {
        Self {
            rotation: "rotate".to_owned(),
            overlap_seconds: 0,
        }
    }
}

impl Default for ClientBody {
    /// The defaults of RFC 7591 §2.
    fn default() -> Self {
        Self {
            client_name: "Unnamed client".to_owned(),
            enabled: true,
            token_endpoint_auth_method: "client_secret_basic".to_owned(),
            grant_types: vec!["authorization_code".to_owned()],
            response_types: None,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            application_type: "web".to_owned(),
            scope: None,
            default_scope: String::new(),
            audiences: Vec::new(),
            allowed_origins: Vec::new(),
            require_pkce: true,
            consent: "ask".to_owned(),
            introspection: "own".to_owned(),
            refresh: RefreshBody::default(),
            access_token_format: "jwt".to_owned(),
            access_token_signed_response_alg: "ES256".to_owned(),
            id_token_signed_response_alg: "RS256".to_owned(),
            userinfo_signed_response_alg: None,
            metadata: MetadataBody::default(),
            settings: BTreeMap::new(),
        }
    }
}

impl ClientBody {
    /// As a client is registered.
    pub(super) fn of(client: &Client) -> Self {
        let texts = |set: &BTreeSet<String>| set.iter().cloned().collect();
        let uris = |uris: &[RedirectUri]| uris.iter().map(ToString::to_string).collect();
        Self {
            client_name: client.name.as_str().to_owned(),
            enabled: client.is_enabled(),
            token_endpoint_auth_method: client.authentication.as_str().to_owned(),
            grant_types: texts(&client.grant_types),
            response_types: Some(texts(&client.response_types)),
            redirect_uris: uris(&client.redirect_uris),
            post_logout_redirect_uris: uris(&client.post_logout_redirect_uris),
            application_type: client.application_type.as_str().to_owned(),
            scope: Some(client.scopes.to_string()),
            default_scope: client.default_scopes.to_string(),
            audiences: client.audiences.clone(),
            allowed_origins: client
                .allowed_origins
                .iter()
                .map(|origin| origin.as_str().to_owned())
                .collect(),
            require_pkce: client.pkce == PkceRequirement::Required,
            consent: match client.consent {
                ConsentPolicy::Ask => "ask".to_owned(),
                ConsentPolicy::Waived => "waived".to_owned(),
            },
            introspection: client.introspection.as_str().to_owned(),
            refresh: RefreshBody {
                rotation: match client.refresh.rotation {
                    Rotation::Rotate => "rotate".to_owned(),
                    Rotation::Keep => "keep".to_owned(),
                },
                overlap_seconds: client.refresh.overlap_seconds,
            },
            access_token_format: match client.access_token_format {
                AccessTokenFormat::Jwt => "jwt".to_owned(),
                AccessTokenFormat::Opaque => "opaque".to_owned(),
            },
            access_token_signed_response_alg: client.access_token_algorithm.as_str().to_owned(),
            id_token_signed_response_alg: client.id_token_algorithm.as_str().to_owned(),
            userinfo_signed_response_alg: client
                .userinfo_algorithm
                .map(|algorithm| algorithm.as_str().to_owned()),
            metadata: MetadataBody::of(&client.metadata),
            settings: show_settings(&client.settings),
        }
    }

    /// As domain types; `current` is the client that it is for, if there is one already.
    pub(super) fn registration(
        &self,
        current: Option<&Client>,
    ) -> Result<ClientRegistration, Refusal> {
        let with_code = self
            .grant_types
            .iter()
            .any(|one| one == "authorization_code");
        Ok(ClientRegistration {
            usability: if self.enabled {
                Usability::Enabled
            } else {
                Usability::Disabled
            },
            name: field("client_name", DisplayName::parse(&self.client_name))?,
            authentication: self.authentication(current)?,
            grant_types: self.grant_types()?,
            response_types: self.response_types(with_code)?,
            redirect_uris: each("redirect_uris", &self.redirect_uris, RedirectUri::parse)?,
            post_logout_redirect_uris: each(
                "post_logout_redirect_uris",
                &self.post_logout_redirect_uris,
                RedirectUri::parse,
            )?,
            application_type: word(
                "application_type",
                &self.application_type,
                ApplicationType::parse,
                "web, native",
            )?,
            allowed_origins: each("allowed_origins", &self.allowed_origins, Origin::parse)?
                .into_iter()
                .collect(),
            scopes: field("scope", ScopeSet::parse(self.scopes(with_code)))?,
            default_scopes: field("default_scope", ScopeSet::parse(&self.default_scope))?,
            audiences: bounded_list("audiences", &self.audiences)?,
            pkce: if self.require_pkce {
                PkceRequirement::Required
            } else {
                PkceRequirement::Optional
            },
            consent: word("consent", &self.consent, consent, "ask, waived")?,
            introspection: word(
                "introspection",
                &self.introspection,
                IntrospectionReach::parse,
                "own, audience, realm",
            )?,
            refresh: RefreshPolicy {
                rotation: word(
                    "refresh.rotation",
                    &self.refresh.rotation,
                    rotation,
                    "rotate, keep",
                )?,
                overlap_seconds: self.refresh.overlap_seconds,
            },
            access_token_format: word(
                "access_token_format",
                &self.access_token_format,
                token_format,
                "jwt, opaque",
            )?,
            id_token_algorithm: algorithm(
                "id_token_signed_response_alg",
                &self.id_token_signed_response_alg,
            )?,
            access_token_algorithm: algorithm(
                "access_token_signed_response_alg",
                &self.access_token_signed_response_alg,
            )?,
            userinfo_algorithm: self
                .userinfo_signed_response_alg
                .as_deref()
                .map(|text| algorithm("userinfo_signed_response_alg", text))
                .transpose()?,
            metadata: self.metadata.over(current.map(|client| &client.metadata))?,
            settings: settings(&self.settings)?,
        })
    }

    /// A method that works; one that the client has already may stay.
    fn authentication(
        &self,
        current: Option<&Client>,
    ) -> Result<ClientAuthenticationMethod, Refusal> {
        use ClientAuthenticationMethod as Method;
        let usable = |text: &str| {
            Method::parse(text).filter(|method| {
                matches!(
                    method,
                    Method::None | Method::ClientSecretBasic | Method::ClientSecretPost
                ) || current.is_some_and(|client| client.authentication == *method)
            })
        };
        word(
            "token_endpoint_auth_method",
            &self.token_endpoint_auth_method,
            usable,
            "none, client_secret_basic, client_secret_post",
        )
    }

    fn grant_types(&self) -> Result<BTreeSet<String>, Refusal> {
        let known = |text: &String| {
            let parse = |text: &str| GRANT_TYPES.contains(&text).then(|| text.to_owned());
            word("grant_types", text, parse, &GRANT_TYPES.join(", "))
        };
        self.grant_types.iter().map(known).collect()
    }

    /// Each type as a sorted set of words, so that it has one spelling.
    fn response_types(&self, with_code: bool) -> Result<BTreeSet<String>, Refusal> {
        let Some(listed) = &self.response_types else {
            return Ok(with_code.then(|| "code".to_owned()).into_iter().collect());
        };
        let one = |text: &String| {
            let words: BTreeSet<&str> = text.split(' ').collect();
            let known = words
                .iter()
                .all(|word| matches!(*word, "code" | "id_token" | "token" | "none"));
            let sorted: Vec<&str> = words.into_iter().collect();
            known.then(|| sorted.join(" ")).ok_or_else(|| {
                Refusal::field(
                    "response_types",
                    "use words of: code, id_token, token, none",
                )
            })
        };
        listed.iter().map(one).collect()
    }

    fn scopes(&self, with_code: bool) -> &str {
        match &self.scope {
            Some(scope) => scope,
            None if with_code => "openid profile email offline_access",
            None => "",
        }
    }
}

fn algorithm(name: &str, text: &str) -> Result<KeyAlgorithm, Refusal> {
    word(name, text, KeyAlgorithm::parse, ALGORITHMS)
}

fn consent(text: &str) -> Option<ConsentPolicy> {
    match text {
        "ask" => Some(ConsentPolicy::Ask),
        "waived" => Some(ConsentPolicy::Waived),
        _ => None,
    }
}

fn token_format(text: &str) -> Option<AccessTokenFormat> {
    match text {
        "jwt" => Some(AccessTokenFormat::Jwt),
        "opaque" => Some(AccessTokenFormat::Opaque),
        _ => None,
    }
}

fn rotation(text: &str) -> Option<Rotation> {
    match text {
        "rotate" => Some(Rotation::Rotate),
        "keep" => Some(Rotation::Keep),
        _ => None,
    }
}
