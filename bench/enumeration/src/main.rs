//! Whether the time of a failed sign-in tells which accounts exist.
//!
//! `cargo xtask bench enumeration [--tries N] [--tolerance MICROSECONDS]`. Starts the real binary
//! and tries to sign in, at the password grant, as five kinds of people in turn: somebody
//! unknown, somebody with another password, somebody deactivated, somebody locked, and somebody
//! whose bcrypt hash was imported. Each kind's times are compared with those of the unknown: by
//! the difference of the medians with a bootstrap interval, and by Mann and Whitney's test. The
//! verdict is `differs` where the interval lies beyond the tolerance as a whole; the exit status
//! follows it.

mod server;
mod statistics;

use std::error::Error;
use std::process::ExitCode;
use tokio::time::Instant;

use gatelodge_testkit::{Administrator, Http};
use serde_json::json;
use server::Server;
use statistics::{Comparison, Verdict, compare, median};

/// What a measurement fails with: one line for a person.
type Failed = Box<dyn Error + Send + Sync>;

const USAGE: &str = "usage: gatelodge-bench-enumeration [--tries N] [--tolerance MICROSECONDS]";

/// "correct horse battery" as bcrypt at cost 10, dearer than the realm's own hashes.
const BCRYPT: &str = "$2b$10$abcdefghijklmnopqrstuuCj7fyLDJytXL.TfOiOeiv0fQvSOK1/2";
const PASSWORD: &str = "correct horse battery";

/// Name, what is typed as password.
const KINDS: [(&str, &str); 5] = [
    ("unknown", "not the password"),
    ("wrong", "not the password"),
    ("disabled", PASSWORD),
    ("locked", PASSWORD),
    ("imported", "not the password"),
];

fn main() -> ExitCode {
    match Options::read(std::env::args().skip(1)).map(|options| run(&options)) {
        None => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
        Some(Ok(true)) => ExitCode::SUCCESS,
        Some(Ok(false)) => ExitCode::FAILURE,
        Some(Err(error)) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

struct Options {
    /// Tries of each kind.
    tries: usize,
    /// How much medians may differ, in microseconds.
    tolerance: f64,
}

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> Option<Self> {
        let mut options = Self {
            tries: 200,
            tolerance: 1_000.0,
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--tries" => options.tries = words.next()?.parse().ok().filter(|it| *it >= 20)?,
                "--tolerance" => options.tolerance = words.next()?.parse().ok()?,
                _ => return None,
            }
        }
        Some(options)
    }
}

fn run(options: &Options) -> Result<bool, Failed> {
    let server = Server::start()?;
    people(&server)?;
    let mut times = vec![Vec::with_capacity(options.tries); KINDS.len()];
    let http = Http::default();
    let mut answers = std::collections::BTreeSet::new();
    // The first tries set the floor and warm everything up.
    for round in 0..options.tries + 5 {
        // Another order each time, so that no kind always follows the same one.
        for step in 0..KINDS.len() {
            let kind = (round + step * (1 + round % 4)) % KINDS.len();
            let (took, answer) = attempt(&server, &http, KINDS[kind])?;
            answers.insert(answer);
            if round >= 5 {
                times[kind].push(took);
            }
        }
    }
    Ok(report(&times, options, &answers))
}

fn people(server: &Server) -> Result<(), Failed> {
    let administrator = Administrator::at(&server.admin_url, &server.demo, "openid admin");
    let users = "/realms/default/users";
    let expect = |answer: gatelodge_testkit::client::Answer, status: u16| {
        if answer.status == status {
            Ok(answer)
        } else {
            Err(format!("{}: {}", answer.status, answer.text()))
        }
    };
    let off = json!({"sign_in_attempts_per_minute": 0, "sign_in_delay_after": 0});
    let settings = json!({ "settings": off });
    expect(administrator.patch("/realms/default", &settings), 200)?;
    for name in ["wrong", "disabled", "locked"] {
        let body = json!({"username": name, "password": PASSWORD});
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

/// One try: how long it took, in microseconds, and what was answered.
fn attempt(
    server: &Server,
    http: &Http,
    (name, password): (&str, &str),
) -> Result<(f64, (u16, String)), Failed> {
    let client = &server.demo["confidential_client"];
    let text = |name: &str| client[name].as_str().unwrap_or_default();
    let form = [
        ("grant_type", "password"),
        ("username", name),
        ("password", password),
        ("scope", "openid"),
    ];
    let basic = gatelodge_testkit::client::basic(text("client_id"), text("client_secret"));
    let headers = [("authorization", basic.as_str())];
    let url = format!("{}/oauth2/token", server.issuer);
    let began = Instant::now();
    let answer = http.post_form(&url, &headers, &form);
    let took = began.elapsed().as_secs_f64() * 1e6;
    if answer.status == 400 {
        Ok((took, (answer.status, answer.text())))
    } else {
        Err(format!("{name}: {} {}", answer.status, answer.text()).into())
    }
}

fn report(
    times: &[Vec<f64>],
    options: &Options,
    answers: &std::collections::BTreeSet<(u16, String)>,
) -> bool {
    println!(
        "{} tries of each kind; medians may differ by {:.0} µs",
        options.tries, options.tolerance
    );
    let reference = &times[0];
    println!("{:10} {:>10.0} µs", KINDS[0].0, median(reference));
    let mut fine = answers.len() == 1;
    for (times, (name, _)) in times.iter().zip(KINDS).skip(1) {
        let Comparison {
            difference,
            low,
            high,
            z,
        } = compare(times, reference);
        let verdict = Verdict::of(low, high, options.tolerance);
        fine &= verdict != Verdict::Differs;
        println!(
            "{name:10} {:>10.0} µs  {difference:>+8.0} µs  [{low:+.0}, {high:+.0}]  z {z:+.2}  {}",
            median(times),
            verdict.as_str()
        );
    }
    println!("answers: {} kind(s)", answers.len());
    fine
}
