//! Roles, groups, and how far an administrator reaches.

use std::collections::BTreeSet;

use gatelodge_domain::api::Listing;
use gatelodge_domain::role::{RoleName, SecondFactorRule};
use gatelodge_domain::{AuditAction, DisplayName, Group, Outcome, Permission, Scope, User};
use gatelodge_ports::store::{PageRequest, SessionFilter, UserFilter};
use gatelodge_usecases::admin::{
    AdminError, Caller, GroupRight, GroupsRead, GroupsWrite, Permit, RolesRead, RolesWrite,
    ScopesWrite, SessionsRead, UsersRead, UsersWrite,
};
use gatelodge_usecases::foundation::{Follower, Ports};
use gatelodge_usecases::groups::NewGroup;
use gatelodge_usecases::permissions::{NewPermission, PermissionUpdate};
use gatelodge_usecases::rights::reasons_for;
use gatelodge_usecases::roles::{NewRole, RoleUpdate};
use gatelodge_usecases::scopes::{NewScope, ScopeUpdate};
use gatelodge_usecases::{ErrorCode, Foundation};

use super::plane::{Plane, code, nobody};
use crate::house::facts;

fn shown(text: &str) -> DisplayName {
    DisplayName::parse(text).unwrap()
}

fn permissions(names: &[&str]) -> BTreeSet<Permission> {
    names
        .iter()
        .map(|name| Permission::parse(name).unwrap())
        .collect()
}

pub(super) async fn make_role(plane: &Plane, realm: &str, name: &str, allows: &[&str]) -> String {
    let permit = plane.permit(&Caller::Operator, realm).await.unwrap();
    let new = NewRole {
        name: RoleName::parse(name).unwrap(),
        display_name: shown(name),
        permissions: permissions(allows),
        second_factor: SecondFactorRule::AsUsual,
    };
    let made = plane.api.roles.create(&permit, new).await.unwrap();
    made.role.id.to_string()
}

pub(super) async fn make_group(plane: &Plane, realm: &str, name: &str, members: &[&User]) -> Group {
    let permit = plane.permit::<GroupsWrite>(&Caller::Operator, realm).await;
    let permit = permit.unwrap();
    let groups = &plane.api.groups;
    let new = NewGroup {
        name: RoleName::parse(name).unwrap(),
        display_name: shown(name),
    };
    let group = groups.create(&permit, new).await.unwrap();
    for user in members {
        groups.join(&permit, name, user.id).await.unwrap();
    }
    group
}

async fn in_reach<P: GroupRight>(
    plane: &Plane,
    caller: &Caller,
    realm: &str,
) -> Result<Permit<P>, AdminError> {
    let administrators = &plane.api.administrators;
    administrators
        .authorize_in_reach(caller, realm, &facts())
        .await
}

#[tokio::test]
async fn a_composite_role_allows_what_it_includes_until_it_does_not() {
    let plane = Plane::new().await;
    let root = plane.administrator("root", "administrator").await;
    make_role(&plane, "system", "reader", &["users:read"]).await;
    make_role(&plane, "system", "desk", &[]).await;
    let help = plane.administrator("help", "desk").await;
    let caller = plane.caller(&help, "admin").await;
    let may = async || plane.permit::<UsersRead>(&caller, "default").await;
    assert_eq!(code(may().await), ErrorCode::InsufficientScope);

    let root = plane.caller(&root, "admin").await;
    let permit = plane.permit::<RolesWrite>(&root, "system").await.unwrap();
    let roles = &plane.api.roles;
    roles.include(&permit, "desk", "reader").await.unwrap();
    may().await.unwrap();
    for (role, included) in [("reader", "desk"), ("desk", "desk")] {
        let circle = roles.include(&permit, role, included).await;
        assert_eq!(code(circle), ErrorCode::InvalidField);
    }
    roles.exclude(&permit, "desk", "reader").await.unwrap();
    assert_eq!(code(may().await), ErrorCode::InsufficientScope);
    let again = roles.exclude(&permit, "desk", "reader").await;
    assert_eq!(code(again), ErrorCode::NotFound);
    let missing = roles.include(&permit, "desk", "nothing").await;
    assert_eq!(code(missing), ErrorCode::NotFound);
}

