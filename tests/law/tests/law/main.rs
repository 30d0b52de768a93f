//! The law, held against this repository.

#![expect(
    clippy::expect_used,
    reason = "a test says what it needs and stops by panicking"
)]

mod dependencies;
mod documents;
mod sources;
