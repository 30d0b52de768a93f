//! Clients.

use std::collections::BTreeSet;

use gatelodge_domain::client::{
    AccessTokenFormat, ClientAuthenticationMethod, ClientMetadata, ClientOrigin, ClientSecret,
    ClientStatus, ConsentPolicy, IntrospectionReach, PkceRequirement, RefreshPolicy, Rotation,
    SubjectType,
};
use gatelodge_domain::{
    ApplicationType, Client, ClientId, DisplayName, Id, KeyAlgorithm, Origin, Realm, RedirectUri,
    Revision, ScopeSet, Setting, Settings,
};

use super::{NOW, at, digest, id, number};

/// A public client that may do nothing yet.
pub fn client(realm: Id<Realm>) -> Client {
    Client {
        id: id(),
        realm,
        client_id: ClientId::parse(&format!("client-{}", number())).expect("a client_id"),
        status: ClientStatus::Enabled,
        origin: ClientOrigin::Administrator,
        name: DisplayName::parse("Client").expect("a name"),
        authentication: ClientAuthenticationMethod::None,
        secrets: Vec::new(),
        grant_types: BTreeSet::new(),
        response_types: BTreeSet::new(),
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
        created_at: NOW,
        updated_at: NOW,
    }
}

/// A client that registered every field there is, lists in an order that sorting would change.
pub fn full_client(realm: Id<Realm>) -> Client {
    let number = number();
    let redirect = |text: &str| RedirectUri::parse(text).expect("a redirect URI");
    let origin = |text: &str| Origin::parse(text).expect("an origin");
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
    let mut settings = Settings::default();
    for setting in Setting::ALL {
        settings
            .set(*setting, setting.spec().min)
            .expect("a value within bounds");
    }
    Client {
        client_id: ClientId::parse(&format!("https://App.example/%5F_\\client?{number}#"))
            .expect("a client_id"),
        status: ClientStatus::Disabled { since: at(55) },
        origin: ClientOrigin::Dynamic,
        name: DisplayName::parse("Клиент 🤖 '\"`").expect("a name"),
        authentication: ClientAuthenticationMethod::ClientSecretJwt,
        secrets: vec![
            ClientSecret {
                id: id(),
                digest: digest(),
                sealed: Some(vec![0, 1, 2, 255]),
                created_at: at(-20),
                expires_at: Some(at(20)),
            },
            ClientSecret {
                id: id(),
                digest: digest(),
                sealed: None,
                created_at: at(-10),
                expires_at: None,
            },
        ],
        grant_types: words(&["refresh_token", "authorization_code", "urn:example:grant"]),
        response_types: words(&["code", "code id_token token"]),
        redirect_uris: vec![
            redirect("https://z.example/cb?x=%20y"),
            redirect("http://127.0.0.1/callback"),
            redirect("com.example.app:/a"),
        ],
        post_logout_redirect_uris: vec![
            redirect("https://z.example/out"),
            redirect("https://a.example/"),
        ],
        application_type: ApplicationType::Native,
        allowed_origins: BTreeSet::from([
            origin("https://spa.example:8443"),
            origin("capacitor://localhost"),
        ]),
        scopes: ScopeSet::parse("openid profile email offline_access api:read").expect("scopes"),
        default_scopes: ScopeSet::parse("api:read openid").expect("scopes"),
        audiences: vec!["https://z.example/api".to_owned(), "urn:a".to_owned()],
        pkce: PkceRequirement::Optional,
        consent: ConsentPolicy::Waived,
        introspection: IntrospectionReach::Audience,
        refresh: RefreshPolicy {
            rotation: Rotation::Keep,
            overlap_seconds: 17,
        },
        access_token_format: AccessTokenFormat::Opaque,
        id_token_algorithm: KeyAlgorithm::EdDsa,
        access_token_algorithm: KeyAlgorithm::Ps256,
        userinfo_algorithm: Some(KeyAlgorithm::Es256),
        metadata: full_metadata(),
        settings,
        created_at: at(-99),
        updated_at: at(-88),
        ..client(realm)
    }
}

fn full_metadata() -> ClientMetadata {
    let text = |name: &str| Some(format!("{name} — \"ü\" 👋 %_\\"));
    let uri = |name: &str| Some(format!("https://client.example/{name}"));
    let list = |name: &str| vec![format!("{name} z"), format!("{name} a")];
    ClientMetadata {
        client_uri: uri("client"),
        logo_uri: uri("logo"),
        tos_uri: uri("tos"),
        policy_uri: uri("policy"),
        contacts: list("contact"),
        jwks_uri: uri("jwks"),
        jwks: Some("{\"keys\":[]}".to_owned()),
        software_id: text("software id"),
        software_version: text("version"),
        software_statement: text("statement"),
        sector_identifier_uri: uri("sector"),
        subject_type: SubjectType::Pairwise,
        id_token_encrypted_response_alg: text("id alg"),
        id_token_encrypted_response_enc: text("id enc"),
        userinfo_encrypted_response_alg: text("userinfo alg"),
        userinfo_encrypted_response_enc: text("userinfo enc"),
        request_object_signing_alg: text("request signing"),
        request_object_encryption_alg: text("request alg"),
        request_object_encryption_enc: text("request enc"),
        token_endpoint_auth_signing_alg: text("auth signing"),
        default_max_age: Some(u32::MAX),
        require_auth_time: Some(true),
        default_acr_values: list("acr"),
        initiate_login_uri: uri("initiate"),
        request_uris: list("https://client.example/request"),
        backchannel_logout_uri: uri("back"),
        backchannel_logout_session_required: Some(false),
        frontchannel_logout_uri: uri("front"),
        frontchannel_logout_session_required: Some(true),
    }
}
