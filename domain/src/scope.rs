//! Scopes: what a token may be used for (RFC 6749 §3.3).
//!
//! A [`Scope`] is one `scope-token`, a [`ScopeSet`] the space-separated list of a request, a
//! grant or a token. The standard gives their order no meaning, so a set is kept sorted and
//! has one text; that makes stored grants comparable.

use core::borrow::Borrow;
use core::fmt;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Asks for an ID token and turns OAuth into OpenID Connect (OpenID Connect Core §3.1.2.1).
pub const OPENID: &str = "openid";
/// The profile claims of OpenID Connect Core §5.4.
pub const PROFILE: &str = "profile";
/// `email` and `email_verified` (OpenID Connect Core §5.4).
pub const EMAIL: &str = "email";
/// `address` (OpenID Connect Core §5.4).
pub const ADDRESS: &str = "address";
/// `phone_number` and `phone_number_verified` (OpenID Connect Core §5.4).
pub const PHONE: &str = "phone";
/// Lets the refresh family outlive the session (OpenID Connect Core §11).
pub const OFFLINE_ACCESS: &str = "offline_access";
/// The `roles` claim of RFC 9068 §2.2.3.1.
pub const ROLES: &str = "roles";
/// The `groups` claim of RFC 9068 §2.2.3.1.
pub const GROUPS: &str = "groups";
/// The `entitlements` claim of RFC 9068 §2.2.3.1.
pub const ENTITLEMENTS: &str = "entitlements";
/// Stands for every admin scope that the administrator's roles give.
pub const ADMIN: &str = "admin";

/// One `scope-token`; cloning is cheap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(Arc<str>);

/// Scopes without repeats, in the order of their bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ScopeSet(BTreeSet<Scope>);

/// Why a text is not a [`Scope`] or [`ScopeSet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScope {
    /// Empty, or longer than 128 characters.
    #[error("a scope has 1 to 128 characters")]
    Length,
    /// A character outside `NQCHAR`.
    #[error("a scope is written with visible ASCII characters only, without \" and \\")]
    Character,
    /// More than [`ScopeSet::MAX`] scopes.
    #[error("at most 64 scopes may be named at once")]
    TooMany,
}

impl Scope {
    /// The most characters of one scope.
    pub const MAX_LENGTH: usize = 128;

