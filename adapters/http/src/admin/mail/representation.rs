//! How mail templates look.

use gatelodge_usecases::mail::{MailTemplate, StoredTemplate, TemplateTexts, Variable};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time;

/// The texts of a mail. `{{name}}` stands for a variable of the mail; there is no other syntax.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailTemplateBody {
    /// One line.
    #[schema(example = "A new password for {{realm}}")]
    pub(crate) subject: String,
    /// What programs without HTML show. An empty line ends a paragraph; one that is `{{link}}`
    /// alone becomes a button.
    #[schema(example = "Hello {{name}},\n\nchoose a new password:\n\n{{link}}")]
    pub(crate) text: String,
    /// The label of that button; without one there is the link alone.
    #[serde(default)]
    #[schema(example = "Choose a new password")]
    pub(crate) button: Option<String>,
    /// What the others show, in which values are escaped; made from the text without.
    #[serde(default)]
    #[schema(example = "<p>Hello {{name}}, <a href=\"{{link}}\">choose a new password</a>.</p>")]
    pub(crate) html: Option<String>,
}

impl MailTemplateBody {
    pub(super) fn texts(self) -> TemplateTexts {
        TemplateTexts {
            subject: self.subject,
            text: self.text,
            button: self.button,
            html: self.html,
        }
    }
}

/// A variable that a mail's texts may name.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailVariableAnswer {
    /// Its name: `{{name}}` in a text.
    #[schema(example = "link")]
    name: &'static str,
    /// One sentence about it.
    #[schema(example = "The one-time link.")]
    about: &'static str,
    /// What a preview shows for it.
    #[schema(example = "https://id.example.org/recover/gl_ot_example")]
    sample: &'static str,
    /// Whether the text must name it.
    #[schema(example = true)]
    required: bool,
}

/// A mail's texts in one language, as they are in effect.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailTemplateAnswer {
    /// Which mail.
    #[schema(example = "password_reset")]
    name: &'static str,
    /// In which language.
    #[schema(example = "en")]
    language: String,
    /// One sentence about the mail.
    #[schema(example = "The link to a new password, for who asked for it.")]
    about: &'static str,
    /// `built_in`, or `realm` where the realm wrote its own.
    #[schema(example = "built_in")]
    origin: &'static str,
    /// The subject.
    #[schema(example = "A new password for {{realm}}")]
    subject: String,
    /// The plain part.
    #[schema(example = "Hello {{name}},\n\nchoose a new password:\n\n{{link}}")]
    text: String,
    /// The label of the button.
    #[schema(example = "Choose a new password")]
    button: Option<String>,
    /// The HTML part, where one was written.
    #[schema(example = "<p>Hello {{name}}</p>")]
    html: Option<String>,
    /// What the texts may name.
    variables: Vec<MailVariableAnswer>,
    /// When the realm wrote its own last.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    updated_at: Option<String>,
}

impl MailTemplateAnswer {
    pub(super) fn of(stored: StoredTemplate) -> Self {
        let template: MailTemplate = stored.template;
        let variable = |variable: &Variable| MailVariableAnswer {
            name: variable.name,
            about: variable.about,
            sample: variable.sample,
            required: template
                .required()
                .is_some_and(|needed| needed.name == variable.name),
        };
        Self {
            name: template.as_str(),
            language: stored.language,
            about: template.about(),
            origin: match stored.updated_at {
                Some(_) => "realm",
                None => "built_in",
            },
            subject: stored.texts.subject,
            text: stored.texts.text,
            button: stored.texts.button,
            html: stored.texts.html,
            variables: template.variables().iter().map(variable).collect(),
            updated_at: stored.updated_at.map(time::to_text),
        }
    }
}
