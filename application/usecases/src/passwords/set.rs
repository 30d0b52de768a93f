//! Giving a person a new password: prepared outside of a unit, written within one.

use std::sync::Arc;

use gatelodge_domain::password::Argon2Cost;
use gatelodge_domain::revocation::WatermarkOwner;
use gatelodge_domain::setting::Layers;
use gatelodge_domain::user::PasswordChange;
use gatelodge_domain::{
    AuditEvent, Id, Password, PasswordCredential, PasswordHash, Realm, Revision, Session, Setting,
    Settings, Subject, Timestamp, User, Watermark,
};
use gatelodge_ports::store::{Change, FamilyFilter, Lock, Message};
use gatelodge_ports::{StoreError, UnitOfWork};

use super::rules::{PasswordError, PasswordRules, Whose};
use crate::audit::{Entry, RequestFacts};
use crate::foundation::Announcements;
use crate::mail::{Letter, MailTemplate, moment};
use crate::{Failure, Foundation};

/// A new password for somebody.
pub struct NewPassword<'a> {
    /// The realm.
    pub realm: &'a Realm,
    /// Whose it is to be.
    pub user: &'a User,
    /// The password.
    pub password: &'a Password,
    /// Whether they must choose another one at their next sign-in.
    pub next: PasswordChange,
    /// The session from which it is set, which goes on; every other one ends.
    pub keep: Option<Id<Session>>,
    /// What the trail says of it.
    pub entry: Entry,
}

/// A hash for somebody, where whoever brings it has asked the rules already.
pub(crate) struct NewHash<'a> {
    /// The realm.
    pub(crate) realm: &'a Realm,
    /// Whose password it is to be.
    pub(crate) user: Id<User>,
    /// The hash.
    pub(crate) hash: PasswordHash,
    /// Whether they must choose another one at their next sign-in.
    pub(crate) next: PasswordChange,
    /// What the trail says of it.
    pub(crate) entry: Entry,
    /// Who gets word of it, if anybody does.
    pub(crate) tell: Option<&'a User>,
}

/// Sets passwords.
pub struct SetPassword {
    foundation: Arc<Foundation>,
    rules: PasswordRules,
}

/// A password that was accepted and hashed, and is not written yet.
#[derive(Debug)]
pub struct PreparedPassword {
    credential: PasswordCredential,
    next: PasswordChange,
    keep: Option<Id<Session>>,
    /// How many of the earlier ones are remembered.
    remember: u16,
    event: AuditEvent,
    /// Word to the person, where they can be written to.
    notice: Option<Message>,
}

impl SetPassword {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self {
            rules: PasswordRules::new(foundation.clone()),
            foundation,
        }
    }

    /// What the realm takes.
    pub const fn rules(&self) -> &PasswordRules {
        &self.rules
    }

    /// Asks the rules, hashes, and makes the event; all of it outside of a unit.
    pub async fn prepare(
        &self,
        new: NewPassword<'_>,
        request: &RequestFacts,
    ) -> Result<PreparedPassword, PasswordError> {
        let whose = Whose::of(new.user);
        self.rules.check(new.realm, &whose, new.password).await?;
        let cost = password_cost(&new.realm.settings);
        let hash = self.foundation.hasher.hash(new.password, cost).await?;
        let made = NewHash {
            realm: new.realm,
            user: new.user.id,
            hash,
            next: new.next,
            entry: new.entry,
            tell: Some(new.user),
        };
        let prepared = self.prepare_hash(made, request).await?;
        Ok(PreparedPassword {
            keep: new.keep,
            ..prepared
        })
    }

    /// The same of a hash that is there already. No session is kept.
    pub(crate) async fn prepare_hash(
        &self,
        new: NewHash<'_>,
        request: &RequestFacts,
    ) -> Result<PreparedPassword, PasswordError> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let event = foundation.recorder.event(new.entry, request, now).await?;
        let history = Layers(&[&new.realm.settings]).value(Setting::PasswordHistory);
        Ok(PreparedPassword {
            credential: PasswordCredential {
                realm: new.realm.id,
                user: new.user,
                hash: new.hash,
                changed_at: now,
                revision: Revision::FIRST,
            },
            next: new.next,
            keep: None,
            remember: u16::try_from(history.saturating_sub(1)).unwrap_or(u16::MAX),
            event,
            notice: match new.tell {
                Some(user) => notice(foundation, new.realm, user, now).await?,
                None => None,
            },
        })
    }

    /// Prepares and writes in a unit of its own.
    pub async fn set(
        &self,
        new: NewPassword<'_>,
        request: &RequestFacts,
    ) -> Result<(), PasswordError> {
        let prepared = self.prepare(new, request).await?;
        let mut unit = self.foundation.store.write().await?;
        let mut announcements = Announcements::new();
        prepared.write(&mut *unit, &mut announcements).await?;
        unit.commit().await?;
        announcements.apply(&self.foundation);
        Ok(())
    }
}

