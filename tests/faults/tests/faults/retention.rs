//! The audit trail's beginning is given up by a running server, by its own timer, when it is old
//! enough by the machine's clock.

use std::path::Path;
use std::process::Command;

use gatelodge_testkit::binary;
use rusqlite::Connection;

use crate::clock::SetClock;
use crate::house::{Plan, eventually};

const DAY: i64 = 86_400;

fn number(data_dir: &Path, query: &str) -> i64 {
    let database = Connection::open(data_dir.join("gatelodge.db")).unwrap();
    database.query_row(query, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_running_server_gives_up_what_is_older_than_it_keeps_and_the_trail_is_whole() {
    let clock = SetClock::new();
    let plan = Plan::demo()
        .setting("audit.retention_days", "2")
        .setting("housekeeping.period_seconds", "5");
    let house = clock.rules(plan).start();
    let data_dir = house.data_dir().to_owned();
    for _ in 0..40 {
        let _ = house.client_credentials().expect_status(200);
    }
    let old = number(&data_dir, "SELECT max(position) FROM audit_events");
    // A day is not enough: rounds pass and nothing goes.
    clock.is_off_by(DAY);
    let _ = house.client_credentials().expect_status(200);
    eventually("a round of retention was made", || {
        house.figure("gatelodge_job_rounds_total{name=\"audit retention\",outcome=\"ok\"}") >= 2
    });
    assert_eq!(
        number(&data_dir, "SELECT min(position) FROM audit_events"),
        1
    );
    assert_eq!(house.times_said("removed under retention"), 0);

    clock.is_off_by(3 * DAY);
    for _ in 0..5 {
        let _ = house.client_credentials().expect_status(200);
    }
    eventually("the old events are gone", || {
        number(&data_dir, "SELECT min(position) FROM audit_events") > old
    });
    eventually("the log says so", || {
        house.times_said("removed under retention") > 0
    });
    eventually("they are counted", || {
        house.figure("gatelodge_expired_rows_removed_total{kind=\"events\"}") >= 40
    });
    let kept = number(&data_dir, "SELECT count(*) FROM audit_events");
    assert!(kept >= 6, "{kept} events are left");

    let verified = Command::new(binary("gatelodge"))
        .args(["audit", "verify", "--data-dir"])
        .arg(&data_dir)
        .envs(clock.variables())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success(), "{said}{complaint}");
    assert!(said.contains("were removed under retention"), "{said}");
    // It was the house itself that did it, and says so in the trail.
    let recorded = number(
        &data_dir,
        "SELECT count(*) FROM audit_events WHERE action = 'audit.removed'",
    );
    assert!(recorded >= 1);
}
