//! More connections than there are descriptors.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use crate::house::{House, Plan, eventually};

/// The processor time that it has used, in seconds.
fn processor_seconds(house: &House) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", house.pid())).unwrap();
    // After the name, which may hold anything: fields 14 and 15, in hundredths of a second.
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks = |at: usize| fields[at].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}

fn idle_connections(house: &House, count: usize) -> Vec<TcpStream> {
    (0..count)
        .filter_map(|_| {
            let address = house.authority().parse().unwrap();
            let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(20)).ok()?;
            let begun = "GET /oauth2/authorize HTTP/1.1\r\nx: ";
            stream.write_all(begun.as_bytes()).ok()?;
            Some(stream)
        })
        .collect()
}

#[test]
fn more_connections_than_descriptors_are_held_off_and_the_storage_keeps_its_own() {
    let mut house = Plan::demo()
        .under(&["prlimit", "--nofile=128:128"])
        .setting("limits.head_seconds", "5")
        .start();
    assert_eq!(house.times_said("the system allows too few open files"), 1);
    let _ = house.client_credentials().expect_status(200);

    let held = idle_connections(&house, 400);
    let used = processor_seconds(&house);
    std::thread::sleep(Duration::from_secs(3));
    let used = processor_seconds(&house) - used;
    assert!(used < 1.5, "{used} s of processor time in 3 s of nothing");
    let open = std::fs::read_dir(format!("/proc/{}/fd", house.pid()))
        .unwrap()
        .count();
    assert!(open < 128, "some are left for the storage: {open}");
    assert!(house.is_alive());
    // The admin port has its own share, and its storage works.
    let ready = gatelodge_testkit::Http::default().get(&format!("{}/readyz", house.admin_url), &[]);
    assert_eq!(ready.status, 200, "{}", ready.text());
    let taken = "all connections that may be open are taken";
    assert!(ready.text().contains(taken), "{}", ready.text());

    drop(held);
    eventually("there is room again", || {
        TcpStream::connect(house.authority()).is_ok() && house.readyz().status == 200
    });
    house.recovers();
    house.told_by_episode(taken, "others wait");
    let app = house.app();
    let signed_in = app.redeem(&house.code(&app)).expect_status(200);
    let _ = app
        .refresh(&signed_in.field("refresh_token"))
        .expect_status(200);
    assert_eq!(house.times_said("panic"), 0);
    assert_eq!(
        house.times_said("unable to open database"),
        0,
        "{}",
        house.said()
    );
}

#[test]
fn a_low_limit_is_raised_as_far_as_the_system_allows() {
    let house = Plan::demo().under(&["prlimit", "--nofile=64:"]).start();
    let held = idle_connections(&house, 200);
    assert_eq!(held.len(), 200);
    let _ = house.client_credentials().expect_status(200);
    assert_eq!(house.times_said("Too many open files"), 0);
}
