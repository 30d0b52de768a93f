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

use gatelodge_conformance::{samples, seal_key};
use gatelodge_domain::audit::{AuditActor, SealBody};
use gatelodge_domain::document::DocumentKind;
use gatelodge_domain::refresh::FamilyReach;
use gatelodge_domain::ticket::TicketKind;
use gatelodge_domain::{
    AuditAction, AuditEvent, Digest, Grant, Id, Outcome, Realm, Session, Subject, User, Username,
};
use gatelodge_ports::Store as _;
use gatelodge_ports::store::{
    AuditFilter, ClientFilter, FamilyFilter, GrantFilter, Holder, PageRequest, SessionFilter,
    ThrottleFilter, UserFilter, UserOrder, UserPage, UserPlace,
};
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

async fn trail(plans: &mut Plans, realm: Id<Realm>) {
    events_of_somebody(plans, realm).await;
    for (place, realm) in [("everywhere", None), ("in a realm", Some(realm))] {
        events_of_a_place(plans, place, realm).await;
    }
    plan!(plans, "audit: from a position on", unit => unit.audit().since(1, 100));
    plan!(plans, "audit: seals", unit => unit.audit().seals(1, 100));
    plan!(plans, "audit: the last seal", unit => unit.audit().last_seal());
    plan!(plans, "audit: the beginning is given up", unit => unit.audit().remove_sealed(&SealBody {
        number: 0,
        first: 0,
        last: 0,
        count: 0,
        root: Digest::new([0; 32]),
        previous: Digest::new([0; 32]),
    }.authenticated(Digest::new([0; 32]))));
}

async fn events_of_somebody(plans: &mut Plans, realm: Id<Realm>) {
    let house = AuditFilter::default;
    let user = AuditActor::Subject(Subject::User(Id::from_u128(7)));
    let denied = Some(Outcome::Denied);
    let action = Some(AuditAction::TokenIssued);
    plans.audit("everything", &house()).await;
    for (name, actor) in [("by a user", user), ("by the system", AuditActor::System)] {
        let by = AuditFilter {
            actor: Some(actor),
            ..house()
        };
        plans.audit(name, &by).await;
        plans
            .audit(
                &format!("{name}, denied"),
                &AuditFilter {
                    outcome: denied,
                    ..by.clone()
                },
            )
            .await;
        plans
            .audit(
                &format!("{name}, in a realm"),
                &AuditFilter {
                    realm: Some(realm),
                    ..by.clone()
                },
            )
            .await;
        plans
            .audit(
                &format!("{name}, denied, in a realm"),
                &AuditFilter {
                    outcome: denied,
                    realm: Some(realm),
                    ..by.clone()
                },
            )
            .await;
        plans
            .audit(
                &format!("{name}, of an action"),
                &AuditFilter { action, ..by },
            )
            .await;
    }
    let on = AuditFilter {
        target: Some(7),
        ..house()
    };
    plans.audit("on a target", &on).await;
    plans
        .audit(
            "on a target in a realm",
            &AuditFilter {
                realm: Some(realm),
                action,
                ..on
            },
        )
        .await;
}

async fn events_of_a_place(plans: &mut Plans, place: &str, realm: Option<Id<Realm>>) {
    let house = AuditFilter::default;
    let denied = Some(Outcome::Denied);
    let action = Some(AuditAction::TokenIssued);
    let now = samples::NOW;
    let here = AuditFilter { realm, ..house() };
    plans.audit(place, &here).await;
    plans
        .audit(
            &format!("{place}, of an action"),
            &AuditFilter {
                action,
                ..here.clone()
            },
        )
        .await;
    plans
        .audit(
            &format!("{place}, denied"),
            &AuditFilter {
                outcome: denied,
                ..here.clone()
            },
        )
        .await;
    let both = AuditFilter {
        action,
        outcome: denied,
        ..here.clone()
    };
    plans
        .audit(&format!("{place}, of an action, denied"), &both)
        .await;
    let few = AuditFilter {
        from: Some(now.plus(core::time::Duration::from_secs(1))),
        ..here.clone()
    };
    plans
        .audit(&format!("{place}, in a time with few events"), &few)
        .await;
    plans
        .audit(
            &format!("{place}, of an action, in a time with few events"),
            &AuditFilter { action, ..few },
        )
        .await;
    let many = AuditFilter {
        from: Some(now),
        to: Some(now.plus(core::time::Duration::from_mins(1))),
        ..here
    };
    plans
        .audit(&format!("{place}, in a time with many events"), &many)
        .await;
    plans
        .audit(
            &format!("{place}, of an action, in a time with many events"),
            &AuditFilter { action, ..many },
        )
        .await;
}

