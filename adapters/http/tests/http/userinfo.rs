//! How userinfo takes a token and what it says where there is none.

use actix_web::test::TestRequest;

use crate::house::House;

const PATH: &str = "/oauth2/userinfo";

fn bearing(request: TestRequest, token: &str) -> TestRequest {
    request.insert_header(("authorization", format!("Bearer {token}")))
}

fn posted(body: String) -> TestRequest {
    TestRequest::post()
        .uri(PATH)
        .insert_header(("content-type", "application/x-www-form-urlencoded"))
        .set_payload(body)
}

#[actix_web::test]
async fn a_token_is_taken_from_the_header_or_the_body() {
    let house = House::auth().await;
    let token = house.access_token("openid profile").await;
    for request in [
        bearing(TestRequest::with_uri(PATH), &token),
        bearing(TestRequest::post().uri(PATH), &token),
        posted(format!("access_token={token}")),
    ] {
        let answer = house.ask(request).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.json()["preferred_username"], "ada");
    }
    let twice = bearing(posted(format!("access_token={token}")), &token);
    let twice = house.ask(twice).await;
    assert_eq!(twice.status, 400);
    assert_eq!(twice.json()["error"], "invalid_request");
}

#[actix_web::test]
async fn without_a_token_the_challenge_names_no_error() {
    let house = House::auth().await;
    let token = house.access_token("openid").await;
    let in_query = format!("{PATH}?access_token={token}");
    for request in [
        TestRequest::with_uri(PATH),
        TestRequest::with_uri(&in_query),
        TestRequest::post().uri(PATH),
        TestRequest::with_uri(PATH).insert_header(("authorization", "Basic eA==")),
    ] {
        let answer = house.ask(request).await;
        assert_eq!(answer.status, 401);
        let challenge = answer.header("www-authenticate").unwrap();
        assert_eq!(challenge, "Bearer realm=\"http://127.0.0.1:9040\"");
    }
}

#[actix_web::test]
async fn a_token_that_is_not_enough_is_told_why() {
    let house = House::auth().await;
    let narrow = house.access_token("profile").await;
    for (token, status, error) in [
        ("nonsense", 401, "invalid_token"),
        (narrow.as_str(), 403, "insufficient_scope"),
    ] {
        let request = bearing(TestRequest::with_uri(PATH), token);
        let answer = house.ask(request).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.json()["error"], error);
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(
            challenge.contains(&format!("error=\"{error}\"")),
            "{challenge}"
        );
    }
}
