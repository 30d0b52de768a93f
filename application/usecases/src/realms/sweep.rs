//! Removes what deleted realms left behind, for a few milliseconds at a time, so that nobody waits for it.
//! The audit trail stays.

use std::sync::Arc;

use gatelodge_domain::realm::RealmStatus;
use gatelodge_domain::{Id, Realm};
use gatelodge_ports::store::{Change, PageRequest, Swept};

use crate::admin::Work;
use crate::upkeep::budget::{Budget, STEP};
use crate::{Failure, Foundation};

/// Realms that are looked at together.
const PAGE: u16 = 200;

/// Sweeps deleted realms; run by a job.
pub struct SweepRealms {
    foundation: Arc<Foundation>,
}

impl SweepRealms {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// Removes everything of every realm that is marked; answers how many realms are gone.
    pub async fn run(&self) -> Result<usize, Failure> {
        let marked = self.marked().await?;
        for realm in &marked {
            while self.batch(*realm).await? == Swept::More {}
        }
        Ok(marked.len())
    }

    /// Removes one batch of one realm.
    pub async fn batch(&self, realm: Id<Realm>) -> Result<Swept, Failure> {
        let now = self.foundation.clock.now();
        let mut work = Work::open(&self.foundation, now).await?;
        let mut budget = Budget::begin(self.foundation.clock.clone());
        let swept = loop {
            let swept = work.unit.realms().sweep(realm, STEP).await?;
            if swept == Swept::Done || !budget.allows_another_step() {
                break swept;
            }
        };
        if swept == Swept::Done {
            work.unit.revocations().forget(realm).await?;
            work.note(Change::Realm(realm)).await?;
            work.note(Change::Keys(realm)).await?;
        }
        work.commit(&[]).await?;
        Ok(swept)
    }

    async fn marked(&self) -> Result<Vec<Id<Realm>>, Failure> {
        let mut marked = Vec::new();
        let mut page = PageRequest::first(PAGE);
        loop {
            let mut view = self.foundation.store.read().await?;
            let listed = view.realms().list(page).await?;
            let going = |realm: &&Realm| matches!(realm.status, RealmStatus::Deleting { .. });
            marked.extend(listed.items.iter().filter(going).map(|realm| realm.id));
            match listed.items.last() {
                Some(last) if listed.more => page = PageRequest::after(last.id, PAGE),
                _ => return Ok(marked),
            }
        }
    }
}
