//! Table `clients`.

use core::fmt::Display;

use gatelodge_domain::client::{
    AccessTokenFormat, ClientAuthenticationMethod, ClientOrigin, ClientSecret, ClientStatus,
    ConsentPolicy, IntrospectionReach, PkceRequirement, RefreshPolicy, Rotation,
};
use gatelodge_domain::{
    ApplicationType, Client, ClientId, DisplayName, KeyAlgorithm, Origin, RedirectUri, Timestamp,
};
use gatelodge_ports::StoreError;
use serde::{Deserialize, Serialize};

use super::cell;
use super::client_metadata::StoredMetadata;

table! {
    /// A row of `clients`.
    "clients" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        id: Vec<u8>,
        client_id: String,
        disabled_since: Option<i64>,
        origin: String,
        client_name: String,
        token_endpoint_auth_method: String,
        secrets: String,
        grant_types: String,
        response_types: String,
        redirect_uris: String,
        post_logout_redirect_uris: String,
        application_type: String,
        allowed_origins: String,
        scopes: String,
        default_scopes: String,
        audiences: String,
        require_pkce: bool,
        consent_waived: bool,
        introspection: String,
        refresh_rotates: bool,
        refresh_overlap_seconds: i64,
        opaque_access_tokens: bool,
        id_token_signed_response_alg: String,
        access_token_signed_response_alg: String,
        userinfo_signed_response_alg: Option<String>,
        metadata: String,
        settings: String,
        revision: i64,
        created_at: i64,
        updated_at: i64,
    }
}

/// A secret as the column holds it: bytes as lists of numbers, since JSON has no bytes.
#[derive(Serialize, Deserialize)]
struct StoredSecret {
    id: [u8; 16],
    digest: [u8; 32],
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<Vec<u8>>,
    created_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
}

impl From<&ClientSecret> for StoredSecret {
    fn from(secret: &ClientSecret) -> Self {
        Self {
            id: secret.id.to_bytes(),
            digest: *secret.digest.as_bytes(),
            sealed: secret.sealed.clone(),
            created_at: secret.created_at.as_millis(),
            expires_at: secret.expires_at.map(Timestamp::as_millis),
        }
    }
}

impl From<StoredSecret> for ClientSecret {
    fn from(secret: StoredSecret) -> Self {
        Self {
            id: gatelodge_domain::Id::from_bytes(secret.id),
            digest: gatelodge_domain::Digest::new(secret.digest),
            sealed: secret.sealed,
            created_at: Timestamp::from_millis(secret.created_at),
            expires_at: cell::moment_or_none(secret.expires_at),
        }
    }
}

impl Model {
    /// The row of a client.
    pub(crate) fn of(client: &Client) -> Result<Self, StoreError> {
        let secrets: Vec<StoredSecret> = client.secrets.iter().map(StoredSecret::from).collect();
        Ok(Self {
            realm: cell::bytes_of(client.realm),
            id: cell::bytes_of(client.id),
            client_id: client.client_id.as_str().to_owned(),
            disabled_since: match client.status {
                ClientStatus::Enabled => None,
                ClientStatus::Disabled { since } => Some(since.as_millis()),
            },
            origin: origin_name(client.origin).to_owned(),
            client_name: client.name.as_str().to_owned(),
            token_endpoint_auth_method: client.authentication.as_str().to_owned(),
            secrets: cell::to_json(&secrets)?,
            grant_types: cell::to_json(&client.grant_types)?,
            response_types: cell::to_json(&client.response_types)?,
            redirect_uris: texts(client.redirect_uris.iter().map(RedirectUri::as_str))?,
            post_logout_redirect_uris: texts(
                client
                    .post_logout_redirect_uris
                    .iter()
                    .map(RedirectUri::as_str),
            )?,
            application_type: client.application_type.as_str().to_owned(),
            allowed_origins: texts(client.allowed_origins.iter().map(Origin::as_str))?,
            scopes: client.scopes.to_string(),
            default_scopes: client.default_scopes.to_string(),
            audiences: cell::to_json(&client.audiences)?,
            require_pkce: client.pkce == PkceRequirement::Required,
            consent_waived: client.consent == ConsentPolicy::Waived,
            introspection: client.introspection.as_str().to_owned(),
            refresh_rotates: client.refresh.rotation == Rotation::Rotate,
            refresh_overlap_seconds: i64::from(client.refresh.overlap_seconds),
            opaque_access_tokens: client.access_token_format == AccessTokenFormat::Opaque,
            id_token_signed_response_alg: client.id_token_algorithm.as_str().to_owned(),
            access_token_signed_response_alg: client.access_token_algorithm.as_str().to_owned(),
            userinfo_signed_response_alg: client
                .userinfo_algorithm
                .map(|algorithm| algorithm.as_str().to_owned()),
            metadata: cell::to_json(&StoredMetadata::from(&client.metadata))?,
            settings: cell::settings_json(&client.settings)?,
            revision: i64::from(client.revision.0),
            created_at: client.created_at.as_millis(),
            updated_at: client.updated_at.as_millis(),
        })
    }

