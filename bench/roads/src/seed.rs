//! Filling a stopped store: people, clients, remembered consents and browser sessions.
//!
//! Through the ports and the use cases' own functions, so that what is stored is what the server
//! itself would have stored. All people share one password and its hash: Argon2 is run once.

use std::collections::BTreeSet;
use std::error::Error;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatelodge_crypto::{
    Aes256MasterKey, Argon2Hasher, OpensslKeyFactory, OpensslRng, OpensslVault, SystemClock,
};
use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::client::{
    AccessTokenFormat, ClientAuthenticationMethod, ClientMetadata, ClientOrigin, ClientSecret,
    ClientStatus, ConsentPolicy, IntrospectionReach, PkceRequirement, RefreshPolicy,
};
use gatelodge_domain::opaque_token::{OpaqueToken, TokenKind};
use gatelodge_domain::password::Argon2Cost;
use gatelodge_domain::session::Persistence;
use gatelodge_domain::user::{Profile, ProfileClaim, SubjectId, UserStatus, Verification};
use gatelodge_domain::{
    ApplicationType, AuditAction, Authentication, Client, ClientId, Consent, DisplayName, Email,
    Id, KeyAlgorithm, Password, PasswordCredential, PasswordHash, RealmSlug, RedirectUri, Revision,
    ScopeSet, Setting, Settings, Subject, Timestamp, User, Username,
};
use gatelodge_passwords::ZxcvbnStrength;
use gatelodge_ports::{Delay, Signer, Store};
use gatelodge_store_sea_orm::{Migrate, SeaOrmStore, SqliteOptions};
use gatelodge_usecases::Foundation;
use gatelodge_usecases::audit::{Entry, RequestFacts};
use gatelodge_usecases::client_authentication::client_secret_digest;
use gatelodge_usecases::foundation::Ports;
use gatelodge_usecases::mfa::{Begun, FactorMethods, SignInSteps, SignInStepsParts};
use gatelodge_usecases::realms::{Issuers, ServedRealm};
use gatelodge_usecases::setup::{OpenVault, seal_key};
use gatelodge_usecases::sign_in::{PasswordCheck, Proven};
use tokio::task::JoinSet;

use crate::fixture::{ClientFacts, Fixture, PersonFacts, REDIRECT_URI, SCOPE};

/// What goes wrong here ends the bench with its words.
pub type Failed = Box<dyn Error + Send + Sync>;

/// Rows written in one unit of work, which may not last long.
const AT_ONCE: usize = 100;
/// A password that nobody needs to type.
const PASSWORD: &str = "correct-horse-battery-staple";

/// Where the server is known.
#[derive(Debug, Clone)]
pub struct Urls {
    /// The auth port's.
    pub public: String,
    /// The admin port's.
    pub admin: String,
}

/// What the bench holds of the store besides its rows.
pub struct Seeded {
    /// What requests are made of.
    pub fixture: Fixture,
    /// Signs access tokens as the default realm does.
    pub signer: Arc<dyn Signer>,
    /// The stored hash of everybody's password.
    pub hash: String,
}

struct Ground {
    foundation: Arc<Foundation>,
    realm: Arc<ServedRealm>,
    now: Timestamp,
}

/// Fills the store in that folder, whose server is stopped.
pub async fn fill(data_dir: &Path, urls: &Urls, people: usize) -> Result<Seeded, Failed> {
    let foundation = found(data_dir, urls).await?;
    relax(&foundation).await?;
    let realm = foundation
        .directory
        .realm(&RealmSlug::default_realm())
        .await?
        .ok_or("the default realm is not there")?;
    let ground = Ground {
        now: foundation.clock.now(),
        foundation: foundation.clone(),
        realm,
    };
    let hash = ground.hash().await?;
    let users = ground.people(people, &hash).await?;
    let (es_ids, clients) = ground.clients("app", people, KeyAlgorithm::Es256).await?;
    let (rs_ids, rs256_clients) = ground
        .clients("app-rs", people, KeyAlgorithm::Rs256)
        .await?;
    ground.consents(&users, &es_ids).await?;
    ground.consents(&users, &rs_ids).await?;
    let people = ground.sessions(users).await?;
    let ring = foundation.key_rings.of(ground.realm.realm.id).await?;
    let signer = ring
        .signer(KeyAlgorithm::Es256)
        .ok_or("the realm has no key for access tokens")?
        .clone();
    foundation.store.close().await?;
    let host = urls.public.trim_start_matches("http://").to_owned();
    let port = host.rsplit(':').next().unwrap_or_default();
    Ok(Seeded {
        fixture: Fixture {
            cookie: format!("gl_auth_{port}_default"),
            host,
            password: PASSWORD.to_owned(),
            clients,
            rs256_clients,
            people,
            ..Fixture::default()
        },
        signer,
        hash: hash.as_phc().to_owned(),
    })
}

