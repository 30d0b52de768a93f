//! What is over is removed by a running server, by its own timer, and is seen among the figures.

use std::path::Path;

use gatelodge_testkit::{Administrator, Browser, RelyingParty};
use rusqlite::Connection;
use serde_json::json;

use crate::clock::SetClock;
use crate::house::{House, Plan, eventually};

const DAY: i64 = 86_400;
/// Kinds of rows and their tables. The feed of changes and the outbox go on being written.
const TABLES: [(&str, &str); 7] = [
    ("tickets", "tickets"),
    ("sessions", "sessions"),
    ("families", "refresh_families"),
    ("grants", "grants"),
    ("revocations", "revocations"),
    ("watermarks", "watermarks"),
    ("throttles", "throttles"),
];

fn rows(data_dir: &Path, table: &str) -> u64 {
    let database = Connection::open(data_dir.join("gatelodge.db")).unwrap();
    let count = format!("SELECT count(*) FROM {table}");
    let count: i64 = database.query_row(&count, [], |row| row.get(0)).unwrap();
    u64::try_from(count).unwrap()
}

fn removed(house: &House, kind: &str) -> u64 {
    house.figure(&format!(
        "gatelodge_expired_rows_removed_total{{kind=\"{kind}\"}}"
    ))
}

/// Leaves a row of every kind behind.
fn live(house: &House) {
    let administrator = Administrator::at(&house.admin_url, &house.demo, "openid admin");
    let app = RelyingParty::new(
        &house.issuer,
        &house.demo["public_client"],
        "openid offline_access",
    );
    let (username, password) = house.person();
    let code = app.code(&mut Browser::new(), username, password);
    let tokens = app.redeem(&code).expect_status(200);
    let revoked = app.authenticated_post(
        "/oauth2/revoke",
        &[("token", &tokens.field("access_token"))],
    );
    assert_eq!(revoked.status, 200);

    let browser = &mut Browser::new();
    let page = browser.open(&format!("{}/login", house.issuer));
    let refused = browser.submit(&page, &[("username", username), ("password", "not it")]);
    assert_eq!(refused.status, 401);

    let guest = json!({"username": "guest", "password": "a long enough password"});
    let guest = administrator.post("/realms/default/users", &guest);
    let path = format!(
        "/realms/default/users/{}",
        guest.expect_status(201).field("id")
    );
    let away = json!({"status": "deactivated"});
    let _ = administrator.patch(&path, &away).expect_status(200);
}

#[test]
fn what_is_over_is_removed_by_itself_and_counted_and_what_lives_stays() {
    let clock = SetClock::new();
    let plan = Plan::demo().setting("housekeeping.period_seconds", "5");
    let house = clock.rules(plan).start();
    let data_dir = house.data_dir().to_owned();
    live(&house);
    let before = TABLES.map(|(_, table)| rows(&data_dir, table));
    for ((kind, table), count) in TABLES.iter().zip(before) {
        assert!(count > 0, "nothing in {table}");
        assert_eq!(removed(&house, kind), 0, "{kind}");
    }
    let rounds = "gatelodge_job_rounds_total{name=\"sweep\",outcome=\"ok\"}";
    let made = house.figure(rounds);
    eventually("rounds pass", || house.figure(rounds) >= made + 2);
    let after = TABLES.map(|(_, table)| rows(&data_dir, table));
    assert_eq!(after, before, "what lives stays");

    // Longer than anything lives and is kept.
    clock.is_off_by(120 * DAY);
    for ((kind, table), count) in TABLES.iter().zip(before) {
        eventually(table, || rows(&data_dir, table) == 0);
        eventually(kind, || removed(&house, kind) >= count);
    }
    eventually("changes that every node has seen", || {
        removed(&house, "changes") > 0
    });
}
