//! A realm's own look and words, and languages by adding a file.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatelodge_testkit::{Administrator, Answer, Browser, Http, Server};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::story::{person, public_client};

const THEME: &str = "/realms/default/theme";
const LOGO: &str = "/realms/default/theme/logo";
/// One red pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

fn harbour() -> Value {
    json!({
        "name": "Harbour & Sons",
        "language": "de",
        "colours": {"light": {"accent": "#0b57d0"}, "dark": {"accent": "#a8c7fa"}},
        "corners": "round",
        "links": {"support": "https://help.harbour.example", "terms": "https://harbour.example/terms"},
        "texts": {"en": {"sign_in_title": "Welcome aboard"}, "de": {"sign_in_title": "Willkommen an Bord"}},
    })
}

fn login(issuer: &str, language: &str) -> String {
    let headers = [("accept", "text/html"), ("accept-language", language)];
    let url = format!("{issuer}/login");
    let page = Http::default().get(&url, &headers).expect_status(200);
    page.text()
}

/// A request with a file, or at a revision.
fn put(
    root: &Administrator,
    server: &Server,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let authorization = format!("Bearer {}", root.token);
    let mut all = vec![("authorization", authorization.as_str())];
    all.extend(headers);
    let url = format!("{}/admin/v1{path}", server.admin_url);
    Http::default().send("PUT", &url, &all, body)
}

fn configured(folder: &Path, text: &str) -> Server {
    let file = folder.join("gatelodge.toml");
    fs::write(&file, text).unwrap();
    Server::demo_with(&["--config", file.to_str().unwrap()])
}

#[test]
fn a_realm_is_dressed_and_undressed() {
    let server = Server::demo();
    let root = Administrator::of(&server);
    let plain = login(&server.issuer, "en");
    let built_in = root.get(THEME).expect_status(200);
    assert_eq!(built_in.header("etag"), Some("\"0\""));
    assert_eq!(built_in.json()["origin"], "built_in");

    let written = root.put(THEME, &harbour()).expect_status(200);
    assert_eq!(written.header("etag"), Some("\"1\""));
    let read = root.get(THEME).expect_status(200).json();
    assert_eq!(read, written.json());
    for (field, value) in harbour().as_object().unwrap() {
        let mut value = value.clone();
        if field == "links" {
            value["privacy"] = Value::Null;
        }
        assert_eq!(read[field], value, "{field}");
    }

    let page = login(&server.issuer, "en-GB");
    for worn in [
        "<h1>Welcome aboard</h1>",
        "Harbour &#38; Sons</bdi>",
        "href=\"https://help.harbour.example\"",
        "href=\"/theme/style.css?v=",
    ] {
        assert!(page.contains(worn), "{worn} in {page}");
    }
    assert!(!page.contains("style=\""), "no inline style");
    let german = login(&server.issuer, "fr");
    assert!(
        german.contains("<h1>Willkommen an Bord</h1>"),
        "its own language"
    );

    let realm = json!({"slug": "acme", "name": "Acme"});
    let _ = root.post("/realms", &realm).expect_status(201);
    let acme = login(&format!("{}/realms/acme", server.issuer), "en");
    assert!(acme.contains("<h1>Sign in</h1>") && !acme.contains("/theme/"));

    let stale = [("content-type", "application/json"), ("if-match", "\"0\"")];
    let body = harbour().to_string();
    let refused = put(&root, &server, THEME, &stale, body.as_bytes());
    assert_eq!(refused.status, 412);
    let changed = root.get("/realms/default/audit?action=theme.changed");
    let changed = changed.expect_status(200).json();
    assert_eq!(changed["items"].as_array().unwrap().len(), 1, "{changed}");

    let _ = root.delete(THEME).expect_status(204);
    assert_eq!(root.delete(THEME).status, 404);
    let again = login(&server.issuer, "en");
    let without_tokens = |page: &str| page.split("name=\"csrf\"").next().unwrap().to_owned();
    assert_eq!(without_tokens(&again), without_tokens(&plain));
}

