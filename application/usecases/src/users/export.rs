//! Giving out everybody of a realm, page by page, in the shape in which they can be taken in
//! elsewhere.

use std::collections::BTreeMap;

use gatelodge_domain::role::RoleName;
use gatelodge_domain::{AuditAction, Id, PasswordHash, Realm, Role, Subject, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindRoles, PageRequest, UserFilter};
use serde_json::json;

use super::AdministerUsers;
use crate::Failure;
use crate::admin::{AdminError, GroupsRead, Permit, RolesRead, UsersExportHashes, UsersRead, Work};

/// People of one page.
const PAGE: u16 = 200;

/// What is given out of people besides themselves, each by the right that reading it takes.
#[derive(Debug, Default)]
pub struct ExportParts {
    /// Hashes of their passwords: whoever has these can guess at home.
    pub password_hashes: Option<Permit<UsersExportHashes>>,
    /// The roles that they hold themselves.
    pub roles: Option<Permit<RolesRead>>,
    /// The groups that they are in.
    pub groups: Option<Permit<GroupsRead>>,
}

/// An export under way.
#[derive(Debug)]
pub struct Export {
    permit: Permit<UsersRead>,
    parts: ExportParts,
    after: Option<Id<User>>,
    /// Names of the roles that were met.
    roles: BTreeMap<Id<Role>, RoleName>,
}

/// A person as they are given out.
#[derive(Debug, Clone)]
pub struct ExportedUser {
    /// The person.
    pub user: User,
    /// The hash of their password, where it was asked for and there is one.
    pub password: Option<PasswordHash>,
    /// The roles that they hold themselves, where these were asked for.
    pub roles: Option<Vec<RoleName>>,
    /// Their groups, where these were asked for.
    pub groups: Option<Vec<RoleName>>,
}

impl AdministerUsers {
    /// Begins an export of the permit's whole realm, and records that it was made. In `system`,
    /// hashes are given only to who may do everything there: they are those of administrators.
    pub async fn begin_export(
        &self,
        permit: Permit<UsersRead>,
        parts: ExportParts,
    ) -> Result<Export, AdminError> {
        let foundation = &self.foundation;
        permit.reach_realm(foundation).await?;
        if let Some(permit) = &parts.password_hashes {
            self.administrators.may_do_everything(permit).await?;
        }
        let now = foundation.clock.now();
        let entry = permit
            .done(AuditAction::UsersExported)
            .on("realm", permit.realm_id())
            .with(json!({
                "password_hashes": parts.password_hashes.is_some(),
                "roles": parts.roles.is_some(),
                "groups": parts.groups.is_some(),
            }));
        let event = permit.event(foundation, entry, now).await?;
        Work::open(foundation, now).await?.commit(&[event]).await?;
        Ok(Export {
            permit,
            parts,
            after: None,
            roles: BTreeMap::new(),
        })
    }

    /// The next people, by row id; none at the end.
    pub async fn export(&self, export: &mut Export) -> Result<Vec<ExportedUser>, Failure> {
        let realm = export.permit.realm_id();
        let page = PageRequest {
            after: export.after,
            limit: PAGE,
        };
        let mut view = self.foundation.store.read().await?;
        let filter = UserFilter::default();
        let listed = view.users().list(realm, &filter, page).await?;
        let mut people = Vec::with_capacity(listed.items.len());
        for user in listed.items {
            export.after = Some(user.id);
            let mut person = ExportedUser {
                user,
                password: None,
                roles: None,
                groups: None,
            };
            let id = person.user.id;
            if export.parts.password_hashes.is_some() {
                let found = view.passwords().find(realm, id).await?;
                person.password = found.map(|credential| credential.hash);
            }
            if export.parts.roles.is_some() {
                let names = roles_of(view.roles(), (realm, id), &mut export.roles).await?;
                person.roles = Some(names);
            }
            if export.parts.groups.is_some() {
                let groups = view.roles().groups_of(realm, id).await?;
                person.groups = Some(groups.into_iter().map(|group| group.name).collect());
            }
            people.push(person);
        }
        Ok(people)
    }
}

/// The names of the roles that a person holds themselves, in order.
async fn roles_of(
    rows: &mut (dyn FindRoles + '_),
    (realm, user): (Id<Realm>, Id<User>),
    known: &mut BTreeMap<Id<Role>, RoleName>,
) -> Result<Vec<RoleName>, StoreError> {
    let mut names = Vec::new();
    for holding in rows.holdings_of(realm, Subject::User(user)).await? {
        if holding.through.is_some() {
            continue;
        }
        if !known.contains_key(&holding.role)
            && let Some(role) = rows.find(realm, holding.role).await?
        {
            known.insert(role.id, role.name);
        }
        names.extend(known.get(&holding.role).cloned());
    }
    names.sort_unstable();
    Ok(names)
}
