//! The roles and groups of people who are taken in and given out.

use std::collections::BTreeSet;

use gatelodge_domain::audit::AuditAction;
use gatelodge_domain::role::RoleName;
use gatelodge_domain::{Id, User};
use gatelodge_usecases::ErrorCode;
use gatelodge_usecases::admin::{Caller, RolesWrite, UsersRead};
use gatelodge_usecases::users::{
    Effect, ExportParts, ExportedUser, ImportedUser, LineOutcome, OnConflict,
};

use super::access::{make_group, make_role};
use super::import::{WRITE, import_as, line, refusals};
use super::plane::Plane;

const OPERATOR: &Caller = &Caller::Operator;

fn names(texts: &[&str]) -> BTreeSet<RoleName> {
    let parse = |text: &&str| RoleName::parse(text).unwrap();
    texts.iter().map(parse).collect()
}

fn with(name: &str, roles: &[&str], groups: &[&str]) -> ImportedUser {
    ImportedUser {
        roles: Some(names(roles)),
        groups: Some(names(groups)),
        ..line(name)
    }
}

async fn exported(plane: &Plane, realm: &str) -> Vec<ExportedUser> {
    let read = plane.permit::<UsersRead>(OPERATOR, realm).await.unwrap();
    let parts = ExportParts {
        password_hashes: None,
        roles: Some(plane.permit(OPERATOR, realm).await.unwrap()),
        groups: Some(plane.permit(OPERATOR, realm).await.unwrap()),
    };
    let users = &plane.api.users;
    let mut export = users.begin_export(read, parts).await.unwrap();
    users.export(&mut export).await.unwrap()
}

fn held(person: &ExportedUser) -> (String, Vec<&str>, Vec<&str>) {
    let name = person.user.username.as_str().to_owned();
    let roles = person.roles.as_ref().unwrap();
    let groups = person.groups.as_ref().unwrap();
    (
        name,
        roles.iter().map(RoleName::as_str).collect(),
        groups.iter().map(RoleName::as_str).collect(),
    )
}

fn id_of(outcome: &LineOutcome) -> Id<User> {
    match outcome {
        LineOutcome::Created(Some(id)) | LineOutcome::Updated(id) => *id,
        other => panic!("nobody was made: {other:?}"),
    }
}

