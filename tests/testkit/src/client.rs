//! An HTTP client that answers every status as it is and follows no redirect.

use std::time::Duration;

use serde_json::Value;
use ureq::http::{Request, Response};
use ureq::{Agent, Body};

/// Sends requests.
#[derive(Debug, Clone)]
pub struct Http(Agent);

/// Why nothing came back: the server is gone, or went while it worked.
#[derive(Debug, Clone)]
pub struct NoAnswer(pub String);

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The body, read whole.
    pub body: Vec<u8>,
}

/// How long an answer may take. Generous: a crowd of 64 at a busy machine waits for as many hashed
/// passwords, and stories that care how long something took measure it themselves.
const PATIENCE: Duration = Duration::from_mins(2);

impl Default for Http {
    fn default() -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .allow_non_standard_methods(true)
            .timeout_global(Some(PATIENCE))
            .build();
        Self(config.into())
    }
}

impl Http {
    /// `GET`.
    pub fn get(&self, url: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", url, headers, b"")
    }

    /// `POST` of a form.
    pub fn post_form(&self, url: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Answer {
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.send("POST", url, &all, encode_form(form).as_bytes())
    }

    /// Any method with a JSON body.
    pub fn json(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut all = headers.to_vec();
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            all.push(("content-type", "application/json"));
        }
        self.send(method, url, &all, body.to_string().as_bytes())
    }

    /// Anything.
    pub fn send(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_send(method, url, headers, body)
            .unwrap_or_else(|NoAnswer(why)| panic!("{method} {url}: {why}"))
    }

    /// Anything, to a server that may not live long enough to answer.
    pub fn try_send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, NoAnswer> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = if body.is_empty() && matches!(method, "GET" | "HEAD" | "OPTIONS") {
            self.0.run(request.body(()).expect("a request"))
        } else {
            self.0.run(request.body(body).expect("a request"))
        };
        response
            .and_then(read)
            .map_err(|error| NoAnswer(error.to_string()))
    }
}

fn read(response: Response<Body>) -> Result<Answer, ureq::Error> {
    let status = response.status().as_u16();
    let headers: Vec<(String, String)> = response
        .headers()
        .iter()
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    // A live stream has no end, and is for whoever opens it as one.
    let is_stream =
        |(name, value): &(String, String)| name == "content-type" && value == "text/event-stream";
    let body = if headers.iter().any(is_stream) {
        Vec::new()
    } else {
        response.into_body().read_to_vec()?
    };
    Ok(Answer {
        status,
        headers,
        body,
    })
}

/// `application/x-www-form-urlencoded`.
pub fn encode_form(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

/// A Basic `Authorization` header (RFC 6749 §2.3.1).
pub fn basic(client_id: &str, secret: &str) -> String {
    use base64::Engine as _;
    let encode =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(client_id), encode(secret));
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(pair)
    )
}

impl Answer {
    /// The first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Every header of that name.
    pub fn headers_named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}) in {}: {}", self.status, self.text()))
    }

    /// A text member of the JSON body.
    pub fn field(&self, name: &str) -> String {
        self.json()[name]
            .as_str()
            .unwrap_or_else(|| panic!("no `{name}` in {}: {}", self.status, self.text()))
            .to_owned()
    }

    /// Fails unless the status is that.
    #[must_use = "or drop it on purpose"]
    pub fn expect_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// Fails unless this is that OAuth error.
    pub fn expect_error(&self, status: u16, error: &str) {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.json()["error"], error, "{}", self.text());
    }

    /// Where a redirect leads.
    pub fn location(&self) -> String {
        self.header("location")
            .unwrap_or_else(|| panic!("no Location in {}: {}", self.status, self.text()))
            .to_owned()
    }
}
