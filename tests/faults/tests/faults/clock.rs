//! The machine's clock set back under a running server, and before a start.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use gatelodge_testkit::{Administrator, Browser, Jwt};
use serde_json::json;
use tempfile::TempDir;

use crate::house::{House, Plan, eventually};

const HOUR: i64 = 3_600;
const PASSWORD: &str = "a long enough password";

/// A clock that the test sets.
pub(crate) struct SetClock {
    folder: TempDir,
}

impl SetClock {
    pub(crate) fn new() -> Self {
        let clock = Self {
            folder: TempDir::new().unwrap(),
        };
        clock.is_off_by(0);
        clock
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("offset")
    }

    /// Seconds by which it is ahead of the real one.
    pub(crate) fn is_off_by(&self, seconds: i64) {
        let fresh = self.folder.path().join("fresh");
        std::fs::write(&fresh, format!("{seconds:+}s\n")).unwrap();
        std::fs::rename(fresh, self.file()).unwrap();
    }

    /// A server that lives by it. Only the time of day is set; timers go on, as they do.
    pub(crate) fn rules(&self, plan: Plan) -> Plan {
        self.variables()
            .into_iter()
            .fold(plan, |plan, (name, value)| plan.variable(name, &value))
    }

    /// The environment of a program that lives by it.
    pub(crate) fn variables(&self) -> [(&'static str, String); 5] {
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        [
            ("LD_PRELOAD", text(library())),
            ("FAKETIME_TIMESTAMP_FILE", text(self.file())),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
    }
}

fn library() -> PathBuf {
    let places = std::fs::read_dir("/usr/lib").unwrap().flatten();
    places
        .map(|place| place.path().join("faketime/libfaketimeMT.so.1"))
        .chain([Path::new("/usr/lib/faketime/libfaketimeMT.so.1").to_owned()])
        .find(|path| path.exists())
        .expect("A CLOCK CANNOT BE SET BACK HERE: libfaketime is missing (Debian: `faketime`)")
}

fn issued_at(token: &str) -> i64 {
    Jwt::parse(token).claims["iat"].as_i64().unwrap()
}

fn token(house: &House) -> String {
    house
        .client_credentials()
        .expect_status(200)
        .field("access_token")
}

#[test]
fn while_it_runs_time_goes_on_when_the_clock_is_set_back() {
    let clock = SetClock::new();
    let house = clock.rules(Plan::demo()).start();
    let administrator = Administrator::at(&house.admin_url, &house.demo, "openid admin");
    let lifetime = json!({"settings": {"authorization_code_lifetime": 10}});
    let _ = administrator
        .patch("/realms/default", &lifetime)
        .expect_status(200);
    let app = house.app();
    let code = house.code(&app);
    let mut tokens = vec![token(&house)];
    clock.is_off_by(-HOUR);
    eventually("the log says so", || {
        house.times_said("the machine's clock was set back") == 1
    });
    for _ in 0..20 {
        tokens.push(token(&house));
    }
    let ids: BTreeSet<_> = tokens
        .iter()
        .map(|token| Jwt::parse(token).claim("jti").to_owned())
        .collect();
    assert_eq!(ids.len(), tokens.len(), "ids are unique");
    assert!(
        tokens
            .windows(2)
            .all(|pair| issued_at(&pair[0]) <= issued_at(&pair[1])),
        "and time does not go back"
    );
    // What lives for some seconds does not live for the hour.
    sleep(Duration::from_secs(11));
    app.redeem(&code).expect_error(400, "invalid_grant");
    let later = token(&house);
    assert!(
        issued_at(&later) >= issued_at(&tokens[0]) + 10,
        "time passes"
    );
    // Revocation holds, and is fresh still.
    let signed_in = app.redeem(&house.code(&app)).expect_status(200);
    let access = signed_in.field("access_token");
    let _ = app.userinfo(&access).expect_status(200);
    let _ = app
        .authenticated_post("/oauth2/revoke", &[("token", &access)])
        .expect_status(200);
    assert_eq!(app.userinfo(&access).status, 401);
    assert_eq!(house.introspect(&later).json()["active"], true);
    house.is_well();
    clock.is_off_by(0);
    eventually("the log says that it agrees again", || {
        house.times_said("agrees with the server's time again") == 1
    });
    assert_eq!(house.times_said("the machine's clock was set back"), 1);
}

#[test]
fn after_a_start_with_an_earlier_clock_new_tokens_live_and_old_ones_do_not() {
    let clock = SetClock::new();
    clock.is_off_by(HOUR);
    let mut house = clock.rules(Plan::demo()).start();
    let app = house.app();
    let administrator = Administrator::at(&house.admin_url, &house.demo, "openid admin");
    let grace = json!({"username": "grace", "password": PASSWORD});
    let made = administrator
        .post("/realms/default/users", &grace)
        .expect_status(201);
    let path = format!("/realms/default/users/{}", made.field("id"));
    let code = || app.code(&mut Browser::new(), "grace", PASSWORD);
    let old = app.redeem(&code()).expect_status(200);
    let old = old.field("access_token");
    let set = |house: &House, status: &str| {
        let administrator = Administrator::at(&house.admin_url, &house.demo, "openid admin");
        let body = json!({"status": status});
        let _ = administrator.patch(&path, &body).expect_status(200);
    };
    // Its watermark is an hour ahead of what follows.
    set(&house, "deactivated");
    clock.is_off_by(0);
    house.restart();
    set(&house, "active");
    assert_eq!(app.userinfo(&old).status, 401, "the old one stays void");
    let new = app.redeem(&code()).expect_status(200);
    let new = new.field("access_token");
    let _ = app.userinfo(&new).expect_status(200);
    assert!(
        issued_at(&new) < issued_at(&old),
        "and tells the time of now"
    );
    assert_eq!(app.userinfo(&old).status, 401);
    // It can be revoked like any other.
    let _ = app
        .authenticated_post("/oauth2/revoke", &[("token", &new)])
        .expect_status(200);
    assert_eq!(app.userinfo(&new).status, 401);
}
