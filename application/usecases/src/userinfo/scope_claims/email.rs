//! `email`

use async_trait::async_trait;
use gatelodge_domain::scope::EMAIL;
use gatelodge_domain::user::Verification;
use serde_json::{Map, Value};

use super::{Person, ScopeClaims};
use crate::Failure;

/// `email` and `email_verified`
pub struct EmailClaims;

#[async_trait]
impl ScopeClaims for EmailClaims {
    fn scope(&self) -> &'static str {
        EMAIL
    }

    fn claims(&self) -> Vec<&'static str> {
        vec!["email", "email_verified"]
    }

    async fn tell(
        &self,
        person: Person<'_>,
        claims: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        let user = person.user;
        if let Some(email) = &user.email {
            claims.insert("email".to_owned(), email.as_str().into());
            let verified = user.email_verification == Verification::Verified;
            claims.insert("email_verified".to_owned(), verified.into());
        }
        Ok(())
    }
}
