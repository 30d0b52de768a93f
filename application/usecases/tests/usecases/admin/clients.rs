//! Administering clients.

use core::time::Duration;

use gatelodge_domain::client::{
    AccessTokenFormat, ClientAuthenticationMethod, ClientMetadata, ConsentPolicy,
    IntrospectionReach, PkceRequirement, RefreshPolicy,
};
use gatelodge_domain::{ApplicationType, ClientId, DisplayName, KeyAlgorithm, ScopeSet, Settings};
use gatelodge_ports::Clock as _;
use gatelodge_usecases::ErrorCode;
use gatelodge_usecases::admin::{Caller, ClientsRead, ClientsWrite};
use gatelodge_usecases::clients::{
    ClientRegistration, NewClient, NewSecret, SuppliedSecret, Usability,
};

use super::plane::{Plane, code, refusal};

fn machine() -> ClientRegistration {
    ClientRegistration {
        usability: Usability::Enabled,
        name: DisplayName::parse("Machine").unwrap(),
        authentication: ClientAuthenticationMethod::ClientSecretPost,
        grant_types: ["client_credentials".to_owned()].into(),
        response_types: [].into(),
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        application_type: ApplicationType::Web,
        allowed_origins: [].into(),
        scopes: ScopeSet::empty(),
        default_scopes: ScopeSet::empty(),
        audiences: Vec::new(),
        pkce: PkceRequirement::Required,
        consent: ConsentPolicy::Ask,
        introspection: IntrospectionReach::Own,
        refresh: RefreshPolicy::default(),
        access_token_format: AccessTokenFormat::Jwt,
        id_token_algorithm: KeyAlgorithm::Es256,
        access_token_algorithm: KeyAlgorithm::Es256,
        userinfo_algorithm: None,
        metadata: ClientMetadata::default(),
        settings: Settings::default(),
    }
}

fn named(client_id: &str, registration: ClientRegistration) -> NewClient {
    NewClient {
        client_id: Some(ClientId::parse(client_id).unwrap()),
        secret: None,
        registration,
    }
}

async fn works(plane: &Plane, client_id: &str, secret: &str) -> bool {
    let pairs = [
        ("grant_type", "client_credentials"),
        ("client_id", client_id),
        ("client_secret", secret),
    ];
    plane.house.exchange(&pairs).await.is_ok()
}

#[tokio::test]
async fn nobody_makes_a_client_that_acts_for_who_may_do_more_than_they() {
    let plane = Plane::new().await;
    plane
        .role("registrar", &["clients:read", "clients:write"])
        .await;
    let registrar = plane.administrator("registrar", "registrar").await;
    let registrar = plane.caller(&registrar, "admin").await;
    let root = plane.administrator("root", "administrator").await;
    let root = plane.caller(&root, "admin").await;
    let clients = &plane.api.clients;
    let app = || ClientRegistration {
        grant_types: ["password".to_owned(), "client_credentials".to_owned()].into(),
        ..machine()
    };
    let here = plane.permit::<ClientsWrite>(&registrar, "default").await;
    clients
        .create(&here.unwrap(), named("app", app()))
        .await
        .unwrap();
    let permit = plane.permit::<ClientsWrite>(&registrar, "system").await;
    let permit = permit.unwrap();
    let refused = clients.create(&permit, named("app", app())).await;
    assert_eq!(code(refused), ErrorCode::InsufficientScope);
    let job = clients.create(&permit, named("job", machine())).await;
    let job = job.unwrap().client;
    let grown = clients.update(&permit, "job", job.revision, app()).await;
    assert_eq!(code(grown), ErrorCode::InsufficientScope);

    let whole = plane.permit::<ClientsWrite>(&root, "system").await.unwrap();
    let made = clients.create(&whole, named("app", app())).await.unwrap();
    let revision = made.client.revision;
    let turned = clients.update(&permit, "app", revision, machine()).await;
    assert_eq!(code(turned), ErrorCode::InsufficientScope);
    let turned = clients.update(&whole, "app", revision, machine()).await;
    turned.unwrap();
}

