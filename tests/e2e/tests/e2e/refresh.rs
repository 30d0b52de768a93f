//! Refresh tokens (RFC 6749 §6, RFC 9700 §4.14).

use gatelodge_testkit::Jwt;

use crate::story::{code, confidential_client, public_client, shared};

#[test]
fn a_spent_refresh_token_ends_its_family_and_its_access_tokens() {
    let server = &shared();
    let party = public_client(server, "openid");
    let first = party.redeem(&code(server, &party)).expect_status(200);
    let second = party
        .refresh(&first.field("refresh_token"))
        .expect_status(200);
    assert_ne!(first.field("refresh_token"), second.field("refresh_token"));
    let _ = party
        .userinfo(&second.field("access_token"))
        .expect_status(200);
    party
        .refresh(&first.field("refresh_token"))
        .expect_error(400, "invalid_grant");
    party
        .refresh(&second.field("refresh_token"))
        .expect_error(400, "invalid_grant");
    assert_eq!(party.userinfo(&second.field("access_token")).status, 401);
}

#[test]
fn a_refreshed_id_token_keeps_auth_time_and_has_no_nonce() {
    let server = &shared();
    let party = public_client(server, "openid");
    let first = party.redeem(&code(server, &party)).expect_status(200);
    let second = party
        .refresh(&first.field("refresh_token"))
        .expect_status(200);
    let (old, new) = (
        Jwt::parse(&first.field("id_token")),
        Jwt::parse(&second.field("id_token")),
    );
    for claim in ["auth_time", "acr", "amr", "sub", "iss", "aud"] {
        assert_eq!(old.claims[claim], new.claims[claim], "{claim}");
    }
    assert!(new.claims["nonce"].is_null());
}

#[test]
fn another_client_cannot_use_or_harm_a_refresh_token() {
    let server = &shared();
    let party = public_client(server, "openid");
    let first = party.redeem(&code(server, &party)).expect_status(200);
    let stranger = confidential_client(server, "openid");
    stranger
        .refresh(&first.field("refresh_token"))
        .expect_error(400, "invalid_grant");
    let _ = party
        .refresh(&first.field("refresh_token"))
        .expect_status(200);
}

#[test]
fn a_forged_refresh_token_touches_nothing() {
    let server = &shared();
    let party = public_client(server, "openid");
    let first = party.redeem(&code(server, &party)).expect_status(200);
    let genuine = first.field("refresh_token");
    let mut forged = genuine.clone().into_bytes();
    let at = forged.len() - 10;
    forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
    party
        .refresh(&String::from_utf8(forged).unwrap())
        .expect_error(400, "invalid_grant");
    let _ = party.refresh(&genuine).expect_status(200);
}

#[test]
fn scope_can_be_narrowed_and_never_widened() {
    let server = &shared();
    let party = public_client(server, "openid email");
    let first = party.redeem(&code(server, &party)).expect_status(200);
    let refresh_token = first.field("refresh_token");
    let ask = |token: &str, scope: &str| {
        party.token(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("scope", scope),
        ])
    };
    ask(&refresh_token, "openid email profile").expect_error(400, "invalid_scope");
    let narrowed = ask(&refresh_token, "openid").expect_status(200);
    let access = Jwt::parse(&narrowed.field("access_token"));
    assert_eq!(access.claim("scope"), "openid");
}

#[test]
fn of_sixteen_refreshes_at_once_one_wins_and_the_family_ends() {
    let server = &shared();
    let party = public_client(server, "openid");
    let first = party.redeem(&code(server, &party)).expect_status(200);
    let token = first.field("refresh_token");
    let answers: Vec<_> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| party.refresh(&token)))
            .collect();
        tries.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let won: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .collect();
    assert_eq!(won.len(), 1);
    party
        .refresh(&won[0].field("refresh_token"))
        .expect_error(400, "invalid_grant");
}
