//! The built-in texts, a file for each mail and language: headers `Subject` and `Button`, an
//! empty line, the text. Another language is a folder and a line here.

use super::MailTemplate;
use super::render::Source;

macro_rules! language {
    ($($folder:literal),+) => {
        /// The languages that every mail is written in; the first is what strangers get.
        pub const MAIL_LANGUAGES: &[&str] = &[$($folder),+];

        fn file(language: &str, template: MailTemplate) -> Option<&'static str> {
            match language {
                $($folder => Some(match template {
                    MailTemplate::PasswordReset => {
                        include_str!(concat!("texts/", $folder, "/password_reset.txt"))
                    }
                    MailTemplate::PasswordChanged => {
                        include_str!(concat!("texts/", $folder, "/password_changed.txt"))
                    }
                    MailTemplate::EmailVerification => {
                        include_str!(concat!("texts/", $folder, "/email_verification.txt"))
                    }
                    MailTemplate::EmailChanged => {
                        include_str!(concat!("texts/", $folder, "/email_changed.txt"))
                    }
                    MailTemplate::Test => include_str!(concat!("texts/", $folder, "/test.txt")),
                }),)+
                _ => None,
            }
        }
    };
}

language!("en", "de");

/// The language of whoever speaks none of ours.
pub(super) const FALLBACK: &str = "en";

/// The built-in texts of a mail, if it is written in that language.
pub(super) fn built_in(language: &str, template: MailTemplate) -> Option<Source> {
    let (head, text) = file(language, template)?.split_once("\n\n")?;
    let header = |name: &str| {
        head.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    Some(Source {
        subject: header("Subject")?.to_owned(),
        text: text.trim_end().to_owned(),
        button: header("Button").map(str::to_owned),
        html: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mail_is_written_in_every_language_and_names_what_there_is() {
        for language in MAIL_LANGUAGES {
            for template in MailTemplate::ALL {
                let source = built_in(language, template);
                let source = source.unwrap_or_else(|| panic!("{language} {template:?}"));
                assert_eq!(source.check(template), Ok(()), "{language} {template:?}");
                let has_link = template.required().is_some();
                assert_eq!(source.button.is_some(), has_link, "{language} {template:?}");
                assert!(source.text.contains("{{realm}}") || source.subject.contains("{{realm}}"));
            }
        }
        assert_eq!(MAIL_LANGUAGES[0], FALLBACK);
        assert_eq!(built_in("fr", MailTemplate::Test), None);
    }
}
