//! Whether a second factor is needed: because somebody has one, or because the realm, a role or
//! the client asks for one.
//!
//! A role is looked at when its holder signs in; realm and client at every request. So an
//! authorization costs no look at roles, and a role that is given asks from the next sign-in on.

use gatelodge_domain::setting::Layers;
use gatelodge_domain::{Client, Setting, Settings};

use crate::realms::ServedRealm;

/// Whether the realm asks everybody, or that client everybody who comes through it. A client
/// adds to what its realm asks and takes nothing away.
pub(crate) fn is_asked_of_everybody(realm: &ServedRealm, client: Option<&Client>) -> bool {
    let asks = |settings: &Settings| Layers(&[settings]).value(Setting::RequireSecondFactor) > 0;
    asks(&realm.realm.settings) || client.is_some_and(|client| asks(&client.settings))
}
