//! The schema, as steps that each run once, in order.
//!
//! A step is a file `mNNNN_….rs` and is never edited once released. Steps *expand* (add tables,
//! columns, indexes) so that the release before can go on serving, or, a release after the
//! floor was raised, *contract*. The floor is [`Step::readable_by`] of the newest step that was
//! taken: the version that a program must read at least.
//!
//! One schema serves SQLite and PostgreSQL. Columns are text, bigint, boolean and bytes:
//!
//! - ids are 16 bytes, big-endian, so that byte order is the order of making on both engines;
//! - moments are bigint milliseconds since 1970; every other number is a bigint as well;
//! - text is compared as bytes (`COLLATE "C"` on PostgreSQL, `BINARY` on SQLite, its default);
//! - what is only ever read and written together with its row is JSON in a text column.
//!
//! Rows that belong to a realm have it in front of their primary key, so that finding, paging
//! by id and removing a whole realm are served by the same index.

#![expect(
    elided_lifetimes_in_paths,
    reason = "`up` must be spelled as the trait spells it, or async-trait makes another signature"
)]

mod columns;
mod m0001_core;
mod m0002_people;
mod m0003_clients;
mod m0004_authorizations;
mod m0005_audit;
mod m0006_delivery;
mod m0007_slim_indexes;
mod m0008_administration;

use sea_orm_migration::MigrationTrait;

/// One step of the schema.
pub struct Step {
    /// The version that the schema has afterwards; versions count from 1 without a gap.
    pub version: u32,
    /// The step's stable name, which begins with `m` and the version.
    pub name: &'static str,
    /// The floor: a program that reads versions below this one only must not start on the
    /// schema from then on.
    pub readable_by: u32,
    /// What it does. To be run within one transaction.
    pub migration: Box<dyn MigrationTrait>,
}

impl core::fmt::Debug for Step {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Step")
            .field("version", &self.version)
            .field("name", &self.name)
            .field("readable_by", &self.readable_by)
            .finish_non_exhaustive()
    }
}

/// The newest version of the schema that this program knows and reads.
pub const READS: u32 = 8;

macro_rules! steps {
    ($($version:literal $module:ident, readable_by $floor:literal;)+) => {
        /// Every step there is, in ascending order from version 1.
        pub fn steps() -> Vec<Step> {
            vec![$(Step {
                version: $version,
                name: stringify!($module),
                readable_by: $floor,
                migration: Box::new($module::Migration),
            },)+]
        }
    };
}

steps! {
    1 m0001_core, readable_by 1;
    2 m0002_people, readable_by 1;
    3 m0003_clients, readable_by 1;
    4 m0004_authorizations, readable_by 1;
    5 m0005_audit, readable_by 1;
    6 m0006_delivery, readable_by 1;
    7 m0007_slim_indexes, readable_by 1;
    8 m0008_administration, readable_by 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_numbered_from_one_without_a_gap_and_run_in_a_transaction() {
        for (version, step) in (1..).zip(steps()) {
            assert_eq!(step.version, version);
            assert_eq!(step.name, step.migration.name());
            assert!(
                step.name.starts_with(&format!("m{version:04}_")),
                "{}",
                step.name
            );
            assert!((1..=version).contains(&step.readable_by), "{}", step.name);
            assert_eq!(
                step.migration.use_transaction(),
                Some(true),
                "{}",
                step.name
            );
        }
        assert_eq!(steps().last().map(|step| step.version), Some(READS));
    }
}
