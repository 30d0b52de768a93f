//! A line, and what became of it.

use std::collections::BTreeSet;

use gatelodge_domain::attribute::Attributes;
use gatelodge_domain::role::RoleName;
use gatelodge_domain::user::{PasswordChange, Profile, SubjectId, Verification};
use gatelodge_domain::{Email, Id, Password, User, Username};

use crate::admin::Refusal;
use crate::users::AccountStatus;

/// A password as a line has it.
#[derive(Debug, Clone)]
pub enum ImportedPassword {
    /// As it was typed.
    Plain(Password),
    /// As another program stored it.
    Hash(String),
}

/// What a line says of a mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportedEmail {
    /// Nothing.
    Unsaid,
    /// That there is none.
    None,
    /// That it is this one.
    Address(Email),
}

/// A person as a line has them. What it does not speak of (`None`, [`ImportedEmail::Unsaid`]) is
/// as usual for somebody new, and stays as it is for somebody who is there.
#[derive(Debug, Clone)]
pub struct ImportedUser {
    /// What they sign in with.
    pub username: Username,
    /// Their mail address.
    pub email: ImportedEmail,
    /// Whether somebody proved that it is theirs.
    pub email_verification: Option<Verification>,
    /// Standard claims.
    pub profile: Option<Profile>,
    /// What the realm keeps of them beyond that.
    pub attributes: Option<Attributes>,
    /// Whether they may sign in.
    pub status: Option<AccountStatus>,
    /// Their public subject, where it is to stay what it was.
    pub subject: Option<SubjectId>,
    /// Their password, if they have one.
    pub password: Option<ImportedPassword>,
    /// Whether they must choose another one.
    pub password_change: Option<PasswordChange>,
    /// The names of the roles that they hold themselves; `None` says nothing of roles.
    pub roles: Option<BTreeSet<RoleName>>,
    /// The names of the groups that they are in; `None` says nothing of groups.
    pub groups: Option<BTreeSet<RoleName>>,
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

impl ImportSummary {
    pub(super) fn count(&mut self, outcome: &LineOutcome) {
        let count = match outcome {
            LineOutcome::Created(_) => &mut self.created,
            LineOutcome::Updated(_) => &mut self.updated,
            LineOutcome::Skipped(_) => &mut self.skipped,
            LineOutcome::Refused(_) => &mut self.refused,
        };
        *count += 1;
    }
}
