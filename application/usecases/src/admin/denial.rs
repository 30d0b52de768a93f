//! The record of a privileged request that was refused.

use gatelodge_domain::{AuditAction, Outcome, RealmSlug};
use serde_json::json;

use super::Caller;
use super::permit::entry;
use crate::audit::RequestFacts;
use crate::{Failure, Foundation};

/// A denial is a fact: its event is committed, and repeats within the minute are counted. The
/// slug is the caller's text; only what could be one is worth keeping.
pub(super) async fn record_denial(
    foundation: &Foundation,
    caller: &Caller,
    permission: &'static str,
    slug: Option<&str>,
    request: &RequestFacts,
) -> Result<(), Failure> {
    let now = foundation.clock.now();
    let system = foundation.directory.realm(&RealmSlug::system()).await?;
    let system = system.ok_or_else(|| Failure::broken("the realm `system` is missing"))?;
    let home = system.realm.id;
    let realm = slug.and_then(|text| RealmSlug::parse(text).ok());
    let realm = realm.as_ref().map(RealmSlug::as_str);
    let mut denied = entry(caller, home, AuditAction::AccessDenied);
    denied.outcome = Outcome::Denied;
    denied.reason = Some("insufficient_scope");
    denied.facts = Some(json!({ "permission": permission, "realm": realm }));
    // Told apart without the realm: its text is the caller's, who could make up any number.
    let what = permission.to_owned();
    foundation
        .recorder
        .refused(denied, what, request, now)
        .await
}
