//! Options of every command.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::environment::variable;
use crate::fault::Fault;
use crate::http::{Http, Trust, server_url, url_text};
use crate::output::Format;
use crate::session::{Access, Admin, Profiles};

const HEADING: &str = "For every command";
const DEFAULT_URL: &str = "http://127.0.0.1:9041";
const TOKEN: &str = "LODGE_TOKEN";

/// Their values.
#[derive(Debug, Clone)]
pub(crate) struct Globals {
    /// Which profile.
    pub(crate) profile: String,
    /// Which server, where it was said.
    pub(crate) admin_url: Option<String>,
    /// In which realm, where it was said.
    pub(crate) realm: Option<String>,
    /// How data are printed.
    pub(crate) output: Format,
    /// Whom to believe.
    pub(crate) trust: Trust,
}

/// Adds them.
pub(super) fn add(command: Command) -> Command {
    let global = |order: usize, name: &'static str, env: &'static str, help: &str| {
        Arg::new(name)
            .long(name)
            .env(env)
            .hide_env(true)
            .global(true)
            .help_heading(HEADING)
            .display_order(900 + order)
            .help(format!("{help} [{env}]"))
    };
    let realm = global(
        0,
        "realm",
        "LODGE_REALM",
        "The realm to work in, else `default`",
    )
    .short('r')
    .value_name("SLUG");
    let output = Arg::new("output")
        .long("output")
        .short('o')
        .global(true)
        .help_heading(HEADING)
        .display_order(901)
        .value_name("FORMAT")
        .hide_possible_values(true)
        .value_parser(value_parser!(Format))
        .help("table (unless told otherwise), json, yaml or ndjson");
    let profile = global(
        2,
        "profile",
        "LODGE_PROFILE",
        "Which sign-in, else `default`",
    )
    .value_name("NAME");
    let url = global(
        3,
        "admin-url",
        "LODGE_ADMIN_URL",
        "Which server, else the profile's",
    )
    .value_name("URL");
    let ca = global(
        4,
        "ca-file",
        "LODGE_CA_FILE",
        "Believe these authorities alone (PEM)",
    )
    .value_name("FILE")
    .value_parser(value_parser!(PathBuf));
    let insecure = global(
        5,
        "allow-insecure",
        "LODGE_ALLOW_INSECURE",
        "Plain http beyond this machine",
    )
    .action(ArgAction::SetTrue);
    command.args([realm, output, profile, url, ca, insecure])
}

impl Globals {
    /// Reads them.
    pub(crate) fn read(matches: &ArgMatches) -> Self {
        let text = |name: &str| {
            let found = matches.get_one::<String>(name);
            found.filter(|value| !value.is_empty()).cloned()
        };
        Self {
            profile: text("profile").unwrap_or_else(|| "default".to_owned()),
            admin_url: text("admin-url"),
            realm: text("realm"),
            // `export` has an output of its own.
            output: matches
                .try_get_one::<Format>("output")
                .ok()
                .flatten()
                .copied()
                .unwrap_or(Format::Table),
            trust: Trust {
                // A profile remembers it, and is used from other folders.
                ca_file: matches
                    .get_one::<PathBuf>("ca-file")
                    .map(|file| std::path::absolute(file).unwrap_or_else(|_| file.clone())),
                insecure: matches.get_flag("allow-insecure"),
            },
        }
    }

    /// The realm to work in.
    pub(crate) fn realm(&self) -> &str {
        self.realm.as_deref().unwrap_or("default")
    }

    /// The profile that is meant.
    pub(crate) fn profiles(&self) -> Result<Profiles, Fault> {
        Profiles::named(&self.profile)
    }

    /// The server to sign in to: that was said, or of the profile, or on this machine.
    pub(crate) fn server_to_sign_in_to(&self) -> Result<Http, Fault> {
        let known = || {
            let profiles = self.profiles().ok()?;
            Some(profiles.find().ok()??.admin_url)
        };
        let text = self.admin_url.clone().or_else(known);
        let url = server_url(text.as_deref().unwrap_or(DEFAULT_URL))?;
        Http::new(&url, &self.trust)
    }

    /// The server with a token for it.
    pub(crate) fn admin(&self) -> Result<Admin, Fault> {
        if let Some(token) = variable(TOKEN) {
            return Ok(Admin::new(
                self.server_to_sign_in_to()?,
                Access::Given(token),
            ));
        }
        let profiles = self.profiles()?;
        let profile = profiles.get()?;
        if let Some(text) = &self.admin_url
            && url_text(&server_url(text)?) != profile.admin_url
        {
            return Err(Fault::Usage(format!(
                "profile `{}` is signed in to {}, and its token is not sent to {text}: use \
                 another --profile",
                self.profile, profile.admin_url
            )));
        }
        let trust = Trust {
            ca_file: self
                .trust
                .ca_file
                .clone()
                .or_else(|| profile.ca_file.clone()),
            insecure: self.trust.insecure || profile.allow_insecure,
        };
        let http = Http::new(&server_url(&profile.admin_url)?, &trust)?;
        let access = Access::Profile(profiles, Box::new(profile.into()));
        Ok(Admin::new(http, access))
    }
}