#[tokio::test]
async fn two_inclusions_at_once_close_no_circle() {
    for _ in 0..8 {
        let plane = Plane::new().await;
        make_role(&plane, "default", "left", &[]).await;
        make_role(&plane, "default", "right", &[]).await;
        let permit = plane.permit::<RolesWrite>(&Caller::Operator, "default");
        let permit = permit.await.unwrap();
        let roles = &plane.api.roles;
        let (one, other) = tokio::join!(
            roles.include(&permit, "left", "right"),
            roles.include(&permit, "right", "left"),
        );
        assert_ne!(one.is_ok(), other.is_ok());
    }
}

#[tokio::test]
async fn nobody_gives_a_role_group_or_inclusion_more_than_they_have() {
    let plane = Plane::new().await;
    plane.administrator("root", "administrator").await;
    let desk = [
        "users:read",
        "roles:read",
        "roles:write",
        "groups:read",
        "groups:write",
    ];
    plane.role("desk", &desk).await;
    let help = plane.administrator("help", "desk").await;
    let clerk = plane.user("system", "clerk").await;
    let client = plane.other_client().await;
    make_group(&plane, "system", "board", &[]).await;
    let operator = plane.permit::<RolesWrite>(&Caller::Operator, "system");
    let operator = operator.await.unwrap();
    let roles = &plane.api.roles;
    roles
        .assign_to_group(&operator, "board", "administrator")
        .await
        .unwrap();
    make_role(&plane, "system", "mine", &["users:read"]).await;
    make_role(&plane, "system", "theirs", &["keys:write"]).await;

    let caller = plane.caller(&help, "admin").await;
    let permit = plane.permit::<RolesWrite>(&caller, "system").await.unwrap();
    let make = |allows: &[&str]| NewRole {
        name: RoleName::parse("new").unwrap(),
        display_name: shown("New"),
        permissions: permissions(allows),
        second_factor: SecondFactorRule::AsUsual,
    };
    let refused = [
        code(roles.create(&permit, make(&["keys:write"])).await),
        code(roles.include(&permit, "mine", "administrator").await),
        code(roles.include(&permit, "theirs", "mine").await),
        code(
            roles
                .add_permission(&permit, "mine", Permission::parse("keys:read").unwrap())
                .await,
        ),
        code(roles.get_to_change(&permit, "theirs").await),
        code(
            roles
                .assign_to_group(&permit, "board", "administrator")
                .await,
        ),
        code(
            roles
                .assign_to_client(&permit, client.client_id.as_str(), "theirs")
                .await,
        ),
    ];
    assert_eq!(refused, [ErrorCode::InsufficientScope; 7]);
    let groups = plane
        .permit::<GroupsWrite>(&caller, "system")
        .await
        .unwrap();
    let joined = plane.api.groups.join(&groups, "board", clerk.id).await;
    assert_eq!(code(joined), ErrorCode::InsufficientScope);

    // Whoever may do everything gives what is not the admin plane's as well; nobody else does.
    let root = plane.administrator("second", "administrator").await;
    let root = plane.caller(&root, "admin").await;
    let whole = plane.permit::<RolesWrite>(&root, "system").await.unwrap();
    let own = |name: &str| NewRole {
        name: RoleName::parse(name).unwrap(),
        display_name: shown(name),
        permissions: permissions(&["billing:refund"]),
        second_factor: SecondFactorRule::AsUsual,
    };
    roles.create(&whole, own("billing")).await.unwrap();
    let refused = roles.create(&permit, own("mine-too")).await;
    assert_eq!(code(refused), ErrorCode::InsufficientScope);

    // What they have they may give, also where it reaches less far.
    roles
        .create(&permit, make(&["users:read", "acme/users:read"]))
        .await
        .unwrap();
    roles.include(&permit, "mine", "new").await.unwrap();
    let users = &plane.api.users;
    users.assign_role(&permit, clerk.id, "mine").await.unwrap();
    let client = client.client_id.as_str();
    roles
        .assign_to_client(&permit, client, "mine")
        .await
        .unwrap();
}