async fn narrowed_lists_of_users(plans: &mut Plans, realm: Id<Realm>) {
    let now = samples::NOW;
    for (name, filter) in [
        (
            "users: of a name",
            UserFilter {
                username_key: Some("many1".to_owned()),
                ..UserFilter::default()
            },
        ),
        (
            "users: with a beginning of an address",
            UserFilter {
                email_prefix: Some("few".to_owned()),
                ..UserFilter::default()
            },
        ),
        (
            "users: made in a time",
            UserFilter {
                made_from: Some(now),
                made_before: Some(now),
                ..UserFilter::default()
            },
        ),
        (
            "users: of a rare status, made in a time",
            UserFilter {
                status: Some("suspended"),
                made_from: Some(now),
                made_before: Some(now),
                ..UserFilter::default()
            },
        ),
        (
            "users: with a common beginning, made in a time",
            UserFilter {
                username_prefix: Some("many".to_owned()),
                made_from: Some(now),
                ..UserFilter::default()
            },
        ),
        (
            "users: with a common beginning and a rare one of an address",
            UserFilter {
                username_prefix: Some("many".to_owned()),
                email_prefix: Some("few".to_owned()),
                ..UserFilter::default()
            },
        ),
        (
            "users: with a rare beginning and a longer one of an address",
            UserFilter {
                username_prefix: Some("few".to_owned()),
                email_prefix: Some("many1".to_owned()),
                ..UserFilter::default()
            },
        ),
    ] {
        plan!(plans, name, unit => unit.users().list(realm, &filter, PageRequest::first(50)));
    }
}

async fn lists_of_users(plans: &mut Plans, realm: Id<Realm>) {
    let now = samples::NOW;
    for (name, prefix, email_key, status) in [
        ("users", None, None, None),
        ("users: of a status", None, None, Some("active")),
        ("users: with an address", None, Some("a@b.example"), None),
        ("users: with a rare beginning", Some("few"), None, None),
        ("users: with a common beginning", Some("many"), None, None),
        (
            "users: with a common beginning and an address",
            Some("many"),
            Some("a@b.example"),
            None,
        ),
        (
            "users: with a common beginning, of a rare status",
            Some("many"),
            None,
            Some("suspended"),
        ),
    ] {
        let filter = UserFilter {
            username_prefix: prefix.map(str::to_owned),
            email_key: email_key.map(str::to_owned),
            status,
            ..UserFilter::default()
        };
        plan!(plans, name, unit => unit.users().list(realm, &filter, PageRequest::first(50)));
        let after = PageRequest::after(Id::from_u128(7), 50);
        plan!(plans, format!("{name}, next page"), unit => unit.users().list(realm, &filter, after));
    }
    narrowed_lists_of_users(plans, realm).await;
    let filter = UserFilter {
        status: Some("suspended"),
        made_from: Some(now),
        ..UserFilter::default()
    };
    let page = UserPage {
        order: UserOrder::YoungestFirst,
        after: Some(UserPlace::Id(Id::from_u128(7))),
        limit: 50,
    };
    plan!(plans, "users: youngest first, of a rare status, made in a time", unit => unit.users().list_in_order(realm, &filter, page));
    for (name, order, prefix, after) in [
        (
            "users: youngest first",
            UserOrder::YoungestFirst,
            None,
            UserPlace::Id(Id::from_u128(7)),
        ),
        (
            "users: by name",
            UserOrder::Username,
            None,
            UserPlace::Username("m".to_owned()),
        ),
        (
            "users: by name, backwards, with a beginning",
            UserOrder::UsernameBackwards,
            Some("many"),
            UserPlace::Username("many5".to_owned()),
        ),
    ] {
        let filter = UserFilter {
            username_prefix: prefix.map(str::to_owned),
            ..UserFilter::default()
        };
        for after in [None, Some(after)] {
            let page = UserPage {
                order,
                after,
                limit: 50,
            };
            let name = if page.after.is_some() {
                format!("{name}, next page")
            } else {
                name.to_owned()
            };
            plan!(plans, name, unit => unit.users().list_in_order(realm, &filter, page));
        }
    }
}

