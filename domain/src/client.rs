//! An OAuth client (RFC 6749 §2) with its registration metadata (RFC 7591 §2, OpenID Connect
//! Dynamic Client Registration 1.0 §2, RP-Initiated Logout 1.0 §3.1).

use std::collections::BTreeSet;

use crate::{
    ApplicationType, ClientId, Digest, DisplayName, Id, KeyAlgorithm, Origin, Realm, RedirectUri,
    Revision, ScopeSet, Settings, Timestamp,
};

/// A registered client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Row id; never the OAuth text.
    pub id: Id<Client>,
    /// The realm it belongs to.
    pub realm: Id<Realm>,
    /// The OAuth identifier, which its owner may choose.
    pub client_id: ClientId,
    /// Whether it may be used.
    pub status: ClientStatus,
    /// Who registered it.
    pub origin: ClientOrigin,
    /// What people see.
    pub name: DisplayName,
    /// How it proves itself.
    pub authentication: ClientAuthenticationMethod,
    /// Its live secrets, newest last.
    pub secrets: Vec<ClientSecret>,
    /// Grant types it may use.
    pub grant_types: BTreeSet<String>,
    /// Response types it may use, each as a sorted set of words joined by a space.
    pub response_types: BTreeSet<String>,
    /// Where responses may go.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where a person may go after signing out.
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// Web or native.
    pub application_type: ApplicationType,
    /// Further origins whose pages may call the token, userinfo and revocation endpoints.
    pub allowed_origins: BTreeSet<Origin>,
    /// Scopes it may ask for.
    pub scopes: ScopeSet,
    /// Scopes it gets when it asks for none.
    pub default_scopes: ScopeSet,
    /// Audiences it may ask for by `resource`; the first is its default API.
    pub audiences: Vec<String>,
    /// Whether its authorization requests must bear a challenge.
    pub pkce: PkceRequirement,
    /// Whether people are asked.
    pub consent: ConsentPolicy,
    /// What it may introspect.
    pub introspection: IntrospectionReach,
    /// How its refresh tokens behave.
    pub refresh: RefreshPolicy,
    /// What its access tokens look like.
    pub access_token_format: AccessTokenFormat,
    /// Algorithm of its ID tokens.
    pub id_token_algorithm: KeyAlgorithm,
    /// Algorithm of its access tokens.
    pub access_token_algorithm: KeyAlgorithm,
    /// Algorithm of signed userinfo answers; plain JSON without.
    pub userinfo_algorithm: Option<KeyAlgorithm>,
    /// What it says about itself and how it wants to be treated, as registered.
    pub metadata: ClientMetadata,
    /// What it sets over its realm.
    pub settings: Settings,
    /// How often the row changed.
    pub revision: Revision,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Registered fields that are kept and told, and used by protocols that come later.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientMetadata {
    /// `client_uri`
    pub client_uri: Option<String>,
    /// `logo_uri`
    pub logo_uri: Option<String>,
    /// `tos_uri`
    pub tos_uri: Option<String>,
    /// `policy_uri`
    pub policy_uri: Option<String>,
    /// `contacts`
    pub contacts: Vec<String>,
    /// `jwks_uri`
    pub jwks_uri: Option<String>,
    /// `jwks`, as JSON text
    pub jwks: Option<String>,
    /// `software_id`
    pub software_id: Option<String>,
    /// `software_version`
    pub software_version: Option<String>,
    /// `software_statement`
    pub software_statement: Option<String>,
    /// `sector_identifier_uri`
    pub sector_identifier_uri: Option<String>,
    /// `subject_type`: `public` or `pairwise`
    pub subject_type: SubjectType,
    /// `id_token_encrypted_response_alg`
    pub id_token_encrypted_response_alg: Option<String>,
    /// `id_token_encrypted_response_enc`
    pub id_token_encrypted_response_enc: Option<String>,
    /// `userinfo_encrypted_response_alg`
    pub userinfo_encrypted_response_alg: Option<String>,
    /// `userinfo_encrypted_response_enc`
    pub userinfo_encrypted_response_enc: Option<String>,
    /// `request_object_signing_alg`
    pub request_object_signing_alg: Option<String>,
    /// `request_object_encryption_alg`
    pub request_object_encryption_alg: Option<String>,
    /// `request_object_encryption_enc`
    pub request_object_encryption_enc: Option<String>,
    /// `token_endpoint_auth_signing_alg`
    pub token_endpoint_auth_signing_alg: Option<String>,
    /// `default_max_age`, seconds
    pub default_max_age: Option<u32>,
    /// `require_auth_time`
    pub require_auth_time: Option<bool>,
    /// `default_acr_values`
    pub default_acr_values: Vec<String>,
    /// `initiate_login_uri`
    pub initiate_login_uri: Option<String>,
    /// `request_uris`
    pub request_uris: Vec<String>,
    /// `backchannel_logout_uri`
    pub backchannel_logout_uri: Option<String>,
    /// `backchannel_logout_session_required`
    pub backchannel_logout_session_required: Option<bool>,
    /// `frontchannel_logout_uri`
    pub frontchannel_logout_uri: Option<String>,
    /// `frontchannel_logout_session_required`
    pub frontchannel_logout_session_required: Option<bool>,
}

