//! The first run: at the page behind the one-time link and at `gatelodge init`. Both ask the
//! same, a wrong answer costs nothing, and what they say at the end the store really holds.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use gatelodge_testkit::client::basic;
use gatelodge_testkit::{Answer, Browser, Http, RelyingParty, Server, binary, free_port};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::tls::until;

/// With what a file of another format would take for a comment.
const PASSWORD: &str = "five #unusual; batteries = stapled";

/// The one-time link of a server on which nobody administers.
fn link(server: &Server) -> String {
    let text = fs::read_to_string(server.data_dir().join("first-admin")).unwrap();
    text.trim().to_owned()
}

/// What an administrator sees at a path of the admin API.
fn seen(server: &Server, username: &str, path: &str) -> Value {
    let client = json!({"client_id": "lodge", "redirect_uri": "http://127.0.0.1/callback"});
    let party = RelyingParty::new(&server.admin_url, &client, "openid admin");
    let code = party.code(&mut Browser::new(), username, PASSWORD);
    let token = party.redeem(&code).expect_status(200).field("access_token");
    let bearer = format!("Bearer {token}");
    let url = format!("{}/admin/v1{path}", server.admin_url);
    let headers = [("authorization", bearer.as_str())];
    Http::default()
        .get(&url, &headers)
        .expect_status(200)
        .json()
}

/// A token for the client itself.
fn own_token(server: &Server, client_id: &str, secret: &str) -> Answer {
    let url = format!("{}/oauth2/token", server.issuer);
    let basic = basic(client_id, secret);
    let headers = [("authorization", basic.as_str())];
    Http::default().post_form(&url, &headers, &[("grant_type", "client_credentials")])
}

/// The text between two others.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split_once(after).unwrap().0
}

const WHOLE: [(&str, &str); 8] = [
    ("username", "boss"),
    ("display_name", "Grace Hopper"),
    ("email", "grace@example.org"),
    ("password", PASSWORD),
    ("realm_name", "Northwind"),
    ("client_name", "Night shift"),
    ("client_kind", "machine"),
    ("client_id", "night-shift"),
];

#[test]
fn the_page_sets_everything_up_and_says_what_the_store_holds() {
    let server = Server::start(&[]);
    let mut browser = Browser::new();
    let page = browser.open(&link(&server)).expect_status(200);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let text = page.text();
    assert!(text.contains("name=\"realm_name\"") && text.contains("value=\"Gatelodge\""));
    assert!(text.contains("[mail]"), "what mail needs is said: {text}");
    assert!(!text.contains("name=\"test_mail\""));

    let done = browser.submit(&page, &WHOLE).expect_status(200);
    assert_eq!(done.header("cache-control"), Some("no-store"));
    let text = done.text();
    for told in [
        "boss",
        "Grace Hopper",
        "grace@example.org",
        "administrator",
        "Northwind",
        "night-shift",
        &server.issuer,
        &format!("lodge login --admin-url {}", server.admin_url),
        &format!("{}/.well-known/openid-configuration", server.issuer),
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!text.contains(PASSWORD));
    let secret = between(&text, "<code>gl_cs_", "</code>");
    let secret = format!("gl_cs_{secret}");
    assert_eq!(own_token(&server, "night-shift", &secret).status, 200);
    assert_eq!(own_token(&server, "night-shift", "wrong").status, 401);

    // The same by another road.
    let realm = seen(&server, "boss", "/realms/default");
    assert_eq!(realm["name"], "Northwind");
    let client = seen(&server, "boss", "/realms/default/clients/night-shift");
    assert_eq!(client["client_name"], "Night shift");
    assert_eq!(client["grant_types"], json!(["client_credentials"]));
    let users = seen(&server, "boss", "/realms/system/users?username=boss");
    let user = &users["items"][0];
    assert_eq!(user["email"], "grace@example.org");
    assert_eq!(user["email_verified"], false);
    let trail = seen(&server, "boss", "/audit?limit=200").to_string();
    for action in [
        "administrator.first_created",
        "realm.updated",
        "client.created",
    ] {
        assert!(trail.contains(action), "{action}: {trail}");
    }
    // Its people see the new name at once.
    let login = Browser::new().open(&format!("{}/login", server.issuer));
    assert!(login.text().contains("Northwind"));
    let again = browser.submit(&page, &WHOLE);
    assert_eq!(again.status, 404, "{}", again.text());
}

