//! The house with a realm `system`, administrators in it, and their tokens.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::realm::RealmStatus;
use gatelodge_domain::role::{Protection, RoleName};
use gatelodge_domain::user::{Profile, Verification};
use gatelodge_domain::{
    Client, DisplayName, Id, KeyAlgorithm, Permission, Realm, RealmSlug, Revision, Role, ScopeSet,
    Settings, Subject, User, Username,
};
use gatelodge_ports::Clock as _;
use gatelodge_usecases::ErrorCode;
use gatelodge_usecases::admin::{
    AdminApi, AdminError, Caller, PERMISSIONS, Permit, Refusal, Right,
};
use gatelodge_usecases::realms::ServedRealm;
use gatelodge_usecases::setup::{ADMIN_API, ADMINISTRATOR_ROLE, seal_key};
use gatelodge_usecases::tokens::{AccessTokenPlan, MintAccessToken};
use gatelodge_usecases::users::NewUser;

use crate::house::{House, NOW, facts};

pub(super) struct Plane {
    pub(super) house: Arc<House>,
    pub(super) api: AdminApi,
    pub(super) system: Arc<ServedRealm>,
    console: Arc<Client>,
    mint: MintAccessToken,
}

impl Plane {
    pub(super) async fn new() -> Self {
        let house = House::new().await;
        let foundation = &house.foundation;
        foundation
            .store
            .use_seal_key(seal_key(foundation.vault.clone()));
        let system = Realm {
            id: foundation.rng.id(NOW),
            slug: RealmSlug::system(),
            name: DisplayName::parse("System").unwrap(),
            status: RealmStatus::Active,
            settings: house.realm.realm.settings.clone(),
            user_schema: gatelodge_domain::attribute::UserSchema::default(),
            revision: Revision::FIRST,
            created_at: NOW,
        };
        let mut unit = foundation.store.write().await.unwrap();
        unit.realms().insert(&system).await.unwrap();
        unit.commit().await.unwrap();
        let system = foundation.directory.realm(&system.slug).await.unwrap();
        let system = system.unwrap();
        house
            .keys
            .supply(system.realm.id, KeyAlgorithm::Es256)
            .await
            .unwrap();
        let console = house
            .client_in(&system, "lodge", |client| {
                client.scopes = ScopeSet::parse("openid admin users:read").unwrap();
                client.audiences = vec![ADMIN_API.to_owned()];
            })
            .await;
        let api = AdminApi::new(
            foundation,
            house.access_tokens.clone(),
            &house.keys,
            Duration::ZERO,
        );
        let plane = Self {
            mint: MintAccessToken::new(foundation.clone(), house.keys.clone()),
            api,
            system,
            console,
            house,
        };
        let every: Vec<&str> = PERMISSIONS.iter().map(|(name, _)| *name).collect();
        plane.role(ADMINISTRATOR_ROLE, &every).await;
        plane
    }

    pub(super) async fn role(&self, name: &str, permissions: &[&str]) -> Role {
        let foundation = &self.house.foundation;
        let role = Role {
            id: foundation.rng.id(NOW),
            realm: self.system.realm.id,
            name: RoleName::parse(name).unwrap(),
            display_name: DisplayName::parse(name).unwrap(),
            permissions: permissions
                .iter()
                .map(|name| Permission::parse(name).unwrap())
                .collect(),
            protection: Protection::None,
            second_factor: gatelodge_domain::role::SecondFactorRule::AsUsual,
            revision: Revision::FIRST,
            created_at: NOW,
        };
        let mut unit = foundation.store.write().await.unwrap();
        unit.roles().insert(&role).await.unwrap();
        unit.commit().await.unwrap();
        role
    }

    /// Somebody in `system` with a role, made by an operator on the machine.
    pub(super) async fn administrator(&self, name: &str, role: &str) -> User {
        let operator = Caller::Operator;
        let user = self.user("system", name).await;
        let permit = self.permit(&operator, "system").await.unwrap();
        let users = &self.api.users;
        users.assign_role(&permit, user.id, role).await.unwrap();
        user
    }

    pub(super) async fn user(&self, realm: &str, name: &str) -> User {
        let permit = self.permit(&Caller::Operator, realm).await.unwrap();
        let new = NewUser {
            username: Username::parse(name).unwrap(),
            email: None,
            email_verification: Verification::Unverified,
            profile: Profile::default(),
            attributes: gatelodge_domain::attribute::Attributes::default(),
            password_change: gatelodge_domain::user::PasswordChange::Free,
            password: None,
        };
        self.api.users.create(&permit, new).await.unwrap()
    }

    pub(super) async fn permit<P: Right>(
        &self,
        caller: &Caller,
        realm: &str,
    ) -> Result<Permit<P>, AdminError> {
        let administrators = &self.api.administrators;
        administrators.authorize(caller, realm, &facts()).await
    }

    /// An access token of `system` that `lodge` holds for somebody.
    pub(super) async fn token(&self, user: &User, scopes: &str) -> String {
        self.token_in(&self.system, &self.console, user, scopes)
            .await
    }

    pub(super) async fn token_in(
        &self,
        realm: &ServedRealm,
        client: &Client,
        user: &User,
        scopes: &str,
    ) -> String {
        let now = self.house.clock.now();
        let plan = AccessTokenPlan {
            realm,
            client,
            sub: user.subject.as_str(),
            subject: Subject::User(user.id),
            grant: self.house.foundation.rng.id(now),
            session: None,
            authentication: None,
            scopes: &ScopeSet::parse(scopes).unwrap(),
            resources: &[],
            confirmation: None,
            now,
        };
        let prepared = self.mint.prepare(&plan).await.unwrap();
        self.mint.sign(realm, client, &prepared).await.unwrap()
    }

    pub(super) async fn caller(&self, user: &User, scopes: &str) -> Caller {
        let token = self.token(user, scopes).await;
        self.api
            .administrators
            .recognise(Some(&token))
            .await
            .unwrap()
    }

    /// A client of `system` that is for no API.
    pub(super) async fn other_client(&self) -> Arc<Client> {
        self.house.client_in(&self.system, "other", |_| {}).await
    }
}

pub(super) fn refusal<T: core::fmt::Debug>(result: Result<T, AdminError>) -> Refusal {
    match result {
        Err(AdminError::Refused(refusal)) => refusal,
        other => panic!("not a refusal: {other:?}"),
    }
}

pub(super) fn code<T: core::fmt::Debug>(result: Result<T, AdminError>) -> ErrorCode {
    refusal(result).code
}

/// Settings under which nothing takes long.
pub(super) fn quick(plane: &Plane) -> Settings {
    plane.system.realm.settings.clone()
}

pub(super) fn nobody<T>() -> Id<T> {
    Id::from_u128(7)
}
