//! From the unit that has something to tell to the mailer, and what happens on the way.

use core::time::Duration;

use gatelodge_domain::Email;
use gatelodge_domain::user::{ProfileClaim, User};
use gatelodge_ports::Clock as _;
use gatelodge_usecases::foundation::Announcements;
use gatelodge_usecases::mail::{Attempt, DeliverMail, Letter, MAX_ATTEMPTS, MailTemplate};

use crate::house::{House, NOW};

/// Posts word of a changed password, as the use cases do.
async fn post(house: &House, user: &User, good_for: Option<Duration>) {
    let foundation = &house.foundation;
    let now = house.clock.now();
    let to: &Email = user.email.as_ref().unwrap();
    let letter = Letter {
        realm: &house.realm.realm,
        user,
        to,
        language: None,
        template: MailTemplate::PasswordChanged,
        values: vec![("time", "now".to_owned())],
        good_until: good_for.map(|time| now.plus(time)),
    };
    let message = letter.compose(foundation, now).await.unwrap();
    let mut announcements = Announcements::new();
    let mut unit = foundation.store.write().await.unwrap();
    announcements
        .post(&mut *unit, message.as_ref())
        .await
        .unwrap();
    unit.commit().await.unwrap();
    announcements.apply(foundation);
}

#[tokio::test]
async fn a_posted_mail_is_sent_once_and_wakes_the_sender() {
    let house = House::new().await;
    let ada = house.user("ada").await;
    post(&house, &ada, None).await;
    house.foundation.mail.rung().await;
    let deliver = DeliverMail::new(house.foundation.clone());
    assert_eq!(deliver.once().await.unwrap(), Attempt::Sent);
    assert_eq!(deliver.once().await.unwrap(), Attempt::Nothing);
    let mails = house.letters.empty();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, "ada@example.org");
    assert_eq!(mails[0].subject, "Your password for default was changed");
    assert!(
        mails[0].text.contains("account ada at default"),
        "{}",
        mails[0].text
    );
    assert!(mails[0].html.contains("<h1>default</h1>"));
    assert_eq!(house.foundation.mail.figures().sent, 1);
}

#[tokio::test]
async fn a_person_is_written_to_in_their_language() {
    let house = House::new().await;
    let mut ada = house.user("ada").await;
    ada.profile.set(ProfileClaim::Locale, "de-AT").unwrap();
    post(&house, &ada, None).await;
    let deliver = DeliverMail::new(house.foundation.clone());
    deliver.once().await.unwrap();
    ada.profile.set(ProfileClaim::Locale, "fr").unwrap();
    post(&house, &ada, None).await;
    deliver.once().await.unwrap();
    let [german, english] = house.letters.empty().try_into().unwrap();
    assert_eq!(german.subject, "Ihr Passwort für default wurde geändert");
    assert!(german.html.contains("<html lang=\"de\">"));
    assert_eq!(english.subject, "Your password for default was changed");
}

#[tokio::test]
async fn what_waits_in_the_outbox_is_sealed() {
    let house = House::new().await;
    let ada = house.user("ada").await;
    post(&house, &ada, None).await;
    let mut unit = house.foundation.store.write().await.unwrap();
    let taken = unit.outbox().take("mail", NOW, NOW, 9).await.unwrap();
    let payload = String::from_utf8_lossy(&taken[0].payload).into_owned();
    assert!(!payload.contains("ada"), "{payload}");
}

