//! Second factors: what a person has or knows beside their password.
//!
//! A [`Factor`] is one enrolled thing of a person's, whatever its kind: an authenticator app
//! today, a passkey or a phone later. What verifies it is sealed and means something to its own
//! kind only; what all kinds share is here, so that storage, pages and administration need not
//! know them apart. Recovery codes are no factor that one enrols but the way back in when every
//! factor is lost: see [`recovery_codes`].

pub mod recovery_codes;
pub mod totp;

use crate::{Amr, DisplayName, Id, Realm, Revision, Timestamp, User};

/// What kind of second factor it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactorKind {
    /// Codes of an authenticator app that change with time (RFC 6238).
    Totp,
}

impl FactorKind {
    /// Every kind.
    pub const ALL: [Self; 1] = [Self::Totp];

    /// The stored name, which the API shows too.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
        }
    }

    /// The kind of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What `amr` calls it (RFC 8176 §2).
    pub const fn method(self) -> Amr {
        match self {
            Self::Totp => Amr::OneTimePassword,
        }
    }
}

/// Which of a person's factors is asked for first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precedence {
    /// This one.
    Primary,
    /// Another; this one can be chosen instead.
    #[default]
    Further,
}

/// An enrolled second factor.
#[derive(Clone, PartialEq, Eq)]
pub struct Factor {
    /// Row id.
    pub id: Id<Factor>,
    /// The realm.
    pub realm: Id<Realm>,
    /// Whose it is.
    pub user: Id<User>,
    /// What it is.
    pub kind: FactorKind,
    /// What its owner calls it.
    pub name: DisplayName,
    /// Whether it is asked for first. At most one of a person's is.
    pub precedence: Precedence,
    /// What its kind verifies by, sealed for the place [`Factor::place`].
    pub secret: Vec<u8>,
    /// The last time step, or use counter, that was accepted; nothing at or below it is
    /// accepted again.
    pub last_step: u64,
    /// When it was enrolled.
    pub created_at: Timestamp,
    /// When it last proved its owner.
    pub last_used_at: Option<Timestamp>,
    /// How often its name or precedence changed.
    pub revision: Revision,
}

impl Factor {
    /// How many of them a person may have.
    pub const MOST: usize = 10;

    /// Where its secret is sealed for.
    pub fn place(realm: Id<Realm>, id: Id<Self>) -> String {
        format!("{realm}|factors|{id}|secret")
    }

    /// Whether it is asked for first.
    pub fn is_primary(&self) -> bool {
        self.precedence == Precedence::Primary
    }
}

impl core::fmt::Debug for Factor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Factor")
            .field("id", &self.id)
            .field("realm", &self.realm)
            .field("user", &self.user)
            .field("kind", &self.kind)
            .field("precedence", &self.precedence)
            .field("last_step", &self.last_step)
            .finish_non_exhaustive()
    }
}

/// The factors in the order in which they are offered: the primary one, then the oldest first.
pub fn in_order(mut factors: Vec<Factor>) -> Vec<Factor> {
    factors.sort_by_key(|factor| (!factor.is_primary(), factor.id));
    factors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name() {
        for kind in FactorKind::ALL {
            assert_eq!(FactorKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(FactorKind::parse("TOTP"), None);
    }

    #[test]
    fn the_primary_factor_is_offered_first_and_no_secret_prints() {
        let factor = |id, precedence| Factor {
            id: Id::from_u128(id),
            realm: Id::from_u128(1),
            user: Id::from_u128(2),
            kind: FactorKind::Totp,
            name: DisplayName::parse("Phone").unwrap(),
            precedence,
            secret: vec![201, 202, 203],
            last_step: 0,
            created_at: Timestamp::EPOCH,
            last_used_at: None,
            revision: Revision::FIRST,
        };
        let mixed = vec![
            factor(3, Precedence::Further),
            factor(5, Precedence::Primary),
            factor(1, Precedence::Further),
        ];
        let order: Vec<u128> = in_order(mixed).iter().map(|one| one.id.as_u128()).collect();
        assert_eq!(order, [5, 1, 3]);
        let shown = format!("{:?}", factor(1, Precedence::Further));
        assert!(
            !shown.contains("201") && !shown.contains("Phone"),
            "{shown}"
        );
    }
}
