//! A browser without a screen: cookies by host, redirects within a host, forms.

use std::collections::BTreeMap;

use url::Url;

use crate::client::{Answer, Http, NoAnswer, encode_form};
use crate::form::{Form, first_post_form};

/// Holds cookies and the page it is on.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    http: Http,
    // Browsers ignore ports, and so does this.
    cookies: BTreeMap<(String, String), String>,
    /// The page it is on.
    pub url: String,
    /// Its language; sent as `Accept-Language` where it is not empty.
    pub language: String,
}

impl Browser {
    /// A fresh browser.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends what follows over these connections: those to a server that was killed are dead.
    pub fn connect_through(&mut self, http: &Http) {
        self.http = http.clone();
    }

    /// Opens a URL and follows redirects as long as they stay on its host and port. The answer
    /// is the last page, or the redirect that leads away.
    pub fn open(&mut self, url: &str) -> Answer {
        self.request("GET", url, None)
    }

    /// The same with a server that may not live long enough to answer.
    pub fn try_open(&mut self, url: &str) -> Result<Answer, NoAnswer> {
        self.try_request("GET", url, None)
    }

    /// Fills in the first post form of a page and sends it.
    pub fn submit(&mut self, page: &Answer, values: &[(&str, &str)]) -> Answer {
        let form = Self::form(page);
        self.submit_form(&form, values)
    }

    /// The first post form of a page.
    pub fn form(page: &Answer) -> Form {
        first_post_form(&page.text())
            .unwrap_or_else(|| panic!("no form on the page ({}): {}", page.status, page.text()))
    }

    /// Fills in a form and sends it.
    pub fn submit_form(&mut self, form: &Form, values: &[(&str, &str)]) -> Answer {
        self.try_submit_form(form, values)
            .unwrap_or_else(|NoAnswer(why)| panic!("POST {}: {why}", form.action))
    }

    /// The same with a server that may not live long enough to answer.
    pub fn try_submit_form(
        &mut self,
        form: &Form,
        values: &[(&str, &str)],
    ) -> Result<Answer, NoAnswer> {
        let target = Url::parse(&self.url).unwrap().join(&form.action).unwrap();
        let pairs = form.filled(values);
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        self.try_request("POST", target.as_str(), Some(encode_form(&pairs)))
    }

    /// Sends a form body to a URL.
    pub fn post(&mut self, url: &str, pairs: &[(&str, &str)]) -> Answer {
        self.request("POST", url, Some(encode_form(pairs)))
    }

    /// The cookies of a host, as a header.
    pub fn cookie_header(&self, host: &str) -> String {
        let mine = self.cookies.iter().filter(|((of, _), _)| of == host);
        mine.map(|((_, name), value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// Names of the cookies it holds.
    pub fn cookie_names(&self) -> Vec<&str> {
        self.cookies.keys().map(|(_, name)| name.as_str()).collect()
    }

    /// Takes a cookie away.
    pub fn forget_cookies(&mut self) {
        self.cookies.clear();
    }

    fn request(&mut self, method: &str, url: &str, body: Option<String>) -> Answer {
        self.try_request(method, url, body)
            .unwrap_or_else(|NoAnswer(why)| panic!("{method} {url}: {why}"))
    }

    fn try_request(
        &mut self,
        method: &str,
        url: &str,
        body: Option<String>,
    ) -> Result<Answer, NoAnswer> {
        let mut url = Url::parse(url).unwrap();
        let (mut method, mut body) = (method, body);
        for _ in 0..20 {
            let answer = self.send(method, &url, body.take().as_deref())?;
            self.url = url.to_string();
            if !(300..400).contains(&answer.status) || answer.status == 304 {
                return Ok(answer);
            }
            assert_ne!(
                answer.status, 307,
                "a form post must not be repeated elsewhere"
            );
            assert_ne!(
                answer.status, 308,
                "a form post must not be repeated elsewhere"
            );
            let Ok(next) = url.join(&answer.location()) else {
                return Ok(answer);
            };
            if next.origin() != url.origin() || !next.scheme().starts_with("http") {
                return Ok(answer);
            }
            method = "GET";
            url = next;
        }
        panic!("too many redirects, last to {url}");
    }

    fn send(&mut self, method: &str, url: &Url, body: Option<&str>) -> Result<Answer, NoAnswer> {
        let host = url.host_str().unwrap().to_owned();
        let cookies = self.cookie_header(&host);
        let mut headers = vec![("accept", "text/html,application/xhtml+xml")];
        if !cookies.is_empty() {
            headers.push(("cookie", cookies.as_str()));
        }
        if !self.language.is_empty() {
            headers.push(("accept-language", self.language.as_str()));
        }
        let answer = match body {
            None => self.http.try_send(method, url.as_str(), &headers, b""),
            Some(body) => {
                headers.push(("content-type", "application/x-www-form-urlencoded"));
                self.http
                    .try_send(method, url.as_str(), &headers, body.as_bytes())
            }
        }?;
        let set: Vec<String> = answer
            .headers_named("set-cookie")
            .map(str::to_owned)
            .collect();
        for cookie in set {
            self.take_cookie(&host, &cookie);
        }
        Ok(answer)
    }

    fn take_cookie(&mut self, host: &str, cookie: &str) {
        let pair = cookie.split(';').next().unwrap_or_default();
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = (host.to_owned(), name.trim().to_owned());
        let lower = cookie.to_ascii_lowercase();
        if value.is_empty() || lower.contains("max-age=0") {
            self.cookies.remove(&key);
        } else {
            self.cookies.insert(key, value.to_owned());
        }
    }
}