#[tokio::test]
async fn a_server_that_is_down_is_asked_again_ever_later() {
    let house = House::new().await;
    let ada = house.user("ada").await;
    post(&house, &ada, None).await;
    let deliver = DeliverMail::new(house.foundation.clone());
    house.letters.refuse(None);
    let first = deliver.once().await.unwrap();
    let postponed = Attempt::Postponed {
        what: "connection",
        code: None,
        attempts: 1,
    };
    assert_eq!(first, postponed);
    house.advance(9);
    assert_eq!(deliver.once().await.unwrap(), Attempt::Nothing, "too soon");
    house.advance(4);
    assert!(matches!(
        deliver.once().await.unwrap(),
        Attempt::Postponed { attempts: 2, .. }
    ));
    house.letters.accept();
    house.advance(19);
    assert_eq!(deliver.once().await.unwrap(), Attempt::Nothing, "too soon");
    house.advance(7);
    assert_eq!(deliver.once().await.unwrap(), Attempt::Sent);
    assert_eq!(house.letters.empty().len(), 1);
    assert!(house.story().await.is_empty(), "nothing was lost");
}

#[tokio::test]
async fn a_mail_that_cannot_be_sent_is_given_up_and_the_trail_says_so() {
    let house = House::new().await;
    let ada = house.user("ada").await;
    let deliver = DeliverMail::new(house.foundation.clone());

    post(&house, &ada, None).await;
    house.letters.refuse(Some(550));
    let refused = deliver.once().await.unwrap();
    assert!(matches!(
        refused,
        Attempt::GivenUp {
            code: Some(550),
            attempts: 1,
            ..
        }
    ));

    post(&house, &ada, None).await;
    house.letters.refuse(None);
    for _ in 1..MAX_ATTEMPTS {
        let attempt = deliver.once().await.unwrap();
        assert!(matches!(attempt, Attempt::Postponed { .. }), "{attempt:?}");
        house.advance(2 * 60 * 60);
    }
    let last = deliver.once().await.unwrap();
    assert!(matches!(last, Attempt::GivenUp { .. }), "{last:?}");
    house.advance(24 * 60 * 60);
    assert_eq!(deliver.once().await.unwrap(), Attempt::Nothing);

    post(&house, &ada, Some(Duration::from_mins(5))).await;
    house.letters.accept();
    house.advance(5 * 60);
    let late = deliver.once().await.unwrap();
    assert!(matches!(
        late,
        Attempt::GivenUp {
            what: "too_late",
            ..
        }
    ));

    assert!(house.letters.empty().is_empty());
    let story = house.story().await;
    let given_up = |why: &str| ("mail.given_up".to_owned(), why.to_owned());
    let expected = [
        given_up("refused"),
        given_up("connection"),
        given_up("too_late"),
    ];
    assert_eq!(story, expected);
    // The server's words name the recipient, and nobody else's log is to have them.
    let trail = format!("{:?}", house.trail().await);
    assert!(!trail.contains("ada@example.org"));
    assert_eq!(house.foundation.mail.figures().given_up, 3);
}

#[tokio::test]
async fn two_senders_at_once_send_a_mail_once() {
    let house = House::new().await;
    let ada = house.user("ada").await;
    for _ in 0..10 {
        post(&house, &ada, None).await;
    }
    let sender = || {
        let deliver = DeliverMail::new(house.foundation.clone());
        async move {
            let mut sent = 0;
            while deliver.once().await.unwrap() == Attempt::Sent {
                sent += 1;
            }
            sent
        }
    };
    let (one, other) = tokio::join!(tokio::spawn(sender()), tokio::spawn(sender()));
    assert_eq!(one.unwrap() + other.unwrap(), 10);
    let mut ids: Vec<String> = house
        .letters
        .empty()
        .into_iter()
        .map(|mail| mail.id)
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 10);
}

#[tokio::test]
async fn nobody_writes_to_who_was_deleted() {
    let house = House::new().await;
    let ada = house.user("ada").await;
    post(&house, &ada, None).await;
    let mut unit = house.foundation.store.write().await.unwrap();
    assert!(unit.users().remove(ada.realm, ada.id).await.unwrap());
    unit.commit().await.unwrap();
    let deliver = DeliverMail::new(house.foundation.clone());
    assert_eq!(deliver.once().await.unwrap(), Attempt::Dropped);
    assert_eq!(deliver.once().await.unwrap(), Attempt::Nothing);
    assert!(house.letters.empty().is_empty());
}
