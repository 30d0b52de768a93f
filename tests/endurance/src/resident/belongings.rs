//! What a resident owns: people, clients, sessions, codes, tokens, refresh families.

use std::collections::BTreeSet;
use std::time::Instant;

use gatelodge_testkit::Browser;

use super::pending::Fate;

/// Whether something is still good.
#[derive(Debug, Clone, Copy, Default)]
pub struct Life {
    over: bool,
    doubts: u32,
}

impl Life {
    /// Something happens to it.
    pub fn meets(&mut self, fate: Fate) {
        match fate {
            Fate::Doubted => self.doubts += 1,
            Fate::Ended => self.over = true,
            Fate::Spared => self.doubts = self.doubts.saturating_sub(1),
        }
    }

    /// Certainly good.
    pub fn is_live(self) -> bool {
        !self.over && self.doubts == 0
    }

    /// Certainly not.
    pub fn is_over(self) -> bool {
        self.over
    }
}

/// Whether a user or client exists and may do anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Being made: nobody knows yet.
    Expected,
    /// There, and active.
    Active,
    /// There, and shut out.
    ShutOut,
    /// Deleted, or never made.
    Gone,
}

/// Whether a browser is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedIn {
    /// Certainly.
    Yes,
    /// Certainly not.
    No,
    /// Nobody knows.
    Perhaps,
}

/// A user and their browser.
#[derive(Debug)]
pub struct Person {
    /// Row id, once it was told.
    pub id: String,
    /// What tokens call them.
    pub subject: String,
    /// What they sign in with.
    pub username: String,
    /// Their password.
    pub password: String,
    /// Whether they may.
    pub standing: Standing,
    /// Their browser.
    pub browser: Browser,
    /// Whether it is signed in.
    pub signed_in: SignedIn,
    /// Their session, once a token told it.
    pub session: Option<String>,
    /// An ID token of that session, to sign out with.
    pub hint: Option<String>,
    /// Clients that they certainly agreed to.
    pub agreed: BTreeSet<String>,
    /// Clients that they may have agreed to, or taken it back from.
    pub unclear: BTreeSet<String>,
}

/// A client of a resident's own, for client credentials.
#[derive(Debug)]
pub struct Machine {
    /// Its `client_id`.
    pub client_id: String,
    /// Its secret.
    pub secret: String,
    /// Names that it may have now; one when it is certain.
    pub names: Vec<String>,
    /// Whether it may do anything.
    pub standing: Standing,
}

/// An access token that was answered.
#[derive(Debug, Clone)]
pub struct Token {
    /// Itself.
    pub text: String,
    /// Its id.
    pub jti: String,
    /// The key that it names.
    pub kid: String,
    /// When it ends, in seconds since 1970.
    pub expires_at: u64,
    /// Whom it is about.
    pub subject: String,
    /// Whom it was issued to.
    pub client_id: String,
    /// The authorization that it came from.
    pub grant: Option<String>,
    /// The sign-in that it came from.
    pub session: Option<String>,
    /// Whether it is still good.
    pub life: Life,
}

/// A refresh family.
#[derive(Debug)]
pub struct Family {
    /// Its authorization.
    pub grant: String,
    /// Its sign-in, which it does not outlive.
    pub session: Option<String>,
    /// Whose it is.
    pub subject: String,
    /// The client that holds it.
    pub client_id: String,
    /// Tokens that were rotated out.
    pub past: Vec<String>,
    /// The current one.
    pub current: String,
    /// Whether it still buys anything.
    pub life: Life,
}

/// What is known of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeState {
    /// It was answered, and nobody tried it.
    Fresh,
    /// It was tried, and nobody knows how that went.
    Tried,
    /// It bought tokens of this authorization, or of one that nobody heard of.
    Redeemed(Option<String>),
}

/// An authorization code that was answered.
#[derive(Debug)]
pub struct Code {
    /// Itself.
    pub text: String,
    /// The client that it is for.
    pub client_id: String,
    /// User name of whose it is.
    pub username: String,
    /// When it was answered.
    pub since: Instant,
    /// What is known of it.
    pub state: CodeState,
    /// Whether what it stands for was ended meanwhile.
    pub life: Life,
}
