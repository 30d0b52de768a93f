//! What a server that refuses says: problem details (RFC 9457) of the admin API, errors of the
//! OAuth endpoints (RFC 6749 §5.2), or neither.

use serde_json::Value;

use super::Reply;
use crate::fault::{Fault, Refusal};

impl Reply {
    /// Whether it did what was asked.
    pub(crate) const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value, Fault> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Fault::because("the server's answer is no JSON", &error))
    }

    /// The answer, or why it is none.
    pub(crate) fn accepted(self) -> Result<Self, Fault> {
        if self.is_success() {
            Ok(self)
        } else {
            Err(self.refusal())
        }
    }

    /// Why it is no answer.
    pub(crate) fn refusal(&self) -> Fault {
        let body = serde_json::from_slice(&self.body).unwrap_or(Value::Null);
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        if self.status == 401 && text("detail").is_some() {
            return Fault::SignedOut(
                "the server does not accept the token; sign in with `lodge login`".to_owned(),
            );
        }
        let detail = text("detail")
            .or_else(|| text("error_description"))
            .or_else(|| text("error"))
            .unwrap_or_else(|| "the server refused without saying why".to_owned());
        Fault::Refused(Refusal {
            status: self.status,
            detail,
            field: text("field"),
            incident: text("incident"),
            request_id: text("request_id"),
        })
    }

    /// The OAuth error code of a refusal.
    pub(crate) fn oauth_error(&self) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        body["error"].as_str().map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply {
            status,
            etag: None,
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn refusals_of_every_shape_are_understood() {
        let said = |status, body| reply(status, body).refusal().to_string();
        assert_eq!(
            said(422, r#"{"detail": "too long", "field": "username"}"#),
            "username: too long (422)"
        );
        assert_eq!(
            said(
                400,
                r#"{"error": "invalid_grant", "error_description": "it was used"}"#
            ),
            "it was used (400)"
        );
        assert_eq!(
            said(502, "<html>"),
            "the server refused without saying why (502)"
        );
        assert_eq!(reply(401, r#"{"detail": "no"}"#).refusal().status(), 3);
    }
}
