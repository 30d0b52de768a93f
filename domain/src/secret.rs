//! Values that must not show.
//!
//! A [`Secret`] has no `Display`, says nothing in `Debug`, is wiped when dropped, and is
//! opened by one greppable word, [`Secret::expose`]. It is compared in constant time only:
//! there is no `PartialEq` to reach for by accident.

use core::fmt;

use subtle::ConstantTimeEq as _;
use zeroize::Zeroize;

/// A value that is redacted in logs and wiped from memory when dropped.
pub struct Secret<T: Zeroize>(T);

/// Secret text: a password, a client secret, a token.
pub type SecretText = Secret<String>;

/// Secret bytes: a key, the random part of a token.
pub type SecretBytes = Secret<Vec<u8>>;

impl<T: Zeroize> Secret<T> {
    /// Takes the value into custody.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Every use of this word is a place to review.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + AsRef<[u8]>> Secret<T> {
    /// Whether the bytes are equal, in a time that tells only whether the lengths are.
    pub fn matches(&self, other: &[u8]) -> bool {
        self.0.as_ref().ct_eq(other).into()
    }
}

impl<T: Zeroize + Clone> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;
    use std::rc::Rc;

    use super::*;

    struct Watched(Rc<Cell<u32>>);

    impl Zeroize for Watched {
        fn zeroize(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[test]
    fn a_secret_does_not_show() {
        let secret = SecretText::new("hunter2".to_owned());
        assert_eq!(format!("{secret:?}"), "Secret([redacted])");
        assert_eq!(format!("{:?}", Some(&secret)), "Some(Secret([redacted]))");
        assert!(!format!("{secret:#?}").contains("hunter2"));
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn a_secret_is_wiped_once_when_dropped() {
        let wiped = Rc::new(Cell::new(0));
        let secret = Secret::new(Watched(Rc::clone(&wiped)));
        assert_eq!(wiped.get(), 0);
        drop(secret);
        assert_eq!(wiped.get(), 1);
    }

    #[test]
    fn a_secret_matches_itself_only() {
        let secret = SecretBytes::new(vec![1, 2, 3]);
        assert!(secret.matches(&[1, 2, 3]));
        assert!(secret.clone().matches(&[1, 2, 3]));
        for other in [&[][..], &[1, 2], &[1, 2, 4], &[0, 2, 3], &[1, 2, 3, 0]] {
            assert!(!secret.matches(other), "{other:?}");
        }
        assert!(SecretText::new("häuser".to_owned()).matches("häuser".as_bytes()));
    }
}
