//! Whether the house can send mail, and how it went.

use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use gatelodge_ports::Mailer;

use super::Bell;

/// How many mails this process sent, and how many it could not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MailFigures {
    /// Handed over.
    pub sent: u64,
    /// Tries that failed and will be repeated.
    pub postponed: u64,
    /// Given up.
    pub given_up: u64,
}

/// The mail room: the mailer, if there is one.
#[derive(Default)]
pub struct MailRoom {
    mailer: Option<Arc<dyn Mailer>>,
    bell: Bell,
    sent: AtomicU64,
    postponed: AtomicU64,
    given_up: AtomicU64,
}

impl MailRoom {
    /// A room with that mailer; closed without one.
    pub fn new(mailer: Option<Arc<dyn Mailer>>) -> Self {
        Self {
            mailer,
            ..Self::default()
        }
    }

    /// Whether mail can be sent.
    pub const fn is_open(&self) -> bool {
        self.mailer.is_some()
    }

    /// Where mail goes; `None` where it goes nowhere.
    pub fn describe(&self) -> Option<String> {
        self.mailer.as_ref().map(|mailer| mailer.describe())
    }

    /// Says that something waits to be sent.
    pub fn ring(&self) {
        self.bell.ring();
    }

    /// Returns when something does.
    pub async fn rung(&self) {
        self.bell.rung().await;
    }

    /// How it went so far.
    pub fn figures(&self) -> MailFigures {
        MailFigures {
            sent: self.sent.load(Ordering::Relaxed),
            postponed: self.postponed.load(Ordering::Relaxed),
            given_up: self.given_up.load(Ordering::Relaxed),
        }
    }

    pub(super) fn mailer(&self) -> Option<&Arc<dyn Mailer>> {
        self.mailer.as_ref()
    }

    pub(super) fn count_sent(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_postponed(&self) {
        self.postponed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_given_up(&self) {
        self.given_up.fetch_add(1, Ordering::Relaxed);
    }
}
