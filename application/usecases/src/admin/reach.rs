//! How far a permission of the admin plane reaches.
//!
//! A role of `system` spells a permission in one of three ways: `users:read` holds in every
//! realm, `acme/users:read` in the realm `acme` alone, and `acme/sales/users:read` for the people
//! of its group `sales` alone. The realm is what comes before the first slash and the permission
//! what comes after the last; a group's name may have slashes of its own.

use std::collections::BTreeSet;

use gatelodge_domain::{Group, Id};

use super::PERMISSIONS;

/// In how much of a realm a permit holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// All of it.
    Realm,
    /// The people of these groups, at least one, and the groups themselves.
    Groups(BTreeSet<Id<Group>>),
}

impl Reach {
    /// The groups that it ends at; `None` where the whole realm is within it. A list takes them
    /// as its filter.
    pub const fn groups(&self) -> Option<&BTreeSet<Id<Group>>> {
        match self {
            Self::Realm => None,
            Self::Groups(groups) => Some(groups),
        }
    }
}

/// How far somebody's permissions reach in one realm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Extent<'held> {
    /// Every realm.
    House,
    /// That realm.
    Realm,
    /// Groups of that realm, by name.
    Groups(Vec<&'held str>),
    /// Not there.
    Nowhere,
}

/// How far those permissions reach for that name in the realm of that slug; without a slug, in
/// the house.
pub(super) fn extent<'held>(
    held: &'held BTreeSet<String>,
    name: &str,
    slug: Option<&str>,
) -> Extent<'held> {
    if held.contains(name) {
        return Extent::House;
    }
    let Some(slug) = slug else {
        return Extent::Nowhere;
    };
    if held.contains(&format!("{slug}/{name}")) {
        return Extent::Realm;
    }
    let within = |text: &'held String| {
        let spelled = Spelled::read(text)?;
        let fits = spelled.realm == Some(slug) && spelled.name == name;
        spelled.group.filter(|_| fits)
    };
    let groups: Vec<&str> = held.iter().filter_map(within).collect();
    if groups.is_empty() {
        Extent::Nowhere
    } else {
        Extent::Groups(groups)
    }
}

/// Whether whoever holds `mine` may do everything on the admin plane, as the built-in role says.
/// What it says nothing of, such as a permission of somebody's own API, is theirs to give too.
pub(super) fn is_everything(mine: &BTreeSet<String>) -> bool {
    PERMISSIONS.iter().all(|(name, _)| mine.contains(*name))
}

/// Whether whoever holds `mine` has `wanted` as well, by itself or by one that reaches further.
pub(super) fn covers(mine: &BTreeSet<String>, wanted: &str) -> bool {
    if mine.contains(wanted) {
        return true;
    }
    let Some(spelled) = Spelled::read(wanted) else {
        return false;
    };
    let in_realm = |realm: &str| mine.contains(&format!("{realm}/{}", spelled.name));
    mine.contains(spelled.name) || spelled.realm.is_some_and(in_realm)
}

/// Whether that is a permission of the admin plane, whatever its reach.
pub(super) fn is_administrative(text: &str) -> bool {
    Spelled::read(text).is_some()
}

/// The name of a permission of the admin plane, without its reach; anything else as it is.
pub(crate) fn without_reach(text: &str) -> &str {
    Spelled::read(text).map_or(text, |spelled| spelled.name)
}

/// A permission of the admin plane as it is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spelled<'a> {
    realm: Option<&'a str>,
    group: Option<&'a str>,
    name: &'a str,
}

impl<'a> Spelled<'a> {
    /// `None` for what is no permission of the admin plane: other texts are names without reach.
    fn read(text: &'a str) -> Option<Self> {
        let (before, name) = match text.rsplit_once('/') {
            Some((before, name)) => (Some(before), name),
            None => (None, text),
        };
        let (realm, group) = match before.map(|before| before.split_once('/')) {
            None => (None, None),
            Some(None) => (before, None),
            Some(Some((realm, group))) => (Some(realm), Some(group)),
        };
        let known = PERMISSIONS.iter().any(|(known, _)| *known == name);
        known.then_some(Self { realm, group, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(texts: &[&str]) -> BTreeSet<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_permission_reaches_as_far_as_it_is_spelled() {
        let all = held(&["users:read"]);
        assert_eq!(extent(&all, "users:read", Some("acme")), Extent::House);
        assert_eq!(extent(&all, "users:read", None), Extent::House);
        assert_eq!(extent(&all, "users:write", None), Extent::Nowhere);
        let realm = held(&["acme/users:read", "acme/sales/users:read"]);
        assert_eq!(extent(&realm, "users:read", Some("acme")), Extent::Realm);
        for slug in [Some("other"), None] {
            assert_eq!(extent(&realm, "users:read", slug), Extent::Nowhere);
        }
        let groups = held(&["acme/eu/sales/users:read", "acme/desk/users:read"]);
        assert_eq!(
            extent(&groups, "users:read", Some("acme")),
            Extent::Groups(vec!["desk", "eu/sales"])
        );
        assert_eq!(
            extent(&groups, "users:write", Some("acme")),
            Extent::Nowhere
        );
        let eu = extent(&groups, "users:read", Some("eu"));
        assert_eq!(eu, Extent::Nowhere);
    }

    #[test]
    fn what_reaches_further_covers_what_reaches_less_far() {
        let realm = held(&["acme/users:read", "billing/refund"]);
        assert!(covers(&realm, "acme/users:read"));
        assert!(covers(&realm, "acme/sales/users:read"));
        assert!(!covers(&realm, "users:read"));
        assert!(!covers(&realm, "other/users:read"));
        assert!(!covers(&realm, "acme/users:write"));
        let house = held(&["users:read"]);
        assert!(covers(&house, "acme/users:read"));
        assert!(covers(&house, "acme/sales/users:read"));
        // What is no permission of ours has no reach.
        assert!(covers(&realm, "billing/refund"));
        assert!(!covers(&held(&["refund"]), "billing/refund"));
        assert!(!covers(
            &held(&["acme/sales/users:read"]),
            "acme/users:read"
        ));
    }

    #[test]
    fn whoever_may_do_everything_may_give_what_is_nobodys() {
        let mut all: BTreeSet<String> = PERMISSIONS
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect();
        assert!(is_everything(&all));
        all.remove("users:read");
        all.insert("acme/users:read".to_owned());
        assert!(!is_everything(&all));
    }

    #[test]
    fn a_permission_of_the_admin_plane_is_known_whatever_its_reach() {
        for text in ["users:read", "acme/users:read", "acme/a/b/users:read"] {
            assert!(is_administrative(text), "{text}");
            assert_eq!(without_reach(text), "users:read");
        }
        for text in ["orders:read", "acme/orders:read", "", "/"] {
            assert!(!is_administrative(text), "{text}");
            assert_eq!(without_reach(text), text);
        }
    }
}
