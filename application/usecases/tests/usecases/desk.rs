//! The front desk of the small house: what a person's browser meets.

use std::collections::BTreeMap;
use std::sync::Arc;

use gatelodge_domain::password::Argon2Cost;
use gatelodge_domain::session::Persistence;
use gatelodge_domain::{
    Client, CodeChallenge, CodeVerifier, Password, PasswordCredential, Revision, ScopeSet, User,
};
use gatelodge_ports::Clock as _;
use gatelodge_usecases::Foundation;
use gatelodge_usecases::authorize::{
    Answer, AskConsent, AskSignIn, Authorize, AuthorizeError, AuthorizeParts, ConsentAnswer,
    Delivery, Shown,
};
use gatelodge_usecases::mfa::{Begun, SignInSteps, SignInStepsParts};
use gatelodge_usecases::sessions::{CurrentSession, OwnSessions, SignedIn};
use gatelodge_usecases::sign_in::{PasswordAttempt, PasswordCheck, Proven, SignInError};
use gatelodge_usecases::sign_out::{SignOut, SignOutParts};
use gatelodge_usecases::tokens::{MintAccessToken, Subjects};
use gatelodge_usecases::upkeep::FlushTouches;
use gatelodge_usecases::userinfo::scope_claims::built_in_scope_claims;

use crate::house::{CALLBACK, House, VERIFIER, factor_methods, facts, parameters};

pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) struct Desk {
    pub(crate) house: Arc<House>,
    pub(crate) foundation: Arc<Foundation>,
    pub(crate) passwords: Arc<PasswordCheck>,
    pub(crate) steps: SignInSteps,
    pub(crate) current: Arc<CurrentSession>,
    pub(crate) own: OwnSessions,
    pub(crate) authorize: Authorize,
    pub(crate) sign_out: SignOut,
}

pub(crate) struct NoDelay;

#[async_trait::async_trait]
impl gatelodge_ports::Delay for NoDelay {
    async fn wait(&self, _: core::time::Duration) {}
}

impl Desk {
    pub(crate) async fn new() -> Self {
        let house = House::new().await;
        let foundation = house.foundation.clone();
        Self::over(house, foundation)
    }

    /// A desk in that house, on a node of its own.
    pub(crate) fn over(house: Arc<House>, foundation: Arc<Foundation>) -> Self {
        let current = Arc::new(CurrentSession::new(foundation.clone()));
        let subjects = Arc::new(Subjects::new(foundation.clone()));
        let passwords = Arc::new(PasswordCheck::new(foundation.clone(), Arc::new(NoDelay)));
        let parts = AuthorizeParts {
            foundation: foundation.clone(),
            current_session: current.clone(),
            subjects: subjects.clone(),
            access_tokens: Arc::new(MintAccessToken::new(foundation.clone(), house.keys.clone())),
            keys: house.keys.clone(),
            scope_claims: built_in_scope_claims(),
        };
        Self {
            steps: SignInSteps::new(SignInStepsParts {
                foundation: foundation.clone(),
                methods: factor_methods(&foundation),
                password_check: passwords.clone(),
            }),
            passwords,
            own: OwnSessions::new(foundation.clone()),
            authorize: Authorize::new(parts),
            sign_out: SignOut::new(SignOutParts {
                foundation: foundation.clone(),
                current_session: current.clone(),
                subjects,
            }),
            current,
            foundation,
            house,
        }
    }

    /// A person with [`PASSWORD`].
    pub(crate) async fn person(&self, name: &str) -> User {
        let user = self.house.user(name).await;
        let password = Password::parse(PASSWORD).unwrap();
        let cost = Argon2Cost {
            memory: 8_192,
            iterations: 1,
            parallelism: 1,
        };
        self.set_password(&user, &password, cost).await;
        user
    }

    pub(crate) async fn set_password(&self, user: &User, password: &Password, cost: Argon2Cost) {
        let foundation = &self.house.foundation;
        let credential = PasswordCredential {
            realm: user.realm,
            user: user.id,
            hash: foundation.hasher.hash(password, cost).await.unwrap(),
            changed_at: self.house.clock.now(),
            revision: Revision::FIRST,
        };
        let mut unit = foundation.store.write().await.unwrap();
        unit.passwords().put(&credential).await.unwrap();
        unit.commit().await.unwrap();
    }

    pub(crate) async fn attempt(
        &self,
        username: &str,
        password: &str,
    ) -> Result<Proven, SignInError> {
        let attempt = PasswordAttempt {
            username,
            password,
            client: None,
            familiar: None,
        };
        self.passwords
            .check(&self.house.realm, &attempt, &facts())
            .await
    }

    /// Signs a person in to a fresh browser, and answers its cookie.
    pub(crate) async fn sign_in(&self, name: &str) -> String {
        self.sign_in_again(name, None).await
    }

