//! The first run: one form in parts, of which only the administrator is obligatory, and the page
//! that says what the store holds when it is done.
//!
//! Looking at the form spends nothing: mail scanners and previews open links too.

use askama::Template;
use gatelodge_domain::Email;
use gatelodge_domain::user::ProfileClaim;
use gatelodge_ports::mailer::Delivery;
use gatelodge_usecases::setup::{
    ClientKind, Objection, Prefilled, Question, RefusedAnswer, SetUp, TestMail, TypedAnswers,
};

use super::messages::Texts;
use super::{Frame, Page, PageKind, assets};

/// The form. It posts a field for each [`Question`] but the brought secret, and `token`.
#[derive(Clone, Template)]
#[template(path = "setup.html")]
pub struct SetupPage {
    frame: Frame,
    action: String,
    token: String,
    issuer: String,
    /// Where mail goes; `None` where it goes nowhere.
    mail: Option<String>,
    typed: TypedAnswers,
    refused: Vec<RefusedAnswer>,
}

/// What a form is made of besides its surroundings.
pub struct SetupForm<'a> {
    /// Where it posts to.
    pub action: String,
    /// The secret of the link.
    pub token: &'a str,
    /// What the questions begin with.
    pub prefilled: Prefilled,
    /// What was typed; `None` at the first look.
    pub typed: Option<&'a TypedAnswers>,
    /// What is wrong with it.
    pub refused: Vec<RefusedAnswer>,
}

/// The form in the order of its fields: the first that is wrong takes the focus.
const ORDER: [Question; 9] = [
    Question::Username,
    Question::DisplayName,
    Question::Email,
    Question::Password,
    Question::RealmName,
    Question::ClientName,
    Question::ClientKind,
    Question::RedirectUris,
    Question::ClientId,
];

/// A field of the form.
struct FieldView {
    id: &'static str,
    label: String,
    value: String,
    kind: &'static str,
    autocomplete: &'static str,
    hint: String,
    problem: Option<String>,
    is_first: bool,
    question: Question,
}

/// A kind of client to choose.
struct KindView {
    value: &'static str,
    label: String,
}

impl Page for SetupPage {
    const KIND: PageKind = PageKind::Setup;
}

impl SetupPage {
    /// The form in these surroundings. Nothing secret that was typed is shown again.
    pub fn new(frame: Frame, form: SetupForm<'_>) -> Self {
        let typed = form.typed.map_or_else(
            || TypedAnswers {
                realm_name: form.prefilled.realm_name.clone(),
                // Where mail works, seeing that it does is what people want.
                test_mail: TestMail::Wanted,
                ..TypedAnswers::default()
            },
            TypedAnswers::without_secrets,
        );
        Self {
            frame,
            action: form.action,
            token: form.token.to_owned(),
            issuer: form.prefilled.issuer,
            mail: form.prefilled.mail,
            typed,
            refused: form.refused,
        }
    }

    fn is_problem(&self) -> bool {
        !self.refused.is_empty()
    }

    fn tests_mail(&self) -> bool {
        self.typed.test_mail == TestMail::Wanted
    }

    fn field(&self, question: Question) -> FieldView {
        let texts = &self.frame.texts;
        let typed = &self.typed;
        let none = String::new;
        let (label, value, hint) = match question {
            Question::Username => (&texts.username, &typed.username, none()),
            Question::DisplayName => (&texts.setup_display_name, &typed.display_name, none()),
            Question::Email => (&texts.setup_email, &typed.email, none()),
            Question::Password => {
                let hint = texts.setup_password_hint.to_string();
                (&texts.password, &typed.password, hint)
            }
            Question::RealmName => {
                let hint = texts.setup_realm_hint.with(&self.issuer);
                (&texts.setup_realm_name, &typed.realm_name, hint)
            }
            Question::ClientName => (&texts.setup_client_name, &typed.client_name, none()),
            Question::ClientKind => (&texts.setup_client_kind, &typed.client_kind, none()),
            Question::RedirectUris => {
                let hint = texts.setup_redirect_uris_hint.to_string();
                (&texts.setup_redirect_uris, &typed.redirect_uris, hint)
            }
            Question::ClientId | Question::ClientSecret => {
                let hint = texts.setup_client_id_hint.to_string();
                (&texts.setup_client_id, &typed.client_id, hint)
            }
        };
        let first = ORDER.into_iter().find(|known| {
            self.refused
                .iter()
                .any(|refused| refused.question == *known)
        });
        FieldView {
            id: question.as_str(),
            label: label.to_string(),
            value: value.clone(),
            kind: match question {
                Question::Email => "email",
                _ => "text",
            },
            autocomplete: match question {
                Question::Username => "username",
                Question::DisplayName => "name",
                Question::Email => "email",
                _ => "off",
            },
            hint,
            problem: self.problem(question),
            is_first: first.unwrap_or(Question::Username) == question,
            question,
        }
    }

    fn problem(&self, question: Question) -> Option<String> {
        let refused = self.refused.iter().find(|it| it.question == question)?;
        Some(objection(&self.frame.texts, refused))
    }

    fn kinds(&self) -> Vec<KindView> {
        let texts = &self.frame.texts;
        let view = |kind: ClientKind| KindView {
            value: kind.as_str(),
            label: match kind {
                ClientKind::Web => texts.setup_kind_web.to_string(),
                ClientKind::Browser => texts.setup_kind_browser.to_string(),
                ClientKind::Native => texts.setup_kind_native.to_string(),
                ClientKind::Machine => texts.setup_kind_machine.to_string(),
            },
        };
        ClientKind::ALL.into_iter().map(view).collect()
    }

