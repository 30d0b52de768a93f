//! Granted scope = requested ∩ client ∩ user, computed here and nowhere else: for codes, for
//! refreshed tokens, for the password grant and for clients that act for themselves.

use std::collections::BTreeSet;

use gatelodge_domain::scope::OFFLINE_ACCESS;
use gatelodge_domain::{Client, RealmSlug, ScopeSet, Subject};

use crate::admin::without_reach;
use crate::realms::ServedRealm;
use crate::{Failure, Foundation};

/// What a request is about before anybody is known: requested ∩ client. `requested` is `None`
/// where the parameter was absent: the client's default scopes then count.
///
/// An unknown scope is ignored rather than refused, as OpenID Connect Core §3.1.2.1 asks; a
/// scope that a refresh request widens is another matter and is refused there.
pub fn asked_scopes(client: &Client, requested: Option<&ScopeSet>) -> ScopeSet {
    let asked = requested.unwrap_or(&client.default_scopes);
    let mut asked = asked.intersection(&client.scopes);
    if !client.may_use("refresh_token") {
        asked.remove(OFFLINE_ACCESS);
    }
    asked
}

/// What may be granted to a client for a subject: of what it asks for, the scopes whose required
/// permissions the subject holds now, and of those what a person agreed to, where one was asked.
pub async fn grant_scopes(
    foundation: &Foundation,
    (realm, client, subject): (&ServedRealm, &Client, Subject),
    requested: Option<&ScopeSet>,
    agreed: Option<&ScopeSet>,
) -> Result<ScopeSet, Failure> {
    let mut granted = asked_scopes(client, requested);
    if let Some(agreed) = agreed {
        granted = granted.intersection(agreed);
    }
    let catalogue = foundation.directory.catalogue(realm).await?;
    if granted
        .iter()
        .all(|scope| catalogue.requires(scope).is_empty())
    {
        return Ok(granted);
    }
    let held = permissions_of(foundation, realm, subject).await?;
    let may_have = |scope: &&gatelodge_domain::Scope| {
        let mut required = catalogue.requires(scope).iter();
        required.all(|permission| held.contains(permission.as_str()))
    };
    Ok(granted.iter().filter(may_have).cloned().collect())
}

/// The names of what a subject may do now. In `system`, a permission counts whatever its reach:
/// how far it reaches is asked at every call of the admin API.
async fn permissions_of(
    foundation: &Foundation,
    realm: &ServedRealm,
    subject: Subject,
) -> Result<BTreeSet<String>, Failure> {
    let is_system = realm.realm.slug == RealmSlug::system();
    let mut view = foundation.store.read().await?;
    let roles = view.roles().held_by(realm.realm.id, subject).await?;
    let held = roles.iter().flat_map(|role| role.permissions.iter());
    let name = |text| if is_system { without_reach(text) } else { text };
    Ok(held
        .map(|permission| name(permission.as_str()).to_owned())
        .collect())
}
