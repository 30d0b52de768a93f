//! Authorization requests: what is shown, what is redirected, what is refused.

use std::sync::Arc;

use gatelodge_domain::client::{ClientStatus, PkceRequirement};
use gatelodge_domain::{Client, RedirectUri, Setting};
use gatelodge_ports::Clock as _;
use gatelodge_usecases::authorize::{Answer, AuthorizeError, Delivery, Shown};

use crate::desk::{Desk, error, location, shown, sign_in, told};
use crate::house::{CALLBACK, NOW, facts, parameters};

async fn client(desk: &Desk) -> Arc<Client> {
    desk.house
        .public_client("app", |client| {
            client.audiences = vec!["https://api.example".to_owned()];
        })
        .await
}

#[tokio::test]
async fn a_redirect_uri_that_is_not_registered_is_never_followed() {
    let desk = Desk::new().await;
    let client = client(&desk).await;
    for uri in [
        "https://evil.example/callback",
        "https://app.example/callback/more",
        "https://app.example/callback?x=y",
        "https://app.example/Callback",
        "https://app.example:443/callback",
        "https://app.example@evil.example/callback",
        "https://app.example.evil.example/callback",
        "https://app.example/callback#fragment",
        "https://app.example/x/../callback",
        "https://app.example\\@evil.example/callback",
        "http://app.example/callback",
        "//evil.example",
        "/callback",
        "javascript:alert(1)",
        "data:text/html,x",
    ] {
        let answer = desk.ask(&client, None, &[("redirect_uri", uri)]).await;
        assert!(matches!(shown(answer), Shown::UntrustedClient(_)), "{uri}");
    }
    sign_in(desk.ask(&client, None, &[]).await);
}

#[tokio::test]
async fn an_unknown_or_disabled_client_is_never_redirected_to() {
    let desk = Desk::new().await;
    let client = client(&desk).await;
    for id in ["nobody", "APP", "u_nobody", "a b"] {
        let answer = desk.ask(&client, None, &[("client_id", id)]).await;
        assert!(matches!(shown(answer), Shown::UntrustedClient(_)), "{id}");
    }
    let off = desk
        .house
        .public_client("off", |client| {
            client.status = ClientStatus::Disabled { since: NOW };
        })
        .await;
    let answer = desk.ask(&off, None, &[]).await;
    assert!(matches!(shown(answer), Shown::UntrustedClient(_)));
    let elsewhere = desk
        .house
        .client_in(&desk.house.other_realm, "elsewhere", |_| {})
        .await;
    let answer = desk.ask(&elsewhere, None, &[]).await;
    assert!(matches!(shown(answer), Shown::UntrustedClient(_)));
}

#[tokio::test]
async fn a_repeated_client_or_redirect_uri_is_shown_and_other_repeats_go_back() {
    let desk = Desk::new().await;
    let client = client(&desk).await;
    for name in ["client_id", "redirect_uri"] {
        let value = if name == "client_id" { "app" } else { CALLBACK };
        let twice = [(name, value), (name, value)];
        let answer = desk.ask(&client, None, &twice).await;
        assert!(matches!(shown(answer), Shown::BadRequest(_)), "{name}");
    }
    for name in [
        "scope",
        "nonce",
        "prompt",
        "response_type",
        "code_challenge",
    ] {
        let twice = [(name, "openid"), (name, "openid")];
        let told = told(desk.ask(&client, None, &twice).await);
        assert_eq!(told["error"], "invalid_request", "{name}");
        assert_eq!(told["state"], "the-state", "{name}");
        assert_eq!(told["iss"], "https%3A%2F%2Fid.example", "{name}");
    }
    let twice = [("state", "a"), ("state", "b")];
    let told = told(desk.ask(&client, None, &twice).await);
    assert_eq!(told["error"], "invalid_request");
    assert!(
        !told.contains_key("state"),
        "which of them is not for us to choose"
    );
}

