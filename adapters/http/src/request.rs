//! What handlers learn of a request: its realm and its facts.

use std::cell::OnceCell;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev, web};
use gatelodge_usecases::Foundation;
use gatelodge_usecases::audit::RequestFacts;
use gatelodge_usecases::realms::{ServedRealm, resolve};

use crate::errors::HttpError;
use crate::origin::client_address;
use crate::state::HttpState;

/// The id that ties a request's log lines, events and answer together; set by the middleware.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// A request to an issuer: whose it is, and what is known of it.
pub struct IssuerRequest {
    /// The listener's state.
    pub state: web::Data<HttpState>,
    /// The realm that the path means on this listener.
    pub realm: Arc<ServedRealm>,
    /// Facts for the audit trail.
    pub facts: Facts,
}

impl IssuerRequest {
    /// The foundation.
    pub fn foundation(&self) -> &Arc<Foundation> {
        &self.state.foundation
    }

    /// The path under which the issuer's endpoints live, without a trailing slash; for links
    /// and form actions.
    pub fn root(&self) -> String {
        path_of(&self.realm.issuer)
    }
}

/// The path of a URL without its trailing slash.
pub fn path_of(url: &str) -> String {
    url.split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'))
        .map_or_else(String::new, |(_, path)| {
            format!("/{}", path.trim_end_matches('/'))
        })
}

impl FromRequest for IssuerRequest {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, HttpError>>>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let state = request.app_data::<web::Data<HttpState>>().cloned();
        let segment = request.match_info().get("realm").map(str::to_owned);
        let facts = Facts::of(request);
        Box::pin(async move {
            let state = state.ok_or_else(HttpError::misconfigured)?;
            let slug =
                resolve(state.listener, segment.as_deref()).ok_or_else(HttpError::not_found)?;
            let realm = state.foundation.directory.realm(&slug).await?;
            let realm = realm.ok_or_else(HttpError::not_found)?;
            Ok(Self {
                state,
                realm,
                facts,
            })
        })
    }
}

/// Facts of a request, for use cases that record it; read when somebody asks for them, because
/// most requests are answered from memory and leave no record.
pub struct Facts {
    request: HttpRequest,
    read: OnceCell<RequestFacts>,
}

impl Facts {
    fn of(request: &HttpRequest) -> Self {
        Self {
            request: request.clone(),
            read: OnceCell::new(),
        }
    }
}

impl Deref for Facts {
    type Target = RequestFacts;

    fn deref(&self) -> &RequestFacts {
        self.read.get_or_init(|| request_facts(&self.request))
    }
}

impl FromRequest for Facts {
    type Error = HttpError;
    type Future = std::future::Ready<Result<Self, HttpError>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        std::future::ready(Ok(Self::of(request)))
    }
}

/// Reads id, address and user agent.
pub fn request_facts(request: &HttpRequest) -> RequestFacts {
    let proxies = request
        .app_data::<web::Data<HttpState>>()
        .map_or(&[][..], |state| state.trusted_proxies.as_slice());
    RequestFacts {
        id: request
            .extensions()
            .get::<RequestId>()
            .map(|id| id.0.clone()),
        address: client_address(request, proxies).map(|address| address.to_string()),
        user_agent: request
            .headers()
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .map(|agent| agent.chars().take(256).collect()),
    }
}
