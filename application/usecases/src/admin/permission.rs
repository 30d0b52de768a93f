//! What an administrator can be allowed to do. Each permission is a type, so that a permit for
//! one cannot be passed where another is asked for; its name is the scope and the entry in a
//! role.

/// A permission as a type.
pub trait Right: Send + Sync + 'static {
    /// Its name, which is also its scope: `users:read`.
    const NAME: &'static str;
}

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
    /// See roles and who holds them.
    RolesRead = "roles:read";
    /// Give and take roles.
    RolesWrite = "roles:write";
    /// Read and verify the audit trail.
    AuditRead = "audit:read";
}
