//! How hard a password is to guess, which takes dictionaries that the inside does not have.

use gatelodge_domain::Password;

/// Judges new passwords. Takes a few milliseconds at most and waits for nothing.
pub trait PasswordStrength: Send + Sync {
    /// From 0 (guessed at once) to 4 (resists guessing offline), where a guesser knows these
    /// texts about its owner: names, addresses, the realm.
    fn score(&self, password: &Password, known: &[&str]) -> u8;

    /// Whether the operator's list has it, in whatever case and Unicode form it is written.
    fn is_listed(&self, password: &Password) -> bool;
}
