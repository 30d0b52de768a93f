//! Clients that act for themselves (RFC 6749 §4.4) and how they prove themselves (§2.3).

use gatelodge_testkit::{Http, Jwt};

use crate::story::{confidential_client, person, public_client, shared};

#[test]
fn client_credentials_work_without_a_scope_and_name_the_client() {
    let server = &shared();
    let party = confidential_client(server, "");
    let answer = party
        .token(&[("grant_type", "client_credentials")])
        .expect_status(200);
    let access = Jwt::parse(&answer.field("access_token"));
    assert_eq!(access.claim("sub"), party.client_id);
    assert_eq!(access.claim("client_id"), party.client_id);
    assert!(answer.json()["refresh_token"].is_null(), "RFC 6749 §4.4.3");
    assert!(answer.json()["id_token"].is_null());
}

#[test]
fn a_wrong_secret_and_an_unknown_client_get_the_same_answer() {
    let server = &shared();
    let mut wrong = confidential_client(server, "");
    wrong.client_secret = Some("gl_cs_wrong".to_owned());
    let mut unknown = wrong.clone();
    unknown.client_id = "nobody-at-all".to_owned();
    let form = [("grant_type", "client_credentials")];
    let (first, second) = (wrong.token(&form), unknown.token(&form));
    first.expect_error(401, "invalid_client");
    assert!(
        first
            .header("www-authenticate")
            .is_some_and(|it| it.starts_with("Basic"))
    );
    assert_eq!((first.status, first.body), (second.status, second.body));
}

#[test]
fn only_the_registered_method_and_only_one_at_a_time_is_accepted() {
    let server = &shared();
    let party = confidential_client(server, "");
    let secret = party.client_secret.clone().unwrap();
    let url = format!("{}/oauth2/token", server.issuer);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", party.client_id.as_str()),
        ("client_secret", secret.as_str()),
    ];
    let http = Http::default();
    http.post_form(&url, &[], &form)
        .expect_error(401, "invalid_client");
    let basic = gatelodge_testkit::client::basic(&party.client_id, &secret);
    let both = http.post_form(&url, &[("authorization", &basic)], &form);
    assert_eq!(both.json()["error"], "invalid_request", "{}", both.text());
}

#[test]
fn a_public_client_cannot_act_for_itself() {
    let server = &shared();
    public_client(server, "")
        .token(&[("grant_type", "client_credentials")])
        .expect_error(400, "unauthorized_client");
}

#[test]
fn the_password_grant_serves_clients_registered_for_it_and_no_others() {
    let server = &shared();
    let (username, password) = person(server);
    let form = |password| {
        [
            ("grant_type", "password"),
            ("username", username),
            ("password", password),
            ("scope", "openid"),
        ]
    };
    let party = confidential_client(server, "openid");
    let answer = party.token(&form(password)).expect_status(200);
    assert!(
        Jwt::parse(&answer.field("access_token"))
            .claim("sub")
            .starts_with("u_")
    );
    party
        .token(&form("a wrong password"))
        .expect_error(400, "invalid_grant");
    public_client(server, "openid")
        .token(&form(password))
        .expect_error(400, "unauthorized_client");
}

#[test]
fn an_unknown_grant_type_is_refused_as_such() {
    let server = &shared();
    confidential_client(server, "")
        .token(&[("grant_type", "urn:example:unknown")])
        .expect_error(400, "unsupported_grant_type");
    confidential_client(server, "")
        .token(&[])
        .expect_error(400, "invalid_request");
}