#[test]
fn a_wrong_answer_is_told_at_its_field_and_costs_nothing() {
    let server = Server::start(&[]);
    let mut browser = Browser::new();
    let page = browser.open(&link(&server));
    let wrong = [
        ("username", "boss"),
        ("email", "nowhere"),
        ("password", "short"),
        ("realm_name", "Northwind"),
        ("client_name", "Shop"),
        ("client_id", "gatelodge-docs"),
        ("redirect_uris", "http://shop.example/callback"),
    ];
    let refused = browser.submit(&page, &wrong).expect_status(400);
    let text = refused.text();
    assert!(text.contains("<title>Please check: "), "{text}");
    for field in ["email", "password", "redirect_uris"] {
        let problem = format!("id=\"{field}-problem\" role=\"alert\"");
        assert!(text.contains(&problem), "{field}: {text}");
        let tied = format!("aria-describedby=\"{field}-problem");
        assert!(text.contains(&tied), "{field}: {text}");
    }
    assert!(text.contains("http://shop.example/callback cannot be used"));
    assert!(text.contains("value=\"Shop\"") && text.contains("value=\"Northwind\""));
    assert!(
        !text.contains("value=\"short\""),
        "no secret is shown again"
    );

    // What only the store knows is told at its field as well.
    let mut taken: Vec<(&str, &str)> = WHOLE.to_vec();
    taken.retain(|(name, _)| *name != "client_id");
    taken.push(("client_id", "gatelodge-docs"));
    let refused = browser.submit(&page, &taken).expect_status(400);
    assert!(refused.text().contains("id=\"client_id-problem\""));
    let at_issuer = Browser::new().open(&format!("{}/login", server.issuer));
    assert!(!at_issuer.text().contains("Northwind"), "nothing was done");

    let done = browser.submit(&page, &[("username", "boss"), ("password", PASSWORD)]);
    assert_eq!(done.status, 200, "{}", done.text());
    let realm = seen(&server, "boss", "/realms/default");
    assert_eq!(
        realm["name"], "Gatelodge",
        "what was not answered is as it was"
    );
}

#[test]
fn whatever_scanners_do_with_the_link_it_is_good_still() {
    let server = Server::start(&[]);
    let link = link(&server);
    for _ in 0..30 {
        assert_eq!(Browser::new().open(&link).status, 200);
        for method in ["HEAD", "OPTIONS"] {
            let _ = Http::default().send(method, &link, &[], b"");
        }
    }
    let mut browser = Browser::new();
    let page = browser.open(&link);
    let done = browser.submit(&page, &[("username", "boss"), ("password", PASSWORD)]);
    assert_eq!(done.status, 200, "{}", done.text());
}

/// A configuration that writes mails into a folder.
fn mail_to(folder: &Path) -> String {
    let config = folder.join("gatelodge.toml");
    let mails = folder.join("mails");
    let text = format!(
        "[mail]\ntransport = \"file\"\nfolder = \"{}\"\nfrom = \"no-reply@id.example\"\n",
        mails.display()
    );
    fs::write(&config, text).unwrap();
    config.to_str().unwrap().to_owned()
}

fn mails_in(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder.join("mails")).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let mails = paths.filter(|path| path.extension().is_some_and(|end| end == "eml"));
    mails
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn where_mail_works_the_page_says_so_and_shows_it() {
    let folder = TempDir::new().unwrap();
    let config = mail_to(folder.path());
    let server = Server::start(&["--config", &config]);
    let mut browser = Browser::new();
    let page = browser.open(&link(&server));
    let text = page.text();
    assert!(text.contains("Mail leaves by ") && text.contains("name=\"test_mail\""));
    let done = browser.submit(&page, &WHOLE).expect_status(200);
    let text = done.text();
    assert!(
        text.contains("A test mail is on its way to grace@example.org"),
        "{text}"
    );
    let mails = mails_in(folder.path());
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("grace@example.org"), "{}", mails[0]);
}