#[tokio::test]
async fn a_new_secret_works_beside_the_old_one_until_that_expires() {
    let plane = Plane::new().await;
    let permit = plane
        .permit::<ClientsWrite>(&Caller::Operator, "default")
        .await
        .unwrap();
    let clients = &plane.api.clients;
    // An identifier may be a URL.
    let id = "https://app.example/client.json?a=b";
    let made = clients.create(&permit, named(id, machine())).await.unwrap();
    let old = made.secret.unwrap();
    assert!(old.expose().starts_with("gl_cs_"));
    assert!(works(&plane, id, old.expose()).await);

    let now = plane.house.clock.now();
    let rotation = NewSecret {
        expire_others_at: Some(now.plus(Duration::from_mins(1))),
        ..NewSecret::default()
    };
    let new = clients.add_secret(&permit, id, rotation).await.unwrap();
    let text = new.text.unwrap();
    assert!(works(&plane, id, old.expose()).await);
    assert!(works(&plane, id, text.expose()).await);

    plane.house.advance(60);
    assert!(!works(&plane, id, old.expose()).await);
    assert!(works(&plane, id, text.expose()).await);

    clients
        .remove_secret(&permit, id, new.stored.id)
        .await
        .unwrap();
    assert!(!works(&plane, id, text.expose()).await);
    let again = clients.remove_secret(&permit, id, new.stored.id).await;
    assert_eq!(code(again), ErrorCode::NotFound);
}

#[tokio::test]
async fn a_secret_kept_elsewhere_is_known_again_while_it_works() {
    let plane = Plane::new().await;
    let write = plane
        .permit::<ClientsWrite>(&Caller::Operator, "default")
        .await
        .unwrap();
    let read = plane
        .permit::<ClientsRead>(&Caller::Operator, "default")
        .await
        .unwrap();
    let clients = &plane.api.clients;
    for id in ["one", "other"] {
        clients.create(&write, named(id, machine())).await.unwrap();
    }
    let supplied = |text: &str| SuppliedSecret::parse(text).unwrap();
    let kept = supplied("c3VwcGxpZWQgYnkgYW4gb3BlcmF0b3Igb2YgaXQ=");
    let end = plane.house.clock.now().plus(Duration::from_mins(1));
    let new = NewSecret {
        supplied: Some(kept.clone()),
        expires_at: Some(end),
        ..NewSecret::default()
    };
    let added = clients.add_secret(&write, "one", new).await.unwrap();

    let found = clients.find_secret(&read, "one", &kept).await.unwrap();
    assert_eq!(found, Some(added.stored));
    // Not another client's, and not nearly the same.
    let found = clients.find_secret(&read, "other", &kept).await.unwrap();
    assert_eq!(found, None);
    let nearly = supplied("c3VwcGxpZWQgYnkgYW4gb3BlcmF0b3Igb2YgaXQ+");
    let found = clients.find_secret(&read, "one", &nearly).await.unwrap();
    assert_eq!(found, None);
    plane.house.advance(60);
    let found = clients.find_secret(&read, "one", &kept).await.unwrap();
    assert_eq!(found, None, "it works no longer");
}

#[tokio::test]
async fn a_short_secret_is_refused_with_the_command_that_makes_one() {
    let plane = Plane::new().await;
    let refused = SuppliedSecret::parse(&"x".repeat(31)).unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("client_secret"));
    assert!(refused.description.contains("openssl rand -base64 32"));

    let supplied = "c3VwcGxpZWQgYnkgYW4gb3BlcmF0b3Igb2YgaXQ=";
    let permit = plane
        .permit::<ClientsWrite>(&Caller::Operator, "default")
        .await
        .unwrap();
    let new = NewClient {
        secret: Some(SuppliedSecret::parse(supplied).unwrap()),
        ..named("own-secret", machine())
    };
    let made = plane.api.clients.create(&permit, new).await.unwrap();
    assert!(made.secret.is_none(), "a supplied secret is not repeated");
    assert!(works(&plane, "own-secret", supplied).await);
}

