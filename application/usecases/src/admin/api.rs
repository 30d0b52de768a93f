//! Everything that the admin port can do, built at once.

use core::time::Duration;
use std::sync::Arc;

use super::{Administrators, IdempotentRequests};
use crate::Foundation;
use crate::apis::AdministerApis;
use crate::audit::{ReadAudit, TailAudit, VerifyAudit};
use crate::clients::AdministerClients;
use crate::grants::AdministerGrants;
use crate::groups::AdministerGroups;
use crate::keys::{AdministerKeys, KeyMaintenance};
use crate::mail::AdministerMail;
use crate::mfa::AdministerFactors;
use crate::permissions::AdministerPermissions;
use crate::realms::AdministerRealms;
use crate::recovery::SendLinks;
use crate::revocations::AdministerRevocations;
use crate::rights::ReadRights;
use crate::roles::AdministerRoles;
use crate::scopes::AdministerScopes;
use crate::sessions::AdministerSessions;
use crate::sign_in::AdministerThrottles;
use crate::themes::AdministerThemes;
use crate::tokens::AccessTokens;
use crate::users::AdministerUsers;

/// The use cases of the admin plane.
pub struct AdminApi {
    /// Who calls, and what they may do.
    pub administrators: Arc<Administrators>,
    /// Which requests were carried out before.
    pub idempotency: IdempotentRequests,
    /// Realms.
    pub realms: AdministerRealms,
    /// Users, their passwords and roles.
    pub users: AdministerUsers,
    /// Roles, what they allow, and who holds them.
    pub roles: AdministerRoles,
    /// Groups and who is in them.
    pub groups: AdministerGroups,
    /// APIs.
    pub apis: AdministerApis,
    /// Scopes.
    pub scopes: AdministerScopes,
    /// Permissions.
    pub permissions: AdministerPermissions,
    /// What somebody may do, and why.
    pub rights: ReadRights,
    /// Clients and their secrets.
    pub clients: AdministerClients,
    /// Signing keys.
    pub keys: AdministerKeys,
    /// Second factors of users.
    pub factors: AdministerFactors,
    /// Delays of failed sign-ins.
    pub throttles: AdministerThrottles,
    /// Sessions.
    pub sessions: AdministerSessions,
    /// Grants and remembered consents.
    pub grants: AdministerGrants,
    /// Revocation of whatever is named.
    pub revocations: AdministerRevocations,
    /// What mails say, and whether they arrive.
    pub mail: AdministerMail,
    /// How pages and mails look.
    pub themes: AdministerThemes,
    /// Links to people.
    pub links: SendLinks,
    /// The audit trail.
    pub audit: ReadAudit,
    /// The trail as it grows.
    pub tail: TailAudit,
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
            idempotency: IdempotentRequests::new(foundation.clone()),
            realms: AdministerRealms::new(foundation.clone(), keys.clone()),
            users: AdministerUsers::new(foundation.clone(), administrators.clone()),
            roles: AdministerRoles::new(foundation.clone(), administrators.clone()),
            groups: AdministerGroups::new(foundation.clone(), administrators.clone()),
            apis: AdministerApis::new(foundation.clone()),
            scopes: AdministerScopes::new(foundation.clone()),
            permissions: AdministerPermissions::new(foundation.clone()),
            rights: ReadRights::new(foundation.clone()),
            clients: AdministerClients::new(foundation.clone(), administrators.clone()),
            keys: AdministerKeys::new(foundation.clone(), administrators.clone(), keys.clone()),
            factors: AdministerFactors::new(foundation.clone(), administrators.clone()),
            throttles: AdministerThrottles::new(foundation.clone()),
            sessions: AdministerSessions::new(foundation.clone()),
            grants: AdministerGrants::new(foundation.clone()),
            revocations: AdministerRevocations::new(foundation.clone()),
            mail: AdministerMail::new(foundation.clone()),
            themes: AdministerThemes::new(foundation.clone()),
            links: SendLinks::new(foundation.clone()),
            audit: ReadAudit::new(foundation.clone()),
            tail: TailAudit::new(foundation.clone()),
            verify: VerifyAudit::new(foundation.clone(), sealing_delay),
            administrators,
        }
    }
}
