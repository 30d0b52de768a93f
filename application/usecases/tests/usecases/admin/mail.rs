//! What mails say, and links that an administrator sends.

use gatelodge_domain::user::Verification;
use gatelodge_domain::{Email, Revision, User};
use gatelodge_ports::mailer::Delivery;
use gatelodge_ports::store::Change;
use gatelodge_usecases::ErrorCode;
use gatelodge_usecases::admin::{Caller, Permit, RealmsRead, RealmsWrite, Right, UsersWrite};
use gatelodge_usecases::mail::{Attempt, DeliverMail, MAIL_LANGUAGES, MailTemplate, TemplateTexts};
use gatelodge_usecases::setup::ADMINISTRATOR_ROLE;

use super::plane::{Plane, code, refusal};

async fn permit<P: Right>(plane: &Plane) -> Permit<P> {
    plane.permit(&Caller::Operator, "default").await.unwrap()
}

fn texts(subject: &str, text: &str) -> TemplateTexts {
    TemplateTexts {
        subject: subject.to_owned(),
        text: text.to_owned(),
        button: None,
        html: None,
    }
}

async fn with_address(plane: &Plane, user: User, address: &str) -> User {
    let foundation = &plane.house.foundation;
    let mut unit = foundation.store.write().await.unwrap();
    let changed = User {
        email: Some(Email::parse(address).unwrap()),
        ..user
    };
    let changed = unit.users().update(&changed).await.unwrap();
    unit.commit().await.unwrap();
    foundation.apply(Change::User(changed.realm, changed.id));
    changed
}

async fn letters(plane: &Plane) -> Vec<gatelodge_ports::mailer::Mail> {
    let deliver = DeliverMail::new(plane.house.foundation.clone());
    while deliver.once().await.unwrap() == Attempt::Sent {}
    plane.house.letters.empty()
}

#[tokio::test]
async fn a_realm_writes_its_own_texts_and_puts_the_built_in_ones_back() {
    let plane = Plane::new().await;
    let mail = &plane.api.mail;
    let (read, write) = (
        permit::<RealmsRead>(&plane).await,
        permit::<RealmsWrite>(&plane).await,
    );
    let all = mail.list(&read).await.unwrap();
    assert_eq!(all.len(), MailTemplate::ALL.len() * MAIL_LANGUAGES.len());
    assert!(all.iter().all(|stored| stored.revision == Revision(0)));

    let which = ("password_reset", "en");
    let own = texts("Hop in, {{name}}", "{{link}}");
    let stored = mail
        .put(&write, which, Revision(0), own.clone())
        .await
        .unwrap();
    assert_eq!((stored.revision, &stored.texts), (Revision(1), &own));
    let stale = mail.put(&write, which, Revision(0), own.clone()).await;
    assert_eq!(code(stale), ErrorCode::Stale);
    let french = texts("Bonjour", "{{link}}");
    mail.put(&write, ("password_reset", "fr"), Revision(0), french)
        .await
        .unwrap();
    assert_eq!(mail.list(&read).await.unwrap().len(), all.len() + 1);

    let ada = plane.user("default", "ada").await;
    let ada = with_address(&plane, ada, "ada@example.org").await;
    let users = permit::<UsersWrite>(&plane).await;
    plane
        .api
        .links
        .reset(&users, &plane.api.users, ada.id)
        .await
        .unwrap();
    assert_eq!(letters(&plane).await[0].subject, "Hop in, ada");

    mail.delete(&write, which, Revision(1)).await.unwrap();
    let again = mail.get(&read, "password_reset", "en").await.unwrap();
    assert_eq!(again.revision, Revision(0));
    let gone = mail.delete(&write, which, Revision(0)).await;
    assert_eq!(code(gone), ErrorCode::NotFound);
}

