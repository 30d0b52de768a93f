//! An administrator sends a person a link: to a new password, or to prove their address.

use std::sync::Arc;

use gatelodge_domain::user::Verification;
use gatelodge_domain::{AuditAction, Id, User};

use super::answer::{PostedLink, reset_link};
use super::link;
use super::verify::verification_link;
use crate::admin::{AdminError, Permit, Refusal, UsersWrite, Work};
use crate::users::AdministerUsers;
use crate::{ErrorCode, Foundation};

/// Sends links to people whom the administrator may change.
pub struct SendLinks {
    foundation: Arc<Foundation>,
}

impl SendLinks {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// Sends a link to a new password. The one before it is void.
    pub async fn reset(
        &self,
        permit: &Permit<UsersWrite>,
        users: &AdministerUsers,
        id: Id<User>,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let user = users.get_to_change(permit, id).await?;
        self.can_be_written_to(&user)?;
        let now = foundation.clock.now();
        if user.can_authenticate(now).is_err() {
            let what = "the user may not sign in; activate the account first";
            return Err(Refusal::new(ErrorCode::Conflict, what).into());
        }
        let mut view = foundation.store.read().await?;
        let credential = view.passwords().find(permit.realm_id(), id).await?;
        drop(view);
        let realm = permit.realm();
        let link = reset_link(foundation, realm, &user, credential.as_ref(), None, now).await?;
        let action = AuditAction::PasswordResetRequested;
        self.post(permit, &user, link, action).await
    }

    /// Sends a link that proves the address on file. The one before it is void.
    pub async fn verification(
        &self,
        permit: &Permit<UsersWrite>,
        users: &AdministerUsers,
        id: Id<User>,
    ) -> Result<(), AdminError> {
        let user = users.get_to_change(permit, id).await?;
        self.can_be_written_to(&user)?;
        let unproved = user.email_verification != Verification::Verified;
        let Some(email) = user.email.as_ref().filter(|_| unproved) else {
            let what = "the user's address is verified already";
            return Err(Refusal::new(ErrorCode::Conflict, what).into());
        };
        let realm = permit.realm();
        let link = verification_link(&self.foundation, realm, &user, (email, None), None).await?;
        let action = AuditAction::EmailVerificationRequested;
        self.post(permit, &user, link, action).await
    }

    /// Refuses to promise a mail that cannot be sent.
    fn can_be_written_to(&self, user: &User) -> Result<(), Refusal> {
        if !self.foundation.mail.is_open() {
            let what = "this house has no way to send mail: see [mail] in its configuration";
            return Err(Refusal::new(ErrorCode::Conflict, what));
        }
        if user.email.is_none() {
            let what = "the user has no mail address";
            return Err(Refusal::new(ErrorCode::Conflict, what));
        }
        Ok(())
    }

    async fn post(
        &self,
        permit: &Permit<UsersWrite>,
        user: &User,
        link: Option<PostedLink>,
        action: AuditAction,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let entry = permit.done(action).on("user", user.id);
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        if let Some(link) = &link {
            link::issue(&mut *work.unit, &link.ticket).await?;
            work.post(Some(&link.message)).await?;
        }
        work.commit(&[event]).await?;
        Ok(())
    }
}
