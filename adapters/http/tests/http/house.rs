//! A listener with one confidential and one public client, and a person's access token.

use core::num::NonZeroUsize;
use core::time::Duration;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::HeaderName;
use actix_web::test::{self, TestRequest};
use actix_web::{App, web};
use gatelodge_crypto::{
    Argon2Hasher, OpensslHmac, OpensslKeyFactory, OpensslRng, OpensslVault, SystemClock,
};
use gatelodge_domain::client::{
    AccessTokenFormat, ClientAuthenticationMethod, ClientMetadata, ClientOrigin, ClientSecret,
    ClientStatus, ConsentPolicy, IntrospectionReach, PkceRequirement, RefreshPolicy,
};
use gatelodge_domain::realm::RealmStatus;
use gatelodge_domain::user::{Profile, SubjectId, UserStatus, Verification};
use gatelodge_domain::{
    ApplicationType, Client, ClientId, Digest, DisplayName, Id, KeyAlgorithm, Origin, Realm,
    RealmSlug, RedirectUri, Revision, ScopeSet, SecretBytes, Settings, Subject, User, Username,
};
use gatelodge_http::delay::TokioDelay;
use gatelodge_http::gate::Gate;
use gatelodge_http::quota::Quota;
use gatelodge_http::{HttpState, Transport, UseCases, admin_port, auth_port};
use gatelodge_passwords::ZxcvbnStrength;
use gatelodge_ports::Store;
use gatelodge_ports::vault::DataKeyPurpose;
use gatelodge_store_memory::MemoryStore;
use gatelodge_usecases::Foundation;
use gatelodge_usecases::admin::AdminApi;
use gatelodge_usecases::authorize::{Authorize, AuthorizeParts};
use gatelodge_usecases::client_authentication::{
    ClientAuthenticator, built_in_methods, client_secret_digest,
};
use gatelodge_usecases::discovery::{Capabilities, Discovery};
use gatelodge_usecases::foundation::{Follower, Ports};
use gatelodge_usecases::introspection::IntrospectionEndpoint;
use gatelodge_usecases::keys::KeyMaintenance;
use gatelodge_usecases::mfa::factors::TotpFactor;
use gatelodge_usecases::mfa::{FactorMethods, OwnFactors, SignInSteps, SignInStepsParts};
use gatelodge_usecases::passwords::{ChangePassword, ResetPassword};
use gatelodge_usecases::realms::{Issuers, Listener, ServedRealm};
use gatelodge_usecases::recovery::{RecoverAccount, ResetPasswords, VerifyAddresses};
use gatelodge_usecases::revocations::RevocationEndpoint;
use gatelodge_usecases::sessions::{CsrfTokens, CurrentSession, OwnSessions};
use gatelodge_usecases::setup::{FirstAdministrator, InitializeStore, IssuerPolicy};
use gatelodge_usecases::sign_in::PasswordCheck;
use gatelodge_usecases::sign_out::{SignOut, SignOutParts};
use gatelodge_usecases::token::grant_types::ClientCredentialsGrant;
use gatelodge_usecases::token::{Issuing, TokenEndpoint};
use gatelodge_usecases::tokens::{
    AccessTokenPlan, AccessTokens, MintAccessToken, RefreshTokens, Subjects,
};
use gatelodge_usecases::userinfo::UserinfoEndpoint;
use gatelodge_usecases::userinfo::scope_claims::built_in_scope_claims;
use gatelodge_usecases::users::OwnProfile;

pub(crate) const SECRET: &str = "gl_cs_0123456789012345678901234567890123456789";
/// The origin of the public client `app`.
pub(crate) const APP: &str = "https://app.example";
/// An origin that the confidential client `backend` registered beside its own.
pub(crate) const CONSOLE: &str = "https://console.example";

pub(crate) struct House {
    pub(crate) state: web::Data<HttpState>,
    realm: Arc<ServedRealm>,
    app: Client,
    mint: Arc<MintAccessToken>,
}

