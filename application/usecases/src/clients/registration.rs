//! What can be said of a client when it is registered and changed later (RFC 7591 §2, RFC 7592
//! §2.2): everything but its identifiers, its secrets and its dates.

use std::collections::BTreeSet;

use gatelodge_domain::client::{
    AccessTokenFormat, ClientAuthenticationMethod, ClientMetadata, ClientOrigin, ClientStatus,
    ConsentPolicy, IntrospectionReach, PkceRequirement, RefreshPolicy,
};
use gatelodge_domain::{
    ApplicationType, Client, ClientId, DisplayName, Id, KeyAlgorithm, Origin, Realm, RedirectUri,
    Revision, ScopeSet, Settings, Timestamp,
};

/// Whether a client shall be usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usability {
    /// It shall.
    Enabled,
    /// It shall not.
    Disabled,
}

/// A registration; [`Client`] tells what each field means.
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each field is that of `Client`, where it is explained"
)]
pub struct ClientRegistration {
    pub usability: Usability,
    pub name: DisplayName,
    pub authentication: ClientAuthenticationMethod,
    pub grant_types: BTreeSet<String>,
    pub response_types: BTreeSet<String>,
    pub redirect_uris: Vec<RedirectUri>,
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    pub application_type: ApplicationType,
    pub allowed_origins: BTreeSet<Origin>,
    pub scopes: ScopeSet,
    pub default_scopes: ScopeSet,
    pub audiences: Vec<String>,
    pub pkce: PkceRequirement,
    pub consent: ConsentPolicy,
    pub introspection: IntrospectionReach,
    pub refresh: RefreshPolicy,
    pub access_token_format: AccessTokenFormat,
    pub id_token_algorithm: KeyAlgorithm,
    pub access_token_algorithm: KeyAlgorithm,
    pub userinfo_algorithm: Option<KeyAlgorithm>,
    pub metadata: ClientMetadata,
    pub settings: Settings,
}

impl ClientRegistration {
    /// A new client without secrets.
    pub(super) fn into_client(
        self,
        id: Id<Client>,
        realm: Id<Realm>,
        client_id: ClientId,
        now: Timestamp,
    ) -> Client {
        Client {
            id,
            realm,
            client_id,
            status: match self.usability {
                Usability::Enabled => ClientStatus::Enabled,
                Usability::Disabled => ClientStatus::Disabled { since: now },
            },
            origin: ClientOrigin::Administrator,
            name: self.name,
            authentication: self.authentication,
            secrets: Vec::new(),
            grant_types: self.grant_types,
            response_types: self.response_types,
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            application_type: self.application_type,
            allowed_origins: self.allowed_origins,
            scopes: self.scopes,
            default_scopes: self.default_scopes,
            audiences: self.audiences,
            pkce: self.pkce,
            consent: self.consent,
            introspection: self.introspection,
            refresh: self.refresh,
            access_token_format: self.access_token_format,
            id_token_algorithm: self.id_token_algorithm,
            access_token_algorithm: self.access_token_algorithm,
            userinfo_algorithm: self.userinfo_algorithm,
            metadata: self.metadata,
            settings: self.settings,
            revision: Revision::FIRST,
            created_at: now,
            updated_at: now,
        }
    }

    /// Writes it over a client; one that is disabled already keeps its date.
    pub(super) fn over(self, client: Client, now: Timestamp) -> Client {
        let status = match (client.status, self.usability) {
            (was @ ClientStatus::Disabled { .. }, Usability::Disabled) => was,
            (_, Usability::Enabled) => ClientStatus::Enabled,
            (ClientStatus::Enabled, Usability::Disabled) => ClientStatus::Disabled { since: now },
        };
        let (id, realm) = (client.id, client.realm);
        Client {
            status,
            origin: client.origin,
            secrets: client.secrets,
            revision: client.revision,
            created_at: client.created_at,
            ..self.into_client(id, realm, client.client_id, now)
        }
    }
}
