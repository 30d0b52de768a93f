//! What is refused before anybody has looked at what it is for, in the form of whatever would
//! have answered.

use core::time::Duration;

use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::test::{self, TestRequest};
use actix_web::{App, HttpMessage as _, web};
use gatelodge_http::errors::HttpError;
use gatelodge_http::request::RequestId;
use gatelodge_http::shedding::{Door, DoorLimits, admit};
use gatelodge_http::unserved::Asker;

use crate::house::{Answer, House, read};

const REFUSED: [(StatusCode, &str); 4] = [
    (StatusCode::REQUEST_TIMEOUT, "too_slow"),
    (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
    (StatusCode::URI_TOO_LONG, "too_large"),
    (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "too_large"),
];

/// What a listener with that door says to a body of twenty bytes.
async fn at_the_door(house: &House, places: usize, body: usize, request: TestRequest) -> Answer {
    let door = web::Data::new(Door::new(DoorLimits {
        in_flight: places,
        patience: Duration::from_millis(1),
        body_time: Duration::from_secs(5),
        body,
    }));
    let app = App::new()
        .app_data(house.state.clone())
        .app_data(door)
        .wrap(from_fn(admit));
    let service = test::init_service(app).await;
    let request = request.set_payload("x".repeat(20)).to_request();
    request
        .extensions_mut()
        .insert(RequestId("the-request".to_owned()));
    read(test::call_service(&service, request).await).await
}

#[actix_web::test]
async fn the_door_tells_the_admin_api_a_problem() {
    let house = House::admin().await;
    let request = || TestRequest::post().uri("/admin/v1/realms");
    let refused = at_the_door(&house, 1, 19, request()).await;
    assert_eq!(refused.status, 413);
    assert_eq!(
        refused.header("content-type"),
        Some("application/problem+json")
    );
    let problem = refused.json();
    assert_eq!(problem["type"], "urn:gatelodge:problem:too_large");
    assert_eq!(problem["status"], 413);
    assert_eq!(problem["request_id"], "the-request");

    let busy = at_the_door(&house, 0, 20, request()).await;
    assert_eq!(busy.status, 503);
    assert_eq!(busy.header("retry-after"), Some("1"));
    let problem = busy.json();
    assert_eq!(
        problem["type"],
        "urn:gatelodge:problem:temporarily_unavailable"
    );
    assert_eq!(problem["incident"], "the-request");
}

#[actix_web::test]
async fn the_door_tells_clients_an_error_of_oauth() {
    for house in [House::auth().await, House::admin().await] {
        let request = || TestRequest::post().uri("/oauth2/token");
        let refused = at_the_door(&house, 1, 19, request()).await;
        assert_eq!(refused.status, 413);
        assert_eq!(refused.header("content-type"), Some("application/json"));
        assert_eq!(refused.json()["error"], "invalid_request");
        let busy = at_the_door(&house, 0, 20, request()).await;
        assert_eq!(busy.status, 503);
        assert_eq!(busy.header("retry-after"), Some("1"));
        assert_eq!(busy.json()["error"], "temporarily_unavailable");
    }
}

#[actix_web::test]
async fn the_door_shows_people_a_page() {
    let house = House::auth().await;
    let accept = ("accept", "text/html,application/xhtml+xml");
    for (places, body, status) in [(1, 19, 413), (0, 20, 503)] {
        let request = TestRequest::post().uri("/login").insert_header(accept);
        let refused = at_the_door(&house, places, body, request).await;
        assert_eq!(refused.status, status);
        assert_eq!(
            refused.header("content-type"),
            Some("text/html; charset=utf-8")
        );
    }
}

#[actix_web::test]
async fn every_status_has_its_words_in_every_form() {
    let house = House::admin().await;
    let answer = async |path: &str, status| {
        let request = TestRequest::with_uri(path).app_data(house.state.clone());
        let answer = Asker::of(&request.to_http_request()).answer(HttpError::Unread(status));
        let (code, body) = (answer.status(), answer.into_body());
        let body = actix_web::body::to_bytes(body).await.unwrap();
        assert_eq!(code, status, "{path}");
        serde_json::from_slice::<serde_json::Value>(&body).unwrap()
    };
    for (status, name) in REFUSED {
        let problem = answer("/admin/v1", status).await;
        let kind = format!("urn:gatelodge:problem:{name}");
        assert_eq!(problem["type"], kind);
        // What only begins like the admin API is not it.
        let error = answer("/admin/v10", status).await;
        assert_eq!(error["error"], "invalid_request");
        assert_eq!(error["error_description"], problem["detail"]);
    }
}
