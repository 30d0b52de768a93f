//! The people of the measurement, and the limits that would end it, off.

use gatelodge_testkit::{Administrator, Answer, Http};
use serde_json::json;

use crate::Failed;
use crate::server::Server;

/// "correct horse battery" as bcrypt at cost 10, dearer than the realm's own hashes.
const BCRYPT: &str = "$2b$10$abcdefghijklmnopqrstuuCj7fyLDJytXL.TfOiOeiv0fQvSOK1/2";
/// What everybody's password is.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Makes them.
pub(crate) fn make(server: &Server) -> Result<(), Failed> {
    let administrator = Administrator::at(&server.admin_url, &server.demo, "openid admin");
    let users = "/realms/default/users";
    let off = json!({
        "sign_in_attempts_per_minute": 0,
        "sign_in_delay_after": 0,
        "recovery_requests_per_hour": 0,
    });
    let settings = json!({ "settings": off });
    expect(administrator.patch("/realms/default", &settings), 200)?;
    for name in ["wrong", "disabled", "locked", "known", "unverified"] {
        let body = json!({
            "username": name,
            "password": PASSWORD,
            "email": format!("{name}@example.org"),
            "email_verified": name != "unverified",
        });
        expect(administrator.post(users, &body), 201)?;
    }
    let until = "2999-01-01T00:00:00Z";
    for (name, body) in [
        ("disabled", json!({"status": "deactivated"})),
        (
            "locked",
            json!({"status": "suspended", "suspended_until": until}),
        ),
    ] {
        let page = administrator.get(&format!("{users}?username={name}"));
        let id = expect(page, 200)?.json()["items"][0]["id"].clone();
        let path = format!("{users}/{}", id.as_str().unwrap_or_default());
        expect(administrator.patch(&path, &body), 200)?;
    }
    let line = json!({"username": "imported", "password_hash": BCRYPT}).to_string();
    let authorization = format!("Bearer {}", administrator.token);
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/x-ndjson"),
    ];
    let url = format!("{}/admin/v1{users}/import", server.admin_url);
    let report = Http::default().send("POST", &url, &headers, line.as_bytes());
    let report = expect(report, 200)?;
    if report.text().contains("\"created\":1") {
        Ok(())
    } else {
        Err(report.text().into())
    }
}

fn expect(answer: Answer, status: u16) -> Result<Answer, Failed> {
    if answer.status == status {
        Ok(answer)
    } else {
        Err(format!("{}: {}", answer.status, answer.text()).into())
    }
}
