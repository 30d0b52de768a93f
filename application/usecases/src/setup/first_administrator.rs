//! The link of the first administrator: offered while there is none, replaced at each start,
//! spent by the one form that is posted with it. Looking at the page spends nothing.
//!
//! A link from [`super::Recover`] opens the same page for the administrator that it names.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::user::{PasswordChange, UserStatus};
use gatelodge_domain::{
    AuditAction, DisplayName, Password, Realm, RealmSlug, Role, SecretText, Subject, Timestamp,
    User, Username,
};
use gatelodge_ports::store::{Change, Lock, Redeemed, TicketKey};
use gatelodge_ports::{StoreError, UnitOfWork};
use serde_json::json;

use super::initialize::administrators;
use super::one_time_link::{self, LinkPurpose};
use super::people::{self, NewPerson};
use crate::audit::{Entry, RequestFacts};
use crate::foundation::Announcements;
use crate::passwords::{NewPassword, PasswordError, PasswordRules, SetPassword, Whose};
use crate::{Denial, Error, ErrorCode, Failure, Foundation};

/// The fact that names the ticket of the link that was offered last.
const OFFERED: &str = "first_administrator_link";

const SPENT: Denial = Denial::new(
    ErrorCode::NotFound,
    "this link has been used, replaced, or is too old",
);

/// Who is to be made.
#[derive(Debug, Clone)]
pub struct NewAdministrator {
    /// What they sign in with. A recovery link keeps the name it was made for.
    pub username: Username,
    /// What people see, if they said.
    pub display_name: Option<DisplayName>,
    /// Their password.
    pub password: Password,
}

impl NewAdministrator {
    fn whose(&self) -> Whose<'_> {
        Whose {
            user: None,
            username: self.username.as_str(),
            email: None,
            name: self.display_name.as_ref().map(DisplayName::as_str),
        }
    }
}

/// Offers, shows and spends the link.
pub struct FirstAdministrator {
    foundation: Arc<Foundation>,
}

impl FirstAdministrator {
    /// Over a house whose store is initialized.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// A new link's secret while there is no active administrator; the one before it is void.
    /// `None` where there is one.
    pub async fn issue(&self) -> Result<Option<SecretText>, Failure> {
        let foundation = &self.foundation;
        let system = self.system().await?;
        let (_, holders) = administrators(foundation, system.id).await?;
        if holders > 0 {
            return Ok(None);
        }
        let now = foundation.clock.now();
        let purpose = LinkPurpose::FirstAdministrator;
        let (secret, ticket) = one_time_link::mint(foundation, system.id, &purpose, None, now)?;
        let mut unit = foundation.store.write().await?;
        unit.locks().lock(Lock::Realm(system.id)).await?;
        if let Some(digest) = unit.system().find(OFFERED).await?
            && let Ok(digest) = gatelodge_domain::Digest::try_from_slice(&digest)
        {
            let before = one_time_link::key_of(system.id, digest);
            unit.tickets().revoke(before).await?;
        }
        unit.tickets().issue(&ticket).await?;
        unit.system().put(OFFERED, ticket.digest.as_bytes()).await?;
        unit.commit().await?;
        Ok(Some(secret))
    }

    /// What a link is for, if it is still good.
    pub async fn peek(&self, token: &str) -> Result<Option<LinkPurpose>, Failure> {
        let foundation = &self.foundation;
        let system = self.system().await?;
        let Some(key) = one_time_link::key(foundation, system.id, token) else {
            return Ok(None);
        };
        let now = foundation.clock.now();
        let ticket = foundation.store.read().await?.tickets().peek(key).await?;
        ticket
            .filter(|ticket| ticket.redeemed_at.is_none() && now < ticket.expires_at)
            .map(|ticket| one_time_link::purpose(foundation, &ticket))
            .transpose()
    }

    /// Whether the realm `system` takes that password for them, so that a form can say so at its
    /// field. To be asked behind a link that is good, or on the machine.
    pub async fn check_password(&self, wanted: &NewAdministrator) -> Result<(), PasswordError> {
        let system = self.system().await?;
        let rules = PasswordRules::new(self.foundation.clone());
        rules
            .check(&system, &wanted.whose(), &wanted.password)
            .await
    }

