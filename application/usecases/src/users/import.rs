//! Taking in many people at once.
//!
//! What is slow — reading, the rules, hashing, sealing — is done line by line outside of any
//! unit; what was made ready is written a few lines to a unit, so that the others who write wait
//! for 20 ms and no more. A line that cannot be taken is refused alone. Each person made or
//! changed has their own event, and the import one more at its end.
//!
//! A hash that another program made is taken within a cap ([`PasswordHasher::import`]). What the
//! dearest of them costs becomes the realm's floor for every sign-in before the first of them is
//! written, so that they do not show.
//!
//! [`PasswordHasher::import`]: gatelodge_ports::PasswordHasher::import

use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::Arc;

use gatelodge_domain::attribute::Attributes;
use gatelodge_domain::user::{
    PasswordChange, Profile, ProfileClaim, SubjectId, UserStatus, Verification,
};
use gatelodge_domain::{
    AuditAction, AuditEvent, Email, Id, Password, PasswordCredential, PasswordHash, Revision, User,
    Username,
};
use gatelodge_ports::hasher::HashKind;
use gatelodge_ports::store::Change;
use gatelodge_ports::{HasherError, StoreError};
use serde_json::json;

use super::attributes::check as check_attributes;
use super::{AccountStatus, AdministerUsers, UserUpdate};
use crate::admin::{AdminError, Permit, Refusal, UsersWrite, Work};
use crate::passwords::{NewPassword, Whose, end_all_but, password_cost};
use crate::sign_in::{imported_cost, imported_cost_fact};
use crate::{ErrorCode, Failure, Foundation};

/// How long the others who write may be kept waiting.
const TURN: Duration = Duration::from_millis(20);
/// The most lines of one unit, however fast they are.
const MOST_IN_A_UNIT: usize = 64;
/// So many kinds of hash are measured in one import; a file has one or two.
const MOST_KINDS: usize = 16;

/// What becomes of a line whose user name somebody has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    /// It is left out.
    Skip,
    /// It is refused.
    Fail,
    /// The person becomes what the line says.
    Update,
}

/// Whether anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It is.
    Written,
    /// All is checked and nothing written; no password is hashed.
    DryRun,
}

/// A password as a line has it.
#[derive(Debug, Clone)]
pub enum ImportedPassword {
    /// As it was typed.
    Plain(Password),
    /// As another program stored it.
    Hash(String),
}

/// A person as a line has them.
#[derive(Debug, Clone)]
pub struct ImportedUser {
    /// What they sign in with.
    pub username: Username,
    /// Their mail address.
    pub email: Option<Email>,
    /// Whether somebody proved that it is theirs.
    pub email_verification: Verification,
    /// Standard claims.
    pub profile: Profile,
    /// What the realm keeps of them beyond that.
    pub attributes: Attributes,
    /// Whether they may sign in.
    pub status: AccountStatus,
    /// Their public subject, where it is to stay what it was.
    pub subject: Option<SubjectId>,
    /// Their password, if they have one.
    pub password: Option<ImportedPassword>,
    /// Whether they must choose another one.
    pub password_change: PasswordChange,
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineOutcome {
    /// The person was made; without an id in a dry run.
    Created(Option<Id<User>>),
    /// The person was changed.
    Updated(Id<User>),
    /// Somebody has the name.
    Skipped(Id<User>),
    /// It cannot be taken.
    Refused(Refusal),
}

/// How many lines became what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportSummary {
    /// People made.
    pub created: u64,
    /// People changed.
    pub updated: u64,
    /// Lines left out.
    pub skipped: u64,
    /// Lines refused.
    pub refused: u64,
}

/// An import under way.
pub struct Import {
    permit: Permit<UsersWrite>,
    on_conflict: OnConflict,
    effect: Effect,
    summary: ImportSummary,
    /// Keys of those that a dry run would have made, or that wait to be written.
    taken: BTreeSet<String>,
    kinds: BTreeSet<HashKind>,
    /// Lines of the next unit.
    pace: usize,
}

/// A person who is ready to be written.
struct Ready {
    user: User,
    subject_key: Vec<u8>,
    credential: Option<PasswordCredential>,
    event: AuditEvent,
}

/// Where a line stands before the unit.
enum Judged {
    Ready(Box<Ready>),
    Done(LineOutcome),
}

impl Import {
    /// What became of the lines so far.
    pub const fn summary(&self) -> ImportSummary {
        self.summary
    }

    /// Whether anything is written.
    pub const fn effect(&self) -> Effect {
        self.effect
    }

    fn count(&mut self, outcome: &LineOutcome) {
        let count = match outcome {
            LineOutcome::Created(_) => &mut self.summary.created,
            LineOutcome::Updated(_) => &mut self.summary.updated,
            LineOutcome::Skipped(_) => &mut self.summary.skipped,
            LineOutcome::Refused(_) => &mut self.summary.refused,
        };
        *count += 1;
    }

