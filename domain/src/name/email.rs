//! Email addresses, as far as a provider needs to understand them.
//!
//! What proves an address is a message that arrives. So this takes what HTML calls a valid
//! email address (HTML Living Standard §4.10.5.1.5, the dot-atoms of RFC 5322 §3.2.3 with
//! dots anywhere) plus the letters of RFC 6531 in the same scripts as user names, and leaves
//! out quoted local parts, comments and address literals, which are roads for header injection
//! and little else. The local part is compared without regard to case: the standard lets it
//! count, people do not.

use unicode_normalization::UnicodeNormalization as _;

use super::{InvalidName, characters};

const MAX_OCTETS: usize = 254;
const MAX_LOCAL_OCTETS: usize = 64;
const MAX_LABEL_OCTETS: usize = 63;
const LOCALHOST: &str = "localhost";

/// An email address; unique in a realm by its key. `==` compares both forms: to ask whether
/// two addresses are the same, compare the keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email {
    text: String,
    key: String,
}

/// Why a text is not an [`Email`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmail {
    /// More than 254 octets, or more than 64 before the `@`.
    #[error("an email address has at most 254 octets, and at most 64 before the @")]
    TooLong,
    /// No `@`, several, or nothing before it.
    #[error("an email address has one @ with something before it")]
    At,
    /// A space, a control character or one that cannot be seen.
    #[error("an email address has no spaces, control characters or invisible characters")]
    Invisible,
    /// Something before the `@` that is not allowed there.
    #[error(
        "the part before the @ is written with letters, digits and .!#$%&'*+/=?^_`{{|}}~- only"
    )]
    Local,
    /// No domain name after the `@`.
    #[error("the part after the @ is a domain name with a dot in it, or localhost")]
    Domain,
}

impl Email {
    /// Reads an address. A domain in Unicode and the same in Punycode (RFC 5891) count as two.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        if text.len() > MAX_OCTETS {
            return Err(InvalidEmail::TooLong);
        }
        let key = characters::key(text).map_err(|refusal| match refusal {
            InvalidName::ControlOrSpace | InvalidName::Invisible => InvalidEmail::Invisible,
            InvalidName::TooLong => InvalidEmail::TooLong,
            InvalidName::Empty => InvalidEmail::At,
            InvalidName::Character | InvalidName::LeadingMark | InvalidName::MixedScripts => {
                InvalidEmail::Local
            }
        })?;
        let text: String = text.nfc().collect();
        // This holds for the key too: what UTS #39 allows in identifiers is stable under NFKC.
        check(&text)?;
        Ok(Self { text, key })
    }

    /// The address as it is written to (NFC).
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address as it is compared.
    pub fn key(&self) -> &str {
        &self.key
    }
}

fn check(address: &str) -> Result<(), InvalidEmail> {
    if address.len() > MAX_OCTETS {
        return Err(InvalidEmail::TooLong);
    }
    let (local, domain) = address.split_once('@').ok_or(InvalidEmail::At)?;
    if local.is_empty() || domain.contains('@') {
        return Err(InvalidEmail::At);
    }
    if local.len() > MAX_LOCAL_OCTETS {
        return Err(InvalidEmail::TooLong);
    }
    let atom =
        |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    if !local.chars().all(atom) || characters::check_word(local).is_err() {
        return Err(InvalidEmail::Local);
    }
    if !is_domain(domain) {
        return Err(InvalidEmail::Domain);
    }
    Ok(())
}

/// A name with a dot whose last label is not a number (RFC 3696 §2), or `localhost`.
fn is_domain(domain: &str) -> bool {
    let Some((_, top)) = domain.rsplit_once('.') else {
        return domain.eq_ignore_ascii_case(LOCALHOST);
    };
    !top.bytes().all(|byte| byte.is_ascii_digit()) && domain.split('.').all(is_label)
}

