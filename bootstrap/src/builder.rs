//! The way in for extenders: replace what you bring yourself, leave the rest as it is.
//!
//! ```no_run
//! use std::process::ExitCode;
//! use gatelodge_bootstrap::Gatelodge;
//! use gatelodge_store_memory::MemoryStore;
//!
//! fn main() -> ExitCode {
//!     Gatelodge::builder().store(MemoryStore::new()).main()
//! }
//! ```

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use gatelodge_ports::{
    AuditSink, Clock, KeyFactory, Mailer, MasterKey, PasswordHasher, PasswordStrength, Rng, Store,
};

use crate::cli;
use crate::stop::Stop;

/// The whole program, to be built from its parts.
#[derive(Debug, Clone, Copy)]
pub struct Gatelodge;

impl Gatelodge {
    /// Begins with the parts of the distributed binary.
    pub fn builder() -> Builder {
        Builder {
            parts: Parts::default(),
        }
    }
}

/// Parts that somebody brings; what is absent is made from the settings.
#[derive(Default, Clone)]
pub(crate) struct Parts {
    pub(crate) store: Option<Arc<dyn Store>>,
    pub(crate) clock: Option<Arc<dyn Clock>>,
    pub(crate) rng: Option<Arc<dyn Rng>>,
    pub(crate) hasher: Option<Arc<dyn PasswordHasher>>,
    pub(crate) strength: Option<Arc<dyn PasswordStrength>>,
    pub(crate) key_factory: Option<Arc<dyn KeyFactory>>,
    pub(crate) master_key: Option<Arc<dyn MasterKey>>,
    pub(crate) mailer: Option<Arc<dyn Mailer>>,
    pub(crate) audit_sinks: Vec<Arc<dyn AuditSink>>,
}

/// Collects parts.
#[derive(Clone)]
pub struct Builder {
    parts: Parts,
}

impl Builder {
    /// Everything durable lives there; settings of `[storage]` are not used.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.parts.store = Some(store);
        self
    }

    /// Tells the time.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.parts.clock = Some(clock);
        self
    }

    /// Draws randomness.
    #[must_use]
    pub fn rng(mut self, rng: Arc<dyn Rng>) -> Self {
        self.parts.rng = Some(rng);
        self
    }

    /// Hashes passwords; settings of `[hashing]` are not used.
    #[must_use]
    pub fn hasher(mut self, hasher: Arc<dyn PasswordHasher>) -> Self {
        self.parts.hasher = Some(hasher);
        self
    }

    /// Judges new passwords; settings of `[passwords]` are not used.
    #[must_use]
    pub fn strength(mut self, strength: Arc<dyn PasswordStrength>) -> Self {
        self.parts.strength = Some(strength);
        self
    }

    /// Makes and loads signing keys.
    #[must_use]
    pub fn key_factory(mut self, factory: Arc<dyn KeyFactory>) -> Self {
        self.parts.key_factory = Some(factory);
        self
    }

    /// Wraps the data keys; no master key is read or made.
    #[must_use]
    pub fn master_key(mut self, key: Arc<dyn MasterKey>) -> Self {
        self.parts.master_key = Some(key);
        self
    }

    /// Sends mail; settings of `[mail]` are not used.
    #[must_use]
    pub fn mailer(mut self, mailer: Arc<dyn Mailer>) -> Self {
        self.parts.mailer = Some(mailer);
        self
    }

    /// Copies the audit trail there too, beside the sinks of `[audit]`; its name is its own.
    #[must_use]
    pub fn audit_sink(mut self, sink: Arc<dyn AuditSink>) -> Self {
        self.parts.audit_sinks.push(sink);
        self
    }

    /// Does what the process's command line says, and answers the exit status: 2 for a wrong
    /// command line or configuration, 1 for a failure, each with one line on standard error.
    pub fn main(self) -> ExitCode {
        match self.run(std::env::args_os()) {
            Ok(code) => code,
            Err(stop) => stop.report(),
        }
    }

    /// The same for a given command line, whose first word is the program's name.
    pub fn run(
        self,
        arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<ExitCode, Stop> {
        cli::run(&self.parts, arguments)
    }
}
