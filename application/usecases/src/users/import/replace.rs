//! A line about somebody who is there.

use std::collections::BTreeSet;

use gatelodge_domain::{
    AuditAction, Group, Id, PasswordCredential, PasswordHash, Revision, Role, Subject, User,
};
use gatelodge_ports::store::Change;
use serde_json::json;

use super::given::{Given, at};
use super::{Effect, Import, ImportedPassword, ImportedUser};
use crate::admin::{AdminError, Permit, UsersWrite, Work};
use crate::passwords::{NewPassword, Whose, end_all_but};
use crate::users::{AdministerUsers, UserUpdate};

/// What changes of somebody's roles and groups.
#[derive(Default)]
struct Turns {
    roles: Turn<Role>,
    groups: Turn<Group>,
}

/// What somebody gets and loses.
struct Turn<T> {
    give: Vec<Id<T>>,
    take: Vec<Id<T>>,
}

impl<T> Default for Turn<T> {
    fn default() -> Self {
        Self {
            give: Vec::new(),
            take: Vec::new(),
        }
    }
}

impl<T> Turn<T> {
    fn from_to(held: impl Iterator<Item = Id<T>>, wanted: impl Iterator<Item = Id<T>>) -> Self {
        let held: BTreeSet<Id<T>> = held.collect();
        let wanted: BTreeSet<Id<T>> = wanted.collect();
        Self {
            give: wanted.difference(&held).copied().collect(),
            take: held.difference(&wanted).copied().collect(),
        }
    }
}

impl AdministerUsers {
    /// Somebody who is there becomes what the line says; a line without a password, roles or
    /// groups leaves theirs. All is asked before anything is written; then each part is a change
    /// of its own.
    pub(super) async fn replace(
        &self,
        import: &mut Import,
        user: User,
        line: ImportedUser,
        given: &Given,
    ) -> Result<(), AdminError> {
        let hash = match &line.password {
            Some(ImportedPassword::Hash(text)) => Some(self.foreign_hash(import, text).await?),
            Some(ImportedPassword::Plain(_)) | None => None,
        };
        self.get_to_change(&import.permit, user.id).await?;
        if let Some(ImportedPassword::Plain(password)) = &line.password {
            let realm = &import.permit.realm().realm;
            let rules = self.passwords.rules();
            rules.check(realm, &Whose::of(&user), password).await?;
        }
        let turns = self.turns(import, user.id, given).await?;
        let permit = &import.permit;
        if import.effect == Effect::DryRun {
            return Ok(());
        }
        let update = UserUpdate {
            username: line.username,
            email: line.email,
            email_verification: line.email_verification,
            profile: line.profile,
            attributes: line.attributes,
            password_change: line.password_change,
            status: Some(line.status),
            reason: None,
        };
        let user = self.update(permit, user.id, user.revision, update).await?;
        if let Some(ImportedPassword::Plain(password)) = &line.password {
            let entry = permit
                .done(AuditAction::PasswordChanged)
                .on("user", user.id)
                .with(json!({ "by": "import" }));
            let new = NewPassword {
                realm: &permit.realm().realm,
                user: &user,
                password,
                next: line.password_change,
                keep: None,
                entry,
            };
            self.passwords.set(new, permit.request()).await?;
        }
        if let Some(hash) = hash {
            self.put_hash(permit, &user, hash).await?;
        }
        self.turn(import, user.id, turns).await
    }

    /// What of their roles and groups is to change, if the caller may change it.
    async fn turns(
        &self,
        import: &mut Import,
        user: Id<User>,
        given: &Given,
    ) -> Result<Turns, AdminError> {
        let realm = import.permit.realm_id();
        let mut turns = Turns::default();
        let mut view = self.foundation.store.read().await?;
        if let Some(wanted) = &given.roles {
            let held = view.roles().holdings_of(realm, Subject::User(user)).await?;
            let held = held.iter().filter(|holding| holding.through.is_none());
            let held = held.map(|holding| holding.role);
            turns.roles = Turn::from_to(held, wanted.iter().map(|role| role.id));
        }
        if let Some(wanted) = &given.groups {
            let joined = view.roles().groups_of(realm, user).await?;
            let joined = joined.iter().map(|group| group.id);
            turns.groups = Turn::from_to(joined, wanted.iter().map(|group| group.id));
        }
        drop(view);
        let administrators = &self.administrators;
        let Import { permit, .. } = import;
        if !turns.roles.take.is_empty() {
            let mine = import.roles.permit(administrators, permit).await;
            let mine = mine.map_err(|error| at("roles", error))?;
            let asked = administrators.may_give(mine, &turns.roles.take).await;
            asked.map_err(|error| at("roles", error))?;
        }
        if !turns.groups.take.is_empty() {
            let mine = import.groups.permit(administrators, permit).await;
            mine.map_err(|error| at("groups", error))?;
        }
        Ok(turns)
    }

    /// Changes roles and groups, each as if it were changed by itself.
    async fn turn(
        &self,
        import: &mut Import,
        user: Id<User>,
        turns: Turns,
    ) -> Result<(), AdminError> {
        let administrators = &self.administrators;
        let Import {
            permit,
            roles,
            groups,
            ..
        } = import;
        for role in turns.roles.give {
            let mine = roles.permit(administrators, permit).await?;
            self.assign_role(mine, user, &role.to_string()).await?;
        }
        for group in turns.groups.give {
            let mine = groups.permit(administrators, permit).await?;
            self.groups.join(mine, &group.to_string(), user).await?;
        }
        for role in turns.roles.take {
            let mine = roles.permit(administrators, permit).await?;
            self.unassign_role(mine, user, &role.to_string()).await?;
        }
        for group in turns.groups.take {
            let mine = groups.permit(administrators, permit).await?;
            self.groups.leave(mine, &group.to_string(), user).await?;
        }
        Ok(())
    }

    async fn put_hash(
        &self,
        permit: &Permit<UsersWrite>,
        user: &User,
        hash: PasswordHash,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let entry = permit
            .done(AuditAction::PasswordChanged)
            .on("user", user.id)
            .with(json!({ "by": "import" }));
        let event = permit.event(foundation, entry, now).await?;
        let (realm, id) = (user.realm, user.id);
        let mut work = Work::open(foundation, now).await?;
        let credential = PasswordCredential {
            realm,
            user: id,
            hash,
            changed_at: now,
            revision: Revision::FIRST,
        };
        work.unit.passwords().put(&credential).await?;
        let Work {
            unit,
            announcements,
            ..
        } = &mut work;
        end_all_but(&mut **unit, announcements, (realm, id), None, now).await?;
        work.note(Change::User(realm, id)).await?;
        Ok(work.commit(&[event]).await?)
    }
}
