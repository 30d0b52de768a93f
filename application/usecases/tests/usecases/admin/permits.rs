//! Who is recognised, and what they may do.

use gatelodge_domain::{AuditAction, Outcome};
use gatelodge_usecases::ErrorCode;
use gatelodge_usecases::admin::{
    Caller, ClientsRead, RealmsRead, RolesWrite, UsersRead, UsersWrite,
};

use super::plane::{Plane, code, refusal};
use crate::house::facts;

#[tokio::test]
async fn only_a_token_of_system_for_the_admin_api_is_taken() {
    let plane = Plane::new().await;
    let root = plane.administrator("root", "administrator").await;
    let recognise = async |token: Option<&str>| plane.api.administrators.recognise(token).await;

    let good = plane.token(&root, "admin").await;
    assert!(recognise(Some(&good)).await.is_ok());

    let other = plane.other_client().await;
    let for_no_api = plane.token_in(&plane.system, &other, &root, "admin").await;
    let app = plane.house.public_client("app", |_| {}).await;
    let person = plane.user("default", "ada").await;
    let foreign = plane
        .token_in(&plane.house.realm, &app, &person, "admin")
        .await;
    let expected = refusal(recognise(None).await);
    assert_eq!(expected.code, ErrorCode::InvalidToken);
    for (what, token) in [
        ("nonsense", "nonsense"),
        ("another audience", for_no_api.as_str()),
        ("another realm", foreign.as_str()),
    ] {
        assert_eq!(refusal(recognise(Some(token)).await), expected, "{what}");
    }

    plane.house.advance(901);
    assert_eq!(refusal(recognise(Some(&good)).await), expected);
}

#[tokio::test]
async fn scope_and_roles_must_both_allow_it() {
    let plane = Plane::new().await;
    plane
        .role("helpdesk", &["users:read", "clients:read"])
        .await;
    let root = plane.administrator("root", "administrator").await;
    let help = plane.administrator("help", "helpdesk").await;
    let allowed = async |caller: &Caller| {
        (
            plane.permit::<UsersRead>(caller, "default").await.is_ok(),
            plane.permit::<UsersWrite>(caller, "default").await.is_ok(),
            plane.permit::<ClientsRead>(caller, "default").await.is_ok(),
        )
    };
    assert_eq!(
        allowed(&plane.caller(&root, "admin").await).await,
        (true, true, true)
    );
    assert_eq!(
        allowed(&plane.caller(&root, "users:read").await).await,
        (true, false, false)
    );
    assert_eq!(
        allowed(&plane.caller(&root, "openid").await).await,
        (false, false, false)
    );
    assert_eq!(
        allowed(&plane.caller(&help, "admin").await).await,
        (true, false, true)
    );
    assert_eq!(allowed(&Caller::Operator).await, (true, true, true));
}

#[tokio::test]
async fn a_role_that_was_taken_counts_no_more_although_the_token_lives() {
    let plane = Plane::new().await;
    plane.administrator("root", "administrator").await;
    let other = plane.administrator("other", "administrator").await;
    let caller = plane.caller(&other, "admin").await;
    assert!(plane.permit::<UsersRead>(&caller, "default").await.is_ok());

    let permit = plane
        .permit::<RolesWrite>(&Caller::Operator, "system")
        .await
        .unwrap();
    let role = "administrator";
    let users = &plane.api.users;
    users.unassign_role(&permit, other.id, role).await.unwrap();

    let denied = plane.permit::<UsersRead>(&caller, "default").await;
    assert_eq!(code(denied), ErrorCode::InsufficientScope);
}

#[tokio::test]
async fn a_denial_does_not_tell_whether_the_realm_exists_and_is_recorded_once() {
    let plane = Plane::new().await;
    let root = plane.administrator("root", "administrator").await;
    let caller = plane.caller(&root, "openid").await;
    let there = refusal(plane.permit::<UsersRead>(&caller, "default").await);
    let not_there = refusal(plane.permit::<UsersRead>(&caller, "nowhere").await);
    let no_slug = refusal(plane.permit::<UsersRead>(&caller, "../x").await);
    assert_eq!(there.code, ErrorCode::InsufficientScope);
    assert_eq!((&there, &there), (&not_there, &no_slug));

    let trail = plane.house.trail().await;
    let denied: Vec<_> = trail
        .iter()
        .filter(|event| event.action == AuditAction::AccessDenied)
        .collect();
    assert_eq!(
        denied.len(),
        1,
        "repeats within the minute are counted beside the trail"
    );
    assert_eq!(denied[0].outcome, Outcome::Denied);
    assert!(denied[0].facts.as_deref().unwrap().contains("users:read"));

    // Whoever has the right learns that it does not exist.
    let caller = plane.caller(&root, "admin").await;
    let missing = plane.permit::<UsersRead>(&caller, "nowhere").await;
    assert_eq!(code(missing), ErrorCode::NotFound);
}

#[tokio::test]
async fn a_permission_for_one_realm_reaches_no_other() {
    let plane = Plane::new().await;
    plane
        .role("acme-desk", &["acme/users:read", "acme/realms:read"])
        .await;
    let desk = plane.administrator("desk", "acme-desk").await;
    let caller = plane.caller(&desk, "admin").await;
    assert!(plane.permit::<UsersRead>(&caller, "acme").await.is_ok());
    for elsewhere in ["default", "system"] {
        let denied = plane.permit::<UsersRead>(&caller, elsewhere).await;
        assert_eq!(code(denied), ErrorCode::InsufficientScope, "{elsewhere}");
    }
    let administrators = &plane.api.administrators;
    let everywhere = administrators
        .authorize_everywhere::<RealmsRead>(&caller, &facts())
        .await;
    assert_eq!(code(everywhere), ErrorCode::InsufficientScope);
}