    /// Signs a person in to a browser that has that cookie.
    pub(crate) async fn sign_in_again(&self, name: &str, cookie: Option<&str>) -> String {
        let proven = self.attempt(name, PASSWORD).await.unwrap();
        let realm = &self.house.realm;
        let persistence = Persistence::BrowserSession;
        let begun = self
            .steps
            .begin(realm, proven, name, persistence, None, &facts())
            .await;
        let Ok(Begun::Cleared(cleared)) = begun else {
            panic!("more is asked: {begun:?}");
        };
        let entered = self
            .steps
            .enter(realm, cleared, persistence, cookie, &facts())
            .await
            .unwrap();
        entered.session.secret.expose().clone()
    }

    pub(crate) async fn who(&self, cookie: &str) -> Option<SignedIn> {
        let now = self.house.clock.now();
        let found = self
            .current
            .of(&self.house.realm, Some(cookie), now)
            .await
            .unwrap();
        let touches = FlushTouches::new(self.house.foundation.clone());
        touches.run().await.unwrap();
        found
    }

    /// An authorization request of a client; further parameters replace those of the same
    /// name, and an empty value leaves one out.
    pub(crate) async fn ask(
        &self,
        client: &Client,
        cookie: Option<&str>,
        further: &[(&str, &str)],
    ) -> Result<Answer, AuthorizeError> {
        let challenge = CodeChallenge::of(&CodeVerifier::parse(VERIFIER).unwrap());
        let mut pairs = vec![
            ("client_id", client.client_id.as_str()),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid"),
            ("state", "the-state"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        pairs.retain(|(name, _)| !further.iter().any(|(other, _)| other == name));
        pairs.extend(further.iter().filter(|(_, value)| !value.is_empty()));
        let parameters = parameters(&pairs);
        let realm = &self.house.realm;
        self.authorize
            .begin(realm, &parameters, cookie, &facts())
            .await
    }

    /// Goes on with a sealed request.
    pub(crate) async fn go_on(&self, sealed: &str, cookie: Option<&str>) -> Answer {
        let parameters = parameters(&[("request", sealed)]);
        let realm = &self.house.realm;
        self.authorize
            .begin(realm, &parameters, cookie, &facts())
            .await
            .unwrap()
    }

    /// Answers the consent page.
    pub(crate) async fn decide(
        &self,
        sealed: &str,
        cookie: &str,
        answer: &ConsentAnswer,
    ) -> Answer {
        let realm = &self.house.realm;
        self.authorize
            .decide(realm, sealed, Some(cookie), answer, &facts())
            .await
            .unwrap()
    }

    /// Asks, says yes to those scopes, and answers what the client gets.
    pub(crate) async fn agree(
        &self,
        client: &Client,
        cookie: &str,
        further: &[(&str, &str)],
        ticked: &str,
    ) -> BTreeMap<String, String> {
        let ask = consent(self.ask(client, Some(cookie), further).await);
        let answer = self.decide(&ask.request, cookie, &allow(ticked)).await;
        told(Ok(answer))
    }
}

pub(crate) fn allow(scopes: &str) -> ConsentAnswer {
    ConsentAnswer::Allow(ScopeSet::parse(scopes).unwrap())
}

/// What the client is told, from query or fragment.
pub(crate) fn told(answer: Result<Answer, AuthorizeError>) -> BTreeMap<String, String> {
    let url = location(answer);
    let (_, encoded) = url.split_once(['?', '#']).unwrap();
    encoded
        .split('&')
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

/// The error that the client is told.
pub(crate) fn error(answer: Result<Answer, AuthorizeError>) -> String {
    let told = told(answer);
    assert!(!told.contains_key("code"));
    told.get("error").cloned().unwrap_or_default()
}

pub(crate) fn location(answer: Result<Answer, AuthorizeError>) -> String {
    match answer {
        Ok(Answer::Client {
            delivery: Delivery::Location(url),
            ..
        }) => url,
        other => panic!("no redirect to the client: {other:?}"),
    }
}

pub(crate) fn sign_in(answer: Result<Answer, AuthorizeError>) -> AskSignIn {
    match answer {
        Ok(Answer::SignIn(ask)) => ask,
        other => panic!("no sign-in page: {other:?}"),
    }
}

pub(crate) fn consent(answer: Result<Answer, AuthorizeError>) -> AskConsent {
    match answer {
        Ok(Answer::Consent(ask)) => *ask,
        other => panic!("no consent page: {other:?}"),
    }
}

/// An error that is shown and not redirected.
pub(crate) fn shown(answer: Result<Answer, AuthorizeError>) -> Shown {
    match answer {
        Err(AuthorizeError::Shown(shown)) => shown,
        other => panic!("no error page: {other:?}"),
    }
}
