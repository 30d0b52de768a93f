//! The first run: one unit makes everything that was asked for, a wrong answer costs nothing,
//! and what is told afterwards was read from the store.

use std::sync::Arc;

use gatelodge_domain::audit::AuditAction;
use gatelodge_domain::user::{ProfileClaim, Verification};
use gatelodge_domain::{RealmSlug, RedirectUri, SecretText, Setting};
use gatelodge_ports::Store as _;
use gatelodge_ports::mailer::Delivery;
use gatelodge_ports::store::{ClientFilter, PageRequest};
use gatelodge_usecases::audit::RequestFacts;
use gatelodge_usecases::client_authentication::client_secret_digest;
use gatelodge_usecases::setup::{
    BuiltInRealms, FirstAdministrator, Objection, Question, SetUp, SetUpError, TestMail,
    TypedAnswers,
};
use gatelodge_usecases::{Error, ErrorCode, Foundation};

use crate::house::{FallsSilent, LetterBox};
use crate::setup::{Machine, code, refused, wanted, whole};

/// A machine on which nobody administers yet, and its link.
struct Start {
    machine: Machine,
    foundation: Arc<Foundation>,
    realms: BuiltInRealms,
    first: FirstAdministrator,
    link: SecretText,
}

impl Start {
    async fn on(machine: Machine) -> Self {
        let (foundation, realms) = machine.ready().await;
        let first = FirstAdministrator::new(foundation.clone());
        let link = first.issue().await.unwrap().unwrap();
        Self {
            machine,
            foundation,
            realms,
            first,
            link,
        }
    }

    async fn new() -> Self {
        Self::on(Machine::new()).await
    }

    async fn set_up(&self, typed: &TypedAnswers) -> Result<SetUp, SetUpError> {
        let facts = RequestFacts::default();
        self.first.set_up(self.link.expose(), typed, &facts).await
    }

    /// What setting up would change besides people: clients, the realm's name, events.
    async fn standing(&self) -> (usize, String, Vec<AuditAction>) {
        let mut view = self.machine.store.read().await.unwrap();
        let default = self.realms.default.id;
        let filter = ClientFilter::default();
        let clients = view
            .clients()
            .list(default, &filter, PageRequest::first(100));
        let clients = clients.await.unwrap().items.len();
        let realm = view.realms().find(default).await.unwrap().unwrap();
        drop(view);
        let name = realm.name.as_str().to_owned();
        (clients, name, self.machine.actions().await)
    }
}

#[tokio::test]
async fn everything_that_was_asked_for_is_made_at_once_and_told_from_the_store() {
    let start = Start::new().await;
    let made = start.set_up(&whole("ada")).await.unwrap();
    let user = &made.administrator;
    assert_eq!(user.username.as_str(), "ada");
    assert_eq!(user.profile.get(ProfileClaim::Name), Some("Ada Lovelace"));
    assert_eq!(user.email.as_ref().unwrap().as_str(), "Ada@example.org");
    assert_eq!(user.email_verification, Verification::Unverified);
    assert_eq!(made.roles, ["administrator"]);
    assert_eq!(made.realm.name.as_str(), "Northwind");
    assert_eq!(made.mail, None);
    assert!(made.tested.is_none());

    let client = made.client.unwrap();
    client.check().unwrap();
    assert_eq!(client.client_id.as_str(), "notes");
    assert!(client.is_confidential() && client.needs_pkce());
    let uris: Vec<&str> = client
        .redirect_uris
        .iter()
        .map(RedirectUri::as_str)
        .collect();
    assert_eq!(uris, ["https://notes.example/a", "https://notes.example/b"]);
    let secret = made.client_secret.unwrap();
    let realm = start.realms.default.id;
    let digest = client_secret_digest(&*start.foundation.vault, realm, secret.expose());
    assert_eq!(client.secrets[0].digest, digest);

    // What this process holds in memory is what the store holds.
    let directory = &start.foundation.directory;
    let served = directory.realm(&RealmSlug::default_realm()).await.unwrap();
    assert_eq!(served.unwrap().realm.name.as_str(), "Northwind");
    let known = directory.client(realm, &client.client_id).await.unwrap();
    assert!(known.is_some());
    let actions = start.machine.actions().await;
    for action in [
        AuditAction::FirstAdministratorCreated,
        AuditAction::RealmUpdated,
        AuditAction::ClientCreated,
    ] {
        let times = actions.iter().filter(|it| **it == action).count();
        assert_eq!(times, 1, "{action:?}");
    }
}

