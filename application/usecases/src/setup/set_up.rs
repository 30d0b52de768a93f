//! The first run: the first administrator, the default realm's name and the first client, made
//! in one unit with their events, and read back from the store when it is done.
//!
//! A wrong answer costs nothing: everything is asked, hashed and made before the unit, and the
//! link is spent inside it, so it is good still when the unit is not committed.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::user::Verification;
use gatelodge_domain::{
    AuditAction, AuditEvent, DisplayName, Realm, RealmSlug, Role, Subject, Timestamp,
};
use gatelodge_ports::store::{Change, Duplicate, Lock, TicketKey};
use gatelodge_ports::{StoreError, UnitOfWork};
use serde_json::json;

use super::answers::{Answers, Objection, Question, RefusedAnswer, TypedAnswers};
use super::first_client::NewFirstClient;
use super::initialize::administrators;
use super::one_time_link;
use super::people::{self, NewPerson};
use super::standing::{self, Made, SetUp, Unread};
use crate::audit::{Entry, RequestFacts};
use crate::foundation::Announcements;
use crate::passwords::{PasswordError, PasswordRules, Whose};
use crate::{Denial, Error, ErrorCode, Failure, Foundation};

/// Why nothing was set up.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// Some answers are not taken; the link is good still.
    #[error("some answers cannot be used")]
    Refused(Vec<RefusedAnswer>),
    /// The link is spent, too much was tried, or there is an administrator.
    #[error("{0}")]
    Denied(#[from] Denial),
    /// It could not be done.
    #[error("{0}")]
    Failed(#[from] Failure),
    /// It was done, and could not be read back.
    #[error("all is set up, but it cannot be read back: {}", .0.failure)]
    Unread(Box<Unread>),
}

impl From<Error> for SetUpError {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denial) => Self::Denied(denial),
            Error::Failed(failure) => Self::Failed(failure),
        }
    }
}

impl From<StoreError> for SetUpError {
    fn from(error: StoreError) -> Self {
        let question = match &error {
            StoreError::Duplicate(Duplicate::Username) => Question::Username,
            StoreError::Duplicate(Duplicate::Email) => Question::Email,
            StoreError::Duplicate(Duplicate::ClientId) => Question::ClientId,
            _ => return Self::Failed(error.into()),
        };
        Self::Refused(vec![RefusedAnswer::new(question, Objection::Taken)])
    }
}

impl From<PasswordError> for SetUpError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Refused(refused) => {
                let objection = Objection::Password(refused);
                Self::Refused(vec![RefusedAnswer::new(Question::Password, objection)])
            }
            PasswordError::Failed(failure) => Self::Failed(failure),
        }
    }
}

/// By whom it is set up, and by which link.
pub(super) struct By<'a> {
    pub(super) actor: AuditActor,
    pub(super) link: Option<TicketKey>,
    pub(super) request: &'a RequestFacts,
}

/// Sets the house up in the realm `system`.
pub(super) async fn set_up(
    foundation: &Arc<Foundation>,
    system: &Realm,
    typed: &TypedAnswers,
    by: By<'_>,
) -> Result<SetUp, SetUpError> {
    let answers = checked(foundation, system, typed).await?;
    let prepared = prepare(foundation, system, answers, &by).await?;
    let made = prepared.write(foundation, system, by.link).await?;
    // It is done: from here on nothing may pass for a failure to do it.
    let standing = async {
        let tested = standing::test_mail(foundation, system, &made, typed.test_mail, &by).await?;
        standing::read_back(foundation, &made, tested).await
    };
    let standing = standing.await;
    standing.map_err(|failure| SetUpError::Unread(Box::new(made.unread(failure))))
}

/// The answers as values that the store takes, as far as it can tell now; everything that can be
/// said against them at once.
async fn checked(
    foundation: &Arc<Foundation>,
    system: &Realm,
    typed: &TypedAnswers,
) -> Result<Answers, SetUpError> {
    let answers = typed.of(system).map_err(SetUpError::Refused)?;
    let mut refused = Vec::new();
    let mut view = foundation.store.read().await?;
    let mut taken = |question| refused.push(RefusedAnswer::new(question, Objection::Taken));
    let users = view.users();
    if users
        .find_by_username(system.id, answers.username.key())
        .await?
        .is_some()
    {
        taken(Question::Username);
    }
    if let Some(email) = &answers.email
        && view
            .users()
            .find_by_email(system.id, email.key())
            .await?
            .is_some()
    {
        taken(Question::Email);
    }
    if let Some(client_id) = answers.client.as_ref().and_then(|it| it.client_id.as_ref()) {
        let default = default_realm(&mut *view).await?;
        let known = view.clients().find_by_client_id(default.id, client_id);
        if known.await?.is_some() {
            taken(Question::ClientId);
        }
    }
    drop(view);
    let rules = PasswordRules::new(foundation.clone());
    match rules
        .check(system, &whose(&answers), &answers.password)
        .await
    {
        Ok(()) => {}
        Err(PasswordError::Refused(why)) => {
            let objection = Objection::Password(why);
            refused.push(RefusedAnswer::new(Question::Password, objection));
        }
        Err(PasswordError::Failed(failure)) => return Err(failure.into()),
    }
    if refused.is_empty() {
        Ok(answers)
    } else {
        Err(SetUpError::Refused(refused))
    }
}