#[tokio::test]
async fn disabling_a_client_voids_its_tokens_at_once() {
    let plane = Plane::new().await;
    let permit = plane
        .permit::<ClientsWrite>(&Caller::Operator, "default")
        .await
        .unwrap();
    let clients = &plane.api.clients;
    let made = clients
        .create(&permit, named("worker", machine()))
        .await
        .unwrap();
    let secret = made.secret.unwrap();
    let pairs = [
        ("grant_type", "client_credentials"),
        ("client_id", "worker"),
        ("client_secret", secret.expose()),
    ];
    let token = plane.house.exchange(&pairs).await.unwrap().access_token;
    assert!(plane.house.is_accepted(token.expose()).await);

    let mut off = machine();
    off.usability = Usability::Disabled;
    let revision = made.client.revision;
    let disabled = clients
        .update(&permit, "worker", revision, off)
        .await
        .unwrap();
    assert!(!plane.house.is_accepted(token.expose()).await);
    assert!(!works(&plane, "worker", secret.expose()).await);

    let revision = disabled.revision;
    clients
        .update(&permit, "worker", revision, machine())
        .await
        .unwrap();
    assert!(works(&plane, "worker", secret.expose()).await);
    // What was void stays void.
    assert!(!plane.house.is_accepted(token.expose()).await);
}

#[tokio::test]
async fn rules_between_fields_name_the_field() {
    let plane = Plane::new().await;
    let permit = plane
        .permit::<ClientsWrite>(&Caller::Operator, "default")
        .await
        .unwrap();
    let clients = &plane.api.clients;
    let mut public = machine();
    public.authentication = ClientAuthenticationMethod::None;
    let refused = refusal(clients.create(&permit, named("public", public)).await);
    assert_eq!(refused.code, ErrorCode::InvalidField);
    assert_eq!(refused.field.as_deref(), Some("grant_types"));

    let mut web = machine();
    web.grant_types = ["authorization_code".to_owned()].into();
    let refused = refusal(clients.create(&permit, named("web", web)).await);
    assert_eq!(refused.field.as_deref(), Some("redirect_uris"));

    clients
        .create(&permit, named("once", machine()))
        .await
        .unwrap();
    let twice = refusal(clients.create(&permit, named("once", machine())).await);
    assert_eq!(twice.code, ErrorCode::Conflict);
    assert_eq!(twice.field.as_deref(), Some("client_id"));
}

#[tokio::test]
async fn switching_a_client_is_an_event_of_its_own_beside_other_changes() {
    let plane = Plane::new().await;
    let permit = plane
        .permit::<ClientsWrite>(&Caller::Operator, "default")
        .await
        .unwrap();
    let clients = &plane.api.clients;
    let made = clients
        .create(&permit, named("worker", machine()))
        .await
        .unwrap();
    let renamed = |usability| ClientRegistration {
        usability,
        name: DisplayName::parse("Worker").unwrap(),
        ..machine()
    };
    let off = ClientRegistration {
        usability: Usability::Disabled,
        ..machine()
    };
    let mut revision = made.client.revision;
    for change in [
        off,
        renamed(Usability::Enabled),
        renamed(Usability::Enabled),
    ] {
        let client = clients.update(&permit, "worker", revision, change).await;
        revision = client.unwrap().revision;
    }
    let told: Vec<String> = plane
        .house
        .story()
        .await
        .into_iter()
        .map(|it| it.0)
        .collect();
    assert_eq!(
        told[told.len() - 5..],
        [
            "client.created",
            "client.disabled",
            "client.updated",
            "client.enabled",
            "client.updated",
        ]
    );
}

#[tokio::test]
async fn a_client_that_holds_very_much_is_removed_in_turns() {
    let plane = Plane::new().await;
    let house = &plane.house;
    let app = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let tokens = house.tokens(&app, &session, "openid").await;
    for _ in 0..450 {
        house.code(&app, &session, "openid").await;
    }
    let permit = plane
        .permit::<ClientsWrite>(&Caller::Operator, "default")
        .await
        .unwrap();
    let clients = &plane.api.clients;
    clients.delete(&permit, "app", None).await.unwrap();
    assert!(!house.is_accepted(tokens.access_token.expose()).await);
    let told: Vec<String> = house.story().await.into_iter().map(|it| it.0).collect();
    assert_eq!(
        told[told.len() - 2..],
        ["client.signed_out", "client.deleted"]
    );
}
