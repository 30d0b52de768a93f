//! What a request must fulfil, as a list. A new rule (a pushed request, a profile) is one more
//! check here, not a branch in a flow.

use gatelodge_domain::scope::OPENID;

use super::request::AuthorizationRequest;
use super::response_types::Part;
use super::scopes::requested;
use crate::{Denial, ErrorCode};

type Check = fn(&AuthorizationRequest) -> Result<(), Denial>;

const CHECKS: [Check; 6] = [
    response_type_is_registered,
    id_tokens_need_openid,
    nonce_goes_with_a_front_channel_id_token,
    challenge_is_there_where_demanded,
    resources_are_the_clients,
    some_scope_is_left,
];

/// Runs them all.
pub(super) fn check(request: &AuthorizationRequest) -> Result<(), Denial> {
    CHECKS.into_iter().try_for_each(|check| check(request))
}

fn response_type_is_registered(request: &AuthorizationRequest) -> Result<(), Denial> {
    let client = request.client();
    let kind = request.response_type;
    let registered = client.response_types.contains(kind.name())
        && kind
            .parts()
            .iter()
            .all(|part| client.may_use(part.grant_type()));
    if registered {
        Ok(())
    } else {
        Err(Denial::new(
            ErrorCode::UnauthorizedClient,
            "the client is not registered for this response_type",
        ))
    }
}

fn id_tokens_need_openid(request: &AuthorizationRequest) -> Result<(), Denial> {
    if request.response_type.issues(Part::IdToken) && !requested(request).contains(OPENID) {
        return Err(Denial::new(
            ErrorCode::InvalidScope,
            "an ID token needs the scope openid",
        ));
    }
    Ok(())
}

/// Required exactly when an ID token leaves this endpoint (OpenID Connect Core §3.2.2.1,
/// §3.3.2.11); in the code flow it is optional.
fn nonce_goes_with_a_front_channel_id_token(request: &AuthorizationRequest) -> Result<(), Denial> {
    if request.response_type.issues(Part::IdToken) && request.nonce.is_none() {
        return Err(Denial::new(ErrorCode::InvalidRequest, "nonce is missing"));
    }
    Ok(())
}

/// RFC 7636 §4.4.1, RFC 9700 §2.1.1.
fn challenge_is_there_where_demanded(request: &AuthorizationRequest) -> Result<(), Denial> {
    let demanded = request.response_type.issues(Part::Code) && request.client().needs_pkce();
    if demanded && request.challenge.is_none() {
        return Err(Denial::new(
            ErrorCode::InvalidRequest,
            "code_challenge is missing: this client must use PKCE with S256",
        ));
    }
    Ok(())
}

/// RFC 8707 §2.
fn resources_are_the_clients(request: &AuthorizationRequest) -> Result<(), Denial> {
    let audiences = &request.client().audiences;
    if request
        .resources
        .iter()
        .all(|resource| audiences.contains(resource))
    {
        Ok(())
    } else {
        Err(Denial::new(
            ErrorCode::InvalidTarget,
            "the client may not ask for this resource",
        ))
    }
}

/// Unknown scopes are ignored (OpenID Connect Core §3.1.2.1), but a request for nothing else
/// asks for nothing.
fn some_scope_is_left(request: &AuthorizationRequest) -> Result<(), Denial> {
    let asks = request
        .scopes
        .as_ref()
        .is_some_and(|asked| !asked.is_empty());
    if asks && requested(request).is_empty() {
        return Err(Denial::new(
            ErrorCode::InvalidScope,
            "the client may ask for none of these scopes",
        ));
    }
    Ok(())
}
