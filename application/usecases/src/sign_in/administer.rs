//! Delays of failed sign-ins as an administrator sees them: who has to wait, and the lifting of
//! it.
//!
//! What is lifted here is the wait that grows. The tries of the present minute, which every node
//! also keeps in memory, are forgotten with the minute.

use std::sync::Arc;

use gatelodge_domain::throttle::Throttle;
use gatelodge_domain::{AuditAction, Id, Timestamp, User};
use gatelodge_ports::store::{Listed, Lock, PageRequest, ThrottleFilter};
use serde_json::json;

use super::throttle::delays::of_address;
use crate::Foundation;
use crate::admin::{AdminError, Permit, Refusal, Right, UsersRead, UsersWrite, Work};

/// A count of failures with what it counts, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownThrottle {
    /// The count.
    pub throttle: Throttle,
    /// The address, or the IPv6 network, where it counts one.
    pub address: Option<String>,
}

/// Which counts to list; all conditions hold together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ThrottlesOf {
    /// Only of this person.
    pub user: Option<Id<User>>,
    /// Only of this address.
    pub address: Option<String>,
}

/// Lists and lifts delays.
pub struct AdministerThrottles {
    foundation: Arc<Foundation>,
}

impl AdministerThrottles {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// A page of those that are not forgotten.
    pub async fn list(
        &self,
        permit: &Permit<UsersRead>,
        of: &ThrottlesOf,
        page: PageRequest<Throttle>,
    ) -> Result<Listed<ShownThrottle>, AdminError> {
        let realm = permit.realm_id();
        let vault = &*self.foundation.vault;
        let filter = ThrottleFilter {
            user: of.user,
            digest: of
                .address
                .as_deref()
                .map(|address| of_address(vault, realm, address)),
            live_at: Some(self.now()),
        };
        let mut view = self.foundation.store.read().await?;
        let listed = view.throttles().list(realm, filter, page).await?;
        drop(view);
        let mut items = Vec::with_capacity(listed.items.len());
        for throttle in listed.items {
            items.push(self.open(throttle)?);
        }
        Ok(Listed {
            items,
            more: listed.more,
        })
    }

    /// Lifts one.
    pub async fn lift(
        &self,
        permit: &Permit<UsersWrite>,
        id: Id<Throttle>,
    ) -> Result<(), AdminError> {
        let entry = permit.done(AuditAction::ThrottleLifted).on("throttle", id);
        let now = self.now();
        let event = permit.event(&self.foundation, entry, now).await?;
        let realm = permit.realm_id();
        let mut work = Work::open(&self.foundation, now).await?;
        if !work.unit.throttles().remove(realm, id).await? {
            return Err(Refusal::not_found("there is no such throttle").into());
        }
        Ok(work.commit(&[event]).await?)
    }

    /// Lifts all of a person: of their password and of their second factors, under whatever name
    /// they were tried. Where there is nothing to lift, nothing happens.
    pub async fn lift_of(
        &self,
        permit: &Permit<UsersWrite>,
        user: Id<User>,
    ) -> Result<(), AdminError> {
        self.known(permit, user).await?;
        let now = self.now();
        let entry = permit
            .done(AuditAction::ThrottleLifted)
            .on("user", user)
            .with(json!({ "of": "user" }));
        let event = permit.event(&self.foundation, entry, now).await?;
        let realm = permit.realm_id();
        let mut work = Work::open(&self.foundation, now).await?;
        work.unit.locks().lock(Lock::User(realm, user)).await?;
        if work.unit.throttles().remove_of(realm, user).await? == 0 {
            return Ok(());
        }
        Ok(work.commit(&[event]).await?)
    }

    /// All of a person.
    pub async fn of_user(
        &self,
        permit: &Permit<UsersRead>,
        user: Id<User>,
    ) -> Result<Vec<ShownThrottle>, AdminError> {
        self.known(permit, user).await?;
        let of = ThrottlesOf {
            user: Some(user),
            address: None,
        };
        let page = PageRequest::first(200);
        Ok(self.list(permit, &of, page).await?.items)
    }

    async fn known<P: Right>(&self, permit: &Permit<P>, user: Id<User>) -> Result<(), AdminError> {
        let mut view = self.foundation.store.read().await?;
        match view.users().find(permit.realm_id(), user).await? {
            Some(_) => Ok(()),
            None => Err(Refusal::not_found("there is no such user").into()),
        }
    }

    fn open(&self, throttle: Throttle) -> Result<ShownThrottle, AdminError> {
        let address = if throttle.label.is_empty() {
            None
        } else {
            let place = Throttle::place(throttle.realm, throttle.id);
            let plain = self.foundation.vault.open(&place, &throttle.label)?;
            String::from_utf8(plain.expose().clone()).ok()
        };
        Ok(ShownThrottle { throttle, address })
    }

    fn now(&self) -> Timestamp {
        self.foundation.clock.now()
    }
}
