//! Administering people.

use gatelodge_domain::user::PasswordChange;
use gatelodge_domain::{Id, Password, User};
use gatelodge_usecases::ErrorCode;
use gatelodge_usecases::admin::{Caller, RolesWrite, SessionsWrite, UsersRead, UsersWrite};
use gatelodge_usecases::users::{AccountStatus, UserUpdate};

use super::plane::{Plane, code, nobody};

fn with_status(user: &User, status: AccountStatus) -> UserUpdate {
    UserUpdate {
        username: user.username.clone(),
        email: user.email.clone(),
        email_verification: user.email_verification,
        profile: user.profile.clone(),
        attributes: user.attributes.clone(),
        password_change: user.password_change,
        status: Some(status),
        reason: None,
    }
}

async fn deactivate(plane: &Plane, realm: &str, user: &User) -> Result<User, ErrorCode> {
    let permit = plane
        .permit::<UsersWrite>(&Caller::Operator, realm)
        .await
        .unwrap();
    let update = with_status(user, AccountStatus::Deactivated);
    let users = &plane.api.users;
    let updated = users.update(&permit, user.id, user.revision, update).await;
    match updated {
        Ok(user) => Ok(user),
        refused => Err(code(refused)),
    }
}

#[tokio::test]
async fn two_administrators_cannot_remove_each_other_at_once() {
    for _ in 0..8 {
        let plane = Plane::new().await;
        let ada = plane.administrator("ada", "administrator").await;
        let bob = plane.administrator("bob", "administrator").await;
        let (first, second) = tokio::join!(
            deactivate(&plane, "system", &ada),
            deactivate(&plane, "system", &bob),
        );
        let done = [&first, &second].iter().filter(|it| it.is_ok()).count();
        assert_eq!(done, 1, "{first:?} {second:?}");
        let refused = first.err().or(second.err());
        assert_eq!(refused, Some(ErrorCode::Protected));
    }
}

#[tokio::test]
async fn the_last_administrator_can_be_neither_deactivated_deleted_nor_stripped() {
    let plane = Plane::new().await;
    let root = plane.administrator("root", "administrator").await;
    let users = &plane.api.users;
    let write = plane
        .permit::<UsersWrite>(&Caller::Operator, "system")
        .await
        .unwrap();
    let roles = plane
        .permit::<RolesWrite>(&Caller::Operator, "system")
        .await
        .unwrap();
    let role = "administrator";

    let deactivated = deactivate(&plane, "system", &root).await;
    assert_eq!(deactivated, Err(ErrorCode::Protected));
    assert_eq!(
        code(users.delete(&write, root.id, None).await),
        ErrorCode::Protected
    );
    let stripped = users.unassign_role(&roles, root.id, role).await;
    assert_eq!(code(stripped), ErrorCode::Protected);

    plane.administrator("second", "administrator").await;
    users.delete(&write, root.id, None).await.unwrap();
}

#[tokio::test]
async fn deactivating_a_person_ends_their_sessions_and_voids_their_tokens() {
    let plane = Plane::new().await;
    let house = &plane.house;
    let app = house.public_client("app", |_| {}).await;
    let ada = plane.user("default", "ada").await;
    let session = house.session(&ada).await;
    let tokens = house.tokens(&app, &session, "openid profile").await;
    assert!(house.is_accepted(tokens.access_token.expose()).await);

    let gone = deactivate(&plane, "default", &ada).await.unwrap();
    assert!(!house.is_accepted(tokens.access_token.expose()).await);
    let refreshed = house
        .refresh(&app, tokens.refresh_token.as_ref().unwrap().expose())
        .await;
    assert!(refreshed.is_err());

    // Reactivated, they have to sign in again.
    let permit = plane
        .permit::<UsersWrite>(&Caller::Operator, "default")
        .await
        .unwrap();
    let back = with_status(&gone, AccountStatus::Active);
    let users = &plane.api.users;
    users
        .update(&permit, ada.id, gone.revision, back)
        .await
        .unwrap();
    assert!(!house.is_accepted(tokens.access_token.expose()).await);
    let sessions = plane
        .permit::<SessionsWrite>(&Caller::Operator, "default")
        .await
        .unwrap();
    let ended = plane.api.sessions.end(&sessions, session.id).await;
    assert_eq!(code(ended), ErrorCode::NotFound);
}

