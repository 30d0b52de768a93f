//! Settings of a realm or a client: one table of names, bounds and defaults.
//!
//! A value is looked up client over realm over built-in default. A new setting is one line in
//! [`Setting::spec`]; storage, admin API and documentation read the table.

use core::time::Duration;
use std::collections::BTreeMap;

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $unit:ident, $min:literal ..= $max:literal, $default:literal;)+) => {
        /// A setting by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Setting { $($(#[doc = $doc])+ $variant,)+ }

        impl Setting {
            /// Every setting there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Name, unit, bounds and built-in default.
            pub const fn spec(self) -> Spec {
                match self {
                    $(Self::$variant => Spec {
                        name: $name, unit: Unit::$unit, min: $min, max: $max, default: $default,
                        about: concat!($($doc),+),
                    },)+
                }
            }
        }
    };
}

settings! {
    /// Lifetime of an access token.
    AccessTokenLifetime = "access_token_lifetime", Seconds, 1 ..= 86_400, 900;
    /// Lifetime of an ID token.
    IdTokenLifetime = "id_token_lifetime", Seconds, 1 ..= 86_400, 900;
    /// Lifetime of an authorization code.
    AuthorizationCodeLifetime = "authorization_code_lifetime", Seconds, 1 ..= 600, 60;
    /// A refresh family dies after this long without use.
    RefreshIdleLifetime = "refresh_idle_lifetime", Seconds, 60 ..= 31_536_000, 2_592_000;
    /// A refresh family dies this long after it began.
    RefreshAbsoluteLifetime = "refresh_absolute_lifetime", Seconds, 60 ..= 63_072_000, 7_776_000;
    /// A session ends after this long without use.
    SessionIdleLifetime = "session_idle_lifetime", Seconds, 60 ..= 2_592_000, 28_800;
    /// A session ends this long after it began.
    SessionAbsoluteLifetime = "session_absolute_lifetime", Seconds, 60 ..= 31_536_000, 86_400;
    /// A session with "stay signed in" ends this long after it began, used or not.
    SessionRememberedLifetime = "session_remembered_lifetime", Seconds, 60 ..= 31_536_000, 2_592_000;
    /// In how many browsers somebody may be signed in at once; one more ends the oldest (100 of them at most); 0 is any number.
    SessionsPerUser = "sessions_per_user", Count, 0 ..= 1_000, 0;
    /// From how many sign-ins at once somebody's tokens for one client may come; one more ends the oldest there (100 of them at most); 0 is any number.
    SessionsPerClient = "sessions_per_client", Count, 0 ..= 1_000, 0;
    /// How long a sign-in or consent page stays good.
    PendingRequestLifetime = "pending_request_lifetime", Seconds, 60 ..= 3_600, 1_800;
    /// Argon2id memory per hash.
    Argon2Memory = "argon2_memory", KibiBytes, 8_192 ..= 1_048_576, 19_456;
    /// Argon2id passes over the memory.
    Argon2Iterations = "argon2_iterations", Count, 1 ..= 16, 2;
    /// Argon2id lanes.
    Argon2Parallelism = "argon2_parallelism", Count, 1 ..= 4, 1;
    /// The fewest characters of a new password.
    PasswordMinLength = "password_min_length", Count, 8 ..= 128, 8;
    /// The least strength of a new password as zxcvbn estimates it: 0 is anything, 2 resists guessing online, 4 resists guessing offline.
    PasswordMinScore = "password_min_score", Count, 0 ..= 4, 2;
    /// How many of a person's passwords, the present one among them, a new one must differ from.
    PasswordHistory = "password_history", Count, 0 ..= 10, 0;
    /// Whether a person who forgot their password may ask for a link by mail: 1 yes, 0 no.
    PasswordReset = "password_reset", Count, 0 ..= 1, 1;
    /// How long the link to a new password is good.
    PasswordResetLinkLifetime = "password_reset_link_lifetime", Seconds, 300 ..= 86_400, 1_800;
    /// How long the link that proves a mail address is good.
    EmailVerificationLinkLifetime = "email_verification_link_lifetime", Seconds, 300 ..= 604_800, 86_400;
    /// Links by mail asked for under one name within an hour before a 429; 0 is off.
    RecoveryRequestsPerHour = "recovery_requests_per_hour", Count, 0 ..= 1_000, 5;
    /// Failed sign-ins to one account or from one address within a minute before a 429; 0 is off.
    SignInAttemptsPerMinute = "sign_in_attempts_per_minute", Count, 0 ..= 100_000, 20;
    /// Failed sign-ins to one account before further ones must wait, twice as long after each (five times as many from one address); 0 is off.
    SignInDelayAfter = "sign_in_delay_after", Count, 0 ..= 100_000, 20;
    /// The longest that a failed sign-in makes the next one wait.
    SignInDelayLongest = "sign_in_delay_longest", Seconds, 1 ..= 86_400, 900;
    /// 1 asks everybody for a second factor (in a client's settings: everybody who signs in to it); 0 asks those who have one, or whose role needs one.
    RequireSecondFactor = "require_second_factor", Count, 0 ..= 1, 0;
    /// Digits of a one-time code of authenticators enrolled from now on.
    TotpDigits = "totp_digits", Count, 6 ..= 8, 6;
    /// Hash of authenticators enrolled from now on: 0 SHA-1, which every app knows, 1 SHA-256, 2 SHA-512.
    TotpHash = "totp_hash", Count, 0 ..= 2, 0;
    /// How long after the password the rest of a sign-in may take.
    SignInStepsLifetime = "sign_in_steps_lifetime", Seconds, 60 ..= 3_600, 600;
    /// How recently somebody must have signed in to change their second factors.
    RecentSignIn = "recent_sign_in", Seconds, 60 ..= 86_400, 600;
    /// An active signing key is replaced after this long.
    KeyRotationInterval = "key_rotation_interval", Seconds, 3_600 ..= 63_072_000, 7_776_000;
    /// When the audit event of an access token with which nothing else is written (client credentials) is written: 2 before the answer, 1 within a second or so, 0 never.
    TokenTrace = "token_trace", Count, 0 ..= 2, 2;
}

