//! Ways back in by mail: asking tells nothing, a link opens once, and what it was made for may
//! not have changed meanwhile.

mod addresses;
mod limits;
mod rest;

use std::sync::Arc;

use gatelodge_domain::audit::AuditAction;
use gatelodge_domain::user::{UserStatus, Verification};
use gatelodge_domain::{Email, Realm, Setting, User};
use gatelodge_ports::Clock as _;
use gatelodge_ports::mailer::Mail;
use gatelodge_ports::store::Change;
use gatelodge_usecases::audit::RequestFacts;
use gatelodge_usecases::mail::{Attempt, DeliverMail};
use gatelodge_usecases::realms::ServedRealm;
use gatelodge_usecases::recovery::{
    AddressError, AnswerRecovery, AskedFor, RecoverAccount, RecoveryError, ResetError,
    ResetPasswords, VerifyAddresses,
};
use gatelodge_usecases::sign_in::SignInError;
use tokio::task::JoinSet;

use crate::desk::{Desk, NoDelay, PASSWORD};
use crate::house::facts;

const NEW_PASSWORD: &str = "a staple of correct batteries";

struct Counter {
    desk: Desk,
    recover: RecoverAccount,
    resets: Arc<ResetPasswords>,
    addresses: VerifyAddresses,
}

impl Counter {
    async fn open() -> Self {
        let desk = Desk::new().await;
        let foundation = desk.house.foundation.clone();
        Self {
            recover: RecoverAccount::new(foundation.clone()),
            resets: Arc::new(ResetPasswords::new(foundation.clone())),
            addresses: VerifyAddresses::new(foundation, desk.passwords.clone()),
            desk,
        }
    }

    async fn ask(&self, name: &str) -> Result<(), RecoveryError> {
        self.ask_from(name, None, &facts()).await
    }

    async fn ask_from(
        &self,
        name: &str,
        familiar: Option<&str>,
        facts: &RequestFacts,
    ) -> Result<(), RecoveryError> {
        let asked = AskedFor {
            name,
            language: "en",
            familiar,
        };
        self.recover
            .ask(&self.desk.house.realm, &asked, facts)
            .await
    }

    /// Lets the jobs run, and answers what arrived.
    async fn letters(&self) -> Vec<Mail> {
        let foundation = &self.desk.house.foundation;
        let answers = AnswerRecovery::new(foundation.clone(), Arc::new(NoDelay));
        while answers.once().await.unwrap() {}
        let mails = DeliverMail::new(foundation.clone());
        while mails.once().await.unwrap() == Attempt::Sent {}
        self.desk.house.letters.empty()
    }

    /// The secret of the link that somebody is sent who forgot their password.
    async fn link(&self, name: &str) -> String {
        self.ask(name).await.unwrap();
        let letters = self.letters().await;
        secret(letters.last().unwrap())
    }

    async fn reset(&self, token: &str) -> Result<(), ResetError> {
        let realm = &self.desk.house.realm;
        self.resets
            .reset(realm, token, NEW_PASSWORD, &facts())
            .await
    }

    async fn is_good(&self, token: &str) -> bool {
        let realm = &self.desk.house.realm;
        let open = self.resets.peek(realm, token, &facts()).await;
        open.unwrap().is_some()
    }

    async fn stored(&self, user: &User) -> User {
        let mut view = self.desk.house.foundation.store.read().await.unwrap();
        let found = view.users().find(user.realm, user.id).await.unwrap();
        found.unwrap()
    }

    async fn change(&self, user: &User, change: impl FnOnce(&mut User)) {
        let mut user = self.stored(user).await;
        change(&mut user);
        let foundation = &self.desk.house.foundation;
        let mut unit = foundation.store.write().await.unwrap();
        unit.users().update(&user).await.unwrap();
        unit.commit().await.unwrap();
        foundation.apply(Change::User(user.realm, user.id));
    }

    fn realm_with(&self, setting: Setting, value: u32) -> ServedRealm {
        let mut served = (*self.desk.house.realm).clone();
        served.realm.settings.set(setting, value).unwrap();
        served
    }
}

/// The last part of the link in a mail.
fn secret(mail: &Mail) -> String {
    let link = mail
        .text
        .lines()
        .find(|line| line.starts_with("https://id.example/"));
    let link = link.unwrap_or_else(|| panic!("no link in {}", mail.text));
    link.rsplit('/').next().unwrap().to_owned()
}

