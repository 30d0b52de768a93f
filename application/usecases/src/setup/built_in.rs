//! What every store has from its first start: two realms, their built-in clients, and the role
//! of administrators.

use std::collections::BTreeSet;

use gatelodge_domain::client::{
    AccessTokenFormat, ClientAuthenticationMethod, ClientMetadata, ClientOrigin, ClientStatus,
    ConsentPolicy, IntrospectionReach, PkceRequirement, RefreshPolicy,
};
use gatelodge_domain::realm::RealmStatus;
use gatelodge_domain::role::{Protection, RoleName, SecondFactorRule};
use gatelodge_domain::scope::{EMAIL, GROUPS, OFFLINE_ACCESS, OPENID, PROFILE, ROLES};
use gatelodge_domain::{
    ApplicationType, Client, ClientId, DisplayName, Id, KeyAlgorithm, Realm, RealmSlug,
    RedirectUri, Revision, Role, ScopeSet, Settings, Timestamp,
};
use gatelodge_ports::Rng;

use super::permissions::{admin_permissions, admin_scopes};
use crate::Failure;

/// The audience of the admin API.
pub const ADMIN_API: &str = "gatelodge-admin";
/// The role that allows everything on the admin API.
pub const ADMINISTRATOR_ROLE: &str = "administrator";
/// The client of the API documents.
pub const DOCS_CLIENT: &str = "gatelodge-docs";
/// The client of the command line on an administrator's machine.
pub const LODGE_CLIENT: &str = "lodge";
/// Where `lodge` listens; any port is accepted (RFC 8252 §7.3).
pub const LODGE_REDIRECT: &str = "http://127.0.0.1/callback";

/// The source of rows: one moment, one source of ids.
#[derive(Clone, Copy)]
pub(super) struct Maker<'a> {
    pub(super) rng: &'a dyn Rng,
    pub(super) now: Timestamp,
}

/// What cannot happen: our own constants do not parse.
fn ours<E>(_: E) -> Failure {
    Failure::broken("a built-in name does not parse")
}

impl Maker<'_> {
    pub(super) fn realm(self, slug: RealmSlug, name: &str) -> Result<Realm, Failure> {
        Ok(Realm {
            id: self.rng.id(self.now),
            slug,
            name: DisplayName::parse(name).map_err(ours)?,
            status: RealmStatus::Active,
            settings: Settings::default(),
            user_schema: gatelodge_domain::attribute::UserSchema::default(),
            revision: Revision::FIRST,
            created_at: self.now,
        })
    }

    pub(super) fn administrator_role(self, system: Id<Realm>) -> Result<Role, Failure> {
        Ok(Role {
            id: self.rng.id(self.now),
            realm: system,
            name: RoleName::parse(ADMINISTRATOR_ROLE).map_err(ours)?,
            display_name: DisplayName::parse("Administrator").map_err(ours)?,
            permissions: admin_permissions().map_err(ours)?,
            protection: Protection::BuiltIn,
            second_factor: SecondFactorRule::AsUsual,
            revision: Revision::FIRST,
            created_at: self.now,
        })
    }

    /// The client of the API documents of a realm. It is a page of the issuer itself, so
    /// nobody is asked for consent.
    pub(super) fn docs(self, realm: &Realm, issuer: &str) -> Result<Client, Failure> {
        let mut client = self.public_client(realm.id, DOCS_CLIENT, "API documents")?;
        client.origin = ClientOrigin::BuiltIn;
        client.consent = ConsentPolicy::Waived;
        client.redirect_uris = vec![docs_redirect(issuer)?];
        client.scopes = scopes_for(realm)?;
        client.audiences = audiences_for(realm);
        Ok(client)
    }

    /// The command line's client. Any program on the machine can listen where it does, so
    /// people are asked (RFC 8252 §8.6).
    pub(super) fn lodge(self, system: &Realm) -> Result<Client, Failure> {
        let mut client = self.public_client(system.id, LODGE_CLIENT, "lodge")?;
        client.origin = ClientOrigin::BuiltIn;
        client.application_type = ApplicationType::Native;
        client.redirect_uris = vec![RedirectUri::parse(LODGE_REDIRECT).map_err(ours)?];
        client.scopes = scopes_for(system)?;
        client.audiences = audiences_for(system);
        Ok(client)
    }

    /// A public client with code, PKCE and refresh, and no redirect URI yet.
    pub(super) fn public_client(
        self,
        realm: Id<Realm>,
        client_id: &str,
        name: &str,
    ) -> Result<Client, Failure> {
        Ok(Client {
            id: self.rng.id(self.now),
            realm,
            client_id: ClientId::parse(client_id).map_err(ours)?,
            status: ClientStatus::Enabled,
            origin: ClientOrigin::Administrator,
            name: DisplayName::parse(name).map_err(ours)?,
            authentication: ClientAuthenticationMethod::None,
            secrets: Vec::new(),
            grant_types: words(&["authorization_code", "refresh_token"]),
            response_types: words(&["code"]),
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            application_type: ApplicationType::Web,
            allowed_origins: BTreeSet::new(),
            scopes: ScopeSet::empty(),
            default_scopes: ScopeSet::empty(),
            audiences: Vec::new(),
            pkce: PkceRequirement::Required,
            consent: ConsentPolicy::Ask,
            introspection: IntrospectionReach::Own,
            refresh: RefreshPolicy::default(),
            access_token_format: AccessTokenFormat::Jwt,
            id_token_algorithm: KeyAlgorithm::Rs256,
            access_token_algorithm: KeyAlgorithm::Es256,
            userinfo_algorithm: None,
            metadata: ClientMetadata::default(),
            settings: Settings::default(),
            revision: Revision::FIRST,
            created_at: self.now,
            updated_at: self.now,
        })
    }
}

/// Where the API documents of an issuer come back to.
pub(super) fn docs_redirect(issuer: &str) -> Result<RedirectUri, Failure> {
    RedirectUri::parse(&format!("{issuer}/docs/oauth2-redirect.html"))
        .map_err(|error| Failure::Broken(error.into()))
}

pub(super) fn words(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The scopes of OpenID Connect that the built-in clients may ask for.
pub(super) fn openid_scopes() -> Result<ScopeSet, Failure> {
    let text = [OPENID, PROFILE, EMAIL, OFFLINE_ACCESS].join(" ");
    ScopeSet::parse(&text).map_err(ours)
}

fn scopes_for(realm: &Realm) -> Result<ScopeSet, Failure> {
    let text = [ROLES, GROUPS].join(" ");
    let scopes = openid_scopes()?.union(&ScopeSet::parse(&text).map_err(ours)?);
    if realm.slug == RealmSlug::system() {
        Ok(scopes.union(&admin_scopes().map_err(ours)?))
    } else {
        Ok(scopes)
    }
}

fn audiences_for(realm: &Realm) -> Vec<String> {
    if realm.slug == RealmSlug::system() {
        vec![ADMIN_API.to_owned()]
    } else {
        Vec::new()
    }
}
