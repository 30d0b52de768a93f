//! Everything that the admin port can do, built at once.

use core::time::Duration;
use std::sync::Arc;

use super::Administrators;
use crate::Foundation;
use crate::audit::{ReadAudit, VerifyAudit};
use crate::clients::AdministerClients;
use crate::grants::AdministerGrants;
use crate::keys::{AdministerKeys, KeyMaintenance};
use crate::realms::AdministerRealms;
use crate::sessions::AdministerSessions;
use crate::tokens::AccessTokens;
use crate::users::AdministerUsers;

/// The use cases of the admin plane.
pub struct AdminApi {
    /// Who calls, and what they may do.
    pub administrators: Arc<Administrators>,
    /// Realms.
    pub realms: AdministerRealms,
    /// Users, their passwords and roles.
    pub users: AdministerUsers,
    /// Clients and their secrets.
    pub clients: AdministerClients,
    /// Signing keys.
    pub keys: AdministerKeys,
    /// Sessions.
    pub sessions: AdministerSessions,
    /// Grants and remembered consents.
    pub grants: AdministerGrants,
    /// The audit trail.
    pub audit: ReadAudit,
    /// Whether the trail is whole.
    pub verify: VerifyAudit,
}

impl AdminApi {
    /// Over a house. `sealing_delay` is how long after its commit an event may be without a
    /// seal: zero where the store seals in the transaction (SQLite, memory).
    pub fn new(
        foundation: &Arc<Foundation>,
        tokens: Arc<AccessTokens>,
        keys: &Arc<KeyMaintenance>,
        sealing_delay: Duration,
    ) -> Self {
        let administrators = Arc::new(Administrators::new(foundation.clone(), tokens));
        Self {
            realms: AdministerRealms::new(foundation.clone(), keys.clone()),
            users: AdministerUsers::new(foundation.clone(), administrators.clone()),
            clients: AdministerClients::new(foundation.clone(), administrators.clone()),
            keys: AdministerKeys::new(foundation.clone(), keys.clone()),
            sessions: AdministerSessions::new(foundation.clone()),
            grants: AdministerGrants::new(foundation.clone()),
            audit: ReadAudit::new(foundation.clone()),
            verify: VerifyAudit::new(foundation.clone(), sealing_delay),
            administrators,
        }
    }
}
