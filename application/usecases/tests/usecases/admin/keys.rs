//! Administering signing keys.

use core::time::Duration;

use gatelodge_domain::signing_key::{KeyState, RemovalReason};
use gatelodge_domain::{AuditAction, KeyAlgorithm, SecretText, SigningKey};
use gatelodge_ports::Clock as _;
use gatelodge_usecases::ErrorCode;
use gatelodge_usecases::admin::{Caller, KeysRead, KeysWrite, Permit};
use gatelodge_usecases::keys::{ImportedKey, JWKS_MAX_AGE, KeyFacts, KeyStep, Rotation};

use super::plane::{Plane, code, refusal};

/// An Ed25519 key: that of RFC 8410 §10.3.
const PEM: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";

const ALGORITHM: KeyAlgorithm = KeyAlgorithm::EdDsa;

fn imported(pem: &str) -> ImportedKey {
    ImportedKey {
        algorithm: ALGORITHM,
        pem: SecretText::new(pem.to_owned()),
        from: None,
    }
}

struct Keys {
    plane: Plane,
    read: Permit<KeysRead>,
    write: Permit<KeysWrite>,
}

impl Keys {
    /// A realm with an active key and no spare.
    async fn new() -> Self {
        let plane = Plane::new().await;
        let realm = plane.house.realm.realm.id;
        plane.house.keys.supply(realm, ALGORITHM).await.unwrap();
        let operator = &Caller::Operator;
        Self {
            read: plane.permit(operator, "default").await.unwrap(),
            write: plane.permit(operator, "default").await.unwrap(),
            plane,
        }
    }

    async fn all(&self) -> Vec<KeyFacts> {
        let mut keys = self.plane.api.keys.list(&self.read).await.unwrap();
        keys.retain(|facts| facts.key.algorithm == ALGORITHM);
        keys
    }

    async fn active(&self) -> SigningKey {
        let mut active = self.all().await;
        active.retain(|facts| facts.key.is_active());
        assert_eq!(active.len(), 1, "one key signs");
        active.remove(0).key
    }

    async fn import(&self) -> KeyFacts {
        let keys = &self.plane.api.keys;
        keys.import(&self.write, imported(PEM)).await.unwrap()
    }

    fn pass(&self, by: Duration) {
        self.plane.house.clock.advance(by);
    }
}

#[tokio::test]
async fn nobody_brings_a_key_with_which_they_could_be_any_administrator() {
    let plane = Plane::new().await;
    plane.role("locksmith", &["keys:read", "keys:write"]).await;
    let locksmith = plane.administrator("locksmith", "locksmith").await;
    let locksmith = plane.caller(&locksmith, "admin").await;
    let root = plane.administrator("root", "administrator").await;
    let root = plane.caller(&root, "admin").await;
    let keys = &plane.api.keys;
    for (caller, realm, may) in [
        (&locksmith, "default", true),
        (&locksmith, "system", false),
        (&root, "system", true),
    ] {
        let permit = plane.permit::<KeysWrite>(caller, realm).await.unwrap();
        let made = keys.import(&permit, imported(PEM)).await;
        if may {
            made.unwrap();
        } else {
            assert_eq!(code(made), ErrorCode::InsufficientScope);
            // What does not show anybody a key is theirs to do.
            let rotated = keys.rotate(&permit, KeyAlgorithm::Es256, Rotation::AtOnce);
            rotated.await.unwrap();
        }
    }
}

#[tokio::test]
async fn an_imported_key_is_announced_before_it_signs() {
    let keys = Keys::new().await;
    let api = &keys.plane.api.keys;
    let made = keys.import().await;
    assert_eq!(made.key.state, KeyState::Next { from: None });
    assert_eq!(
        made.may_sign_from,
        Some(made.key.created_at.plus(JWKS_MAX_AGE))
    );
    let id = made.key.id;
    let early = api.step(&keys.write, id, KeyStep::Activate).await;
    assert_eq!(code(early), ErrorCode::Conflict);
    let now = keys.plane.house.clock.now();
    let soon = KeyStep::Schedule(Some(now.plus(Duration::from_secs(10))));
    let refused = refusal(api.step(&keys.write, id, soon).await);
    assert_eq!(refused.field.as_deref(), Some("activates_at"));

    keys.pass(JWKS_MAX_AGE);
    let before = keys.active().await;
    api.step(&keys.write, id, KeyStep::Activate).await.unwrap();
    assert_eq!(keys.active().await.id, id);
    let old = api.get(&keys.read, before.id).await.unwrap().key;
    assert!(matches!(old.state, KeyState::Retired { .. }));
    assert!(old.is_published(), "tokens in flight stay good");
    let again = api.step(&keys.write, before.id, KeyStep::Activate).await;
    assert_eq!(code(again), ErrorCode::Conflict, "never back");
}

