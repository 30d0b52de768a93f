//! The same binary on PostgreSQL: the main road, one winner among many, and seals.

use gatelodge_testkit::postgres::Database;
use gatelodge_testkit::{Administrator, Server};
use serde_json::json;

use crate::story::{code, confidential_client, public_client};

#[test]
fn the_main_road_is_the_same_on_postgresql() {
    let database = Database::create();
    let url = database.url();
    let mut server = Server::demo_with(&["--storage", "postgres", "--database-url", &url]);
    let party = public_client(&server, "openid");
    let first = party.redeem(&code(&server, &party)).expect_status(200);
    let second = party
        .refresh(&first.field("refresh_token"))
        .expect_status(200);
    party
        .refresh(&first.field("refresh_token"))
        .expect_error(400, "invalid_grant");
    assert_eq!(party.userinfo(&second.field("access_token")).status, 401);

    let raced = code(&server, &party);
    let won = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| party.redeem(&raced).status == 200))
            .collect();
        tries
            .into_iter()
            .map(|it| it.join().unwrap())
            .filter(|won| *won)
            .count()
    });
    assert_eq!(won, 1);

    let administrator = Administrator::of(&server);
    let realm = json!({"slug": "acme", "name": "Acme"});
    let _ = administrator.post("/realms", &realm).expect_status(201);
    let api = confidential_client(&server, "");
    let _ = api
        .token(&[("grant_type", "client_credentials")])
        .expect_status(200);

    server.restart();
    let _ = api
        .token(&[("grant_type", "client_credentials")])
        .expect_status(200);
    assert_eq!(server.stop(), Some(0));
    let folder = server.data_dir().to_str().unwrap().to_owned();
    let storage = [
        "--storage",
        "postgres",
        "--database-url",
        &url,
        "--data-dir",
        &folder,
    ];
    let verify = |arguments: &[&str]| Server::run(&[&["audit", "verify"], arguments].concat());
    let whole = verify(&storage);
    assert!(
        whole.status.success(),
        "{}",
        String::from_utf8_lossy(&whole.stderr)
    );
    let _ = database.sql("UPDATE audit_events SET outcome = 'success' WHERE outcome = 'denied'");
    assert_eq!(
        verify(&storage).status.code(),
        Some(1),
        "an edit is found out"
    );
}
