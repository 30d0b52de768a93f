//! Realms as an administrator sees them; a file for each verb.

use std::sync::Arc;

use gatelodge_domain::Realm;
use gatelodge_ports::store::{Listed, PageRequest};

use crate::Foundation;
use crate::admin::{AdminError, HousePermit, Permit, RealmsRead};
use crate::keys::KeyMaintenance;

/// Makes, changes and removes realms.
pub struct AdministerRealms {
    pub(super) foundation: Arc<Foundation>,
    pub(super) keys: Arc<KeyMaintenance>,
}

impl AdministerRealms {
    /// Over a house and its keys.
    pub fn new(foundation: Arc<Foundation>, keys: Arc<KeyMaintenance>) -> Self {
        Self { foundation, keys }
    }

    /// A page of realms, those being removed included.
    pub async fn list(
        &self,
        _permit: &HousePermit<RealmsRead>,
        page: PageRequest<Realm>,
    ) -> Result<Listed<Realm>, AdminError> {
        let mut view = self.foundation.store.read().await?;
        Ok(view.realms().list(page).await?)
    }

    /// One realm, as it was when the permit was given.
    pub fn get(&self, permit: &Permit<RealmsRead>) -> Realm {
        permit.realm().realm.clone()
    }
}
