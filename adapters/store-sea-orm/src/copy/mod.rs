//! Copies of whole databases: a consistent file of a running embedded one, the checks before a
//! copy is trusted, and the move of everything to another engine.
//!
//! What is copied is rows as they are: sealed bytes stay sealed, positions and numbers stay what
//! they were, so that the same master key opens the copy and every seal still fits.

mod end;
mod file;
mod storage;
mod tables;

pub use end::Place;
pub use file::{CopiedFacts, CopyFault, check_file, copy_file, facts_of_file};
pub use storage::{MoveError, Stage, StorageMove};
