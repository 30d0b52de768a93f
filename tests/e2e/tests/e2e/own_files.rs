//! An operator's own files under `/site/`, and the networks of the admin port.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use gatelodge_testkit::{Http, Server};

fn configured(folder: &Path, text: &str) -> Server {
    let file = folder.join("gatelodge.toml");
    fs::write(&file, text).unwrap();
    Server::demo_with(&["--config", file.to_str().unwrap()])
}

#[test]
fn a_folder_is_served_and_nothing_outside_of_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let site = folder.path().join("site");
    fs::create_dir_all(site.join("deep")).unwrap();
    fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    fs::write(site.join("index.html"), "<p>Welcome</p>").unwrap();
    fs::write(site.join("deep/a.css"), "p { color: green }").unwrap();
    fs::write(site.join(".htpasswd"), "secret").unwrap();
    fs::write(site.join("worker.js"), "1").unwrap();
    symlink("../secret.txt", site.join("link.txt")).unwrap();
    symlink("index.html", site.join("inside.html")).unwrap();
    symlink("..", site.join("up")).unwrap();
    let server = configured(
        folder.path(),
        &format!("[site]\nfolder = \"{}\"\n", site.display()),
    );
    let http = Http::default();
    let get = |path: &str, headers: &[(&str, &str)]| {
        http.get(&format!("{}/site/{path}", server.issuer), headers)
    };

    let index = get("", &[]).expect_status(200);
    assert_eq!(index.text(), "<p>Welcome</p>");
    assert_eq!(
        index.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let policy = index.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(!policy.contains("script"), "{policy}");
    assert_eq!(index.header("x-content-type-options"), Some("nosniff"));
    let style = get("deep/a.css", &[]).expect_status(200);
    assert!(
        style
            .header("content-type")
            .unwrap()
            .starts_with("text/css")
    );

    let etag = style.header("etag").unwrap();
    let _ = get("deep/a.css", &[("if-none-match", etag)]).expect_status(304);
    let part = get("deep/a.css", &[("range", "bytes=0-0")]).expect_status(206);
    assert_eq!(part.text(), "p");

    for path in [
        "%2e%2e/secret.txt",
        "..%2fsecret.txt",
        "deep/%2e%2e/%2e%2e/secret.txt",
        "link.txt",
        "inside.html",
        "up/secret.txt",
        ".htpasswd",
        "%2ehtpasswd",
        "deep",
        "deep/",
        "none.html",
        "/etc/passwd",
        "%00",
        "deep%5c..%5c..%5csecret.txt",
        "..%252fsecret.txt",
    ] {
        let answer = get(path, &[]);
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text().contains("secret"), "{path}");
    }

    let _ = get("worker.js", &[]).expect_status(200);
    let _ = get("worker.js", &[("service-worker", "script")]).expect_status(403);
    let _ = get("worker.js", &[("sec-fetch-dest", "serviceworker")]).expect_status(403);
    let posted = http.post_form(&format!("{}/site/index.html", server.issuer), &[], &[]);
    assert_eq!(posted.status, 405);
    let _ = http
        .get(&format!("{}/site/index.html", server.admin_url), &[])
        .expect_status(404);
}

#[test]
fn the_data_folder_is_never_a_site() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("gatelodge.toml");
    let data = folder.path().join("data");
    for site in [folder.path(), &data, &data.join("copies")] {
        fs::create_dir_all(site).unwrap();
        fs::write(&file, format!("[site]\nfolder = \"{}\"\n", site.display())).unwrap();
        let refused = Server::run(&[
            "serve",
            "--demo",
            "--config",
            file.to_str().unwrap(),
            "--data-dir",
            data.to_str().unwrap(),
            "--auth-listen",
            "127.0.0.1:0",
            "--admin-listen",
            "127.0.0.1:0",
        ]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{}: {said}", site.display());
        assert!(said.contains("site.folder"), "{said}");
    }
}

#[test]
fn without_a_folder_nothing_is_served() {
    let server = Server::demo();
    for path in ["", "index.html"] {
        let _ = Http::default()
            .get(&format!("{}/site/{path}", server.issuer), &[])
            .expect_status(404);
    }
}

#[test]
fn the_admin_port_is_for_its_networks_and_probes_are_for_all() {
    let folder = tempfile::TempDir::new().unwrap();
    let server = configured(
        folder.path(),
        "[server]\nadmin_allowed_networks = [\"10.0.0.0/8\"]\n\
         admin_denied_networks = [\"10.6.0.0/16\"]\ntrusted_proxies = [\"127.0.0.1\"]\n",
    );
    let http = Http::default();
    let status = |url: &str, path: &str, from: &str| {
        http.get(&format!("{url}{path}"), &[("x-forwarded-for", from)])
            .status
    };
    let admin = |path: &str, from: &str| status(&server.admin_url, path, from);
    let discovery = "/.well-known/openid-configuration";
    assert_eq!(admin(discovery, "10.1.2.3"), 200);
    assert_eq!(
        admin("/admin/v1/realms", "10.1.2.3"),
        401,
        "in, and nobody yet"
    );
    for path in [
        discovery,
        "/admin/v1/realms",
        "/login",
        "/setup",
        "/nowhere",
    ] {
        assert_eq!(admin(path, "203.0.113.9"), 403, "{path}");
        assert_eq!(admin(path, "10.6.1.1"), 403, "{path}");
    }
    assert_eq!(admin("/readyz", "203.0.113.9"), 200);
    assert_eq!(admin("/healthz", "203.0.113.9"), 200);
    assert_eq!(
        status(&server.issuer, discovery, "203.0.113.9"),
        200,
        "the auth port is for all"
    );
}
