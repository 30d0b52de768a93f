//! The link of the first administrator: offered while there is none, replaced at each start,
//! spent by the one form that is posted with it. Looking at the page spends nothing.
//!
//! A link from [`super::Recover`] opens the same page for the administrator that it names.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::refresh::FamilyReach;
use gatelodge_domain::revocation::WatermarkOwner;
use gatelodge_domain::user::UserStatus;
use gatelodge_domain::{
    AuditAction, DisplayName, Password, PasswordCredential, PasswordHash, Realm, RealmSlug,
    Revision, Role, SecretText, Subject, Timestamp, User, Username, Watermark,
};
use gatelodge_ports::UnitOfWork;
use gatelodge_ports::store::{Change, FamilyFilter, Lock, Redeemed, TicketKey};

use super::initialize::administrators;
use super::one_time_link::{self, LinkPurpose};
use super::people::{self, NewPerson};
use crate::audit::{Entry, RequestFacts};
use crate::foundation::Announcements;
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
        let hash = people::hash(foundation, system, &wanted.password).await?;
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
        let hash = people::hash(foundation, system, &wanted.password).await?;
        let (role, _) = administrators(foundation, system.id).await?;
        let mut view = foundation.store.read().await?;
        let known = view
            .users()
            .find_by_username(system.id, wanted.username.key())
            .await?;
        drop(view);
        let now = foundation.clock.now();
        let (person, user) = if let Some(user) = known {
            (None, user)
        } else {
            let person = NewPerson::new(
                foundation,
                system.id,
                wanted.username,
                wanted.display_name.as_ref(),
                hash.clone(),
                now,
            )?;
            let user = person.user.clone();
            (Some(person), user)
        };
        let action = AuditAction::PasswordChanged;
        let entry = Entry::done(system.id, AuditActor::Anonymous, action).on("user", user.id);
        let event = foundation.recorder.event(entry, facts, now).await?;

        let mut unit = foundation.store.write().await?;
        unit.locks().lock(Lock::Realm(system.id)).await?;
        redeem(&mut *unit, link, now).await?;
        let user = match &person {
            Some(person) => {
                person.insert(&mut *unit).await?;
                user
            }
            None => self.renew(&mut *unit, user, hash, now).await?,
        };
        self.finish(unit, &role, &user, event, now).await?;
        if person.is_none() {
            foundation.revocations.raise(watermark(&user, now));
        }
        Ok(user)
    }

    /// A known person gets the new password; whoever was signed in as them is not any more.
    async fn renew(
        &self,
        unit: &mut (dyn UnitOfWork + '_),
        mut user: User,
        hash: PasswordHash,
        now: Timestamp,
    ) -> Result<User, Failure> {
        let realm = user.realm;
        let credential = PasswordCredential {
            realm,
            user: user.id,
            hash,
            changed_at: now,
            revision: Revision::FIRST,
        };
        unit.passwords().put(&credential).await?;
        if user.status != UserStatus::Active {
            user.status = UserStatus::Active;
            user.updated_at = now;
            user = unit.users().update(&user).await?;
        }
        unit.sessions().end_all_of(realm, user.id, now).await?;
        for reach in [FamilyReach::Session, FamilyReach::Offline] {
            let families = FamilyFilter {
                subject: Some(Subject::User(user.id)),
                reach: Some(reach),
                ..FamilyFilter::default()
            };
            unit.families().end_matching(realm, families, now).await?;
        }
        let watermark = watermark(&user, now);
        unit.revocations().raise(watermark).await?;
        unit.changes()
            .announce(Change::Raised(watermark), now)
            .await?;
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

const fn watermark(user: &User, now: Timestamp) -> Watermark {
    Watermark {
        realm: user.realm,
        owner: WatermarkOwner::User(user.id),
        not_before: now,
    }
}
