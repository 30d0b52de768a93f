//! The reference as a server.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::http::{Method, StatusCode, header};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

use super::body::Body;
use super::keys::{Mac, SigningKeys, VerifyingKey};
use crate::rows::Writer;
use crate::seed::Failed;
use crate::spec::{RoadSpec, StepSpec, Switch};

// The server's own defaults (`[limits]`).
const BODY: usize = 65_536;
const CONNECTIONS: usize = 4_096;
const HEAD: Duration = Duration::from_secs(5);
const KEEP_ALIVE: Duration = Duration::from_secs(30);

struct Road {
    get: Option<Step>,
    post: Option<Step>,
    keys: SigningKeys,
    verifying_key: Option<VerifyingKey>,
    mac: Mac,
    writer: Option<Writer>,
    /// Numbers requests, for the ids of tokens.
    next: AtomicU64,
}

struct Step {
    spec: StepSpec,
    status: StatusCode,
    body: Body,
    /// Which step the writer knows it by, where it has rows.
    writes: Option<usize>,
}

/// Serves a road until the process is killed.
pub(super) fn serve(spec: &RoadSpec, listener: TcpListener) -> Result<(), Failed> {
    let road = Arc::new(Road::new(spec)?);
    let data = web::Data::from(road);
    let run = async move {
        HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .app_data(web::PayloadConfig::new(BODY))
                .default_service(web::to(answer))
        })
        .disable_signals()
        .max_connections(CONNECTIONS)
        .client_request_timeout(HEAD)
        .keep_alive(KEEP_ALIVE)
        .listen(listener)?
        .run()
        .await
    };
    // Workers have their own single-threaded runtimes, as the server's have.
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(run)?;
    Ok(())
}

impl Road {
    fn new(spec: &RoadSpec) -> Result<Self, Failed> {
        let mut rows = Vec::new();
        let mut step =
            |step: &Option<StepSpec>| step.clone().map(|spec| Step::new(spec, &mut rows));
        let (get, post) = (step(&spec.get).transpose()?, step(&spec.post).transpose()?);
        let writer = match &spec.database {
            Some(path) => Some(Writer::start(Path::new(path), rows)?),
            None if rows.is_empty() => None,
            None => return Err("there are rows, and no database to write them to".into()),
        };
        let verifying_key = match &spec.verifying_key {
            Some((x, y)) => Some(VerifyingKey::new(x, y).ok_or("the verifying key is none")?),
            None => None,
        };
        Ok(Self {
            get,
            post,
            keys: SigningKeys::generate()?,
            verifying_key,
            mac: Mac::new([42; 32]),
            writer,
            next: AtomicU64::new(1),
        })
    }
}

impl Step {
    fn new(spec: StepSpec, rows: &mut Vec<Vec<crate::rows::RowTemplate>>) -> Result<Self, Failed> {
        let body = if spec.work.sign == Switch::On {
            Body::signed(&spec.body)
        } else {
            Body::plain(&spec.body)
        };
        if spec.work.sign == Switch::On && body.tokens() == 0 {
            return Err("there is nothing to sign in the answer".into());
        }
        let writes = (!spec.rows.is_empty()).then_some(rows.len());
        if writes.is_some() {
            rows.push(spec.rows.clone());
        }
        Ok(Self {
            status: StatusCode::from_u16(spec.status)?,
            body,
            writes,
            spec,
        })
    }
}

async fn answer(request: HttpRequest, body: web::Bytes, road: web::Data<Road>) -> HttpResponse {
    let step = if request.method() == Method::GET {
        &road.get
    } else {
        &road.post
    };
    let Some(step) = step else {
        return HttpResponse::NotFound().finish();
    };
    work(&request, &body, &road, step)
        .await
        .unwrap_or_else(|| HttpResponse::InternalServerError().finish())
}

async fn work(
    request: &HttpRequest,
    body: &[u8],
    road: &Road,
    step: &Step,
) -> Option<HttpResponse> {
    let work = step.spec.work;
    if work.hmac == Switch::On {
        let secret = secret(request)?;
        // Compared, so that it cannot be left out.
        if openssl::memcmp::eq(&road.mac.mac(secret), &[0; 32]) {
            return None;
        }
    }
    if work.verify == Switch::On {
        let token = presented(request, body)?;
        if !road.verifying_key.as_ref()?.verifies(token) {
            return None;
        }
    }
    let number = road.next.fetch_add(1, Ordering::Relaxed);
    if let Some(place) = step.writes
        && !road.writer.as_ref()?.write(place).await
    {
        return None;
    }
    // Signed after the rows are durable, as the server does on most roads.
    let body = step.body.write(&road.keys, number).ok()?;
    let mut response = HttpResponse::build(step.status);
    for (name, value) in &step.spec.headers {
        response.insert_header((name.as_str(), value.as_str()));
    }
    Some(response.body(body))
}

/// What a client or a browser proves itself by.
fn secret(request: &HttpRequest) -> Option<&[u8]> {
    let headers = request.headers();
    let value = headers
        .get(header::AUTHORIZATION)
        .or_else(|| headers.get(header::COOKIE))?;
    Some(value.as_bytes())
}

/// The token that a request is about.
fn presented<'a>(request: &'a HttpRequest, body: &'a [u8]) -> Option<&'a str> {
    if request.method() == Method::GET {
        let value = request.headers().get(header::AUTHORIZATION)?;
        return value.to_str().ok()?.strip_prefix("Bearer ");
    }
    let form = core::str::from_utf8(body).ok()?;
    form.split('&').find_map(|pair| pair.strip_prefix("token="))
}