/// `gatelodge init` in that folder, without a terminal.
fn init(data: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(binary("gatelodge"))
        .args(["init", "--data-dir", data.to_str().unwrap()])
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(data.parent().unwrap())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn init_takes_every_answer_without_a_terminal_and_prints_what_the_store_holds() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let password = folder.path().join("password");
    fs::write(&password, format!("{PASSWORD}\n")).unwrap();
    let arguments = [
        "--admin-username",
        "boss",
        "--admin-display-name",
        "Grace Hopper",
        "--admin-password-file",
        password.to_str().unwrap(),
        "--client-name",
        "Night shift",
        "--client-kind",
        "machine",
    ];
    let variables = [
        ("GATELODGE_ADMIN_EMAIL", "grace@example.org"),
        ("GATELODGE_REALM_NAME", "Northwind"),
        ("GATELODGE_CLIENT_ID", "night-shift"),
    ];
    let (code, out, err) = told(&init(&data, &arguments, &variables));
    assert_eq!(code, Some(0), "{err}");
    for (name, value) in [
        ("administrator", "boss (Grace Hopper, grace@example.org)"),
        ("roles", "administrator"),
        ("realm", "Northwind"),
        ("issuer", "http://127.0.0.1:9040"),
        ("mail", "not sent: see [mail] in gatelodge.toml"),
        ("client", "Night shift"),
        ("client_id", "night-shift"),
    ] {
        let line = format!("  {name:<15} {value}\n");
        assert!(out.contains(&line), "{line}: {out}");
    }
    assert!(!out.contains(PASSWORD) && !out.contains("gl_cs_"), "{out}");
    let file = data.join("first-client-secret");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let secret = fs::read_to_string(&file).unwrap().trim().to_owned();

    // Once more, as a container would that starts again.
    let (code, _, err) = told(&init(&data, &arguments, &variables));
    assert_eq!(code, Some(3), "{err}");
    let server = Server::start_in(&data, &["--change-issuer"]);
    assert_eq!(own_token(&server, "night-shift", &secret).status, 200);
    let realm = seen(&server, "boss", "/realms/default");
    assert_eq!(realm["name"], "Northwind");
}

#[test]
fn init_keeps_a_secret_that_was_brought_along_and_does_not_repeat_it() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let secret = "0123456789abcdef0123456789abcdef";
    let arguments = ["--admin-username", "boss", "--client-name", "Shop"];
    let further = ["--client-id", "shop", "--client-kind", "machine"];
    let variables = [
        ("GATELODGE_ADMIN_PASSWORD", PASSWORD),
        ("GATELODGE_CLIENT_SECRET", secret),
    ];
    let all: Vec<&str> = arguments.into_iter().chain(further).collect();
    let (code, out, err) = told(&init(&data, &all, &variables));
    assert_eq!(code, Some(0), "{err}");
    assert!(!out.contains(secret) && !err.contains(secret));
    assert!(!data.join("first-client-secret").exists());
    let server = Server::start_in(&data, &["--change-issuer"]);
    assert_eq!(own_token(&server, "shop", secret).status, 200);
}

#[test]
fn init_says_all_that_is_wrong_before_it_makes_anything() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let arguments = [
        "--admin-email",
        "nowhere",
        "--client-redirect-uri",
        "http://shop.example/",
    ];
    let (code, _, err) = told(&init(&data, &arguments, &[]));
    assert_eq!(code, Some(2), "{err}");
    for flag in [
        "--admin-username",
        "--admin-email",
        "--admin-password-file",
        "--client-name",
        "--client-redirect-uri",
    ] {
        assert!(err.contains(flag), "{flag}: {err}");
    }
    assert!(!data.exists(), "nothing was made");
    // No secret is taken where everybody on the machine can read it.
    let (code, _, err) = told(&init(&data, &["--admin-password", PASSWORD], &[]));
    assert_eq!(code, Some(2), "{err}");
    assert!(!err.contains(PASSWORD) && !data.exists());
    let good = ["--admin-username", "boss", "--test-mail"];
    let password = [("GATELODGE_ADMIN_PASSWORD", PASSWORD)];
    let (code, _, err) = told(&init(&data, &good, &password));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("[mail]") && !data.exists(), "{err}");
    let weak = [("GATELODGE_ADMIN_PASSWORD", "short")];
    let (code, _, err) = told(&init(&data, &["--admin-username", "boss"], &weak));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("at least 8 characters"), "{err}");
}

#[test]
fn init_sets_up_and_says_when_the_mail_server_is_not_there() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let text = format!(
        "[mail]\ntransport = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
         from = \"no-reply@id.example\"\n",
        free_port()
    );
    fs::write(folder.path().join("gatelodge.toml"), text).unwrap();
    let arguments = ["--admin-username", "boss", "--test-mail"];
    let variables = [
        ("GATELODGE_ADMIN_PASSWORD", PASSWORD),
        ("GATELODGE_ADMIN_EMAIL", "grace@example.org"),
    ];
    let (code, out, err) = told(&init(&data, &arguments, &variables));
    assert_eq!(code, Some(4), "{err}");
    assert!(out.contains("test mail       not sent: "), "{out}");
    let (code, _, _) = told(&init(&data, &arguments, &variables));
    assert_eq!(code, Some(3), "it is set up all the same");
}

/// A program at a terminal of its own.
pub(crate) struct Terminal {
    child: Child,
    shown: String,
    /// The file that names the device.
    device: PathBuf,
}

