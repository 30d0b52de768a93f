//! "Forgot your password?" for somebody unknown, somebody known with a proved address, one with
//! an address that is not proved, and somebody deactivated.
//!
//! The mail is written after the answer, within 100 ms. So a further one, asked for right after it
//! in a name that nobody has, is timed too: it might have to wait for work that only some of them
//! make.

use std::thread::sleep;
use std::time::Duration;

use gatelodge_testkit::{Answer, Browser, Http};
use tokio::time::Instant;

use crate::server::Server;
use crate::{Failed, Road, Said};

const KINDS: [&str; 4] = ["unknown", "known", "unverified", "disabled"];
/// By then the mails of one try are written, and are not in the next one.
const SETTLING: Duration = Duration::from_millis(250);

/// The page's form, posted again and again by one browser.
pub(crate) struct Recover {
    http: Http,
    url: String,
    csrf: String,
    cookies: String,
}

impl Recover {
    /// Of a server.
    pub(crate) fn of(server: &Server) -> Self {
        let url = format!("{}/recover", server.issuer);
        let mut browser = Browser::new();
        let form = Browser::form(&browser.open(&url));
        Self {
            http: Http::default(),
            csrf: form.field("csrf").unwrap_or_default().to_owned(),
            cookies: browser.cookie_header("127.0.0.1"),
            url,
        }
    }
}

impl Recover {
    fn ask(&self, name: &str) -> (Answer, f64) {
        let form = [("username", name), ("csrf", self.csrf.as_str())];
        let headers = [("cookie", self.cookies.as_str())];
        let began = Instant::now();
        let answer = self.http.post_form(&self.url, &headers, &form);
        (answer, began.elapsed().as_secs_f64() * 1e6)
    }
}

impl Road for Recover {
    fn name(&self) -> &'static str {
        "recover"
    }

    fn kinds(&self) -> &[&'static str] {
        &KINDS
    }

    fn parts(&self) -> &[&'static str] {
        &["the answer", "the next one's answer"]
    }

    fn attempt(&self, kind: usize) -> Result<(Vec<f64>, Said), Failed> {
        let (answer, took) = self.ask(KINDS[kind]);
        let (next, after) = self.ask("somebody-else");
        sleep(SETTLING);
        if answer.status == 200 && next.status == 200 {
            Ok((vec![took, after], (answer.status, answer.text())))
        } else {
            Err(format!("{}: {} {}", KINDS[kind], answer.status, answer.text()).into())
        }
    }
}