#[tokio::test]
async fn the_built_in_role_is_what_it_is() {
    let plane = Plane::new().await;
    // As a real store has it.
    let store = &plane.house.foundation.store;
    let name = RoleName::parse("administrator").unwrap();
    let mut view = store.read().await.unwrap();
    let realm = plane.system.realm.id;
    let role = view.roles().find_by_name(realm, &name).await.unwrap();
    let mut role = role.unwrap();
    drop(view);
    role.id = plane.house.foundation.rng.id(crate::house::NOW);
    role.name = RoleName::parse("built-in").unwrap();
    role.protection = gatelodge_domain::role::Protection::BuiltIn;
    let mut unit = store.write().await.unwrap();
    unit.roles().insert(&role).await.unwrap();
    unit.commit().await.unwrap();
    let permit = plane.permit::<RolesWrite>(&Caller::Operator, "system");
    let permit = permit.await.unwrap();
    let roles = &plane.api.roles;
    let update = RoleUpdate {
        display_name: shown("Less"),
        permissions: BTreeSet::new(),
        second_factor: SecondFactorRule::AsUsual,
    };
    let changed = roles.update(&permit, role.id, role.revision, update).await;
    assert_eq!(code(changed), ErrorCode::Protected);
    let deleted = roles.delete(&permit, role.id, None).await;
    assert_eq!(code(deleted), ErrorCode::Protected);
    make_role(&plane, "system", "reader", &[]).await;
    let grown = roles.include(&permit, "built-in", "reader").await;
    assert_eq!(code(grown), ErrorCode::Protected);
    roles.include(&permit, "reader", "built-in").await.unwrap();
}

#[tokio::test]
async fn the_last_administrator_keeps_the_group_and_the_composite_role_that_make_them_one() {
    let plane = Plane::new().await;
    let ann = plane.user("system", "ann").await;
    let board = make_group(&plane, "system", "board", &[&ann]).await;
    let director = make_role(&plane, "system", "director", &[]).await;
    let roles = &plane.api.roles;
    let groups = &plane.api.groups;
    let write = plane.permit::<RolesWrite>(&Caller::Operator, "system");
    let write = write.await.unwrap();
    let manage = plane.permit::<GroupsWrite>(&Caller::Operator, "system");
    let manage = manage.await.unwrap();
    roles
        .include(&write, "director", "administrator")
        .await
        .unwrap();
    roles
        .assign_to_group(&write, "board", "director")
        .await
        .unwrap();
    let director = gatelodge_domain::Id::parse(&director).unwrap();
    let refused = [
        code(roles.exclude(&write, "director", "administrator").await),
        code(roles.delete(&write, director, None).await),
        code(roles.unassign_from_group(&write, "board", "director").await),
        code(groups.leave(&manage, "board", ann.id).await),
        code(groups.delete(&manage, board.id, None).await),
    ];
    assert_eq!(refused, [ErrorCode::Protected; 5]);

    plane.administrator("bob", "administrator").await;
    groups.leave(&manage, "board", ann.id).await.unwrap();
    groups.delete(&manage, board.id, None).await.unwrap();
}

#[tokio::test]
async fn two_administrators_of_a_group_cannot_put_each_other_out_at_once() {
    for _ in 0..8 {
        let plane = Plane::new().await;
        let (ann, bob) = (
            plane.user("system", "ann").await,
            plane.user("system", "bob").await,
        );
        make_group(&plane, "system", "board", &[&ann, &bob]).await;
        let write = plane.permit::<RolesWrite>(&Caller::Operator, "system");
        let roles = &plane.api.roles;
        roles
            .assign_to_group(&write.await.unwrap(), "board", "administrator")
            .await
            .unwrap();
        let manage = plane.permit::<GroupsWrite>(&Caller::Operator, "system");
        let manage = manage.await.unwrap();
        let groups = &plane.api.groups;
        let (one, other) = tokio::join!(
            groups.leave(&manage, "board", ann.id),
            groups.leave(&manage, "board", bob.id),
        );
        assert_ne!(one.is_ok(), other.is_ok());
    }
}

