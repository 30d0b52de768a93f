//! The prompt for a second factor: the step-up of a session that was begun with less than is
//! asked now.

use super::{Check, Page, Prompt, PromptValue};
use crate::{Denial, ErrorCode};

/// Why a person who is signed in with one factor is asked for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::authorize) enum Need {
    /// They are not.
    None,
    /// The request would like it (`acr_values`, OpenID Connect Core §3.1.2.1), and they have
    /// one.
    Wished,
    /// The realm or the client demands it.
    Demanded,
}

pub(super) struct SecondFactor;

impl Prompt for SecondFactor {
    fn page(&self) -> Page {
        Page::SecondFactor
    }

    fn checks(&self) -> &'static [Check] {
        &CHECKS
    }
}

static CHECKS: [Check; 2] = [
    Check {
        applies: |situation| situation.second_factor == Need::Demanded,
        denial: Denial::new(
            ErrorCode::InteractionRequired,
            "the person must prove a second factor",
        ),
    },
    Check {
        // A wish is granted where it can be, and no error where it cannot (§5.5.1.1).
        applies: |situation| {
            situation.second_factor == Need::Wished && !situation.wants(PromptValue::None)
        },
        denial: Denial::new(
            ErrorCode::InteractionRequired,
            "the person is asked for a second factor",
        ),
    },
];
