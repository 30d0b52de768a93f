//! One function turns a listener and a path into a realm.

use gatelodge_domain::RealmSlug;

/// A port that we listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listener {
    /// The public one: every realm but `system`.
    Auth,
    /// The administrators' one: `system` and nothing else.
    Admin,
}

impl Listener {
    /// Its name in cookies, logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Admin => "admin",
        }
    }
}

/// The realm that a listener serves under `/realms/{segment}`, or at its root without one.
///
/// `None` is a 404: the segment is no slug, or names a realm that this listener does not serve
/// by that path. Reserved realms have exactly one spelling, which is the root.
pub fn resolve(listener: Listener, segment: Option<&str>) -> Option<RealmSlug> {
    match (listener, segment) {
        (Listener::Admin, None) => Some(RealmSlug::system()),
        (Listener::Admin, Some(_)) => None,
        (Listener::Auth, None) => Some(RealmSlug::default_realm()),
        (Listener::Auth, Some(segment)) => RealmSlug::parse(segment)
            .ok()
            .filter(|slug| !slug.is_reserved()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_has_no_spelling_on_the_auth_port() {
        for segment in [
            "system", "System", "SYSTEM", "system/", "%73ystem", "default", "", ".",
        ] {
            assert_eq!(resolve(Listener::Auth, Some(segment)), None, "{segment}");
        }
        assert_eq!(
            resolve(Listener::Auth, None),
            Some(RealmSlug::default_realm())
        );
        assert_eq!(
            resolve(Listener::Auth, Some("acme")).unwrap().as_str(),
            "acme"
        );
    }

    #[test]
    fn the_admin_port_serves_system_at_its_root_only() {
        assert_eq!(resolve(Listener::Admin, None), Some(RealmSlug::system()));
        assert_eq!(resolve(Listener::Admin, Some("acme")), None);
        assert_eq!(resolve(Listener::Admin, Some("system")), None);
    }
}
