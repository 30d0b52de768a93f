//! The first start, the ones after it, and the way in.

use core::num::NonZeroUsize;
use core::time::Duration;
use std::sync::Arc;

use gatelodge_crypto::{
    Aes256MasterKey, Argon2Hasher, OpensslKeyFactory, OpensslRng, OpensslVault,
};
use gatelodge_domain::audit::AuditAction;
use gatelodge_domain::role::RoleName;
use gatelodge_domain::{ClientId, Permission, RealmSlug, SecretText, Username};
use gatelodge_passwords::ZxcvbnStrength;
use gatelodge_ports::store::AuditFilter;
use gatelodge_ports::vault::DataKeyPurpose;
use gatelodge_ports::{Mailer, Store, Vault};
use gatelodge_store_memory::MemoryStore;
use gatelodge_usecases::audit::RequestFacts;
use gatelodge_usecases::foundation::Ports;
use gatelodge_usecases::realms::Issuers;
use gatelodge_usecases::setup::{
    BuiltInRealms, DOCS_CLIENT, DemoData, FirstAdministrator, InitializeStore, IssuerPolicy,
    LINK_LIFETIME, LODGE_CLIENT, LinkPurpose, OpenVault, OpenVaultError, OpenedDataKey, Question,
    Recover, SetUpError, SetupError, TypedAnswers, is_new, seal_key,
};
use gatelodge_usecases::{Error, ErrorCode, Foundation};

use crate::house::{FallsSilent, LetterBox, NOW, StillClock};

const PUBLIC: &str = "http://127.0.0.1:9040";
const ADMIN: &str = "http://127.0.0.1:9041";

/// A machine: what outlives a restart.
pub(crate) struct Machine {
    pub(crate) store: Arc<MemoryStore>,
    master_key: Aes256MasterKey,
    pub(crate) clock: Arc<StillClock>,
    pub(crate) letters: Option<Arc<LetterBox>>,
    /// Stands before the store, where the line to it is to be cut.
    pub(crate) line: Option<Arc<FallsSilent>>,
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self {
            store: MemoryStore::new(),
            master_key: Aes256MasterKey::generate(&OpensslRng),
            clock: Arc::new(StillClock::at(NOW)),
            letters: None,
            line: None,
        }
    }

    async fn open_vault(&self) -> Result<Vec<OpenedDataKey>, OpenVaultError> {
        let open = OpenVault {
            store: &*self.store,
            master_key: &self.master_key,
            rng: &OpensslRng,
            clock: &*self.clock,
        };
        open.run().await
    }

    async fn start_as(&self, public: &str) -> Arc<Foundation> {
        let keys = self.open_vault().await.unwrap();
        let vault: Arc<dyn Vault> = Arc::new(OpensslVault::new(keys).unwrap());
        self.store.use_seal_key(seal_key(vault.clone()));
        let line = self.line.clone().map(|it| it as Arc<dyn Store>);
        let ports = Ports {
            store: line.unwrap_or_else(|| self.store.clone()),
            clock: self.clock.clone(),
            rng: Arc::new(OpensslRng),
            vault,
            hasher: Argon2Hasher::start(NonZeroUsize::MIN, 8).unwrap(),
            strength: Arc::new(ZxcvbnStrength::default()),
            mailer: self.letters.clone().map(|it| it as Arc<dyn Mailer>),
            key_factory: Arc::new(OpensslKeyFactory),
        };
        Foundation::new(ports, Issuers::new(public, ADMIN).unwrap())
    }

    pub(crate) async fn ready(&self) -> (Arc<Foundation>, BuiltInRealms) {
        let foundation = self.start_as(PUBLIC).await;
        let realms = initialize(&foundation, IssuerPolicy::Keep).await.unwrap();
        (foundation, realms)
    }

    pub(crate) async fn actions(&self) -> Vec<AuditAction> {
        let mut view = self.store.read().await.unwrap();
        let filter = AuditFilter::default();
        let listed = view.audit().list(&filter, None, 100).await.unwrap();
        listed.items.iter().map(|it| it.event.action).collect()
    }
}

