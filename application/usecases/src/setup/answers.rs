//! What the first run asks, at the page and at the terminal: the questions, what was typed, and
//! what is wrong with it. Only the administrator has to be named; everything else may stay
//! empty and be done later.
//!
//! All objections come at once, each with its question, so that nobody mends one answer to hear
//! of the next.

use core::fmt;

use gatelodge_domain::password::InvalidPassword;
use gatelodge_domain::{
    Client, ClientId, DisplayName, Email, Password, Realm, RedirectUri, SecretText, Username,
};

use super::first_client::{ClientKind, FirstClient};
use crate::clients::SuppliedSecret;
use crate::passwords::{PasswordRefused, PasswordRules};

/// A question of the first run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// What the administrator signs in with.
    Username,
    /// What people see of them.
    DisplayName,
    /// Where they get mail.
    Email,
    /// Their password.
    Password,
    /// What the people of the default realm see.
    RealmName,
    /// The first client's name.
    ClientName,
    /// What kind of program it is.
    ClientKind,
    /// Its identifier.
    ClientId,
    /// Where people are sent back to.
    RedirectUris,
    /// A secret that is brought along.
    ClientSecret,
}

impl Question {
    /// The name of the form's field.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::DisplayName => "display_name",
            Self::Email => "email",
            Self::Password => "password",
            Self::RealmName => "realm_name",
            Self::ClientName => "client_name",
            Self::ClientKind => "client_kind",
            Self::ClientId => "client_id",
            Self::RedirectUris => "redirect_uris",
            Self::ClientSecret => "client_secret",
        }
    }
}

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Objection {
    /// There is none, and there must be.
    Missing,
    /// It cannot be used.
    Unusable {
        /// The part that cannot, where an answer has several.
        part: String,
        /// The rule.
        why: String,
    },
    /// Somebody or something has it already.
    Taken,
    /// The realm `system` does not take the password.
    Password(PasswordRefused),
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("it is needed"),
            Self::Unusable { part, why } if part.is_empty() => f.write_str(why),
            Self::Unusable { part, why } => write!(f, "`{part}`: {why}"),
            Self::Taken => f.write_str("it is taken"),
            Self::Password(refused) => refused.fmt(f),
        }
    }
}

/// An answer that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedAnswer {
    /// To which question.
    pub question: Question,
    /// Why.
    pub objection: Objection,
}

impl RefusedAnswer {
    pub(super) const fn new(question: Question, objection: Objection) -> Self {
        Self {
            question,
            objection,
        }
    }
}

/// What was typed; an empty text is no answer. Bears secrets, so it is not shown.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "each field is the `Question` of that name")]
pub struct TypedAnswers {
    pub username: String,
    pub display_name: String,
    pub email: String,
    pub password: String,
    pub realm_name: String,
    pub client_name: String,
    /// A [`ClientKind`]; without an answer a web application.
    pub client_kind: String,
    pub client_id: String,
    /// Separated by white space: none is allowed in a redirect URI.
    pub redirect_uris: String,
    /// Brought along; without it a secret is made where the client needs one.
    pub client_secret: String,
    /// Whether the administrator is to get a mail that shows that mail works.
    pub test_mail: TestMail,
}

/// Whether a mail is sent to see that it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TestMail {
    /// One is.
    Wanted,
    /// None is.
    #[default]
    Unwanted,
}

/// Answers that can be used, as far as they themselves tell.
pub(super) struct Answers {
    pub(super) username: Username,
    pub(super) display_name: Option<DisplayName>,
    pub(super) email: Option<Email>,
    pub(super) password: Password,
    pub(super) realm_name: Option<DisplayName>,
    pub(super) client: Option<FirstClient>,
}

impl TypedAnswers {
    /// Whether a first client is asked for.
    pub fn names_a_client(&self) -> bool {
        [
            &self.client_name,
            &self.client_id,
            &self.redirect_uris,
            &self.client_secret,
        ]
        .iter()
        .any(|answer| !answer.trim().is_empty())
    }