#[tokio::test]
async fn what_is_wrong_goes_back_with_state_and_issuer() {
    let desk = Desk::new().await;
    let client = client(&desk).await;
    for (further, expected) in [
        (("response_type", ""), "invalid_request"),
        (("response_type", "magic"), "unsupported_response_type"),
        (("response_type", "token"), "unauthorized_client"),
        (("response_mode", "pigeon"), "invalid_request"),
        (("scope", "\"quoted\""), "invalid_scope"),
        (("scope", "unknown"), "invalid_scope"),
        (("prompt", "none login"), "invalid_request"),
        (("prompt", "create"), "invalid_request"),
        (("max_age", "-1"), "invalid_request"),
        (("max_age", "+1"), "invalid_request"),
        (("max_age", "soon"), "invalid_request"),
        (("resource", "https://other.example"), "invalid_target"),
        (("resource", "https://api.example#x"), "invalid_target"),
        (
            ("request", "eyJhbGciOiJub25lIn0.e30."),
            "request_not_supported",
        ),
        (("request", "gl_pr_AAAA"), "request_not_supported"),
        (("request_uri", "urn:x"), "request_uri_not_supported"),
        (("registration", "{}"), "registration_not_supported"),
        (("nonce", "a\0b"), "invalid_request"),
        (("id_token_hint", "nonsense"), "invalid_request"),
    ] {
        let told = told(desk.ask(&client, None, &[further]).await);
        assert_eq!(told["error"], expected, "{further:?}");
        assert_eq!(told["state"], "the-state", "{further:?}");
        assert_eq!(told["iss"], "https%3A%2F%2Fid.example", "{further:?}");
    }
    assert!(
        desk.house.trail().await.is_empty(),
        "strangers write nothing"
    );
}

#[tokio::test]
async fn what_we_do_not_act_on_is_ignored() {
    let desk = Desk::new().await;
    let client = client(&desk).await;
    for further in [
        ("display", "popup"),
        ("acr_values", "9"),
        ("claims", "{\"id_token\":{}}"),
        ("claims_locales", "de"),
        ("something_new", "x"),
        ("scope", "openid unknown"),
        ("resource", "https://api.example"),
    ] {
        sign_in(desk.ask(&client, None, &[further]).await);
    }
}

#[tokio::test]
async fn pkce_is_demanded_of_public_clients_and_of_others_unless_they_opted_out() {
    let desk = Desk::new().await;
    let public = client(&desk).await;
    let confidential = desk.house.confidential_client("server", |_| {}).await;
    let opted_out = desk
        .house
        .confidential_client("old", |client| client.pkce = PkceRequirement::Optional)
        .await;
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    for client in [&public, &confidential] {
        assert_eq!(
            error(desk.ask(client, None, &without).await),
            "invalid_request"
        );
        sign_in(desk.ask(client, None, &[]).await);
    }
    sign_in(desk.ask(&opted_out, None, &without).await);
    for wrong in [
        ("code_challenge_method", "plain"),
        ("code_challenge_method", ""),
        ("code_challenge", ""),
        ("code_challenge", "short"),
    ] {
        let answer = desk.ask(&opted_out, None, &[wrong]).await;
        assert_eq!(error(answer), "invalid_request", "{wrong:?}");
    }
}

#[tokio::test]
async fn redirect_uri_may_be_left_out_by_oauth_clients_with_one() {
    let desk = Desk::new().await;
    let one = client(&desk).await;
    let two = desk
        .house
        .public_client("two", |client| {
            let other = RedirectUri::parse("https://app.example/other").unwrap();
            client.redirect_uris.push(other);
        })
        .await;
    let oauth = [("redirect_uri", ""), ("scope", "profile")];
    sign_in(desk.ask(&one, None, &oauth).await);
    shown(desk.ask(&two, None, &oauth).await);
    shown(desk.ask(&one, None, &[("redirect_uri", "")]).await);
}