    /// Reads one `scope-token` = `1*NQCHAR`; letter case counts.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        if text.is_empty() || text.len() > Self::MAX_LENGTH {
            return Err(InvalidScope::Length);
        }
        // NQCHAR = %x21 / %x23-5B / %x5D-7E (RFC 6749 appendix A)
        if !text
            .bytes()
            .all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
        {
            return Err(InvalidScope::Character);
        }
        Ok(Self(text.into()))
    }

    /// The scope as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Scope {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ScopeSet {
    /// The most scopes that one text may name, repeats included.
    pub const MAX: usize = 64;

    /// Reads a list separated by spaces. The empty text is the empty set, so that what
    /// `Display` writes can be read back; surplus spaces, which many clients send, are
    /// passed over.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        let mut scopes = BTreeSet::new();
        for (index, token) in text
            .split(' ')
            .filter(|token| !token.is_empty())
            .enumerate()
        {
            if index == Self::MAX {
                return Err(InvalidScope::TooMany);
            }
            scopes.insert(Scope::parse(token)?);
        }
        Ok(Self(scopes))
    }

    /// The set without scopes.
    pub const fn empty() -> Self {
        Self(BTreeSet::new())
    }

    /// Whether the scope is in the set.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// Adds a scope; says whether it is new.
    pub fn insert(&mut self, scope: Scope) -> bool {
        self.0.insert(scope)
    }

    /// Takes a scope out; says whether it was there.
    pub fn remove(&mut self, scope: &str) -> bool {
        self.0.remove(scope)
    }

    /// The scopes that are in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.0.intersection(&other.0).cloned().collect()
    }

    /// The scopes of this set that are not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.0.difference(&other.0).cloned().collect()
    }

    /// The scopes that are in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.0.union(&other.0).cloned().collect()
    }

    /// Whether the other set has every scope of this one.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// The scopes in the order of their bytes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Scope> + Clone {
        self.0.iter()
    }

    /// Whether there is no scope in the set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many scopes are in the set.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> ScopeSet {
        ScopeSet::parse(text).unwrap()
    }

    #[test]
    fn a_scope_is_written_in_nqchar() {
        for byte in 0..=u8::MAX {
            let text = char::from(byte).to_string();
            let allowed = byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
            assert_eq!(Scope::parse(&text).is_ok(), allowed, "{text:?}");
        }
        for text in ["a\0", "a\nb", "a\u{202e}", "ｏpenid", "о", "a\u{200b}"] {
            assert_eq!(Scope::parse(text), Err(InvalidScope::Character), "{text:?}");
        }
        assert_eq!(Scope::parse(""), Err(InvalidScope::Length));
        assert!(Scope::parse(&"s".repeat(128)).is_ok());
        assert_eq!(Scope::parse(&"s".repeat(129)), Err(InvalidScope::Length));
    }

    #[test]
    fn order_and_repeats_make_no_other_set() {
        assert_eq!(set("profile openid openid"), set("openid profile"));
        assert_eq!(set("profile openid").to_string(), "openid profile");
        assert_eq!(set("openid profile").len(), 2);
        assert_ne!(set("OpenID"), set("openid"));
    }

    #[test]
    fn what_a_set_writes_can_be_read_back() {
        for text in ["", "openid", "email openid users:read"] {
            assert_eq!(set(text).to_string(), text);
        }
        assert_eq!(set("").len(), 0);
        assert!(ScopeSet::empty().is_empty());
        assert_eq!(set("  openid   profile "), set("openid profile"));
    }

    #[test]
    fn only_the_space_separates() {
        for text in [
            "openid\tprofile",
            "openid\nprofile",
            "openid\u{a0}profile",
            "openid\0",
        ] {
            assert_eq!(
                ScopeSet::parse(text),
                Err(InvalidScope::Character),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_thousand_scopes_are_refused_even_if_they_are_all_the_same() {
        let list = |count: usize| {
            (0..count)
                .map(|n| format!("s{n}"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(set(&list(64)).len(), ScopeSet::MAX);
        assert_eq!(ScopeSet::parse(&list(65)), Err(InvalidScope::TooMany));
        assert_eq!(
            ScopeSet::parse(&"openid ".repeat(1000)),
            Err(InvalidScope::TooMany)
        );
    }

    #[test]
    fn sets_combine_as_sets_do() {
        let (asked, allowed) = (set("openid email admin"), set("openid email profile"));
        assert_eq!(asked.intersection(&allowed), set("openid email"));
        assert_eq!(asked.difference(&allowed), set("admin"));
        assert_eq!(asked.union(&allowed), set("openid email admin profile"));
        assert!(set("openid").is_subset(&asked));
        assert!(!asked.is_subset(&allowed));
        assert!(ScopeSet::empty().is_subset(&asked));
    }

    #[test]
    fn scopes_come_and_go_one_by_one() {
        let mut scopes = set("openid");
        assert!(scopes.insert(Scope::parse(OFFLINE_ACCESS).unwrap()));
        assert!(!scopes.insert(Scope::parse(OFFLINE_ACCESS).unwrap()));
        assert!(scopes.contains(OFFLINE_ACCESS));
        assert!(scopes.remove(OFFLINE_ACCESS));
        assert!(!scopes.remove(OFFLINE_ACCESS));
        assert!(!scopes.contains(OFFLINE_ACCESS));
        let names: Vec<_> = scopes.iter().map(Scope::as_str).collect();
        assert_eq!(names, [OPENID]);
    }

    #[test]
    fn the_named_scopes_are_scopes() {
        let named = [
            OPENID,
            PROFILE,
            EMAIL,
            ADDRESS,
            PHONE,
            OFFLINE_ACCESS,
            ROLES,
            GROUPS,
            ENTITLEMENTS,
            ADMIN,
        ];
        let scopes: ScopeSet = named
            .iter()
            .map(|name| Scope::parse(name).unwrap())
            .collect();
        assert_eq!(scopes.len(), named.len());
    }
}
