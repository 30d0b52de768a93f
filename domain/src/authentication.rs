//! How and when somebody proved who they are: `auth_time`, `amr` (RFC 8176) and `acr`.

use crate::Timestamp;

/// An authentication method reference (RFC 8176 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Amr {
    /// `pwd`: a password.
    Password,
    /// `otp`: a one-time password.
    OneTimePassword,
    /// `hwk`: a key in hardware.
    HardwareKey,
    /// `swk`: a key in software.
    SoftwareKey,
    /// `user`: a test of the person's presence.
    UserPresence,
    /// `mfa`: more than one factor.
    MultiFactor,
}

impl Amr {
    const ALL: [Self; 6] = [
        Self::Password,
        Self::OneTimePassword,
        Self::HardwareKey,
        Self::SoftwareKey,
        Self::UserPresence,
        Self::MultiFactor,
    ];

    /// The registered value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::OneTimePassword => "otp",
            Self::HardwareKey => "hwk",
            Self::SoftwareKey => "swk",
            Self::UserPresence => "user",
            Self::MultiFactor => "mfa",
        }
    }

    /// The method of that registered value.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }
}

/// An authentication context class (OpenID Connect Core §2, `acr`), weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Acr {
    /// `0`: a long-lived browser session only; OpenID Connect Core §2 gives the value.
    Session,
    /// `1`: one factor.
    #[default]
    OneFactor,
    /// `2`: two factors.
    TwoFactors,
}

impl Acr {
    /// Every class that can be reached, weakest first.
    pub const ALL: [Self; 3] = [Self::Session, Self::OneFactor, Self::TwoFactors];

    /// The claim's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "0",
            Self::OneFactor => "1",
            Self::TwoFactors => "2",
        }
    }

    /// The class of that value.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == text)
    }
}

/// A completed proof of identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentication {
    /// When the person last proved it (`auth_time`).
    pub at: Timestamp,
    /// By which methods.
    pub methods: Vec<Amr>,
    /// What that amounts to.
    pub context: Acr,
}

impl Authentication {
    /// A sign-in by password alone.
    pub fn by_password(at: Timestamp) -> Self {
        Self {
            at,
            methods: vec![Amr::Password],
            context: Acr::OneFactor,
        }
    }

    /// The same with a second factor. When it was proved does not count: a person who is asked
    /// how long ago they signed in answers for both (OpenID Connect Core §2, `auth_time`).
    #[must_use]
    pub fn and_also(mut self, method: Amr) -> Self {
        for one in [method, Amr::MultiFactor] {
            if !self.methods.contains(&one) {
                self.methods.push(one);
            }
        }
        self.context = Acr::TwoFactors;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_factor_is_told_once_and_keeps_the_time() {
        let at = Timestamp::from_seconds(7);
        let both = Authentication::by_password(at).and_also(Amr::OneTimePassword);
        let words: Vec<&str> = both.methods.iter().map(|method| method.as_str()).collect();
        assert_eq!(words, ["pwd", "otp", "mfa"]);
        assert_eq!((both.at, both.context), (at, Acr::TwoFactors));
        assert_eq!(both.clone().and_also(Amr::OneTimePassword), both);
    }
}