#[tokio::test]
async fn roles_and_groups_go_out_and_come_in_elsewhere_by_their_names() {
    let plane = Plane::new().await;
    for realm in ["default", "acme"] {
        make_role(&plane, realm, "editor", &[]).await;
        make_role(&plane, realm, "reader", &[]).await;
        make_group(&plane, realm, "staff", &[]).await;
    }
    let lines = vec![
        with("ada", &["editor", "reader"], &["staff"]),
        with("bob", &[], &["staff"]),
        line("cyd"),
    ];
    let (outcomes, _) = import_as(&plane, (OPERATOR, "default"), WRITE, lines).await;
    let ada = id_of(&outcomes[0]);

    // The same events as if each had been assigned by itself.
    let trail = plane.house.trail().await;
    let about = |action| {
        trail
            .iter()
            .filter(|event| event.action == action)
            .filter(|event| {
                event
                    .target
                    .as_ref()
                    .is_some_and(|it| it.bits == ada.as_u128())
            })
            .map(|event| event.facts.clone().unwrap_or_default())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        about(AuditAction::RoleAssigned),
        [
            r#"{"held":true,"role":"editor"}"#,
            r#"{"held":true,"role":"reader"}"#
        ]
    );
    assert_eq!(
        about(AuditAction::GroupMembership),
        [r#"{"group":"staff","member":true}"#]
    );

    let people = exported(&plane, "default").await;
    let lines = people.iter().map(|person| ImportedUser {
        roles: person
            .roles
            .clone()
            .map(|names| names.into_iter().collect()),
        groups: person
            .groups
            .clone()
            .map(|names| names.into_iter().collect()),
        ..line(person.user.username.as_str())
    });
    import_as(&plane, (OPERATOR, "acme"), WRITE, lines.collect()).await;
    let there = exported(&plane, "acme").await;
    let held_there: Vec<_> = there.iter().map(held).collect();
    assert_eq!(people.iter().map(held).collect::<Vec<_>>(), held_there);
    let ada = ("ada".to_owned(), vec!["editor", "reader"], vec!["staff"]);
    assert_eq!(held_there[0], ada);
}

#[tokio::test]
async fn what_is_not_there_is_named_and_refused_line_by_line() {
    let plane = Plane::new().await;
    make_role(&plane, "default", "editor", &[]).await;
    let lines = || {
        vec![
            with("ada", &["editor", "edditor", "nobody"], &[]),
            with("bob", &[], &["staff"]),
            with("cyd", &["editor"], &[]),
        ]
    };
    for effect in [Effect::DryRun, Effect::Written] {
        let how = (effect, OnConflict::Fail);
        let (outcomes, summary) = import_as(&plane, (OPERATOR, "default"), how, lines()).await;
        let expected = [Some("roles"), Some("groups"), None];
        let expected = expected.map(|it| it.map(str::to_owned));
        assert_eq!(refusals(&outcomes), expected);
        assert_eq!((summary.created, summary.refused), (1, 2));
        let LineOutcome::Refused(refusal) = &outcomes[0] else {
            panic!("refused")
        };
        assert!(refusal.description.ends_with(": edditor, nobody"));
    }
}

#[tokio::test]
async fn an_updated_person_holds_what_the_line_says_and_keeps_what_it_does_not_speak_of() {
    let plane = Plane::new().await;
    for name in ["editor", "reader"] {
        make_role(&plane, "default", name, &[]).await;
    }
    make_group(&plane, "default", "staff", &[]).await;
    make_group(&plane, "default", "board", &[]).await;
    let lines = vec![with("ada", &["editor"], &["staff"])];
    import_as(&plane, (OPERATOR, "default"), WRITE, lines).await;
    let update = (Effect::Written, OnConflict::Update);
    for (line, roles, groups) in [
        (line("ada"), vec!["editor"], vec!["staff"]),
        (
            with("ada", &["reader"], &["board", "staff"]),
            vec!["reader"],
            vec!["board", "staff"],
        ),
        (with("ada", &[], &["board"]), vec![], vec!["board"]),
    ] {
        import_as(&plane, (OPERATOR, "default"), update, vec![line]).await;
        let people = exported(&plane, "default").await;
        let (_, mut held_roles, mut joined) = held(&people[0]);
        held_roles.sort_unstable();
        joined.sort_unstable();
        assert_eq!((held_roles, joined), (roles, groups));
    }
}

#[tokio::test]
async fn who_may_not_assign_roles_gives_none_by_an_import() {
    let plane = Plane::new().await;
    make_role(&plane, "default", "editor", &[]).await;
    make_group(&plane, "default", "staff", &[]).await;
    plane
        .role("registrar", &["users:read", "users:write"])
        .await;
    let registrar = plane.administrator("registrar", "registrar").await;
    let registrar = plane.caller(&registrar, "admin").await;
    let lines = vec![
        with("ada", &["editor"], &[]),
        with("bob", &[], &["staff"]),
        with("cyd", &["editor"], &[]),
        with("dee", &[], &[]),
        line("eve"),
    ];
    let (outcomes, _) = import_as(&plane, (&registrar, "default"), WRITE, lines).await;
    let expected = [Some("roles"), Some("groups"), Some("roles"), None, None];
    let expected = expected.map(|it| it.map(str::to_owned));
    assert_eq!(refusals(&outcomes), expected);
    for outcome in &outcomes[..3] {
        let LineOutcome::Refused(refusal) = outcome else {
            panic!("refused")
        };
        assert_eq!(refusal.code, ErrorCode::InsufficientScope);
    }
    // Each right that is missing is one event, whatever the number of lines.
    let trail = plane.house.trail().await;
    let denied = trail.iter();
    let denied = denied.filter(|event| event.action == AuditAction::AccessDenied);
    assert_eq!(denied.count(), 2);
    // A line that takes roles away is a change of roles as well.
    let ada = vec![with("ada", &["editor"], &["staff"])];
    import_as(&plane, (OPERATOR, "default"), WRITE, ada).await;
    let update = (Effect::Written, OnConflict::Update);
    let lines = vec![with("ada", &[], &[])];
    let (outcomes, _) = import_as(&plane, (&registrar, "default"), update, lines).await;
    assert_eq!(refusals(&outcomes), [Some("roles".to_owned())]);
    let people = exported(&plane, "default").await;
    let ada = people.iter().map(held).find(|held| held.0 == "ada");
    assert_eq!(
        ada.unwrap(),
        ("ada".to_owned(), vec!["editor"], vec!["staff"])
    );
}

#[tokio::test]
async fn nobody_imports_an_administrator_who_may_do_more_than_they() {
    let plane = Plane::new().await;
    plane
        .role("chief", &["users:write", "roles:write", "groups:write"])
        .await;
    plane.role("clerk", &["users:write"]).await;
    make_group(&plane, "system", "board", &[]).await;
    let permit = plane.permit::<RolesWrite>(OPERATOR, "system").await;
    let permit = permit.unwrap();
    let roles = &plane.api.roles;
    roles
        .assign_to_group(&permit, "board", "administrator")
        .await
        .unwrap();
    let chief = plane.administrator("boss", "chief").await;
    let chief = plane.caller(&chief, "admin").await;
    let lines = vec![
        with("ada", &["clerk"], &[]),
        with("bob", &["administrator"], &[]),
        with("cyd", &[], &["board"]),
    ];
    let (outcomes, _) = import_as(&plane, (&chief, "system"), WRITE, lines).await;
    let expected = [None, Some("roles"), Some("groups")];
    let expected = expected.map(|it| it.map(str::to_owned));
    assert_eq!(refusals(&outcomes), expected);
}
