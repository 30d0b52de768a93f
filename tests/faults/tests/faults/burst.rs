//! Ten times as many requests as can be carried: the rest is told to come back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use gatelodge_testkit::{Administrator, Answer, End};
use serde_json::json;

use crate::house::{House, Plan, expect_unavailable};

/// How long a burst lasts.
const LASTS: Duration = Duration::from_secs(4);
/// How long an answer may take, and readiness to notice: on a machine with other work, too.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a burst met.
struct Met {
    /// How long those took that were answered.
    served: Vec<Duration>,
    shed: usize,
}

/// Many callers, each asking again as soon as it is answered, for some seconds and until readiness
/// says what happens; meanwhile what is cheap is asked again and again, and must be there.
fn burst(house: &House, callers: usize, during: &str, ask: impl Fn() -> Answer + Sync) -> Met {
    let over = AtomicBool::new(false);
    let (over, ask) = (&over, &ask);
    scope(|scope| {
        let end = End(over);
        let callers: Vec<_> = (0..callers)
            .map(|_| {
                scope.spawn(move || {
                    let (mut served, mut shed) = (Vec::new(), 0);
                    while !over.load(Ordering::Relaxed) {
                        let asked = Instant::now();
                        let answer = ask();
                        if answer.status == 200 {
                            served.push(asked.elapsed());
                        } else {
                            expect_unavailable(&answer);
                            shed += 1;
                            // A caller that obeyed `Retry-After` would make no burst at all.
                            sleep(Duration::from_millis(20));
                        }
                    }
                    (served, shed)
                })
            })
            .collect();
        let mut met = Met {
            served: Vec::new(),
            shed: 0,
        };
        let began = Instant::now();
        let mut is_told = false;
        while began.elapsed() < LASTS || !is_told {
            assert!(began.elapsed() < PATIENCE, "readiness never says: {during}");
            let ready = house.readyz();
            // On a machine without a moment to spare it may say in its own words that it cannot
            // serve; it is not turned away.
            let is_answered = ready.status == 200 || ready.text().starts_with("the ");
            assert!(is_answered, "{}", ready.text());
            is_told |= ready.text().contains(during);
            let _ = house.discovery().expect_status(200);
            sleep(Duration::from_millis(100));
        }
        drop(end);
        for caller in callers {
            let (served, shed) = caller.join().unwrap();
            met.served.extend(served);
            met.shed += shed;
        }
        met
    })
}

fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() * 99 / 100]
}

#[test]
fn a_burst_of_sign_ins_is_shed_and_the_other_roads_go_on() {
    let house = Plan::demo()
        .setting("hashing.threads", "1")
        .setting("hashing.queue", "4")
        .start();
    // A crowd of one name is held up before its passwords are hashed, which is not what is shown
    // here.
    let alone = json!({"settings": {"sign_in_attempts_per_minute": 0, "sign_in_delay_after": 0}});
    let _ = Administrator::at(&house.admin_url, &house.demo, "openid admin")
        .patch("/realms/default", &alone)
        .expect_status(200);
    let party = house.machine();
    let (username, password) = house.person();
    let form = [
        ("grant_type", "password"),
        ("username", username),
        ("password", password),
    ];
    let during = "there are more passwords to hash than may wait";
    let met = burst(&house, 50, during, || {
        let _ = house.client_credentials().expect_status(200);
        party.token(&form)
    });
    assert!(!met.served.is_empty(), "some are served");
    assert!(met.shed > met.served.len(), "most are not: {}", met.shed);
    let p99 = p99(met.served);
    assert!(p99 < PATIENCE, "{p99:?}");
    house.recovers();
    let _ = party.token(&form).expect_status(200);
    house.told_by_episode(during, "answering");
}

#[test]
fn a_burst_on_a_durable_road_is_shed_at_the_door() {
    let house = Plan::demo()
        .setting("limits.in_flight", "3")
        .setting("limits.wait_milliseconds", "500")
        .start();
    let during = "there are more requests than can be worked on";
    let met = burst(&house, 60, during, || house.client_credentials());
    assert!(!met.served.is_empty(), "some are served");
    assert!(met.shed > 0, "some are not");
    let p99 = p99(met.served);
    assert!(p99 < PATIENCE, "{p99:?}");
    house.recovers();
    let _ = house.client_credentials().expect_status(200);
    house.told_by_episode(during, "answering");
}

#[test]
fn a_crowd_at_the_auth_port_does_not_close_the_admin_port() {
    let house = Plan::demo()
        .setting("limits.in_flight", "1")
        .setting("limits.wait_milliseconds", "1")
        .start();
    let admin = gatelodge_testkit::RelyingParty::new(
        &house.admin_url,
        &house.demo["admin_client"],
        "openid",
    );
    let during = "there are more requests than can be worked on";
    let met = burst(&house, 20, during, || house.client_credentials());
    assert!(met.shed > 0);
    let text = |name: &str| house.demo["admin"][name].as_str().unwrap();
    let mut browser = gatelodge_testkit::Browser::new();
    let code = admin.code(&mut browser, text("username"), text("password"));
    let _ = admin.redeem(&code).expect_status(200);
}
