//! How a realm's pages and mails look, and who changes that.

use std::collections::BTreeMap;

use gatelodge_domain::theme::{Colour, Colours, Logo, Palette, Token};
use gatelodge_domain::user::Verification;
use gatelodge_domain::{AuditAction, DisplayName, Email, Revision, Theme, User};
use gatelodge_ports::store::{AuditFilter, Change};
use gatelodge_usecases::ErrorCode;
use gatelodge_usecases::admin::{Caller, Permit, Right, ThemesRead, ThemesWrite, UsersWrite};
use gatelodge_usecases::mail::{Attempt, DeliverMail};
use gatelodge_usecases::themes::StoredTheme;

use super::plane::{Plane, code};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

async fn permit<P: Right>(plane: &Plane) -> Permit<P> {
    plane.permit(&Caller::Operator, "default").await.unwrap()
}

fn harbour() -> Theme {
    let accent = Palette::from([(Token::Accent, Colour::parse("#0b57d0").unwrap())]);
    Theme {
        name: Some(DisplayName::parse("Harbour").unwrap()),
        colours: Colours::new(accent, Palette::new()).unwrap(),
        texts: BTreeMap::from([(
            "en".to_owned(),
            BTreeMap::from([("sign_in_title".to_owned(), "Welcome aboard".to_owned())]),
        )]),
        ..Theme::default()
    }
}

fn logo() -> Logo {
    Logo::parse(PNG.to_vec()).unwrap()
}

async fn current(plane: &Plane) -> StoredTheme {
    let write = permit::<ThemesWrite>(plane).await;
    plane.api.themes.get_to_change(&write).await.unwrap()
}

#[tokio::test]
async fn a_realm_gets_a_theme_and_the_built_in_look_back() {
    let plane = Plane::new().await;
    let themes = &plane.api.themes;
    let (read, write) = (
        permit::<ThemesRead>(&plane).await,
        permit::<ThemesWrite>(&plane).await,
    );
    let built_in = themes.get(&read).await.unwrap();
    assert_eq!(
        (built_in.revision, &built_in.theme),
        (Revision(0), &Theme::default())
    );
    let stored = themes
        .put(&write, built_in.clone(), harbour())
        .await
        .unwrap();
    assert_eq!((stored.revision, &stored.theme), (Revision(1), &harbour()));
    assert_eq!(themes.get(&read).await.unwrap(), stored);

    let stale = themes.put(&write, built_in, harbour()).await;
    assert_eq!(code(stale), ErrorCode::Stale, "somebody wrote meanwhile");
    themes.delete(&write, stored).await.unwrap();
    let again = themes.get(&read).await.unwrap();
    assert_eq!(
        (again.revision, &again.theme),
        (Revision(0), &Theme::default())
    );
    let gone = themes.delete(&write, again).await;
    assert_eq!(code(gone), ErrorCode::NotFound);
}

#[tokio::test]
async fn a_logo_comes_and_goes_by_itself_and_stays_when_the_rest_is_written() {
    let plane = Plane::new().await;
    let themes = &plane.api.themes;
    let (read, write) = (
        permit::<ThemesRead>(&plane).await,
        permit::<ThemesWrite>(&plane).await,
    );
    assert_eq!(code(themes.logo(&read).await), ErrorCode::NotFound);
    let first = current(&plane).await;
    let stored = themes.put_logo(&write, first, logo()).await.unwrap();
    let stored = themes.put(&write, stored, harbour()).await.unwrap();
    assert_eq!(stored.theme.logo, Some(logo()));
    assert_eq!(themes.logo(&read).await.unwrap(), logo());
    themes.delete_logo(&write, stored).await.unwrap();
    let bare = current(&plane).await;
    assert_eq!(bare.theme, harbour(), "the rest is as it was");
    let gone = themes.delete_logo(&write, bare).await;
    assert_eq!(code(gone), ErrorCode::NotFound);
}

