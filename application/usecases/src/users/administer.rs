//! Finding people, and what every verb about them begins with.

use std::sync::Arc;

use gatelodge_domain::{Id, Realm, Subject, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Listed, PageRequest, UserFilter, UserPage};

use crate::Foundation;
use crate::admin::{
    AdminError, Administrators, Permit, Refusal, Right, UsersRead, UsersWrite, Work,
};
use crate::groups::AdministerGroups;
use crate::passwords::{SetPassword, end_all_but};

/// Makes, changes and removes people.
pub struct AdministerUsers {
    pub(super) foundation: Arc<Foundation>,
    pub(super) administrators: Arc<Administrators>,
    pub(super) passwords: SetPassword,
    pub(super) groups: AdministerGroups,
}

impl AdministerUsers {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>, administrators: Arc<Administrators>) -> Self {
        Self {
            passwords: SetPassword::new(foundation.clone()),
            groups: AdministerGroups::new(foundation.clone(), administrators.clone()),
            foundation,
            administrators,
        }
    }

    /// A page of the people within the permit's reach.
    pub async fn list(
        &self,
        permit: &Permit<UsersRead>,
        filter: &UserFilter,
        page: PageRequest<User>,
    ) -> Result<Listed<User>, AdminError> {
        let filter = UserFilter {
            groups: permit.groups().cloned(),
            ..filter.clone()
        };
        let mut view = self.foundation.store.read().await?;
        Ok(view.users().list(permit.realm_id(), &filter, page).await?)
    }

    /// The same in another order ([`UserPage::order`], which says what may narrow it).
    pub async fn list_in_order(
        &self,
        permit: &Permit<UsersRead>,
        filter: &UserFilter,
        page: UserPage,
    ) -> Result<Listed<User>, AdminError> {
        let filter = UserFilter {
            groups: permit.groups().cloned(),
            ..filter.clone()
        };
        let mut view = self.foundation.store.read().await?;
        let users = view.users();
        Ok(users
            .list_in_order(permit.realm_id(), &filter, page)
            .await?)
    }

    /// One person.
    pub async fn get(&self, permit: &Permit<UsersRead>, id: Id<User>) -> Result<User, AdminError> {
        self.find(permit, id).await
    }

    /// A person who is about to be changed; refused where the caller may do less than they.
    pub async fn get_to_change(
        &self,
        permit: &Permit<UsersWrite>,
        id: Id<User>,
    ) -> Result<User, AdminError> {
        let user = self.find(permit, id).await?;
        self.administrators
            .outranks(permit, Subject::User(id))
            .await?;
        Ok(user)
    }

    /// The person, if they are within the permit's reach. Every verb about one begins here.
    pub(super) async fn find<P: Right>(
        &self,
        permit: &Permit<P>,
        id: Id<User>,
    ) -> Result<User, AdminError> {
        permit.reach_user(&self.foundation, id).await?;
        let mut view = self.foundation.store.read().await?;
        let found = view.users().find(permit.realm_id(), id).await?;
        found.ok_or_else(|| no_user().into())
    }
}

pub(super) const fn no_user() -> Refusal {
    Refusal::not_found("there is no such user")
}

/// Ends every session and refresh family of a person and voids their access tokens.
pub(super) async fn sign_out_everywhere(
    work: &mut Work<'_>,
    realm: Id<Realm>,
    user: Id<User>,
) -> Result<(), StoreError> {
    let whose = (realm, user);
    end_all_but(
        &mut *work.unit,
        &mut work.announcements,
        whose,
        None,
        work.now,
    )
    .await
}