    /// Takes the keys of a new person, which nobody else in this file may have.
    fn take(&mut self, user: &User) -> Result<(), Refusal> {
        let username = format!("username {}", user.username.key());
        let email = user.email.as_ref().map(|it| format!("email {}", it.key()));
        let subject = format!("sub {}", user.subject.as_str());
        for (key, field) in [
            (Some(username), "username"),
            (email, "email"),
            (Some(subject), "sub"),
        ] {
            if key.is_some_and(|key| !self.taken.insert(key)) {
                return Err(conflict(field, "another line of this import has it"));
            }
        }
        Ok(())
    }
}

impl AdministerUsers {
    /// Begins an import into the permit's whole realm.
    pub async fn begin_import(
        &self,
        permit: Permit<UsersWrite>,
        effect: Effect,
        on_conflict: OnConflict,
    ) -> Result<Import, AdminError> {
        // Who is new is in no group yet.
        permit.reach_realm(&self.foundation).await?;
        Ok(Import {
            permit,
            on_conflict,
            effect,
            summary: ImportSummary::default(),
            taken: BTreeSet::new(),
            kinds: BTreeSet::new(),
            pace: 8,
        })
    }

    /// Takes some lines, and says of each what became of it. The error is a failure of ours;
    /// of the lines given, any number may have been written then.
    pub async fn import(
        &self,
        import: &mut Import,
        lines: Vec<Result<ImportedUser, Refusal>>,
    ) -> Result<Vec<LineOutcome>, Failure> {
        let mut outcomes = Vec::with_capacity(lines.len());
        let mut waiting: Vec<(usize, Ready)> = Vec::new();
        for (at, line) in lines.into_iter().enumerate() {
            let judged = match line {
                Ok(line) => self.judge(import, line).await,
                Err(refusal) => Err(refusal.into()),
            };
            let outcome = match judged {
                Ok(Judged::Ready(ready)) => {
                    let id = ready.user.id;
                    waiting.push((at, *ready));
                    LineOutcome::Created(Some(id))
                }
                Ok(Judged::Done(outcome)) => outcome,
                Err(AdminError::Refused(refusal)) => LineOutcome::Refused(refusal),
                Err(AdminError::Failed(failure)) => return Err(failure),
            };
            outcomes.push(outcome);
            if waiting.len() >= import.pace {
                self.write(import, &mut waiting, &mut outcomes).await?;
            }
        }
        self.write(import, &mut waiting, &mut outcomes).await?;
        for outcome in &outcomes {
            import.count(outcome);
        }
        Ok(outcomes)
    }

    /// Ends an import with its event.
    pub async fn end_import(&self, import: Import) -> Result<ImportSummary, Failure> {
        let summary = import.summary;
        if import.effect == Effect::DryRun {
            return Ok(summary);
        }
        let foundation = &self.foundation;
        let permit = &import.permit;
        let now = foundation.clock.now();
        let entry = permit
            .done(AuditAction::UsersImported)
            .on("realm", permit.realm_id())
            .with(json!({
                "created": summary.created,
                "updated": summary.updated,
                "skipped": summary.skipped,
                "refused": summary.refused,
            }));
        let recorder = &foundation.recorder;
        let event = recorder.event(entry, permit.request(), now).await?;
        let work = Work::open(foundation, now).await?;
        work.commit(&[event]).await?;
        Ok(summary)
    }

    /// Everything about a line that needs no unit.
    async fn judge(&self, import: &mut Import, line: ImportedUser) -> Result<Judged, AdminError> {
        let schema = &import.permit.realm().realm.user_schema;
        check_attributes(schema, &line.attributes)?;
        let realm = import.permit.realm_id();
        let mut view = self.foundation.store.read().await?;
        let known = view
            .users()
            .find_by_username(realm, line.username.key())
            .await?;
        if let Some(email) = &line.email {
            let holder = view.users().find_by_email(realm, email.key()).await?;
            let mine = known.as_ref().map(|user| user.id);
            if holder.is_some_and(|holder| Some(holder.id) != mine) {
                return Err(conflict("email", "the mail address is taken").into());
            }
        }
        if let Some(subject) = &line.subject {
            let holder = view.users().find_by_subject(realm, subject).await?;
            let mine = known.as_ref().map(|user| user.id);
            if holder.is_some_and(|holder| Some(holder.id) != mine) {
                return Err(conflict("sub", "the subject is somebody else's").into());
            }
        }
        drop(view);
        match (known, import.on_conflict) {
            (None, _) => self.prepare(import, line).await,
            (Some(user), OnConflict::Skip) => Ok(Judged::Done(LineOutcome::Skipped(user.id))),
            (Some(_), OnConflict::Fail) => {
                Err(conflict("username", "the user name is taken").into())
            }
            (Some(user), OnConflict::Update) => {
                let id = user.id;
                self.replace(import, user, line).await?;
                Ok(Judged::Done(LineOutcome::Updated(id)))
            }
        }
    }

