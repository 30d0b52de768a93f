//! The pages that set up an authenticator: the QR code, and the recovery codes after it.

use askama::Template;

use super::messages::Text;
use super::qr::QrDrawing;
use super::{Frame, Page, PageKind, assets};

/// Why somebody sets one up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnrolmentReason {
    /// They want to.
    Wish,
    /// They cannot go on without.
    Need,
}

/// What was wrong with the last try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnrolmentProblem {
    /// The code is not right.
    Wrong,
    /// The name cannot be used.
    Name,
    /// The form was too old or not of this browser; the QR code is another one.
    Expired,
    /// They have as many as they can have.
    Full,
}

/// The page. The form posts `name`, `code`, `enrolment`, `request`, `next` and `csrf`.
#[derive(Clone, Debug, Template)]
#[template(path = "enrolment.html")]
pub struct EnrolmentPage {
    /// The surroundings.
    pub frame: Frame,
    /// Why.
    pub reason: EnrolmentReason,
    /// Where the form posts to.
    pub action: String,
    /// The QR code.
    pub qr: QrDrawing,
    /// What it holds.
    pub uri: String,
    /// The secret in groups of four, to be typed.
    pub secret: String,
    /// What was typed as name.
    pub name: String,
    /// The sealed enrolment.
    pub enrolment: String,
    /// Where "not now" leads.
    pub cancel: String,
    /// The sealed pending request; may be empty.
    pub request: String,
    /// Where to go on without one; may be empty.
    pub next: String,
    /// The token against forged posts.
    pub csrf: String,
    /// What was wrong with the last try.
    pub problem: Option<EnrolmentProblem>,
}

impl Page for EnrolmentPage {
    const KIND: PageKind = PageKind::SecondFactor;
}

impl EnrolmentPage {
    fn is_needed(&self) -> bool {
        self.reason == EnrolmentReason::Need
    }

    fn form_problem(&self) -> Option<&Text> {
        match self.problem? {
            EnrolmentProblem::Expired => Some(&self.frame.texts.enrol_expired),
            EnrolmentProblem::Full => Some(&self.frame.texts.enrol_full),
            EnrolmentProblem::Wrong | EnrolmentProblem::Name => None,
        }
    }

    fn name_problem(&self) -> Option<&Text> {
        (self.problem == Some(EnrolmentProblem::Name)).then_some(&self.frame.texts.enrol_name_bad)
    }

    fn code_problem(&self) -> Option<&Text> {
        (self.problem == Some(EnrolmentProblem::Wrong)).then_some(&self.frame.texts.enrol_wrong)
    }
}

/// The page that shows recovery codes, once.
#[derive(Clone, Debug, Template)]
#[template(path = "recovery_codes.html")]
pub struct RecoveryCodesPage {
    /// The surroundings.
    pub frame: Frame,
    /// Whose they are.
    pub user: String,
    /// The codes.
    pub codes: Vec<String>,
    /// Where to go on.
    pub on: String,
}

impl Page for RecoveryCodesPage {
    const KIND: PageKind = PageKind::RecoveryCodes;
}

/// A secret in groups of four.
pub fn grouped(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    let groups: Vec<String> = letters
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    groups.join(" ")
}

/// What an authenticator is called where nobody says otherwise.
pub fn default_name(frame: &Frame) -> String {
    frame.texts.enrol_default_name.to_string()
}
