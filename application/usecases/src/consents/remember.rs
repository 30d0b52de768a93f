//! A consent is remembered per client and scope.

use gatelodge_domain::{Client, Consent, ScopeSet, Timestamp, User};

/// What is to be remembered after a person was asked about `offered` and agreed to `granted`:
/// what they agreed to before and now, without what they refused now.
pub(crate) fn remembered(
    previous: Option<&Consent>,
    (user, client): (&User, &Client),
    offered: &ScopeSet,
    granted: &ScopeSet,
    now: Timestamp,
) -> Consent {
    let kept = previous.map_or_else(ScopeSet::empty, |previous| {
        previous.scopes.difference(offered)
    });
    Consent {
        realm: user.realm,
        user: user.id,
        client: client.id,
        scopes: kept.union(granted),
        created_at: previous.map_or(now, |previous| previous.created_at),
        updated_at: now,
    }
}