#[tokio::test]
async fn who_may_act_for_a_group_sees_its_people_and_moves_nobody_out_of_sight() {
    let plane = Plane::new().await;
    let inside = plane.user("default", "inside").await;
    let both = plane.user("default", "both").await;
    let outside = plane.user("default", "outside").await;
    make_group(&plane, "default", "sales", &[&inside, &both]).await;
    make_group(&plane, "default", "desk", &[&both]).await;
    make_group(&plane, "default", "other", &[&both, &outside]).await;
    let reach = |name: &str| ["sales", "desk"].map(|group| format!("default/{group}/{name}"));
    let names: Vec<String> = [
        "users:read",
        "users:write",
        "groups:read",
        "groups:write",
        "roles:read",
        "sessions:read",
    ]
    .into_iter()
    .flat_map(reach)
    .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    plane.role("chief", &names).await;
    let chief = plane.administrator("chief", "chief").await;
    let caller = plane.caller(&chief, "admin").await;

    // Whoever asks for the whole realm is told no, and so is whoever asks for another one.
    let whole = plane.permit::<UsersRead>(&caller, "default").await;
    assert_eq!(code(whole), ErrorCode::InsufficientScope);
    for realm in ["system", "acme", "nowhere"] {
        let other = in_reach::<UsersRead>(&plane, &caller, realm).await;
        assert_eq!(code(other), ErrorCode::InsufficientScope, "{realm}");
    }
    let read = in_reach::<UsersRead>(&plane, &caller, "default")
        .await
        .unwrap();
    let users = &plane.api.users;
    let listed = users
        .list(&read, &UserFilter::default(), PageRequest::first(9))
        .await
        .unwrap();
    let ids: Vec<_> = listed.items.iter().map(|user| user.id).collect();
    assert_eq!(ids, [inside.id, both.id]);
    assert_eq!(users.get(&read, inside.id).await.unwrap(), inside);
    for id in [outside.id, nobody()] {
        let refused = users.get(&read, id).await;
        assert_eq!(code(refused), ErrorCode::InsufficientScope);
    }
    let write = in_reach::<UsersWrite>(&plane, &caller, "default")
        .await
        .unwrap();
    let deleted = users.delete(&write, inside.id, None).await;
    assert_eq!(code(deleted), ErrorCode::InsufficientScope);

    let groups = &plane.api.groups;
    let see = in_reach::<GroupsRead>(&plane, &caller, "default")
        .await
        .unwrap();
    let listed = groups.list(&see, PageRequest::first(9)).await.unwrap();
    assert_eq!(listed.items.len(), 2);
    let theirs = groups.of_user(&see, both.id).await.unwrap();
    assert_eq!(theirs.len(), 2, "of three, those within reach");
    let hidden = groups.get(&see, "other").await;
    assert_eq!(code(hidden), ErrorCode::InsufficientScope);

    let manage = in_reach::<GroupsWrite>(&plane, &caller, "default")
        .await
        .unwrap();
    let lost = groups.leave(&manage, "sales", inside.id).await;
    assert_eq!(code(lost), ErrorCode::InsufficientScope);
    groups.leave(&manage, "desk", both.id).await.unwrap();
    let lost = groups.leave(&manage, "sales", both.id).await;
    assert_eq!(
        code(lost),
        ErrorCode::InsufficientScope,
        "`other` is out of their sight"
    );
    let taken = groups.join(&manage, "sales", outside.id).await;
    assert_eq!(code(taken), ErrorCode::InsufficientScope);
    groups.join(&manage, "desk", inside.id).await.unwrap();

    let sessions = in_reach::<SessionsRead>(&plane, &caller, "default").await;
    let sessions = sessions.unwrap();
    let sessions_of = async |user| {
        let filter = SessionFilter {
            user,
            ..SessionFilter::default()
        };
        let page = PageRequest::first(9);
        plane.api.sessions.list(&sessions, filter, page).await
    };
    assert_eq!(sessions_of(Some(inside.id)).await.unwrap().items, []);
    for beyond in [Some(outside.id), None] {
        assert_eq!(
            code(sessions_of(beyond).await),
            ErrorCode::InsufficientScope,
            "{beyond:?}"
        );
    }
    let trail = plane.house.trail().await;
    let denied = trail.iter().filter(|event| {
        event.action == AuditAction::AccessDenied && event.outcome == Outcome::Denied
    });
    assert!(denied.count() >= 3, "each kind of it is recorded");
}

#[tokio::test]
async fn a_group_that_is_gone_reaches_nobody() {
    let plane = Plane::new().await;
    let inside = plane.user("default", "inside").await;
    let group = make_group(&plane, "default", "sales", &[&inside]).await;
    plane.role("chief", &["default/sales/users:read"]).await;
    let chief = plane.administrator("chief", "chief").await;
    let caller = plane.caller(&chief, "admin").await;
    let read = in_reach::<UsersRead>(&plane, &caller, "default").await;
    plane
        .api
        .users
        .get(&read.unwrap(), inside.id)
        .await
        .unwrap();
    let manage = plane.permit::<GroupsWrite>(&Caller::Operator, "default");
    let groups = &plane.api.groups;
    groups
        .delete(&manage.await.unwrap(), group.id, None)
        .await
        .unwrap();
    let gone = in_reach::<UsersRead>(&plane, &caller, "default").await;
    assert_eq!(code(gone), ErrorCode::InsufficientScope);
}

