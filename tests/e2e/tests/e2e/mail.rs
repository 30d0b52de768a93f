//! Mail: what arrives, what a link opens and how often, and what nobody learns. Mails are read
//! as a developer would: out of the folder that they are written to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatelodge_testkit::{Administrator, Answer, Browser, Http, Server};
use serde_json::json;
use tempfile::TempDir;

use crate::story::{person, public_client};

const NEW_PASSWORD: &str = "five unusual batteries stapled";

/// A demonstration whose mails are files.
struct House {
    server: Server,
    folder: TempDir,
}

/// A mail, opened.
#[derive(Debug, Clone)]
struct Mail {
    to: String,
    subject: String,
    text: String,
}

/// A file's name as its id rises with time: in base32, digits come after letters.
fn in_time(path: &Path) -> Vec<u8> {
    let name = path.file_stem().unwrap().as_encoded_bytes();
    let place = |byte: &u8| {
        if byte.is_ascii_digit() {
            b'z' + byte
        } else {
            *byte
        }
    };
    name.iter().map(place).collect()
}

impl House {
    fn open() -> Self {
        let folder = TempDir::new().unwrap();
        let config = folder.path().join("gatelodge.toml");
        let mails = folder.path().join("mails");
        std::fs::write(
            &config,
            format!(
                "[mail]\ntransport = \"file\"\nfolder = \"{}\"\nfrom = \"no-reply@id.example\"\n",
                mails.display()
            ),
        )
        .unwrap();
        Self {
            server: Server::demo_with(&["--config", config.to_str().unwrap()]),
            folder,
        }
    }

