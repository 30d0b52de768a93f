//! What a client may introspect (RFC 7662 §2.1: the server decides who may ask about what).

use gatelodge_domain::client::IntrospectionReach;
use gatelodge_domain::{Client, Id};

/// Whether a token is within the caller's reach. A token is the caller's own, or is for an API
/// that the caller stands for: one named by its `client_id`, or by one of its audiences. The
/// issuer is nobody's API: it is in every token with `openid`.
pub(super) fn reaches(
    caller: &Client,
    issued_to: Id<Client>,
    audience: &[String],
    issuer: &str,
) -> bool {
    let is_own = caller.id == issued_to;
    let stands_for = |api: &String| {
        api != issuer && (api == caller.client_id.as_str() || caller.audiences.contains(api))
    };
    match caller.introspection {
        IntrospectionReach::Own => is_own,
        IntrospectionReach::Audience => is_own || audience.iter().any(stands_for),
        IntrospectionReach::Realm => true,
    }
}
