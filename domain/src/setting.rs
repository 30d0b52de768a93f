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
    /// How long a sign-in or consent page stays good.
    PendingRequestLifetime = "pending_request_lifetime", Seconds, 60 ..= 3_600, 1_800;
    /// Argon2id memory per hash.
    Argon2Memory = "argon2_memory", KibiBytes, 8_192 ..= 1_048_576, 19_456;
    /// Argon2id passes over the memory.
    Argon2Iterations = "argon2_iterations", Count, 1 ..= 16, 2;
    /// Argon2id lanes.
    Argon2Parallelism = "argon2_parallelism", Count, 1 ..= 4, 1;
    /// Failed sign-ins to one account or from one address within a minute before a 429; 0 is off.
    SignInAttemptsPerMinute = "sign_in_attempts_per_minute", Count, 0 ..= 100_000, 20;
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
