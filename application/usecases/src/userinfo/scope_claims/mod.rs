//! Which scope stands for which claims (OpenID Connect Core §5.4).

mod attributes;
mod email;
mod profile;
mod rights;

use std::sync::Arc;

use async_trait::async_trait;
use gatelodge_domain::User;
use serde_json::{Map, Value};

use crate::{Failure, Foundation};

pub use attributes::tell_attributes;
pub use email::EmailClaims;
pub use profile::ProfileClaims;
pub use rights::{EntitlementClaims, GroupClaims, RoleClaims};

/// The person whom claims are about.
#[derive(Clone, Copy)]
pub struct Person<'a> {
    /// The house, where more must be read.
    pub foundation: &'a Foundation,
    /// The person.
    pub user: &'a User,
}

/// The claims of one scope.
#[async_trait]
pub trait ScopeClaims: Send + Sync {
    /// The scope.
    fn scope(&self) -> &'static str;

    /// The names of its claims, for discovery.
    fn claims(&self) -> Vec<&'static str>;

    /// Adds what is known of the person; what is not known is left out (§5.3.2).
    async fn tell(
        &self,
        person: Person<'_>,
        claims: &mut Map<String, Value>,
    ) -> Result<(), Failure>;
}

/// The scopes that work today.
pub fn built_in_scope_claims() -> Vec<Arc<dyn ScopeClaims>> {
    vec![
        Arc::new(ProfileClaims),
        Arc::new(EmailClaims),
        Arc::new(RoleClaims),
        Arc::new(GroupClaims),
        Arc::new(EntitlementClaims),
    ]
}