    /// The same without what nobody should see twice.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        Self {
            password: String::new(),
            client_secret: String::new(),
            ..self.clone()
        }
    }

    /// What can be said against the answers without asking the store.
    pub fn objections(&self) -> Vec<RefusedAnswer> {
        let parse = |typed: &str| {
            Password::parse(typed).map_err(|error| match error {
                InvalidPassword::TooLong => PasswordRefused::TooLong,
                InvalidPassword::TooShort => PasswordRefused::TooShort { minimum: 8 },
            })
        };
        self.read(parse).err().unwrap_or_default()
    }

    /// The answers as values, with the least length that the realm `system` asks of a password.
    pub(super) fn of(&self, system: &Realm) -> Result<Answers, Vec<RefusedAnswer>> {
        self.read(|typed| PasswordRules::parse(system, typed))
    }

    fn read(
        &self,
        password: impl FnOnce(&str) -> Result<Password, PasswordRefused>,
    ) -> Result<Answers, Vec<RefusedAnswer>> {
        let mut reader = Reader::default();
        let username = reader.needed(Question::Username, &self.username, Username::parse);
        let display_name = reader.optional(
            Question::DisplayName,
            &self.display_name,
            DisplayName::parse,
        );
        let email = reader.optional(Question::Email, &self.email, Email::parse);
        let password = reader.password(&self.password, password);
        let realm_name = reader.optional(Question::RealmName, &self.realm_name, DisplayName::parse);
        let client = if self.names_a_client() {
            self.client(&mut reader)
        } else {
            None
        };
        match (username, password) {
            (Some(username), Some(password)) if reader.refused.is_empty() => Ok(Answers {
                username,
                display_name,
                email,
                password,
                realm_name,
                client,
            }),
            _ => Err(reader.refused),
        }
    }

    fn client(&self, reader: &mut Reader) -> Option<FirstClient> {
        let kind = self.client_kind.trim();
        let kind = if kind.is_empty() {
            Some(ClientKind::default())
        } else {
            reader.optional(Question::ClientKind, kind, |text| {
                ClientKind::parse(text)
                    .ok_or("it is one of `web`, `browser`, `native` and `machine`")
            })
        };
        let name = reader.needed(Question::ClientName, &self.client_name, DisplayName::parse);
        let client_id = reader.optional(Question::ClientId, &self.client_id, ClientId::parse);
        let secret = reader.optional(Question::ClientSecret, &self.client_secret, |text| {
            SuppliedSecret::parse(text)
                .map(|_| SecretText::new(text.to_owned()))
                .map_err(|refused| refused.description)
        });
        let kind = kind?;
        let redirect_uris = self.redirect_uris(kind, reader);
        if secret.is_some() && !kind.is_confidential() {
            let why = "a program in people's hands keeps no secret: its kind has none";
            reader.refuse(Question::ClientSecret, "", why);
        }
        Some(FirstClient {
            name: name?,
            client_id,
            kind,
            redirect_uris,
            secret,
        })
    }

    fn redirect_uris(&self, kind: ClientKind, reader: &mut Reader) -> Vec<RedirectUri> {
        let mut uris: Vec<RedirectUri> = Vec::new();
        let typed: Vec<&str> = self.redirect_uris.split_whitespace().collect();
        if !kind.has_people() {
            if let Some(first) = typed.first() {
                let why = "a program of its own sends nobody anywhere: it has no redirect URI";
                reader.refuse(Question::RedirectUris, first, why);
            }
            return uris;
        }
        if typed.is_empty() {
            reader.missing(Question::RedirectUris);
        }
        if typed.len() > Client::MAX_REDIRECT_URIS {
            reader.refuse(Question::RedirectUris, "", "there are too many of them");
            return uris;
        }
        for text in typed {
            let parsed = RedirectUri::parse(text).and_then(|uri| {
                uri.allowed_for(kind.application_type())?;
                Ok(uri)
            });
            match parsed {
                Ok(uri) if uris.contains(&uri) => {}
                Ok(uri) => uris.push(uri),
                Err(error) => reader.refuse(Question::RedirectUris, text, &error.to_string()),
            }
        }
        uris
    }
}

/// Collects what cannot be used.
#[derive(Default)]
struct Reader {
    refused: Vec<RefusedAnswer>,
}

impl Reader {
    fn missing(&mut self, question: Question) {
        self.refused
            .push(RefusedAnswer::new(question, Objection::Missing));
    }

    /// The first objection to a question is enough.
    fn refuse(&mut self, question: Question, part: &str, why: &str) {
        if self.refused.iter().any(|known| known.question == question) {
            return;
        }
        let (part, why) = (part.to_owned(), why.to_owned());
        self.refused.push(RefusedAnswer::new(
            question,
            Objection::Unusable { part, why },
        ));
    }

    fn optional<T, E: fmt::Display>(
        &mut self,
        question: Question,
        typed: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let typed = typed.trim();
        if typed.is_empty() {
            return None;
        }
        parse(typed)
            .map_err(|error| self.refuse(question, "", &error.to_string()))
            .ok()
    }

    fn needed<T, E: fmt::Display>(
        &mut self,
        question: Question,
        typed: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if typed.trim().is_empty() {
            self.missing(question);
        }
        self.optional(question, typed, parse)
    }

    /// A password is taken as it was typed, white space included.
    fn password(
        &mut self,
        typed: &str,
        parse: impl FnOnce(&str) -> Result<Password, PasswordRefused>,
    ) -> Option<Password> {
        if typed.is_empty() {
            self.missing(Question::Password);
            return None;
        }
        let refuse = |refused| RefusedAnswer::new(Question::Password, Objection::Password(refused));
        parse(typed)
            .map_err(|refused| self.refused.push(refuse(refused)))
            .ok()
    }
}
