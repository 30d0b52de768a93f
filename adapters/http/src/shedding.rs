//! The door: how many requests are worked on at a time, and how long one may wait to be.
//!
//! Beyond what a server can carry, working on everything means answering nothing in time. So a
//! listener works on a bounded number of requests; a bounded number waits, for a bounded time;
//! the rest are told at once to come back (503 with `Retry-After`, RFC 9110 §15.6.4). What costs
//! nearly nothing is never turned away: probes, documents made once, preflights, style sheets.
//!
//! A place at the door is taken when the body has arrived: a client that sends slowly waits on
//! its own account, and no number of them keeps others out.

use core::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse, web};
use futures_util::StreamExt as _;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::errors::HttpError;
use crate::trouble::{TROUBLES, Trouble};
use crate::unserved::Asker;

/// The door of one listener; its workers share it.
#[derive(Debug)]
pub struct Door {
    inside: Semaphore,
    /// Places to wait in.
    waiting: Semaphore,
    limits: DoorLimits,
}

/// How wide a door is.
#[derive(Debug, Clone, Copy)]
pub struct DoorLimits {
    /// How many requests are worked on at a time; as many may wait.
    pub in_flight: usize,
    /// How long one may wait.
    pub patience: Duration,
    /// Longest time to receive a body.
    pub body_time: Duration,
    /// Largest body, bytes.
    pub body: usize,
}

impl Door {
    /// A door that nobody has passed yet.
    pub fn new(limits: DoorLimits) -> Self {
        Self {
            inside: Semaphore::new(limits.in_flight),
            waiting: Semaphore::new(limits.in_flight),
            limits,
        }
    }

    /// A place inside, within the time that one may wait.
    async fn place(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(place) = self.inside.try_acquire() {
            return Some(place);
        }
        let _waiting = self.waiting.try_acquire().ok()?;
        let place = timeout(self.limits.patience, self.inside.acquire()).await;
        place.ok()?.ok()
    }
}

