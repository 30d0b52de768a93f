//! Templates without logic: `{{name}}` stands for the value of a variable, and nothing else
//! means anything. A name that the mail does not have is refused when the text is written, so
//! that nobody finds out when a person waits for the mail.
//!
//! In HTML every value is escaped. Where no HTML was written it is made from the text: a
//! paragraph for each that an empty line ends, and a button for one that is the link alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gatelodge_domain::Theme;

use super::MailTemplate;
use super::look::layout;

/// Longest subject, in characters.
const SUBJECT: usize = 200;
/// Longest label of the button, in characters.
const BUTTON: usize = 80;
/// Longest text, in bytes.
const TEXT: usize = 20_000;
/// Longest HTML, in bytes.
const HTML: usize = 50_000;

/// What a mail is made of, with variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) button: Option<String>,
    pub(super) html: Option<String>,
}

/// A mail's three texts.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The subject: one line.
    pub subject: String,
    /// The plain part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// Why texts are not a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTemplate {
    /// A part is empty, too long, or the subject has more than one line.
    #[error("`{field}` {rule}")]
    Form {
        /// Which part.
        field: &'static str,
        /// What it must be.
        rule: &'static str,
    },
    /// A variable that this mail does not have.
    #[error("`{field}` names the variable `{name}`, which this mail does not have")]
    Unknown {
        /// Which part.
        field: &'static str,
        /// What it names.
        name: String,
    },
    /// Braces that are not closed.
    #[error("`{field}` has `{{{{` without `}}}}`")]
    Unclosed {
        /// Which part.
        field: &'static str,
    },
    /// A variable without which the mail would be of no use.
    #[error("`{field}` must name the variable `{name}`")]
    Missing {
        /// Which part.
        field: &'static str,
        /// What it must name.
        name: &'static str,
    },
}

impl InvalidTemplate {
    /// The part at fault.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Form { field, .. }
            | Self::Unknown { field, .. }
            | Self::Unclosed { field }
            | Self::Missing { field, .. } => field,
        }
    }
}

/// A piece of a template.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Variable(&'a str),
}

/// The pieces of a template, or `None` where braces are not closed.
fn pieces(source: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}")?;
        pieces.push(Piece::Text(before));
        pieces.push(Piece::Variable(name.trim()));
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    Some(pieces)
}

impl Source {
    /// Whether it is a template for that mail.
    pub(super) fn check(&self, template: MailTemplate) -> Result<(), InvalidTemplate> {
        let form = |field, rule| Err(InvalidTemplate::Form { field, rule });
        let subject = self.subject.trim();
        let one_line = |text: &str| !text.chars().any(char::is_control);
        if subject.is_empty() || subject.chars().count() > SUBJECT || !one_line(subject) {
            return form("subject", "is one line of 1 to 200 characters");
        }
        let button = self.button.as_deref().unwrap_or("-");
        if button.trim().is_empty() || button.chars().count() > BUTTON || !one_line(button) {
            return form("button", "is one line of 1 to 80 characters");
        }
        if self.text.trim().is_empty() || self.text.len() > TEXT {
            return form("text", "has from 1 to 20000 bytes");
        }
        let html = self.html.as_deref();
        if html.is_some_and(|html| html.trim().is_empty() || html.len() > HTML) {
            return form("html", "has from 1 to 50000 bytes");
        }
        let parts = [
            ("subject", Some(self.subject.as_str())),
            ("text", Some(self.text.as_str())),
            ("button", self.button.as_deref()),
            ("html", html),
        ];
        for (field, part) in parts {
            let part = part.unwrap_or_default();
            let pieces = pieces(part).ok_or(InvalidTemplate::Unclosed { field })?;
            for piece in &pieces {
                if let Piece::Variable(name) = piece
                    && template.variable(name).is_none()
                {
                    let name = (*name).to_owned();
                    return Err(InvalidTemplate::Unknown { field, name });
                }
            }
            let needed = template
                .required()
                .filter(|_| field == "text" || field == "html" && html.is_some());
            if let Some(needed) = needed
                && !pieces.contains(&Piece::Variable(needed.name))
            {
                let name = needed.name;
                return Err(InvalidTemplate::Missing { field, name });
            }
        }
        Ok(())
    }

    /// The mail, in that language and look, with these values. A value that is missing is
    /// nothing.
    pub(super) fn render(
        &self,
        language: &str,
        theme: &Theme,
        values: &BTreeMap<&str, String>,
    ) -> Rendered {
        let subject = filled(&self.subject, values, one_line);
        let text = filled(&self.text, values, one_line);
        let html = match &self.html {
            Some(html) => filled(html, values, |value| escaped(&one_line(value))),
            None => self.made_html((language, theme), &subject, values),
        };
        Rendered {
            subject: subject.trim().to_owned(),
            text: with_end(&text),
            html,
        }
    }

