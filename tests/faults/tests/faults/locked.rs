//! The database file locked by another process.

use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::house::{House, Plan, eventually, expect_unavailable};

fn open(house: &House) -> Connection {
    let connection = Connection::open(house.data_dir().join("gatelodge.db")).unwrap();
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    connection
}

#[test]
fn a_locked_database_turns_writes_away_for_as_long_as_it_is_locked() {
    let house = Plan::demo().start();
    let token = house.client_credentials().expect_status(200);
    let other = open(&house);
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    // Many at once: none waits for the others' patience to end.
    scope(|scope| {
        let tries: Vec<_> = (0..32)
            .map(|_| {
                scope.spawn(|| {
                    let asked = Instant::now();
                    expect_unavailable(&house.client_credentials());
                    asked.elapsed()
                })
            })
            .collect();
        // Reads are not kept waiting by those who cannot write.
        for _ in 0..10 {
            let asked = Instant::now();
            let _ = house.discovery().expect_status(200);
            let seen = house.introspect(&token.field("access_token"));
            assert_eq!(seen.expect_status(200).json()["active"], true);
            assert!(asked.elapsed() < Duration::from_secs(5), "{asked:?}");
            sleep(Duration::from_millis(50));
        }
        for one in tries {
            let took = one.join().unwrap();
            // Two seconds each, one after the other, would be a minute.
            assert!(took < Duration::from_secs(20), "{took:?}");
        }
    });
    let busy = "the storage is locked or does not keep up";
    eventually("its readiness says so", || {
        expect_unavailable(&house.client_credentials());
        let ready = house.readyz();
        ready.status == 200 && ready.text() == format!("ready\n{busy}\n")
    });
    other.execute_batch("ROLLBACK").unwrap();
    eventually("writes are taken again", || {
        house.client_credentials().status == 200
    });
    house.recovers();
    house.told_by_episode(busy, "answering");
}

#[test]
fn a_short_lock_is_waited_for() {
    let house = Plan::demo().start();
    let other = open(&house);
    for _ in 0..5 {
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        scope(|scope| {
            let waiting = scope.spawn(|| house.client_credentials());
            sleep(Duration::from_millis(100));
            other.execute_batch("ROLLBACK").unwrap();
            let _ = waiting.join().unwrap().expect_status(200);
        });
    }
}

#[test]
fn a_second_server_on_the_same_folder_is_refused_and_told_whose_it_is() {
    let house = Plan::demo().start();
    let folder = house.data_dir().to_str().unwrap();
    let any = "127.0.0.1:0";
    let second = gatelodge_testkit::Server::run(&[
        "serve",
        "--demo",
        "--data-dir",
        folder,
        "--auth-listen",
        any,
        "--admin-listen",
        any,
    ]);
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains(&house.pid().to_string()), "{said}");
    let _ = house.client_credentials().expect_status(200);
}