#[tokio::test]
async fn what_is_told_is_what_the_store_holds_and_not_what_was_typed() {
    let start = Start::new().await;
    let typed = TypedAnswers {
        username: "  Ada  ".to_owned(),
        realm_name: "  Northwind\u{20}".to_owned(),
        ..wanted("")
    };
    let made = start.set_up(&typed).await.unwrap();
    let mut view = start.machine.store.read().await.unwrap();
    let (system, default) = (start.realms.system.id, start.realms.default.id);
    let stored = view.users().find(system, made.administrator.id).await;
    assert_eq!(made.administrator, stored.unwrap().unwrap());
    let stored = view.realms().find(default).await.unwrap().unwrap();
    assert_eq!(made.realm, stored);
    assert!(
        stored.revision > start.realms.default.revision,
        "read after the write"
    );
}

#[tokio::test]
async fn only_the_administrator_has_to_be_named() {
    let start = Start::new().await;
    let (clients, name, _) = start.standing().await;
    let made = start.set_up(&wanted("ada")).await.unwrap();
    assert!(made.client.is_none() && made.client_secret.is_none());
    let (after, still, actions) = start.standing().await;
    assert_eq!((after, still), (clients, name));
    assert!(!actions.contains(&AuditAction::RealmUpdated));
}

#[tokio::test]
async fn the_same_name_for_the_realm_changes_nothing() {
    let start = Start::new().await;
    let typed = TypedAnswers {
        realm_name: start.realms.default.name.as_str().to_owned(),
        ..wanted("ada")
    };
    let made = start.set_up(&typed).await.unwrap();
    assert_eq!(made.realm.revision, start.realms.default.revision);
    assert!(
        !start
            .standing()
            .await
            .2
            .contains(&AuditAction::RealmUpdated)
    );
}

#[tokio::test]
async fn all_objections_come_at_once_and_cost_nothing() {
    let start = Start::new().await;
    let before = start.standing().await;
    let typed = TypedAnswers {
        username: "not a name?".to_owned(),
        display_name: "\u{202e}".to_owned(),
        email: "nowhere".to_owned(),
        password: "short".to_owned(),
        realm_name: "\u{7}".to_owned(),
        client_kind: "toaster".to_owned(),
        client_id: "two words".to_owned(),
        client_secret: "also short".to_owned(),
        ..TypedAnswers::default()
    };
    let wrong = refused(start.set_up(&typed).await.unwrap_err());
    for question in [
        Question::Username,
        Question::DisplayName,
        Question::Email,
        Question::Password,
        Question::RealmName,
        Question::ClientName,
        Question::ClientKind,
        Question::ClientId,
        Question::ClientSecret,
    ] {
        assert!(wrong.contains(&question), "{question:?} of {wrong:?}");
    }
    assert_eq!(start.standing().await, before);
    start.set_up(&whole("ada")).await.unwrap();
}

#[tokio::test]
async fn a_clients_kind_decides_where_it_may_come_back_to() {
    let start = Start::new().await;
    let of = |kind: &str, uris: &str| TypedAnswers {
        client_kind: kind.to_owned(),
        redirect_uris: uris.to_owned(),
        client_id: String::new(),
        ..whole("ada")
    };
    for (kind, uris) in [
        ("web", "http://notes.example/"),
        ("web", "com.example.notes:/back"),
        ("browser", ""),
        ("machine", "https://notes.example/"),
    ] {
        let wrong = start.set_up(&of(kind, uris)).await.unwrap_err();
        assert_eq!(refused(wrong), [Question::RedirectUris], "{kind} {uris}");
    }
    let native = of("native", "com.example.notes:/back");
    let client = start.set_up(&native).await.unwrap().client.unwrap();
    assert!(!client.is_confidential() && client.secrets.is_empty());
    assert!(client.client_id.as_str().starts_with("c_"));
}

#[tokio::test]
async fn a_program_without_users_gets_a_secret_and_one_grant() {
    let start = Start::new().await;
    let typed = TypedAnswers {
        client_kind: "machine".to_owned(),
        redirect_uris: String::new(),
        ..whole("ada")
    };
    let made = start.set_up(&typed).await.unwrap();
    let client = made.client.unwrap();
    client.check().unwrap();
    assert!(client.may_use("client_credentials") && !client.may_use("authorization_code"));
    assert!(made.client_secret.is_some());
}