#[tokio::test]
async fn the_same_key_comes_once_and_a_wrong_one_never() {
    let keys = Keys::new().await;
    let api = &keys.plane.api.keys;
    keys.import().await;
    let twice = refusal(api.import(&keys.write, imported(PEM)).await);
    assert_eq!(twice.code, ErrorCode::Conflict);
    for (algorithm, pem) in [
        (KeyAlgorithm::Es256, PEM),
        (KeyAlgorithm::EdDsa, "not a key"),
    ] {
        let new = ImportedKey {
            algorithm,
            ..imported(pem)
        };
        let refused = refusal(api.import(&keys.write, new).await);
        assert_eq!(refused.field.as_deref(), Some("private_key"));
        assert!(!refused.description.contains("MC4CAQ"));
    }
}

#[tokio::test]
async fn a_key_signs_at_its_moment_without_anybody_asking() {
    let keys = Keys::new().await;
    let api = &keys.plane.api.keys;
    let id = keys.import().await.key.id;
    let at = keys.plane.house.clock.now().plus(Duration::from_hours(1));
    let waits = KeyStep::Schedule(Some(at));
    api.step(&keys.write, id, waits).await.unwrap();
    let active = keys.active().await;
    let told = api.get(&keys.read, active.id).await.unwrap();
    assert_eq!(told.rotates_at, Some(at));
    let round = || keys.plane.house.keys.run(&keys.plane.house.realm);
    keys.pass(Duration::from_mins(59));
    round().await.unwrap();
    assert_eq!(keys.active().await.id, active.id);
    keys.pass(Duration::from_mins(1));
    round().await.unwrap();
    assert_eq!(keys.active().await.id, id);
}

#[tokio::test]
async fn a_rotation_waits_until_the_next_key_is_known_unless_it_must_not() {
    let keys = Keys::new().await;
    let api = &keys.plane.api.keys;
    let first = keys.active().await;
    let how = Rotation::WhenAnnounced;
    let rotated = api.rotate(&keys.write, ALGORITHM, how).await.unwrap();
    let now = keys.plane.house.clock.now();
    assert_eq!(rotated.signs_at, now.plus(JWKS_MAX_AGE));
    assert_eq!(keys.active().await.id, first.id);
    keys.pass(JWKS_MAX_AGE);
    let house = &keys.plane.house;
    house.keys.run(&house.realm).await.unwrap();
    let second = keys.active().await;
    assert_ne!(second.id, first.id);
    let rotated = api.rotate(&keys.write, ALGORITHM, Rotation::AtOnce).await;
    assert_eq!(rotated.unwrap().signs_at, house.clock.now());
    assert_ne!(keys.active().await.id, second.id);
}

#[tokio::test]
async fn retiring_needs_somebody_who_follows() {
    let keys = Keys::new().await;
    let api = &keys.plane.api.keys;
    let active = keys.active().await.id;
    let alone = api.step(&keys.write, active, KeyStep::Retire).await;
    assert_eq!(code(alone), ErrorCode::Conflict);
    let next = keys.import().await.key.id;
    keys.pass(JWKS_MAX_AGE);
    let old = api
        .step(&keys.write, active, KeyStep::Retire)
        .await
        .unwrap();
    assert!(matches!(old.key.state, KeyState::Retired { .. }));
    assert_eq!(keys.active().await.id, next);
    let early = KeyStep::Remove(RemovalReason::Expired);
    let refused = api.step(&keys.write, active, early).await;
    assert_eq!(code(refused), ErrorCode::Conflict, "its tokens are alive");
}

#[tokio::test]
async fn one_compromised_key_goes_alone_and_another_follows_at_once() {
    let keys = Keys::new().await;
    let house = &keys.plane.house;
    let api = &keys.plane.api.keys;
    let app = house
        .public_client("app", |client| client.access_token_algorithm = ALGORITHM)
        .await;
    let session = house.session(&house.user("ada").await).await;
    let old = house.tokens(&app, &session, "openid").await;
    api.rotate(&keys.write, ALGORITHM, Rotation::AtOnce)
        .await
        .unwrap();
    let new = house.tokens(&app, &session, "openid").await;
    let active = keys.active().await.id;
    let step = KeyStep::Remove(RemovalReason::Compromised);
    let gone = api.step(&keys.write, active, step).await.unwrap();
    assert!(!gone.key.is_published());
    assert!(gone.key.sealed_private.is_empty());
    assert!(!house.is_accepted(new.access_token.expose()).await);
    assert!(house.is_accepted(old.access_token.expose()).await);
    assert_ne!(keys.active().await.id, active);
    let third = house.tokens(&app, &session, "openid").await;
    assert!(house.is_accepted(third.access_token.expose()).await);
    // A spare that never signed just goes.
    let spare = keys.import().await.key.id;
    let step = KeyStep::Remove(RemovalReason::Expired);
    api.step(&keys.write, spare, step).await.unwrap();
    let actions: Vec<AuditAction> = house.trail().await.iter().map(|it| it.action).collect();
    for action in [AuditAction::KeyImported, AuditAction::KeyRemoved] {
        assert!(actions.contains(&action), "{action:?}");
    }
}
