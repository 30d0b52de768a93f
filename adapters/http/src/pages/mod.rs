//! The pages a person sees, rendered on the server.
//!
//! One struct a page, made of text and small view structs only: what the pages know is what a
//! handler gives them, already decided. Markup is in `templates/`, words in `messages/`, look
//! and script in `assets/`; none of the pages bears inline script or style, so the policies in
//! [`csp`] can forbid both. Everything is escaped by askama unless a template says `safe`, and
//! none does.
//!
//! A handler makes a [`Frame`], fills the page's struct, calls `render()` (from
//! [`askama::Template`]) and sends the result with the policy of its [`Page::KIND`].

pub mod assets;
pub mod csp;
pub mod frame;
pub mod messages;
pub mod theme;
pub mod wording;

mod account;
mod administrator_recovery;
mod consent;
mod demo;
mod enrolment;
mod error;
mod factor;
mod form_post;
mod language;
mod new_password;
mod profile;
mod qr;
mod recovery;
mod refused_password;
mod security;
mod setup;
mod setup_unread;
mod sign_in;
mod sign_out;

#[cfg(test)]
mod specimens;
#[cfg(test)]
mod tests;

pub use account::{AccountNotice, AccountPage, AccountPerson, SessionPlace, SessionRow};
pub use administrator_recovery::{AdministratorRecoveredPage, AdministratorRecoveryPage};
pub use consent::{ClientLinks, ConsentPage, ConsentProblem, Refusal, ScopeRow};
pub use csp::PageKind;
pub use demo::DemoPage;
pub use enrolment::{
    EnrolmentPage, EnrolmentProblem, EnrolmentReason, RecoveryCodesPage, default_name, grouped,
};
pub use error::{ErrorKind, ErrorPage};
pub use factor::{FactorPage, FactorProblem, FactorWay};
pub use form_post::{FormPostPage, Pair};
pub use frame::{ClientView, Frame, Link};
pub use language::{InvalidMessages, Languages};
pub use messages::Texts;
pub use new_password::{NewPasswordPage, NewPasswordProblem};
pub use profile::{AccountProfilePage, ProfileControl, ProfileField, ProfileNotice, ProfileRow};
pub use qr::{QrDrawing, TooLong};
pub use recovery::{
    AccountEmailPage, CanSend, EmailNotice, Proof, RecoverPage, RecoverProblem, RecoveryNotice,
    RecoveryNoticePage, ResetPasswordPage, ResetProblem, VerifyEmailPage,
};
pub use security::{Changing, FactorPlace, FactorRow, SecurityNotice, SecurityPage};
pub use setup::{SetupDonePage, SetupForm, SetupPage, SetupPlaces};
pub use setup_unread::SetupUnreadPage;
pub use sign_in::{Remember, SignInPage, SignInProblem};
pub use sign_out::{SignOutPage, SignedOutPage};

/// A page that can be rendered and has a row in the table of policies.
pub trait Page: askama::Template {
    /// Which row.
    const KIND: PageKind;
}
