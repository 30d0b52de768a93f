//! The subject service: what `sub` a token carries for whom, and whom a `sub` means.
//!
//! No other code looks a user up by `sub`, so that pairwise subjects can be added here.

use std::sync::Arc;

use gatelodge_domain::user::SubjectId;
use gatelodge_domain::{Client, ClientId, Id, Realm, Subject, User};

use crate::{Failure, Foundation};

/// Computes and resolves `sub`.
pub struct Subjects {
    foundation: Arc<Foundation>,
}

impl Subjects {
    /// The service over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// The `sub` of a person towards a client.
    pub fn of_user<'a>(&self, user: &'a User, _towards: &Client) -> &'a str {
        user.subject.as_str()
    }

    /// Whom a `sub` means: a person, or a client that acts for itself. A `client_id` never
    /// begins like a person's subject, so the two cannot be confused.
    pub async fn resolve(&self, realm: Id<Realm>, sub: &str) -> Result<Option<Subject>, Failure> {
        if let Ok(subject) = SubjectId::parse(sub) {
            let user: Option<Id<User>> = self
                .foundation
                .directory
                .user_of_subject(realm, &subject)
                .await?;
            return Ok(user.map(Subject::User));
        }
        let Ok(client_id) = ClientId::parse(sub) else {
            return Ok(None);
        };
        let client = self.foundation.directory.client(realm, &client_id).await?;
        Ok(client.map(|client| Subject::Client(client.id)))
    }
}
