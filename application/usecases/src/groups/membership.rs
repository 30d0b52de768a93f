//! Who is in a group.
//!
//! An administrator whose reach ends at groups moves people among those groups only, and never
//! out of the last of them: out of sight they could be neither helped nor found.

use gatelodge_domain::{AuditAction, Group, Id, Subject, User};
use gatelodge_ports::store::Change;
use serde_json::json;

use super::AdministerGroups;
use super::administer::no_group;
use crate::admin::{AdminError, GroupsWrite, Permit, Refusal, Work};
use crate::audit::Entry;
use crate::users::LastAdministrator;

impl AdministerGroups {
    /// Puts a person into a group; doing so again changes nothing. In `system`, a group gives
    /// nobody what the caller may not do.
    pub async fn join(
        &self,
        permit: &Permit<GroupsWrite>,
        group: &str,
        user: Id<User>,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        permit.reach_user(foundation, user).await?;
        let group = self.find(permit, group).await?;
        self.user(permit, user).await?;
        self.may_give_membership(permit, group.id).await?;
        if permit.groups().is_some() {
            let subject = Subject::User(user);
            self.administrators.outranks(permit, subject).await?;
        }
        let now = foundation.clock.now();
        let realm = permit.realm_id();
        let entry = membership(permit, &group, user, true);
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        if work.unit.users().find(realm, user).await?.is_none() {
            return Err(Refusal::not_found("there is no such user").into());
        }
        if work
            .unit
            .roles()
            .find_group(realm, group.id)
            .await?
            .is_none()
        {
            return Err(no_group().into());
        }
        if !work.unit.roles().join(realm, group.id, user).await? {
            return Ok(());
        }
        work.note(Change::User(realm, user)).await?;
        work.commit(&[event]).await?;
        Ok(())
    }

    /// Takes a person out of a group. The last active administrator stays where they are one.
    pub async fn leave(
        &self,
        permit: &Permit<GroupsWrite>,
        group: &str,
        user: Id<User>,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        permit.reach_user(foundation, user).await?;
        let group = self.find(permit, group).await?;
        self.user(permit, user).await?;
        self.stays_in_sight(permit, &group, user).await?;
        let subject = Subject::User(user);
        self.administrators.outranks(permit, subject).await?;
        let now = foundation.clock.now();
        let realm = permit.realm_id();
        let entry = membership(permit, &group, user, false);
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        let guard = LastAdministrator::watch(&mut work, permit).await?;
        if !work.unit.roles().leave(realm, group.id, user).await? {
            return Err(Refusal::not_found("the user is not in that group").into());
        }
        guard.check(&mut work).await?;
        work.note(Change::User(realm, user)).await?;
        work.commit(&[event]).await?;
        Ok(())
    }

    async fn user(&self, permit: &Permit<GroupsWrite>, user: Id<User>) -> Result<(), AdminError> {
        let mut view = self.foundation.store.read().await?;
        match view.users().find(permit.realm_id(), user).await? {
            Some(_) => Ok(()),
            None => Err(Refusal::not_found("there is no such user").into()),
        }
    }

    async fn stays_in_sight(
        &self,
        permit: &Permit<GroupsWrite>,
        left: &Group,
        user: Id<User>,
    ) -> Result<(), AdminError> {
        let Some(within) = permit.groups() else {
            return Ok(());
        };
        let mut view = self.foundation.store.read().await?;
        let joined = view.roles().groups_of(permit.realm_id(), user).await?;
        drop(view);
        let seen_still = joined
            .iter()
            .any(|group| group.id != left.id && within.contains(&group.id));
        if seen_still {
            Ok(())
        } else {
            permit.deny(&self.foundation).await
        }
    }
}

/// What the trail says of somebody who came into a group or left it.
pub(crate) fn membership(
    permit: &Permit<GroupsWrite>,
    group: &Group,
    user: Id<User>,
    member: bool,
) -> Entry {
    permit
        .done(AuditAction::GroupMembership)
        .on("user", user)
        .with(json!({ "group": group.name.as_str(), "member": member }))
}