    /// Spends the link: makes the administrator, or lets a known one back in. Exactly one post
    /// with a link succeeds.
    pub async fn create(
        &self,
        token: &str,
        wanted: NewAdministrator,
        facts: &RequestFacts,
    ) -> Result<User, Error> {
        let system = self.system().await?;
        let key = one_time_link::key(&self.foundation, system.id, token).ok_or(SPENT)?;
        // Asked before the hash, so that a stranger cannot make us hash.
        match self.peek(token).await? {
            None => Err(SPENT.into()),
            Some(LinkPurpose::FirstAdministrator) => {
                self.make(&system, Some(key), wanted, AuditActor::Anonymous, facts)
                    .await
            }
            Some(LinkPurpose::Recovery { username }) => {
                let username = Username::parse(&username)
                    .map_err(|_| Failure::broken("a recovery link names nobody"))?;
                let wanted = NewAdministrator { username, ..wanted };
                self.let_in(&system, key, wanted, facts).await
            }
        }
    }

    /// Makes the first administrator without a link, for an operator on the machine. Refused
    /// with `conflict` where there is one.
    pub async fn create_here(&self, wanted: NewAdministrator) -> Result<User, Error> {
        let system = self.system().await?;
        let facts = RequestFacts::default();
        self.make(&system, None, wanted, AuditActor::Operator, &facts)
            .await
    }

    async fn make(
        &self,
        system: &Realm,
        link: Option<TicketKey>,
        wanted: NewAdministrator,
        actor: AuditActor,
        facts: &RequestFacts,
    ) -> Result<User, Error> {
        let foundation = &self.foundation;
        let hash = people::hash(foundation, system, &wanted.whose(), &wanted.password).await?;
        let (role, _) = administrators(foundation, system.id).await?;
        let now = foundation.clock.now();
        let person = NewPerson::new(
            foundation,
            system.id,
            wanted.username,
            wanted.display_name.as_ref(),
            hash,
            now,
        )?;
        let entry = Entry::done(system.id, actor, AuditAction::FirstAdministratorCreated)
            .on("user", person.user.id);
        let event = foundation.recorder.event(entry, facts, now).await?;

        let mut unit = foundation.store.write().await?;
        unit.locks().lock(Lock::Realm(system.id)).await?;
        if let Some(link) = link {
            redeem(&mut *unit, link, now).await?;
        }
        let holders = unit
            .roles()
            .count_active_holders(system.id, role.id)
            .await?;
        if holders > 0 {
            return Err(Denial::new(
                ErrorCode::Conflict,
                "there is an administrator already; `gatelodge recover` lets one back in",
            )
            .into());
        }
        person.insert(&mut *unit).await?;
        self.finish(unit, &role, &person.user, event, now).await?;
        Ok(person.user)
    }

    async fn let_in(
        &self,
        system: &Realm,
        link: TicketKey,
        wanted: NewAdministrator,
        facts: &RequestFacts,
    ) -> Result<User, Error> {
        let foundation = &self.foundation;
        let (role, _) = administrators(foundation, system.id).await?;
        let mut view = foundation.store.read().await?;
        let known = view
            .users()
            .find_by_username(system.id, wanted.username.key())
            .await?;
        drop(view);
        match known {
            Some(user) => {
                let password = &wanted.password;
                self.renew((system, &role), link, user, password, facts)
                    .await
            }
            None => self.make_again(system, link, &role, wanted, facts).await,
        }
    }

    /// Nobody has the name that the link was made for: they are made.
    async fn make_again(
        &self,
        system: &Realm,
        link: TicketKey,
        role: &Role,
        wanted: NewAdministrator,
        facts: &RequestFacts,
    ) -> Result<User, Error> {
        let foundation = &self.foundation;
        let hash = people::hash(foundation, system, &wanted.whose(), &wanted.password).await?;
        let now = foundation.clock.now();
        let person = NewPerson::new(
            foundation,
            system.id,
            wanted.username,
            wanted.display_name.as_ref(),
            hash,
            now,
        )?;
        let entry = recovered(system, &person.user);
        let event = foundation.recorder.event(entry, facts, now).await?;
        let mut unit = foundation.store.write().await?;
        unit.locks().lock(Lock::Realm(system.id)).await?;
        redeem(&mut *unit, link, now).await?;
        person.insert(&mut *unit).await?;
        self.finish(unit, role, &person.user, event, now).await?;
        Ok(person.user)
    }