/// A label of a domain name (RFC 1123 §2.1), in letters of any one script.
fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= MAX_LABEL_OCTETS
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .chars()
            .all(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || c == '-')
        && characters::check_word(label).is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::canonical_key;
    use super::*;

    #[test]
    fn an_address_is_kept_as_written_and_compared_without_case() {
        for (text, key) in [
            ("Ada@Example.COM", "ada@example.com"),
            ("ada+tag@example.com", "ada+tag@example.com"),
            ("a..b@docomo.example", "a..b@docomo.example"),
            ("o'brien@mail.example.co.uk", "o'brien@mail.example.co.uk"),
            ("Root@localhost", "root@localhost"),
            ("a@xn--mnchen-3ya.example", "a@xn--mnchen-3ya.example"),
            ("Иван@Пример.example", "иван@пример.example"),
            ("ada@BÜCHER.example", "ada@bücher.example"),
        ] {
            let email = Email::parse(text).unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
            assert_eq!((email.as_str(), email.key()), (text, key));
            assert_eq!(canonical_key(text).as_deref(), Some(key));
        }
    }

    #[test]
    fn there_is_one_at_with_something_before_it() {
        for text in [
            "",
            "ada",
            "@example.com",
            "a@b@example.com",
            "ada＠example.com",
        ] {
            assert_eq!(
                Email::parse(text).unwrap_err(),
                InvalidEmail::At,
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_domain_has_a_dot_and_proper_labels() {
        let long_label = format!("a@{}.example", "b".repeat(64));
        for text in [
            "a@",
            "a@example",
            "a@.example",
            "a@example.",
            "a@ex..ample",
            "a@-ex.ample",
            "a@ex-.ample",
            "a@ex_am.ple",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@ex%61mple.com",
            "a@ex。ample",
            "a@exаmple.com",
            "a@localhost:25",
            "a@☃.example",
            &long_label,
        ] {
            assert_eq!(
                Email::parse(text).unwrap_err(),
                InvalidEmail::Domain,
                "{text:?}"
            );
        }
    }

    #[test]
    fn headers_cannot_be_smuggled_in() {
        for text in [
            "a\r\nBcc: x@example.com",
            "a@example.com\n",
            "a\0@example.com",
            "a @example.com",
            "a@exam ple.com",
            " a@example.com",
            "a@example.com ",
            "a\u{200b}@example.com",
            "a\u{202e}@example.com",
            "a@exam\u{ad}ple.com",
        ] {
            assert_eq!(
                Email::parse(text).unwrap_err(),
                InvalidEmail::Invisible,
                "{text:?}"
            );
        }
        for text in [
            "\"a\"@example.com",
            "a,b@example.com",
            "a;b@example.com",
            "<a@example.com",
            "a(b)@example.com",
            "a:b@example.com",
            "a\\b@example.com",
            "аda@example.com",
            "ａda@example.com",
            "😀@example.com",
            "a＠b@example.com",
        ] {
            assert_eq!(
                Email::parse(text).unwrap_err(),
                InvalidEmail::Local,
                "{text:?}"
            );
        }
    }

    #[test]
    fn lengths_are_those_of_the_protocol() {
        let domain = |length: usize| {
            format!(
                "{}.{}.{}.{}",
                "a".repeat(61),
                "b".repeat(61),
                "c".repeat(61),
                "d".repeat(length - 186)
            )
        };
        let (local, longer) = ("l".repeat(64), "l".repeat(65));
        assert!(Email::parse(&format!("{local}@{}", domain(189))).is_ok());
        assert_eq!(
            Email::parse(&format!("{local}@{}", domain(190))).unwrap_err(),
            InvalidEmail::TooLong
        );
        assert_eq!(
            Email::parse(&format!("{longer}@example.com")).unwrap_err(),
            InvalidEmail::TooLong
        );
        assert_eq!(
            Email::parse(&"a".repeat(10_000_000)).unwrap_err(),
            InvalidEmail::TooLong
        );
    }
}
