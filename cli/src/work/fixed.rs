//! Commands that are no resource: signing in and out, tokens, plain requests, completions and
//! manual pages.

use std::time::Duration;

use clap::{ArgMatches, Command};
use clap_complete::Shell;
use serde_json::{Value, json};

use crate::command::{Globals, read_text, read_value};
use crate::fault::Fault;
use crate::http::Request;
use crate::output::{Format, note, one, print};
use crate::session::{self, BrowserLogin, SecretSource};

/// `lodge login`.
pub(super) fn login(globals: &Globals, matches: &ArgMatches) -> Result<(), Fault> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let profiles = globals.profiles()?;
    let http = globals.server_to_sign_in_to()?;
    let Some(client_id) = text("client-id") else {
        let wish = BrowserLogin {
            scope: text("scope").unwrap_or_else(|| "openid profile admin".to_owned()),
            no_browser: matches.get_flag("no-browser"),
            port: matches
                .get_one::<u16>("callback-port")
                .copied()
                .unwrap_or(0),
            patience: Duration::from_secs(*matches.get_one::<u64>("timeout").unwrap_or(&600)),
        };
        return session::sign_in(&http, &globals.trust, &profiles, &wish);
    };
    let source = match (text("client-secret-file"), text("client-secret-env")) {
        (Some(file), _) => SecretSource::file(&file)?,
        (_, Some(name)) => SecretSource::Env(name),
        (None, None) => {
            return Err(Fault::Usage(
                "--client-secret-file or --client-secret-env is needed with --client-id".to_owned(),
            ));
        }
    };
    let scope = text("scope").unwrap_or_else(|| "admin".to_owned());
    let trust = &globals.trust;
    session::sign_in_machine(&http, trust, &profiles, &client_id, source, &scope)
}

/// `lodge logout`.
pub(super) fn logout(globals: &Globals) -> Result<(), Fault> {
    let profiles = globals.profiles()?;
    let profile = profiles.get()?;
    let mut globals = globals.clone();
    globals.admin_url = Some(profile.admin_url.clone());
    let trust = &mut globals.trust;
    trust.ca_file = trust.ca_file.take().or_else(|| profile.ca_file.clone());
    trust.insecure |= profile.allow_insecure;
    session::sign_out(&globals.server_to_sign_in_to()?, &profiles, &profile)
}

/// `lodge status`.
pub(super) fn status(globals: &Globals) -> Result<(), Fault> {
    let shown = session::status(&globals.profiles()?, &globals.admin()?)?;
    let first = ["profile", "admin_url", "username", "client_id", "scope"];
    one(globals.output, &shown, &first.map(str::to_owned))
}

/// `lodge token` and `lodge token inspect`.
pub(super) fn token(globals: &Globals, matches: &ArgMatches) -> Result<(), Fault> {
    let Some((_, matches)) = matches.subcommand() else {
        return print(&format!("{}\n", globals.admin()?.token()?));
    };
    let globals = Globals::read(matches);
    let token = match matches.get_one::<String>("file") {
        Some(file) => read_text(file)?,
        None => globals.admin()?.token()?,
    };
    let shown = session::inspect(&token)?;
    note("Read on this machine; its signature was not checked.");
    one(globals.output, &shown, &["header".to_owned()])
}

/// `lodge request`.
pub(super) fn request(globals: &Globals, matches: &ArgMatches) -> Result<(), Fault> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let method = text("method").unwrap_or("GET").to_uppercase();
    let path = text("path").unwrap_or_default();
    let path = path.strip_prefix("/admin/v1").unwrap_or(path);
    let mut request = Request::new(
        &method,
        &format!("/admin/v1/{}", path.trim_start_matches('/')),
    );
    if let Some(file) = text("file") {
        let media = match method.as_str() {
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        let body = read_value(file)?.to_string();
        request.body = Some((media.to_owned(), body.into_bytes()));
    }
    for header in matches.get_many::<String>("header").into_iter().flatten() {
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| Fault::Usage(format!("`{header}`: write NAME: VALUE")))?;
        request = request.header(name.trim(), value.trim());
    }
    let reply = globals.admin()?.call(&request)?;
    match serde_json::from_slice::<Value>(&reply.body) {
        Ok(value) => {
            // An answer of any shape is best read as JSON.
            let format = match globals.output {
                Format::Table => Format::Json,
                asked => asked,
            };
            one(format, &value, &[])
        }
        Err(_) if reply.body.is_empty() => {
            note(&format!("{}", json!({ "status": reply.status })));
            Ok(())
        }
        Err(_) => print(&String::from_utf8_lossy(&reply.body)),
    }
}

/// `lodge completions`.
pub(super) fn completions(mut tree: Command, matches: &ArgMatches) -> Result<(), Fault> {
    let shell = matches.get_one::<Shell>("shell").copied();
    let shell = shell.ok_or_else(|| Fault::Usage("which shell?".to_owned()))?;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut tree, "lodge", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// `lodge man`.
pub(super) fn man(tree: Command, matches: &ArgMatches) -> Result<(), Fault> {
    let folder = matches
        .get_one::<String>("folder")
        .cloned()
        .unwrap_or_default();
    let wrong = |error: std::io::Error| Fault::because(&folder, &error);
    std::fs::create_dir_all(&folder).map_err(wrong)?;
    clap_mangen::generate_to(tree, &folder).map_err(wrong)?;
    note(&format!(
        "Manual pages are in {folder}; read the first with `man -l {folder}/lodge.1`."
    ));
    Ok(())
}
