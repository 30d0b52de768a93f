//! What an administrator can be allowed to do. Each permission is a type, so that a permit for
//! one cannot be passed where another is asked for; its name is the scope and the entry in a
//! role.

/// A permission as a type.
pub trait Right: Send + Sync + 'static {
    /// Its name, which is also its scope: `users:read`.
    const NAME: &'static str;
}

/// A permission that can end at a group's people ([`super::Reach::Groups`]). Whoever takes a
/// permit for one asks it who is within reach.
pub trait GroupRight: Right {}

macro_rules! permissions {
    ($($(#[doc = $doc:literal])+ $marker:ident = $name:literal;)+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug, Clone, Copy)]
            pub enum $marker {}

            impl Right for $marker {
                const NAME: &'static str = $name;
            }
        )+

        /// Every permission with one sentence about it; the built-in administrator role has
        /// them all.
        pub const PERMISSIONS: &[(&str, &str)] = &[$(($name, concat!($($doc),+)),)+];
    };
}

permissions! {
    /// See realms and their settings.
    RealmsRead = "realms:read";
    /// Make, change and delete realms.
    RealmsWrite = "realms:write";
    /// See users.
    UsersRead = "users:read";
    /// Make, change and delete users and set their passwords.
    UsersWrite = "users:write";
    /// Export the password hashes of users.
    UsersExportHashes = "users:export_hashes";
    /// See clients.
    ClientsRead = "clients:read";
    /// Make, change and delete clients and rotate their secrets.
    ClientsWrite = "clients:write";
    /// See signing keys.
    KeysRead = "keys:read";
    /// Rotate signing keys.
    KeysWrite = "keys:write";
    /// See sessions.
    SessionsRead = "sessions:read";
    /// End sessions.
    SessionsWrite = "sessions:write";
    /// See grants and remembered consents.
    GrantsRead = "grants:read";
    /// End grants and withdraw consents.
    GrantsWrite = "grants:write";
    /// Revoke tokens: one, or all of a grant, session, user, client or realm.
    TokensWrite = "tokens:write";
    /// See roles, who holds them, and what somebody may do and why.
    RolesRead = "roles:read";
    /// Make, change and delete roles, and give and take them.
    RolesWrite = "roles:write";
    /// See groups and who is in them.
    GroupsRead = "groups:read";
    /// Make, change and delete groups, and put people in and out.
    GroupsWrite = "groups:write";
    /// See APIs, scopes and permissions.
    ScopesRead = "scopes:read";
    /// Make, change and delete APIs, scopes and permissions.
    ScopesWrite = "scopes:write";
    /// See how a realm's pages and mails look.
    ThemesRead = "themes:read";
    /// Change how a realm's pages and mails look.
    ThemesWrite = "themes:write";
    /// Read and verify the audit trail.
    AuditRead = "audit:read";
}

macro_rules! group_rights {
    ($($marker:ident)+) => { $(impl GroupRight for $marker {})+ };
}

group_rights! {
    UsersRead UsersWrite SessionsRead SessionsWrite GrantsRead GrantsWrite
    RolesRead RolesWrite GroupsRead GroupsWrite
}
