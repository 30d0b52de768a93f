//! `client_secret_basic`: id and secret in the `Authorization` header (RFC 6749 §2.3.1,
//! RFC 7617). Each half is form-urlencoded first, so that a colon in an id is no border.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatelodge_domain::client::ClientAuthenticationMethod;
use gatelodge_domain::{Client, SecretText, Timestamp};

use super::secret::prove_secret;
use super::{ClientAuthentication, ClientRequest, PresentedClient, Proof};
use crate::{Denial, ErrorCode, Failure, Foundation};

/// `client_secret_basic`
pub struct ClientSecretBasic;

const MALFORMED: Denial = Denial::new(
    ErrorCode::InvalidClient,
    "the Authorization header is not Basic with a form-encoded client_id and client_secret",
);

#[async_trait]
impl ClientAuthentication for ClientSecretBasic {
    fn method(&self) -> ClientAuthenticationMethod {
        ClientAuthenticationMethod::ClientSecretBasic
    }

    fn present(&self, request: &ClientRequest<'_>) -> Result<Option<PresentedClient>, Denial> {
        let Some(header) = request.authorization.filter(|header| is_basic(header)) else {
            return Ok(None);
        };
        let presented = read(header).ok_or(MALFORMED)?;
        match request.parameters.one("client_id")? {
            Some(other) if other != presented.client_id => Err(Denial::new(
                ErrorCode::InvalidRequest,
                "client_id in the body is another than in the Authorization header",
            )),
            _ => Ok(Some(presented)),
        }
    }

    async fn prove(
        &self,
        foundation: &Foundation,
        client: &Client,
        presented: &PresentedClient,
        now: Timestamp,
    ) -> Result<Proof, Failure> {
        Ok(prove_secret(foundation, client, presented, now))
    }
}

/// Whether the header is of the scheme `Basic`, in any letter case (RFC 9110 §11.1).
pub(super) fn is_basic(header: &str) -> bool {
    let scheme = header.split(' ').next().unwrap_or(header);
    scheme.eq_ignore_ascii_case("Basic")
}

fn read(header: &str) -> Option<PresentedClient> {
    let (_, encoded) = header.split_once(' ')?;
    let bytes = STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (client_id, secret) = text.split_once(':')?;
    let secret = decode_form(secret)?;
    Some(PresentedClient {
        client_id: decode_form(client_id)?,
        secret: Some(SecretText::new(secret)),
    })
}

/// Undoes `application/x-www-form-urlencoded` (RFC 6749 appendix B). Characters that should
/// have been encoded stand for themselves, as clients that skip the step expect.
fn decode_form(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(credentials: &str) -> String {
        format!("Basic {}", STANDARD.encode(credentials))
    }

    #[test]
    fn both_halves_are_form_decoded() {
        let presented = read(&header("https%3A%2F%2Fapp.example:a%2Bb+c%25")).unwrap();
        assert_eq!(presented.client_id, "https://app.example");
        assert_eq!(presented.secret.unwrap().expose(), "a+b c%");
    }

    #[test]
    fn the_scheme_has_no_letter_case() {
        assert!(is_basic("basic eA=="));
        assert!(is_basic("BASIC eA=="));
        assert!(!is_basic("Bearer eA=="));
        assert!(!is_basic("Basically eA=="));
    }

    #[test]
    fn what_is_not_credentials_is_refused() {
        for bad in [
            "Basic".to_owned(),
            "Basic !".to_owned(),
            header("no colon"),
            header("a:%4"),
            header("a:%zz"),
            header("%ff:a"),
        ] {
            assert!(read(&bad).is_none(), "{bad}");
        }
    }
}