/// An answer, read.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    headers: Vec<(String, String)>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let named = |header: &&(String, String)| header.0 == name;
        self.headers.iter().find(named).map(|it| it.1.as_str())
    }

    /// Every value of a header that may come more than once.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|header| header.0 == name);
        named.map(|header| header.1.as_str()).collect()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl House {
    pub(crate) async fn auth() -> Self {
        Self::new(Listener::Auth).await
    }

    pub(crate) async fn admin() -> Self {
        Self::new(Listener::Admin).await
    }

    async fn new(listener: Listener) -> Self {
        let foundation = foundation(MemoryStore::new());
        let slug = match listener {
            Listener::Auth => RealmSlug::default_realm(),
            Listener::Admin => RealmSlug::system(),
        };
        let realm = open_realm(&foundation, slug).await;
        Self::of(foundation, realm, listener).await
    }

    /// The admin port of a house that nobody has set up, over that store.
    pub(crate) async fn not_set_up(store: Arc<dyn Store>) -> Self {
        let foundation = foundation(store);
        InitializeStore::new(foundation.clone())
            .run(IssuerPolicy::Keep)
            .await
            .unwrap();
        let system = foundation.directory.realm(&RealmSlug::system()).await;
        Self::of(foundation, system.unwrap().unwrap(), Listener::Admin).await
    }

    async fn of(foundation: Arc<Foundation>, realm: Arc<ServedRealm>, listener: Listener) -> Self {
        let keys = Arc::new(KeyMaintenance::new(foundation.clone()));
        keys.supply(realm.realm.id, KeyAlgorithm::Es256)
            .await
            .unwrap();
        let mint = Arc::new(MintAccessToken::new(foundation.clone(), keys.clone()));
        let app = client(&foundation, &realm, "app");
        let mut backend = client(&foundation, &realm, "backend");
        backend.redirect_uris = vec![RedirectUri::parse("https://backend.example/cb").unwrap()];
        backend
            .allowed_origins
            .insert(Origin::parse(CONSOLE).unwrap());
        backend.authentication = ClientAuthenticationMethod::ClientSecretBasic;
        backend.grant_types.insert("client_credentials".to_owned());
        backend.secrets = vec![ClientSecret {
            id: foundation.rng.id(foundation.clock.now()),
            digest: client_secret_digest(&*foundation.vault, realm.realm.id, SECRET),
            sealed: None,
            created_at: foundation.clock.now(),
            expires_at: None,
        }];
        let mut unit = foundation.store.write().await.unwrap();
        unit.clients().insert(&app).await.unwrap();
        unit.clients().insert(&backend).await.unwrap();
        unit.commit().await.unwrap();
        Follower::start(foundation.clone()).await.unwrap();
        let state = web::Data::new(HttpState {
            gate: Gate::default(),
            metrics: None,
            site: None,
            quota: Quota::new(0),
            listener,
            transport: Transport::Loopback { port: 9040 },
            authority: "127.0.0.1:9040".to_owned(),
            base_path: String::new(),
            trusted_proxies: Vec::new(),
            demo: None,
            docs: false,
            looks: Arc::default(),
            use_cases: Arc::new(use_cases(&foundation, &keys, &mint)),
            foundation,
        });
        Self {
            state,
            realm,
            app,
            mint,
        }
    }

    pub(crate) async fn ask(&self, request: TestRequest) -> Answer {
        let app =
            App::new()
                .app_data(self.state.clone())
                .configure(|config| match self.state.listener {
                    Listener::Auth => auth_port(config, ""),
                    Listener::Admin => admin_port(config, ""),
                });
        let service = test::init_service(app).await;
        let response = test::call_service(&service, request.to_request()).await;
        read(response).await
    }

    /// An access token that `app` holds for a person.
    pub(crate) async fn access_token(&self, scopes: &str) -> String {
        let foundation = &self.state.foundation;
        let now = foundation.clock.now();
        let user = User {
            id: foundation.rng.id(now),
            realm: self.realm.realm.id,
            subject: SubjectId::from_random(foundation.rng.bytes()),
            username: Username::parse("ada").unwrap(),
            email: None,
            email_verification: Verification::Unverified,
            profile: Profile::default(),
            attributes: gatelodge_domain::attribute::Attributes::default(),
            status: UserStatus::Active,
            password_change: gatelodge_domain::user::PasswordChange::Free,
            revision: Revision::FIRST,
            created_at: now,
            updated_at: now,
        };
        let mut unit = foundation.store.write().await.unwrap();
        unit.users().insert(&user).await.unwrap();
        unit.commit().await.unwrap();
        let plan = AccessTokenPlan {
            realm: &self.realm,
            client: &self.app,
            sub: user.subject.as_str(),
            subject: Subject::User(user.id),
            grant: foundation.rng.id(now),
            session: None,
            authentication: None,
            scopes: &ScopeSet::parse(scopes).unwrap(),
            resources: &[],
            confirmation: None,
            now,
        };
        let prepared = self.mint.prepare(&plan).await.unwrap();
        let signed = self.mint.sign(&self.realm, &self.app, &prepared).await;
        signed.unwrap()
    }
}

