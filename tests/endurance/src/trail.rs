//! The audit trail as an administrator reads it, so that every answer that had to leave an
//! event can be held against it.

use std::collections::BTreeSet;

use crate::line::{Line, Step, Stop, broken};

/// An answer that somebody got and that must have left an event.
#[derive(Debug, Clone)]
pub struct Owed {
    /// What was answered.
    pub what: &'static str,
    /// The id of the request that was answered.
    pub request: String,
    /// The id of the access token that it bore, if it bore one.
    pub token: Option<String>,
}

/// Reads the trail on from where it was read to.
#[derive(Debug, Default)]
pub struct TrailReader {
    position: u64,
}

impl TrailReader {
    /// Reads what was written since, and names the first answer that left nothing.
    pub fn hold(&mut self, line: &mut Line, owed: &[Owed]) -> Step<usize> {
        let (mut requests, mut tokens) = (BTreeSet::new(), BTreeSet::new());
        let read = self.read(line, &mut requests, &mut tokens)?;
        for one in owed {
            if !requests.contains(&one.request) {
                return broken(format!(
                    "{}: answered as request {}, of which the trail knows nothing",
                    one.what, one.request
                ));
            }
            if let Some(token) = &one.token
                && !tokens.contains(token)
            {
                return broken(format!(
                    "{}: no event bears the access token {token}",
                    one.what
                ));
            }
        }
        Ok(read)
    }

    fn read(
        &mut self,
        line: &mut Line,
        requests: &mut BTreeSet<String>,
        tokens: &mut BTreeSet<String>,
    ) -> Step<usize> {
        let (mut cursor, mut newest, mut read) = (String::new(), self.position, 0);
        loop {
            let path = format!("/audit?limit=200{cursor}");
            let page = line.admin("audit", ("GET", &path), None)?;
            if page.status != 200 {
                return broken(format!("the trail cannot be read: {}", page.text()));
            }
            let page = page.json();
            let items = page["items"].as_array().ok_or(Stop::Lost)?;
            for event in items {
                let position = event["position"].as_u64().unwrap_or_default();
                if position <= self.position {
                    self.position = newest;
                    return Ok(read);
                }
                newest = newest.max(position);
                read += 1;
                let text = |name: &str| event[name].as_str().map(str::to_owned);
                requests.extend(text("request_id"));
                tokens.extend(text("token"));
            }
            let Some(next) = page["next_cursor"].as_str() else {
                self.position = newest;
                return Ok(read);
            };
            cursor = format!("&cursor={next}");
        }
    }
}