#[tokio::test]
async fn errors_travel_in_the_mode_that_was_asked_for() {
    let desk = Desk::new().await;
    let client = client(&desk).await;
    let silent = ("prompt", "none");
    let query = location(desk.ask(&client, None, &[silent]).await);
    assert!(query.starts_with("https://app.example/callback?error=login_required"));
    let fragment = [silent, ("response_mode", "fragment")];
    let fragment = location(desk.ask(&client, None, &fragment).await);
    assert!(fragment.starts_with("https://app.example/callback#error=login_required"));
    let form = [silent, ("response_mode", "form_post")];
    match desk.ask(&client, None, &form).await {
        Ok(Answer::Client {
            delivery: Delivery::Form { action, pairs },
            ..
        }) => {
            assert_eq!(action, CALLBACK);
            assert!(pairs.contains(&("error", "login_required".to_owned())));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_native_apps_own_scheme_and_loopback_port_are_answered() {
    let desk = Desk::new().await;
    let native = desk
        .house
        .public_client("native", |client| {
            client.application_type = gatelodge_domain::ApplicationType::Native;
            client.redirect_uris = ["com.example.app:/cb", "http://127.0.0.1/cb"]
                .map(|uri| RedirectUri::parse(uri).unwrap())
                .into();
        })
        .await;
    for uri in ["com.example.app:/cb", "http://127.0.0.1:51004/cb"] {
        let further = [("redirect_uri", uri), ("prompt", "none")];
        let url = location(desk.ask(&native, None, &further).await);
        assert!(url.starts_with(&format!("{uri}?error=")), "{url}");
    }
}

#[tokio::test]
async fn a_sealed_request_goes_on_until_it_is_too_old() {
    let desk = Desk::new().await;
    let client = client(&desk).await;
    let ask = sign_in(desk.ask(&client, None, &[("login_hint", "ada")]).await);
    let realm = &desk.house.realm;
    let page = desk
        .authorize
        .sign_in_page(realm, &ask.request)
        .await
        .unwrap();
    assert_eq!(page.login_hint.as_deref(), Some("ada"));
    assert_eq!(page.client.client_id, client.client_id);
    sign_in(Ok(desk.go_on(&ask.request, None).await));
    let sealed = parameters(&[("request", &ask.request)]);
    let other = &desk.house.other_realm;
    let elsewhere = desk.authorize.begin(other, &sealed, None, &facts()).await;
    assert!(
        matches!(shown(elsewhere), Shown::Expired(_)),
        "another realm"
    );
    let lifetime = Setting::PendingRequestLifetime.spec().default;
    desk.house.advance(u64::from(lifetime));
    let late = desk.authorize.begin(realm, &sealed, None, &facts()).await;
    assert!(matches!(shown(late), Shown::Expired(_)));
    let page = desk.authorize.sign_in_page(realm, &ask.request).await;
    assert!(matches!(
        page,
        Err(AuthorizeError::Shown(Shown::Expired(_)))
    ));
}

#[tokio::test]
async fn a_sealed_request_does_not_get_younger_on_its_way() {
    let desk = Desk::new().await;
    let client = client(&desk).await;
    let began = desk.house.clock.now();
    let mut sealed = sign_in(desk.ask(&client, None, &[]).await).request;
    let lifetime = u64::from(Setting::PendingRequestLifetime.spec().default);
    for _ in 0..2 {
        desk.house.advance(lifetime / 2 - 1);
        sealed = sign_in(Ok(desk.go_on(&sealed, None).await)).request;
    }
    desk.house.advance(2);
    assert!(desk.house.clock.now() >= began.plus(core::time::Duration::from_secs(lifetime)));
    let parameters = parameters(&[("request", &sealed)]);
    let late = desk
        .authorize
        .begin(&desk.house.realm, &parameters, None, &facts())
        .await;
    assert!(matches!(shown(late), Shown::Expired(_)));
}

#[tokio::test]
async fn a_post_is_sealed_and_a_changed_seal_is_refused() {
    let desk = Desk::new().await;
    let client = client(&desk).await;
    let posted = parameters(&[
        ("client_id", client.client_id.as_str()),
        ("redirect_uri", CALLBACK),
        ("response_type", "magic"),
        ("state", "s"),
    ]);
    let realm = &desk.house.realm;
    let sealed = desk.authorize.seal(realm, &posted).unwrap();
    assert_eq!(
        error(Ok(desk.go_on(&sealed, None).await)),
        "unsupported_response_type"
    );
    let mut changed = sealed.clone();
    changed.replace_range(40..41, if &sealed[40..41] == "A" { "B" } else { "A" });
    let changed = parameters(&[("request", &changed)]);
    let answer = desk.authorize.begin(realm, &changed, None, &facts()).await;
    assert!(matches!(shown(answer), Shown::Expired(_)));
}
