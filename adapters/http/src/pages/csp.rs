//! The Content-Security-Policy of every page, in one table (CSP Level 3).
//!
//! `form-action` is `'self'` wherever a post stays here. Where the answer to a post may lead
//! back to a client (sign-in and its steps, consent, sign-out, form post) there is none, because Chromium
//! applies the directive to every later redirect, the client's own included.

/// A page, as the table knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageKind {
    /// Username and password.
    SignIn,
    /// A code, or what makes one.
    SecondFactor,
    /// Recovery codes, once.
    RecoveryCodes,
    /// Another password before going on.
    NewPassword,
    /// Password, factors and sessions.
    Security,
    /// What a client may do.
    Consent,
    /// The question before signing out.
    SignOut,
    /// The word after it.
    SignedOut,
    /// What went wrong.
    Error,
    /// A response on its way to the client, by form.
    FormPost,
    /// The form behind a one-time link of the admin port.
    Setup,
    /// Its success.
    SetupDone,
    /// The person's own page.
    Account,
    /// "Forgot your password?"
    Recover,
    /// A new password, behind a link.
    ResetPassword,
    /// The button behind a link that proves an address.
    VerifyEmail,
    /// A sentence about either.
    RecoveryNotice,
    /// The person's own address.
    AccountEmail,
    /// What is kept of the person.
    AccountProfile,
    /// The relying party of `--demo`.
    Demo,
}

macro_rules! policy {
    ($($directive:literal),* $(,)?) => {
        concat!(
            "default-src 'none'; style-src 'self'; img-src 'self' data:; ",
            "base-uri 'none'; frame-ancestors 'none'",
            $("; ", $directive),*
        )
    };
}

/// The value of the header for a page.
pub const fn policy(kind: PageKind) -> &'static str {
    match kind {
        PageKind::SignIn | PageKind::FormPost | PageKind::NewPassword => {
            policy!("script-src 'self'")
        }
        PageKind::Consent | PageKind::SignOut | PageKind::SecondFactor => policy!(),
        PageKind::Setup | PageKind::RecoveryCodes | PageKind::Security => {
            policy!("script-src 'self'", "form-action 'self'")
        }
        PageKind::ResetPassword => policy!("script-src 'self'", "form-action 'self'"),
        PageKind::SignedOut
        | PageKind::Error
        | PageKind::Recover
        | PageKind::VerifyEmail
        | PageKind::RecoveryNotice
        | PageKind::AccountEmail
        | PageKind::AccountProfile
        | PageKind::SetupDone
        | PageKind::Account => policy!("form-action 'self'"),
        PageKind::Demo => {
            policy!(
                "script-src 'self'",
                "connect-src 'self'",
                "form-action 'self'"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PageKind, policy};

    const ALL: [PageKind; 20] = [
        PageKind::SignIn,
        PageKind::SecondFactor,
        PageKind::RecoveryCodes,
        PageKind::NewPassword,
        PageKind::Security,
        PageKind::Consent,
        PageKind::SignOut,
        PageKind::SignedOut,
        PageKind::Error,
        PageKind::FormPost,
        PageKind::Setup,
        PageKind::SetupDone,
        PageKind::Account,
        PageKind::Demo,
        PageKind::Recover,
        PageKind::ResetPassword,
        PageKind::VerifyEmail,
        PageKind::RecoveryNotice,
        PageKind::AccountEmail,
        PageKind::AccountProfile,
    ];

    #[test]
    fn no_page_can_be_framed_or_run_inline_code() {
        for kind in ALL {
            let policy = policy(kind);
            assert!(
                policy.starts_with("default-src 'none'; style-src 'self'"),
                "{kind:?}"
            );
            assert!(policy.contains("frame-ancestors 'none'"), "{kind:?}");
            assert!(!policy.contains("unsafe"), "{kind:?}");
        }
    }

    #[test]
    fn only_posts_that_may_lead_to_a_client_go_anywhere() {
        for kind in ALL {
            let leads_away = matches!(
                kind,
                PageKind::SignIn
                    | PageKind::SecondFactor
                    | PageKind::NewPassword
                    | PageKind::Consent
                    | PageKind::SignOut
                    | PageKind::FormPost
            );
            assert_eq!(
                !policy(kind).contains("form-action 'self'"),
                leads_away,
                "{kind:?}"
            );
        }
    }

    #[test]
    fn only_the_demo_may_fetch() {
        for kind in ALL {
            assert_eq!(
                policy(kind).contains("connect-src"),
                kind == PageKind::Demo,
                "{kind:?}"
            );
        }
    }
}