#[tokio::test]
async fn of_two_writers_who_read_the_same_one_is_told() {
    let plane = Plane::new().await;
    let themes = &plane.api.themes;
    let write = permit::<ThemesWrite>(&plane).await;
    let (one, other) = (current(&plane).await, current(&plane).await);
    let (one, other) = tokio::join!(
        themes.put(&write, one, harbour()),
        themes.put_logo(&write, other, logo())
    );
    let won = usize::from(one.is_ok()) + usize::from(other.is_ok());
    assert_eq!(won, 1, "{one:?} {other:?}");
}

#[tokio::test]
async fn a_change_is_worn_at_once_and_recorded() {
    let plane = Plane::new().await;
    let foundation = &plane.house.foundation;
    let (themes, write) = (&plane.api.themes, permit::<ThemesWrite>(&plane).await);
    let realm = write.realm_id();
    let worn = foundation.directory.theme(realm).await.unwrap();
    assert_eq!(*worn, Theme::default());
    let first = current(&plane).await;
    let stored = themes.put(&write, first, harbour()).await.unwrap();
    let worn = foundation.directory.theme(realm).await.unwrap();
    assert_eq!(*worn, harbour());
    let system = plane.system.realm.id;
    let other = foundation.directory.theme(system).await.unwrap();
    assert_eq!(*other, Theme::default(), "another realm's is its own");
    themes.delete(&write, stored).await.unwrap();
    let worn = foundation.directory.theme(realm).await.unwrap();
    assert_eq!(*worn, Theme::default());

    let mut view = foundation.store.read().await.unwrap();
    let filter = AuditFilter {
        realm: Some(realm),
        action: Some(AuditAction::ThemeChanged),
        ..AuditFilter::default()
    };
    let events = view.audit().list(&filter, None, 10).await.unwrap();
    assert_eq!(events.items.len(), 2, "written, removed");
}

async fn with_address(plane: &Plane, user: User) -> User {
    let foundation = &plane.house.foundation;
    let mut unit = foundation.store.write().await.unwrap();
    let changed = User {
        email: Some(Email::parse("ada@example.org").unwrap()),
        email_verification: Verification::Verified,
        ..user
    };
    let changed = unit.users().update(&changed).await.unwrap();
    unit.commit().await.unwrap();
    foundation.apply(Change::User(changed.realm, changed.id));
    changed
}

#[tokio::test]
async fn a_mail_wears_the_theme_and_carries_the_logo_within() {
    let plane = Plane::new().await;
    let foundation = &plane.house.foundation;
    let (themes, write) = (&plane.api.themes, permit::<ThemesWrite>(&plane).await);
    let german = Theme {
        language: Some("de".to_owned()),
        ..harbour()
    };
    let first = current(&plane).await;
    let stored = themes.put(&write, first, german).await.unwrap();
    themes.put_logo(&write, stored, logo()).await.unwrap();
    let ada = plane.user("default", "ada").await;
    let ada = with_address(&plane, ada).await;
    let users = permit::<UsersWrite>(&plane).await;
    let (links, people) = (&plane.api.links, &plane.api.users);
    let deliver = DeliverMail::new(foundation.clone());
    let next = async || {
        links.reset(&users, people, ada.id).await.unwrap();
        assert_eq!(deliver.once().await.unwrap(), Attempt::Sent);
        plane.house.letters.empty().remove(0)
    };

    let mail = next().await;
    assert_eq!(mail.house, "Harbour");
    assert!(mail.subject.contains("Harbour"), "{}", mail.subject);
    assert!(
        mail.text.contains("Passwort"),
        "the realm's language: {}",
        mail.text
    );
    assert!(mail.html.contains("background:#0b57d0") && mail.html.contains("cid:logo"));
    let picture = mail.logo.unwrap();
    assert_eq!(
        (picture.media_type, picture.bytes.as_slice()),
        ("image/png", PNG)
    );

    // The logo goes while a mail waits.
    links.reset(&users, people, ada.id).await.unwrap();
    let with_logo = current(&plane).await;
    themes.delete_logo(&write, with_logo).await.unwrap();
    assert_eq!(deliver.once().await.unwrap(), Attempt::Sent);
    let mail = plane.house.letters.empty().remove(0);
    assert!(
        mail.logo.is_none() && !mail.html.contains("cid:"),
        "{}",
        mail.html
    );
}
