//! A small house: two realms, the token service, people and clients on demand.

mod ports;
mod residents;

use core::num::NonZeroUsize;
use core::time::Duration;
use std::sync::Arc;

use gatelodge_crypto::{Argon2Hasher, OpensslHmac, OpensslKeyFactory, OpensslVault};
use gatelodge_domain::audit::AuditAction;
use gatelodge_domain::realm::RealmStatus;
use gatelodge_domain::{
    AuditEvent, Digest, DisplayName, Id, Realm, RealmSlug, Revision, SecretBytes, Setting,
    Settings, Timestamp,
};
use gatelodge_passwords::ZxcvbnStrength;
use gatelodge_ports::store::AuditFilter;
use gatelodge_ports::vault::DataKeyPurpose;
use gatelodge_ports::{Clock as _, Store as _};
use gatelodge_store_memory::MemoryStore;
use gatelodge_usecases::audit::RequestFacts;
use gatelodge_usecases::client_authentication::{
    ClientAuthenticator, ClientRequest, built_in_methods,
};
use gatelodge_usecases::foundation::Ports;
use gatelodge_usecases::introspection::{Introspection, IntrospectionEndpoint};
use gatelodge_usecases::keys::KeyMaintenance;
use gatelodge_usecases::mfa::factors::TotpFactor;
use gatelodge_usecases::mfa::{FactorMethods, SignInSteps, SignInStepsParts};
use gatelodge_usecases::realms::{Issuers, ServedRealm};
use gatelodge_usecases::revocations::RevocationEndpoint;
use gatelodge_usecases::sign_in::PasswordCheck;
use gatelodge_usecases::token::grant_types::{
    AuthorizationCodeGrant, ClientCredentialsGrant, PasswordGrant, RefreshTokenGrant,
};
use gatelodge_usecases::token::{Issuing, TokenAnswer, TokenEndpoint};
use gatelodge_usecases::tokens::{AccessTokens, MintAccessToken, RefreshTokens, Subjects};
use gatelodge_usecases::userinfo::UserinfoEndpoint;
use gatelodge_usecases::userinfo::scope_claims::built_in_scope_claims;
use gatelodge_usecases::{Denial, Error, ErrorCode, Foundation, Parameters};

use ports::{CountingRng, NoDelay};
pub(crate) use ports::{FallsSilent, LetterBox, StillClock};
pub(crate) use residents::{CALLBACK, SECRET, VERIFIER};

/// The first moment of every test.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

pub(crate) struct House {
    pub(crate) clock: Arc<StillClock>,
    /// Where mail arrives.
    pub(crate) letters: Arc<LetterBox>,
    pub(crate) foundation: Arc<Foundation>,
    /// The default realm.
    pub(crate) realm: Arc<ServedRealm>,
    /// A realm whose things are nobody's business in the default one.
    pub(crate) other_realm: Arc<ServedRealm>,
    pub(crate) keys: Arc<KeyMaintenance>,
    pub(crate) access_tokens: Arc<AccessTokens>,
    pub(crate) token: TokenEndpoint,
    pub(crate) introspection: IntrospectionEndpoint,
    pub(crate) revocation: RevocationEndpoint,
    pub(crate) userinfo: UserinfoEndpoint,
}

