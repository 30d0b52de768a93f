//! What a line gives and takes: roles that somebody holds themselves, and groups.
//!
//! Who may is asked, and what the trail says of each is made, before the unit; within it only
//! what is other than it was is written and told.

use gatelodge_domain::{AuditEvent, Group, Id, Realm, Role, Subject, Timestamp, User};

use super::Import;
use super::given::{Given, at};
use crate::admin::{AdminError, GroupsWrite, Permit, Refusal, RolesWrite, Work};
use crate::audit::Entry;
use crate::groups::membership;
use crate::users::AdministerUsers;
use crate::users::roles::assignment;

/// Whether something is given or taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Give,
    Take,
}

/// What is to change of somebody's roles and groups.
#[derive(Debug, Default)]
pub(super) struct Changes {
    roles: Vec<(Way, Role)>,
    groups: Vec<(Way, Group)>,
}

/// The same, ready to be written.
#[derive(Debug)]
pub(super) struct Turns {
    roles: Vec<Turn<Role>>,
    groups: Vec<Turn<Group>>,
}

/// One change with its event.
#[derive(Debug)]
struct Turn<T> {
    way: Way,
    what: Id<T>,
    event: AuditEvent,
}

impl Changes {
    /// Somebody new gets all of it.
    pub(super) fn of_new(given: Given) -> Self {
        let roles = given.roles.unwrap_or_default().into_iter();
        let groups = given.groups.unwrap_or_default().into_iter();
        Self {
            roles: roles.map(|role| (Way::Give, role)).collect(),
            groups: groups.map(|group| (Way::Give, group)).collect(),
        }
    }
}

/// From what somebody has to what they shall have.
fn from_to<T: Clone>(had: Vec<T>, wanted: &[T], id: impl Fn(&T) -> Id<T>) -> Vec<(Way, T)> {
    let is_in = |all: &[T], one: &T| all.iter().any(|other| id(other) == id(one));
    let new = wanted.iter().filter(|one| !is_in(&had, one)).cloned();
    let mut changes: Vec<(Way, T)> = new.map(|one| (Way::Give, one)).collect();
    let old = had.into_iter().filter(|one| !is_in(wanted, one));
    changes.extend(old.map(|one| (Way::Take, one)));
    changes
}

impl AdministerUsers {
    /// What of somebody's roles and groups is to change, if the caller may change it. What is
    /// given was asked for when the line was read; here it is asked what may be taken.
    pub(super) async fn changes(
        &self,
        import: &mut Import,
        user: Id<User>,
        given: &Given,
    ) -> Result<Changes, AdminError> {
        let realm = import.permit.realm_id();
        let mut changes = Changes::default();
        let mut view = self.foundation.store.read().await?;
        let rows = view.roles();
        if let Some(wanted) = &given.roles {
            let mut held = Vec::new();
            for holding in rows.holdings_of(realm, Subject::User(user)).await? {
                if holding.through.is_none()
                    && let Some(role) = rows.find(realm, holding.role).await?
                {
                    held.push(role);
                }
            }
            changes.roles = from_to(held, wanted, |role| role.id);
        }
        if let Some(wanted) = &given.groups {
            let joined = rows.groups_of(realm, user).await?;
            changes.groups = from_to(joined, wanted, |group| group.id);
        }
        drop(view);
        let administrators = &self.administrators;
        let Import {
            permit,
            roles,
            groups,
            ..
        } = import;
        let taken = changes.roles.iter().filter(|(way, _)| *way == Way::Take);
        let taken: Vec<Id<Role>> = taken.map(|(_, role)| role.id).collect();
        if !taken.is_empty() {
            let mine = roles.permit(administrators, permit).await;
            let mine = mine.map_err(|error| at("roles", error))?;
            let asked = administrators.may_give(mine, &taken).await;
            asked.map_err(|error| at("roles", error))?;
        }
        if changes.groups.iter().any(|(way, _)| *way == Way::Take) {
            let mine = groups.permit(administrators, permit).await;
            mine.map_err(|error| at("groups", error))?;
        }
        Ok(changes)
    }

    /// The changes with what the trail says of each: the same as of one that is made by itself.
    pub(super) async fn turns(
        &self,
        import: &mut Import,
        user: Id<User>,
        changes: Changes,
        now: Timestamp,
    ) -> Result<Turns, AdminError> {
        let administrators = &self.administrators;
        let recorder = &self.foundation.recorder;
        let Import {
            permit,
            roles,
            groups,
            ..
        } = import;
        let event = async |entry: Entry| recorder.event(entry, permit.request(), now).await;
        let mut turns = Turns {
            roles: Vec::with_capacity(changes.roles.len()),
            groups: Vec::with_capacity(changes.groups.len()),
        };
        for (way, role) in changes.roles {
            let mine: &Permit<RolesWrite> = roles.permit(administrators, permit).await?;
            let entry = assignment(mine, user, &role, way == Way::Give);
            turns.roles.push(Turn {
                way,
                what: role.id,
                event: event(entry).await?,
            });
        }
        for (way, group) in changes.groups {
            let mine: &Permit<GroupsWrite> = groups.permit(administrators, permit).await?;
            let entry = membership(mine, &group, user, way == Way::Give);
            turns.groups.push(Turn {
                way,
                what: group.id,
                event: event(entry).await?,
            });
        }
        Ok(turns)
    }
}

impl Turns {
    /// Writes them where roles and groups are there still, and answers the events of what is
    /// other than it was.
    pub(super) async fn write(
        &self,
        work: &mut Work<'_>,
        (realm, user): (Id<Realm>, Id<User>),
    ) -> Result<Vec<AuditEvent>, AdminError> {
        let rows = work.unit.roles();
        let subject = Subject::User(user);
        let mut events = Vec::with_capacity(self.roles.len() + self.groups.len());
        for turn in &self.roles {
            let is_other = match turn.way {
                Way::Give => {
                    is_there("roles", rows.find(realm, turn.what).await?.as_ref())?;
                    rows.assign(realm, turn.what, subject).await?
                }
                Way::Take => rows.unassign(realm, turn.what, subject).await?,
            };
            events.extend(is_other.then(|| turn.event.clone()));
        }
        for turn in &self.groups {
            let is_other = match turn.way {
                Way::Give => {
                    is_there("groups", rows.find_group(realm, turn.what).await?.as_ref())?;
                    rows.join(realm, turn.what, user).await?
                }
                Way::Take => rows.leave(realm, turn.what, user).await?,
            };
            events.extend(is_other.then(|| turn.event.clone()));
        }
        Ok(events)
    }
}

fn is_there<T>(field: &'static str, row: Option<&T>) -> Result<(), Refusal> {
    match row {
        Some(_) => Ok(()),
        None => Err(Refusal::field(field, "this was removed meanwhile")),
    }
}
