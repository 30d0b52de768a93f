//! The page of the second step: a code of an authenticator, or a recovery code.

use askama::Template;

use super::messages::Text;
use super::{ClientView, Frame, Page, PageKind, assets};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorWay {
    /// A code of a factor.
    Code,
    /// A recovery code.
    Recovery,
}

impl FactorWay {
    /// The value of the form's `method`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Recovery => "recovery",
        }
    }
}

/// What was wrong with the last try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorProblem {
    /// The one answer for wrong, too old and used.
    Wrong,
    /// Throttled.
    TooManyTries,
    /// Nothing was sent.
    Missing,
    /// The form's token is too old or not of this browser.
    Expired,
    /// Too much to do.
    Busy,
}

/// The page. The form posts `code`, `method`, `request`, `next` and `csrf`.
#[derive(Clone, Debug, Template)]
#[template(path = "factor.html")]
pub struct FactorPage {
    /// The surroundings.
    pub frame: Frame,
    /// Where the form posts to.
    pub action: String,
    /// What is asked for.
    pub way: FactorWay,
    /// What the person calls the factor that is asked for first.
    pub first: String,
    /// What they call the others; may be empty.
    pub others: String,
    /// How many recovery codes are left.
    pub recovery_codes: usize,
    /// Where the other way is.
    pub other_way: String,
    /// Where the sign-in begins again.
    pub start_over: String,
    /// The client that waits, if one does.
    pub client: Option<ClientView>,
    /// The sealed pending request; may be empty.
    pub request: String,
    /// Where to go on without one; may be empty.
    pub next: String,
    /// The token against forged posts.
    pub csrf: String,
    /// What was wrong with the last try.
    pub problem: Option<FactorProblem>,
}

impl Page for FactorPage {
    const KIND: PageKind = PageKind::SecondFactor;
}

impl FactorPage {
    fn is_recovery(&self) -> bool {
        self.way == FactorWay::Recovery
    }

    fn method(&self) -> &'static str {
        self.way.as_str()
    }

    fn problem_text(&self) -> Option<&Text> {
        let texts = &self.frame.texts;
        Some(match (self.problem?, self.way) {
            (FactorProblem::Wrong, FactorWay::Code) => &texts.factor_wrong,
            (FactorProblem::Wrong, FactorWay::Recovery) => &texts.factor_recovery_wrong,
            (FactorProblem::TooManyTries, _) => &texts.factor_too_many,
            (FactorProblem::Missing, _) => &texts.factor_missing,
            (FactorProblem::Expired, _) => &texts.factor_expired,
            (FactorProblem::Busy, _) => &texts.sign_in_busy,
        })
    }
}
