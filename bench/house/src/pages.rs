//! Every list and search of the admin API that grows with the house: each filter alone and each
//! two of them together, on the first page, in the middle, near the end and after it.

use std::io;

use gatelodge_domain::{Id, Timestamp};
use gatelodge_testkit::{Browser, RelyingParty};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::Failed;
use crate::folder::{ADMINISTRATOR, Folder, PASSWORD};
use crate::report::median;
use crate::wire::Wire;

/// How often each page is asked for; the median counts.
const TIMES: usize = 3;
const DAY: i64 = 24 * 3_600 * 1_000;

/// A list and what it can be filtered by.
struct List {
    path: &'static str,
    /// Cursors of a page in the middle, of one near the end, and of one that is empty.
    cursors: [String; 3],
    /// Values by parameter.
    filters: Vec<(&'static str, Vec<String>)>,
}

/// Asks for every page; each with its milliseconds.
pub(crate) fn ask_all(folder: &Folder) -> Result<Vec<(String, f64)>, Failed> {
    let mut desk = Desk::open(folder)?;
    let mut asked = Vec::new();
    for list in lists(&mut desk)? {
        for query in list.queries() {
            let target = format!("{}?limit=50{query}", list.path);
            let mut times = Vec::new();
            for _ in 0..TIMES {
                times.push(desk.time(&target)?);
            }
            asked.push((target, median(&mut times)));
        }
    }
    Ok(asked)
}

impl List {
    /// No filter, each one, and each two; on four pages.
    fn queries(&self) -> Vec<String> {
        let mut filters = vec![String::new()];
        for (place, (name, values)) in self.filters.iter().enumerate() {
            for value in values {
                let one = format!("&{name}={value}");
                for (other, others) in &self.filters[place + 1..] {
                    filters.extend(others.iter().map(|value| format!("{one}&{other}={value}")));
                }
                filters.push(one);
            }
        }
        let mut queries = Vec::new();
        for filter in filters {
            for cursor in &self.cursors {
                queries.push(format!("{filter}&cursor={cursor}"));
            }
            queries.push(filter);
        }
        queries
    }
}

/// An administrator who asks.
struct Desk {
    wire: Wire,
    authorization: String,
}

impl Desk {
    fn open(folder: &Folder) -> Result<Self, Failed> {
        let issuer = format!("http://{}", folder.admin);
        let lodge = json!({
            "client_id": "lodge",
            "redirect_uri": "http://127.0.0.1/callback",
        });
        let party = RelyingParty::new(&issuer, &lodge, "openid admin");
        let code = party.code(&mut Browser::new(), ADMINISTRATOR, PASSWORD);
        let token = party.redeem(&code).expect_status(200).field("access_token");
        Ok(Self {
            wire: Wire::connect(folder.admin)?,
            authorization: format!("Bearer {token}"),
        })
    }

    fn get(&mut self, target: &str) -> io::Result<Value> {
        let target = format!("/admin/v1{target}");
        let header = ("Authorization", self.authorization.as_str());
        let answer = self.wire.get(&target, header)?;
        let answer = answer.expect(200);
        let answer = answer.map_err(|error| io::Error::other(format!("{target}: {error}")))?;
        Ok(serde_json::from_slice(&answer.body)?)
    }

    fn time(&mut self, target: &str) -> io::Result<f64> {
        let begun = Instant::now();
        self.get(target)?;
        Ok(begun.elapsed().as_secs_f64() * 1_000.0)
    }

    /// Cursors in the middle, near the end and after the end of a list that reaches over so many
    /// days: ids of those moments, which nothing has to bear.
    fn cursors(&mut self, path: &str, days: i64) -> Result<[String; 3], Failed> {
        let page = self.get(&format!("{path}?limit=1"))?;
        let first = page["items"][0]["id"].as_str().ok_or("an empty list")?;
        let began = Id::<()>::parse(first)?.timestamp().as_millis();
        let after = |millis: i64| {
            let moment = Timestamp::from_millis(began + millis);
            Id::<()>::new(moment, [0; 10]).to_string()
        };
        Ok([
            after(days * DAY / 2),
            after(days * DAY - days * DAY / 1_000),
            after((days + 2) * DAY),
        ])
    }

