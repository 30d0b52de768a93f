//! The questions at a terminal. Each answer is looked at before the next question; what only the
//! store can refuse is asked again.

use std::io::{IsTerminal as _, Write as _};

use gatelodge_usecases::setup::{
    ClientKind, Objection, Prefilled, Question, RefusedAnswer, TestMail, TypedAnswers,
};

use crate::stop::Stop;

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answering {
    /// Somebody at a terminal. What is asked goes to standard error: standard output is for what
    /// was set up.
    Person,
    /// Nobody: the answers are those of the command line.
    Nobody,
}

impl Answering {
    /// Whoever is at the terminal, if there is one.
    pub(super) fn here() -> Self {
        if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
            Self::Person
        } else {
            Self::Nobody
        }
    }
}

/// Asks every question that has no answer yet.
pub(super) fn ask_for_the_rest(
    typed: &mut TypedAnswers,
    prefilled: &Prefilled,
) -> Result<(), Stop> {
    eprintln!("Only the administrator has to be named; an empty answer leaves a thing out.\n");
    eprintln!("The first administrator");
    for question in [
        Question::Username,
        Question::DisplayName,
        Question::Email,
        Question::Password,
    ] {
        ask_if_open(typed, question)?;
    }
    eprintln!("\nWhere your users sign in: {}", prefilled.issuer);
    if typed.realm_name.is_empty() {
        let known = format!("Name that they see [{}]", prefilled.realm_name);
        ask(typed, Question::RealmName, &known)?;
    }
    eprintln!("\nMail");
    ask_for_mail(typed, prefilled)?;
    eprintln!("\nA first client, which people sign in to or which calls an API");
    ask_if_open(typed, Question::ClientName)?;
    if typed.names_a_client() {
        ask_for_client(typed)?;
    }
    eprintln!();
    Ok(())
}

/// Says what is wrong and asks for that once more.
pub(super) fn ask_again(typed: &mut TypedAnswers, refused: &[RefusedAnswer]) -> Result<(), Stop> {
    for refused in refused {
        eprintln!("  {}: {}.", words(refused.question), refused.objection);
        ask(typed, refused.question, words(refused.question))?;
    }
    Ok(())
}

fn ask_for_mail(typed: &mut TypedAnswers, prefilled: &Prefilled) -> Result<(), Stop> {
    let Some(way) = &prefilled.mail else {
        eprintln!(
            "  No mail can be sent yet. That is for the configuration: see [mail] in \
             gatelodge.toml."
        );
        return Ok(());
    };
    eprintln!("  Mail leaves by {way}.");
    if typed.test_mail == TestMail::Unwanted && !typed.email.is_empty() {
        let answer = line(&format!("Send a test mail to {} [Y/n]", typed.email))?;
        if !answer.to_ascii_lowercase().starts_with('n') {
            typed.test_mail = TestMail::Wanted;
        }
    }
    Ok(())
}

fn ask_for_client(typed: &mut TypedAnswers) -> Result<(), Stop> {
    ask_if_open(typed, Question::ClientKind)?;
    let kind = ClientKind::parse(typed.client_kind.trim()).unwrap_or_default();
    if kind.has_people() {
        ask_if_open(typed, Question::RedirectUris)?;
    }
    ask_if_open(typed, Question::ClientId)
}

fn ask_if_open(typed: &mut TypedAnswers, question: Question) -> Result<(), Stop> {
    if slot(typed, question).is_empty() {
        ask(typed, question, words(question))
    } else {
        Ok(())
    }
}

/// Asks until the answer can be used, as far as it can be told without the store.
fn ask(typed: &mut TypedAnswers, question: Question, what: &str) -> Result<(), Stop> {
    loop {
        *slot(typed, question) = match question {
            Question::Password => hidden_twice()?,
            Question::ClientSecret => hidden(what)?,
            _ => line(what)?,
        };
        match against(typed, question) {
            None => return Ok(()),
            Some(objection) => eprintln!("  That cannot be used: {objection}."),
        }
    }
}

/// What can be said against one answer.
fn against(typed: &TypedAnswers, question: Question) -> Option<Objection> {
    let refused = typed.objections();
    let mut of_this = refused.into_iter().filter(|it| it.question == question);
    of_this.next().map(|refused| refused.objection)
}

const fn words(question: Question) -> &'static str {
    match question {
        Question::Username => "User name",
        Question::DisplayName => "Your name (optional)",
        Question::Email => "Mail address (optional)",
        Question::Password => "Password (8 characters or more)",
        Question::RealmName => "Name that they see",
        Question::ClientName => "Name (empty: none for now)",
        Question::ClientKind => "Kind: web, browser, native or machine [web]",
        Question::RedirectUris => "Redirect URIs, with spaces between them",
        Question::ClientId => "Client ID (empty: one is made)",
        Question::ClientSecret => "Client secret",
    }
}

const fn slot(typed: &mut TypedAnswers, question: Question) -> &mut String {
    match question {
        Question::Username => &mut typed.username,
        Question::DisplayName => &mut typed.display_name,
        Question::Email => &mut typed.email,
        Question::Password => &mut typed.password,
        Question::RealmName => &mut typed.realm_name,
        Question::ClientName => &mut typed.client_name,
        Question::ClientKind => &mut typed.client_kind,
        Question::ClientId => &mut typed.client_id,
        Question::RedirectUris => &mut typed.redirect_uris,
        Question::ClientSecret => &mut typed.client_secret,
    }
}

fn line(what: &str) -> Result<String, Stop> {
    eprint!("  {what}: ");
    std::io::stderr().flush().map_err(|error| unheard(&error))?;
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line);
    if read.map_err(|error| unheard(&error))? == 0 {
        return Err(Stop::usage("no answer; nothing was set up"));
    }
    Ok(line.trim().to_owned())
}

fn hidden(what: &str) -> Result<String, Stop> {
    rpassword::prompt_password(format!("  {what}: ")).map_err(|error| unheard(&error))
}

fn hidden_twice() -> Result<String, Stop> {
    loop {
        let first = hidden(words(Question::Password))?;
        if hidden("The same again")? == first {
            return Ok(first);
        }
        eprintln!("  They differ; once more, please.");
    }
}

fn unheard(error: &std::io::Error) -> Stop {
    Stop::failure(format!("no answer: {error}"))
}