/// `subject_type` (OpenID Connect Core §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SubjectType {
    /// The same `sub` for every client.
    #[default]
    Public,
    /// Another `sub` for every sector.
    Pairwise,
}

/// Whether a client may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientStatus {
    /// It may.
    Enabled,
    /// An administrator switched it off.
    Disabled {
        /// Since when.
        since: Timestamp,
    },
}

/// Who registered a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientOrigin {
    /// Gatelodge itself; it cannot be deleted.
    BuiltIn,
    /// An administrator.
    Administrator,
    /// The client itself, by dynamic registration.
    Dynamic,
}

/// `token_endpoint_auth_method` (OpenID Connect Core §9, RFC 8705 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientAuthenticationMethod {
    /// A public client.
    None,
    /// Secret in the `Authorization` header.
    ClientSecretBasic,
    /// Secret in the body.
    ClientSecretPost,
    /// Assertion signed with the secret.
    ClientSecretJwt,
    /// Assertion signed with the client's own key.
    PrivateKeyJwt,
    /// A certificate of a known authority.
    TlsClientAuth,
    /// A certificate that the client registered.
    SelfSignedTlsClientAuth,
}

impl ClientAuthenticationMethod {
    /// Every method there is a name for.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::ClientSecretJwt,
        Self::PrivateKeyJwt,
        Self::TlsClientAuth,
        Self::SelfSignedTlsClientAuth,
    ];

    /// The registered value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
        }
    }

    /// The method of that registered value.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }

    /// Whether the client can keep a secret (RFC 6749 §2.1).
    pub const fn is_confidential(self) -> bool {
        !matches!(self, Self::None)
    }
}

/// One live secret, kept as HMAC-SHA-256 under a data key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSecret {
    /// Names it in the API.
    pub id: Id<ClientSecret>,
    /// What is compared.
    pub digest: Digest,
    /// The plain secret, sealed, only for methods that need it.
    pub sealed: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working, if ever.
    pub expires_at: Option<Timestamp>,
}

/// Whether a challenge is demanded (RFC 7636, RFC 9700 §2.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PkceRequirement {
    /// It is.
    #[default]
    Required,
    /// Only enforced when sent; for confidential clients.
    Optional,
}

/// Whether people are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConsentPolicy {
    /// They are, and the answer is remembered.
    #[default]
    Ask,
    /// The registration stands for their yes (an operator's own application).
    Waived,
}

/// What a client may introspect (RFC 7662 §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IntrospectionReach {
    /// Tokens issued to itself.
    #[default]
    Own,
    /// Also tokens for APIs that list it as theirs.
    Audience,
    /// Every token of the realm.
    Realm,
}

impl IntrospectionReach {
    /// The name in the API and in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Audience => "audience",
            Self::Realm => "realm",
        }
    }

    /// The reach of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Own, Self::Audience, Self::Realm]
            .into_iter()
            .find(|reach| reach.as_str() == text)
    }
}

/// How refresh tokens behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshPolicy {
    /// Whether each use makes a new one.
    pub rotation: Rotation,
    /// For how many seconds the previous generation still gets the current token; 0 is off.
    pub overlap_seconds: u32,
}

impl Default for RefreshPolicy {
    fn default() -> Self {
        Self {
            rotation: Rotation::Rotate,
            overlap_seconds: 0,
        }
    }
}

/// Whether each use of a refresh token makes a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rotation {
    /// It does (RFC 9700 §4.14.2).
    #[default]
    Rotate,
    /// It stays; for confidential or sender-constrained clients (FAPI 2.0 §5.3.2.1).
    Keep,
}

