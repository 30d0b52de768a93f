//! Realms and their signing keys.

use gatelodge_domain::Scope;
use gatelodge_domain::attribute::{
    AttributeClaim, AttributeName, AttributePattern, AttributeRule, AttributeType, Multiplicity,
    OwnerAccess, Presence, UserSchema,
};
use gatelodge_domain::jwk::PublicJwk;
use gatelodge_domain::realm::RealmStatus;
use gatelodge_domain::signing_key::{KeyState, RemovalReason};
use gatelodge_domain::{
    DisplayName, Id, KeyAlgorithm, KeyId, Realm, RealmSlug, Revision, Setting, Settings, SigningKey,
};

use super::{NOW, at, id, number};

/// A realm that sets nothing.
pub fn realm() -> Realm {
    Realm {
        id: id(),
        slug: RealmSlug::parse(&format!("realm-{}", number())).expect("a slug"),
        name: DisplayName::parse("Realm").expect("a name"),
        status: RealmStatus::Active,
        settings: Settings::default(),
        user_schema: UserSchema::default(),
        revision: Revision::FIRST,
        created_at: NOW,
    }
}

/// A realm that sets everything it can.
pub fn full_realm() -> Realm {
    let mut settings = Settings::default();
    for setting in Setting::ALL {
        settings
            .set(*setting, setting.spec().max)
            .expect("a value within bounds");
    }
    Realm {
        name: DisplayName::parse("Grüße 👋 \"Haus\" %_\\").expect("a name"),
        status: RealmStatus::Disabled { since: at(7) },
        user_schema: user_schema(),
        settings,
        created_at: at(-9),
        ..realm()
    }
}

/// A signing key that waits for its time.
pub fn signing_key(realm: Id<Realm>) -> SigningKey {
    let number = number();
    SigningKey {
        id: id(),
        realm,
        key_id: KeyId(format!("kid-{number}")),
        algorithm: KeyAlgorithm::Es256,
        public: PublicJwk::P256 {
            x: format!("x{number}"),
            y: format!("y{number}"),
        },
        sealed_private: vec![0, 255, 1, 254],
        state: KeyState::Next { from: None },
        revision: Revision::FIRST,
        created_at: NOW,
    }
}

/// A key of every algorithm and in every state.
pub fn signing_keys(realm: Id<Realm>) -> Vec<SigningKey> {
    let plain = signing_key(realm);
    let rsa = || PublicJwk::Rsa {
        n: "0vx7agoebGcQ_-".to_owned(),
        e: "AQAB".to_owned(),
    };
    let removed = |reason| KeyState::Removed {
        since: at(3),
        reason,
    };
    let shapes = [
        (
            KeyAlgorithm::EdDsa,
            PublicJwk::Ed25519 {
                x: "11qYAYKxCrfV".to_owned(),
            },
            KeyState::Next { from: Some(at(5)) },
        ),
        (
            KeyAlgorithm::Rs256,
            rsa(),
            KeyState::Active { since: at(1) },
        ),
        (
            KeyAlgorithm::Ps256,
            rsa(),
            KeyState::Retired {
                since: at(2),
                until: at(900),
            },
        ),
        (KeyAlgorithm::Rs256, rsa(), removed(RemovalReason::Expired)),
        (
            KeyAlgorithm::Ps256,
            rsa(),
            removed(RemovalReason::Compromised),
        ),
    ];
    let full = shapes.map(|(algorithm, public, state)| SigningKey {
        algorithm,
        public,
        state,
        ..signing_key(realm)
    });
    core::iter::once(plain).chain(full).collect()
}

/// A schema with a rule of every kind.
fn user_schema() -> UserSchema {
    let mut schema = UserSchema::default();
    for (number, kind) in AttributeType::ALL.into_iter().enumerate() {
        let is_even = number % 2 == 0;
        let scope = Scope::parse("profile").expect("a scope");
        let claim = format!("https://example.com/{}", kind.as_str());
        let rule = AttributeRule {
            display_name: is_even.then(|| DisplayName::parse("A name").expect("a name")),
            kind,
            multiplicity: if is_even {
                Multiplicity::Many
            } else {
                Multiplicity::One
            },
            presence: if is_even {
                Presence::Optional
            } else {
                Presence::Required
            },
            max_length: (kind == AttributeType::String).then_some(20),
            pattern: (kind == AttributeType::String)
                .then(|| AttributePattern::parse(r"[\p{L}'\\ -]+").expect("a pattern")),
            claim: is_even.then(|| AttributeClaim::new(&claim, scope).expect("a claim")),
            owner: match number % 4 {
                0 => OwnerAccess::Edits,
                2 => OwnerAccess::Sees,
                _ => OwnerAccess::None,
            },
        };
        let name = AttributeName::parse(kind.as_str()).expect("a name");
        schema.set(name, rule).expect("a rule");
    }
    schema
}