    /// HTML in the house's own layout, made from the text.
    fn made_html(
        &self,
        (language, theme): (&str, &Theme),
        subject: &str,
        values: &BTreeMap<&str, String>,
    ) -> String {
        let mut content = String::new();
        let text = self.text.replace("\r\n", "\n");
        let paragraphs = text.split("\n\n").map(str::trim);
        for paragraph in paragraphs.filter(|paragraph| !paragraph.is_empty()) {
            let link = match pieces(paragraph).as_deref() {
                Some([Piece::Text(""), Piece::Variable("link"), Piece::Text("")]) => {
                    values.get("link")
                }
                _ => None,
            };
            let Some(link) = link else {
                let text = filled(&escaped(paragraph), values, |value| {
                    escaped(&one_line(value))
                });
                let _ = writeln!(content, "<p>{}</p>", text.replace('\n', "<br>\n"));
                continue;
            };
            let link = escaped(link);
            if let Some(button) = &self.button {
                let label = filled(&escaped(button), values, |value| escaped(&one_line(value)));
                let _ = writeln!(
                    content,
                    "<p><a class=\"button\" href=\"{link}\">{label}</a></p>"
                );
            }
            let _ = writeln!(
                content,
                "<p class=\"small\"><a href=\"{link}\">{link}</a></p>"
            );
        }
        let realm = values.get("realm").map(String::as_str).unwrap_or_default();
        // What is put in last is not looked through again.
        let (before, after) = layout(theme);
        let surroundings = [
            ("lang", language.to_owned()),
            ("subject", subject.to_owned()),
            ("realm", realm.to_owned()),
        ];
        let surroundings = BTreeMap::from(surroundings);
        let fill = |part: &str| filled(part, &surroundings, |value| escaped(&one_line(value)));
        format!("{}{content}{}", fill(&before), fill(&after))
    }
}

/// The template with its values, each written as it must be there.
fn filled(source: &str, values: &BTreeMap<&str, String>, write: impl Fn(&str) -> String) -> String {
    let Some(pieces) = pieces(source) else {
        return source.to_owned();
    };
    let mut text = String::with_capacity(source.len());
    for piece in pieces {
        match piece {
            Piece::Text(piece) => text.push_str(piece),
            Piece::Variable(name) => {
                let value = values.get(name).map(String::as_str).unwrap_or_default();
                text.push_str(&write(value));
            }
        }
    }
    text
}

/// A value cannot begin a line, and so neither a header nor a paragraph of its own.
fn one_line(value: &str) -> String {
    value
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

fn with_end(text: &str) -> String {
    format!("{}\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source {
            subject: "Hello {{name}}".to_owned(),
            text: text.to_owned(),
            button: Some("Go on".to_owned()),
            html: None,
        }
    }

    fn values<const N: usize>(values: [(&'static str, &str); N]) -> BTreeMap<&'static str, String> {
        values
            .into_iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect()
    }

    #[test]
    fn variables_are_filled_and_everything_else_stays() {
        let source = source("Dear {{ name }},\n\n{a} }} {\n{{link}} at {{realm}}");
        let values = values([("name", "Ada"), ("link", "https://x/y"), ("realm", "Home")]);
        let rendered = source.render("en", &Theme::default(), &values);
        assert_eq!(rendered.subject, "Hello Ada");
        assert_eq!(
            rendered.text,
            "Dear Ada,\n\n{a} }} {\nhttps://x/y at Home\n"
        );
    }

    #[test]
    fn a_value_is_no_template_no_header_and_no_markup() {
        let mut source = source("{{name}}\n\n{{link}}");
        let values = values([
            ("name", "<b>{{link}}</b>\r\nBcc: eve@example.org \"'&"),
            ("link", "https://x/?a=1&b=\"><script>"),
            ("realm", "{{content}}"),
        ]);
        let rendered = source.render("en", &Theme::default(), &values);
        assert_eq!(rendered.subject.lines().count(), 1);
        assert!(rendered.text.starts_with("<b>{{link}}</b>  Bcc:"));
        assert!(rendered.html.contains("&lt;b&gt;{{link}}&lt;/b&gt;"));
        assert!(rendered.html.contains("<h1>{{content}}</h1>"));
        source.html = Some("<a href=\"{{link}}\">{{name}}</a>".to_owned());
        let written = source.render("en", &Theme::default(), &values).html;
        for html in [rendered.html, written] {
            assert!(
                !html.contains("<script>") && !html.contains("<b>"),
                "{html}"
            );
            assert!(html.contains("https://x/?a=1&amp;b=&quot;&gt;"), "{html}");
        }
    }

    #[test]
    fn a_link_that_stands_alone_becomes_a_button() {
        let values = values([("link", "https://x/y"), ("name", "Ada")]);
        let html = source("One\ntwo\n\n{{link}}\n")
            .render("de", &Theme::default(), &values)
            .html;
        assert!(html.contains("<p>One<br>\ntwo</p>"), "{html}");
        assert!(html.contains("href=\"https://x/y\">Go on</a>"), "{html}");
        assert!(html.contains("<html lang=\"de\">"), "{html}");
        // Nothing is fetched, so nobody learns that it was read.
        for remote in ["src=", "url(", "<link", "@import"] {
            assert!(!html.contains(remote), "{remote}");
        }
    }

    #[test]
    fn what_is_not_a_template_is_refused_by_its_part() {
        let reset = MailTemplate::PasswordReset;
        assert_eq!(source("{{link}}").check(reset), Ok(()));
        let refused = |source: Source| source.check(reset).unwrap_err();
        assert_eq!(
            refused(source("{{link}} {{password}}")),
            InvalidTemplate::Unknown {
                field: "text",
                name: "password".to_owned()
            }
        );
        assert_eq!(
            refused(source("{{link")),
            InvalidTemplate::Unclosed { field: "text" }
        );
        assert_eq!(
            refused(source("no way in")),
            InvalidTemplate::Missing {
                field: "text",
                name: "link"
            }
        );
        for subject in ["", " ", "a\nb", &"x".repeat(201)] {
            let wrong = Source {
                subject: subject.to_owned(),
                ..source("{{link}}")
            };
            assert_eq!(refused(wrong).field(), "subject");
        }
        let html = Source {
            html: Some("<p>no link</p>".to_owned()),
            ..source("{{link}}")
        };
        assert_eq!(refused(html).field(), "html");
        let long = Source {
            html: Some("x".repeat(HTML + 1)),
            ..source("{{link}}")
        };
        assert_eq!(refused(long).field(), "html");
    }
}
