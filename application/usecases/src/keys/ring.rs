//! The keys of a realm as requests need them: signers and verifiers that were parsed once.

use std::collections::HashMap;
use std::sync::Arc;

use gatelodge_domain::signing_key::KeyState;
use gatelodge_domain::{Digest, Id, KeyAlgorithm, Realm, SigningKey};
use gatelodge_ports::{KeyFactory, Signer, Store, Vault, Verifier};

use super::JwksDocument;
use super::verified::VerifiedSignatures;
use crate::Failure;
use crate::figures::CacheFigures;
use crate::foundation::Cache;

/// One realm's held keys.
pub struct KeyRing {
    signers: HashMap<KeyAlgorithm, Arc<dyn Signer>>,
    verifiers: HashMap<String, Arc<dyn Verifier>>,
    /// What the JWKS endpoint answers.
    pub document: JwksDocument,
    verified: VerifiedSignatures,
}

impl KeyRing {
    /// The active signer of an algorithm.
    pub fn signer(&self, algorithm: KeyAlgorithm) -> Option<&Arc<dyn Signer>> {
        self.signers.get(&algorithm)
    }

    /// The verifier of a `kid` in the JWKS.
    pub fn verifier(&self, key_id: &str) -> Option<&Arc<dyn Verifier>> {
        self.verifiers.get(key_id)
    }

    /// Asks `verify` about a text whose keyed digest is given, unless these keys have found it
    /// good before.
    pub fn verify_once(&self, text: &Digest, verify: impl FnOnce() -> bool) -> bool {
        if self.verified.contains(text) {
            return true;
        }
        let good = verify();
        if good {
            self.verified.remember(text);
        }
        good
    }
}

/// Held keys of every realm that was asked for, loaded on first use.
pub struct KeyRings {
    store: Arc<dyn Store>,
    factory: Arc<dyn KeyFactory>,
    vault: Arc<dyn Vault>,
    rings: Cache<Id<Realm>, Arc<KeyRing>>,
}

impl KeyRings {
    /// Nothing held yet.
    pub fn new(store: Arc<dyn Store>, factory: Arc<dyn KeyFactory>, vault: Arc<dyn Vault>) -> Self {
        Self {
            store,
            factory,
            vault,
            rings: Cache::bounded(10_000),
        }
    }

    /// The held keys of a realm.
    pub async fn of(&self, realm: Id<Realm>) -> Result<Arc<KeyRing>, Failure> {
        if let Some(held) = self.rings.get(&realm) {
            return Ok(held);
        }
        let generation = self.rings.generation();
        let keys = self.store.read().await?.keys().list(realm).await?;
        let ring = Arc::new(self.load(realm, &keys)?);
        self.rings.keep(generation, realm, ring.clone());
        Ok(ring)
    }

    /// How often a realm's keys were held already.
    pub fn figures(&self) -> CacheFigures {
        self.rings.figures("key_rings")
    }

    pub(crate) fn drop_realm(&self, realm: Id<Realm>) {
        self.rings.drop_key(&realm);
    }

    fn load(&self, realm: Id<Realm>, keys: &[SigningKey]) -> Result<KeyRing, Failure> {
        let mut signers: HashMap<KeyAlgorithm, Arc<dyn Signer>> = HashMap::new();
        let mut verifiers = HashMap::new();
        for key in keys.iter().filter(|key| key.is_published()) {
            let verifier = self
                .factory
                .verifier(&key.key_id, key.algorithm, &key.public)?;
            verifiers.insert(key.key_id.as_str().to_owned(), verifier);
            // Listed by id: where two are active for a moment, the younger one signs.
            if let KeyState::Active { .. } = key.state {
                let private = self
                    .vault
                    .open(&private_key_place(realm, key.id), &key.sealed_private)?;
                let signer = self.factory.signer(&key.key_id, key.algorithm, &private)?;
                signers.insert(key.algorithm, signer);
            }
        }
        Ok(KeyRing {
            signers,
            verifiers,
            document: JwksDocument::of(keys.iter()),
            verified: VerifiedSignatures::default(),
        })
    }
}

/// Where a private key may be opened.
pub(super) fn private_key_place(realm: Id<Realm>, key: Id<SigningKey>) -> String {
    format!("{realm}|signing_keys|{key}|sealed_private")
}