#[tokio::test]
async fn a_new_password_signs_everybody_out() {
    let plane = Plane::new().await;
    let house = &plane.house;
    let app = house.public_client("app", |_| {}).await;
    let ada = plane.user("default", "ada").await;
    let session = house.session(&ada).await;
    let tokens = house.tokens(&app, &session, "openid").await;
    let permit = plane
        .permit::<UsersWrite>(&Caller::Operator, "default")
        .await
        .unwrap();
    let password = Password::parse("correct horse battery").unwrap();
    plane
        .api
        .users
        .set_password(&permit, ada.id, &password, PasswordChange::Free)
        .await
        .unwrap();
    assert!(!house.is_accepted(tokens.access_token.expose()).await);
    let refreshed = house
        .refresh(&app, tokens.refresh_token.as_ref().unwrap().expose())
        .await;
    assert!(refreshed.is_err());
}

#[tokio::test]
async fn a_stale_revision_changes_nothing() {
    let plane = Plane::new().await;
    let ada = plane.user("default", "ada").await;
    deactivate(&plane, "default", &ada).await.unwrap();
    // The revision that was read before the first change.
    assert_eq!(
        deactivate(&plane, "default", &ada).await,
        Err(ErrorCode::Stale)
    );
}

#[tokio::test]
async fn nobody_gives_or_takes_over_what_they_do_not_have() {
    let plane = Plane::new().await;
    plane
        .role("helpdesk", &["users:read", "users:write", "roles:write"])
        .await;
    let root = plane.administrator("root", "administrator").await;
    let help = plane.administrator("help", "helpdesk").await;
    let colleague = plane.administrator("colleague", "helpdesk").await;
    let caller = plane.caller(&help, "admin").await;
    let write = plane.permit::<UsersWrite>(&caller, "system").await.unwrap();
    let roles = plane.permit::<RolesWrite>(&caller, "system").await.unwrap();
    let users = &plane.api.users;
    let password = Password::parse("correct horse battery").unwrap();
    let (more, same) = ("administrator", "helpdesk");

    let promoted = users.assign_role(&roles, help.id, more).await;
    assert_eq!(code(promoted), ErrorCode::InsufficientScope);
    let taken_over = users
        .set_password(&write, root.id, &password, PasswordChange::Free)
        .await;
    assert_eq!(code(taken_over), ErrorCode::InsufficientScope);
    let removed = users.delete(&write, root.id, None).await;
    assert_eq!(code(removed), ErrorCode::InsufficientScope);

    users
        .set_password(&write, colleague.id, &password, PasswordChange::Free)
        .await
        .unwrap();
    users
        .unassign_role(&roles, colleague.id, same)
        .await
        .unwrap();
    users.assign_role(&roles, colleague.id, same).await.unwrap();
}

#[tokio::test]
async fn realms_do_not_see_each_others_people() {
    let plane = Plane::new().await;
    let ada = plane.user("default", "ada").await;
    let here = plane
        .permit::<UsersRead>(&Caller::Operator, "default")
        .await
        .unwrap();
    let there = plane
        .permit::<UsersRead>(&Caller::Operator, "acme")
        .await
        .unwrap();
    let users = &plane.api.users;
    assert_eq!(users.get(&here, ada.id).await.unwrap(), ada);
    assert_eq!(code(users.get(&there, ada.id).await), ErrorCode::NotFound);
    let nobody: Id<User> = nobody();
    assert_eq!(code(users.get(&here, nobody).await), ErrorCode::NotFound);
}