/// What a setting's number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Units of 1,024 bytes.
    KibiBytes,
    /// Plain number.
    Count,
}

/// A setting's row in the table.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Its name in the API and in storage.
    pub name: &'static str,
    /// What its number counts.
    pub unit: Unit,
    /// Smallest value allowed.
    pub min: u32,
    /// Largest value allowed.
    pub max: u32,
    /// What holds where neither client nor realm says otherwise.
    pub default: u32,
    /// One sentence for the documentation.
    pub about: &'static str,
}

/// Why a setting was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSetting {
    /// No setting has that name.
    #[error("there is no setting `{0}`")]
    Unknown(String),
    /// The number is out of bounds.
    #[error("`{name}` must be from {min} to {max}")]
    OutOfBounds {
        /// The setting's name.
        name: &'static str,
        /// Smallest value allowed.
        min: u32,
        /// Largest value allowed.
        max: u32,
    },
}

impl Setting {
    /// The setting of that name.
    pub fn parse(name: &str) -> Result<Self, InvalidSetting> {
        Self::ALL
            .iter()
            .copied()
            .find(|setting| setting.spec().name == name)
            .ok_or_else(|| InvalidSetting::Unknown(name.to_owned()))
    }
}

/// What a realm or a client sets; all else falls through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings(BTreeMap<Setting, u32>);

impl Settings {
    /// Sets one value within its bounds.
    pub fn set(&mut self, setting: Setting, value: u32) -> Result<(), InvalidSetting> {
        let Spec { name, min, max, .. } = setting.spec();
        if !(min..=max).contains(&value) {
            return Err(InvalidSetting::OutOfBounds { name, min, max });
        }
        self.0.insert(setting, value);
        Ok(())
    }

    /// Lets a value fall through again.
    pub fn unset(&mut self, setting: Setting) {
        self.0.remove(&setting);
    }

    /// The value set here, if any.
    pub fn get(&self, setting: Setting) -> Option<u32> {
        self.0.get(&setting).copied()
    }

    /// What is set here, in the table's order.
    pub fn iter(&self) -> impl Iterator<Item = (Setting, u32)> + '_ {
        self.0.iter().map(|(setting, value)| (*setting, *value))
    }
}

/// Where to look a setting up: the first layer that sets it wins, then the default.
#[derive(Debug, Clone, Copy)]
pub struct Layers<'a>(pub &'a [&'a Settings]);

impl Layers<'_> {
    /// The number in effect.
    pub fn value(self, setting: Setting) -> u32 {
        self.0
            .iter()
            .find_map(|layer| layer.get(setting))
            .unwrap_or(setting.spec().default)
    }

    /// The number in effect, as seconds.
    pub fn duration(self, setting: Setting) -> Duration {
        Duration::from_secs(u64::from(self.value(setting)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_wins_over_its_realm_and_both_over_the_default() {
        let (mut client, mut realm) = (Settings::default(), Settings::default());
        let look = |client: &Settings, realm: &Settings| {
            Layers(&[client, realm]).value(Setting::AccessTokenLifetime)
        };
        assert_eq!(look(&client, &realm), 900);
        realm.set(Setting::AccessTokenLifetime, 60).unwrap();
        assert_eq!(look(&client, &realm), 60);
        client.set(Setting::AccessTokenLifetime, 30).unwrap();
        assert_eq!(look(&client, &realm), 30);
    }

    #[test]
    fn a_value_out_of_bounds_is_refused_and_nothing_is_set() {
        let mut realm = Settings::default();
        assert!(realm.set(Setting::AuthorizationCodeLifetime, 601).is_err());
        assert!(realm.set(Setting::AuthorizationCodeLifetime, 0).is_err());
        assert_eq!(realm, Settings::default());
    }

    #[test]
    fn every_default_is_within_its_own_bounds() {
        for setting in Setting::ALL {
            let Spec {
                min,
                max,
                default,
                name,
                ..
            } = setting.spec();
            assert!((min..=max).contains(&default), "{name}");
            assert_eq!(Setting::parse(name), Ok(*setting));
        }
    }
}