pub(crate) async fn read(response: ServiceResponse<impl MessageBody>) -> Answer {
    let status = response.status().as_u16();
    let text = |(name, value): (&HeaderName, &actix_web::http::header::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap().to_owned())
    };
    Answer {
        status,
        headers: response.headers().iter().map(text).collect(),
        body: test::read_body(response).await.to_vec(),
    }
}

fn foundation(store: Arc<dyn Store>) -> Arc<Foundation> {
    let keys = DataKeyPurpose::ALL
        .into_iter()
        .zip(1_u8..)
        .map(|(purpose, byte)| (purpose, 1, SecretBytes::new(vec![byte; 32])))
        .collect();
    store.use_seal_key(Arc::new(|body| Digest::sha256(&body.to_bytes())));
    let issuers = Issuers::new("http://127.0.0.1:9040", "http://127.0.0.1:9041").unwrap();
    let ports = Ports {
        store,
        clock: Arc::new(SystemClock::default()),
        rng: Arc::new(OpensslRng),
        vault: Arc::new(OpensslVault::new(keys).unwrap()),
        hasher: Argon2Hasher::start(NonZeroUsize::MIN, 16).unwrap(),
        strength: Arc::new(ZxcvbnStrength::default()),
        mailer: None,
        key_factory: Arc::new(OpensslKeyFactory),
    };
    Foundation::new(ports, issuers)
}

async fn open_realm(foundation: &Foundation, slug: RealmSlug) -> Arc<ServedRealm> {
    let now = foundation.clock.now();
    let id: Id<Realm> = foundation.rng.id(now);
    let realm = Realm {
        id,
        name: DisplayName::parse(slug.as_str()).unwrap(),
        slug,
        status: RealmStatus::Active,
        settings: Settings::default(),
        user_schema: gatelodge_domain::attribute::UserSchema::default(),
        revision: Revision::FIRST,
        created_at: now,
    };
    let mut unit = foundation.store.write().await.unwrap();
    unit.realms().insert(&realm).await.unwrap();
    unit.commit().await.unwrap();
    let served = foundation.directory.realm(&realm.slug).await.unwrap();
    served.unwrap()
}

fn client(foundation: &Foundation, realm: &ServedRealm, name: &str) -> Client {
    let now = foundation.clock.now();
    Client {
        id: foundation.rng.id(now),
        realm: realm.realm.id,
        client_id: ClientId::parse(name).unwrap(),
        status: ClientStatus::Enabled,
        origin: ClientOrigin::Administrator,
        name: DisplayName::parse(name).unwrap(),
        authentication: ClientAuthenticationMethod::None,
        secrets: Vec::new(),
        grant_types: ["authorization_code".to_owned()].into(),
        response_types: ["code".to_owned()].into(),
        redirect_uris: vec![RedirectUri::parse(&format!("{APP}/cb")).unwrap()],
        post_logout_redirect_uris: Vec::new(),
        application_type: ApplicationType::Web,
        allowed_origins: [].into(),
        scopes: ScopeSet::parse("openid profile").unwrap(),
        default_scopes: ScopeSet::empty(),
        audiences: Vec::new(),
        pkce: PkceRequirement::Required,
        consent: ConsentPolicy::Ask,
        introspection: IntrospectionReach::Realm,
        refresh: RefreshPolicy::default(),
        access_token_format: AccessTokenFormat::Jwt,
        id_token_algorithm: KeyAlgorithm::Es256,
        access_token_algorithm: KeyAlgorithm::Es256,
        userinfo_algorithm: None,
        metadata: ClientMetadata::default(),
        settings: Settings::default(),
        revision: Revision::FIRST,
        created_at: now,
        updated_at: now,
    }
}

