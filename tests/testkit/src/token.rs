//! Looking into tokens, and forging them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// A JWT taken apart; its signature is not checked here (the interop clients do that).
#[derive(Debug, Clone)]
pub struct Jwt {
    /// The protected header.
    pub header: Value,
    /// The claims.
    pub claims: Value,
    /// The signature as text.
    pub signature: String,
}

impl Jwt {
    /// Takes a token apart.
    pub fn parse(text: &str) -> Self {
        let mut parts = text.split('.');
        let mut json = || {
            let part = parts.next().unwrap();
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        let (header, claims) = (json(), json());
        Self {
            header,
            claims,
            signature: parts.next().unwrap().to_owned(),
        }
    }

    /// Puts it together again, with whatever was changed and the old signature.
    pub fn text(&self) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!(
            "{}.{}.{}",
            encode(&self.header),
            encode(&self.claims),
            self.signature
        )
    }

    /// A claim as text.
    pub fn claim(&self, name: &str) -> &str {
        self.claims[name]
            .as_str()
            .unwrap_or_else(|| panic!("no `{name}` in {}", self.claims))
    }
}