async fn found(data_dir: &Path, urls: &Urls) -> Result<Arc<Foundation>, Failed> {
    let store: Arc<dyn Store> = SeaOrmStore::open_sqlite(SqliteOptions {
        path: data_dir.join("gatelodge.db"),
        key: None,
        migrate: Migrate::Refuse,
    })
    .await?;
    let (rng, clock) = (Arc::new(OpensslRng), Arc::new(SystemClock::new()));
    let text = std::fs::read_to_string(data_dir.join("master.key"))?;
    let keys = OpenVault {
        store: &*store,
        master_key: &Aes256MasterKey::parse(text.trim())?,
        rng: &*rng,
        clock: &*clock,
    };
    let vault = Arc::new(OpensslVault::new(keys.run().await?)?);
    store.use_seal_key(seal_key(vault.clone()));
    let ports = Ports {
        store,
        clock,
        rng,
        vault,
        hasher: Argon2Hasher::start(NonZeroUsize::MIN, 1)?,
        strength: Arc::new(ZxcvbnStrength::default()),
        mailer: None,
        key_factory: Arc::new(OpensslKeyFactory),
    };
    Ok(Foundation::new(
        ports,
        Issuers::new(&urls.public, &urls.admin)?,
    ))
}

/// Throttling off, and tokens that last as long as the bench.
async fn relax(foundation: &Foundation) -> Result<(), Failed> {
    let mut unit = foundation.store.write().await?;
    let realm = unit
        .realms()
        .find_by_slug(&RealmSlug::default_realm())
        .await?;
    let mut realm = realm.ok_or("the default realm is not there")?;
    realm.settings.set(Setting::SignInAttemptsPerMinute, 0)?;
    realm.settings.set(Setting::SignInDelayAfter, 0)?;
    realm.settings.set(Setting::AccessTokenLifetime, 86_400)?;
    unit.realms().update(&realm).await?;
    unit.commit().await?;
    Ok(())
}

impl Ground {
    fn id<T>(&self) -> Id<T> {
        self.foundation.rng.id(self.now)
    }

    /// At the built-in cost.
    async fn hash(&self) -> Result<PasswordHash, Failed> {
        let cost = Argon2Cost {
            memory: Setting::Argon2Memory.spec().default,
            iterations: Setting::Argon2Iterations.spec().default,
            parallelism: Setting::Argon2Parallelism.spec().default,
        };
        let password = Password::parse(PASSWORD)?;
        Ok(self.foundation.hasher.hash(&password, cost).await?)
    }

    async fn people(&self, count: usize, hash: &PasswordHash) -> Result<Vec<User>, Failed> {
        let users = (0..count)
            .map(|number| self.person(number))
            .collect::<Result<Vec<_>, _>>()?;
        for some in users.chunks(AT_ONCE) {
            let mut unit = self.foundation.store.write().await?;
            for user in some {
                let key = self
                    .foundation
                    .recorder
                    .new_subject_key(user.realm, user.id)?;
                unit.users().insert(user).await?;
                unit.passwords()
                    .put(&PasswordCredential {
                        realm: user.realm,
                        user: user.id,
                        hash: hash.clone(),
                        changed_at: self.now,
                        revision: Revision::FIRST,
                    })
                    .await?;
                unit.subject_keys()
                    .insert(user.realm, user.id, &key)
                    .await?;
            }
            unit.commit().await?;
        }
        Ok(users)
    }

    fn person(&self, number: usize) -> Result<User, Failed> {
        let mut profile = Profile::default();
        profile.set(ProfileClaim::Name, &format!("Person Number {number}"))?;
        Ok(User {
            id: self.id(),
            realm: self.realm.realm.id,
            subject: SubjectId::from_random(self.foundation.rng.bytes()),
            username: Username::parse(&format!("person-{number}"))?,
            email: Some(Email::parse(&format!("person-{number}@example.org"))?),
            email_verification: Verification::Verified,
            profile,
            attributes: gatelodge_domain::attribute::Attributes::default(),
            status: UserStatus::Active,
            password_change: gatelodge_domain::user::PasswordChange::Free,
            revision: Revision::FIRST,
            created_at: self.now,
            updated_at: self.now,
        })
    }

    async fn clients(
        &self,
        prefix: &str,
        count: usize,
        algorithm: KeyAlgorithm,
    ) -> Result<(Vec<Id<Client>>, Vec<ClientFacts>), Failed> {
        let made = (0..count)
            .map(|number| self.client(&format!("{prefix}-{number}"), algorithm))
            .collect::<Result<Vec<_>, _>>()?;
        for some in made.chunks(AT_ONCE) {
            let mut unit = self.foundation.store.write().await?;
            for (client, _) in some {
                unit.clients().insert(client).await?;
            }
            unit.commit().await?;
        }
        Ok(made
            .into_iter()
            .map(|(client, facts)| (client.id, facts))
            .unzip())
    }