/// Wraps every request of a listener, next to its handlers.
pub async fn admit(
    door: web::Data<Door>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if is_cheap(request.method(), request.path()) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    // Read as it is worked on: its place is taken for as long as it takes to begin.
    let streamed = is_streamed(request.method(), request.path());
    if !streamed && let Err(status) = receive(&door.limits, &mut request).await? {
        let answer = unreceived(request.request(), status);
        return Ok(request.into_response(answer));
    }
    let Some(_place) = door.place().await else {
        return Ok(turned_away(request));
    };
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// What is answered from memory, whatever else goes on. A path that only looks like one of
/// these is answered with 404, which is as cheap.
fn is_cheap(method: &Method, path: &str) -> bool {
    const WHOLE: [&str; 3] = ["/healthz", "/readyz", "/metrics"];
    const ENDS: [&str; 2] = ["/oauth2/jwks", "/openapi.json"];
    const WITHIN: [&str; 3] = ["/.well-known/", "/assets/", "/docs/"];
    method == Method::OPTIONS
        || WHOLE.contains(&path)
        || (method == Method::GET || method == Method::HEAD)
            && (ENDS.iter().any(|end| path.ends_with(end))
                || WITHIN.iter().any(|part| path.contains(part)))
}

/// Whether a body is read line by line, so that its size is bounded by whoever reads it.
pub fn is_streamed(method: &Method, path: &str) -> bool {
    method == Method::POST && path.starts_with("/admin/v1/") && path.ends_with("/users/import")
}

/// Reads the body into memory, where there is one.
async fn receive(
    limits: &DoorLimits,
    request: &mut ServiceRequest,
) -> Result<Result<(), StatusCode>, Error> {
    let headers = request.headers();
    let announced = headers.contains_key(header::CONTENT_LENGTH)
        || headers.contains_key(header::TRANSFER_ENCODING);
    if !announced {
        return Ok(Ok(()));
    }
    match timeout(limits.body_time, whole(request.take_payload(), limits.body)).await {
        Err(_) => Ok(Err(StatusCode::REQUEST_TIMEOUT)),
        Ok(Ok(Some(body))) => {
            request.set_payload(Payload::from(body));
            Ok(Ok(()))
        }
        Ok(Ok(None)) => Ok(Err(StatusCode::PAYLOAD_TOO_LARGE)),
        Ok(Err(error)) => Err(error),
    }
}

/// The whole of a body; none where it is larger than that.
async fn whole(mut payload: Payload, most: usize) -> Result<Option<web::Bytes>, Error> {
    let Some(first) = payload.next().await.transpose()? else {
        return Ok(Some(web::Bytes::new()));
    };
    let Some(second) = payload.next().await.transpose()? else {
        return Ok((first.len() <= most).then_some(first));
    };
    let mut all = web::BytesMut::from(&first[..]);
    all.extend_from_slice(&second);
    while all.len() <= most {
        match payload.next().await.transpose()? {
            Some(more) => all.extend_from_slice(&more),
            None => return Ok(Some(all.freeze())),
        }
    }
    Ok(None)
}

/// The connection is of no further use: the rest of the body is still to come on it.
fn unreceived(request: &HttpRequest, status: StatusCode) -> HttpResponse {
    let mut answer = Asker::of(request).answer(HttpError::Unread(status));
    let close = HeaderValue::from_static("close");
    answer.headers_mut().insert(header::CONNECTION, close);
    answer
}

/// Told to come back, in the form of whatever was asked.
fn turned_away(request: ServiceRequest) -> ServiceResponse<BoxBody> {
    let asker = Asker::of(request.request());
    let incident = asker.request_id().to_owned();
    TROUBLES.note(Trouble::Crowded, &incident, "the door is full");
    let answer = asker.answer(HttpError::Failed {
        incident,
        status: StatusCode::SERVICE_UNAVAILABLE,
    });
    request.into_response(answer)
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::task::{Context, Waker};

    use super::*;

    fn door(in_flight: usize, patience: Duration) -> Door {
        Door::new(DoorLimits {
            in_flight,
            patience,
            body_time: Duration::from_secs(1),
            body: 10,
        })
    }

    #[actix_web::test]
    async fn whoever_finds_the_door_full_waits_for_a_bounded_time() {
        let door = door(1, Duration::from_millis(20));
        let inside = door.place().await;
        assert!(inside.is_some());
        assert!(door.place().await.is_none(), "nobody left in time");
        let (waited, ()) = tokio::join!(door.place(), async { drop(inside) });
        assert!(waited.is_some(), "somebody left");
    }

    #[actix_web::test]
    async fn only_so_many_may_wait() {
        let door = door(1, Duration::from_mins(1));
        let _inside = door.place().await;
        let first = door.place();
        tokio::pin!(first);
        let polled = first.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
        assert!(door.place().await.is_none(), "no place to wait in");
    }

    #[test]
    fn probes_and_documents_are_cheap_and_roads_are_not() {
        for path in [
            "/healthz",
            "/readyz",
            "/metrics",
            "/oauth2/jwks",
            "/realms/acme/oauth2/jwks",
            "/.well-known/openid-configuration",
            "/realms/acme/.well-known/openid-configuration",
            "/assets/gatelodge.css",
            "/docs/",
            "/openapi.json",
        ] {
            assert!(is_cheap(&Method::GET, path), "{path}");
        }
        for path in ["/login", "/oauth2/authorize", "/admin/v1/realms", "/"] {
            assert!(!is_cheap(&Method::GET, path), "{path}");
        }
        assert!(!is_cheap(&Method::POST, "/oauth2/token"));
        assert!(!is_cheap(&Method::POST, "/docs/"));
        assert!(is_cheap(&Method::OPTIONS, "/oauth2/token"));
    }

    #[actix_web::test]
    async fn a_body_is_taken_whole_or_not_at_all() {
        let chunks = |sizes: &'static [usize]| {
            let chunks = sizes
                .iter()
                .map(|size| Ok(web::Bytes::from(vec![b'x'; *size])));
            Payload::from(Box::pin(futures_util::stream::iter(chunks))
                as std::pin::Pin<
                    Box<
                        dyn futures_util::Stream<
                                Item = Result<web::Bytes, actix_web::error::PayloadError>,
                            >,
                    >,
                >)
        };
        for (sizes, length) in [
            (&[][..], Some(0)),
            (&[10], Some(10)),
            (&[4, 6], Some(10)),
            (&[4, 3, 3], Some(10)),
            (&[11], None),
            (&[4, 7], None),
            (&[4, 3, 3, 1], None),
        ] {
            let body = whole(chunks(sizes), 10).await.unwrap();
            assert_eq!(body.map(|body| body.len()), length, "{sizes:?}");
        }
    }
}