fn from(address: &str) -> RequestFacts {
    RequestFacts {
        address: Some(address.to_owned()),
        ..facts()
    }
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_a_link() {
    let counter = Counter::open().await;
    let desk = &counter.desk;
    let ada = desk.person("ada").await;
    let cookie = desk.sign_in("ada").await;
    counter.ask("Ada").await.unwrap();
    let letters = counter.letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].to, "ada@example.org");
    assert_eq!(letters[0].subject, "A new password for default");
    let token = secret(&letters[0]);
    assert!(letters[0].html.contains(&format!("/recover/{token}\"")));

    let open = counter
        .resets
        .peek(&desk.house.realm, &token, &facts())
        .await;
    assert_eq!(open.unwrap().unwrap().username, "ada");
    assert!(desk.who(&cookie).await.is_some());
    desk.house.advance(1);
    counter.reset(&token).await.unwrap();
    assert!(desk.who(&cookie).await.is_none(), "everybody is signed out");
    let old = desk.attempt("ada", PASSWORD).await;
    assert!(matches!(old, Err(SignInError::WrongCredentials)));
    let proven = desk.attempt("ada", NEW_PASSWORD).await.unwrap();
    assert_eq!(proven.user.id, ada.id);

    let word = counter.letters().await;
    assert_eq!(word.len(), 1, "the owner hears of it");
    assert_eq!(word[0].subject, "Your password for default was changed");
}

#[tokio::test]
async fn asking_costs_and_leaves_the_same_for_every_name() {
    let counter = Counter::open().await;
    let desk = &counter.desk;
    desk.person("ada").await;
    let gone = desk.person("gone").await;
    let since = desk.house.clock.now();
    desk.house
        .set_status(&gone, UserStatus::Deactivated { since })
        .await;
    let nameless = desk.person("nameless").await;
    counter.change(&nameless, |user| user.email = None).await;
    let jobs = desk.house.foundation.hasher.jobs();
    let names = [
        "ada",
        "ada@example.org",
        "nobody",
        "nobody@example.org",
        "gone",
        "nameless",
        "no such name\u{202e}",
    ];
    for name in names {
        counter.ask(name).await.unwrap();
    }
    assert_eq!(desk.house.foundation.hasher.jobs(), jobs);
    assert!(desk.house.story().await.is_empty(), "nothing is known yet");
    let mut unit = desk.house.foundation.store.write().await.unwrap();
    let waiting = unit
        .outbox()
        .take("recovery", since, since, 99)
        .await
        .unwrap();
    drop(unit);
    assert_eq!(waiting.len(), names.len());
    let lengths: Vec<usize> = waiting
        .iter()
        .zip(names)
        .map(|(message, name)| message.payload.len() - name.len())
        .collect();
    assert!(
        lengths.iter().all(|length| *length == lengths[0]),
        "{lengths:?}"
    );

    let letters = counter.letters().await;
    let to: Vec<&str> = letters.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["ada@example.org", "ada@example.org"]);
    let requested = |how: &str| ("user.password_reset_requested".to_owned(), how.to_owned());
    let expected = [
        "success",
        "success",
        "unknown_user",
        "unknown_user",
        "cannot_authenticate",
        "no_address",
        "unknown_user",
    ];
    assert_eq!(desk.house.story().await, expected.map(requested));
    let trail = format!("{:?}", desk.house.trail().await);
    assert!(!trail.contains("nobody"), "an unknown name is not kept");
}

#[tokio::test]
async fn looking_at_a_link_spends_nothing_and_one_of_many_posts_spends_it() {
    let counter = Counter::open().await;
    counter.desk.person("ada").await;
    let token = counter.link("ada").await;
    for _ in 0..10 {
        assert!(counter.is_good(&token).await);
    }
    let mut posts = JoinSet::new();
    for _ in 0..16 {
        let (resets, token) = (counter.resets.clone(), token.clone());
        let realm = counter.desk.house.realm.clone();
        posts.spawn(async move { resets.reset(&realm, &token, NEW_PASSWORD, &facts()).await });
    }
    let outcomes = posts.join_all().await;
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(won, 1);
    let lost = |outcome: &&Result<(), ResetError>| matches!(outcome, Err(ResetError::Spent));
    assert_eq!(outcomes.iter().filter(lost).count(), 15);
    assert!(!counter.is_good(&token).await);
}

#[tokio::test]
async fn a_spent_link_costs_no_hash_and_is_a_fact() {
    let counter = Counter::open().await;
    let desk = &counter.desk;
    desk.person("ada").await;
    let token = counter.link("ada").await;
    counter.reset(&token).await.unwrap();
    let jobs = desk.house.foundation.hasher.jobs();
    for token in [token.as_str(), token.as_str(), "gl_ot_nonsense", ""] {
        let again = counter.reset(token).await;
        assert!(matches!(again, Err(ResetError::Spent)), "{again:?}");
    }
    assert_eq!(desk.house.foundation.hasher.jobs(), jobs);
    let spent = desk.house.story().await;
    let spent = spent.iter().filter(|(_, how)| how == "link_spent");
    assert_eq!(spent.count(), 1, "repeats are counted");
}

#[tokio::test]
async fn a_second_link_voids_the_first() {
    let counter = Counter::open().await;
    counter.desk.person("ada").await;
    let first = counter.link("ada").await;
    let second = counter.link("ada@example.org").await;
    assert!(!counter.is_good(&first).await);
    assert!(matches!(
        counter.reset(&first).await,
        Err(ResetError::Spent)
    ));
    counter.reset(&second).await.unwrap();
}

