//! Which scopes a request is about.

use gatelodge_domain::client::ConsentPolicy;
use gatelodge_domain::scope::OFFLINE_ACCESS;
use gatelodge_domain::{Consent, Id, ScopeSet, Subject, User};

use super::prompts::PromptValue;
use super::request::AuthorizationRequest;
use super::response_types::Part;
use crate::realms::ServedRealm;
use crate::tokens::{asked_scopes, grant_scopes};
use crate::{Failure, Foundation};

/// What the client may ask for of what it asks for.
pub(super) fn requested(request: &AuthorizationRequest) -> ScopeSet {
    asked_scopes(request.client(), request.scopes.as_ref())
}

/// Of that, what this person may be granted; before anybody has signed in, all of it.
pub(super) async fn grantable(
    foundation: &Foundation,
    realm: &ServedRealm,
    request: &AuthorizationRequest,
    person: Option<Id<User>>,
) -> Result<ScopeSet, Failure> {
    let Some(person) = person else {
        return Ok(requested(request));
    };
    let party = (realm, request.client(), Subject::User(person));
    grant_scopes(foundation, party, request.scopes.as_ref(), None).await
}

/// The same, as it is put to the person: `offline_access` needs a code, and falls away unless
/// the person is asked now, or said so before, or the registration says it for them (OpenID
/// Connect Core §11).
pub(super) fn offered(
    request: &AuthorizationRequest,
    grantable: &ScopeSet,
    remembered: Option<&Consent>,
) -> ScopeSet {
    let mut scopes = grantable.clone();
    let agreed = request.prompts.contains(&PromptValue::Consent)
        || request.client().consent == ConsentPolicy::Waived
        || remembered.is_some_and(|consent| consent.scopes.contains(OFFLINE_ACCESS));
    if !agreed || !request.response_type.issues(Part::Code) {
        scopes.remove(OFFLINE_ACCESS);
    }
    scopes
}