impl PreparedPassword {
    /// When it was prepared, which is when it counts from.
    pub const fn at(&self) -> Timestamp {
        self.credential.changed_at
    }

    /// Writes the credential and its event, and ends all that stands on the earlier password:
    /// sessions and refresh families but for those of the session that is kept, access tokens,
    /// and where none is kept, links and codes on their way as well. `Stale` where the person is
    /// gone.
    ///
    /// For a unit that does more than this (spends a link): lock the user in it before anything
    /// else, apply the announcements after its commit.
    pub async fn write(
        self,
        unit: &mut (dyn UnitOfWork + '_),
        announcements: &mut Announcements,
    ) -> Result<(), StoreError> {
        let PasswordCredential { realm, user, .. } = self.credential;
        unit.locks().lock(Lock::User(realm, user)).await?;
        self.replace(unit).await?;
        self.end_the_rest(unit, announcements).await?;
        unit.audit().append(&[self.event]).await?;
        announcements.post(unit, self.notice.as_ref()).await?;
        announcements
            .note(unit, Change::User(realm, user), self.credential.changed_at)
            .await
    }

    async fn replace(&self, unit: &mut (dyn UnitOfWork + '_)) -> Result<(), StoreError> {
        let PasswordCredential {
            realm,
            user,
            changed_at,
            ..
        } = self.credential;
        let mut known = unit
            .users()
            .find(realm, user)
            .await?
            .ok_or(StoreError::Stale)?;
        if let Some(before) = unit.passwords().find(realm, user).await? {
            unit.passwords().remember(&before, self.remember).await?;
        }
        unit.passwords().put(&self.credential).await?;
        if known.password_change != self.next {
            known.password_change = self.next;
            known.updated_at = changed_at;
            unit.users().update(&known).await?;
        }
        Ok(())
    }

    async fn end_the_rest(
        &self,
        unit: &mut (dyn UnitOfWork + '_),
        announcements: &mut Announcements,
    ) -> Result<(), StoreError> {
        let PasswordCredential {
            realm,
            user,
            changed_at: now,
            ..
        } = self.credential;
        end_all_but(unit, announcements, (realm, user), self.keep, now).await?;
        if self.keep.is_none() {
            let subject = Subject::User(user);
            unit.tickets().revoke_subject(realm, subject).await?;
        }
        Ok(())
    }
}

/// Whoever's password is another one now hears of it, in case they know nothing of it.
async fn notice(
    foundation: &Foundation,
    realm: &Realm,
    user: &User,
    now: Timestamp,
) -> Result<Option<Message>, Failure> {
    let Some(to) = &user.email else {
        return Ok(None);
    };
    let letter = Letter {
        realm,
        user,
        to,
        language: None,
        template: MailTemplate::PasswordChanged,
        values: vec![("time", moment(now))],
        good_until: None,
    };
    letter.compose(foundation, now).await
}

/// Ends every session and refresh family of a person but for those of one session, and voids
/// every access token of theirs.
pub(crate) async fn end_all_but(
    unit: &mut (dyn UnitOfWork + '_),
    announcements: &mut Announcements,
    (realm, user): (Id<Realm>, Id<User>),
    keep: Option<Id<Session>>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ended = unit.sessions().end_all_of(realm, user, keep, now).await?;
    let families = FamilyFilter {
        subject: Some(Subject::User(user)),
        not_session: keep,
        ..FamilyFilter::default()
    };
    unit.families().end_matching(realm, families, now).await?;
    let watermark = Watermark {
        realm,
        owner: WatermarkOwner::User(user),
        not_before: now,
    };
    unit.revocations().raise(watermark).await?;
    announcements
        .note(unit, Change::Raised(watermark), now)
        .await?;
    for session in ended {
        announcements
            .note(unit, Change::Session(realm, session), now)
            .await?;
    }
    Ok(())
}

/// What a password hash costs in a realm with these settings.
pub(crate) fn password_cost(settings: &Settings) -> Argon2Cost {
    let layers = [settings];
    let value = |setting| Layers(&layers).value(setting);
    Argon2Cost {
        memory: value(Setting::Argon2Memory),
        iterations: value(Setting::Argon2Iterations),
        parallelism: value(Setting::Argon2Parallelism),
    }
}
