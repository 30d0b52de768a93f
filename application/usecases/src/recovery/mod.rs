//! Ways back in by mail: the link to a new password, and the link that proves an address.
//!
//! What is asked for costs the same and answers the same whoever is named: the request goes into
//! the outbox as it is, and whether there is such a person is found out by a job later
//! ([`AnswerRecovery`]). A link opens a page; only the post from that page spends it, because
//! mail scanners and previews open links too. Links are tickets: the store has their digests, one
//! conditional update spends one, and a new one voids the one before it. A link dies with what it
//! was made for: another address, or another password, and it opens nothing.

mod administer;
mod answer;
mod count;
mod link;
mod request;
mod reset;
mod verify;

pub use administer::SendLinks;
pub use answer::AnswerRecovery;
pub use request::{AskedFor, RecoverAccount, RecoveryError};
pub use reset::{OpenReset, ResetError, ResetPasswords};
pub use verify::{AddressError, OpenVerification, VerifyAddresses};

/// The outbox's channel of requests that nobody has looked at yet.
pub(crate) const CHANNEL: &str = "recovery";
