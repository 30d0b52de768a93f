//! The answers that come with the command line: flags, variables, and files for secrets.

use std::path::{Path, PathBuf};

use clap::Args;
use gatelodge_usecases::setup::{Objection, Question, RefusedAnswer, TestMail, TypedAnswers};

use crate::stop::Stop;

const PASSWORD: &str = "GATELODGE_ADMIN_PASSWORD";
const SECRET: &str = "GATELODGE_CLIENT_SECRET";

/// Answers, in the order in which they would be asked for.
#[derive(Debug, Args)]
#[command(next_help_heading = "Answers")]
pub(super) struct AnswerFlags {
    /// User name of the first administrator.
    #[arg(long, env = "GATELODGE_ADMIN_USERNAME", value_name = "NAME")]
    admin_username: Option<String>,
    /// Their name as people know it.
    #[arg(long, env = "GATELODGE_ADMIN_DISPLAY_NAME", value_name = "NAME")]
    admin_display_name: Option<String>,
    /// Their mail address.
    #[arg(long, env = "GATELODGE_ADMIN_EMAIL", value_name = "ADDRESS")]
    admin_email: Option<String>,
    /// File of their password.
    #[arg(long, env = "GATELODGE_ADMIN_PASSWORD_FILE", value_name = "FILE")]
    admin_password_file: Option<PathBuf>,
    /// Send them a mail, to see that mail works.
    #[arg(long)]
    test_mail: bool,
    /// Name of the default realm, which its users see.
    #[arg(long, env = "GATELODGE_REALM_NAME", value_name = "NAME")]
    realm_name: Option<String>,
    /// Name of a first client.
    #[arg(long, env = "GATELODGE_CLIENT_NAME", value_name = "NAME")]
    client_name: Option<String>,
    /// What kind of program it is: web, browser, native or machine [default: web].
    #[arg(long, env = "GATELODGE_CLIENT_KIND", value_name = "KIND")]
    client_kind: Option<String>,
    /// Where its people come back to; may be repeated (in the variable, between spaces).
    #[arg(
        long,
        env = "GATELODGE_CLIENT_REDIRECT_URIS",
        value_name = "URI",
        value_delimiter = ' '
    )]
    client_redirect_uri: Vec<String>,
    /// Its identifier; made without.
    #[arg(long, env = "GATELODGE_CLIENT_ID", value_name = "ID")]
    client_id: Option<String>,
    /// File of its secret (32 characters or more); made without.
    #[arg(long, env = "GATELODGE_CLIENT_SECRET_FILE", value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
}

impl AnswerFlags {
    /// The answers, secrets read from where they are.
    pub(super) fn read(&self) -> Result<TypedAnswers, Stop> {
        let text = |answer: &Option<String>| answer.clone().unwrap_or_default();
        let password = secret(
            "--admin-password-file",
            self.admin_password_file.as_deref(),
            PASSWORD,
        )?;
        let client_secret = secret(
            "--client-secret-file",
            self.client_secret_file.as_deref(),
            SECRET,
        )?;
        Ok(TypedAnswers {
            username: text(&self.admin_username),
            display_name: text(&self.admin_display_name),
            email: text(&self.admin_email),
            password,
            realm_name: text(&self.realm_name),
            client_name: text(&self.client_name),
            client_kind: text(&self.client_kind),
            client_id: text(&self.client_id),
            redirect_uris: self.client_redirect_uri.join(" "),
            client_secret,
            test_mail: if self.test_mail {
                TestMail::Wanted
            } else {
                TestMail::Unwanted
            },
        })
    }
}

/// The flag by which a question is answered.
pub(super) const fn flag_of(question: Question) -> &'static str {
    match question {
        Question::Username => "--admin-username",
        Question::DisplayName => "--admin-display-name",
        Question::Email => "--admin-email",
        Question::Password => "--admin-password-file (or GATELODGE_ADMIN_PASSWORD)",
        Question::RealmName => "--realm-name",
        Question::ClientName => "--client-name",
        Question::ClientKind => "--client-kind",
        Question::ClientId => "--client-id",
        Question::RedirectUris => "--client-redirect-uri",
        Question::ClientSecret => "--client-secret-file (or GATELODGE_CLIENT_SECRET)",
    }
}

/// Whether there was no answer where there must be one.
pub(super) fn is_missing(refused: &RefusedAnswer) -> bool {
    refused.objection == Objection::Missing
}

/// A secret from its file or its variable; both at once would leave open which one counts.
fn secret(flag: &str, file: Option<&Path>, variable: &str) -> Result<String, Stop> {
    let given = std::env::vars_os()
        .find(|(name, _)| name == variable)
        .map(|(_, value)| value);
    match (file, given) {
        (Some(_), Some(_)) => Err(Stop::usage(format!(
            "{flag} and {variable} are both given; give one"
        ))),
        (Some(path), None) => secret_in(path),
        (None, Some(value)) => value
            .into_string()
            .map_err(|_| Stop::usage(format!("{variable} is not UTF-8"))),
        (None, None) => Ok(String::new()),
    }
}

/// The text of a file without the line break that editors leave at its end.
fn secret_in(path: &Path) -> Result<String, Stop> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Stop::usage(format!("{} cannot be read: {error}", path.display())))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
