//! How many requests an administrator may make in a minute, so that a script that runs wild
//! harms nobody else; told with every answer (draft-ietf-httpapi-ratelimit-headers-10).
//!
//! Counted by each node for itself; the quota is divided by the nodes that are live.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use gatelodge_domain::{Subject, Timestamp};

const WINDOW: Duration = Duration::from_mins(1);
/// Administrators are few; memory is bounded whatever comes.
const BOUND: usize = 10_000;
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Counters of the current minute.
#[derive(Debug)]
pub struct Quota {
    /// Requests in a minute; 0 is any number.
    requests: u32,
    windows: Mutex<HashMap<Subject, (Timestamp, u32)>>,
}

/// Where an administrator stands after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    quota: u32,
    remaining: u32,
    resets_in: Duration,
    pub(crate) admitted: bool,
}

impl Quota {
    /// That many requests in a minute, of all nodes together; 0 is any number.
    pub fn new(requests: u32) -> Self {
        Self {
            requests,
            windows: Mutex::default(),
        }
    }

    /// Counts a request. `None` where any number is allowed.
    pub(crate) fn count(&self, who: Subject, nodes: u32, now: Timestamp) -> Option<Standing> {
        if self.requests == 0 {
            return None;
        }
        let quota = (self.requests / nodes.max(1)).max(1);
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= BOUND {
            windows.retain(|_, (began, _)| now < began.plus(WINDOW));
        }
        let window = windows.entry(who).or_insert((now, 0));
        if now >= window.0.plus(WINDOW) {
            *window = (now, 0);
        }
        let admitted = window.1 < quota;
        window.1 = window.1.saturating_add(1);
        Some(Standing {
            quota,
            remaining: quota.saturating_sub(window.1),
            resets_in: window.0.plus(WINDOW).since(now),
            admitted,
        })
    }
}

impl Standing {
    /// How long to wait for the next minute.
    pub(crate) const fn resets_in(self) -> Duration {
        self.resets_in
    }

    /// Tells it (§3, §4 of the draft).
    pub(crate) fn tell(self, headers: &mut HeaderMap) {
        let seconds = self.resets_in.as_millis().div_ceil(1_000);
        let policy = format!("\"administrator\";q={};w=60", self.quota);
        let limit = format!("\"administrator\";r={};t={seconds}", self.remaining);
        for (name, text) in [(POLICY, policy), (LIMIT, limit)] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use gatelodge_domain::Id;

    use super::*;

    #[test]
    fn a_quota_is_used_up_and_comes_back_with_the_next_minute() {
        let quota = Quota::new(4);
        let who = Subject::User(Id::from_u128(1));
        let at = Timestamp::from_seconds;
        let admitted = |standing: Option<Standing>| standing.is_some_and(|one| one.admitted);
        // Two nodes share it.
        assert!(admitted(quota.count(who, 2, at(0))));
        let last = quota.count(who, 2, at(20)).unwrap();
        assert!(last.admitted);
        let mut headers = HeaderMap::new();
        last.tell(&mut headers);
        assert_eq!(headers.get(POLICY).unwrap(), "\"administrator\";q=2;w=60");
        assert_eq!(headers.get(LIMIT).unwrap(), "\"administrator\";r=0;t=40");
        let over = quota.count(who, 2, at(20)).unwrap();
        assert!(!over.admitted);
        assert_eq!(over.resets_in(), Duration::from_secs(40));
        let other = Subject::User(Id::from_u128(2));
        assert!(
            admitted(quota.count(other, 2, at(20))),
            "each has their own"
        );
        assert!(admitted(quota.count(who, 2, at(60))));
        assert_eq!(Quota::new(0).count(who, 1, at(0)), None);
    }
}