impl House {
    pub(crate) async fn new() -> Arc<Self> {
        let clock = Arc::new(StillClock::at(NOW));
        let letters = Arc::new(LetterBox::default());
        let foundation = foundation(clock.clone(), letters.clone());
        let realm = open_realm(&foundation, "default").await;
        let other_realm = open_realm(&foundation, "acme").await;
        let keys = Arc::new(KeyMaintenance::new(foundation.clone()));
        let subjects = Arc::new(Subjects::new(foundation.clone()));
        let mint = Arc::new(MintAccessToken::new(foundation.clone(), keys.clone()));
        let access_tokens = Arc::new(AccessTokens::new(foundation.clone(), subjects.clone()));
        let refresh_tokens = Arc::new(RefreshTokens::new(foundation.vault.clone()));
        let clients = Arc::new(ClientAuthenticator::new(
            foundation.clone(),
            built_in_methods(),
        ));
        let issuing = Arc::new(Issuing {
            foundation: foundation.clone(),
            subjects: subjects.clone(),
            access_tokens: mint.clone(),
            refresh_tokens: refresh_tokens.clone(),
        });
        let passwords = Arc::new(PasswordCheck::new(foundation.clone(), Arc::new(NoDelay)));
        let parts = SignInStepsParts {
            foundation: foundation.clone(),
            methods: factor_methods(&foundation),
            password_check: passwords.clone(),
        };
        let steps = Arc::new(SignInSteps::new(parts));
        Arc::new(Self {
            token: TokenEndpoint::new(
                foundation.clone(),
                keys.clone(),
                clients.clone(),
                mint,
                vec![
                    Arc::new(AuthorizationCodeGrant::new(issuing.clone())),
                    Arc::new(RefreshTokenGrant::new(issuing.clone())),
                    Arc::new(ClientCredentialsGrant::new(issuing.clone())),
                    Arc::new(PasswordGrant::new(issuing, passwords, steps.clone())),
                ],
            ),
            introspection: IntrospectionEndpoint::new(
                foundation.clone(),
                clients.clone(),
                access_tokens.clone(),
                refresh_tokens.clone(),
                subjects.clone(),
            ),
            revocation: RevocationEndpoint::new(
                foundation.clone(),
                clients,
                access_tokens.clone(),
                refresh_tokens,
            ),
            userinfo: UserinfoEndpoint::new(
                foundation.clone(),
                keys.clone(),
                subjects,
                access_tokens.clone(),
                built_in_scope_claims(),
            ),
            clock,
            letters,
            foundation,
            realm,
            other_realm,
            keys,
            access_tokens,
        })
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// A token request without an `Authorization` header, in the default realm.
    pub(crate) async fn exchange(&self, pairs: &[(&str, &str)]) -> Result<TokenAnswer, Error> {
        self.exchange_in(&self.realm, None, pairs).await
    }

    pub(crate) async fn exchange_in(
        &self,
        realm: &ServedRealm,
        authorization: Option<&str>,
        pairs: &[(&str, &str)],
    ) -> Result<TokenAnswer, Error> {
        let parameters = parameters(pairs);
        let request = ClientRequest {
            authorization,
            parameters: &parameters,
        };
        self.token.exchange(realm, &request, &facts()).await
    }

    pub(crate) async fn introspect(&self, pairs: &[(&str, &str)]) -> Result<Introspection, Error> {
        let parameters = parameters(pairs);
        let request = ClientRequest {
            authorization: None,
            parameters: &parameters,
        };
        let realm = &self.realm;
        self.introspection
            .introspect(realm, &request, &facts())
            .await
    }

    pub(crate) async fn revoke(&self, pairs: &[(&str, &str)]) -> Result<(), Error> {
        let parameters = parameters(pairs);
        let request = ClientRequest {
            authorization: None,
            parameters: &parameters,
        };
        self.revocation
            .revoke(&self.realm, &request, &facts())
            .await
    }

    /// Whether userinfo, introspection and their like would take the token.
    pub(crate) async fn is_accepted(&self, token: &str) -> bool {
        let now = self.clock.now();
        let accepted = self.access_tokens.accept(&self.realm, token, now).await;
        accepted.is_ok()
    }

    /// The trail, oldest first, without the making of keys.
    pub(crate) async fn trail(&self) -> Vec<AuditEvent> {
        let mut view = self.foundation.store.read().await.unwrap();
        let filter = AuditFilter::default();
        let listed = view.audit().list(&filter, None, 1_000).await.unwrap();
        let mut events: Vec<AuditEvent> = listed
            .items
            .into_iter()
            .map(|positioned| positioned.event)
            .filter(|event| event.action != AuditAction::KeyGenerated)
            .collect();
        events.reverse();
        events
    }

    /// What the trail says, as (action, outcome or reason).
    pub(crate) async fn story(&self) -> Vec<(String, String)> {
        let line = |event: AuditEvent| {
            let how = event
                .reason
                .unwrap_or_else(|| event.outcome.as_str().to_owned());
            (event.action.as_str().to_owned(), how)
        };
        self.trail().await.into_iter().map(line).collect()
    }
}

pub(crate) fn parameters(pairs: &[(&str, &str)]) -> Parameters {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Parameters::new(pairs.iter().map(owned).collect()).unwrap()
}

pub(crate) fn facts() -> RequestFacts {
    RequestFacts {
        id: Some("request".to_owned()),
        address: Some("192.0.2.7".to_owned()),
        user_agent: None,
    }
}

/// The code of a refusal.
pub(crate) fn code_of<T: core::fmt::Debug>(result: Result<T, Error>) -> ErrorCode {
    denial(result).code
}

pub(crate) fn denial<T: core::fmt::Debug>(result: Result<T, Error>) -> Denial {
    match result {
        Err(Error::Denied(denial)) => denial,
        other => panic!("not a refusal: {other:?}"),
    }
}

/// The claims of a token, not verified.
pub(crate) fn claims(token: &str) -> serde_json::Value {
    let jws = gatelodge_usecases::tokens::parse_jws(token).unwrap();
    serde_json::from_slice(&jws.payload).unwrap()
}

/// Every kind of second factor.
pub(crate) fn factor_methods(foundation: &Arc<Foundation>) -> FactorMethods {
    let totp = TotpFactor::new(foundation.clone(), Arc::new(OpensslHmac));
    FactorMethods::new(vec![Arc::new(totp)])
}

fn foundation(clock: Arc<StillClock>, letters: Arc<LetterBox>) -> Arc<Foundation> {
    let keys = DataKeyPurpose::ALL
        .into_iter()
        .zip(1_u8..)
        .map(|(purpose, byte)| (purpose, 1, SecretBytes::new(vec![byte; 32])))
        .collect();
    let store = MemoryStore::new();
    store.use_seal_key(Arc::new(|body| Digest::sha256(&body.to_bytes())));
    let issuers = Issuers::new("https://id.example", "https://admin.example").unwrap();
    let ports = Ports {
        store,
        clock,
        rng: Arc::new(CountingRng::default()),
        vault: Arc::new(OpensslVault::new(keys).unwrap()),
        hasher: Argon2Hasher::start(NonZeroUsize::MIN, 16).unwrap(),
        strength: Arc::new(ZxcvbnStrength::default()),
        mailer: Some(letters),
        key_factory: Arc::new(OpensslKeyFactory),
    };
    Foundation::new(ports, issuers)
}

async fn open_realm(foundation: &Foundation, slug: &str) -> Arc<ServedRealm> {
    let mut settings = Settings::default();
    settings.set(Setting::Argon2Memory, 8_192).unwrap();
    settings.set(Setting::Argon2Iterations, 1).unwrap();
    let id: Id<Realm> = foundation.rng.id(NOW);
    let realm = Realm {
        id,
        slug: RealmSlug::parse(slug).unwrap(),
        name: DisplayName::parse(slug).unwrap(),
        status: RealmStatus::Active,
        settings,
        user_schema: gatelodge_domain::attribute::UserSchema::default(),
        revision: Revision::FIRST,
        created_at: NOW,
    };
    let mut unit = foundation.store.write().await.unwrap();
    unit.realms().insert(&realm).await.unwrap();
    unit.commit().await.unwrap();
    let served = foundation.directory.realm(&realm.slug).await.unwrap();
    served.unwrap()
}
