//! Ways back in by mail: asking for a link, choosing a new password behind it, and proving an
//! address. None of these pages says whether an account exists, but to who holds its link.
//!
//! Looking at what a link opens spends nothing: mail scanners and previews open links too. The
//! button does.

use askama::Template;
use gatelodge_usecases::passwords::PasswordRefused;

use super::messages::Text;
use super::{Frame, Page, PageKind, assets};

/// What was wrong with the last request for a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoverProblem {
    /// Nothing was typed.
    Missing,
    /// Throttled.
    TooMany,
    /// The form is too old or not of this browser.
    Expired,
}

/// "Forgot your password?" The form posts `username` and `csrf`.
#[derive(Clone, Debug, Template)]
#[template(path = "recover.html")]
pub struct RecoverPage {
    /// The surroundings.
    pub frame: Frame,
    /// Where the form posts to.
    pub action: String,
    /// What to prefill; may be empty.
    pub username: String,
    /// The token against forged posts.
    pub csrf: String,
    /// Back to the sign-in page.
    pub sign_in: String,
    /// What was wrong with the last try.
    pub problem: Option<RecoverProblem>,
}

impl Page for RecoverPage {
    const KIND: PageKind = PageKind::Recover;
}

impl RecoverPage {
    fn form_problem(&self) -> Option<&Text> {
        let texts = &self.frame.texts;
        match self.problem? {
            RecoverProblem::Missing => None,
            RecoverProblem::TooMany => Some(&texts.recover_too_many),
            RecoverProblem::Expired => Some(&texts.recover_expired),
        }
    }

    fn name_problem(&self) -> Option<&Text> {
        (self.problem == Some(RecoverProblem::Missing)).then_some(&self.frame.texts.recover_missing)
    }
}

/// The form behind a link to a new password. It posts `password`.
#[derive(Clone, Debug, Template)]
#[template(path = "reset_password.html")]
pub struct ResetPasswordPage {
    /// The surroundings.
    pub frame: Frame,
    /// Where the form posts to.
    pub action: String,
    /// Whose password it sets.
    pub username: String,
    /// Why the last password was not taken.
    pub problem: Option<ResetProblem>,
}

/// What was wrong with a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetProblem {
    /// None was typed.
    Missing,
    /// The realm does not take it.
    Refused(PasswordRefused),
}

impl Page for ResetPasswordPage {
    const KIND: PageKind = PageKind::ResetPassword;
}

impl ResetPasswordPage {
    fn password_problem(&self) -> Option<String> {
        let texts = &self.frame.texts;
        Some(match self.problem? {
            ResetProblem::Missing => texts.new_password_missing.to_string(),
            ResetProblem::Refused(refused) => texts.refused_password(refused),
        })
    }
}

/// The button behind a link that proves an address.
#[derive(Clone, Debug, Template)]
#[template(path = "verify_email.html")]
pub struct VerifyEmailPage {
    /// The surroundings.
    pub frame: Frame,
    /// Where the form posts to.
    pub action: String,
    /// Whose address it is to be.
    pub username: String,
    /// The address.
    pub email: String,
}

impl Page for VerifyEmailPage {
    const KIND: PageKind = PageKind::VerifyEmail;
}

/// What a page of one sentence says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryNotice {
    /// If there is such an account, a mail is on its way.
    Sent,
    /// Passwords cannot be reset by mail here.
    Off,
    /// The new password is set.
    PasswordSet,
    /// The address is proved.
    EmailVerified,
}

/// A sentence and where to go next.
#[derive(Clone, Debug, Template)]
#[template(path = "recovery_notice.html")]
pub struct RecoveryNoticePage {
    /// The surroundings.
    pub frame: Frame,
    /// What it says.
    pub notice: RecoveryNotice,
    /// The sign-in page.
    pub sign_in: String,
}

impl Page for RecoveryNoticePage {
    const KIND: PageKind = PageKind::RecoveryNotice;
}

impl RecoveryNoticePage {
    fn title(&self) -> &Text {
        let texts = &self.frame.texts;
        match self.notice {
            RecoveryNotice::Sent => &texts.recover_sent_title,
            RecoveryNotice::Off => &texts.recover_off_title,
            RecoveryNotice::PasswordSet => &texts.reset_done_title,
            RecoveryNotice::EmailVerified => &texts.verify_done_title,
        }
    }

