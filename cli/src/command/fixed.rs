//! Commands that are no resource.

use clap::{Arg, ArgAction, Command, value_parser};
use clap_complete::Shell;

/// Ninety days.
const SECRET_OVERLAP_MAX: u64 = 7_776_000;

/// All of them, in the order of help.
pub(super) fn commands() -> Vec<Command> {
    vec![
        login(),
        Command::new("logout").about("Gives the tokens back and forgets the sign-in"),
        Command::new("status").about("Shows who is signed in, to which server"),
        token(),
        apply(),
        diff(),
        export(),
        request(),
        completions(),
        man(),
    ]
}

fn login() -> Command {
    Command::new("login")
        .about("Signs in: a person in the browser, or a client by its secret")
        .arg(
            Arg::new("scope")
                .long("scope")
                .value_name("SCOPES")
                .help("What to ask for [default: `openid profile admin`, or `admin` for a client]"),
        )
        .arg(
            Arg::new("no-browser")
                .long("no-browser")
                .action(ArgAction::SetTrue)
                .help("Print the address and open nothing"),
        )
        .arg(
            Arg::new("callback-port")
                .long("callback-port")
                .value_name("PORT")
                .value_parser(value_parser!(u16))
                .help("Where the browser comes back to, for a tunnel [default: any free port]"),
        )
        .arg(
            Arg::new("timeout")
                .long("timeout")
                .value_name("SECONDS")
                .value_parser(value_parser!(u64).range(1..))
                .default_value("600")
                .help("How long to wait for the browser"),
        )
        .arg(
            Arg::new("client-id")
                .long("client-id")
                .value_name("ID")
                .help("Sign in as a client of realm `system` (client credentials)"),
        )
        .arg(
            Arg::new("client-secret-file")
                .long("client-secret-file")
                .value_name("FILE")
                .requires("client-id")
                .conflicts_with("client-secret-env")
                .help("Where its secret is, each time; `-` reads it now and keeps it"),
        )
        .arg(
            Arg::new("client-secret-env")
                .long("client-secret-env")
                .value_name("VARIABLE")
                .requires("client-id")
                .help("The variable that holds its secret, each time"),
        )
}

fn token() -> Command {
    Command::new("token")
        .about("Prints an access token for other programs")
        .args_conflicts_with_subcommands(true)
        .subcommand(
            Command::new("inspect")
                .about("Shows what a token says, without asking anybody and without checking it")
                .arg(
                    Arg::new("file")
                        .value_name("FILE")
                        .help("Where the token is; `-` is standard input [default: your own]"),
                ),
        )
}

fn files_arg() -> Arg {
    Arg::new("files")
        .long("file")
        .short('f')
        .value_name("PATH")
        .required(true)
        .action(ArgAction::Append)
        .help("A YAML or JSON file, a folder of them, or `-`; may be repeated")
}

fn prune_arg() -> Arg {
    Arg::new("prune")
        .long("prune")
        .action(ArgAction::SetTrue)
        .help("Delete what is not in the files (never realms, users, or what is built in)")
}

fn apply() -> Command {
    Command::new("apply")
        .about("Makes a realm as files describe it, and changes nothing else")
        .arg(files_arg())
        .arg(prune_arg())
        .arg(
            Arg::new("dry-run")
                .long("dry-run")
                .action(ArgAction::SetTrue)
                .help("Show what would be done, and do nothing"),
        )
        .arg(
            Arg::new("yes")
                .long("yes")
                .short('y')
                .action(ArgAction::SetTrue)
                .help("Do not ask, at a terminal, before something is deleted"),
        )
        .arg(
            Arg::new("watch")
                .long("watch")
                .short('w')
                .action(ArgAction::SetTrue)
                .conflicts_with("dry-run")
                .help("Go on: apply again when a file changes, and every --interval"),
        )
        .arg(
            Arg::new("interval")
                .long("interval")
                .value_name("SECONDS")
                .value_parser(value_parser!(u64).range(1..))
                .requires("watch")
                .help("How often to look at the server, with --watch [default: 60]"),
        )
        .arg(
            Arg::new("secret-overlap")
                .long("secret-overlap")
                .value_name("SECONDS")
                .value_parser(value_parser!(u64).range(..=SECRET_OVERLAP_MAX))
                .help(
                    "How long a client's old secret goes on working beside the one that takes \
                     its place [default: 0]",
                ),
        )
}

fn diff() -> Command {
    Command::new("diff")
        .about("Shows what `apply` would change")
        .after_help(
            "Exit status: 0 no difference, 1 differences, 2 usage, 3 not signed in, 4 failed.",
        )
        .arg(files_arg())
        .arg(prune_arg())
}

fn export() -> Command {
    Command::new("export")
        .about("Writes a realm as files that `apply` takes, without any secret")
        .arg(
            // In the place of the global one: files are always YAML.
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("PATH")
                .help(
                    "A folder, for a file of each kind, or a file ending in .yaml \
                     [default: standard output]",
                ),
        )
        .arg(
            Arg::new("users")
                .long("users")
                .action(ArgAction::SetTrue)
                .help("Users too, without their passwords"),
        )
        .arg(
            Arg::new("kinds")
                .long("kind")
                .value_name("KIND")
                .action(ArgAction::Append)
                .help("Only these kinds; may be repeated"),
        )
}

fn request() -> Command {
    Command::new("request")
        .about("Sends any request to the admin API, signed in")
        .arg(
            Arg::new("method")
                .value_name("METHOD")
                .required(true)
                .help("GET, POST, …"),
        )
        .arg(
            Arg::new("path")
                .value_name("PATH")
                .required(true)
                .help("Below /admin/v1, with its query: `/realms?limit=1`"),
        )
        .arg(
            Arg::new("file")
                .long("file")
                .short('f')
                .value_name("FILE")
                .help("The body, JSON or YAML; `-` is standard input"),
        )
        .arg(
            Arg::new("header")
                .long("header")
                .short('H')
                .value_name("NAME: VALUE")
                .action(ArgAction::Append)
                .help("A further header"),
        )
}

fn completions() -> Command {
    Command::new("completions")
        .about("Prints a script that completes commands in a shell")
        .arg(
            Arg::new("shell")
                .value_name("SHELL")
                .required(true)
                .value_parser(value_parser!(Shell)),
        )
}

fn man() -> Command {
    Command::new("man").about("Writes manual pages").arg(
        Arg::new("folder")
            .value_name("FOLDER")
            .required(true)
            .help("Where to, such as /usr/local/share/man/man1"),
    )
}
