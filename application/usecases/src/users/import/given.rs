//! The roles and groups of lines: found by their names, and only what the caller may give.
//!
//! To give them takes the rights that assigning them one by one takes, over the whole realm. A
//! caller without these is refused line by line, and the trail gets one event and not one for
//! each line; so it is with a role of `system` that allows more than they may do themselves.

use std::collections::BTreeMap;

use gatelodge_domain::role::RoleName;
use gatelodge_domain::{Group, Role};

use super::{Import, ImportedUser};
use crate::admin::{AdminError, Administrators, Permit, Refusal, Right, UsersWrite};
use crate::users::AdministerUsers;

/// No refusal names more.
const MOST_NAMED: usize = 10;

/// What a line gives; `None` where it says nothing.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) roles: Option<Vec<Role>>,
    pub(super) groups: Option<Vec<Group>>,
}

/// What may be given in an import besides people.
pub(super) struct Giving<P: Right, T> {
    right: Further<P>,
    /// What was found by name, and whether the caller may give it.
    known: BTreeMap<RoleName, (T, May)>,
}

/// A right that is asked for when the first line needs it.
enum Further<P: Right> {
    Unasked,
    Held(Box<Permit<P>>),
    Denied,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum May {
    Give,
    NotGive,
}

impl<P: Right, T> Giving<P, T> {
    /// Of an import that begins.
    pub(super) const fn new() -> Self {
        Self {
            right: Further::Unasked,
            known: BTreeMap::new(),
        }
    }

    /// Forgets what the caller may give, which is asked anew for the next lines: a file can be
    /// long, and roles change. What they may not do is not asked again, nor recorded again.
    pub(super) fn ask_anew(&mut self) {
        self.known.retain(|_, (_, may)| *may == May::NotGive);
        if matches!(self.right, Further::Held(_)) {
            self.right = Further::Unasked;
        }
    }

    /// The caller's permit.
    pub(super) async fn permit(
        &mut self,
        administrators: &Administrators,
        import: &Permit<UsersWrite>,
    ) -> Result<&Permit<P>, AdminError> {
        if matches!(self.right, Further::Unasked) {
            self.right = match administrators.authorize_also(import).await {
                Ok(permit) => Further::Held(Box::new(permit)),
                Err(AdminError::Refused(_)) => Further::Denied,
                Err(error) => return Err(error),
            };
        }
        match &self.right {
            Further::Held(permit) => Ok(permit),
            Further::Unasked | Further::Denied => Err(Refusal::forbidden().into()),
        }
    }
}

impl AdministerUsers {
    /// What a line gives, if all of it is there and may be given.
    pub(super) async fn given(
        &self,
        import: &mut Import,
        line: &ImportedUser,
    ) -> Result<Given, AdminError> {
        let mut given = Given::default();
        if let Some(names) = &line.roles {
            let mut missing = Vec::new();
            let mut roles = Vec::with_capacity(names.len());
            for name in names {
                match self.role_to_give(import, name).await {
                    Ok(Some(role)) => roles.push(role),
                    Ok(None) => missing.push(name.as_str()),
                    Err(error) => return Err(at("roles", error)),
                }
            }
            all_found("roles", "there is no such role", &missing)?;
            given.roles = Some(roles);
        }
        if let Some(names) = &line.groups {
            let mut missing = Vec::new();
            let mut groups = Vec::with_capacity(names.len());
            for name in names {
                match self.group_to_give(import, name).await {
                    Ok(Some(group)) => groups.push(group),
                    Ok(None) => missing.push(name.as_str()),
                    Err(error) => return Err(at("groups", error)),
                }
            }
            all_found("groups", "there is no such group", &missing)?;
            given.groups = Some(groups);
        }
        Ok(given)
    }

    async fn role_to_give(
        &self,
        import: &mut Import,
        name: &RoleName,
    ) -> Result<Option<Role>, AdminError> {
        let Import { permit, roles, .. } = import;
        let administrators = &self.administrators;
        roles.permit(administrators, permit).await?;
        if let Some((role, may)) = roles.known.get(name) {
            return may.give(role).map(Some);
        }
        let mut view = self.foundation.store.read().await?;
        let found = view.roles().find_by_name(permit.realm_id(), name).await?;
        drop(view);
        let Some(role) = found else {
            return Ok(None);
        };
        let mine = roles.permit(administrators, permit).await?;
        let may = May::of(administrators.may_give(mine, &[role.id]).await)?;
        roles.known.insert(name.clone(), (role.clone(), may));
        may.give(&role).map(Some)
    }

    async fn group_to_give(
        &self,
        import: &mut Import,
        name: &RoleName,
    ) -> Result<Option<Group>, AdminError> {
        let Import { permit, groups, .. } = import;
        let administrators = &self.administrators;
        groups.permit(administrators, permit).await?;
        if let Some((group, may)) = groups.known.get(name) {
            return may.give(group).map(Some);
        }
        let realm = permit.realm_id();
        let mut view = self.foundation.store.read().await?;
        let found = view.roles().find_group_by_name(realm, name).await?;
        drop(view);
        let Some(group) = found else {
            return Ok(None);
        };
        let mine = groups.permit(administrators, permit).await?;
        let may = May::of(self.groups.may_give_membership(mine, group.id).await)?;
        groups.known.insert(name.clone(), (group.clone(), may));
        may.give(&group).map(Some)
    }
}

impl May {
    fn of(asked: Result<(), AdminError>) -> Result<Self, AdminError> {
        match asked {
            Ok(()) => Ok(Self::Give),
            Err(AdminError::Refused(_)) => Ok(Self::NotGive),
            Err(error) => Err(error),
        }
    }

    fn give<T: Clone>(self, what: &T) -> Result<T, AdminError> {
        match self {
            Self::Give => Ok(what.clone()),
            Self::NotGive => Err(Refusal::forbidden().into()),
        }
    }
}

/// Which member of the line a refusal is about.
pub(super) fn at(field: &'static str, error: AdminError) -> AdminError {
    match error {
        AdminError::Refused(refusal) => AdminError::Refused(Refusal {
            field: Some(field.into()),
            ..refusal
        }),
        failed @ AdminError::Failed(_) => failed,
    }
}

fn all_found(field: &'static str, rule: &str, missing: &[&str]) -> Result<(), Refusal> {
    if missing.is_empty() {
        return Ok(());
    }
    let named = missing.get(..MOST_NAMED).unwrap_or(missing).join(", ");
    Err(Refusal::field(field, format!("{rule}: {named}")))
}