    fn lead(&self) -> String {
        let texts = &self.frame.texts;
        match self.notice {
            RecoveryNotice::Sent => texts.recover_sent_lead.to_string(),
            RecoveryNotice::Off => texts.recover_off_lead.to_string(),
            RecoveryNotice::PasswordSet => texts.reset_done_lead.to_string(),
            RecoveryNotice::EmailVerified => texts.verify_done_lead.to_string(),
        }
    }

    fn advice(&self) -> Option<&Text> {
        (self.notice == RecoveryNotice::Sent).then_some(&self.frame.texts.recover_sent_hint)
    }

    /// Where the sign-in page is the next thing to do, its link is the button.
    fn leads_to_sign_in(&self) -> bool {
        self.notice == RecoveryNotice::PasswordSet
    }
}

/// What the person should know about the last post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailNotice {
    /// A mail is on its way.
    Sent,
    /// What was typed is no address.
    BadAddress,
    /// It is theirs already.
    SameAddress,
    /// The present password is another one.
    WrongPassword,
    /// Throttled.
    TooMany,
    /// The form is too old or not of this browser.
    Expired,
}

/// Whether an address is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It is.
    Given,
    /// It is not.
    Missing,
}

/// A person's own address: whether it is proved, and how to use another one.
#[derive(Clone, Debug, Template)]
#[template(path = "account_email.html")]
pub struct AccountEmailPage {
    /// The surroundings.
    pub frame: Frame,
    /// Who they are.
    pub username: String,
    /// Their address and whether it is proved, if they have one.
    pub email: Option<(String, Proof)>,
    /// Whether mail can be sent at all.
    pub can_send: CanSend,
    /// Where the button posts to that sends a link to the address.
    pub send_action: String,
    /// Where the form posts to that changes it.
    pub change_action: String,
    /// What to prefill as new address; may be empty.
    pub typed: String,
    /// Back to the account page.
    pub account: String,
    /// The token against forged posts.
    pub csrf: String,
    /// What the person should know about the last post.
    pub notice: Option<EmailNotice>,
}

/// Whether mail can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanSend {
    /// It can.
    Yes,
    /// It cannot.
    No,
}

impl Page for AccountEmailPage {
    const KIND: PageKind = PageKind::AccountEmail;
}

impl AccountEmailPage {
    fn is_problem(&self) -> bool {
        self.notice
            .is_some_and(|notice| notice != EmailNotice::Sent)
    }

    fn can_send(&self) -> bool {
        self.can_send == CanSend::Yes
    }

    fn proof(&self) -> Option<&Text> {
        let (_, proof) = self.email.as_ref()?;
        Some(match proof {
            Proof::Given => &self.frame.texts.email_verified,
            Proof::Missing => &self.frame.texts.email_unverified,
        })
    }

    fn may_verify(&self) -> bool {
        let unproved = matches!(&self.email, Some((_, Proof::Missing)));
        self.can_send() && unproved
    }

    fn page_notice(&self) -> Option<&Text> {
        let texts = &self.frame.texts;
        match self.notice? {
            EmailNotice::Sent => Some(&texts.email_sent),
            EmailNotice::TooMany => Some(&texts.recover_too_many),
            EmailNotice::Expired => Some(&texts.account_expired),
            EmailNotice::BadAddress | EmailNotice::SameAddress | EmailNotice::WrongPassword => None,
        }
    }

    fn notice_role(&self) -> &'static str {
        if self.is_problem() { "alert" } else { "status" }
    }

    fn notice_class(&self) -> &'static str {
        if self.is_problem() { "alert" } else { "notice" }
    }

    fn address_problem(&self) -> Option<&Text> {
        match self.notice? {
            EmailNotice::BadAddress => Some(&self.frame.texts.email_bad),
            EmailNotice::SameAddress => Some(&self.frame.texts.email_same),
            _ => None,
        }
    }

    fn password_problem(&self) -> Option<&Text> {
        (self.notice? == EmailNotice::WrongPassword)
            .then_some(&self.frame.texts.security_current_wrong)
    }
}
