//! Proof Key for Code Exchange (RFC 7636), and the unguessable texts of a request.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::fault::Fault;

/// A verifier and its challenge.
pub(crate) struct Pkce {
    /// Kept until the code comes (§4.1).
    pub(crate) verifier: String,
    /// Sent ahead (§4.2, `S256`).
    pub(crate) challenge: String,
}

impl Pkce {
    /// A fresh one.
    pub(crate) fn new() -> Result<Self, Fault> {
        let verifier = unguessable()?;
        Ok(Self {
            challenge: challenge(&verifier),
            verifier,
        })
    }
}

fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(openssl::sha::sha256(verifier.as_bytes()))
}

/// 256 bits, as 43 letters.
pub(crate) fn unguessable() -> Result<String, Fault> {
    let mut bytes = [0; 32];
    openssl::rand::rand_bytes(&mut bytes)
        .map_err(|error| Fault::because("no randomness", &error))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_appendix_b_holds() {
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
        let (one, other) = (Pkce::new().unwrap(), Pkce::new().unwrap());
        assert_eq!(one.verifier.len(), 43);
        assert_ne!(one.verifier, other.verifier);
    }
}