async fn lists(plans: &mut Plans, realm: Id<Realm>) {
    let now = samples::NOW;
    plan!(plans, "realms", unit => unit.realms().list(PageRequest::first(50)));
    lists_of_users(plans, realm).await;
    for (name, prefix) in [("clients", None), ("clients: with a beginning", Some("a"))] {
        let filter = ClientFilter {
            client_id_prefix: prefix.map(str::to_owned),
            ..ClientFilter::default()
        };
        plan!(plans, name, unit => unit.clients().list(realm, &filter, PageRequest::first(50)));
    }
    let named = ClientFilter {
        name_prefix: Some("a".to_owned()),
        ..ClientFilter::default()
    };
    plan!(plans, "clients: with the beginning of a name", unit => unit.clients().list(realm, &named, PageRequest::first(50)));
    for (name, user, live_at) in [
        ("sessions", None, None),
        ("sessions: live", None, Some(now)),
        ("sessions: of a user", Some(Id::from_u128(7)), None),
        (
            "sessions: of a user, live",
            Some(Id::from_u128(7)),
            Some(now),
        ),
    ] {
        let filter = SessionFilter { user, live_at };
        plan!(plans, name, unit => unit.sessions().list(realm, filter, PageRequest::first(50)));
    }
    for (name, filter) in grant_filters() {
        plan!(plans, name, unit => unit.grants().list(realm, filter, PageRequest::first(50)));
    }
    plan!(plans, "consents of a user", unit => unit.consents().list_of(realm, Id::from_u128(7)));
    plan!(plans, "roles", unit => unit.roles().list(realm, PageRequest::first(50)));
    plan!(plans, "roles of a user", unit => unit.roles().held_by(realm, Subject::User(Id::from_u128(7))));
    access(plans, realm).await;
    plan!(plans, "active holders of a role", unit => unit.roles().count_active_holders(realm, Id::from_u128(7)));
    plan!(plans, "documents of a kind", unit => unit.documents().list(realm, DocumentKind::MailTemplate));
    factors(plans, realm).await;
    plan!(plans, "changes", unit => unit.changes().since(1, 100));
}

async fn factors(plans: &mut Plans, realm: Id<Realm>) {
    let now = samples::NOW;
    let user: Id<User> = Id::from_u128(7);
    let digest = samples::digest();
    plan!(plans, "factors of a user", unit => unit.factors().list_of(realm, user));
    plan!(plans, "recovery codes of a user", unit => unit.factors().recovery_codes_of(realm, user));
    plan!(plans, "using a time step", unit => unit.factors().use_step(realm, Id::from_u128(7), 7, now));
    plan!(plans, "using a recovery code", unit => unit.factors().use_recovery_code(realm, user, &digest, now));
    plan!(plans, "making a factor primary", unit => unit.factors().make_primary(realm, user, Id::from_u128(7)));
    let some = ThrottleFilter {
        live_at: Some(now),
        ..ThrottleFilter::default()
    };
    for (name, filter) in [
        ("throttles: live", some),
        (
            "throttles: of a user, live",
            ThrottleFilter {
                user: Some(user),
                ..some
            },
        ),
        (
            "throttles: by digest, live",
            ThrottleFilter {
                digest: Some(digest),
                ..some
            },
        ),
    ] {
        plan!(plans, name, unit => unit.throttles().list(realm, filter, PageRequest::first(50)));
    }
    plan!(plans, "clearing a throttle", unit => unit.throttles().clear(realm, &digest));
    plan!(plans, "lifting a user's throttles", unit => unit.throttles().remove_of(realm, user));
    plan!(plans, "sweeping throttles", unit => unit.throttles().sweep(now, 200));
}

async fn access(plans: &mut Plans, realm: Id<Realm>) {
    let (role, group) = (Id::from_u128(7), Id::from_u128(8));
    let user: Id<User> = Id::from_u128(7);
    plan!(plans, "what a user was given", unit => unit.roles().holdings_of(realm, Subject::User(user)));
    plan!(plans, "what roles lead to", unit => unit.roles().with_included(realm, &[role]));
    plan!(plans, "what roles include", unit => unit.roles().inclusions(realm, &[role]));
    plan!(plans, "holders of a role", unit => unit.roles().holders(realm, role, None, 50));
    let after = Some(Holder::Group(group));
    plan!(plans, "holders of a role, next page", unit => unit.roles().holders(realm, role, after, 50));
    plan!(plans, "groups", unit => unit.roles().list_groups(realm, None, PageRequest::first(50)));
    plan!(plans, "groups of a user", unit => unit.roles().groups_of(realm, user));
    plan!(plans, "roles of a group", unit => unit.roles().roles_of_group(realm, group));
    let page = PageRequest::after(user, 50);
    plan!(plans, "members of a group, next page", unit => unit.roles().members(realm, group, page));
    let filter = UserFilter {
        groups: Some([group].into()),
        ..UserFilter::default()
    };
    let page = PageRequest::after(user, 50);
    plan!(plans, "users: of a group, next page", unit => unit.users().list(realm, &filter, page));
    plan!(plans, "apis", unit => unit.catalogue().list_apis(realm, PageRequest::first(50)));
    plan!(plans, "scopes", unit => unit.catalogue().list_scopes(realm, PageRequest::first(50)));
    plan!(plans, "permissions", unit => unit.catalogue().list_permissions(realm, PageRequest::first(50)));
    plan!(plans, "whether an api is used", unit => unit.catalogue().api_is_used(realm, Id::from_u128(7)));
    plan!(plans, "removing a role", unit => unit.roles().remove(realm, role));
    plan!(plans, "removing a group", unit => unit.roles().remove_group(realm, group));
}

