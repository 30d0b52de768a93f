//! A recorded body as text and tokens: the tokens are signed anew for every request, each with
//! an id of its own, and everything else stays as it was.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::keys::{Algorithm, SigningKeys};

/// A body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Body {
    parts: Vec<Part>,
    length: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Token(Token),
}

/// A JWT (RFC 7519) in compact form, taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Token {
    algorithm: Algorithm,
    /// The encoded header and its full stop.
    header: String,
    payload: Vec<u8>,
    /// Where the payload's `jti` is.
    id: Option<usize>,
}

/// Characters of an id.
const ID: usize = 26;

impl Body {
    /// Finds the tokens in a recorded body.
    pub(super) fn signed(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find("\":\"ey") {
            let (before, from) = rest.split_at(at + 3);
            let end = from.find('"').unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            parts.push(Part::Text(before.to_owned()));
            parts.push(match Token::parse(word) {
                Some(token) => Part::Token(token),
                None => Part::Text(word.to_owned()),
            });
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Self {
            parts,
            length: text.len(),
        }
    }

    /// As it is.
    pub(super) fn plain(text: &str) -> Self {
        Self {
            parts: vec![Part::Text(text.to_owned())],
            length: text.len(),
        }
    }

    /// How many tokens it has.
    pub(super) fn tokens(&self) -> usize {
        let is_token = |part: &&Part| matches!(part, Part::Token(_));
        self.parts.iter().filter(is_token).count()
    }

    /// The body of the request with that number.
    pub(super) fn write(
        &self,
        keys: &SigningKeys,
        number: u64,
    ) -> Result<String, openssl::error::ErrorStack> {
        let mut out = String::with_capacity(self.length + 8);
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Token(token) => token.write(keys, number, &mut out)?,
            }
        }
        Ok(out)
    }
}

impl Token {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (header, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
        let plain: serde_json::Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
        let id = core::str::from_utf8(&payload)
            .ok()?
            .find("\"jti\":\"")
            .map(|at| at + 7)
            .filter(|at| payload.get(at + ID) == Some(&b'"'));
        Some(Self {
            algorithm: Algorithm::parse(plain["alg"].as_str()?)?,
            header: format!("{header}."),
            payload,
            id,
        })
    }

    fn write(
        &self,
        keys: &SigningKeys,
        number: u64,
        out: &mut String,
    ) -> Result<(), openssl::error::ErrorStack> {
        let begin = out.len();
        out.push_str(&self.header);
        match self.id {
            None => URL_SAFE_NO_PAD.encode_string(&self.payload, out),
            Some(at) => {
                let mut payload = self.payload.clone();
                payload[at..at + ID].copy_from_slice(&id_text(number));
                URL_SAFE_NO_PAD.encode_string(&payload, out);
            }
        }
        let signature = keys.sign(self.algorithm, &out.as_bytes()[begin..])?;
        out.push('.');
        URL_SAFE_NO_PAD.encode_string(&signature, out);
        Ok(())
    }
}

/// A number as the text of an id.
fn id_text(number: u64) -> [u8; ID] {
    let mut text = [b'a'; ID];
    let mut left = number;
    for place in text.iter_mut().rev() {
        let digit = u8::try_from(left % 26).unwrap_or(0);
        *place = b'a' + digit;
        left /= 26;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded() -> String {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let id = "b".repeat(ID);
        let token = format!(
            "{}.{}.{}",
            encode(r#"{"typ":"at+jwt","alg":"ES256"}"#),
            encode(&format!(r#"{{"sub":"x","jti":"{id}"}}"#)),
            URL_SAFE_NO_PAD.encode([7; 64])
        );
        format!(r#"{{"access_token":"{token}","token_type":"Bearer","scope":"eye"}}"#)
    }

    #[test]
    fn a_body_comes_back_as_long_as_it_was_with_another_token_each_time() {
        let keys = SigningKeys::generate().unwrap();
        let text = recorded();
        let body = Body::signed(&text);
        assert_eq!(body.tokens(), 1);
        let (one, two) = (body.write(&keys, 1).unwrap(), body.write(&keys, 2).unwrap());
        assert_eq!((one.len(), two.len()), (text.len(), text.len()));
        assert_ne!(one, two);
        assert!(one.starts_with(r#"{"access_token":"ey"#));
        assert!(one.ends_with(r#"","token_type":"Bearer","scope":"eye"}"#));
        let token = one.split('"').nth(3).unwrap();
        let payload = token.split('.').nth(1).unwrap();
        let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        assert_eq!(
            claims,
            format!(r#"{{"sub":"x","jti":"{}b"}}"#, "a".repeat(ID - 1))
        );
    }

    #[test]
    fn a_plain_body_is_not_touched() {
        let keys = SigningKeys::generate().unwrap();
        let text = recorded();
        let body = Body::plain(&text);
        assert_eq!(body.tokens(), 0);
        assert_eq!(body.write(&keys, 1).unwrap(), text);
        assert_eq!(Body::signed("{}").write(&keys, 1).unwrap(), "{}");
    }
}
