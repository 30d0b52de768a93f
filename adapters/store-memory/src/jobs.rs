//! Leases of background jobs.

use async_trait::async_trait;
use gatelodge_domain::Timestamp;
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Jobs, Lease};

use crate::table::{Table, tables};
use crate::view::{Turn, View};

tables! {
    /// Who holds which job, until when.
    JobTables {
        leases: Table<String, (u128, Timestamp)>,
    }
}

#[async_trait]
impl Jobs for View<Turn> {
    async fn lease(
        &mut self,
        job: &str,
        holder: u128,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Lease, StoreError> {
        self.change(|tables, at| {
            let (leases, job) = (&mut tables.jobs.leases, job.to_owned());
            match leases.get(at, &job) {
                Some((other, end)) if *other != holder && now < *end => Ok(Lease::Taken),
                _ => {
                    leases.put(at, job, (holder, until));
                    Ok(Lease::Held)
                }
            }
        })
    }

    async fn release(&mut self, job: &str, holder: u128) -> Result<(), StoreError> {
        self.change(|tables, at| {
            let (leases, job) = (&mut tables.jobs.leases, job.to_owned());
            if leases.get(at, &job).is_some_and(|(by, _)| *by == holder) {
                leases.remove(at, job);
            }
            Ok(())
        })
    }

    async fn count(&mut self, prefix: &str, now: Timestamp) -> Result<u64, StoreError> {
        self.change(|tables, at| {
            let live = tables
                .jobs
                .leases
                .iter(at)
                .filter(|(job, (_, until))| job.starts_with(prefix) && now < *until);
            Ok(live.count() as u64)
        })
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        self.change(|tables, at| {
            let leases = &mut tables.jobs.leases;
            let ended: Vec<String> = leases
                .iter(at)
                .filter(|(_, (_, until))| *until < before)
                .map(|(job, _)| job.clone())
                .take(usize::from(limit))
                .collect();
            for job in &ended {
                leases.remove(at, job.clone());
            }
            Ok(ended.len() as u64)
        })
    }
}