#[tokio::test]
async fn a_secret_that_was_brought_along_is_kept_and_not_told() {
    let start = Start::new().await;
    let brought = "0123456789abcdef0123456789abcdef";
    let typed = TypedAnswers {
        client_secret: brought.to_owned(),
        ..whole("ada")
    };
    let public = TypedAnswers {
        client_kind: "browser".to_owned(),
        ..typed.clone()
    };
    let wrong = start.set_up(&public).await.unwrap_err();
    assert_eq!(refused(wrong), [Question::ClientSecret]);
    let made = start.set_up(&typed).await.unwrap();
    assert!(made.client_secret.is_none());
    let realm = start.realms.default.id;
    let digest = client_secret_digest(&*start.foundation.vault, realm, brought);
    assert_eq!(made.client.unwrap().secrets[0].digest, digest);
}

#[tokio::test]
async fn what_cannot_be_read_back_is_done_all_the_same_and_its_made_secret_is_told() {
    let brought = "0123456789abcdef0123456789abcdef";
    for client_secret in ["", brought] {
        let mut machine = Machine::new();
        let line = FallsSilent::over(machine.store.clone());
        machine.line = Some(line.clone());
        let start = Start::on(machine).await;
        let typed = TypedAnswers {
            client_secret: client_secret.to_owned(),
            ..whole("ada")
        };
        line.after_one_unit();
        let Err(SetUpError::Unread(unread)) = start.set_up(&typed).await else {
            panic!("the store answered after all");
        };
        line.speaks_again();
        assert_eq!(unread.client_id.as_ref().unwrap().as_str(), "notes");

        let again = start.set_up(&wanted("eve")).await.unwrap_err();
        assert_eq!(code(again), ErrorCode::NotFound, "the link is spent");
        assert!(start.first.is_there().await.unwrap());
        let (_, name, _) = start.standing().await;
        assert_eq!(name, "Northwind");
        let realm = start.realms.default.id;
        let directory = &start.foundation.directory;
        let client_id = unread.client_id.as_ref().unwrap();
        let client = directory.client(realm, client_id).await.unwrap().unwrap();
        let told = unread.client_secret.as_ref().map(SecretText::expose);
        assert_eq!(told.is_some(), client_secret.is_empty());
        let secret = told.map_or(brought, String::as_str);
        assert!(!format!("{unread:?}").contains(secret));
        let digest = client_secret_digest(&*start.foundation.vault, realm, secret);
        assert_eq!(client.secrets[0].digest, digest);
    }
}

#[tokio::test]
async fn a_weak_password_and_a_taken_client_id_are_told_together() {
    let start = Start::new().await;
    let mut system = start.realms.system.clone();
    system.settings.set(Setting::PasswordMinScore, 4).unwrap();
    let mut unit = start.machine.store.write().await.unwrap();
    unit.realms().update(&system).await.unwrap();
    unit.commit().await.unwrap();
    let (foundation, _) = start.machine.ready().await;
    let first = FirstAdministrator::new(foundation);
    let typed = TypedAnswers {
        password: "adalovelace".to_owned(),
        client_id: "gatelodge-docs".to_owned(),
        ..whole("ada")
    };
    let facts = RequestFacts::default();
    let wrong = first.set_up(start.link.expose(), &typed, &facts).await;
    let Err(SetUpError::Refused(wrong)) = wrong else {
        panic!("it is taken");
    };
    let taken = |it: &&gatelodge_usecases::setup::RefusedAnswer| it.objection == Objection::Taken;
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert_eq!(
        wrong.iter().find(taken).unwrap().question,
        Question::ClientId
    );
}

#[tokio::test]
async fn a_test_mail_goes_to_the_administrator_and_its_trouble_is_told() {
    for works in [true, false] {
        let letters = Arc::new(LetterBox::default());
        let mut machine = Machine::new();
        machine.letters = Some(letters.clone());
        let start = Start::on(machine).await;
        if !works {
            letters.refuse(Some(550));
        }
        let typed = TypedAnswers {
            test_mail: TestMail::Wanted,
            ..whole("ada")
        };
        let made = start.set_up(&typed).await.unwrap();
        assert_eq!(made.mail.as_deref(), Some("a letter box"));
        let tested = made.tested.unwrap();
        assert_eq!(tested.delivery == Delivery::Sent, works);
        let sent = letters.empty();
        assert_eq!(sent.len(), usize::from(works));
        assert!(sent.iter().all(|mail| mail.to == "Ada@example.org"));
        let actions = start.machine.actions().await;
        assert!(actions.contains(&AuditAction::MailTested));
    }
}

