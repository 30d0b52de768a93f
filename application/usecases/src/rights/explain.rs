//! From what is held to what it allows and why.

use std::collections::{BTreeMap, BTreeSet};

use gatelodge_domain::role::RoleName;
use gatelodge_domain::{Group, Id, Permission, Role};
use gatelodge_ports::store::{Holding, Inclusion};

/// One way in which a permission reaches somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// The role that has the permission.
    pub role: RoleName,
    /// The composite roles on the way to it, the one that is held first; empty where the role
    /// itself is held.
    pub via: Vec<RoleName>,
    /// The group that gives what is held; `None` where it was given to the subject itself.
    pub group: Option<RoleName>,
}

/// A permission and every reason for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectivePermission {
    /// The permission.
    pub permission: Permission,
    /// Why; at least one.
    pub because: Vec<Reason>,
}

/// All that is known of what a subject holds.
pub(super) struct Held {
    /// What was given to it and to its groups.
    pub(super) holdings: Vec<Holding>,
    /// Those roles and all that they include.
    pub(super) roles: Vec<Role>,
    /// What they include.
    pub(super) inclusions: Vec<Inclusion>,
    /// Its groups.
    pub(super) groups: Vec<Group>,
}

impl Held {
    /// Every permission with its reasons, by name. For each holding and each role that it leads
    /// to, the shortest way is told: there may be very many others.
    pub(super) fn explain(&self) -> Vec<EffectivePermission> {
        let roles: BTreeMap<Id<Role>, &Role> =
            self.roles.iter().map(|role| (role.id, role)).collect();
        let mut found: BTreeMap<&Permission, BTreeSet<Reason>> = BTreeMap::new();
        for holding in &self.holdings {
            let group = holding.through.and_then(|id| self.group(id));
            for (role, via) in self.ways_from(holding.role) {
                let Some(role) = roles.get(&role) else {
                    continue;
                };
                let named = via.iter().filter_map(|id| roles.get(id));
                let reason = Reason {
                    role: role.name.clone(),
                    via: named.map(|role| role.name.clone()).collect(),
                    group: group.cloned(),
                };
                for permission in &role.permissions {
                    found.entry(permission).or_default().insert(reason.clone());
                }
            }
        }
        let explained = found
            .into_iter()
            .map(|(permission, because)| EffectivePermission {
                permission: permission.clone(),
                because: because.into_iter().collect(),
            });
        explained.collect()
    }

    /// Every role that one leads to, with the roles on the shortest way there.
    fn ways_from(&self, start: Id<Role>) -> BTreeMap<Id<Role>, Vec<Id<Role>>> {
        let mut ways = BTreeMap::from([(start, Vec::new())]);
        let mut edge = vec![start];
        while !edge.is_empty() {
            let mut next = Vec::new();
            for role in edge {
                let mut via = ways.get(&role).cloned().unwrap_or_default();
                via.push(role);
                let inclusions = self.inclusions.iter().filter(|one| one.role == role);
                for Inclusion { included, .. } in inclusions {
                    if !ways.contains_key(included) {
                        ways.insert(*included, via.clone());
                        next.push(*included);
                    }
                }
            }
            edge = next;
        }
        ways
    }

    fn group(&self, id: Id<Group>) -> Option<&RoleName> {
        let group = self.groups.iter().find(|group| group.id == id)?;
        Some(&group.name)
    }
}

#[cfg(test)]
mod tests {
    use gatelodge_domain::role::Protection;
    use gatelodge_domain::{DisplayName, Revision, Timestamp};

    use super::*;

    fn role(id: u128, name: &str, permissions: &[&str]) -> Role {
        Role {
            id: Id::from_u128(id),
            realm: Id::from_u128(1),
            name: RoleName::parse(name).unwrap(),
            display_name: DisplayName::parse(name).unwrap(),
            permissions: permissions
                .iter()
                .map(|name| Permission::parse(name).unwrap())
                .collect(),
            protection: Protection::None,
            second_factor: gatelodge_domain::role::SecondFactorRule::AsUsual,
            revision: Revision::FIRST,
            created_at: Timestamp::EPOCH,
        }
    }

    #[test]
    fn a_permission_is_told_with_every_holding_and_the_shortest_way_from_it() {
        let includes = |role: u128, included: u128| Inclusion {
            role: Id::from_u128(role),
            included: Id::from_u128(included),
        };
        let sales = Group {
            id: Id::from_u128(9),
            realm: Id::from_u128(1),
            name: RoleName::parse("sales").unwrap(),
            display_name: DisplayName::parse("Sales").unwrap(),
            revision: Revision::FIRST,
            created_at: Timestamp::EPOCH,
        };
        let held = Held {
            holdings: vec![
                Holding {
                    role: Id::from_u128(1),
                    through: Some(sales.id),
                },
                Holding {
                    role: Id::from_u128(3),
                    through: None,
                },
            ],
            roles: vec![
                role(1, "chief", &["staff:hire"]),
                role(2, "clerk", &[]),
                role(3, "reader", &["orders:read"]),
            ],
            // The long way around, the short one, and a circle that nothing can make.
            inclusions: vec![
                includes(1, 2),
                includes(1, 3),
                includes(2, 3),
                includes(3, 1),
            ],
            groups: vec![sales],
        };
        let explained = held.explain();
        let names: Vec<&str> = explained.iter().map(|it| it.permission.as_str()).collect();
        assert_eq!(names, ["orders:read", "staff:hire"]);
        let name = |text: &str| RoleName::parse(text).unwrap();
        assert_eq!(
            explained[0].because,
            [
                Reason {
                    role: name("reader"),
                    via: Vec::new(),
                    group: None,
                },
                Reason {
                    role: name("reader"),
                    via: vec![name("chief")],
                    group: Some(name("sales")),
                },
            ]
        );
        assert_eq!(explained[1].because.len(), 2);
    }
}
