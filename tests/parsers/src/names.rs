//! User names, mail addresses, display names and passwords (RFC 8265, UTS #39).

use gatelodge_domain::name::canonical_key;
use gatelodge_domain::{DisplayName, Email, Password, Username};

use crate::decode;

/// Holds what these parsers promise against any bytes.
pub fn hold(bytes: &[u8]) {
    decode(bytes, |text: &str| {
        if let Ok(name) = Username::parse(text) {
            assert_eq!(canonical_key(text).as_deref(), Some(name.key()));
            let again = Username::parse(name.as_str()).expect("what is shown can be typed");
            assert_eq!((again.as_str(), again.key()), (name.as_str(), name.key()));
            assert_eq!(canonical_key(name.key()).as_deref(), Some(name.key()));
            assert!(!name.as_str().chars().any(char::is_control));
        }
        if let Ok(email) = Email::parse(text) {
            assert_eq!(canonical_key(text).as_deref(), Some(email.key()));
            let again = Email::parse(email.as_str()).expect("what is shown can be typed");
            assert_eq!((again.as_str(), again.key()), (email.as_str(), email.key()));
            assert!(
                !email
                    .as_str()
                    .chars()
                    .any(|c| c.is_control() || c.is_whitespace())
            );
            assert!(
                email
                    .as_str()
                    .rsplit_once('@')
                    .is_some_and(|(local, domain)| { !local.is_empty() && !domain.is_empty() })
            );
        }
        if let Ok(name) = DisplayName::parse(text) {
            let again = DisplayName::parse(name.as_str()).expect("what is shown can be typed");
            assert_eq!(again.as_str(), name.as_str());
            assert!(name.as_str().chars().count() <= DisplayName::MAX_CHARACTERS);
            assert!(!name.as_str().contains(['\n', '\r', '\0']));
        }
        if let Ok(password) = Password::parse(text) {
            let typed = Password::presented(password.expose()).expect("it can be typed again");
            assert_eq!(typed.expose(), password.expose());
        }
    });
}