fn use_cases(
    foundation: &Arc<Foundation>,
    keys: &Arc<KeyMaintenance>,
    mint: &Arc<MintAccessToken>,
) -> UseCases {
    let subjects = Arc::new(Subjects::new(foundation.clone()));
    let current_session = Arc::new(CurrentSession::new(foundation.clone()));
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
    let password_check = Arc::new(PasswordCheck::new(foundation.clone(), Arc::new(TokioDelay)));
    let totp = TotpFactor::new(foundation.clone(), Arc::new(OpensslHmac));
    let factors = FactorMethods::new(vec![Arc::new(totp)]);
    let sign_in_steps = Arc::new(SignInSteps::new(SignInStepsParts {
        foundation: foundation.clone(),
        methods: factors.clone(),
        password_check: password_check.clone(),
    }));
    UseCases {
        change_password: Arc::new(ChangePassword::new(
            foundation.clone(),
            password_check.clone(),
        )),
        reset_password: Arc::new(ResetPassword::new(foundation.clone())),
        password_check: password_check.clone(),
        sign_in_steps,
        own_factors: Arc::new(OwnFactors::new(foundation.clone(), factors)),
        current_session: current_session.clone(),
        own_sessions: Arc::new(OwnSessions::new(foundation.clone())),
        own_profile: Arc::new(OwnProfile::new(foundation.clone())),
        csrf: Arc::new(CsrfTokens::new(
            foundation.rng.clone(),
            foundation.vault.clone(),
        )),
        authorize: Arc::new(Authorize::new(AuthorizeParts {
            foundation: foundation.clone(),
            current_session: current_session.clone(),
            subjects: subjects.clone(),
            access_tokens: mint.clone(),
            keys: keys.clone(),
            scope_claims: built_in_scope_claims(),
        })),
        sign_out: Arc::new(SignOut::new(SignOutParts {
            foundation: foundation.clone(),
            current_session,
            subjects: subjects.clone(),
        })),
        token: Arc::new(TokenEndpoint::new(
            foundation.clone(),
            keys.clone(),
            clients.clone(),
            mint.clone(),
            vec![Arc::new(ClientCredentialsGrant::new(issuing))],
        )),
        userinfo: Arc::new(UserinfoEndpoint::new(
            foundation.clone(),
            keys.clone(),
            subjects.clone(),
            access_tokens.clone(),
            built_in_scope_claims(),
        )),
        introspection: Arc::new(IntrospectionEndpoint::new(
            foundation.clone(),
            clients.clone(),
            access_tokens.clone(),
            refresh_tokens.clone(),
            subjects,
        )),
        revocation: Arc::new(RevocationEndpoint::new(
            foundation.clone(),
            clients.clone(),
            access_tokens.clone(),
            refresh_tokens,
        )),
        admin: Arc::new(AdminApi::new(
            foundation,
            access_tokens,
            keys,
            Duration::ZERO,
        )),
        first_administrator: Arc::new(FirstAdministrator::new(foundation.clone())),
        recover_account: Arc::new(RecoverAccount::new(foundation.clone())),
        reset_passwords: Arc::new(ResetPasswords::new(foundation.clone())),
        verify_addresses: Arc::new(VerifyAddresses::new(
            foundation.clone(),
            password_check.clone(),
        )),
        clients,
        discovery: Arc::new(Discovery::new(Capabilities::default())),
    }
}
