//! Proving a mail address, and using another one.

use gatelodge_domain::Email;
use gatelodge_domain::user::Verification;
use gatelodge_usecases::recovery::{AddressError, ResetError};

use super::{Counter, secret};
use crate::desk::PASSWORD;
use crate::house::facts;

#[tokio::test]
async fn a_person_proves_their_address() {
    let counter = Counter::open().await;
    let desk = &counter.desk;
    let ada = desk.person("ada").await;
    counter
        .change(&ada, |user| {
            user.email_verification = Verification::Unverified;
        })
        .await;
    let me = desk.who(&desk.sign_in("ada").await).await.unwrap();
    let realm = &desk.house.realm;
    counter
        .addresses
        .ask(realm, &me, "de", &facts())
        .await
        .unwrap();
    let letters = counter.letters().await;
    assert_eq!(letters[0].subject, "Ist das Ihre Adresse? default");
    let token = secret(&letters[0]);
    let open = counter
        .addresses
        .peek(realm, &token, &facts())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(open.email, "ada@example.org");
    counter
        .addresses
        .confirm(realm, &token, &facts())
        .await
        .unwrap();
    let again = counter.addresses.confirm(realm, &token, &facts()).await;
    assert!(matches!(again, Err(AddressError::Spent)));
    let stored = counter.stored(&ada).await;
    assert_eq!(stored.email_verification, Verification::Verified);
    let me = desk.who(&desk.sign_in("ada").await).await.unwrap();
    let nothing = counter.addresses.ask(realm, &me, "en", &facts()).await;
    assert!(matches!(nothing, Err(AddressError::NothingToProve)));
}

#[tokio::test]
async fn a_new_address_takes_effect_when_it_is_proved_and_the_old_one_hears_of_it() {
    let counter = Counter::open().await;
    let desk = &counter.desk;
    let ada = desk.person("ada").await;
    let me = desk.who(&desk.sign_in("ada").await).await.unwrap();
    let realm = &desk.house.realm;
    let next = Email::parse("ada@new.example").unwrap();
    let change = async |password: &str| {
        counter
            .addresses
            .change(realm, &me, (&next, password), ("en", None), &facts())
            .await
    };
    let wrong = change("not it").await;
    assert!(matches!(wrong, Err(AddressError::WrongPassword)));
    assert!(counter.letters().await.is_empty());
    change(PASSWORD).await.unwrap();
    let letters = counter.letters().await;
    let mut to: Vec<&str> = letters.iter().map(|mail| mail.to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["ada@example.org", "ada@new.example"]);
    let word = letters.iter().find(|mail| mail.to == "ada@example.org");
    let word = word.unwrap();
    assert!(!word.text.contains("new.example") && !word.text.contains("https://"));
    assert_eq!(counter.stored(&ada).await.email, ada.email, "not yet");

    let reset = counter.link("ada").await;
    let token = letters.iter().find(|mail| mail.to == "ada@new.example");
    let token = secret(token.unwrap());
    counter
        .addresses
        .confirm(realm, &token, &facts())
        .await
        .unwrap();
    let stored = counter.stored(&ada).await;
    assert_eq!(stored.email.as_ref(), Some(&next));
    assert_eq!(stored.email_verification, Verification::Verified);
    let dead = counter.reset(&reset).await;
    assert!(
        matches!(dead, Err(ResetError::Spent)),
        "it went to the old address"
    );
}

#[tokio::test]
async fn an_address_that_somebody_else_has_is_not_taken_over() {
    let counter = Counter::open().await;
    let desk = &counter.desk;
    let ada = desk.person("ada").await;
    desk.person("bob").await;
    let me = desk.who(&desk.sign_in("ada").await).await.unwrap();
    let realm = &desk.house.realm;
    let bobs = Email::parse("bob@example.org").unwrap();
    counter
        .addresses
        .change(realm, &me, (&bobs, PASSWORD), ("en", None), &facts())
        .await
        .unwrap();
    let letters = counter.letters().await;
    let token = letters.iter().find(|mail| mail.to == "bob@example.org");
    let token = secret(token.unwrap());
    let confirmed = counter.addresses.confirm(realm, &token, &facts()).await;
    assert!(matches!(confirmed, Err(AddressError::Spent)));
    assert_eq!(counter.stored(&ada).await.email, ada.email);
}
