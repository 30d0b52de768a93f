//! Who holds a role directly.

use gatelodge_domain::{Id, Realm, Subject};
use gatelodge_ports::store::Holder;
use gatelodge_ports::{Snapshot, StoreError};

use super::AdministerRoles;
use crate::admin::{AdminError, Permit, RolesRead};

/// A holder with what people call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedHolder {
    /// Who or what.
    pub holder: Holder,
    /// A person's user name, a group's name, or a `client_id`; `None` where it has none.
    pub name: Option<String>,
}

/// A page of holders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolderPage {
    /// By kind and id.
    pub items: Vec<NamedHolder>,
    /// Where the next page begins, if there is one.
    pub next: Option<Holder>,
}

impl AdministerRoles {
    /// A page of those who hold a role, without those who hold it through something else.
    pub async fn holders(
        &self,
        permit: &Permit<RolesRead>,
        role: &str,
        after: Option<Holder>,
        limit: u16,
    ) -> Result<HolderPage, AdminError> {
        permit.reach_realm(&self.foundation).await?;
        let role = self.find(permit, role).await?;
        let realm = permit.realm_id();
        let mut view = self.foundation.store.read().await?;
        let listed = view.roles().holders(realm, role.id, after, limit).await?;
        let next = listed.items.last().copied().filter(|_| listed.more);
        let mut items = Vec::with_capacity(listed.items.len());
        for holder in listed.items {
            let name = name_of(&mut *view, realm, holder).await?;
            items.push(NamedHolder { holder, name });
        }
        Ok(HolderPage { items, next })
    }
}

async fn name_of(
    view: &mut (dyn Snapshot + '_),
    realm: Id<Realm>,
    holder: Holder,
) -> Result<Option<String>, StoreError> {
    Ok(match holder {
        Holder::Subject(Subject::User(id)) => {
            let user = view.users().find(realm, id).await?;
            user.map(|user| user.username.as_str().to_owned())
        }
        Holder::Subject(Subject::Client(id)) => {
            let client = view.clients().find(realm, id).await?;
            client.map(|client| client.client_id.as_str().to_owned())
        }
        Holder::Group(id) => {
            let group = view.roles().find_group(realm, id).await?;
            group.map(|group| group.name.as_str().to_owned())
        }
        Holder::Subject(Subject::Workload(_) | Subject::Agent(_)) => None,
    })
}
