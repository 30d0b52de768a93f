//! The trail as it grows: server-sent events (HTML Living Standard §9.2).
//!
//! `id` is an event's position, and `Last-Event-ID` resumes after it. Between events the stream
//! says every now and then how far it has looked, which also shows that it is alive; so whoever
//! resumes a stream with a narrow filter need not be shown the trail again from the last match.
//!
//! A stream outlives the request that opened it, so the right to it is looked at again while it
//! runs: it ends when the token expires or is revoked, when the permission goes, and when the
//! server is about to stop.

use core::fmt::Write as _;
use core::time::Duration;

use actix_web::http::header;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use gatelodge_usecases::admin::{AdminError, AuditRead, Refusal};
use gatelodge_usecases::audit::{RequestFacts, Tail, TailStart};
use tokio::time::{Instant, sleep};

use super::filter::StreamQuery;
use super::representation::{EventAnswer, event_line};
use crate::admin::body::query;
use crate::admin::guard::bearer;
use crate::admin::request::AdminRequest;
use crate::errors::HttpError;
use crate::problem::Problem;
use crate::request::request_facts;
use crate::state::HttpState;

const LAST_EVENT_ID: &str = "last-event-id";
/// How often a stream looks for what is new.
const LOOK: Duration = Duration::from_millis(250);
/// How often it says something where nothing happens.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often its right is looked at again.
const CHECK: Duration = Duration::from_secs(5);

/// Shows the events of every realm as they happen, as `text/event-stream`: `id` is the position,
/// `data` the event. `Last-Event-ID` resumes after a position; without it the stream begins now.
/// It ends with the token or the permission that it was opened with.
#[utoipa::path(
    tag = "Audit",
    operation_id = "stream_audit",
    params(StreamQuery, ("Last-Event-ID" = Option<String>, Header, description = "The position after which to resume.", pattern = "^[0-9]{1,20}$")),
    responses((status = 200, description = "Events as they happen.", body = EventAnswer, content_type = "text/event-stream")),
    security(("bearer" = ["audit:read"])),
)]
#[get("/audit/stream")]
pub(crate) async fn stream_audit(admin: AdminRequest) -> Result<HttpResponse, Problem> {
    let permit = admin.permit_everywhere::<AuditRead>().await?;
    let query: StreamQuery = query(&admin.http)?;
    let (filter, start) = (query.filter()?, start(&admin.http)?);
    let tail = admin.api().tail.of_house(&permit, filter, start).await?;
    streamed(&admin, tail, None)
}

/// Shows the events of a realm as they happen, as `text/event-stream`: `id` is the position,
/// `data` the event. `Last-Event-ID` resumes after a position; without it the stream begins now.
/// It ends with the token or the permission that it was opened with.
#[utoipa::path(
    tag = "Audit",
    operation_id = "stream_realm_audit",
    params(StreamQuery, ("Last-Event-ID" = Option<String>, Header, description = "The position after which to resume.", pattern = "^[0-9]{1,20}$")),
    responses((status = 200, description = "Events as they happen.", body = EventAnswer, content_type = "text/event-stream")),
    security(("bearer" = ["audit:read"])),
)]
#[get("/realms/{realm}/audit/stream")]
pub(crate) async fn stream_realm_audit(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<AuditRead>(&realm).await?;
    let query: StreamQuery = query(&admin.http)?;
    let (filter, start) = (query.filter()?, start(&admin.http)?);
    let tail = admin.api().tail.of_realm(&permit, filter, start).await?;
    streamed(&admin, tail, Some(realm.into_inner()))
}

fn start(request: &HttpRequest) -> Result<TailStart, Refusal> {
    let Some(sent) = request.headers().get(LAST_EVENT_ID) else {
        return Ok(TailStart::Now);
    };
    let text = sent.to_str().unwrap_or_default();
    match text.parse() {
        Ok(position) => Ok(TailStart::After(position)),
        Err(_) => Err(Refusal::field(
            "Last-Event-ID",
            "the `id` of an event that this stream has shown",
        )),
    }
}

/// An open stream.
struct Stream {
    state: Data<HttpState>,
    tail: Tail,
    /// The realm that is watched; every one without.
    realm: Option<String>,
    token: String,
    facts: RequestFacts,
    checked: Instant,
    spoken: Instant,
    begun: bool,
}

fn streamed(
    admin: &AdminRequest,
    tail: Tail,
    realm: Option<String>,
) -> Result<HttpResponse, Problem> {
    let misconfigured = || Problem::Failed(HttpError::misconfigured());
    let state = admin.http.app_data::<Data<HttpState>>().cloned();
    let token = bearer(admin.http.headers()).ok_or_else(misconfigured)?;
    let stream = Stream {
        state: state.ok_or_else(misconfigured)?,
        tail,
        realm,
        token: token.to_owned(),
        facts: request_facts(&admin.http),
        checked: Instant::now(),
        spoken: Instant::now(),
        begun: false,
    };
    let parts = futures_util::stream::unfold(stream, async |mut stream| {
        let part = stream.next().await?;
        Some((Ok::<_, actix_web::Error>(part), stream))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Proxies that gather answers would show everything late.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(parts))
}

impl Stream {
    /// What is said next; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.begun {
            self.begun = true;
            return Some(Bytes::from_static(b"retry: 2000\n\n"));
        }
        loop {
            if self.state.foundation.nodes.is_leaving() || !self.may_go_on().await {
                return None;
            }
            // Who resumes begins where this ended.
            let page = self.state.use_cases.admin.tail.next(&mut self.tail);
            let page = page.await.ok()?;
            let mut text = String::new();
            for event in page.items {
                let position = event.stored.position;
                // Writing to a string cannot fail.
                let _ = write!(text, "id: {position}\ndata: {}\n\n", event_line(event));
            }
            if text.is_empty() && self.spoken.elapsed() >= HEARTBEAT {
                let _ = write!(text, ": heartbeat\nid: {}\n\n", self.tail.position());
            }
            if !text.is_empty() {
                self.spoken = Instant::now();
                return Some(Bytes::from(text));
            }
            if !page.more {
                sleep(LOOK).await;
            }
        }
    }

    /// Whether the token is still good and its holder still may, asked now and then.
    async fn may_go_on(&mut self) -> bool {
        if self.checked.elapsed() < CHECK {
            return true;
        }
        self.checked = Instant::now();
        self.permitted().await.is_ok()
    }

    async fn permitted(&self) -> Result<(), AdminError> {
        let administrators = &self.state.use_cases.admin.administrators;
        let caller = administrators.recognise(Some(&self.token)).await?;
        if let Some(slug) = &self.realm {
            let permit = administrators.authorize::<AuditRead>(&caller, slug, &self.facts);
            permit.await.map(drop)
        } else {
            let permit = administrators.authorize_everywhere::<AuditRead>(&caller, &self.facts);
            permit.await.map(drop)
        }
    }
}
