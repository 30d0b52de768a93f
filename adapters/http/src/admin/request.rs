//! What handlers of the admin API learn of a request: who calls, and the permits they get.

use std::future::{Ready, ready};

use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, dev, web};
use gatelodge_domain::{Id, Revision, User};
use gatelodge_usecases::admin::{
    AdminApi, Caller, GroupRight, HousePermit, Permit, Refusal, Right,
};
use gatelodge_usecases::audit::RequestFacts;
use serde::Serialize;

use super::precondition::{entity_tag, if_match};
use crate::errors::HttpError;
use crate::problem::Problem;
use crate::request::request_facts;
use crate::state::HttpState;

/// Set by the guard: whose token the request bears.
#[derive(Clone)]
pub(super) struct Recognised(pub(super) Caller);

/// A request of a recognised administrator.
pub(crate) struct AdminRequest {
    /// The request itself.
    pub(crate) http: HttpRequest,
    state: web::Data<HttpState>,
    caller: Caller,
    facts: RequestFacts,
}

impl AdminRequest {
    /// The use cases of the admin plane.
    pub(crate) fn api(&self) -> &AdminApi {
        &self.state.use_cases.admin
    }

    /// The shared state.
    pub(crate) fn state(&self) -> &HttpState {
        &self.state
    }

    /// A permit for the realm of that slug.
    pub(crate) async fn permit<P: Right>(&self, realm: &str) -> Result<Permit<P>, Problem> {
        let administrators = &self.api().administrators;
        Ok(administrators
            .authorize(&self.caller, realm, &self.facts)
            .await?)
    }

    /// A permit for the realm of that slug, or for those groups of it that the caller may act
    /// for. For operations whose use case asks the permit who is within reach.
    pub(crate) async fn permit_in_reach<P: GroupRight>(
        &self,
        realm: &str,
    ) -> Result<Permit<P>, Problem> {
        let administrators = &self.api().administrators;
        Ok(administrators
            .authorize_in_reach(&self.caller, realm, &self.facts)
            .await?)
    }

    /// A permit for the whole house.
    pub(crate) async fn permit_everywhere<P: Right>(&self) -> Result<HousePermit<P>, Problem> {
        let administrators = &self.api().administrators;
        Ok(administrators
            .authorize_everywhere(&self.caller, &self.facts)
            .await?)
    }

    /// Refuses a person who is beyond the permit's reach, before anything else is looked up.
    pub(crate) async fn reach_user<P: GroupRight>(
        &self,
        permit: &Permit<P>,
        user: Id<User>,
    ) -> Result<(), Problem> {
        Ok(permit.reach_user(&self.state.foundation, user).await?)
    }

    /// Honours `If-Match` against the row's revision.
    pub(crate) fn if_match(&self, current: Revision) -> Result<(), Problem> {
        Ok(if_match(&self.http, current)?)
    }
}

impl FromRequest for AdminRequest {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let state = request.app_data::<web::Data<HttpState>>().cloned();
        let caller = request.extensions().get::<Recognised>().cloned();
        ready(match (state, caller) {
            (Some(state), Some(Recognised(caller))) => Ok(Self {
                facts: request_facts(request),
                http: request.clone(),
                state,
                caller,
            }),
            _ => Err(Problem::Failed(HttpError::misconfigured())),
        })
    }
}

/// An id in a path; a text that is none names nothing.
pub(crate) fn path_id<T>(text: &str, what: &'static str) -> Result<Id<T>, Refusal> {
    Id::parse(text).map_err(|_| Refusal::not_found(what))
}

/// The same where a permit may end at groups: there, what names nothing is as far away as what
/// is not theirs.
pub(crate) fn row_within<P: GroupRight, T>(
    permit: &Permit<P>,
    text: &str,
    what: &'static str,
) -> Result<Id<T>, Refusal> {
    Id::parse(text).map_err(|_| match permit.groups() {
        None => Refusal::not_found(what),
        Some(_) => Refusal::forbidden(),
    })
}

/// 200 with a body.
pub(crate) fn shown(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(body)
}

/// 200 with a body and its entity tag.
pub(crate) fn shown_at(revision: Revision, body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::ETAG, entity_tag(revision)))
        .json(body)
}

/// 201 with a body, its entity tag and where it can be read.
pub(crate) fn created(
    request: &AdminRequest,
    segment: &str,
    revision: Revision,
    body: &impl Serialize,
) -> HttpResponse {
    let path = request.http.uri().path().trim_end_matches('/');
    HttpResponse::Created()
        .insert_header((header::LOCATION, format!("{path}/{}", encoded(segment))))
        .insert_header((header::ETAG, entity_tag(revision)))
        .json(body)
}

/// A path segment, percent-encoded (RFC 3986 §2.3: all but unreserved characters).
fn encoded(segment: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}
