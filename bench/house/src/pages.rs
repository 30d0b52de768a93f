//! Asks for every page of every list of the admin API that grows with the house: with each filter
//! alone and each two of them together, at the front, in the middle, near the end and after it.

use std::io;

use gatelodge_testkit::{Browser, RelyingParty};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::Failed;
use crate::facts::Facts;
use crate::folder::{ADMINISTRATOR, Folder, PASSWORD};
use crate::lists::{LISTS, List};
use crate::report::median;
use crate::wire::Wire;

/// How often each page is asked for; the median counts.
const TIMES: usize = 3;

/// Asks for every page; each with its milliseconds.
pub(crate) fn ask_all(folder: &Folder) -> Result<Vec<(String, f64)>, Failed> {
    let mut desk = Desk::open(folder)?;
    let facts = Facts::gather(&mut desk)?;
    let mut asked = Vec::new();
    for list in &LISTS {
        let path = facts.path(list.path);
        for query in queries(list, &facts) {
            let target = format!("{path}?limit=50{query}");
            let mut times = Vec::new();
            for _ in 0..TIMES {
                times.push(desk.time(&target)?);
            }
            asked.push((target, median(&mut times)));
        }
    }
    Ok(asked)
}

/// No filter, each one, and each two; at the front and from each cursor.
fn queries(list: &List, facts: &Facts) -> Vec<String> {
    let fixed = match list.fixed {
        Some((name, value)) => format!("&{name}={value}"),
        None => String::new(),
    };
    let valued = list.filters.iter();
    let valued: Vec<_> = valued
        .map(|name| (name, facts.values(list.path, name)))
        .collect();
    let mut filters = vec![fixed.clone()];
    for (place, (name, values)) in valued.iter().enumerate() {
        for value in values {
            let one = format!("{fixed}&{name}={value}");
            for (other, others) in &valued[place + 1..] {
                filters.extend(others.iter().map(|value| format!("{one}&{other}={value}")));
            }
            filters.push(one);
        }
    }
    let cursors = facts.cursors(list.cursors);
    let mut queries = Vec::new();
    for filter in filters {
        for cursor in cursors {
            queries.push(format!("{filter}&cursor={cursor}"));
        }
        queries.push(filter);
    }
    queries
}

/// An administrator who asks.
pub(crate) struct Desk {
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

    /// What the admin API answers there.
    pub(crate) fn get(&mut self, target: &str) -> io::Result<Value> {
        let target = format!("/admin/v1{target}");
        let header = ("Authorization", self.authorization.as_str());
        let answer = self.wire.get(&target, header)?;
        let answer = answer.expect(200);
        let answer = answer.map_err(|error| io::Error::other(format!("{target}: {error}")))?;
        Ok(serde_json::from_slice(&answer.body)?)
    }

    /// A member of an item in the middle of a page of fifty, or of the first one.
    pub(crate) fn pick(&mut self, target: &str, member: &str) -> Result<String, Failed> {
        let page = self.get(target)?;
        let item = page["items"].get(25).or_else(|| page["items"].get(0));
        let text = item.and_then(|item| item[member].as_str());
        let text = text.ok_or_else(|| format!("no `{member}` in {target}"))?;
        Ok(text.to_owned())
    }

    fn time(&mut self, target: &str) -> io::Result<f64> {
        let begun = Instant::now();
        self.get(target)?;
        Ok(begun.elapsed().as_secs_f64() * 1_000.0)
    }
}