#[tokio::test]
async fn a_link_dies_with_its_time_and_with_what_it_was_made_for() {
    let counter = Counter::open().await;
    let desk = &counter.desk;
    let ada = desk.person("ada").await;

    let token = counter.link("ada").await;
    desk.house.advance(30 * 60);
    assert!(matches!(
        counter.reset(&token).await,
        Err(ResetError::Spent)
    ));

    let token = counter.link("ada").await;
    let other = Email::parse("other@example.org").unwrap();
    counter.change(&ada, |user| user.email = Some(other)).await;
    assert!(matches!(
        counter.reset(&token).await,
        Err(ResetError::Spent)
    ));

    let token = counter.link("ada").await;
    desk.house.advance(1);
    let password = gatelodge_domain::Password::parse(NEW_PASSWORD).unwrap();
    let cost = gatelodge_domain::password::Argon2Cost {
        memory: 8_192,
        iterations: 1,
        parallelism: 1,
    };
    desk.set_password(&ada, &password, cost).await;
    assert!(matches!(
        counter.reset(&token).await,
        Err(ResetError::Spent)
    ));

    let token = counter.link("ada").await;
    let since = desk.house.clock.now();
    counter
        .change(&ada, |user| user.status = UserStatus::Deactivated { since })
        .await;
    assert!(matches!(
        counter.reset(&token).await,
        Err(ResetError::Spent)
    ));
}

#[tokio::test]
async fn a_link_of_one_realm_opens_nothing_in_another() {
    let counter = Counter::open().await;
    counter.desk.person("ada").await;
    let token = counter.link("ada").await;
    let other = &counter.desk.house.other_realm;
    let facts = facts();
    let open = counter.resets.peek(other, &token, &facts).await;
    assert_eq!(open.unwrap(), None);
    let reset = counter.resets.reset(other, &token, NEW_PASSWORD, &facts);
    assert!(matches!(reset.await, Err(ResetError::Spent)));
    let realm = &counter.desk.house.realm;
    let verified = counter.addresses.confirm(realm, &token, &facts).await;
    assert!(
        matches!(verified, Err(AddressError::Spent)),
        "nor as another kind"
    );
    counter.reset(&token).await.unwrap();
}

#[tokio::test]
async fn a_refused_password_does_not_cost_the_link() {
    let counter = Counter::open().await;
    counter.desk.person("ada").await;
    let token = counter.link("ada").await;
    let realm = &counter.desk.house.realm;
    for weak in ["short", "password", "ada@example.org"] {
        let refused = counter.resets.reset(realm, &token, weak, &facts()).await;
        assert!(matches!(refused, Err(ResetError::Refused(_))), "{weak}");
    }
    counter.reset(&token).await.unwrap();
}

#[tokio::test]
async fn a_reset_proves_the_address() {
    let counter = Counter::open().await;
    let ada = counter.desk.person("ada").await;
    counter
        .change(&ada, |user| {
            user.email_verification = Verification::Unverified;
        })
        .await;
    let token = counter.link("ada").await;
    counter.reset(&token).await.unwrap();
    let stored = counter.stored(&ada).await;
    assert_eq!(stored.email_verification, Verification::Verified);
    let actions: Vec<AuditAction> = counter
        .desk
        .house
        .trail()
        .await
        .into_iter()
        .map(|event| event.action)
        .collect();
    let expected = [
        AuditAction::PasswordResetRequested,
        AuditAction::PasswordChanged,
        AuditAction::EmailVerified,
    ];
    assert_eq!(actions, expected);
}

#[tokio::test]
async fn a_realm_may_turn_it_off() {
    let counter = Counter::open().await;
    counter.desk.person("ada").await;
    let closed = counter.realm_with(Setting::PasswordReset, 0);
    assert!(!counter.recover.is_offered(&closed));
    let asked = AskedFor {
        name: "ada",
        language: "en",
        familiar: None,
    };
    let answer = counter.recover.ask(&closed, &asked, &facts()).await;
    assert!(matches!(answer, Err(RecoveryError::NotOffered)));
    assert!(counter.letters().await.is_empty());
}

#[tokio::test]
async fn a_realm_that_is_gone_answers_nobody() {
    let counter = Counter::open().await;
    let desk = &counter.desk;
    desk.person("ada").await;
    counter.ask("ada").await.unwrap();
    let foundation = &desk.house.foundation;
    let mut unit = foundation.store.write().await.unwrap();
    let gone: Realm = desk.house.realm.realm.clone();
    let gone = Realm {
        status: gatelodge_domain::realm::RealmStatus::Disabled {
            since: desk.house.clock.now(),
        },
        ..gone
    };
    unit.realms().update(&gone).await.unwrap();
    unit.commit().await.unwrap();
    assert!(counter.letters().await.is_empty());
}