    async fn prepare(&self, import: &mut Import, line: ImportedUser) -> Result<Judged, AdminError> {
        let foundation = &self.foundation;
        let realm = import.permit.realm_id();
        let hash = match &line.password {
            Some(password) => Some(self.imported_hash(import, &line, password).await?),
            None => None,
        };
        let now = foundation.clock.now();
        let id: Id<User> = foundation.rng.id(now);
        let random = || SubjectId::from_random(foundation.rng.bytes());
        let user = User {
            id,
            realm,
            subject: line.subject.unwrap_or_else(random),
            username: line.username,
            email: line.email,
            email_verification: line.email_verification,
            profile: line.profile,
            attributes: line.attributes,
            status: match line.status {
                AccountStatus::Active => UserStatus::Active,
                AccountStatus::Deactivated => UserStatus::Deactivated { since: now },
                AccountStatus::Suspended { until } => UserStatus::Suspended { until },
            },
            password_change: line.password_change,
            revision: Revision::FIRST,
            created_at: now,
            updated_at: now,
        };
        import.take(&user)?;
        if import.effect == Effect::DryRun {
            return Ok(Judged::Done(LineOutcome::Created(None)));
        }
        let entry = import.permit.done(AuditAction::UserCreated).on("user", id);
        let request = import.permit.request();
        let event = foundation
            .recorder
            .event(entry.with(json!({ "imported": true })), request, now)
            .await?;
        Ok(Judged::Ready(Box::new(Ready {
            subject_key: foundation.recorder.new_subject_key(realm, id)?,
            credential: hash.flatten().map(|hash| PasswordCredential {
                realm,
                user: id,
                hash,
                changed_at: now,
                revision: Revision::FIRST,
            }),
            user,
            event,
        })))
    }

    /// The hash of a line's password; none in a dry run, which only asks the rules.
    async fn imported_hash(
        &self,
        import: &mut Import,
        line: &ImportedUser,
        password: &ImportedPassword,
    ) -> Result<Option<PasswordHash>, AdminError> {
        let permit = &import.permit;
        match password {
            ImportedPassword::Plain(password) => {
                let whose = Whose {
                    user: None,
                    username: line.username.as_str(),
                    email: line.email.as_ref().map(Email::as_str),
                    name: line.profile.get(ProfileClaim::Name),
                };
                let rules = self.passwords.rules();
                rules.check(&permit.realm().realm, &whose, password).await?;
                if import.effect == Effect::DryRun {
                    return Ok(None);
                }
                let cost = password_cost(permit.settings());
                match self.foundation.hasher.hash(password, cost).await {
                    Ok(hash) => Ok(Some(hash)),
                    // People who sign in come first; the line can be sent again.
                    Err(HasherError::Busy) => Err(busy().into()),
                    Err(error) => Err(error.into()),
                }
            }
            ImportedPassword::Hash(text) => self.foreign_hash(import, text).await.map(Some),
        }
    }

    async fn foreign_hash(
        &self,
        import: &mut Import,
        text: &str,
    ) -> Result<PasswordHash, AdminError> {
        let hasher = &self.foundation.hasher;
        let hash = hasher
            .import(text)
            .map_err(|why| Refusal::field("password_hash", why.to_string()))?;
        let kind = hasher.kind(&hash);
        if import.effect == Effect::DryRun || import.kinds.contains(&kind) {
            return Ok(hash);
        }
        if import.kinds.len() >= MOST_KINDS {
            let rule = "this import has hashes of too many different costs";
            return Err(Refusal::field("password_hash", rule).into());
        }
        self.measure(import, &hash).await?;
        import.kinds.insert(kind);
        Ok(hash)
    }

