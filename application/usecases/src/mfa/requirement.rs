//! Whether a second factor is needed: because somebody has one, or because the realm, a role or
//! the client asks for one.
//!
//! A role is looked at when its holder signs in; realm and client at every request. So an
//! authorization costs no look at roles, and a role that is given asks from the next sign-in on.
//! Whether any role of the realm asks at all is known with its scopes: where the first one begins
//! to, other nodes hear of it as of any change of a realm.

use gatelodge_domain::role::SecondFactorRule;
use gatelodge_domain::setting::Layers;
use gatelodge_domain::{Client, Id, Setting, Settings, Subject, User};
use gatelodge_ports::StoreError;

use crate::Foundation;
use crate::realms::ServedRealm;

/// Whether the realm asks everybody, or that client everybody who comes through it. A client
/// adds to what its realm asks and takes nothing away.
pub(crate) fn is_asked_of_everybody(realm: &ServedRealm, client: Option<&Client>) -> bool {
    let asks = |settings: &Settings| Layers(&[settings]).value(Setting::RequireSecondFactor) > 0;
    asks(&realm.realm.settings) || client.is_some_and(|client| asks(&client.settings))
}

/// Whether one of the roles that somebody holds asks for it.
pub(super) async fn is_asked_by_a_role(
    foundation: &Foundation,
    realm: &ServedRealm,
    user: Id<User>,
) -> Result<bool, StoreError> {
    let catalogue = foundation.directory.catalogue(realm).await?;
    if !catalogue.roles_may_ask_for_second_factor() {
        return Ok(false);
    }
    let mut view = foundation.store.read().await?;
    let held = view
        .roles()
        .held_by(realm.realm.id, Subject::User(user))
        .await?;
    let required = SecondFactorRule::Required;
    Ok(held.iter().any(|role| role.second_factor == required))
}