#[test]
fn what_nobody_could_read_or_follow_is_refused_by_its_field() {
    let server = Server::demo();
    let root = Administrator::of(&server);
    for (body, field, told) in [
        (
            json!({"colours": {"light": {"accent": "#ffd400"}}}),
            "colours.light.accent",
            "`link` (#ffd400) on `surface` (#fffefb)",
        ),
        (
            json!({"colours": {"dark": {"ink": "#444444"}}}),
            "colours.dark.ink",
            "needs 4.50:1",
        ),
        (
            json!({"colours": {"dark": {"ink": "grey"}}}),
            "colours.dark.ink",
            "six hexadecimal digits",
        ),
        (
            json!({"texts": {"en": {"sign_in_titel": "x"}}}),
            "texts.en.sign_in_titel",
            "the nearest is `sign_in_title`",
        ),
        (
            json!({"texts": {"en": {"consent_title": "Go on?"}}}),
            "texts.en.consent_title",
            "{client}",
        ),
        (
            json!({"texts": {"en": {"show": "Reveal", "show_password": "Show password"}}}),
            "texts.en.show_password",
            "what `show` says",
        ),
        (
            json!({"texts": {"tlh": {"sign_in_title": "x"}}}),
            "texts.tlh",
            "en, de",
        ),
        (json!({"language": "tlh"}), "language", "en, de"),
        (
            json!({"links": {"privacy": "http://harbour.example"}}),
            "links.privacy",
            "https",
        ),
        (json!({"corners": "wavy"}), "corners", "round"),
        (json!({"style": "body{}"}), "style", "unknown"),
        (json!({"name": ""}), "name", "visible character"),
    ] {
        let refused = root.put(THEME, &body).expect_status(422).json();
        assert_eq!(refused["field"], field, "{refused}");
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains(told), "{told} in {detail}");
    }
    let left = root.get(THEME).expect_status(200).json();
    assert_eq!(left["origin"], "built_in", "nothing of it was kept");
}

#[test]
fn a_logo_is_what_its_bytes_are_and_runs_nothing() {
    let server = Server::demo();
    let root = Administrator::of(&server);
    let send =
        |kind: &str, bytes: &[u8]| put(&root, &server, LOGO, &[("content-type", kind)], bytes);
    assert_eq!(root.get(LOGO).status, 404);
    let png = STANDARD.decode(PNG).unwrap();
    let large = [&png[..], &vec![0; 49_153]].concat();
    for (bytes, told) in [
        (
            &b"<html><script>alert(1)</script></html>"[..],
            "none of them",
        ),
        (&large[..], "48 KiB"),
    ] {
        let refused = send("image/png", bytes).expect_status(422).json();
        assert_eq!(refused["field"], "logo");
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains(told), "{detail}");
    }
    assert_eq!(send("text/html", &png).status, 415);

    // Whatever it is called.
    let stored = send("image/svg+xml", &png).expect_status(200).json();
    assert_eq!(stored["logo"]["media_type"], "image/png");
    assert_eq!(stored["logo"]["size"], png.len());
    let seen = Http::default().get(stored["logo"]["url"].as_str().unwrap(), &[]);
    let seen = seen.expect_status(200);
    assert_eq!(
        (seen.header("content-type"), &seen.body),
        (Some("image/png"), &png)
    );
    let kept = "public, max-age=31536000, immutable";
    assert_eq!(seen.header("cache-control"), Some(kept));

    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let stored = send("application/octet-stream", svg)
        .expect_status(200)
        .json();
    let public = stored["logo"]["url"].as_str().unwrap().to_owned();
    for url in [public, format!("{}/admin/v1{LOGO}", server.admin_url)] {
        let authorization = format!("Bearer {}", root.token);
        let headers = [("authorization", authorization.as_str())];
        let seen = Http::default().get(&url, &headers).expect_status(200);
        for (header, value) in [
            ("content-type", "image/svg+xml"),
            ("x-content-type-options", "nosniff"),
            (
                "content-security-policy",
                "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            ),
        ] {
            assert_eq!(seen.header(header), Some(value), "{url}");
        }
    }
    let page = login(&server.issuer, "en");
    assert!(
        page.contains("<img class=\"logo\" src=\"/theme/logo?v="),
        "{page}"
    );

    let theme = root.put(THEME, &json!({})).expect_status(200).json();
    assert_eq!(theme["logo"]["media_type"], "image/svg+xml", "it stays");
    let _ = root.delete(LOGO).expect_status(204);
    assert_eq!(root.delete(LOGO).status, 404);
    let gone = Http::default().get(&format!("{}/theme/logo", server.issuer), &[]);
    assert_eq!(gone.status, 404);
}