    /// The client of this row.
    pub(crate) fn client(self) -> Result<Client, StoreError> {
        let secrets: Vec<StoredSecret> = cell::from_json(&self.secrets)?;
        let userinfo = self
            .userinfo_signed_response_alg
            .as_deref()
            .map(algorithm)
            .transpose()?;
        let method = ClientAuthenticationMethod::parse(&self.token_endpoint_auth_method);
        Ok(Client {
            id: cell::id(&self.id)?,
            realm: cell::id(&self.realm)?,
            client_id: cell::valid(ClientId::parse(&self.client_id), "client_id")?,
            status: match cell::moment_or_none(self.disabled_since) {
                None => ClientStatus::Enabled,
                Some(since) => ClientStatus::Disabled { since },
            },
            origin: origin(&self.origin)?,
            name: cell::valid(DisplayName::parse(&self.client_name), "name")?,
            authentication: cell::known(method, "authentication method")?,
            secrets: secrets.into_iter().map(ClientSecret::from).collect(),
            grant_types: cell::from_json(&self.grant_types)?,
            response_types: cell::from_json(&self.response_types)?,
            redirect_uris: parsed(&self.redirect_uris, RedirectUri::parse, "redirect URI")?,
            post_logout_redirect_uris: parsed(
                &self.post_logout_redirect_uris,
                RedirectUri::parse,
                "redirect URI",
            )?,
            application_type: cell::known(
                ApplicationType::parse(&self.application_type),
                "application type",
            )?,
            allowed_origins: allowed_origins(&self.allowed_origins)?,
            scopes: cell::scopes(&self.scopes)?,
            default_scopes: cell::scopes(&self.default_scopes)?,
            audiences: cell::from_json(&self.audiences)?,
            pkce: if self.require_pkce {
                PkceRequirement::Required
            } else {
                PkceRequirement::Optional
            },
            consent: if self.consent_waived {
                ConsentPolicy::Waived
            } else {
                ConsentPolicy::Ask
            },
            introspection: cell::known(
                IntrospectionReach::parse(&self.introspection),
                "introspection reach",
            )?,
            refresh: RefreshPolicy {
                rotation: if self.refresh_rotates {
                    Rotation::Rotate
                } else {
                    Rotation::Keep
                },
                overlap_seconds: cell::number(self.refresh_overlap_seconds)?,
            },
            access_token_format: if self.opaque_access_tokens {
                AccessTokenFormat::Opaque
            } else {
                AccessTokenFormat::Jwt
            },
            id_token_algorithm: algorithm(&self.id_token_signed_response_alg)?,
            access_token_algorithm: algorithm(&self.access_token_signed_response_alg)?,
            userinfo_algorithm: userinfo,
            metadata: cell::from_json::<StoredMetadata>(&self.metadata)?.into(),
            settings: cell::settings(&self.settings)?,
            revision: cell::revision(self.revision)?,
            created_at: Timestamp::from_millis(self.created_at),
            updated_at: Timestamp::from_millis(self.updated_at),
        })
    }
}

/// The origins in the cell `allowed_origins`.
pub(crate) fn allowed_origins<C: FromIterator<Origin>>(stored: &str) -> Result<C, StoreError> {
    parsed(stored, Origin::parse, "origin")
}

/// The redirect URIs in the cell `redirect_uris`.
pub(crate) fn redirect_uris(stored: &str) -> Result<Vec<RedirectUri>, StoreError> {
    parsed(stored, RedirectUri::parse, "redirect URI")
}

fn texts<'a>(values: impl Iterator<Item = &'a str>) -> Result<String, StoreError> {
    cell::to_json(&values.collect::<Vec<_>>())
}

fn parsed<T, E: Display, C: FromIterator<T>>(
    stored: &str,
    parse: impl Fn(&str) -> Result<T, E>,
    what: &'static str,
) -> Result<C, StoreError> {
    let texts: Vec<String> = cell::from_json(stored)?;
    texts
        .iter()
        .map(|text| cell::valid(parse(text), what))
        .collect()
}

fn algorithm(name: &str) -> Result<KeyAlgorithm, StoreError> {
    cell::known(KeyAlgorithm::parse(name), "algorithm")
}

/// The stored name of who registered a client.
pub(crate) const fn origin_name(origin: ClientOrigin) -> &'static str {
    match origin {
        ClientOrigin::BuiltIn => "built_in",
        ClientOrigin::Administrator => "administrator",
        ClientOrigin::Dynamic => "dynamic",
    }
}

fn origin(name: &str) -> Result<ClientOrigin, StoreError> {
    let all = [
        ClientOrigin::BuiltIn,
        ClientOrigin::Administrator,
        ClientOrigin::Dynamic,
    ];
    cell::known(
        all.into_iter().find(|origin| origin_name(*origin) == name),
        "client origin",
    )
}
