//! Time-based one-time passwords (RFC 6238) over HOTP (RFC 4226): which time step it is, how a
//! MAC becomes a code, and how an authenticator app is told the secret.
//!
//! The MAC itself is computed elsewhere: nothing cryptographic is written here. A code is good
//! for the step at hand and its two neighbours, because clocks differ (RFC 6238 §5.2), and a
//! step that was accepted never is again (§5.2, "the verifier MUST NOT accept the second
//! attempt"), which storage sees to.

use core::fmt::Write as _;
use core::time::Duration;

use crate::id::base32;
use crate::{SecretBytes, SecretText, Timestamp};

/// The hash under the HMAC (RFC 6238 §1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TotpHash {
    /// SHA-1: what every authenticator app knows. HMAC does not suffer from its collisions.
    #[default]
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl TotpHash {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Sha512];

    /// Its name in an `otpauth` address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }

    /// The one of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hash| hash.as_str() == text)
    }

    /// How many bytes its secret has: as many as its output (RFC 6238 §3 R6, RFC 4226 §4 R6).
    pub const fn secret_length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// How codes are made. Steps have 30 seconds (RFC 6238 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TotpScheme {
    hash: TotpHash,
    digits: u8,
}

/// Why a scheme was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code has 6, 7 or 8 digits")]
pub struct InvalidDigits;

impl Default for TotpScheme {
    fn default() -> Self {
        Self {
            hash: TotpHash::Sha1,
            digits: 6,
        }
    }
}

impl TotpScheme {
    /// How long a step is.
    pub const STEP: Duration = Duration::from_secs(30);

    /// A scheme with codes of 6 to 8 digits (RFC 4226 §5.3).
    pub const fn new(hash: TotpHash, digits: u8) -> Result<Self, InvalidDigits> {
        match digits {
            6..=8 => Ok(Self { hash, digits }),
            _ => Err(InvalidDigits),
        }
    }

    /// The hash.
    pub const fn hash(self) -> TotpHash {
        self.hash
    }

    /// How many digits a code has.
    pub const fn digits(self) -> u8 {
        self.digits
    }

    /// The step that holds a moment.
    pub fn step_at(now: Timestamp) -> TimeStep {
        let seconds = u64::try_from(now.as_millis()).unwrap_or(0) / 1_000;
        TimeStep(seconds / Self::STEP.as_secs())
    }

    /// The steps whose codes are good at a moment: the one at hand, then its neighbours.
    pub fn steps_at(now: Timestamp) -> [TimeStep; 3] {
        let TimeStep(step) = Self::step_at(now);
        [
            TimeStep(step),
            TimeStep(step.saturating_sub(1)),
            TimeStep(step.saturating_add(1)),
        ]
    }

    /// The code of a MAC over [`TimeStep::message`]: dynamic truncation (RFC 4226 §5.3), left
    /// padded with zeros. Nothing for what is too short to be such a MAC.
    pub fn code(self, mac: &[u8]) -> Option<SecretText> {
        let offset = usize::from(mac.last()? & 0x0f);
        let chosen: [u8; 4] = mac.get(offset..offset + 4)?.try_into().ok()?;
        let number = u32::from_be_bytes(chosen) & 0x7fff_ffff;
        let modulus = 10_u32.pow(u32::from(self.digits));
        let width = usize::from(self.digits);
        Some(SecretText::new(format!("{:0width$}", number % modulus)))
    }

    /// What was typed as a code, without the spaces that apps show in it; nothing for what
    /// cannot be one.
    pub fn typed(self, text: &str) -> Option<SecretText> {
        if text.len() > 64 {
            return None;
        }
        let digits: String = text.chars().filter(|one| !one.is_whitespace()).collect();
        let fits = digits.len() == usize::from(self.digits)
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| SecretText::new(digits))
    }
}

/// A step of 30 seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeStep(pub u64);

