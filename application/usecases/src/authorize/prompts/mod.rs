//! What stands between a request and its answer: prompts, each made of checks (OpenID Connect
//! Core §3.1.2.1 `prompt`, §3.1.2.3, §3.1.2.4).
//!
//! A prompt is asked for when one of its checks applies; the first that applies is what the
//! person sees next, and with `prompt=none` the check's error is what the client gets. A
//! further factor or a terms-of-use page is one more entry in the list.

mod consent;
mod login;
mod new_password;
mod second_factor;

use gatelodge_domain::{Consent, Id, ScopeSet, Timestamp, User};

pub(super) use second_factor::Need;

use super::request::AuthorizationRequest;
use crate::Denial;
use crate::sessions::SignedIn;

/// A value of `prompt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PromptValue {
    /// Nobody may be asked anything.
    None,
    /// The person proves who they are again.
    Login,
    /// The person is asked to agree again.
    Consent,
    /// The person chooses an account; we ask them to sign in with it.
    SelectAccount,
}

/// Every value that we understand.
pub const PROMPT_VALUES: [PromptValue; 4] = [
    PromptValue::None,
    PromptValue::Login,
    PromptValue::Consent,
    PromptValue::SelectAccount,
];

impl PromptValue {
    /// The value as sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Login => "login",
            Self::Consent => "consent",
            Self::SelectAccount => "select_account",
        }
    }

    /// The value of that text.
    pub fn parse(text: &str) -> Option<Self> {
        PROMPT_VALUES
            .into_iter()
            .find(|value| value.as_str() == text)
    }
}

/// Whom the client means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meant {
    /// It gave no hint.
    Anybody,
    /// This person.
    One(Id<User>),
    /// Somebody who is gone.
    Nobody,
}

/// All that checks may look at.
pub(super) struct Situation<'a> {
    pub(super) request: &'a AuthorizationRequest,
    pub(super) signed_in: Option<&'a SignedIn>,
    pub(super) meant: Meant,
    pub(super) remembered: Option<&'a Consent>,
    pub(super) second_factor: Need,
    /// What would be granted.
    pub(super) offered: &'a ScopeSet,
    pub(super) began_at: Timestamp,
    pub(super) now: Timestamp,
}

impl Situation<'_> {
    /// Whether the person proved who they are for this very request.
    pub(super) fn proved_for_this(&self) -> bool {
        self.signed_in
            .is_some_and(|me| me.session.authentication.at >= self.began_at)
    }

    pub(super) fn wants(&self, value: PromptValue) -> bool {
        self.request.prompts.contains(&value)
    }
}

/// A reason to ask the person something.
pub(super) struct Check {
    /// Whether it applies.
    pub(super) applies: fn(&Situation<'_>) -> bool,
    /// What the client is told where nobody may be asked.
    pub(super) denial: Denial,
}

/// What the person is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    SignIn,
    SecondFactor,
    NewPassword,
    Consent,
}

/// Something a person may be asked.
pub(super) trait Prompt: Send + Sync {
    fn page(&self) -> Page;
    fn checks(&self) -> &'static [Check];
}

/// Every prompt, in the order in which they are asked.
static PROMPTS: [&dyn Prompt; 4] = [
    &login::Login,
    &second_factor::SecondFactor,
    &new_password::NewPassword,
    &consent::AskForConsent,
];

/// What is to be asked next, and why; `None` when nothing is.
pub(super) fn next(situation: &Situation<'_>) -> Option<(Page, &'static Denial)> {
    PROMPTS.iter().find_map(|prompt| {
        let reason = prompt
            .checks()
            .iter()
            .find(|check| (check.applies)(situation))?;
        Some((prompt.page(), &reason.denial))
    })
}
