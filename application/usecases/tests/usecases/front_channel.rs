//! Response types whose tokens leave the authorization endpoint (OpenID Connect Core §3.2,
//! §3.3), for clients that are registered for them.

use std::collections::BTreeSet;
use std::sync::Arc;

use gatelodge_domain::Client;
use gatelodge_domain::client::ConsentPolicy;
use gatelodge_usecases::authorize::{Part, RESPONSE_TYPES};
use gatelodge_usecases::tokens::hash_claim;

use crate::desk::{Desk, error, location, told};
use crate::house::claims;

async fn registered(desk: &Desk) -> Arc<Client> {
    desk.house
        .public_client("hybrid", |client| {
            client.consent = ConsentPolicy::Waived;
            client.grant_types.insert("implicit".to_owned());
            client.response_types = RESPONSE_TYPES
                .iter()
                .map(|kind| kind.name().to_owned())
                .collect();
        })
        .await
}

#[tokio::test]
async fn each_response_type_answers_with_its_parts_and_nothing_else() {
    let desk = Desk::new().await;
    let ada = desk.person("ada").await;
    let client = registered(&desk).await;
    let cookie = desk.sign_in("ada").await;
    for kind in &RESPONSE_TYPES {
        let further = [
            ("response_type", kind.name()),
            ("nonce", "n"),
            ("scope", "openid email"),
        ];
        let answer = desk.ask(&client, Some(&cookie), &further).await;
        let told = told(answer);
        for (part, name) in [
            (Part::Code, "code"),
            (Part::IdToken, "id_token"),
            (Part::Token, "access_token"),
        ] {
            let issued = kind.issues(part);
            assert_eq!(told.contains_key(name), issued, "{} {name}", kind.name());
        }
        if let Some(token) = told.get("access_token") {
            assert!(desk.house.is_accepted(token).await);
            assert_eq!(told["token_type"], "Bearer");
            assert_eq!(told["expires_in"], "900");
        }
        let Some(id_token) = told.get("id_token").map(|token| claims(token)) else {
            continue;
        };
        assert_eq!(id_token["sub"], ada.subject.as_str());
        assert_eq!(id_token["nonce"], "n");
        let hash = |token: Option<&String>| {
            token.map(|token| hash_claim(client.id_token_algorithm, token))
        };
        let claim = |name: &str| id_token[name].as_str().map(str::to_owned);
        assert_eq!(claim("at_hash"), hash(told.get("access_token")));
        assert_eq!(claim("c_hash"), hash(told.get("code")));
        // Without an access token the claims of the scopes come along (§5.4).
        let alone = kind.name() == "id_token";
        assert_eq!(id_token["email"].is_string(), alone, "{}", kind.name());
    }
}

#[tokio::test]
async fn a_nonce_is_demanded_exactly_where_an_id_token_leaves() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let client = registered(&desk).await;
    let cookie = desk.sign_in("ada").await;
    for kind in &RESPONSE_TYPES {
        let answer = desk
            .ask(&client, Some(&cookie), &[("response_type", kind.name())])
            .await;
        if kind.issues(Part::IdToken) {
            assert_eq!(error(answer), "invalid_request", "{}", kind.name());
        } else {
            assert!(!told(answer).contains_key("error"), "{}", kind.name());
        }
    }
}

#[tokio::test]
async fn tokens_leave_by_fragment_and_never_by_query() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let client = registered(&desk).await;
    let cookie = desk.sign_in("ada").await;
    for kind in RESPONSE_TYPES.iter().filter(|kind| kind.name() != "code") {
        let further = [("response_type", kind.name()), ("nonce", "n")];
        let url = location(desk.ask(&client, Some(&cookie), &further).await);
        assert!(url.starts_with("https://app.example/callback#"), "{url}");
        let further = [
            ("response_type", kind.name()),
            ("nonce", "n"),
            ("response_mode", "query"),
        ];
        let url = location(desk.ask(&client, Some(&cookie), &further).await);
        assert!(url.starts_with("https://app.example/callback#error=invalid_request"));
    }
}

#[tokio::test]
async fn a_client_gets_only_the_response_types_it_is_registered_for() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let cookie = desk.sign_in("ada").await;
    let code_only = desk.house.public_client("code-only", |_| {}).await;
    let no_grant = desk
        .house
        .public_client("no-grant", |client| {
            client.response_types = BTreeSet::from(["id_token token".to_owned()]);
        })
        .await;
    for client in [&code_only, &no_grant] {
        let further = [("response_type", "token id_token"), ("nonce", "n")];
        let answer = desk.ask(client, Some(&cookie), &further).await;
        assert_eq!(error(answer), "unauthorized_client");
    }
    let answer = desk.ask(&no_grant, Some(&cookie), &[]).await;
    assert_eq!(error(answer), "unauthorized_client");
}
