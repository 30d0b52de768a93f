//! Authenticator apps: time-based one-time passwords (RFC 6238).

use std::sync::Arc;

use gatelodge_domain::factor::totp::{TimeStep, TotpHash, TotpScheme, otpauth_uri, secret_text};
use gatelodge_domain::setting::Layers;
use gatelodge_domain::{Factor, FactorKind, SecretBytes, Setting, Timestamp};
use gatelodge_ports::Hmac;

use crate::mfa::method::{Enrolled, FactorMethod, Offer, Person};
use crate::mfa::spend::Spend;
use crate::{Failure, Foundation};

const VERSION: u8 = 1;

/// `totp`
pub struct TotpFactor {
    foundation: Arc<Foundation>,
    hmac: Arc<dyn Hmac>,
}

/// A secret with the way in which its codes are made. Stored as a version, the number of the
/// hash, the digits, and the key.
struct Secret {
    scheme: TotpScheme,
    key: SecretBytes,
}

impl TotpFactor {
    /// Over a house, with that HMAC.
    pub fn new(foundation: Arc<Foundation>, hmac: Arc<dyn Hmac>) -> Self {
        Self { foundation, hmac }
    }

    /// The step of which that is the code, among those that are good now.
    fn step_of(
        &self,
        secret: &Secret,
        typed: &str,
        now: Timestamp,
    ) -> Result<Option<TimeStep>, Failure> {
        let Some(typed) = secret.scheme.typed(typed) else {
            return Ok(None);
        };
        for step in TotpScheme::steps_at(now) {
            let mac = self
                .hmac
                .hmac(secret.scheme.hash(), &secret.key, &step.message())
                .map_err(|error| Failure::Broken(error.into()))?;
            let code = secret
                .scheme
                .code(&mac)
                .ok_or_else(|| Failure::broken("an HMAC is too short for a code"))?;
            if code.matches(typed.expose().as_bytes()) {
                return Ok(Some(step));
            }
        }
        Ok(None)
    }
}

impl FactorMethod for TotpFactor {
    fn kind(&self) -> FactorKind {
        FactorKind::Totp
    }

    fn begin_enrolment(&self, person: Person<'_>) -> Result<SecretBytes, Failure> {
        let settings = [&person.realm.realm.settings];
        let value = |setting| Layers(&settings).value(setting);
        let hash = usize::try_from(value(Setting::TotpHash)).unwrap_or_default();
        let hash = TotpHash::ALL.get(hash).copied().unwrap_or_default();
        let digits = u8::try_from(value(Setting::TotpDigits)).unwrap_or(6);
        let scheme = TotpScheme::new(hash, digits).unwrap_or_default();
        let random: [u8; 64] = self.foundation.rng.bytes();
        let key = SecretBytes::new(random[..hash.secret_length()].to_vec());
        Ok(write(&Secret { scheme, key }))
    }

    fn offer(&self, person: Person<'_>, begun: &SecretBytes) -> Result<Offer, Failure> {
        let secret = read(begun)?;
        let issuer = person.realm.realm.name.as_str();
        let account = person.user.username.as_str();
        Ok(Offer::Totp {
            uri: otpauth_uri(secret.scheme, issuer, account, &secret.key),
            secret: secret_text(&secret.key),
            digits: secret.scheme.digits(),
        })
    }

    fn finish_enrolment(
        &self,
        begun: &SecretBytes,
        answer: &str,
        now: Timestamp,
    ) -> Result<Option<Enrolled>, Failure> {
        let secret = read(begun)?;
        let step = self.step_of(&secret, answer, now)?;
        Ok(step.map(|TimeStep(last_step)| Enrolled {
            secret: write(&secret),
            last_step,
        }))
    }

    fn verify(
        &self,
        factors: &[Factor],
        answer: &str,
        now: Timestamp,
    ) -> Result<Option<Spend>, Failure> {
        for factor in factors {
            let place = Factor::place(factor.realm, factor.id);
            let secret = read(&self.foundation.vault.open(&place, &factor.secret)?)?;
            if let Some(TimeStep(step)) = self.step_of(&secret, answer, now)? {
                let factor = factor.id;
                return Ok(Some(Spend::Step { factor, step }));
            }
        }
        Ok(None)
    }
}

fn write(secret: &Secret) -> SecretBytes {
    let hash = secret.scheme.hash();
    let number = TotpHash::ALL.iter().position(|one| *one == hash);
    let number = number.and_then(|it| u8::try_from(it).ok()).unwrap_or(0);
    let mut bytes = Vec::with_capacity(3 + secret.key.expose().len());
    bytes.extend_from_slice(&[VERSION, number, secret.scheme.digits()]);
    bytes.extend_from_slice(secret.key.expose());
    SecretBytes::new(bytes)
}

fn read(stored: &SecretBytes) -> Result<Secret, Failure> {
    let unknown = || Failure::broken("the secret of an authenticator does not parse");
    let [VERSION, hash, digits, key @ ..] = stored.expose().as_slice() else {
        return Err(unknown());
    };
    let hash = TotpHash::ALL.get(usize::from(*hash)).ok_or_else(unknown)?;
    Ok(Secret {
        scheme: TotpScheme::new(*hash, *digits).map_err(|_| unknown())?,
        key: SecretBytes::new(key.to_vec()),
    })
}
