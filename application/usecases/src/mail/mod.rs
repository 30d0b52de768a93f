//! Mail to people: what each kind says, how it is written down, and how it leaves the house.
//!
//! A use case that has something to tell composes a [`Letter`] before its unit, posts the message
//! with [`crate::foundation::Announcements::post`] in the unit that causes it, and is done: a
//! mail that was committed is sent, one that was not never is. [`DeliverMail`] takes messages
//! from the outbox one by one, on every node that has a mailer, and tries again later what could
//! not be sent. A house without a mailer posts nothing, and says so where it would matter.
//!
//! A mail may arrive twice: where a node dies between the server's yes and ours. It bears the
//! same `Message-ID` then.

mod administer;
mod bell;
mod deliver;
mod letter;
mod look;
mod moment;
mod payload;
mod render;
mod room;
mod template;
mod tested;
mod texts;

pub use administer::{AdministerMail, StoredTemplate, TemplateTexts};
pub use bell::Bell;
pub use deliver::{Attempt, DeliverMail, MAX_ATTEMPTS};
pub use letter::{Letter, language_of};
pub use moment::moment;
pub(crate) use payload::{opened_message, sealed_message};
pub use render::{InvalidTemplate, Rendered};
pub use room::{MailFigures, MailRoom};
pub use template::{MailTemplate, Variable};
pub use tested::TestedMail;
pub(crate) use tested::send_test;
pub use texts::MAIL_LANGUAGES;

/// The outbox's channel of mails.
pub(crate) const CHANNEL: &str = "mail";
