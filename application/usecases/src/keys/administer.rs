//! Signing keys as an administrator sees them: listed, and rotated now.

use std::sync::Arc;

use gatelodge_domain::signing_key::RemovalReason;
use gatelodge_domain::{KeyAlgorithm, SigningKey};

use super::{KeyMaintenance, RotatedBy};
use crate::Foundation;
use crate::admin::{AdminError, KeysRead, KeysWrite, Permit};

/// Why keys are rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RotationReason {
    /// It is time: the old key goes on verifying until its last token has expired.
    Routine,
    /// The old key may be in wrong hands: it leaves the JWKS at once and what it signed is void.
    Compromised,
}

/// Lists and rotates keys.
pub struct AdministerKeys {
    foundation: Arc<Foundation>,
    maintenance: Arc<KeyMaintenance>,
}

impl AdministerKeys {
    /// Over a house and its keys.
    pub fn new(foundation: Arc<Foundation>, maintenance: Arc<KeyMaintenance>) -> Self {
        Self {
            foundation,
            maintenance,
        }
    }

    /// Every key of the realm in any state.
    pub async fn list(&self, permit: &Permit<KeysRead>) -> Result<Vec<SigningKey>, AdminError> {
        let mut view = self.foundation.store.read().await?;
        Ok(view.keys().list(permit.realm_id()).await?)
    }

    /// Rotates the key of one algorithm; answers how many keys left the JWKS at once.
    pub async fn rotate(
        &self,
        permit: &Permit<KeysWrite>,
        algorithm: KeyAlgorithm,
        reason: RotationReason,
    ) -> Result<usize, AdminError> {
        let removal = match reason {
            RotationReason::Routine => None,
            RotationReason::Compromised => Some(RemovalReason::Compromised),
        };
        let dropped = self
            .maintenance
            .rotate(
                permit.realm(),
                algorithm,
                removal,
                RotatedBy {
                    actor: permit.actor(),
                    realm: permit.actor_realm(),
                },
                permit.request(),
            )
            .await?;
        Ok(dropped)
    }
}