fn grant_filters() -> [(&'static str, GrantFilter); 6] {
    let some = GrantFilter::default;
    [
        ("grants", some()),
        (
            "grants: live",
            GrantFilter {
                live_at: Some(samples::NOW),
                ..some()
            },
        ),
        (
            "grants: of a user",
            GrantFilter {
                user: Some(Id::from_u128(7)),
                ..some()
            },
        ),
        (
            "grants: of a client",
            GrantFilter {
                client: Some(Id::from_u128(7)),
                ..some()
            },
        ),
        (
            "grants: of a session",
            GrantFilter {
                session: Some(Id::from_u128(7)),
                ..some()
            },
        ),
        (
            "grants: of a user to a client, live",
            GrantFilter {
                user: Some(Id::from_u128(7)),
                client: Some(Id::from_u128(8)),
                live_at: Some(samples::NOW),
                ..some()
            },
        ),
    ]
}

async fn ends(plans: &mut Plans, realm: Id<Realm>) {
    let now = samples::NOW;
    let user: Id<User> = Id::from_u128(7);
    plan!(plans, "ending a user's sessions", unit => unit.sessions().end_all_of(realm, user, None, now));
    for (name, filter) in grant_filters().into_iter().skip(2) {
        plan!(plans, format!("ending {name}"), unit => unit.grants().end_matching(realm, filter, now));
    }
    let some = FamilyFilter::default;
    for (name, filter) in [
        (
            "of a grant",
            FamilyFilter {
                grant: Some(Id::from_u128(7)),
                ..some()
            },
        ),
        (
            "of a session",
            FamilyFilter {
                session: Some(Id::from_u128(7)),
                reach: Some(FamilyReach::Session),
                ..some()
            },
        ),
        (
            "of a subject",
            FamilyFilter {
                subject: Some(Subject::User(user)),
                ..some()
            },
        ),
        (
            "of a client",
            FamilyFilter {
                client: Some(Id::from_u128(7)),
                ..some()
            },
        ),
    ] {
        plan!(plans, format!("ending families {name}"), unit => unit.families().end_matching(realm, filter, now));
    }
    plan!(plans, "revoking the tickets of a grant", unit => unit.tickets().revoke_grant(realm, Id::from_u128(7)));
    let several: [Id<Grant>; 2] = [Id::from_u128(7), Id::from_u128(8)];
    plan!(plans, "ending some grants", unit => unit.grants().end_these(realm, &several, now));
    plan!(plans, "ending the families of some grants", unit => unit.families().end_of_grants(realm, &several, now));
    plan!(plans, "revoking the tickets of some grants", unit => unit.tickets().revoke_grants(realm, &several));
    let some: [Id<Session>; 2] = [Id::from_u128(7), Id::from_u128(8)];
    plan!(plans, "ending some sessions", unit => unit.sessions().end_these(realm, &some, now));
    plan!(plans, "revoking the tickets of a subject", unit => unit.tickets().revoke_subject(realm, Subject::User(user)));
    plan!(plans, "revoking the links of a subject", unit => unit.tickets().revoke_kind_of(realm, TicketKind::PasswordReset, Subject::User(user)));
    plan!(plans, "removing a user", unit => unit.users().remove(realm, user));
    plan!(plans, "removing some of what a client was given", unit => unit.clients().strip(realm, Id::from_u128(7), 200));
    plan!(plans, "removing a client", unit => unit.clients().remove(realm, Id::from_u128(7)));
}

async fn sweeps(plans: &mut Plans, realm: Id<Realm>) {
    let now = samples::NOW;
    plan!(plans, "sweeping tickets", unit => unit.tickets().sweep(now, 200));
    plan!(plans, "sweeping sessions", unit => unit.sessions().sweep(now, 200));
    plan!(plans, "sweeping families", unit => unit.families().sweep(now, 200));
    plan!(plans, "sweeping grants", unit => unit.grants().sweep(now, 200));
    plan!(plans, "sweeping revocations", unit => unit.revocations().sweep(now, 200));
    plan!(plans, "sweeping watermarks", unit => unit.revocations().sweep_watermarks(now, 200));
    plan!(plans, "sweeping changes", unit => unit.changes().sweep(now, 200));
    plan!(plans, "sweeping a realm", unit => unit.realms().sweep(realm, 200));
    plan!(plans, "sweeping messages", unit => unit.outbox().sweep(now, 200));
    plan!(plans, "taking messages", unit => unit.outbox().take("mail", now, now, 20));
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
