//! Taking in many people at once.
//!
//! What is slow — reading, the rules, hashing, sealing — is done line by line outside of any
//! unit; what was made ready is written a few lines to a unit, so that the others who write wait
//! for 20 ms and no more. A line that cannot be taken is refused alone, and whole: whoever is
//! made or changed by one is so in one unit. Each of them has their own event, each role and
//! group that they are given or lose another, and the import one more at its end.

mod given;
mod hashes;
mod judge;
mod line;
mod replace;
mod turns;
mod write;

use std::collections::BTreeSet;

use gatelodge_domain::{AuditAction, Group, Role, User, Username};
use gatelodge_ports::hasher::HashKind;
use serde_json::json;

pub use line::{ImportSummary, ImportedEmail, ImportedPassword, ImportedUser, LineOutcome};

use self::given::Giving;
use self::judge::{Judged, Ready};
use self::write::Pace;
use super::AdministerUsers;
use crate::admin::{AdminError, GroupsWrite, Permit, Refusal, RolesWrite, UsersWrite, Work};
use crate::{ErrorCode, Failure};

/// What becomes of a line whose user name somebody has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    /// It is left out.
    Skip,
    /// It is refused.
    Fail,
    /// The person becomes what the line says, and stays what it does not speak of.
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

/// An import under way.
pub struct Import {
    permit: Permit<UsersWrite>,
    on_conflict: OnConflict,
    effect: Effect,
    summary: ImportSummary,
    /// Keys of those whom this import made, or would have made.
    taken: BTreeSet<String>,
    /// Kinds of hash whose cost is known.
    kinds: BTreeSet<HashKind>,
    roles: Giving<RolesWrite, Role>,
    groups: Giving<GroupsWrite, Group>,
    pace: Pace,
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

    /// Whether another line made somebody of that user name: the file contradicts itself, and
    /// what became of the second line would depend on when the first is written.
    fn has_made(&self, username: &Username) -> bool {
        self.taken.contains(&taken_name(username))
    }

    /// Takes the keys of a new person, which nobody else in this file may have.
    fn take(&mut self, user: &User) -> Result<(), Refusal> {
        let username = taken_name(&user.username);
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
            roles: Giving::new(),
            groups: Giving::new(),
            pace: Pace::new(),
        })
    }

    /// Takes some lines, and says of each what became of it. The error is a failure of ours;
    /// of the lines given, any number may have been written then.
    pub async fn import(
        &self,
        import: &mut Import,
        lines: Vec<Result<ImportedUser, Refusal>>,
    ) -> Result<Vec<LineOutcome>, Failure> {
        import.roles.ask_anew();
        import.groups.ask_anew();
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
            if waiting.len() >= import.pace.lines() {
                self.write(import, &mut waiting, &mut outcomes).await?;
            }
        }
        self.write(import, &mut waiting, &mut outcomes).await?;
        for outcome in &outcomes {
            import.summary.count(outcome);
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
        let event = permit.event(foundation, entry, now).await?;
        let work = Work::open(foundation, now).await?;
        work.commit(&[event]).await?;
        Ok(summary)
    }
}

fn taken_name(username: &Username) -> String {
    format!("username {}", username.key())
}

fn conflict(field: &'static str, description: &'static str) -> Refusal {
    Refusal {
        code: ErrorCode::Conflict,
        field: Some(field.into()),
        description: description.into(),
    }
}
