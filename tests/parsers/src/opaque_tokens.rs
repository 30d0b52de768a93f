//! Refresh tokens, codes, cookies' secrets and their kin: text around bytes and a checksum.

use std::sync::{Arc, LazyLock};

use arbitrary::Arbitrary;
use gatelodge_domain::opaque_token::{OpaqueToken, TokenKind};
use gatelodge_domain::{Digest, Id, SecretBytes};
use gatelodge_ports::Vault;
use gatelodge_ports::vault::{DataKeyPurpose, VaultError};
use gatelodge_usecases::tokens::RefreshTokens;

use crate::decode;

/// A vault whose one key is known: the target needs genuine tokens, not secrecy.
struct OpenVault;

impl Vault for OpenVault {
    fn seal(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, VaultError> {
        Err(VaultError::DoesNotOpen)
    }

    fn open(&self, _: &str, _: &[u8]) -> Result<SecretBytes, VaultError> {
        Err(VaultError::DoesNotOpen)
    }

    fn seal_under(&self, _: &SecretBytes, _: &str, _: &[u8]) -> Result<Vec<u8>, VaultError> {
        Err(VaultError::DoesNotOpen)
    }

    fn open_under(&self, _: &SecretBytes, _: &str, _: &[u8]) -> Result<SecretBytes, VaultError> {
        Err(VaultError::DoesNotOpen)
    }

    fn mac(&self, _: DataKeyPurpose, parts: &[&[u8]]) -> Digest {
        Digest::sha256(&parts.concat())
    }
}

static TOKENS: LazyLock<RefreshTokens> = LazyLock::new(|| RefreshTokens::new(Arc::new(OpenVault)));

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    kind: u8,
    text: &'a str,
    bytes: &'a [u8],
    family: [u8; 16],
    generation: u32,
}

/// Holds what these parsers promise against any bytes.
pub fn hold(bytes: &[u8]) {
    decode(bytes, |input: Input<'_>| {
        for kind in TokenKind::ALL {
            if let Some(bytes) = OpaqueToken::open(kind, input.text) {
                assert_eq!(TokenKind::of(input.text), Some(kind));
                let minted = OpaqueToken::mint(kind, bytes.expose());
                assert_eq!(minted.expose(), input.text, "a value has one text");
            }
        }
        let kind = TokenKind::ALL[usize::from(input.kind) % TokenKind::ALL.len()];
        let minted = OpaqueToken::mint(kind, input.bytes);
        let opened = OpaqueToken::open(kind, minted.expose());
        let fits = (1..=OpaqueToken::MAX_BYTES).contains(&input.bytes.len());
        assert_eq!(
            opened.map(|bytes| bytes.expose().clone()),
            fits.then(|| input.bytes.to_vec())
        );

        let (realm, family) = (Id::from_u128(1), Id::from_bytes(input.family));
        let written = TOKENS.write(realm, family, input.generation);
        let read = TOKENS
            .read(realm, written.expose())
            .expect("a genuine token is read");
        assert_eq!((read.family, read.generation), (family, input.generation));
        assert!(
            TOKENS.read(Id::from_u128(2), written.expose()).is_none(),
            "another realm's"
        );
        for text in [input.text, minted.expose().as_str()] {
            if let Some(read) = TOKENS.read(realm, text) {
                assert_eq!(
                    TOKENS.write(realm, read.family, read.generation).expose(),
                    text
                );
            }
        }
    });
}