#[tokio::test]
async fn without_an_address_or_a_mailer_no_mail_is_tried() {
    let start = Start::new().await;
    let typed = TypedAnswers {
        test_mail: TestMail::Wanted,
        ..whole("ada")
    };
    let made = start.set_up(&typed).await.unwrap();
    assert!(made.tested.is_none());
    assert!(!start.standing().await.2.contains(&AuditAction::MailTested));
}

#[tokio::test]
async fn a_link_of_recovery_sets_nothing_up_and_the_other_way_round() {
    let start = Start::new().await;
    let facts = RequestFacts::default();
    let link = start.link.expose();
    let let_in = start.first.let_in(link, "correct horse", &facts).await;
    assert_eq!(code(let_in.unwrap_err()), ErrorCode::NotFound);
    let name = gatelodge_domain::Username::parse("ada").unwrap();
    let recover = gatelodge_usecases::setup::Recover::new(start.foundation.clone());
    let link = recover.run(&name).await.unwrap();
    let typed = wanted("ada");
    let set_up = start.first.set_up(link.expose(), &typed, &facts);
    assert_eq!(code(set_up.await.unwrap_err()), ErrorCode::NotFound);
}

#[tokio::test]
async fn links_that_open_nothing_are_slowed_by_address_and_a_good_one_is_not() {
    let start = Start::new().await;
    let from = |address: &str| RequestFacts {
        address: Some(address.to_owned()),
        ..RequestFacts::default()
    };
    let (guesser, other) = (from("192.0.2.1"), from("192.0.2.2"));
    let limit = 20;
    for _ in 0..3 * limit {
        start
            .first
            .open(start.link.expose(), &guesser)
            .await
            .unwrap();
    }
    let open = async |facts: &RequestFacts| match start.first.open("gl_nothing", facts).await {
        Err(Error::Denied(denial)) => denial,
        opened => panic!("{opened:?}"),
    };
    for _ in 0..limit {
        assert_eq!(open(&guesser).await.code, ErrorCode::NotFound);
    }
    let held = open(&guesser).await;
    assert_eq!(held.code, ErrorCode::TooManyRequests);
    assert!(held.retry_after.unwrap().as_secs() <= 60);
    let typed = wanted("ada");
    let posted = start.first.set_up(start.link.expose(), &typed, &guesser);
    assert_eq!(code(posted.await.unwrap_err()), ErrorCode::TooManyRequests);
    assert_eq!(open(&other).await.code, ErrorCode::NotFound);
    start
        .machine
        .clock
        .advance(core::time::Duration::from_mins(1));
    let posted = start.first.set_up(start.link.expose(), &typed, &guesser);
    posted.await.unwrap();
}

#[tokio::test]
async fn a_post_that_a_link_does_not_admit_any_more_is_a_fact_and_a_look_is_none() {
    let start = Start::new().await;
    let facts = RequestFacts {
        address: Some("192.0.2.1".to_owned()),
        ..RequestFacts::default()
    };
    let (first, link) = (&start.first, start.link.expose());
    start.set_up(&wanted("ada")).await.unwrap();
    let refusals = async || {
        let actions = start.machine.actions().await;
        let refused = actions
            .iter()
            .filter(|it| **it == AuditAction::AccessDenied);
        refused.count()
    };
    // Looking at it, and a text that was never a link.
    first.open(link, &facts).await.unwrap_err();
    first.open_to_spend("gl_nothing", &facts).await.unwrap_err();
    assert_eq!(refusals().await, 0);
    for _ in 0..2 {
        first.open_to_spend(link, &facts).await.unwrap_err();
    }
    assert_eq!(
        refusals().await,
        1,
        "the second is counted beside the trail"
    );
    for _ in 0..20 {
        first.open("gl_nothing", &facts).await.unwrap_err();
    }
    assert_eq!(refusals().await, 1);
    for _ in 0..2 {
        let held = first.open_to_spend("gl_nothing", &facts).await;
        let Err(Error::Denied(denial)) = held else {
            panic!("{held:?}");
        };
        assert_eq!(denial.code, ErrorCode::TooManyRequests);
    }
    assert_eq!(refusals().await, 2, "that it had to wait");
}