    fn client(&self, name: &str, algorithm: KeyAlgorithm) -> Result<(Client, ClientFacts), Failed> {
        let realm = self.realm.realm.id;
        let secret = OpaqueToken::mint(TokenKind::ClientSecret, &self.foundation.rng.bytes::<32>());
        let secret = secret.expose();
        let words = |all: &[&str]| -> BTreeSet<String> {
            all.iter().map(|word| (*word).to_owned()).collect()
        };
        let client = Client {
            id: self.id(),
            realm,
            client_id: ClientId::parse(name)?,
            status: ClientStatus::Enabled,
            origin: ClientOrigin::Administrator,
            name: DisplayName::parse(name)?,
            authentication: ClientAuthenticationMethod::ClientSecretBasic,
            secrets: vec![ClientSecret {
                id: self.id(),
                digest: client_secret_digest(&*self.foundation.vault, realm, secret),
                sealed: None,
                created_at: self.now,
                expires_at: None,
            }],
            grant_types: words(&[
                "authorization_code",
                "client_credentials",
                "password",
                "refresh_token",
            ]),
            response_types: words(&["code"]),
            redirect_uris: vec![RedirectUri::parse(REDIRECT_URI)?],
            post_logout_redirect_uris: Vec::new(),
            application_type: ApplicationType::Web,
            allowed_origins: BTreeSet::new(),
            scopes: ScopeSet::parse(SCOPE)?,
            default_scopes: ScopeSet::empty(),
            audiences: Vec::new(),
            pkce: PkceRequirement::Required,
            consent: ConsentPolicy::Ask,
            introspection: IntrospectionReach::Own,
            refresh: RefreshPolicy::default(),
            access_token_format: AccessTokenFormat::Jwt,
            id_token_algorithm: algorithm,
            access_token_algorithm: KeyAlgorithm::Es256,
            userinfo_algorithm: None,
            metadata: ClientMetadata::default(),
            settings: Settings::default(),
            revision: Revision::FIRST,
            created_at: self.now,
            updated_at: self.now,
        };
        client.check()?;
        let facts = ClientFacts {
            client_id: name.to_owned(),
            authorization: format!("Basic {}", STANDARD.encode(format!("{name}:{secret}"))),
        };
        Ok((client, facts))
    }

    async fn consents(&self, users: &[User], clients: &[Id<Client>]) -> Result<(), Failed> {
        let pairs: Vec<_> = users.iter().zip(clients).collect();
        for some in pairs.chunks(AT_ONCE) {
            let mut unit = self.foundation.store.write().await?;
            for (user, client) in some {
                let consent = Consent {
                    realm: user.realm,
                    user: user.id,
                    client: **client,
                    scopes: ScopeSet::parse(SCOPE)?,
                    created_at: self.now,
                    updated_at: self.now,
                };
                unit.consents().put(&consent).await?;
            }
            unit.commit().await?;
        }
        Ok(())
    }

    /// Each person signed in to a browser; together, so that they share commits.
    async fn sessions(&self, users: Vec<User>) -> Result<Vec<PersonFacts>, Failed> {
        let mut signed_in = Vec::with_capacity(users.len());
        let mut users = users.into_iter().enumerate();
        loop {
            let mut together = JoinSet::new();
            for (number, user) in users.by_ref().take(AT_ONCE) {
                together.spawn(sign_in(
                    self.foundation.clone(),
                    self.realm.clone(),
                    number,
                    user,
                ));
            }
            if together.is_empty() {
                break;
            }
            while let Some(done) = together.join_next().await {
                signed_in.push(done??);
            }
        }
        signed_in.sort_by_key(|(number, _)| *number);
        Ok(signed_in.into_iter().map(|(_, facts)| facts).collect())
    }
}

/// Nobody tries a password while the house is seeded.
struct NoDelay;

#[async_trait::async_trait]
impl Delay for NoDelay {
    async fn wait(&self, _: core::time::Duration) {}
}

async fn sign_in(
    foundation: Arc<Foundation>,
    realm: Arc<ServedRealm>,
    number: usize,
    user: User,
) -> Result<(usize, PersonFacts), Failed> {
    let now = foundation.clock.now();
    let request = RequestFacts::default();
    let actor = AuditActor::Subject(Subject::User(user.id));
    let entry = Entry::done(user.realm, actor, AuditAction::SignIn).on("user", user.id);
    let username = user.username.as_str().to_owned();
    let mut view = foundation.store.read().await?;
    let credential = view.passwords().find(user.realm, user.id).await?;
    let changed_at = credential.ok_or("a person without a password")?.changed_at;
    drop(view);
    let proven = Proven {
        event: foundation.recorder.event(entry, &request, now).await?,
        authentication: Authentication::by_password(now),
        password_changed_at: changed_at,
        familiar: String::new(),
        user,
    };
    // Nobody of them has a second factor, so the gate asks for nothing more.
    let steps = SignInSteps::new(SignInStepsParts {
        methods: FactorMethods::new(Vec::new()),
        password_check: Arc::new(PasswordCheck::new(foundation.clone(), Arc::new(NoDelay))),
        foundation,
    });
    let staying = Persistence::Remembered;
    let begun = steps
        .begin(&realm, proven, &username, staying, None, &request)
        .await?;
    let Begun::Cleared(cleared) = begun else {
        return Err("a seeded person is asked for a second factor".into());
    };
    let entered = steps
        .enter(&realm, cleared, staying, None, &request)
        .await?;
    let session = entered.session.secret.expose().clone();
    Ok((number, PersonFacts { username, session }))
}