impl TimeStep {
    /// What the MAC is over (RFC 4226 §5.2, RFC 6238 §4.2).
    pub const fn message(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

/// The secret as a person types it into an app: uppercase base32 without padding.
pub fn secret_text(secret: &SecretBytes) -> SecretText {
    SecretText::new(base32(secret.expose()).to_ascii_uppercase())
}

/// The address that a QR code holds, in the form that authenticator apps have agreed upon:
/// `otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=ISSUER&algorithm=…&digits=…&period=30`.
pub fn otpauth_uri(
    scheme: TotpScheme,
    issuer: &str,
    account: &str,
    secret: &SecretBytes,
) -> SecretText {
    // A colon parts issuer and account, so neither may have one of its own.
    let issuer = escape(&issuer.replace(':', " "));
    let account = escape(&account.replace(':', " "));
    SecretText::new(format!(
        "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm={}&digits={}&period={}",
        secret_text(secret).expose(),
        scheme.hash.as_str(),
        scheme.digits,
        TotpScheme::STEP.as_secs(),
    ))
}

/// Percent-encodes all but unreserved characters (RFC 3986 §2.3): apps differ in what they do
/// with `+`.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn truncation_follows_rfc_4226_appendix_d() {
        let table = [
            ("cc93cf18508d94934c64b65d8ba7667fb7cde4b0", "755224"),
            ("75a48a19d4cbe100644e8ac1397eea747a2d33ab", "287082"),
            ("0bacb7fa082fef30782211938bc1c5e70416ff44", "359152"),
            ("66c28227d03a2d5529262ff016a1e6ef76557ece", "969429"),
            ("a904c900a64b35909874b33e61c5938a8e15ed1c", "338314"),
            ("a37e783d7b7233c083d4f62926c7a25f238d0316", "254676"),
            ("bc9cd28561042c83f219324d3c607256c03272ae", "287922"),
            ("a4fb960c0bc06e1eabb804e5b397cdc4b45596fa", "162583"),
            ("1b3c89f65e6c9e883012052823443f048b4332db", "399871"),
            ("1637409809a679dc698207310c8c7fc07290d9e5", "520489"),
        ];
        for (mac, code) in table {
            let made = TotpScheme::default().code(&bytes(mac)).unwrap();
            assert_eq!(made.expose(), code);
        }
        assert!(TotpScheme::default().code(&[]).is_none());
        assert!(TotpScheme::default().code(&[0x0f; 16]).is_none());
    }

    #[test]
    fn a_code_is_good_a_step_before_and_after_its_own() {
        let at = Timestamp::from_seconds;
        assert_eq!(TotpScheme::step_at(at(59)), TimeStep(1));
        assert_eq!(TotpScheme::step_at(at(60)), TimeStep(2));
        let steps = TotpScheme::steps_at(at(1_111_111_109)).map(|step| step.0);
        assert_eq!(steps, [0x0235_23ec, 0x0235_23eb, 0x0235_23ed]);
        assert_eq!(TotpScheme::steps_at(at(0)).map(|step| step.0), [0, 0, 1]);
    }

    #[test]
    fn a_code_may_be_typed_as_apps_show_it() {
        let scheme = TotpScheme::default();
        let typed = |text: &str| scheme.typed(text).map(|code| code.expose().clone());
        assert_eq!(typed(" 123 456 ").as_deref(), Some("123456"));
        for other in ["", "12345", "1234567", "12345a", "１２３４５６"] {
            assert_eq!(typed(other), None, "{other}");
        }
        assert!(TotpScheme::new(TotpHash::Sha1, 5).is_err());
        assert!(TotpScheme::new(TotpHash::Sha1, 9).is_err());
    }

    #[test]
    fn an_address_escapes_what_a_realm_and_a_person_are_called() {
        let secret = SecretBytes::new(b"12345678901234567890".to_vec());
        let uri = otpauth_uri(
            TotpScheme::default(),
            "Ærø & Søn: Nord",
            "ada@example.org",
            &secret,
        );
        assert_eq!(
            uri.expose(),
            "otpauth://totp/%C3%86r%C3%B8%20%26%20S%C3%B8n%20%20Nord:ada%40example.org\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=%C3%86r%C3%B8%20%26%20S%C3%B8n%20%20Nord&algorithm=SHA1&digits=6&period=30"
        );
    }
}