#[tokio::test]
async fn a_text_that_would_be_of_no_use_is_refused_with_its_field() {
    let plane = Plane::new().await;
    let mail = &plane.api.mail;
    let write = permit::<RealmsWrite>(&plane).await;
    let which = ("password_reset", "en");
    for (given, field) in [
        (texts("Hello {{password}}", "{{link}}"), "subject"),
        (texts("Hello", "no link"), "text"),
        (texts("Hello", "{{link"), "text"),
        (texts("Hello\nBcc: x", "{{link}}"), "subject"),
    ] {
        let refused = refusal(mail.put(&write, which, Revision(0), given).await);
        assert_eq!(refused.code, ErrorCode::InvalidField);
        assert_eq!(refused.field.as_deref(), Some(field));
    }
    for which in [
        ("nothing", "en"),
        ("test", "en-GB"),
        ("test", "EN"),
        ("test", "../x"),
    ] {
        let given = texts("Hello", "Hello");
        let refused = mail.put(&write, which, Revision(0), given).await;
        assert_eq!(code(refused), ErrorCode::NotFound, "{which:?}");
    }
}

#[tokio::test]
async fn a_preview_shows_a_draft_and_stores_nothing() {
    let plane = Plane::new().await;
    let mail = &plane.api.mail;
    let read = permit::<RealmsRead>(&plane).await;
    let which = ("email_verification", "de");
    let built_in = mail.preview(&read, which, None).await.unwrap();
    assert_eq!(built_in.subject, "Ist das Ihre Adresse? default");
    let draft = texts("{{email}}", "{{name}}: {{link}}");
    let shown = mail.preview(&read, which, Some(draft)).await.unwrap();
    assert_eq!(shown.subject, "ada@example.org");
    assert!(shown.text.starts_with("Ada Lovelace: https://"));
    let stored = mail.get(&read, which.0, which.1).await.unwrap();
    assert_eq!(stored.revision, Revision(0));
    assert!(letters(&plane).await.is_empty());
}

#[tokio::test]
async fn an_administrator_tests_the_way_to_their_own_address() {
    let plane = Plane::new().await;
    let root = plane.administrator("root", ADMINISTRATOR_ROLE).await;
    let caller = plane.caller(&root, "admin").await;
    let write = async || {
        plane
            .permit::<RealmsWrite>(&caller, "default")
            .await
            .unwrap()
    };
    let nowhere = plane.api.mail.test(&write().await).await;
    assert_eq!(code(nowhere), ErrorCode::Conflict, "no address");
    with_address(&plane, root, "root@example.org").await;
    let tested = plane.api.mail.test(&write().await).await.unwrap();
    assert_eq!(tested.delivery, Delivery::Sent);
    assert_eq!(plane.house.letters.empty()[0].to, "root@example.org");
    plane.house.letters.refuse(None);
    let tested = plane.api.mail.test(&write().await).await.unwrap();
    assert!(matches!(tested.delivery, Delivery::TemporaryFailure(_)));
    let story = plane.house.story().await;
    let tests: Vec<_> = story
        .iter()
        .filter(|(action, _)| action == "mail.tested")
        .map(|(_, how)| how.as_str())
        .collect();
    assert_eq!(tests, ["success", "connection"]);
}

#[tokio::test]
async fn an_administrator_sends_links_only_where_they_can_arrive() {
    let plane = Plane::new().await;
    let links = &plane.api.links;
    let users = permit::<UsersWrite>(&plane).await;
    let ada = plane.user("default", "ada").await;
    let api = &plane.api.users;
    let nowhere = links.reset(&users, api, ada.id).await;
    assert_eq!(code(nowhere), ErrorCode::Conflict);
    let nowhere = links.verification(&users, api, ada.id).await;
    assert_eq!(code(nowhere), ErrorCode::Conflict);
    let ada = with_address(&plane, ada, "ada@example.org").await;
    links.verification(&users, api, ada.id).await.unwrap();
    links.reset(&users, api, ada.id).await.unwrap();
    let subjects: Vec<String> = letters(&plane)
        .await
        .into_iter()
        .map(|mail| mail.subject)
        .collect();
    assert_eq!(
        subjects,
        [
            "Is this your address? default",
            "A new password for default"
        ]
    );
    let proved = User {
        email_verification: Verification::Verified,
        ..ada
    };
    let mut unit = plane.house.foundation.store.write().await.unwrap();
    let proved = unit.users().update(&proved).await.unwrap();
    unit.commit().await.unwrap();
    let done = links.verification(&users, api, proved.id).await;
    assert_eq!(code(done), ErrorCode::Conflict);
}