#[tokio::test]
async fn a_permission_is_told_with_its_reasons() {
    let plane = Plane::new().await;
    let ada = plane.user("default", "ada").await;
    make_role(&plane, "default", "reader", &["orders:read"]).await;
    make_role(&plane, "default", "clerk", &["orders:write"]).await;
    make_group(&plane, "default", "sales", &[&ada]).await;
    let write = plane.permit::<RolesWrite>(&Caller::Operator, "default");
    let write = write.await.unwrap();
    let roles = &plane.api.roles;
    roles.include(&write, "clerk", "reader").await.unwrap();
    roles
        .assign_to_group(&write, "sales", "clerk")
        .await
        .unwrap();
    let users = &plane.api.users;
    users.assign_role(&write, ada.id, "reader").await.unwrap();
    let read = plane.permit::<RolesRead>(&Caller::Operator, "default");
    let all = plane
        .api
        .rights
        .of_user(&read.await.unwrap(), ada.id)
        .await
        .unwrap();
    assert_eq!(all.len(), 2);
    let because = reasons_for(&all, "orders:read");
    let told: Vec<(usize, bool)> = because
        .iter()
        .map(|reason| (reason.via.len(), reason.group.is_some()))
        .collect();
    assert_eq!(told, [(0, false), (1, true)]);
    assert_eq!(reasons_for(&all, "orders:delete"), []);
}

#[tokio::test]
async fn a_permission_that_is_named_somewhere_stays_described() {
    let plane = Plane::new().await;
    let permit = plane.permit::<ScopesWrite>(&Caller::Operator, "default");
    let permit = permit.await.unwrap();
    let definitions = &plane.api.permissions;
    let new = NewPermission {
        name: Permission::parse("orders:read").unwrap(),
        definition: PermissionUpdate {
            description: Some(shown("See orders")),
            api: None,
        },
    };
    let made = definitions.create(&permit, new.clone()).await.unwrap();
    let twice = definitions.create(&permit, new).await;
    assert_eq!(code(twice), ErrorCode::Conflict);
    make_role(&plane, "default", "reader", &["orders:read"]).await;
    let kept = definitions.delete(&permit, made.id, None).await;
    assert_eq!(code(kept), ErrorCode::Protected);
    let write = plane.permit::<RolesWrite>(&Caller::Operator, "default");
    let write = write.await.unwrap();
    let roles = &plane.api.roles;
    roles
        .remove_permission(&write, "reader", &made.name)
        .await
        .unwrap();
    definitions.delete(&permit, made.id, None).await.unwrap();
    let gone = definitions.delete(&permit, made.id, None).await;
    assert_eq!(code(gone), ErrorCode::NotFound);
}

#[tokio::test]
async fn another_node_honours_a_scope_as_soon_as_it_reads_the_feed() {
    let plane = Plane::new().await;
    let here = &plane.house.foundation;
    let ports = Ports {
        store: here.store.clone(),
        clock: here.clock.clone(),
        rng: here.rng.clone(),
        vault: here.vault.clone(),
        hasher: here.hasher.clone(),
        strength: here.strength.clone(),
        mailer: None,
        key_factory: here.key_factory.clone(),
    };
    let there = Foundation::new(ports, here.issuers.clone());
    let follower = Follower::start(there.clone()).await.unwrap();
    let realm = &plane.house.realm;
    let orders = Scope::parse("orders").unwrap();
    let required = async |node: &Foundation| {
        let catalogue = node.directory.catalogue(realm).await.unwrap();
        catalogue.requires(&orders).len()
    };
    assert_eq!((required(here).await, required(&there).await), (0, 0));

    let permit = plane.permit::<ScopesWrite>(&Caller::Operator, "default");
    let new = NewScope {
        name: orders.clone(),
        definition: ScopeUpdate {
            description: None,
            api: None,
            requires: permissions(&["orders:use"]),
            listing: Listing::Hidden,
        },
    };
    let permit = permit.await.unwrap();
    plane.api.scopes.create(&permit, new).await.unwrap();
    assert_eq!((required(here).await, required(&there).await), (1, 0));
    follower.poll().await.unwrap();
    assert_eq!(required(&there).await, 1);
}
