//! Sign-ins and consents that the authorization endpoint remembers: never used once they are
//! over, forgotten at once by the node that ended them, and by others with the change feed.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::client::ConsentPolicy;
use gatelodge_domain::{Client, Setting};
use gatelodge_usecases::Foundation;
use gatelodge_usecases::consents::WithdrawConsent;
use gatelodge_usecases::foundation::{Follower, Ports};
use gatelodge_usecases::upkeep::FlushTouches;

use crate::desk::{Desk, allow, consent, error, sign_in, told};
use crate::house::{House, facts};

/// Two nodes over one store.
pub(crate) struct Nodes {
    pub(crate) here: Desk,
    there: Desk,
    follower: Follower,
}

impl Nodes {
    async fn new() -> Self {
        Self::over(House::new().await).await
    }

    pub(crate) async fn over(house: Arc<House>) -> Self {
        let here = &house.foundation;
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
        Self {
            follower: Follower::start(there.clone()).await.unwrap(),
            here: Desk::over(house.clone(), house.foundation.clone()),
            there: Desk::over(house, there),
        }
    }

    /// A client whose requests nobody is asked about.
    pub(crate) async fn own_client(&self) -> Arc<Client> {
        let waive = |client: &mut Client| client.consent = ConsentPolicy::Waived;
        self.here.house.public_client("app", waive).await
    }

    /// Both give a code, and remember what it was given for.
    pub(crate) async fn both_give(&self, client: &Client, cookie: &str) {
        for desk in [&self.here, &self.there] {
            for _ in 0..2 {
                let answer = told(desk.ask(client, Some(cookie), &[]).await);
                assert!(answer.contains_key("code"), "{answer:?}");
            }
            let figures = desk.foundation.directory.figures();
            let sessions = figures
                .iter()
                .find(|cache| cache.name == "sessions")
                .unwrap();
            assert!(sessions.hits > 0, "{figures:?}");
        }
    }

    /// No code is given here, where the sign-in page is shown at once, nor there, where it is
    /// shown after the feed was read.
    pub(crate) async fn both_ask_to_sign_in(&self, client: &Client, cookie: &str) {
        sign_in(self.here.ask(client, Some(cookie), &[]).await);
        let early = self.there.ask(client, Some(cookie), &[]).await;
        assert_eq!(error(early), "login_required");
        self.follower.poll().await.unwrap();
        sign_in(self.there.ask(client, Some(cookie), &[]).await);
    }
}

#[tokio::test]
async fn a_sign_in_that_was_ended_gives_no_code_anywhere() {
    let nodes = Nodes::new().await;
    nodes.here.person("ada").await;
    let client = nodes.own_client().await;
    let cookie = nodes.here.sign_in("ada").await;
    nodes.both_give(&client, &cookie).await;
    let me = nodes.here.who(&cookie).await.unwrap();
    let (realm, own) = (&nodes.here.house.realm, &nodes.here.own);
    own.end(realm, &me, me.session.id, &facts()).await.unwrap();
    nodes.both_ask_to_sign_in(&client, &cookie).await;
}

#[tokio::test]
async fn a_cookie_that_was_replaced_gives_no_code_anywhere() {
    let nodes = Nodes::new().await;
    nodes.here.person("ada").await;
    let client = nodes.own_client().await;
    let former = nodes.here.sign_in("ada").await;
    nodes.both_give(&client, &former).await;
    nodes.here.house.advance(1);
    let cookie = nodes.here.sign_in_again("ada", Some(&former)).await;
    nodes.both_ask_to_sign_in(&client, &former).await;
    nodes.both_give(&client, &cookie).await;
}

#[tokio::test]
async fn a_sign_in_that_only_asks_for_codes_is_in_use() {
    let nodes = Nodes::new().await;
    nodes.here.person("ada").await;
    let client = nodes.own_client().await;
    let cookie = nodes.here.sign_in("ada").await;
    let flush = [&nodes.here, &nodes.there].map(|desk| FlushTouches::new(desk.foundation.clone()));
    let idle = u64::from(Setting::SessionIdleLifetime.spec().default);
    for _ in 0..4 {
        nodes.here.house.advance(idle / 2);
        nodes.both_give(&client, &cookie).await;
        for flush in &flush {
            flush.run().await.unwrap();
        }
    }
    nodes.here.house.advance(idle);
    for desk in [&nodes.here, &nodes.there] {
        sign_in(desk.ask(&client, Some(&cookie), &[]).await);
    }
}

#[tokio::test]
async fn a_consent_that_was_withdrawn_is_asked_for_again() {
    let nodes = Nodes::new().await;
    let ada = nodes.here.person("ada").await;
    let client = nodes.here.house.public_client("app", |_| {}).await;
    let cookie = nodes.here.sign_in("ada").await;
    nodes.here.agree(&client, &cookie, &[], "openid").await;
    nodes.both_give(&client, &cookie).await;
    let withdraw = WithdrawConsent::new(nodes.here.house.foundation.clone());
    let parties = (ada.id, client.id);
    withdraw
        .withdraw(ada.realm, parties, AuditActor::System, &facts())
        .await
        .unwrap();
    consent(nodes.here.ask(&client, Some(&cookie), &[]).await);
    nodes.follower.poll().await.unwrap();
    consent(nodes.there.ask(&client, Some(&cookie), &[]).await);
}

#[tokio::test]
async fn a_consent_that_was_narrowed_is_asked_for_again_and_a_wider_one_counts_at_once() {
    let more = [("scope", "openid email")];
    let nodes = Nodes::new().await;
    nodes.here.person("ada").await;
    let client = nodes.here.house.public_client("app", |_| {}).await;
    let cookie = nodes.here.sign_in("ada").await;
    nodes.here.agree(&client, &cookie, &[], "openid").await;
    nodes.both_give(&client, &cookie).await;
    nodes.here.agree(&client, &cookie, &more, "email").await;
    for desk in [&nodes.there, &nodes.here] {
        let answer = told(desk.ask(&client, Some(&cookie), &more).await);
        assert!(answer.contains_key("code"), "{answer:?}");
    }
    let again = [("scope", "openid email"), ("prompt", "consent")];
    let ask = consent(nodes.here.ask(&client, Some(&cookie), &again).await);
    nodes.here.decide(&ask.request, &cookie, &allow("")).await;
    consent(nodes.here.ask(&client, Some(&cookie), &more).await);
    nodes.follower.poll().await.unwrap();
    consent(nodes.there.ask(&client, Some(&cookie), &more).await);
}