/// What an access token looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AccessTokenFormat {
    /// A JWT by RFC 9068.
    #[default]
    Jwt,
    /// A reference to a ticket.
    Opaque,
}

/// Why a registration was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClient {
    /// A public client cannot do without PKCE.
    #[error("a public client always needs PKCE")]
    PublicWithoutPkce,
    /// A public client has no secrets.
    #[error("a public client has no secrets")]
    PublicWithSecret,
    /// A client that nobody can authenticate cannot act for itself.
    #[error("`client_credentials` needs a client that authenticates")]
    PublicClientCredentials,
    /// The code and implicit flows need somewhere to go.
    #[error("`{0}` needs at least one redirect URI")]
    NoRedirectUri(&'static str),
    /// `keep` without authentication would make stolen tokens live on.
    #[error("refresh rotation `keep` needs a client that authenticates")]
    PublicKeep,
    /// A redirect URI does not fit the application type.
    #[error("{0}")]
    RedirectUri(#[from] crate::redirect_uri::InvalidRedirectUri),
    /// Too many of something.
    #[error("at most {1} {0} are allowed")]
    TooMany(&'static str, usize),
    /// Overlap beyond reason.
    #[error("a refresh overlap is at most 60 seconds")]
    Overlap,
}

impl Client {
    /// Most redirect URIs a client may have.
    pub const MAX_REDIRECT_URIS: usize = 100;
    /// Most live secrets a client may have.
    pub const MAX_SECRETS: usize = 10;

    /// Whether it may be used at all.
    pub const fn is_enabled(&self) -> bool {
        matches!(self.status, ClientStatus::Enabled)
    }

    /// Whether it can keep a secret.
    pub const fn is_confidential(&self) -> bool {
        self.authentication.is_confidential()
    }

    /// Whether it was registered for that grant type.
    pub fn may_use(&self, grant_type: &str) -> bool {
        self.grant_types.contains(grant_type)
    }

    /// Whether a challenge is demanded of it.
    pub fn needs_pkce(&self) -> bool {
        !self.is_confidential() || self.pkce == PkceRequirement::Required
    }

    /// Whether responses may go there.
    pub fn redirects_to(&self, presented: &RedirectUri) -> bool {
        self.redirect_uris
            .iter()
            .any(|registered| registered.accepts(presented))
    }

    /// Whether a person may go there after signing out.
    pub fn returns_to(&self, presented: &RedirectUri) -> bool {
        self.post_logout_redirect_uris
            .iter()
            .any(|registered| registered.accepts(presented))
    }

    /// Whether pages of that origin may read answers meant for this client.
    pub fn allows_origin(&self, origin: &Origin) -> bool {
        self.allowed_origins.contains(origin)
            || self
                .redirect_uris
                .iter()
                .any(|uri| uri.origin().as_ref() == Some(origin))
    }

    /// The secrets that work now.
    pub fn live_secrets(&self, now: Timestamp) -> impl Iterator<Item = &ClientSecret> {
        self.secrets
            .iter()
            .filter(move |secret| secret.expires_at.is_none_or(|end| now < end))
    }

    /// What holds between the fields; every registration passes here.
    pub fn check(&self) -> Result<(), InvalidClient> {
        if self.redirect_uris.len() > Self::MAX_REDIRECT_URIS {
            return Err(InvalidClient::TooMany(
                "redirect URIs",
                Self::MAX_REDIRECT_URIS,
            ));
        }
        if self.secrets.len() > Self::MAX_SECRETS {
            return Err(InvalidClient::TooMany("secrets", Self::MAX_SECRETS));
        }
        if self.refresh.overlap_seconds > 60 {
            return Err(InvalidClient::Overlap);
        }
        if !self.is_confidential() {
            if self.pkce == PkceRequirement::Optional {
                return Err(InvalidClient::PublicWithoutPkce);
            }
            if !self.secrets.is_empty() {
                return Err(InvalidClient::PublicWithSecret);
            }
            if self.may_use("client_credentials") {
                return Err(InvalidClient::PublicClientCredentials);
            }
            if self.refresh.rotation == Rotation::Keep {
                return Err(InvalidClient::PublicKeep);
            }
        }
        for grant_type in ["authorization_code", "implicit"] {
            if self.may_use(grant_type) && self.redirect_uris.is_empty() {
                return Err(InvalidClient::NoRedirectUri(grant_type));
            }
        }
        for uri in &self.redirect_uris {
            uri.allowed_for(self.application_type)?;
        }
        Ok(())
    }
}
