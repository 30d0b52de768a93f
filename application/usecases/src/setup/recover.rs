//! The way back in for an administrator, from the machine itself: whoever can read the master
//! key can do anything anyway, and here it is recorded.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{AuditAction, RealmSlug, SecretText, Username};

use super::one_time_link::{self, LinkPurpose};
use crate::audit::{Entry, RequestFacts};
use crate::{Failure, Foundation};

/// Makes a link that lets one administrator set a new password, or makes them.
pub struct Recover {
    foundation: Arc<Foundation>,
}

impl Recover {
    /// Over a house whose store is initialized.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// The secret of a new link for that name; recorded as done by the operator.
    pub async fn run(&self, username: &Username) -> Result<SecretText, Failure> {
        let foundation = &self.foundation;
        let served = foundation.directory.realm(&RealmSlug::system()).await?;
        let system = served.ok_or_else(|| Failure::broken("the store has no realm `system`"))?;
        let system = system.realm.id;
        let mut view = foundation.store.read().await?;
        let known = view
            .users()
            .find_by_username(system, username.key())
            .await?;
        drop(view);
        let now = foundation.clock.now();
        let purpose = LinkPurpose::Recovery {
            username: username.as_str().to_owned(),
        };
        let user = known.map(|user| user.id);
        let (secret, ticket) = one_time_link::mint(foundation, system, &purpose, user, now)?;
        let action = AuditAction::AdministratorRecovered;
        let mut entry = Entry::done(system, AuditActor::Operator, action);
        if let Some(user) = user {
            entry = entry.on("user", user);
        }
        let event = foundation
            .recorder
            .event(entry, &RequestFacts::default(), now)
            .await?;
        let mut unit = foundation.store.write().await?;
        unit.tickets().issue(&ticket).await?;
        unit.audit().append(&[event]).await?;
        unit.commit().await?;
        Ok(secret)
    }
}