    fn is_chosen(&self, kind: &KindView) -> bool {
        self.typed.client_kind == kind.value
    }
}

impl FieldView {
    fn is_needed(&self) -> bool {
        matches!(self.question, Question::Username | Question::Password)
    }

    /// Whether the label says that it may stay empty; the client says so for all of its fields.
    fn is_optional(&self) -> bool {
        matches!(self.question, Question::DisplayName | Question::Email)
    }

    fn is_code(&self) -> bool {
        matches!(
            self.question,
            Question::Username | Question::Email | Question::ClientId
        )
    }
}

/// What is wrong with an answer, in the words of the person's language.
fn objection(texts: &Texts, refused: &RefusedAnswer) -> String {
    let text = match (&refused.objection, refused.question) {
        (Objection::Missing, _) => &texts.setup_needed,
        (Objection::Password(password), _) => return texts.refused_password(*password),
        (Objection::Unusable { part, .. }, Question::RedirectUris) if !part.is_empty() => {
            return texts.setup_redirect_uri_bad.with(part);
        }
        (Objection::Taken, Question::Email) => &texts.setup_email_taken,
        (Objection::Taken, Question::ClientId) => &texts.setup_client_id_taken,
        (Objection::Taken, _) => &texts.setup_username_taken,
        (Objection::Unusable { .. }, Question::Username) => &texts.setup_username_bad,
        (Objection::Unusable { .. }, Question::Email) => &texts.email_bad,
        (Objection::Unusable { .. }, Question::RedirectUris) => &texts.setup_redirect_uris_bad,
        (Objection::Unusable { .. }, Question::ClientKind) => &texts.setup_client_kind_bad,
        (Objection::Unusable { .. }, Question::ClientId | Question::ClientSecret) => {
            &texts.setup_client_id_bad
        }
        (
            Objection::Unusable { .. },
            Question::DisplayName | Question::RealmName | Question::ClientName | Question::Password,
        ) => &texts.setup_name_bad,
    };
    text.to_string()
}

/// Says what the store holds now, and what comes next.
#[derive(Clone, Template)]
#[template(path = "setup_done.html")]
pub struct SetupDonePage {
    pub(super) frame: Frame,
    pub(super) username: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) roles: String,
    pub(super) realm_name: String,
    pub(super) issuer: String,
    pub(super) admin_url: String,
    pub(super) docs: String,
    pub(super) mail: Option<String>,
    /// How the test mail went: where it was sent, or why not.
    pub(super) tested: Option<Result<String, String>>,
    pub(super) client: Option<FirstClientView>,
}

/// The first client as the store has it.
#[derive(Clone)]
pub(super) struct FirstClientView {
    pub(super) name: String,
    pub(super) client_id: String,
    /// Shown this once; empty where there is none to show.
    pub(super) secret: String,
    pub(super) redirect_uris: Vec<String>,
    pub(super) is_machine: bool,
}

/// Where things are.
pub struct SetupPlaces {
    /// The issuer of the default realm.
    pub issuer: String,
    /// The issuer of `system`.
    pub admin_url: String,
    /// The path of the API documents.
    pub docs: String,
}

impl Page for SetupDonePage {
    const KIND: PageKind = PageKind::SetupDone;
}

impl SetupDonePage {
    /// The page for what was read back.
    pub fn new(frame: Frame, set_up: SetUp, places: SetupPlaces) -> Self {
        let user = &set_up.administrator;
        let secret = set_up.client_secret.as_ref();
        let secret = secret.map_or_else(String::new, |secret| secret.expose().clone());
        let client = set_up.client.as_ref().map(|client| FirstClientView {
            name: client.name.as_str().to_owned(),
            client_id: client.client_id.as_str().to_owned(),
            secret,
            redirect_uris: client
                .redirect_uris
                .iter()
                .map(|uri| uri.as_str().to_owned())
                .collect(),
            is_machine: client.may_use("client_credentials"),
        });
        let tested = set_up.tested.map(|tested| match tested.delivery {
            Delivery::Sent => Ok(tested.to),
            Delivery::TemporaryFailure(trouble) | Delivery::PermanentFailure(trouble) => {
                Err(trouble.reason)
            }
        });
        Self {
            frame,
            username: user.username.as_str().to_owned(),
            name: user
                .profile
                .get(ProfileClaim::Name)
                .unwrap_or_default()
                .to_owned(),
            email: user
                .email
                .as_ref()
                .map_or_else(String::new, |email: &Email| email.as_str().to_owned()),
            roles: set_up.roles.join(", "),
            realm_name: set_up.realm.name.as_str().to_owned(),
            issuer: places.issuer,
            admin_url: places.admin_url,
            docs: places.docs,
            mail: set_up.mail,
            tested,
            client,
        }
    }

    fn mail_way(&self) -> &str {
        self.mail
            .as_deref()
            .unwrap_or(self.frame.texts.setup_mail_none.as_str())
    }

    fn tested_text(&self) -> Option<String> {
        let texts = &self.frame.texts;
        Some(match self.tested.as_ref()? {
            Ok(to) => texts.setup_mail_tested.with(to),
            Err(reason) => texts.setup_mail_failed.with(reason),
        })
    }

    fn tested_class(&self) -> &'static str {
        match self.tested {
            Some(Err(_)) => "problem",
            Some(Ok(_)) | None => "hint",
        }
    }

    fn has_token_example(&self) -> bool {
        self.client.as_ref().is_some_and(|client| client.is_machine)
    }
}
