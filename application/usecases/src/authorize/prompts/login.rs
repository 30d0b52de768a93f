//! The sign-in prompt.

use super::{Check, Meant, Page, Prompt, PromptValue, Situation};
use crate::{Denial, ErrorCode};

pub(super) struct Login;

impl Prompt for Login {
    fn page(&self) -> Page {
        Page::SignIn
    }

    fn checks(&self) -> &'static [Check] {
        &CHECKS
    }
}

static CHECKS: [Check; 5] = [
    Check {
        applies: |situation| situation.signed_in.is_none(),
        denial: Denial::new(ErrorCode::LoginRequired, "nobody is signed in"),
    },
    Check {
        applies: |situation| situation.wants(PromptValue::Login) && !situation.proved_for_this(),
        denial: Denial::new(ErrorCode::LoginRequired, "the person must sign in again"),
    },
    Check {
        applies: |situation| {
            situation.wants(PromptValue::SelectAccount) && !situation.proved_for_this()
        },
        denial: Denial::new(
            ErrorCode::AccountSelectionRequired,
            "the person must choose an account",
        ),
    },
    Check {
        applies: is_too_old,
        denial: Denial::new(
            ErrorCode::LoginRequired,
            "the sign-in is older than max_age",
        ),
    },
    Check {
        applies: is_somebody_else,
        denial: Denial::new(
            ErrorCode::LoginRequired,
            "somebody else than the id_token_hint says is signed in",
        ),
    },
];

/// `max_age=0` asks for a new sign-in, like `prompt=login` (OpenID Connect Core §3.1.2.1).
fn is_too_old(situation: &Situation<'_>) -> bool {
    let (Some(me), Some(max_age)) = (situation.signed_in, situation.request.max_age) else {
        return false;
    };
    let age = situation.now.since(me.session.authentication.at);
    !situation.proved_for_this() && (age > max_age || max_age.is_zero())
}

fn is_somebody_else(situation: &Situation<'_>) -> bool {
    match (situation.signed_in, situation.meant) {
        (None, _) | (_, Meant::Anybody) => false,
        (Some(me), Meant::One(meant)) => meant != me.user.id,
        (Some(_), Meant::Nobody) => true,
    }
}
