//! The kinds of mail, and what each can say.

/// A variable of a template: `{{name}}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// One sentence about it.
    pub about: &'static str,
    /// What a preview shows for it.
    pub sample: &'static str,
}

const REALM: Variable = Variable {
    name: "realm",
    about: "The realm's name as people know it.",
    sample: "Example",
};
const NAME: Variable = Variable {
    name: "name",
    about: "The person's name, or their user name where none is known.",
    sample: "Ada Lovelace",
};
const USERNAME: Variable = Variable {
    name: "username",
    about: "What the person signs in with.",
    sample: "ada",
};
const LINK: Variable = Variable {
    name: "link",
    about: "The one-time link.",
    sample: "https://id.example.org/recover/gl_ot_example",
};
const VALID_UNTIL: Variable = Variable {
    name: "valid_until",
    about: "Until when the link works, as 2026-03-01 09:05 UTC.",
    sample: "2026-03-01 09:05 UTC",
};
const EMAIL: Variable = Variable {
    name: "email",
    about: "The address that the mail is about.",
    sample: "ada@example.org",
};
const TIME: Variable = Variable {
    name: "time",
    about: "When it happened, as 2026-03-01 09:05 UTC.",
    sample: "2026-03-01 09:05 UTC",
};

/// A kind of mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MailTemplate {
    /// The link to a new password.
    PasswordReset,
    /// Word that the password is another one now.
    PasswordChanged,
    /// The link that proves an address.
    EmailVerification,
    /// Word to the old address that another one is to take its place.
    EmailChanged,
    /// What an administrator sends to themselves to see that mail works.
    Test,
}

impl MailTemplate {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::PasswordReset,
        Self::PasswordChanged,
        Self::EmailVerification,
        Self::EmailChanged,
        Self::Test,
    ];

    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PasswordReset => "password_reset",
            Self::PasswordChanged => "password_changed",
            Self::EmailVerification => "email_verification",
            Self::EmailChanged => "email_changed",
            Self::Test => "test",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|template| template.as_str() == name)
    }

    /// One sentence about it.
    pub const fn about(self) -> &'static str {
        match self {
            Self::PasswordReset => "The link to a new password, for who asked for it.",
            Self::PasswordChanged => "Word that the password was changed.",
            Self::EmailVerification => "The link that proves that an address is theirs.",
            Self::EmailChanged => "Word to the old address that another one takes its place.",
            Self::Test => "What an administrator sends to themselves to see that mail works.",
        }
    }

    /// What its texts may name.
    pub const fn variables(self) -> &'static [Variable] {
        match self {
            Self::PasswordReset => &[REALM, NAME, USERNAME, LINK, VALID_UNTIL],
            Self::PasswordChanged => &[REALM, NAME, USERNAME, TIME],
            Self::EmailVerification => &[REALM, NAME, USERNAME, EMAIL, LINK, VALID_UNTIL],
            Self::EmailChanged => &[REALM, NAME, USERNAME, EMAIL, TIME],
            Self::Test => &[REALM, NAME, USERNAME],
        }
    }

    /// What its texts must name, or it would be of no use.
    pub const fn required(self) -> Option<Variable> {
        match self {
            Self::PasswordReset | Self::EmailVerification => Some(LINK),
            Self::PasswordChanged | Self::EmailChanged | Self::Test => None,
        }
    }

    /// The variable of that name, if it has one.
    pub fn variable(self, name: &str) -> Option<&'static Variable> {
        self.variables()
            .iter()
            .find(|variable| variable.name == name)
    }
}
