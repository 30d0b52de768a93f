//! A relying party that walks the code flow with a browser.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::browser::Browser;
use crate::client::{Answer, Http, basic, encode_form};

/// A client of an issuer.
#[derive(Debug, Clone)]
pub struct RelyingParty {
    http: Http,
    /// The issuer.
    pub issuer: String,
    /// Who it is.
    pub client_id: String,
    /// Its secret, if it has one; sent by `client_secret_basic`.
    pub client_secret: Option<String>,
    /// Where it is answered.
    pub redirect_uri: String,
    /// What it asks for.
    pub scope: String,
}

/// A verifier of the right length (RFC 7636 §4.1).
pub const VERIFIER: &str = "a-verifier-of-exactly-the-right-sort-0123456789";

impl RelyingParty {
    /// The client that a part of `demo.json` describes, at that issuer.
    pub fn new(issuer: &str, client: &Value, scope: &str) -> Self {
        let text = |name: &str| client[name].as_str().map(str::to_owned);
        Self {
            http: Http::default(),
            issuer: issuer.to_owned(),
            client_id: text("client_id").expect("a client_id"),
            client_secret: text("client_secret"),
            redirect_uri: text("redirect_uri").expect("a redirect_uri"),
            scope: scope.to_owned(),
        }
    }

    /// An authorization URL with PKCE; further parameters replace those of the same name, and
    /// an empty value leaves one out.
    pub fn authorize_url(&self, further: &[(&str, &str)]) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let mut pairs = vec![
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", &self.scope),
            ("state", "a-state"),
            ("nonce", "a-nonce"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        pairs.retain(|(name, _)| !further.iter().any(|(other, _)| other == name));
        pairs.extend(further.iter().filter(|(_, value)| !value.is_empty()));
        format!("{}/oauth2/authorize?{}", self.issuer, encode_form(&pairs))
    }

    /// Signs a person in, agrees to everything, and answers the redirect's parameters.
    pub fn sign_in(
        &self,
        browser: &mut Browser,
        username: &str,
        password: &str,
        further: &[(&str, &str)],
    ) -> Vec<(String, String)> {
        let mut page = browser.open(&self.authorize_url(further));
        for _ in 0..3 {
            if page.status == 303 {
                return redirect_parameters(&page);
            }
            let form = Browser::form(&page);
            let values: &[(&str, &str)] = if form.buttons.iter().any(|(name, _)| name == "decision")
            {
                &[("decision", "allow")]
            } else {
                &[("username", username), ("password", password)]
            };
            page = browser.submit_form(&form, values);
        }
        panic!(
            "no redirect to the client, but {}: {}",
            page.status,
            page.text()
        );
    }

    /// The whole flow up to a code.
    pub fn code(&self, browser: &mut Browser, username: &str, password: &str) -> String {
        let parameters = self.sign_in(browser, username, password, &[]);
        parameter(&parameters, "code")
            .unwrap_or_else(|| panic!("no code in {parameters:?}"))
            .to_owned()
    }

    /// Redeems a code.
    pub fn redeem(&self, code: &str) -> Answer {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", VERIFIER),
        ])
    }

    /// Refreshes.
    pub fn refresh(&self, refresh_token: &str) -> Answer {
        self.token(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
        ])
    }

    /// Asks the token endpoint, as this client.
    pub fn token(&self, form: &[(&str, &str)]) -> Answer {
        self.authenticated_post("/oauth2/token", form)
    }

    /// Posts a form below the issuer, as this client.
    pub fn authenticated_post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let url = format!("{}{path}", self.issuer);
        let mut form = form.to_vec();
        if let Some(secret) = &self.client_secret {
            let authorization = basic(&self.client_id, secret);
            let headers = [("authorization", authorization.as_str())];
            return self.http.post_form(&url, &headers, &form);
        }
        form.push(("client_id", &self.client_id));
        self.http.post_form(&url, &[], &form)
    }

    /// Asks userinfo.
    pub fn userinfo(&self, access_token: &str) -> Answer {
        let url = format!("{}/oauth2/userinfo", self.issuer);
        self.http.get(
            &url,
            &[("authorization", &format!("Bearer {access_token}"))],
        )
    }
}

/// The parameters of a redirect, from its query or its fragment.
pub fn redirect_parameters(answer: &Answer) -> Vec<(String, String)> {
    let url = Url::parse(&answer.location()).unwrap();
    let encoded = url
        .fragment()
        .or(url.query())
        .unwrap_or_default()
        .to_owned();
    url::form_urlencoded::parse(encoded.as_bytes())
        .into_owned()
        .collect()
}

/// One parameter.
pub fn parameter<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    parameters
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}