    /// Files of mails, oldest first.
    fn files(&self) -> Vec<PathBuf> {
        let folder = std::fs::read_dir(self.folder.path().join("mails")).unwrap();
        let mut files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|end| end == "eml"));
        files.sort_by_cached_key(|path| in_time(path));
        files
    }

    /// Waits until that many mails have arrived in all.
    fn wait_for(&self, count: usize) -> Vec<Mail> {
        // Two minutes at most.
        for _ in 0..6_000 {
            let files = self.files();
            if files.len() >= count {
                return files.iter().map(|path| opened(path)).collect();
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("{} of {count} mails came", self.files().len());
    }

    /// The first mail to arrive after those with that subject.
    fn latest(&self, count: usize) -> Mail {
        self.wait_for(count).last().unwrap().clone()
    }

    fn path(&self, path: &str) -> String {
        format!("{}{path}", self.server.issuer)
    }

    fn ask(&self, name: &str) -> Answer {
        let mut browser = Browser::new();
        let page = browser.open(&self.path("/recover"));
        browser.submit(&page, &[("username", name)])
    }

    /// The demonstration's person, with an address.
    fn person_with(&self, address: &str, verified: bool) -> String {
        let administrator = Administrator::of(&self.server);
        let (username, _) = person(&self.server);
        let found = administrator
            .get(&format!("/realms/default/users?username_prefix={username}"))
            .expect_status(200);
        let id = found.json()["items"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("/realms/default/users/{id}");
        let body = json!({ "email": address, "email_verified": verified });
        let _ = administrator.patch(&path, &body).expect_status(200);
        id
    }
}

/// Takes the headers and the plain part out of a file.
fn opened(path: &Path) -> Mail {
    let raw = std::fs::read_to_string(path).unwrap().replace("\r\n", "\n");
    let (head, body) = raw.split_once("\n\n").unwrap();
    let header = |name: &str| {
        let start = format!("{name}: ");
        let line = head.lines().find(|line| line.starts_with(&start));
        line.unwrap_or_default()[start.len()..].to_owned()
    };
    let plain = body.split("text/plain").nth(1).unwrap();
    let (part_head, rest) = plain.split_once("\n\n").unwrap();
    let encoded = rest.split("\n--").next().unwrap();
    let text = if part_head.contains("quoted-printable") {
        from_quoted_printable(encoded)
    } else if part_head.contains("base64") {
        let joined: String = encoded.split_whitespace().collect();
        String::from_utf8(STANDARD.decode(joined).unwrap()).unwrap()
    } else {
        encoded.to_owned()
    };
    Mail {
        to: header("To"),
        subject: header("Subject"),
        text,
    }
}

fn from_quoted_printable(text: &str) -> String {
    let joined = text.replace("=\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_str();
    while let Some((before, after)) = rest.split_once('=') {
        bytes.extend_from_slice(before.as_bytes());
        bytes.push(u8::from_str_radix(&after[..2], 16).unwrap());
        rest = &after[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).unwrap()
}

impl Mail {
    /// The link in it.
    fn link(&self) -> String {
        let line = self.text.lines().find(|line| line.starts_with("http://"));
        line.unwrap_or_else(|| panic!("no link in {}", self.text))
            .to_owned()
    }
}

#[test]
fn a_forgotten_password_is_reset_and_everybody_else_is_signed_out() {
    let house = House::open();
    let (username, password) = person(&house.server);
    house.person_with("ada@example.org", false);
    let mut elsewhere = Browser::new();
    let page = elsewhere.open(&house.path("/login"));
    elsewhere.submit(&page, &[("username", username), ("password", password)]);

    let mut browser = Browser::new();
    let page = browser.open(&house.path("/login"));
    assert!(page.text().contains("href=\"/recover\""), "{}", page.text());
    let page = browser.open(&house.path("/recover"));
    let sent = browser.submit(&page, &[("username", "ADA@example.org")]);
    assert_eq!(sent.status, 200);

    let mail = house.latest(1);
    assert_eq!(mail.to, "ada@example.org");
    let link = mail.link();
    assert!(link.starts_with(&house.path("/recover/gl_ot_")), "{link}");
    // A mail scanner opens it, and previews do.
    for _ in 0..10 {
        let looked = Http::default().get(&link, &[]);
        assert_eq!(looked.status, 200);
        assert_eq!(looked.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(looked.header("cache-control"), Some("no-store"));
    }
    let page = browser.open(&link);
    let weak = browser.submit(&page, &[("password", "password")]);
    assert_eq!(
        weak.status, 400,
        "a refused password does not cost the link"
    );
    let done = browser.submit(&weak, &[("password", NEW_PASSWORD)]);
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(browser.open(&link).status, 404, "it is spent");

    let account = elsewhere.open(&house.path("/account"));
    assert!(!account.text().contains("name=\"csrf\""), "signed out");
    let page = browser.open(&house.path("/login"));
    let old = browser.submit(&page, &[("username", username), ("password", password)]);
    assert_eq!(old.status, 401);
    let new = [("username", username), ("password", NEW_PASSWORD)];
    let signed_in = browser.submit(&old, &new);
    assert!(
        signed_in.text().contains("name=\"csrf\""),
        "{}",
        signed_in.text()
    );
    let word = house.latest(2);
    assert!(word.subject.starts_with("Your password for"), "{word:?}");
    assert!(!word.text.contains("http"), "a notice opens nothing");
}

#[test]
fn nobody_learns_who_exists() {
    let house = House::open();
    let (username, _) = person(&house.server);
    house.person_with("ada@example.org", true);
    let known = house.ask(username);
    let bytes = |answer: &Answer| answer.text();
    for name in [
        "ada@example.org",
        "nobody-here",
        "nobody@example.org",
        "\u{202e}x",
    ] {
        let other = house.ask(name);
        assert_eq!(other.status, known.status, "{name}");
        assert_eq!(bytes(&other), bytes(&known), "{name}");
        let names = |answer: &Answer| -> BTreeSet<String> {
            let names = answer.headers.iter().map(|(name, _)| name.clone());
            names.collect()
        };
        assert_eq!(names(&other), names(&known), "{name}");
    }
    let mails = house.wait_for(2);
    assert!(mails.iter().all(|mail| mail.to == "ada@example.org"));
    // The sixth within an hour is refused, whoever is named.
    for name in ["nobody-else", username] {
        let statuses: Vec<u16> = (0..7).map(|_| house.ask(name).status).collect();
        assert!(statuses.contains(&429), "{name}: {statuses:?}");
    }
}

#[test]
fn of_many_posts_at_once_one_spends_the_link() {
    let house = House::open();
    let (username, _) = person(&house.server);
    house.person_with("ada@example.org", true);
    house.ask(username);
    let link = house.latest(1).link();
    let posts: Vec<_> = (0..64)
        .map(|number| {
            let link = link.clone();
            thread::spawn(move || {
                let password = format!("{NEW_PASSWORD} {number}");
                Http::default()
                    .post_form(&link, &[], &[("password", &password)])
                    .status
            })
        })
        .collect();
    let statuses: Vec<u16> = posts.into_iter().map(|post| post.join().unwrap()).collect();
    let won = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!(won, 1, "{statuses:?}");
}

#[test]
fn an_address_is_proved_and_changed_by_links() {
    let house = House::open();
    let (username, password) = person(&house.server);
    let id = house.person_with("ada@example.org", false);
    let administrator = Administrator::of(&house.server);
    let user = format!("/realms/default/users/{id}");
    let send = format!("{user}/email-verification");
    let _ = administrator.post(&send, &json!({})).expect_status(202);
    let link = house.latest(1).link();
    let mut browser = Browser::new();
    let page = browser.open(&link);
    assert!(page.text().contains("ada@example.org"));
    let verified = || administrator.get(&user).expect_status(200).json()["email_verified"] == true;
    assert!(!verified(), "looking proves nothing");
    assert_eq!(browser.submit(&page, &[]).status, 200);
    assert!(verified());
    assert_eq!(browser.submit(&page, &[]).status, 404, "once");
    let _ = administrator.post(&send, &json!({})).expect_status(409);

    let page = browser.open(&house.path("/login"));
    browser.submit(&page, &[("username", username), ("password", password)]);
    let page = browser.open(&house.path("/account/email"));
    let change = [("email", "ada@new.example"), ("current", "wrong horse")];
    let wrong = browser.submit(&page, &change);
    assert_eq!(wrong.status, 400);
    let change = [("email", "ada@new.example"), ("current", password)];
    let changed = browser.submit(&wrong, &change);
    assert_eq!(changed.status, 200, "{}", changed.text());
    let mails = house.wait_for(3);
    let to = |address: &str| mails.iter().rfind(|mail| mail.to == address).unwrap();
    assert!(!to("ada@example.org").text.contains("new.example"));
    let email = || administrator.get(&user).expect_status(200).json()["email"].clone();
    assert_eq!(email(), "ada@example.org", "not yet");
    let page = browser.open(&to("ada@new.example").link());
    assert_eq!(browser.submit(&page, &[]).status, 200);
    assert_eq!(email(), "ada@new.example");
}

#[test]
fn a_realms_own_texts_are_what_people_get() {
    let house = House::open();
    let id = house.person_with("ada@example.org", true);
    let administrator = Administrator::of(&house.server);
    let listed = administrator
        .get("/realms/default/mail-templates")
        .expect_status(200)
        .json();
    assert!(listed["items"].as_array().unwrap().len() >= 10);
    let path = "/realms/default/mail-templates/password_reset/en";
    let read = administrator.get(path).expect_status(200);
    assert_eq!(read.header("etag"), Some("\"0\""));
    assert_eq!(read.json()["origin"], "built_in");
    let refused = administrator.put(
        path,
        &json!({ "subject": "{{nothing}}", "text": "{{link}}" }),
    );
    assert_eq!(refused.expect_status(422).json()["field"], "subject");
    let own = json!({ "subject": "Hop in, {{username}}", "text": "Here: {{link}}" });
    let _ = administrator.put(path, &own).expect_status(200);
    let preview = administrator
        .post(&format!("{path}/preview"), &own)
        .expect_status(200)
        .json();
    assert_eq!(preview["subject"], "Hop in, ada");
    let send = format!("/realms/default/users/{id}/password-reset");
    let _ = administrator.post(&send, &json!({})).expect_status(202);
    let (username, _) = person(&house.server);
    assert_eq!(house.latest(1).subject, format!("Hop in, {username}"));
    let _ = administrator.delete(path).expect_status(204);
    let _ = administrator.delete(path).expect_status(404);

    let mail = administrator
        .get("/realms/default/mail")
        .expect_status(200)
        .json();
    assert_eq!(
        (&mail["can_send"], &mail["password_reset"]),
        (&json!(true), &json!(true))
    );
    // It goes to the administrator's own address.
    let tested = administrator.post("/realms/default/mail-test", &json!({}));
    let tested = tested.expect_status(200).json();
    assert_eq!(tested["delivered"], true, "{tested}");
    assert_eq!(house.latest(2).to, tested["to"]);
}

#[test]
fn without_mail_everything_else_works_and_says_so() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let mut browser = Browser::new();
    let page = browser.open(&format!("{}/login", server.issuer));
    assert!(!page.text().contains("/recover"), "nothing is promised");
    let page = browser.open(&format!("{}/recover", server.issuer));
    assert!(!page.text().contains("<form"), "{}", page.text());
    let mail = administrator
        .get("/realms/default/mail")
        .expect_status(200)
        .json();
    assert_eq!(
        (&mail["can_send"], &mail["password_reset"]),
        (&json!(false), &json!(false))
    );
    let _ = administrator
        .post("/realms/default/mail-test", &json!({}))
        .expect_status(409);
    let _ = public_client(&server, "openid");
}

#[test]
fn a_link_survives_a_restart_and_no_log_has_its_secret() {
    let mut house = House::open();
    let (username, _) = person(&house.server);
    let username = username.to_owned();
    house.person_with("ada@example.org", true);
    house.ask(&username);
    let link = house.latest(1).link();
    house.server.restart();
    let mut browser = Browser::new();
    let page = browser.open(&link);
    assert_eq!(page.status, 200);
    assert_eq!(
        browser.submit(&page, &[("password", NEW_PASSWORD)]).status,
        200
    );
    let administrator = Administrator::of(&house.server);
    let trail = administrator.get("/audit?limit=200").expect_status(200);
    let secret = link.rsplit('/').next().unwrap();
    assert!(!trail.text().contains(secret), "the trail has no secret");
    assert!(!trail.text().contains("ada@example.org"), "nor an address");
}
