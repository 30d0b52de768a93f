//! Which scopes a request is about.

use gatelodge_domain::client::ConsentPolicy;
use gatelodge_domain::scope::OFFLINE_ACCESS;
use gatelodge_domain::{Consent, ScopeSet};

use super::prompts::PromptValue;
use super::request::AuthorizationRequest;
use super::response_types::Part;
use crate::tokens::grant_scopes;

/// What the client may ask for of what it asks for.
pub(super) fn requested(request: &AuthorizationRequest) -> ScopeSet {
    grant_scopes(request.client(), request.scopes.as_ref(), None).granted
}

/// The same, as it is put to the person: `offline_access` needs a code, and falls away unless
/// the person is asked now, or said so before, or the registration says it for them (OpenID
/// Connect Core §11).
pub(super) fn offered(request: &AuthorizationRequest, remembered: Option<&Consent>) -> ScopeSet {
    let mut scopes = requested(request);
    let agreed = request.prompts.contains(&PromptValue::Consent)
        || request.client().consent == ConsentPolicy::Waived
        || remembered.is_some_and(|consent| consent.scopes.contains(OFFLINE_ACCESS));
    if !agreed || !request.response_type.issues(Part::Code) {
        scopes.remove(OFFLINE_ACCESS);
    }
    scopes
}
