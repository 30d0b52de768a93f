//! How SQLite finds the rows of every list, search and clean-up: a guard, and the description
//! of what each index is for.
//!
//! `plans.txt` has the plan of each statement. A statement that reads a table from end to end,
//! or gathers rows to sort them, is as quick as the others here, and takes seconds on a trail of
//! millions. `UPDATE_GOLDEN=1` writes the file anew; what is new in it is to be read with that in
//! mind. What the tests below forbid stays forbidden.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use gatelodge_conformance::samples;
use gatelodge_conformance::seal_key;
use gatelodge_domain::{AuditEvent, Grant, Realm, Session, Subject, User, Username};
use gatelodge_ports::Store as _;
use gatelodge_ports::store::AuditFilter;
use rusqlite::Connection;

use crate::sqlite::recorded;
use crate::{Migrate, SeaOrmStore, SqliteOptions};

/// Tables that grow without bound.
const LARGE: [&str; 8] = [
    "audit_events",
    "audit_seals",
    "users",
    "sessions",
    "grants",
    "consents",
    "tickets",
    "refresh_families",
];

struct Plans {
    store: Arc<SeaOrmStore>,
    beside: Connection,
    found: Vec<(String, Vec<String>)>,
    _folder: tempfile::TempDir,
}

/// Runs what a use case would, and keeps the plans of its statements under a name.
macro_rules! plan {
    ($plans:ident, $name:expr, $unit:ident => $verb:expr) => {{
        let mut unit = $plans.store.write().await.unwrap();
        let $unit = &mut *unit;
        recorded::begin();
        let done = $verb.await;
        let statements = recorded::take();
        assert!(done.is_ok(), "{}", $name);
        $plans.explain($name.to_string(), &statements);
    }};
}

// Below the macro, which they use.
mod ends;
mod lists;
mod people;
mod trail;

use ends::{ends, sweeps};
use lists::lists;
use trail::trail;

impl Plans {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gatelodge.db");
        let options = SqliteOptions {
            path: path.clone(),
            key: None,
            migrate: Migrate::Run,
        };
        let store = SeaOrmStore::open_sqlite(options).await.unwrap();
        store.use_seal_key(seal_key());
        Self {
            store,
            beside: Connection::open(&path).unwrap(),
            found: Vec::new(),
            _folder: folder,
        }
    }

    fn explain(&mut self, name: String, statements: &[String]) {
        let mut lines = Vec::new();
        for statement in statements {
            if !lines.is_empty() {
                lines.push("then".to_owned());
            }
            let mut explained = self
                .beside
                .prepare(&format!("EXPLAIN QUERY PLAN {statement}"))
                .unwrap();
            let mut rows = explained.raw_query();
            while let Some(row) = rows.next().unwrap() {
                lines.push(row.get::<_, String>(3).unwrap());
            }
        }
        self.found.push((name, lines));
    }

    /// More people and events than are gathered and sorted, and more sessions and grants that
    /// are over than a page walks past.
    async fn fill(&self, realm: &Realm) {
        let mut unit = self.store.write().await.unwrap();
        unit.realms().insert(realm).await.unwrap();
        for number in 0..=crate::slices::FEW {
            let user = User {
                username: Username::parse(&format!("many{number}")).unwrap(),
                email: None,
                ..samples::user(realm.id)
            };
            unit.users().insert(&user).await.unwrap();
            let ended_at = Some(samples::NOW);
            let session = Session {
                ended_at,
                ..samples::session(realm.id, user.id)
            };
            unit.sessions().insert(&session).await.unwrap();
            let grant = samples::grant(realm.id, samples::id(), Subject::User(user.id));
            let grant = Grant { ended_at, ..grant };
            unit.grants().insert(&grant).await.unwrap();
        }
        let events: Vec<AuditEvent> = (0..=crate::slices::FEW)
            .map(|_| samples::event(realm.id))
            .collect();
        unit.audit().append(&events).await.unwrap();
        unit.commit().await.unwrap();
    }

    async fn audit(&mut self, name: &str, filter: &AuditFilter) {
        plan!(self, format!("audit: {name}"), unit => unit.audit().list(filter, None, 50));
    }
}

async fn all(realm: &Realm) -> Plans {
    let mut plans = Plans::open().await;
    plans.fill(realm).await;
    trail(&mut plans, realm.id).await;
    lists(&mut plans, realm.id).await;
    ends(&mut plans, realm.id).await;
    sweeps(&mut plans, realm.id).await;
    plans
}

#[tokio::test]
async fn every_list_and_sweep_goes_by_the_index_that_is_meant_for_it() {
    let plans = all(&samples::realm()).await;
    let mut text = String::new();
    for (name, lines) in &plans.found {
        let _ = writeln!(text, "{name}");
        for line in lines {
            let _ = writeln!(text, "    {line}");
        }
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/plans.txt");
    #[expect(
        clippy::disallowed_methods,
        reason = "a golden is rewritten by whoever runs the test"
    )]
    let rewrite = std::env::var_os("UPDATE_GOLDEN").is_some();
    if rewrite {
        std::fs::write(&golden, &text).unwrap();
    }
    let wanted = std::fs::read_to_string(&golden).unwrap_or_default();
    for (found, wanted) in text.lines().zip(wanted.lines()) {
        assert_eq!(found, wanted, "a plan differs from src/plans.txt");
    }
    assert_eq!(text.len(), wanted.len(), "src/plans.txt has other plans");
}

#[tokio::test]
async fn nothing_reads_or_sorts_a_large_table() {
    let plans = all(&samples::realm()).await;
    for (name, lines) in &plans.found {
        for line in lines {
            let reads_all = LARGE.iter().any(|table| {
                line.strip_prefix("SCAN ")
                    .is_some_and(|scan| scan.split(' ').next() == Some(table))
                    // Rows that were fetched before, under the table's name.
                    && !lines.contains(&format!("CO-ROUTINE {table}"))
            });
            assert!(!reads_all, "{name}: {line}");
            // What is sorted is read from one index alone, and only as much as a page is kept.
            let gathered = name.contains("beginning") || name.contains("live");
            let sorts = line.contains("TEMP B-TREE FOR ORDER BY") && !gathered;
            assert!(!sorts, "{name}: {line}");
        }
    }
}

#[tokio::test]
async fn without_its_index_a_list_shows() {
    let mut plans = Plans::open().await;
    plans
        .beside
        .execute_batch("DROP INDEX audit_events_by_target")
        .unwrap();
    let on = AuditFilter {
        target: Some(7),
        ..AuditFilter::default()
    };
    plans.audit("on a target", &on).await;
    assert!(
        !plans.found[0].1.iter().any(|line| line.contains("target")),
        "{:?}",
        plans.found
    );
}
