//! Which migration steps a database needs, and whether this binary may use it.
//!
//! Every step leaves a row with its version and its `readable_by` floor. A binary refuses a
//! schema only when the newest step's floor is above what it knows, so the release before a
//! migration can go on serving beside the one after.

use gatelodge_migrations::Step;

use crate::OpenError;

/// Whether pending migration steps are run when a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrate {
    /// They are.
    Run,
    /// The store is refused while any is pending.
    Refuse,
    /// They are, and an unfinished copy is accepted too: for whoever finishes and checks it.
    Copying,
}

/// The version and the floor of the step that an unfinished copy carries: above what any release
/// knows, so that none serves from it.
pub(crate) const UNFINISHED: i64 = u32::MAX as i64;

/// Made where it is missing before anything else.
pub(crate) const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_steps \
    (version bigint PRIMARY KEY, name text NOT NULL, readable_by bigint NOT NULL, \
    applied_at bigint NOT NULL)";

/// The steps that were run.
pub(crate) const APPLIED: &str = "SELECT version, readable_by FROM schema_steps ORDER BY version";

/// A step that was run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Applied {
    /// The schema version that it made.
    pub(crate) version: i64,
    /// The lowest version that a reader must know since.
    pub(crate) readable_by: i64,
}

/// The steps to run, oldest first, or why the database cannot be used.
pub(crate) fn pending(
    applied: &[Applied],
    steps: Vec<Step>,
    migrate: Migrate,
) -> Result<Vec<Step>, OpenError> {
    let known = steps.last().map_or(0, |step| step.version);
    let applied = match applied.split_last() {
        Some((newest, before)) if newest.version == UNFINISHED => {
            if migrate != Migrate::Copying {
                return Err(OpenError::UnfinishedCopy);
            }
            before
        }
        _ => applied,
    };
    let version = applied.last().map_or(0, |step| step.version);
    let floor = applied.last().map_or(0, |step| step.readable_by);
    if floor > i64::from(known) {
        return Err(OpenError::TooNew {
            readable_by: u32::try_from(floor).unwrap_or(u32::MAX),
            known,
        });
    }
    let pending: Vec<Step> = steps
        .into_iter()
        .filter(|step| i64::from(step.version) > version)
        .collect();
    if migrate == Migrate::Refuse && !pending.is_empty() {
        return Err(OpenError::MigrationsPending {
            steps: pending.len(),
        });
    }
    Ok(pending)
}

/// A step that failed and was undone.
pub(crate) fn failed(step: &Step, reason: impl core::fmt::Display) -> OpenError {
    OpenError::Migration {
        step: step.name.to_owned(),
        reason: reason.to_string().replace('\n', " "),
    }
}

#[cfg(test)]
mod tests {
    use gatelodge_migrations::{READS, steps};

    use super::*;

    fn after(version: u32, readable_by: u32) -> Vec<Applied> {
        vec![Applied {
            version: version.into(),
            readable_by: readable_by.into(),
        }]
    }

    #[test]
    fn an_empty_database_needs_every_step() {
        let needed = pending(&[], steps(), Migrate::Run).unwrap();
        assert_eq!(needed.len(), steps().len());
    }

    #[test]
    fn a_current_database_needs_none_even_where_none_may_run() {
        assert!(
            pending(&after(READS, 1), steps(), Migrate::Refuse)
                .unwrap()
                .is_empty()
        );
        assert!(matches!(
            pending(&after(READS - 1, 1), steps(), Migrate::Refuse),
            Err(OpenError::MigrationsPending { steps: 1 })
        ));
    }

    #[test]
    fn an_unfinished_copy_is_for_whoever_finishes_it_only() {
        let mut applied = after(READS, 1);
        applied.extend(after(u32::MAX, u32::MAX));
        for migrate in [Migrate::Run, Migrate::Refuse] {
            assert!(matches!(
                pending(&applied, steps(), migrate),
                Err(OpenError::UnfinishedCopy)
            ));
        }
        let needed = pending(&applied, steps(), Migrate::Copying).unwrap();
        assert!(needed.is_empty());
    }

    #[test]
    fn only_a_floor_above_what_is_known_refuses_a_newer_schema() {
        assert!(
            pending(&after(READS + 1, READS), steps(), Migrate::Refuse)
                .unwrap()
                .is_empty()
        );
        assert!(matches!(
            pending(&after(READS + 1, READS + 1), steps(), Migrate::Run),
            Err(OpenError::TooNew { .. })
        ));
    }
}
