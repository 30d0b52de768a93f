//! The consent prompt.

use gatelodge_domain::client::ConsentPolicy;

use super::{Check, Page, Prompt, PromptValue, Situation};
use crate::{Denial, ErrorCode};

pub(super) struct AskForConsent;

impl Prompt for AskForConsent {
    fn page(&self) -> Page {
        Page::Consent
    }

    fn checks(&self) -> &'static [Check] {
        &CHECKS
    }
}

static CHECKS: [Check; 2] = [
    Check {
        applies: |situation| situation.wants(PromptValue::Consent),
        denial: Denial::new(ErrorCode::ConsentRequired, "the person must be asked"),
    },
    Check {
        applies: is_not_agreed,
        denial: Denial::new(
            ErrorCode::ConsentRequired,
            "the person has not agreed to this",
        ),
    },
];

fn is_not_agreed(situation: &Situation<'_>) -> bool {
    match situation.request.client().consent {
        ConsentPolicy::Waived => false,
        ConsentPolicy::Ask => !situation
            .remembered
            .is_some_and(|consent| situation.offered.is_subset(&consent.scopes)),
    }
}
