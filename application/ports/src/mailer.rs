//! Mail that leaves the house.

use async_trait::async_trait;

/// A mail to one person, ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// What tells it from every other one, in `[a-z0-9]`; the same at each try, so that whoever
    /// gets it twice can tell.
    pub id: String,
    /// Whose house it comes from, as people know it; for the sender's name where none is
    /// configured.
    pub house: String,
    /// The address.
    pub to: String,
    /// The subject: one line.
    pub subject: String,
    /// What programs without HTML show.
    pub text: String,
    /// What the others show. Names nothing that would have to be fetched.
    pub html: String,
    /// The picture that it names `cid:logo` (RFC 2392), if it does.
    pub logo: Option<Picture>,
}

/// A picture within a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its media type.
    pub media_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

// Bodies hold links that open things, and addresses are somebody's.
impl core::fmt::Debug for Mail {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Mail")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The next server has it.
    Sent,
    /// Not now: nobody answered, or the server asked to try later.
    TemporaryFailure(Trouble),
    /// Not ever: the server will not take this mail.
    PermanentFailure(Trouble),
}

/// Why a mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// A stable word: `connection`, `tls`, `credentials`, `refused`, `address`, `file`, `other`.
    pub what: &'static str,
    /// The server's reply code (RFC 5321 §4.2.1), where it gave one.
    pub code: Option<u16>,
    /// In words, for whoever tests the set-up. It may name the recipient: not for logs.
    pub reason: String,
}

/// Sends mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands one mail over, once, within the mailer's time limit.
    async fn send(&self, mail: &Mail) -> Delivery;

    /// Where to, for whoever runs the house: `smtp mail.example.org:587`. Never a secret.
    fn describe(&self) -> String;
}