#[test]
fn a_mail_wears_the_theme_and_shows_the_logo_without_fetching_anything() {
    let folder = TempDir::new().unwrap();
    let mails = folder.path().join("mails");
    let server = configured(
        folder.path(),
        &format!(
            "[mail]\ntransport = \"file\"\nfolder = \"{}\"\nfrom = \"no-reply@id.example\"\n",
            mails.display()
        ),
    );
    let root = Administrator::of(&server);
    let _ = root.put(THEME, &harbour()).expect_status(200);
    let png = STANDARD.decode(PNG).unwrap();
    let _ = put(&root, &server, LOGO, &[("content-type", "image/png")], &png).expect_status(200);
    let (username, _) = person(&server);
    let found = root.get(&format!("/realms/default/users?username={username}"));
    let id = found.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let address = json!({"email": "ada@example.org", "email_verified": true});
    let _ = root
        .patch(&format!("/realms/default/users/{id}"), &address)
        .expect_status(200);

    let mut browser = Browser::new();
    let page = browser.open(&format!("{}/recover", server.issuer));
    browser.submit(&page, &[("username", username)]);
    let mail = first_file(&mails);
    for needed in [
        "From: =?utf-8?b?SGFyYm91ciAmIFNvbnM=?= <no-reply@id.example>",
        "multipart/related",
        "Content-ID: <logo>",
        &PNG[..40],
    ] {
        assert!(mail.contains(needed), "{needed} in {mail}");
    }
    let unfolded = mail.replace("=\r\n", "").replace("=\n", "");
    for needed in ["#0b57d0", "#a8c7fa", "cid:logo"] {
        assert!(unfolded.contains(needed), "{needed} in {unfolded}");
    }
    assert!(
        !unfolded.contains("/theme/"),
        "nothing tells that it was read"
    );
}

