//! People, their passwords and sessions, roles and groups.

use std::collections::BTreeSet;

use gatelodge_domain::attribute::{AttributeName, Attributes};
use gatelodge_domain::role::{Protection, RoleName};
use gatelodge_domain::session::Persistence;
use gatelodge_domain::user::{
    PasswordChange, Profile, ProfileClaim, SubjectId, UserStatus, Verification,
};
use gatelodge_domain::{
    Acr, Amr, Authentication, DisplayName, Email, Group, Id, PasswordCredential, PasswordHash,
    Permission, Realm, Revision, Role, Session, User, Username,
};

use super::{NOW, at, digest, id, number};

/// A person of whom only the name is known.
pub fn user(realm: Id<Realm>) -> User {
    let number = number();
    User {
        id: id(),
        realm,
        subject: SubjectId::from_random(u128::from(number).to_be_bytes()),
        username: Username::parse(&format!("user-{number}")).expect("a user name"),
        email: None,
        email_verification: Verification::Unverified,
        profile: Profile::default(),
        attributes: Attributes::default(),
        status: UserStatus::Active,
        password_change: PasswordChange::Free,
        revision: Revision::FIRST,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// A person of whom everything is known; shown and canonical forms differ.
pub fn full_user(realm: Id<Realm>) -> User {
    let number = number();
    let mut profile = Profile::default();
    for claim in ProfileClaim::ALL {
        let value = format!("{} — \"ü\" 👩‍👩‍👧‍👦 %_\\", claim.as_str());
        profile.set(claim, &value).expect("a claim");
    }
    User {
        username: Username::parse(&format!("Zoë.O'Hara-{number}")).expect("a user name"),
        email: Some(Email::parse(&format!("Zoë+{number}@Example.ORG")).expect("an address")),
        email_verification: Verification::Verified,
        profile,
        attributes: attributes(),
        password_change: PasswordChange::Required,
        status: UserStatus::Suspended { until: at(5_000) },
        created_at: at(-77),
        updated_at: at(-33),
        ..user(realm)
    }
}

/// Attributes of every JSON type.
fn attributes() -> Attributes {
    let mut attributes = Attributes::default();
    for (name, json) in [
        ("text", r#""Zoë \"ü\" \\ %_ 👩‍👩‍👧‍👦""#),
        ("number", "-1.5e3"),
        ("flag", "true"),
        ("list", r#"["a",1,null]"#),
        ("object", r#"{"b":{"a":[]},"a":0}"#),
    ] {
        let name = AttributeName::parse(name).expect("a name");
        attributes.set(name, json.to_owned()).expect("a value");
    }
    attributes
}

/// A person's password, for the first time.
pub fn password(realm: Id<Realm>, user: Id<User>) -> PasswordCredential {
    PasswordCredential {
        realm,
        user,
        hash: PasswordHash::from_phc(format!("$argon2id$v=19$m=8,t=1,p=1$c2FsdA${}", number())),
        changed_at: NOW,
        revision: Revision::FIRST,
    }
}

/// A sign-in by password that lasts for an hour.
pub fn session(realm: Id<Realm>, user: Id<User>) -> Session {
    Session {
        id: id(),
        realm,
        user,
        secret: digest(),
        authentication: Authentication::by_password(NOW),
        persistence: Persistence::BrowserSession,
        address: None,
        user_agent: None,
        created_at: NOW,
        seen_at: NOW,
        expires_at: at(3_600_000),
        ended_at: None,
        revision: Revision::FIRST,
    }
}

/// A sign-in by two factors of which everything is known.
pub fn full_session(realm: Id<Realm>, user: Id<User>) -> Session {
    Session {
        authentication: Authentication {
            at: at(-5),
            methods: vec![Amr::OneTimePassword, Amr::Password, Amr::MultiFactor],
            context: Acr::TwoFactors,
        },
        persistence: Persistence::Remembered,
        address: Some("2001:db8::7".to_owned()),
        user_agent: Some("Mozilla/5.0 (\"X11\"; 日本語 👋) \\ % _ '".to_owned()),
        created_at: at(-4),
        seen_at: at(-3),
        expires_at: at(7_200_001),
        ended_at: Some(at(44)),
        ..session(realm, user)
    }
}

/// A role with two permissions.
pub fn role(realm: Id<Realm>) -> Role {
    let permission = |text| Permission::parse(text).expect("a permission");
    Role {
        id: id(),
        realm,
        name: RoleName::parse(&format!("role:{}", number())).expect("a role name"),
        display_name: DisplayName::parse("Rôle 👑").expect("a name"),
        permissions: BTreeSet::from([permission("users:read"), permission("users:write")]),
        protection: Protection::BuiltIn,
        second_factor: gatelodge_domain::role::SecondFactorRule::AsUsual,
        revision: Revision::FIRST,
        created_at: at(-1),
    }
}

/// An empty group.
pub fn group(realm: Id<Realm>) -> Group {
    Group {
        id: id(),
        realm,
        name: RoleName::parse(&format!("group:{}", number())).expect("a group name"),
        display_name: DisplayName::parse("Gruppe \"ß\"").expect("a name"),
        revision: Revision::FIRST,
        created_at: at(-2),
    }
}