async fn initialize(
    foundation: &Arc<Foundation>,
    policy: IssuerPolicy,
) -> Result<BuiltInRealms, SetupError> {
    InitializeStore::new(foundation.clone()).run(policy).await
}

pub(crate) const PASSWORD: &str = "correct horse";

/// The least that has to be answered.
pub(crate) fn wanted(name: &str) -> TypedAnswers {
    TypedAnswers {
        username: name.to_owned(),
        password: PASSWORD.to_owned(),
        ..TypedAnswers::default()
    }
}

/// Everything that can be answered.
pub(crate) fn whole(name: &str) -> TypedAnswers {
    TypedAnswers {
        display_name: "Ada Lovelace".to_owned(),
        email: "Ada@example.org".to_owned(),
        realm_name: "Northwind".to_owned(),
        client_name: "Harbour Notes".to_owned(),
        client_kind: "web".to_owned(),
        client_id: "notes".to_owned(),
        redirect_uris: "https://notes.example/a https://notes.example/b\r\nhttps://notes.example/a"
            .to_owned(),
        ..wanted(name)
    }
}

pub(crate) fn code(error: SetUpError) -> ErrorCode {
    match error {
        SetUpError::Denied(denial) => denial.code,
        SetUpError::Refused(refused) => panic!("{refused:?}"),
        SetUpError::Failed(failure) => panic!("{failure}"),
        SetUpError::Unread(unread) => panic!("{unread:?}"),
    }
}

pub(crate) fn refused(error: SetUpError) -> Vec<Question> {
    match error {
        SetUpError::Refused(refused) => refused.iter().map(|it| it.question).collect(),
        SetUpError::Denied(denial) => panic!("{denial}"),
        SetUpError::Failed(failure) => panic!("{failure}"),
        SetUpError::Unread(unread) => panic!("{unread:?}"),
    }
}

/// Uses a link of either purpose.
async fn spend(
    first: &FirstAdministrator,
    link: &SecretText,
    name: &str,
) -> Result<String, ErrorCode> {
    let facts = RequestFacts::default();
    let user = match purpose(first, link).await.ok_or(ErrorCode::NotFound)? {
        LinkPurpose::FirstAdministrator => first
            .set_up(link.expose(), &wanted(name), &facts)
            .await
            .map(|set_up| set_up.administrator),
        LinkPurpose::Recovery { .. } => first.let_in(link.expose(), PASSWORD, &facts).await,
    };
    user.map(|user| user.username.as_str().to_owned())
        .map_err(code)
}