    /// Makes what a try with such a hash costs part of the realm's floor.
    async fn measure(&self, import: &Import, hash: &PasswordHash) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let bytes: [u8; 16] = foundation.rng.bytes();
        let anything = Password::presented(&gatelodge_domain::id::base32(&bytes))
            .map_err(|error| Failure::Broken(error.into()))?;
        let cost = password_cost(import.permit.settings());
        let compared = foundation
            .hasher
            .verify(&anything, Some(hash), cost)
            .await?;
        let name = imported_cost_fact(import.permit.realm_id());
        let mut unit = foundation.store.write().await?;
        let known = imported_cost(unit.system().find(&name).await?.as_deref());
        if compared.took <= known {
            return Ok(());
        }
        let millis = compared.took.as_millis().saturating_add(1).to_string();
        unit.system().put(&name, millis.as_bytes()).await?;
        unit.commit().await?;
        Ok(())
    }

    /// Somebody who is there becomes what the line says; a line without a password leaves
    /// theirs.
    async fn replace(
        &self,
        import: &mut Import,
        user: User,
        line: ImportedUser,
    ) -> Result<(), AdminError> {
        let hash = match &line.password {
            Some(ImportedPassword::Hash(text)) => Some(self.foreign_hash(import, text).await?),
            Some(ImportedPassword::Plain(_)) | None => None,
        };
        let permit = &import.permit;
        self.get_to_change(permit, user.id).await?;
        if import.effect == Effect::DryRun {
            return Ok(());
        }
        let update = UserUpdate {
            username: line.username,
            email: line.email,
            email_verification: line.email_verification,
            profile: line.profile,
            attributes: line.attributes,
            password_change: line.password_change,
            status: Some(line.status),
            reason: None,
        };
        let user = self.update(permit, user.id, user.revision, update).await?;
        if let Some(ImportedPassword::Plain(password)) = &line.password {
            let entry = permit
                .done(AuditAction::PasswordChanged)
                .on("user", user.id)
                .with(json!({ "by": "import" }));
            let new = NewPassword {
                realm: &permit.realm().realm,
                user: &user,
                password,
                next: line.password_change,
                keep: None,
                entry,
            };
            self.passwords.set(new, permit.request()).await?;
        }
        match hash {
            Some(hash) => self.put_hash(permit, &user, hash).await,
            None => Ok(()),
        }
    }

    async fn put_hash(
        &self,
        permit: &Permit<UsersWrite>,
        user: &User,
        hash: PasswordHash,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let entry = permit
            .done(AuditAction::PasswordChanged)
            .on("user", user.id)
            .with(json!({ "by": "import" }));
        let recorder = &foundation.recorder;
        let event = recorder.event(entry, permit.request(), now).await?;
        let (realm, id) = (user.realm, user.id);
        let mut work = Work::open(foundation, now).await?;
        let credential = PasswordCredential {
            realm,
            user: id,
            hash,
            changed_at: now,
            revision: Revision::FIRST,
        };
        work.unit.passwords().put(&credential).await?;
        let Work {
            unit,
            announcements,
            ..
        } = &mut work;
        end_all_but(&mut **unit, announcements, (realm, id), None, now).await?;
        work.note(Change::User(realm, id)).await?;
        Ok(work.commit(&[event]).await?)
    }

    /// Writes who waits, and paces the next unit by how long this one took.
    async fn write(
        &self,
        import: &mut Import,
        waiting: &mut Vec<(usize, Ready)>,
        outcomes: &mut [LineOutcome],
    ) -> Result<(), Failure> {
        if waiting.is_empty() {
            return Ok(());
        }
        let batch = core::mem::take(waiting);
        let clock = &self.foundation.clock;
        let began = clock.now();
        let written = insert(&self.foundation, &batch).await;
        let took = clock.now().since(began);
        import.pace = if took > TURN {
            (import.pace / 2).max(1)
        } else if took < TURN / 3 {
            (import.pace * 2).min(MOST_IN_A_UNIT)
        } else {
            import.pace
        };
        match written {
            Ok(()) => Ok(()),
            // Somebody took a name since it was looked for: each on its own, to see who.
            Err(StoreError::Duplicate(_)) => {
                for one in batch {
                    let at = one.0;
                    match insert(&self.foundation, core::slice::from_ref(&one)).await {
                        Ok(()) => {}
                        Err(error @ StoreError::Duplicate(_)) => {
                            if let AdminError::Refused(refusal) = error.into()
                                && let Some(outcome) = outcomes.get_mut(at)
                            {
                                *outcome = LineOutcome::Refused(refusal);
                            }
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

async fn insert(foundation: &Arc<Foundation>, batch: &[(usize, Ready)]) -> Result<(), StoreError> {
    let now = foundation.clock.now();
    let mut work = Work::open(foundation, now).await?;
    let mut events = Vec::with_capacity(batch.len());
    for (_, ready) in batch {
        let (realm, id) = (ready.user.realm, ready.user.id);
        work.unit.users().insert(&ready.user).await?;
        work.unit
            .subject_keys()
            .insert(realm, id, &ready.subject_key)
            .await?;
        if let Some(credential) = &ready.credential {
            work.unit.passwords().put(credential).await?;
        }
        work.note(Change::User(realm, id)).await?;
        events.push(ready.event.clone());
    }
    work.commit(&events).await
}

fn busy() -> Refusal {
    Refusal::new(
        ErrorCode::TemporarilyUnavailable,
        "there are more passwords to hash than may wait; send this line again",
    )
}

fn conflict(field: &'static str, description: &'static str) -> Refusal {
    Refusal {
        code: ErrorCode::Conflict,
        field: Some(field.into()),
        description: description.into(),
    }
}
