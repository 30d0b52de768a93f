//! A clock that stands still and randomness that counts, so that a test can be read.

use core::time::Duration;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use gatelodge_domain::Timestamp;
use gatelodge_ports::mailer::{Delivery, Mail, Trouble};
use gatelodge_ports::{Clock, Delay, Mailer, Rng};

/// Moves only when it is told to.
pub(crate) struct StillClock(AtomicI64);

impl StillClock {
    pub(crate) fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_millis()))
    }

    pub(crate) fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Never the same bytes twice.
#[derive(Default)]
pub(crate) struct CountingRng(AtomicU64);

impl Rng for CountingRng {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let number = self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes();
            // The low bytes change, so they must not be the ones that are cut off.
            let start = number.len() - chunk.len();
            chunk.copy_from_slice(&number[start..]);
        }
    }
}

/// Does not wait.
pub(crate) struct NoDelay;

#[async_trait]
impl Delay for NoDelay {
    async fn wait(&self, _: Duration) {}
}

/// Keeps what it was given, and answers as it is told.
#[derive(Default)]
pub(crate) struct LetterBox {
    mails: Mutex<Vec<Mail>>,
    trouble: Mutex<Option<Delivery>>,
}

impl LetterBox {
    /// What arrived since the last time.
    pub(crate) fn empty(&self) -> Vec<Mail> {
        core::mem::take(&mut *self.mails.lock().unwrap())
    }

    /// From now on nothing arrives, for that while or for good.
    pub(crate) fn refuse(&self, code: Option<u16>) {
        let trouble = Trouble {
            what: if code.is_some() {
                "refused"
            } else {
                "connection"
            },
            code,
            reason: "for ada@example.org".to_owned(),
        };
        *self.trouble.lock().unwrap() = Some(match code {
            Some(500..) => Delivery::PermanentFailure(trouble),
            _ => Delivery::TemporaryFailure(trouble),
        });
    }

    /// From now on everything arrives.
    pub(crate) fn accept(&self) {
        *self.trouble.lock().unwrap() = None;
    }
}

#[async_trait]
impl Mailer for LetterBox {
    async fn send(&self, mail: &Mail) -> Delivery {
        if let Some(trouble) = &*self.trouble.lock().unwrap() {
            return trouble.clone();
        }
        self.mails.lock().unwrap().push(mail.clone());
        Delivery::Sent
    }

    fn describe(&self) -> String {
        "a letter box".to_owned()
    }
}
