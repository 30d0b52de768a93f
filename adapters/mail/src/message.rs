//! From a [`Mail`] to the text of a message (RFC 5322), with a plain and an HTML part.

use gatelodge_ports::mailer::{Delivery, Mail, Trouble};
use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};

/// Who mails come from.
#[derive(Debug, Clone)]
pub struct Sender {
    from: Mailbox,
    reply_to: Option<Mailbox>,
}

/// Why a text is no sender.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a mail address like `no-reply@example.org` or `Example <no-reply@example.org>`"
)]
pub struct InvalidSender(String);

impl Sender {
    /// `address` or `Name <address>`, and where answers go if not there.
    pub fn parse(from: &str, reply_to: Option<&str>) -> Result<Self, InvalidSender> {
        let mailbox = |text: &str| -> Result<Mailbox, InvalidSender> {
            text.trim()
                .parse()
                .map_err(|_| InvalidSender(text.to_owned()))
        };
        Ok(Self {
            from: mailbox(from)?,
            reply_to: reply_to.map(mailbox).transpose()?,
        })
    }

    /// The message; its parts are encoded as they need to be.
    pub(crate) fn message(&self, mail: &Mail) -> Result<Message, Delivery> {
        let refused = |reason: String| {
            Delivery::PermanentFailure(Trouble {
                what: "address",
                code: None,
                reason,
            })
        };
        let to = mail
            .to
            .parse()
            .map_err(|_| refused("the recipient's address cannot be written to".to_owned()))?;
        let mut from = self.from.clone();
        from.name.get_or_insert_with(|| one_line(&mail.house));
        let mut message = Message::builder()
            .message_id(Some(format!("<{}@{}>", mail.id, from.email.domain())))
            .from(from)
            .to(Mailbox::new(None, to))
            .subject(one_line(&mail.subject))
            .date_now();
        if let Some(reply_to) = &self.reply_to {
            message = message.reply_to(reply_to.clone());
        }
        let parts = parts(mail).map_err(refused)?;
        let mut message = message
            .multipart(parts)
            .map_err(|error| refused(error.to_string()))?;
        // No answer of a machine, please (RFC 3834 §5).
        let name = HeaderName::new_from_ascii_str("Auto-Submitted");
        let value = HeaderValue::new(name, "auto-generated".to_owned());
        message.headers_mut().insert_raw(value);
        Ok(message)
    }
}

/// The plain part and the other, with the picture that the other shows (RFC 2387).
fn parts(mail: &Mail) -> Result<MultiPart, String> {
    let (text, html) = (mail.text.clone(), mail.html.clone());
    let Some(logo) = &mail.logo else {
        return Ok(MultiPart::alternative_plain_html(text, html));
    };
    let media_type = ContentType::parse(logo.media_type).map_err(|error| error.to_string())?;
    let picture = Attachment::new_inline("logo".to_owned()).body(logo.bytes.clone(), media_type);
    let related = MultiPart::related()
        .singlepart(SinglePart::html(html))
        .singlepart(picture);
    Ok(MultiPart::alternative()
        .singlepart(SinglePart::plain(text))
        .multipart(related))
}

/// A name or a subject is one line: it ends no header, and the library panics over one that
/// would.
fn one_line(text: &str) -> String {
    let blank = |letter: char| if letter.is_control() { ' ' } else { letter };
    text.chars().map(blank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatelodge_ports::mailer::Picture;

    fn mail() -> Mail {
        Mail {
            id: "abc".to_owned(),
            house: "Häuschen".to_owned(),
            to: "ada@example.org".to_owned(),
            subject: "Neues Paßwort".to_owned(),
            text: "Öffne https://id.example/recover/x\n".to_owned(),
            html: "<p>Öffne</p>".to_owned(),
            logo: None,
        }
    }

    #[test]
    fn a_logo_travels_within_the_html_part() {
        let sender = Sender::parse("no-reply@id.example", None).unwrap();
        let mail = Mail {
            html: "<img src=\"cid:logo\">".to_owned(),
            logo: Some(Picture {
                media_type: "image/png",
                bytes: b"\x89PNG\r\n\x1a\n".to_vec(),
            }),
            ..mail()
        };
        let text = String::from_utf8(sender.message(&mail).unwrap().formatted()).unwrap();
        let order = [
            "multipart/alternative",
            "text/plain",
            "multipart/related",
            "text/html",
            "image/png",
        ];
        let places: Vec<usize> = order
            .map(|part| {
                text.find(part)
                    .unwrap_or_else(|| panic!("{part} in {text}"))
            })
            .to_vec();
        assert!(places.is_sorted(), "{text}");
        for needed in [
            "Content-ID: <logo>",
            "Content-Disposition: inline",
            "iVBORw0KGgo",
        ] {
            assert!(text.contains(needed), "{needed} in {text}");
        }
    }

    #[test]
    fn a_mail_has_both_parts_and_says_that_a_machine_wrote_it() {
        let sender = Sender::parse("no-reply@id.example", Some("help@id.example")).unwrap();
        let text = String::from_utf8(sender.message(&mail()).unwrap().formatted()).unwrap();
        for needed in [
            "Message-ID: <abc@id.example>",
            "To: ada@example.org",
            "Reply-To: help@id.example",
            "Auto-Submitted: auto-generated",
            "multipart/alternative",
            "text/plain; charset=utf-8",
            "text/html; charset=utf-8",
        ] {
            assert!(text.contains(needed), "{needed} in {text}");
        }
        let from = text.lines().find(|line| line.starts_with("From:")).unwrap();
        assert!(
            from.contains("no-reply@id.example") && from.len() > 30,
            "{from}"
        );
        assert!(text.is_ascii(), "everything is encoded");
    }

    #[test]
    fn the_configured_name_goes_before_the_houses() {
        let sender = Sender::parse("Example <no-reply@id.example>", None).unwrap();
        let text = String::from_utf8(sender.message(&mail()).unwrap().formatted()).unwrap();
        assert!(
            text.contains("From: Example <no-reply@id.example>"),
            "{text}"
        );
    }

    #[test]
    fn no_text_adds_a_header() {
        let sender = Sender::parse("no-reply@id.example", None).unwrap();
        let hostile = Mail {
            subject: "Hello\r\nBcc: eve@example.org".to_owned(),
            house: "House\r\nBcc: eve@example.org".to_owned(),
            ..mail()
        };
        let text = String::from_utf8(sender.message(&hostile).unwrap().formatted()).unwrap();
        assert!(!text.lines().any(|line| line.starts_with("Bcc")), "{text}");
        let two = Mail {
            to: "ada@example.org, eve@example.org".to_owned(),
            ..mail()
        };
        assert!(sender.message(&two).is_err());
        let injected = Mail {
            to: "ada@example.org\r\nBcc: eve@example.org".to_owned(),
            ..mail()
        };
        assert!(sender.message(&injected).is_err());
    }

    #[test]
    fn what_is_no_address_is_no_sender() {
        for text in ["", "no-reply", "a@b, c@d", "Name <>"] {
            assert!(Sender::parse(text, None).is_err(), "{text}");
        }
    }
}
