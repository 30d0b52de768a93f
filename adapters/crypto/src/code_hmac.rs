//! HMAC under keys of authenticator apps, by OpenSSL (RFC 2104, FIPS 198-1).

use gatelodge_domain::SecretBytes;
use gatelodge_domain::factor::totp::TotpHash;
use gatelodge_ports::hmac::{Hmac, HmacError};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

/// Computes HMACs.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpensslHmac;

impl Hmac for OpensslHmac {
    fn hmac(
        &self,
        hash: TotpHash,
        key: &SecretBytes,
        message: &[u8],
    ) -> Result<Vec<u8>, HmacError> {
        compute(hash, key.expose(), message).map_err(|error| HmacError(error.to_string()))
    }
}

fn compute(hash: TotpHash, key: &[u8], message: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let digest = match hash {
        TotpHash::Sha1 => MessageDigest::sha1(),
        TotpHash::Sha256 => MessageDigest::sha256(),
        TotpHash::Sha512 => MessageDigest::sha512(),
    };
    let key = PKey::hmac(key)?;
    let mut signer = Signer::new(digest, &key)?;
    signer.update(message)?;
    signer.sign_to_vec()
}

#[cfg(test)]
mod tests {
    use gatelodge_domain::Timestamp;
    use gatelodge_domain::factor::totp::TotpScheme;

    use super::*;

    fn code(hash: TotpHash, digits: u8, at: i64) -> String {
        // Appendix B: the ASCII digits "1234567890", as often as the hash's key needs.
        let repeated = b"1234567890".iter().copied().cycle();
        let key: Vec<u8> = repeated.take(hash.secret_length()).collect();
        let scheme = TotpScheme::new(hash, digits).unwrap();
        let step = TotpScheme::step_at(Timestamp::from_seconds(at));
        let key = SecretBytes::new(key);
        let mac = OpensslHmac.hmac(hash, &key, &step.message()).unwrap();
        scheme.code(&mac).unwrap().expose().clone()
    }

    #[test]
    fn codes_follow_the_vectors_of_rfc_6238_appendix_b() {
        let table = [
            (59, ["94287082", "46119246", "90693936"]),
            (1_111_111_109, ["07081804", "68084774", "25091201"]),
            (1_111_111_111, ["14050471", "67062674", "99943326"]),
            (1_234_567_890, ["89005924", "91819424", "93441116"]),
            (2_000_000_000, ["69279037", "90698825", "38618901"]),
            (20_000_000_000, ["65353130", "77737706", "47863826"]),
        ];
        for (at, codes) in table {
            for (hash, expected) in TotpHash::ALL.into_iter().zip(codes) {
                assert_eq!(code(hash, 8, at), expected, "{at} {hash:?}");
            }
        }
    }

    #[test]
    fn six_digits_are_the_last_six_of_eight() {
        assert_eq!(code(TotpHash::Sha1, 6, 1_111_111_109), "081804");
    }
}
