//! A clock that stands still and randomness that counts, so that a test can be read.

use core::time::Duration;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use gatelodge_domain::Timestamp;
use gatelodge_ports::mailer::{Delivery, Mail, Trouble};
use gatelodge_ports::store::{ChangeFeed, SealKey};
use gatelodge_ports::{Clock, Delay, Mailer, Rng, Snapshot, Store, StoreError, UnitOfWork};
use gatelodge_store_memory::MemoryStore;

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

/// A store that can be told to answer one unit of work more and then nothing: what a cut line to
/// a database is to whoever has just committed.
pub(crate) struct FallsSilent {
    inner: Arc<MemoryStore>,
    /// Units that it answers still before it falls silent; 255 is any number.
    left: AtomicU8,
}

impl FallsSilent {
    const NEVER: u8 = u8::MAX;

    pub(crate) fn over(inner: Arc<MemoryStore>) -> Arc<Self> {
        let left = AtomicU8::new(Self::NEVER);
        Arc::new(Self { inner, left })
    }

    pub(crate) fn after_one_unit(&self) {
        self.left.store(1, Ordering::SeqCst);
    }

    pub(crate) fn speaks_again(&self) {
        self.left.store(Self::NEVER, Ordering::SeqCst);
    }

    fn heard(&self) -> Result<(), StoreError> {
        match self.left.load(Ordering::SeqCst) {
            0 => Err(StoreError::unavailable("the line is cut")),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Store for FallsSilent {
    async fn read(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.heard()?;
        self.inner.read().await
    }

    async fn read_consistent(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.heard()?;
        self.inner.read_consistent().await
    }

    async fn write(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        self.heard()?;
        let fewer = |left| (left != Self::NEVER).then(|| left - 1);
        let _ = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer);
        self.inner.write().await
    }

    fn change_feed(&self) -> &dyn ChangeFeed {
        self.inner.change_feed()
    }

    fn use_seal_key(&self, key: SealKey) {
        self.inner.use_seal_key(key);
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
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
