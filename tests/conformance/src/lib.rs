//! The conformance suite of the store ports: what every adapter promises, as tests that any
//! crate can run over its own store.
//!
//! ```text
//! async fn open() -> gatelodge_conformance::Opened {
//!     let folder = tempfile::tempdir().unwrap();
//!     let store = MyStore::open(folder.path()).await.unwrap();
//!     gatelodge_conformance::Opened::new(store, folder)
//! }
//!
//! gatelodge_conformance::store_suite!(open);
//! ```
//!
//! A promise is one public function with a sentence for a name, in the module of its port under
//! [`promises`]. The macro makes one `#[test]` of each, over a fresh and empty store. Promises
//! ask for what the ports say and for nothing else: where a port leaves a freedom, so do they.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::too_many_lines,
    reason = "a broken promise fails the test that asked for it, and tells its story in one place"
)]

mod fixture;
mod paging;
pub mod promises;
mod race;
mod run;
pub mod samples;
mod suite;

pub use run::{Opened, prove, prove_unsealed, seal_key};