/// The first mail that arrives, within two minutes.
fn first_file(folder: &Path) -> String {
    for _ in 0..6_000 {
        let entries = fs::read_dir(folder).into_iter().flatten();
        let mut files = entries.map(|entry| entry.unwrap().path());
        if let Some(file) = files.find(|path| path.extension().is_some_and(|end| end == "eml")) {
            return fs::read_to_string(file).unwrap();
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("no mail came");
}

#[test]
fn a_clients_logo_is_shown_where_the_house_itself_serves_it() {
    let folder = TempDir::new().unwrap();
    let site = folder.path().join("site");
    fs::create_dir_all(&site).unwrap();
    fs::write(site.join("notes.png"), STANDARD.decode(PNG).unwrap()).unwrap();
    let server = configured(
        folder.path(),
        &format!("[site]\nfolder = \"{}\"\n", site.display()),
    );
    let root = Administrator::of(&server);
    let party = public_client(&server, "openid profile");
    let consent = |logo: &str| {
        let path = format!("/realms/default/clients/{}", party.client_id);
        let metadata = json!({
            "logo_uri": logo,
            "policy_uri": "https://notes.example/privacy",
            "client_name": "Notes",
        });
        let _ = root.patch(&path, &metadata).expect_status(200);
        let mut browser = Browser::new();
        let page = browser.open(&party.authorize_url(&[("prompt", "consent")]));
        let (username, password) = person(&server);
        browser.submit(&page, &[("username", username), ("password", password)])
    };
    let own = consent(&format!("{}/site/notes.png", server.issuer));
    let text = own.text();
    assert!(
        text.contains("<img class=\"logo\" src=\"/site/notes.png\""),
        "{text}"
    );
    assert!(
        text.contains("href=\"https://notes.example/privacy\""),
        "{text}"
    );
    for elsewhere in [
        "https://notes.example/logo.png".to_owned(),
        format!("{}/oauth2/logout", server.issuer),
        format!("{}@notes.example/site/notes.png", server.issuer),
    ] {
        let page = consent(&elsewhere).text();
        assert!(!page.contains("<img"), "{elsewhere}: {page}");
        assert!(
            page.contains("<span class=\"tile letter\">N</span>"),
            "{page}"
        );
    }
}

#[test]
fn a_language_is_added_by_a_file() {
    let folder = TempDir::new().unwrap();
    let messages = folder.path().join("messages");
    fs::create_dir_all(&messages).unwrap();
    let french = "sign_in_title = \"Se connecter\"\nusername = \"Nom d’utilisateur\"\n";
    fs::write(messages.join("fr.toml"), french).unwrap();
    let configuration = format!("[pages]\nmessages_dir = \"{}\"\n", messages.display());
    let server = configured(folder.path(), &configuration);

    let page = login(&server.issuer, "fr-CA, en;q=0.5");
    for said in [
        "<html lang=\"fr\">",
        "<h1>Se connecter</h1>",
        "Stay signed in",
    ] {
        assert!(page.contains(said), "{said} in {page}");
    }
    assert!(login(&server.issuer, "de").contains("<h1>Anmelden</h1>"));
    let party = public_client(&server, "openid");
    let asked = Browser::new().open(&party.authorize_url(&[("ui_locales", "fr")]));
    assert!(asked.text().contains("<h1>Se connecter</h1>"));
    let discovery = format!("{}/.well-known/openid-configuration", server.issuer);
    let discovery = Http::default()
        .get(&discovery, &[])
        .expect_status(200)
        .json();
    assert_eq!(discovery["ui_locales_supported"], json!(["en", "de", "fr"]));

    let root = Administrator::of(&server);
    let words = json!({"language": "fr", "texts": {"fr": {"sign_in_title": "Bienvenue à bord"}}});
    let _ = root.put(THEME, &words).expect_status(200);
    assert!(login(&server.issuer, "tlh").contains("<h1>Bienvenue à bord</h1>"));

    let doctor = |state: &str| {
        let file = folder.path().join("gatelodge.toml");
        let data = server.data_dir().to_str().unwrap();
        let said = Server::run(&[
            "doctor",
            "--config",
            file.to_str().unwrap(),
            "--data-dir",
            data,
        ]);
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(said.contains(state), "{state} in {said}");
    };
    doctor("`fr` leaves");

    // A mistake stops the start and is told with file and key.
    fs::write(
        messages.join("fr.toml"),
        "consent_title = \"Autoriser ?\"\n",
    )
    .unwrap();
    doctor("consent_title");
    let file = folder.path().join("gatelodge.toml");
    let fresh = folder.path().join("fresh");
    let refused = Server::run(&[
        "serve",
        "--config",
        file.to_str().unwrap(),
        "--data-dir",
        fresh.to_str().unwrap(),
        "--auth-listen",
        "127.0.0.1:0",
        "--admin-listen",
        "127.0.0.1:0",
    ]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{said}");
    for told in [
        "pages.messages_dir",
        "fr.toml",
        "`consent_title`",
        "{client}",
    ] {
        assert!(said.contains(told), "{told} in {said}");
    }
}
