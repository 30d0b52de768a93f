//! Requests by listener, route, method and class of status.
//!
//! Routes are the patterns that the server mounts, never paths, and methods are those of RFC 9110
//! §9 or `other`: no stranger can make a label. A thread finds the figures of a route in a map of
//! its own, so that counting takes no lock that others want.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::exposition::{Exposition, Kind};
use crate::histogram::Histogram;

/// Upper bounds in microseconds.
const BOUNDS: [u64; 12] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 2_500_000,
    10_000_000,
];
const METHODS: [&str; 8] = [
    "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "other",
];
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
/// In place of a route where there is none: what a stranger guessed.
const NOWHERE: &str = "none";

/// The figures of every route of a listener.
#[derive(Debug)]
pub struct Requests {
    listener: &'static str,
    routes: Mutex<BTreeMap<String, Arc<Route>>>,
}

#[derive(Debug, Default)]
struct Route {
    answers: [[AtomicU64; CLASSES.len()]; METHODS.len()],
    took: Histogram<{ BOUNDS.len() }>,
}

/// A request that was answered.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// The pattern that it met, if any.
    pub route: Option<&'a str>,
    /// Its method.
    pub method: &'a str,
    /// The status of its answer.
    pub status: u16,
    /// From its head to the head of its answer.
    pub took: Duration,
}

thread_local! {
    /// By listener and route.
    static KNOWN: RefCell<HashMap<&'static str, HashMap<String, Arc<Route>>>> = RefCell::default();
}

impl Requests {
    /// None yet, at the listener of that name. One for each listener of a process.
    pub fn at(listener: &'static str) -> Self {
        Self {
            listener,
            routes: Mutex::default(),
        }
    }

    /// Counts one.
    pub fn note(&self, answered: &Answered<'_>) {
        let name = answered.route.unwrap_or(NOWHERE);
        KNOWN.with_borrow_mut(|known| {
            let known = known.entry(self.listener).or_default();
            if let Some(route) = known.get(name) {
                route.note(answered);
                return;
            }
            let route = self.route(name);
            route.note(answered);
            known.insert(name.to_owned(), route);
        });
    }

    fn route(&self, name: &str) -> Arc<Route> {
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        routes.entry(name.to_owned()).or_default().clone()
    }

    fn all(&self) -> Vec<(String, Arc<Route>)> {
        let routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let all = routes
            .iter()
            .map(|(name, route)| (name.clone(), route.clone()));
        all.collect()
    }

    /// Writes the figures of several listeners.
    pub fn write(of: &[Arc<Self>], page: &mut Exposition) {
        page.family(
            "gatelodge_http_requests_total",
            Kind::Counter,
            "Answered requests by listener, route, method and class of status.",
        );
        for requests in of {
            for (name, route) in requests.all() {
                for (method, classes) in METHODS.iter().zip(&route.answers) {
                    for (class, count) in CLASSES.iter().zip(classes) {
                        let count = count.load(Ordering::Relaxed);
                        if count > 0 {
                            let labels = [
                                ("listener", requests.listener),
                                ("route", &name),
                                ("method", method),
                                ("status", class),
                            ];
                            page.sample(&labels, count);
                        }
                    }
                }
            }
        }
        page.family(
            "gatelodge_http_request_duration_seconds",
            Kind::Histogram,
            "Time from a request's head to the head of its answer, by listener and route.",
        );
        for requests in of {
            for (name, route) in requests.all() {
                let labels = [("listener", requests.listener), ("route", name.as_str())];
                page.histogram(&labels, &route.took.read(&BOUNDS, 1e-6));
            }
        }
    }
}

impl Route {
    fn note(&self, answered: &Answered<'_>) {
        let method = METHODS.iter().position(|known| *known == answered.method);
        let method = method.unwrap_or(METHODS.len() - 1);
        let class = usize::from(answered.status / 100).clamp(1, CLASSES.len()) - 1;
        if let Some(count) = self.answers.get(method).and_then(|of| of.get(class)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let micros = u64::try_from(answered.took.as_micros()).unwrap_or(u64::MAX);
        self.took.add(&BOUNDS, micros);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered<'a>(route: Option<&'a str>, method: &'a str, status: u16) -> Answered<'a> {
        Answered {
            route,
            method,
            status,
            took: Duration::from_millis(3),
        }
    }

    #[test]
    fn requests_are_counted_by_route_and_never_by_what_a_stranger_writes() {
        let requests = Arc::new(Requests::at("auth"));
        requests.note(&answered(Some("/oauth2/token"), "POST", 200));
        requests.note(&answered(Some("/oauth2/token"), "POST", 204));
        requests.note(&answered(Some("/oauth2/token"), "POST", 503));
        requests.note(&answered(None, "BREW", 404));
        // Another thread finds the same figures.
        let other = requests.clone();
        std::thread::spawn(move || other.note(&answered(Some("/oauth2/token"), "POST", 201)))
            .join()
            .unwrap();
        let mut page = Exposition::new();
        Requests::write(&[requests], &mut page);
        let text = page.into_text();
        for line in [
            "gatelodge_http_requests_total{listener=\"auth\",route=\"/oauth2/token\",method=\"POST\",status=\"2xx\"} 3",
            "gatelodge_http_requests_total{listener=\"auth\",route=\"/oauth2/token\",method=\"POST\",status=\"5xx\"} 1",
            "gatelodge_http_requests_total{listener=\"auth\",route=\"none\",method=\"other\",status=\"4xx\"} 1",
            "gatelodge_http_request_duration_seconds_count{listener=\"auth\",route=\"/oauth2/token\"} 4",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
        assert!(!text.contains("BREW"));
    }
}
