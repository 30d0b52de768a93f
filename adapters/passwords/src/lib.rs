//! How hard a password is to guess: zxcvbn's estimate, whose dictionaries hold the usual
//! passwords, names and words, and a list of the operator's own.
//!
//! NIST SP 800-63B §3.1.1.2 asks for exactly this, a length and a list, and for no rules of
//! composition: those make people write `Password1!`.

mod block_list;

use gatelodge_domain::Password;
use gatelodge_ports::PasswordStrength;

pub use block_list::{BlockList, UnreadableList};

/// zxcvbn looks for matches at every place and for every length, so its work grows with the
/// square of the text's length and more. What is stronger than this prefix is strong enough,
/// and what is weak in so many characters is repeated.
const LOOKED_AT: usize = 64;

/// zxcvbn, and a list.
#[derive(Debug, Default)]
pub struct ZxcvbnStrength {
    list: BlockList,
}

impl ZxcvbnStrength {
    /// With that list.
    pub const fn new(list: BlockList) -> Self {
        Self { list }
    }
}

impl PasswordStrength for ZxcvbnStrength {
    fn score(&self, password: &Password, known: &[&str]) -> u8 {
        let text: String = password.expose().chars().take(LOOKED_AT).collect();
        u8::from(zxcvbn::zxcvbn(&text, known).score())
    }

    fn is_listed(&self, password: &Password) -> bool {
        self.list.has(password.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(text: &str, known: &[&str]) -> u8 {
        ZxcvbnStrength::default().score(&Password::parse(text).unwrap(), known)
    }

    #[test]
    fn what_everybody_guesses_first_scores_least() {
        for text in [
            "password",
            "12345678",
            "qwertyuiop",
            "Password1!",
            "aaaaaaaa",
        ] {
            assert!(score(text, &[]) < 2, "{text}");
        }
        for text in ["correct horse battery staple", "k3v7-q2xm-7hd2-x9qp"] {
            assert_eq!(score(text, &[]), 4, "{text}");
        }
    }

    #[test]
    fn what_is_known_of_the_owner_makes_it_weak() {
        let text = "zuseconrad1";
        let (alone, known) = (score(text, &[]), score(text, &["zuseconrad"]));
        assert!(known < alone && known < 2, "{alone} {known}");
    }

    #[test]
    fn the_longest_password_is_judged_in_a_moment() {
        for text in [
            "a1".repeat(128),
            "abcdefghij".repeat(25),
            "4@s$w0rd".repeat(32),
        ] {
            // The best of some: a machine that stands still says nothing of us.
            let tries = (0..5).map(|_| {
                let began = tokio::time::Instant::now();
                score(&text, &["ada", "ada@example.com"]);
                began.elapsed()
            });
            let took = tries.min().unwrap();
            assert!(took.as_millis() < 2_000, "{took:?} in an unoptimised build");
        }
    }
}