    /// A member of an item in the middle of a page.
    fn pick(&mut self, path: &str, member: &str) -> Result<String, Failed> {
        let page = self.get(path)?;
        let item = page["items"].get(25).or_else(|| page["items"].get(0));
        let text = item.and_then(|item| item[member].as_str());
        Ok(text
            .ok_or_else(|| format!("no `{member}` in {path}"))?
            .to_owned())
    }
}

/// How far the rows of a list reach back, in days; see the plans of `gatelodge-bench-fill`.
const PEOPLE: i64 = 365;
const LATELY: i64 = 20;

fn lists(desk: &mut Desk) -> Result<Vec<List>, Failed> {
    let realm = "/realms/default";
    let user = desk.pick("/realms/default/users?limit=50", "id")?;
    let client_id = desk.pick("/realms/default/clients?limit=50", "client_id")?;
    let session = desk.pick("/realms/default/sessions?limit=50", "id")?;
    // Row ids of clients are seen in the trail only.
    let issued = "/realms/default/audit?limit=50&action=token.issued";
    let client = desk.pick(issued, "client")?;
    let newest = desk.get(&format!("{realm}/audit?limit=1"))?;
    let end: u64 = newest["next_cursor"].as_str().ok_or("no trail")?.parse()?;
    let mut at = |position: u64| -> Result<String, Failed> {
        let page = desk.get(&format!("/audit?limit=1&cursor={position}"))?;
        let at = page["items"][0]["at"].as_str();
        Ok(at.ok_or("no time in the trail")?.replace('+', "%2B"))
    };
    let (early, middle, late) = (at(end / 100)?, at(end / 2)?, at(end - end / 100)?);
    let positions = [end / 2, end / 1_000, 1].map(|position| position.to_string());
    let people = desk.cursors("/realms/default/users", PEOPLE)?;
    let lately = desk.cursors("/realms/default/sessions", LATELY)?;
    let live = ("live", texts(&["true"]));
    let actions = ["token.issued", "sign_in", "session.ended", "realm.created"];
    let names = ["user-", "user-0012345", "user-00", "user-09", "zz"];
    let actors = [
        format!("user:{user}"),
        format!("client:{client}"),
        "system".to_owned(),
        "operator".to_owned(),
        "anonymous".to_owned(),
    ];
    let audit = vec![
        ("action", texts(&actions)),
        ("actor", actors.to_vec()),
        ("target", vec![user.clone(), client]),
        ("outcome", texts(&["denied", "success"])),
        ("from", vec![early.clone(), middle.clone(), late.clone()]),
        ("to", vec![early, middle, late]),
    ];
    let mails = ["user-0012345@example.com", "nobody@example.com"];
    Ok(vec![
        List {
            path: "/realms/default/users",
            cursors: people.clone(),
            filters: vec![
                ("username", texts(&names)),
                ("email", texts(&mails)),
                ("status", texts(&["active", "suspended"])),
            ],
        },
        List {
            path: "/realms/default/sessions",
            cursors: lately.clone(),
            filters: vec![("user", vec![user.clone()]), live.clone()],
        },
        List {
            path: "/realms/default/grants",
            cursors: lately,
            filters: vec![
                ("user", vec![user]),
                ("client_id", vec![client_id]),
                ("session", vec![session]),
                live,
            ],
        },
        List {
            path: "/realms/default/clients",
            cursors: people,
            filters: Vec::new(),
        },
        List {
            path: "/realms/default/audit",
            cursors: positions.clone(),
            filters: audit.clone(),
        },
        List {
            path: "/audit",
            cursors: positions,
            filters: audit,
        },
    ])
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}
