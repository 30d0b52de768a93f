//! What a kind of second factor can do, and the list of kinds.

use std::sync::Arc;

use gatelodge_domain::{Factor, FactorKind, SecretBytes, SecretText, Timestamp, User};

use super::spend::Spend;
use crate::Failure;
use crate::realms::ServedRealm;

/// Whose factor it is.
#[derive(Clone, Copy)]
pub struct Person<'a> {
    /// The realm.
    pub realm: &'a ServedRealm,
    /// The person.
    pub user: &'a User,
}

/// What a person is shown to enrol something.
#[derive(Debug)]
pub enum Offer {
    /// A secret for an authenticator app.
    Totp {
        /// What a QR code holds (`otpauth://totp/…`).
        uri: SecretText,
        /// The secret, to be typed in.
        secret: SecretText,
        /// How many digits a code has.
        digits: u8,
    },
}

/// What a finished enrolment leaves to be kept.
#[derive(Debug)]
pub struct Enrolled {
    /// What verifies the factor from now on, to be sealed.
    pub secret: SecretBytes,
    /// The step or counter that the proof used up.
    pub last_step: u64,
}

/// A kind of second factor. A new kind is one file and one line in the list.
///
/// Nothing here touches the store: what an answer uses up is told as a [`Spend`], which the unit
/// that acts on the answer carries out, so that exactly one of many equal answers counts.
pub trait FactorMethod: Send + Sync {
    /// Its kind.
    fn kind(&self) -> FactorKind;

    /// Draws what an enrolment is about. It travels sealed with the form until the person has
    /// proved that they have it; nothing is stored before.
    fn begin_enrolment(&self, person: Person<'_>) -> Result<SecretBytes, Failure>;

    /// What the person is shown of it.
    fn offer(&self, person: Person<'_>, begun: &SecretBytes) -> Result<Offer, Failure>;

    /// What is to be kept, where the answer proves that the person has it.
    fn finish_enrolment(
        &self,
        begun: &SecretBytes,
        answer: &str,
        now: Timestamp,
    ) -> Result<Option<Enrolled>, Failure>;

    /// What the answer uses up, where it is right for one of these factors of its kind.
    fn verify(
        &self,
        factors: &[Factor],
        answer: &str,
        now: Timestamp,
    ) -> Result<Option<Spend>, Failure>;
}

/// Every kind that can be enrolled.
#[derive(Clone)]
pub struct FactorMethods(Arc<[Arc<dyn FactorMethod>]>);

impl FactorMethods {
    /// Of these.
    pub fn new(methods: Vec<Arc<dyn FactorMethod>>) -> Self {
        Self(methods.into())
    }

    /// The method of a kind.
    pub(super) fn of(&self, kind: FactorKind) -> Result<&dyn FactorMethod, Failure> {
        self.0
            .iter()
            .find(|method| method.kind() == kind)
            .map(|method| &**method)
            .ok_or_else(|| Failure::broken(format!("no method for {}", kind.as_str())))
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &dyn FactorMethod> {
        self.0.iter().map(|method| &**method)
    }
}