impl Terminal {
    pub(crate) fn run(command: &str, folder: &Path) -> Self {
        let device = folder.join(".tty");
        let command = format!("tty > {}; {command}", device.display());
        let child = Command::new("script")
            .args(["--quiet", "--return", "--command", &command, "/dev/null"])
            .env("SHELL", "/bin/sh")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            child,
            shown: String::new(),
            device,
        }
    }

    /// Waits until it asks that, and answers.
    pub(crate) fn answer(&mut self, question: &str, answer: &str) {
        self.hear(question);
        self.write(answer);
    }

    /// The same for what is not to be shown: the terminal is told so just after the question, and
    /// a person is slower than that.
    pub(crate) fn answer_unseen(&mut self, question: &str, answer: &str) {
        self.hear(question);
        let device = fs::read_to_string(&self.device).unwrap();
        until(|| {
            let asked = Command::new("stty")
                .args(["-a", "-F", device.trim()])
                .output();
            let state = String::from_utf8_lossy(&asked.unwrap().stdout).into_owned();
            let is_unseen = state.split_whitespace().any(|word| word == "-echo");
            is_unseen.then_some(())
        });
        self.write(answer);
    }

    fn hear(&mut self, question: &str) {
        let from = self.shown.len();
        let mut bytes = [0; 1024];
        while !self.shown[from..].contains(question) {
            let read = self.child.stdout.as_mut().unwrap().read(&mut bytes);
            let read = read.unwrap();
            assert_ne!(read, 0, "it ended before {question}: {}", self.shown);
            self.shown
                .push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
    }

    fn write(&mut self, answer: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        writeln!(stdin, "{answer}").unwrap();
    }

    /// Its exit status, and all that it showed.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        let stdout = self.child.stdout.as_mut().unwrap();
        stdout.read_to_string(&mut rest).unwrap();
        self.shown.push_str(&rest);
        (self.child.wait().unwrap().code(), self.shown)
    }
}

#[test]
fn init_asks_at_a_terminal_and_asks_again_what_cannot_be_used() {
    let folder = TempDir::new().unwrap();
    let config = mail_to(folder.path());
    let data = folder.path().join("data");
    let command = format!(
        "{} init --config {config} --data-dir {} --admin-display-name Grace",
        binary("gatelodge").display(),
        data.display()
    );
    let mut terminal = Terminal::run(&command, folder.path());
    terminal.answer("User name: ", "no such name?");
    terminal.answer("User name: ", "Boss");
    terminal.answer("Mail address (optional): ", "grace@example.org");
    terminal.answer_unseen("Password (8 characters or more): ", PASSWORD);
    terminal.answer_unseen("The same again: ", "something else");
    terminal.answer_unseen("Password (8 characters or more): ", PASSWORD);
    terminal.answer_unseen("The same again: ", PASSWORD);
    terminal.answer("Name that they see [Gatelodge]: ", "Northwind");
    terminal.answer("Send a test mail to grace@example.org [Y/n]: ", "");
    terminal.answer("Name (empty: none for now): ", "Shop");
    terminal.answer("native or machine [web]: ", "");
    terminal.answer("Redirect URIs, with spaces between them: ", "");
    terminal.answer(
        "Redirect URIs, with spaces between them: ",
        "https://shop.example/cb",
    );
    // What only the store can refuse is asked again.
    terminal.answer("Client ID (empty: one is made): ", "gatelodge-docs");
    terminal.answer("Client ID (empty: one is made): ", "shop");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        !shown.contains(PASSWORD),
        "a password is not shown: {shown}"
    );
    assert!(shown.contains("Boss (Grace, grace@example.org)"), "{shown}");
    assert!(shown.contains("sent to grace@example.org"), "{shown}");
    let secret = between(&shown, "client secret   ", " (shown only now)").to_owned();
    assert_eq!(mails_in(folder.path()).len(), 1);
    let server = Server::start_in(&data, &["--change-issuer"]);
    let client = seen(&server, "boss", "/realms/default/clients/shop");
    assert_eq!(client["redirect_uris"], json!(["https://shop.example/cb"]));
    let url = format!("{}/oauth2/introspect", server.issuer);
    let basic = basic("shop", &secret);
    let headers = [("authorization", basic.as_str())];
    let asked = Http::default().post_form(&url, &headers, &[("token", "nothing")]);
    assert_eq!(asked.expect_status(200).json(), json!({"active": false}));
}

#[test]
fn a_terminal_that_hangs_up_sets_nothing_up() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let command = format!(
        "{} init --data-dir {}",
        binary("gatelodge").display(),
        data.display()
    );
    let mut terminal = Terminal::run(&command, folder.path());
    terminal.answer("User name: ", "boss");
    // End of file, as the terminal sends it at the beginning of a line.
    terminal.answer("Your name (optional): ", "\u{4}\u{4}");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(2), "{shown}");
    let server = Server::start_in(&data, &["--change-issuer"]);
    assert_eq!(Browser::new().open(&link(&server)).status, 200);
}
