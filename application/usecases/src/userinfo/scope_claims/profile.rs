//! `profile`

use async_trait::async_trait;
use gatelodge_domain::scope::PROFILE;
use gatelodge_domain::user::ProfileClaim;
use serde_json::{Map, Value};

use super::{Person, ScopeClaims};
use crate::Failure;

/// The standard claims about a person; `preferred_username` is the user name.
pub struct ProfileClaims;

const PREFERRED_USERNAME: &str = "preferred_username";
const UPDATED_AT: &str = "updated_at";

#[async_trait]
impl ScopeClaims for ProfileClaims {
    fn scope(&self) -> &'static str {
        PROFILE
    }

    fn claims(&self) -> Vec<&'static str> {
        ProfileClaim::ALL
            .into_iter()
            .map(ProfileClaim::as_str)
            .chain([PREFERRED_USERNAME, UPDATED_AT])
            .collect()
    }

    async fn tell(
        &self,
        person: Person<'_>,
        claims: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        let user = person.user;
        for (claim, value) in user.profile.iter() {
            claims.insert(claim.as_str().to_owned(), value.into());
        }
        let username = user.username.as_str();
        claims.insert(PREFERRED_USERNAME.to_owned(), username.into());
        let updated_at = user.updated_at.as_seconds();
        claims.insert(UPDATED_AT.to_owned(), updated_at.into());
        Ok(())
    }
}