async fn purpose(first: &FirstAdministrator, link: &SecretText) -> Option<LinkPurpose> {
    match first.open(link.expose(), &RequestFacts::default()).await {
        Ok(purpose) => Some(purpose),
        Err(Error::Denied(denial)) if denial.code == ErrorCode::NotFound => None,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_store_opens_with_its_own_master_key_and_with_no_other() {
    let mut machine = Machine::new();
    assert!(is_new(&*machine.store).await.unwrap());
    let made = machine.open_vault().await.unwrap();
    assert_eq!(made.len(), DataKeyPurpose::ALL.len());
    assert!(!is_new(&*machine.store).await.unwrap());
    let again = machine.open_vault().await.unwrap();
    let sealing = |keys: &[OpenedDataKey]| {
        let key = keys.iter().find(|key| key.0 == DataKeyPurpose::Sealing);
        key.unwrap().2.expose().clone()
    };
    assert_eq!(sealing(&made), sealing(&again));

    machine.master_key = Aes256MasterKey::generate(&OpensslRng);
    let refused = machine.open_vault().await.err().unwrap();
    assert!(
        matches!(refused, OpenVaultError::WrongMasterKey),
        "{refused}"
    );
}

#[tokio::test]
async fn the_first_start_makes_everything_and_the_second_changes_nothing() {
    let machine = Machine::new();
    let (foundation, realms) = machine.ready().await;
    let lodge = ClientId::parse(LODGE_CLIENT).unwrap();
    let docs = ClientId::parse(DOCS_CLIENT).unwrap();
    for (realm, client) in [
        (realms.system.id, &lodge),
        (realms.system.id, &docs),
        (realms.default.id, &docs),
    ] {
        let client = foundation.directory.client(realm, client).await.unwrap();
        let client = client.unwrap();
        client.check().unwrap();
        assert!(client.needs_pkce() && client.may_use("refresh_token"));
        let administers = realm == realms.system.id;
        assert_eq!(client.scopes.contains("users:read"), administers);
        assert_eq!(client.scopes.contains("admin"), administers);
    }
    let before = machine.actions().await;
    let (_, again) = machine.ready().await;
    assert_eq!(again.system.id, realms.system.id);
    assert_eq!(machine.actions().await, before);
}

#[tokio::test]
async fn another_issuer_is_refused_with_both_names_unless_it_is_meant() {
    let machine = Machine::new();
    let (_, realms) = machine.ready().await;
    let other = "https://id.example";
    let moved = machine.start_as(other).await;
    let refused = initialize(&moved, IssuerPolicy::Keep).await.unwrap_err();
    let line = refused.to_string();
    assert!(line.contains(PUBLIC) && line.contains(other), "{line}");

    initialize(&moved, IssuerPolicy::Change).await.unwrap();
    initialize(&moved, IssuerPolicy::Keep).await.unwrap();
    let docs = ClientId::parse(DOCS_CLIENT).unwrap();
    let client = moved.directory.client(realms.default.id, &docs).await;
    let redirect = client.unwrap().unwrap().redirect_uris[0].clone();
    assert!(redirect.as_str().starts_with(other), "{redirect}");
    assert!(
        machine
            .actions()
            .await
            .contains(&AuditAction::IssuerChanged)
    );
}

#[tokio::test]
async fn one_link_makes_one_administrator_and_looking_spends_nothing() {
    let machine = Machine::new();
    let (foundation, _) = machine.ready().await;
    let first = FirstAdministrator::new(foundation);
    let old = first.issue().await.unwrap().unwrap();
    let link = first.issue().await.unwrap().unwrap();
    assert_eq!(purpose(&first, &old).await, None, "replaced");
    assert_eq!(spend(&first, &old, "eve").await, Err(ErrorCode::NotFound));
    for _ in 0..2 {
        assert!(purpose(&first, &link).await.is_some());
    }
    assert_eq!(spend(&first, &link, "ada").await.unwrap(), "ada");
    assert_eq!(spend(&first, &link, "eve").await, Err(ErrorCode::NotFound));
    assert!(first.issue().await.unwrap().is_none(), "there is one now");
    let second = first.set_up_here(&wanted("eve")).await.unwrap_err();
    assert_eq!(code(second), ErrorCode::Conflict);
}

#[tokio::test]
async fn two_links_at_once_make_one_administrator() {
    let machine = Machine::new();
    let (foundation, _) = machine.ready().await;
    let first = FirstAdministrator::new(foundation);
    let link = first.issue().await.unwrap().unwrap();
    let (one, other) = tokio::join!(spend(&first, &link, "ada"), spend(&first, &link, "eve"));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
}

#[tokio::test]
async fn a_link_is_good_for_an_hour() {
    let machine = Machine::new();
    let (foundation, _) = machine.ready().await;
    let first = FirstAdministrator::new(foundation);
    let link = first.issue().await.unwrap().unwrap();
    machine
        .clock
        .advance(LINK_LIFETIME.saturating_sub(Duration::from_millis(1)));
    assert!(purpose(&first, &link).await.is_some());
    machine.clock.advance(Duration::from_millis(1));
    assert_eq!(purpose(&first, &link).await, None);
    assert_eq!(spend(&first, &link, "ada").await, Err(ErrorCode::NotFound));
}

#[tokio::test]
async fn a_recovery_link_sets_the_password_of_whom_it_names_and_of_nobody_else() {
    let machine = Machine::new();
    let (foundation, realms) = machine.ready().await;
    let first = FirstAdministrator::new(foundation.clone());
    let ada = first
        .set_up_here(&wanted("ada"))
        .await
        .unwrap()
        .administrator;
    let before = password(&foundation, &ada).await;
    let lost = crate::admin::factor_of(&foundation, &ada).await;

    let recover = Recover::new(foundation.clone());
    let link = recover.run(&Username::parse("ada").unwrap()).await.unwrap();
    assert_eq!(spend(&first, &link, "eve").await.unwrap(), "ada");
    assert_ne!(password(&foundation, &ada).await, before);
    assert_eq!(spend(&first, &link, "ada").await, Err(ErrorCode::NotFound));
    let mut view = foundation.store.read().await.unwrap();
    let system = realms.system.id;
    assert!(
        view.users()
            .find_by_username(system, "eve")
            .await
            .unwrap()
            .is_none()
    );
    let left = view.factors().list_of(lost.realm, ada.id).await.unwrap();
    assert!(left.is_empty(), "the lost phone keeps nobody out");
    drop(view);
    let actions = machine.actions().await;
    assert!(actions.contains(&AuditAction::FactorsReset));
    assert!(actions.contains(&AuditAction::AdministratorRecovered));
    assert!(actions.contains(&AuditAction::PasswordChanged));

    let link = recover
        .run(&Username::parse("grace").unwrap())
        .await
        .unwrap();
    assert_eq!(spend(&first, &link, "grace").await.unwrap(), "grace");
}

async fn password(foundation: &Foundation, user: &gatelodge_domain::User) -> String {
    let mut view = foundation.store.read().await.unwrap();
    let found = view.passwords().find(user.realm, user.id).await.unwrap();
    found.unwrap().hash.as_phc().to_owned()
}

#[tokio::test]
async fn the_demonstration_says_the_same_at_every_start() {
    let machine = Machine::new();
    let (foundation, realms) = machine.ready().await;
    assert!(
        DemoData::new(foundation.clone())
            .find()
            .await
            .unwrap()
            .is_none()
    );
    let told = DemoData::new(foundation).create(&realms).await.unwrap();
    let before = machine.actions().await;
    let (foundation, realms) = machine.ready().await;
    let again = DemoData::new(foundation.clone())
        .create(&realms)
        .await
        .unwrap();
    assert_eq!(again, told);
    assert_eq!(machine.actions().await, before);
    let system = foundation.directory.realm(&RealmSlug::system()).await;
    assert!(system.unwrap().is_some());
    let offered = FirstAdministrator::new(foundation).issue().await.unwrap();
    assert!(offered.is_none(), "the demonstration has an administrator");
}

#[tokio::test]
async fn a_store_of_an_older_release_gets_what_a_newer_one_builds_in() {
    let machine = Machine::new();
    let (foundation, realms) = machine.ready().await;
    let system = realms.system.id;
    let name = RoleName::parse("administrator").unwrap();
    let new = Permission::parse("groups:write").unwrap();
    let lodge = ClientId::parse(LODGE_CLIENT).unwrap();
    let mut unit = machine.store.write().await.unwrap();
    let role = unit.roles().find_by_name(system, &name).await.unwrap();
    let mut role = role.unwrap();
    assert!(role.permissions.remove(&new));
    role.permissions.insert(Permission::parse("own").unwrap());
    unit.roles().update(&role).await.unwrap();
    let client = unit.clients().find_by_client_id(system, &lodge).await;
    let mut client = client.unwrap().unwrap();
    assert!(client.scopes.remove(new.as_str()));
    unit.clients().update(&client).await.unwrap();
    unit.commit().await.unwrap();

    for _ in 0..2 {
        initialize(&foundation, IssuerPolicy::Keep).await.unwrap();
        let mut view = machine.store.read().await.unwrap();
        let role = view.roles().find_by_name(system, &name).await.unwrap();
        let role = role.unwrap();
        assert!(role.permissions.contains(&new));
        assert!(role.permissions.iter().any(|it| it.as_str() == "own"));
        let client = view.clients().find_by_client_id(system, &lodge).await;
        assert!(client.unwrap().unwrap().scopes.contains(new.as_str()));
    }
    let actions = machine.actions().await;
    let changed = actions.iter().filter(|it| **it == AuditAction::RoleChanged);
    assert_eq!(changed.count(), 1, "only what was lacking was written");
}