    /// A known person gets the new password; whoever was signed in as them is not any more.
    /// Their second factors go: who has the machine and lost the phone must not stay outside.
    async fn renew(
        &self,
        (system, role): (&Realm, &Role),
        link: TicketKey,
        user: User,
        password: &Password,
        facts: &RequestFacts,
    ) -> Result<User, Error> {
        let foundation = &self.foundation;
        let new = NewPassword {
            realm: system,
            user: &user,
            password,
            next: PasswordChange::Free,
            keep: None,
            entry: recovered(system, &user),
        };
        let prepared = SetPassword::new(foundation.clone())
            .prepare(new, facts)
            .await?;
        let now = prepared.at();
        let reset = Entry::done(system.id, AuditActor::Operator, AuditAction::FactorsReset)
            .on("user", user.id);
        let reset = foundation.recorder.event(reset, facts, now).await?;
        let mut unit = foundation.store.write().await?;
        let mut announcements = Announcements::new();
        unit.locks().lock(Lock::Realm(system.id)).await?;
        unit.locks().lock(Lock::User(system.id, user.id)).await?;
        redeem(&mut *unit, link, now).await?;
        prepared.write(&mut *unit, &mut announcements).await?;
        let factors = unit.factors();
        if factors.remove_all_of(system.id, user.id).await? > 0 {
            unit.audit().append(&[reset]).await?;
        }
        unit.throttles().remove_of(system.id, user.id).await?;
        let user = activate(&mut *unit, user, now).await?;
        let subject = Subject::User(user.id);
        unit.roles().assign(user.realm, role.id, subject).await?;
        unit.commit().await?;
        announcements.apply(foundation);
        Ok(user)
    }

    async fn finish(
        &self,
        mut unit: Box<dyn UnitOfWork>,
        role: &Role,
        user: &User,
        event: gatelodge_domain::AuditEvent,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let subject = Subject::User(user.id);
        unit.roles().assign(user.realm, role.id, subject).await?;
        unit.audit().append(&[event]).await?;
        let mut announcements = Announcements::new();
        let change = Change::User(user.realm, user.id);
        announcements.note(&mut *unit, change, now).await?;
        unit.commit().await?;
        announcements.apply(&self.foundation);
        Ok(())
    }

    async fn system(&self) -> Result<Realm, Failure> {
        let served = self
            .foundation
            .directory
            .realm(&RealmSlug::system())
            .await?;
        let served = served.ok_or_else(|| Failure::broken("the store has no realm `system`"))?;
        Ok(served.realm.clone())
    }
}

async fn redeem(
    unit: &mut (dyn UnitOfWork + '_),
    link: TicketKey,
    now: Timestamp,
) -> Result<(), Error> {
    match unit.tickets().redeem(link, now).await? {
        Redeemed::Fresh(_) => Ok(()),
        Redeemed::Replayed(_) | Redeemed::Expired | Redeemed::Unknown => Err(SPENT.into()),
    }
}

/// Lets somebody in who may not sign in: the link says that they may.
async fn activate(
    unit: &mut (dyn UnitOfWork + '_),
    user: User,
    now: Timestamp,
) -> Result<User, StoreError> {
    let known = unit.users().find(user.realm, user.id).await?;
    let mut known = known.ok_or(StoreError::Stale)?;
    if known.status == UserStatus::Active {
        return Ok(known);
    }
    known.status = UserStatus::Active;
    known.updated_at = now;
    unit.users().update(&known).await
}

fn recovered(system: &Realm, user: &User) -> Entry {
    let action = AuditAction::PasswordChanged;
    Entry::done(system.id, AuditActor::Anonymous, action)
        .on("user", user.id)
        .with(json!({ "by": "recovery" }))
}
