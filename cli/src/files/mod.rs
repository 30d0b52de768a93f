//! A realm described in files: `apply` makes it so, `diff` shows what that would change, and
//! `export` writes the files.
//!
//! A document has a `kind`, a `name` and a `spec`. What a spec does not name is not touched.
//! Secrets are never in a file, but where to find them is (`secret_from`). A client's is held
//! against what the server knows; a person's first password is read only when they are made,
//! for from then on it is theirs.

mod apply;
mod compare;
mod describe;
mod diff;
mod export;
mod key_schedule;
mod kinds;
mod links;
mod object;
mod parts;
mod plan;
mod read;
mod secrets;
mod theme;

pub(crate) use apply::apply;
pub(crate) use diff::diff;
pub(crate) use export::export;
