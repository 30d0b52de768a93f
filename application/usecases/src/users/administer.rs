//! Finding people, and what every verb about them begins with.

use std::sync::Arc;

use gatelodge_domain::password::Argon2Cost;
use gatelodge_domain::refresh::FamilyReach;
use gatelodge_domain::revocation::WatermarkOwner;
use gatelodge_domain::setting::Layers;
use gatelodge_domain::{Id, Realm, Setting, Settings, Subject, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Change, FamilyFilter, Listed, PageRequest, UserFilter};

use crate::Foundation;
use crate::admin::{
    AdminError, Administrators, Permit, Refusal, Right, UsersRead, UsersWrite, Work,
};

/// Makes, changes and removes people.
pub struct AdministerUsers {
    pub(super) foundation: Arc<Foundation>,
    pub(super) administrators: Arc<Administrators>,
}

impl AdministerUsers {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>, administrators: Arc<Administrators>) -> Self {
        Self {
            foundation,
            administrators,
        }
    }

    /// A page of people.
    pub async fn list(
        &self,
        permit: &Permit<UsersRead>,
        filter: &UserFilter,
        page: PageRequest<User>,
    ) -> Result<Listed<User>, AdminError> {
        let mut view = self.foundation.store.read().await?;
        Ok(view.users().list(permit.realm_id(), filter, page).await?)
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

    pub(super) async fn find<P: Right>(
        &self,
        permit: &Permit<P>,
        id: Id<User>,
    ) -> Result<User, AdminError> {
        let mut view = self.foundation.store.read().await?;
        let found = view.users().find(permit.realm_id(), id).await?;
        found.ok_or_else(|| no_user().into())
    }
}

pub(super) const fn no_user() -> Refusal {
    Refusal::not_found("there is no such user")
}

/// What a password hash costs in a realm with these settings.
pub(super) fn password_cost(settings: &Settings) -> Argon2Cost {
    let layers = [settings];
    let value = |setting| Layers(&layers).value(setting);
    Argon2Cost {
        memory: value(Setting::Argon2Memory),
        iterations: value(Setting::Argon2Iterations),
        parallelism: value(Setting::Argon2Parallelism),
    }
}

/// Ends every session of a person with its refresh families and voids their access tokens.
pub(super) async fn sign_out_everywhere(
    work: &mut Work<'_>,
    realm: Id<Realm>,
    user: Id<User>,
) -> Result<(), StoreError> {
    let now = work.now;
    let ended = work.unit.sessions().end_all_of(realm, user, now).await?;
    let families = FamilyFilter {
        subject: Some(Subject::User(user)),
        reach: Some(FamilyReach::Session),
        ..FamilyFilter::default()
    };
    work.unit
        .families()
        .end_matching(realm, families, now)
        .await?;
    work.raise(realm, WatermarkOwner::User(user)).await?;
    for session in ended {
        work.note(Change::Session(realm, session)).await?;
    }
    Ok(())
}