fn whose(answers: &Answers) -> Whose<'_> {
    Whose {
        user: None,
        username: answers.username.as_str(),
        email: answers.email.as_ref().map(gatelodge_domain::Email::as_str),
        name: answers.display_name.as_ref().map(DisplayName::as_str),
    }
}

pub(super) async fn default_realm(
    view: &mut (dyn gatelodge_ports::Snapshot + '_),
) -> Result<Realm, Failure> {
    let found = view
        .realms()
        .find_by_slug(&RealmSlug::default_realm())
        .await?;
    found.ok_or_else(|| Failure::broken("the store has no realm `default`"))
}

/// Everything that the unit writes.
struct Prepared {
    person: NewPerson,
    role: Role,
    default: Realm,
    realm_name: Option<DisplayName>,
    client: Option<NewFirstClient>,
    events: Vec<AuditEvent>,
    now: Timestamp,
}

async fn prepare(
    foundation: &Arc<Foundation>,
    system: &Realm,
    answers: Answers,
    by: &By<'_>,
) -> Result<Prepared, SetUpError> {
    let hash = people::hash(foundation, system, &whose(&answers), &answers.password).await?;
    let (role, _) = administrators(foundation, system.id).await?;
    let mut view = foundation.store.read().await?;
    let default = default_realm(&mut *view).await?;
    drop(view);
    let now = foundation.clock.now();
    let person = NewPerson::new(
        foundation,
        system.id,
        answers.username,
        answers.display_name.as_ref(),
        hash,
        now,
    )?;
    let person = match answers.email {
        Some(email) => person.with_email(email, Verification::Unverified),
        None => person,
    };
    let realm_name = answers.realm_name.filter(|name| *name != default.name);
    let client = answers
        .client
        .map(|client| client.register(foundation, default.id, now))
        .transpose()?;

    let done = |realm, action| Entry::done(realm, by.actor, action);
    let mut entries =
        vec![done(system.id, AuditAction::FirstAdministratorCreated).on("user", person.user.id)];
    if realm_name.is_some() {
        let entry = done(default.id, AuditAction::RealmUpdated).on("realm", default.id);
        entries.push(entry.with(json!({ "serves": default.serves() })));
    }
    if let Some(NewFirstClient { client, .. }) = &client {
        let entry = done(default.id, AuditAction::ClientCreated).on("client", client.id);
        entries.push(entry.with(json!({ "client_id": client.client_id.as_str() })));
    }
    let mut events = Vec::new();
    for entry in entries {
        events.push(foundation.recorder.event(entry, by.request, now).await?);
    }
    Ok(Prepared {
        person,
        role,
        default,
        realm_name,
        client,
        events,
        now,
    })
}

impl Prepared {
    /// One unit: all of it or nothing, the link included.
    async fn write(
        self,
        foundation: &Foundation,
        system: &Realm,
        link: Option<TicketKey>,
    ) -> Result<Made, SetUpError> {
        let now = self.now;
        let default = self.default.id;
        let mut announcements = Announcements::new();
        let mut unit = foundation.store.write().await?;
        for realm in [system.id, default] {
            unit.locks().lock(Lock::Realm(realm)).await?;
        }
        if let Some(link) = link {
            one_time_link::spend(&mut *unit, link, now).await?;
        }
        refuse_a_second(&mut *unit, system, &self.role).await?;
        let user = &self.person.user;
        self.person.insert(&mut *unit).await?;
        unit.roles()
            .assign(system.id, self.role.id, Subject::User(user.id))
            .await?;
        let change = Change::User(system.id, user.id);
        announcements.note(&mut *unit, change, now).await?;
        if let Some(name) = self.realm_name {
            // As it is now, under its lock.
            let realm = unit.realms().find(default).await?;
            let mut realm = realm.ok_or(StoreError::Stale)?;
            realm.name = name;
            unit.realms().update(&realm).await?;
            let change = Change::Realm(default);
            announcements.note(&mut *unit, change, now).await?;
        }
        if let Some(NewFirstClient { client, .. }) = &self.client {
            unit.clients().insert(client).await?;
            let change = Change::Client(default, client.id);
            announcements.note(&mut *unit, change, now).await?;
        }
        unit.audit().append(&self.events).await?;
        unit.commit().await?;
        announcements.apply(foundation);
        Ok(Made {
            administrator: self.person.user,
            credential: self.person.credential,
            default,
            client: self.client,
        })
    }
}

async fn refuse_a_second(
    unit: &mut (dyn UnitOfWork + '_),
    system: &Realm,
    role: &Role,
) -> Result<(), SetUpError> {
    let holders = unit
        .roles()
        .count_active_holders(system.id, role.id)
        .await?;
    if holders == 0 {
        return Ok(());
    }
    Err(Denial::new(
        ErrorCode::Conflict,
        "there is an administrator already; `gatelodge recover` lets one back in",
    )
    .into())
}
