//! The passwords of lines.
//!
//! A hash that another program made is taken within a cap ([`PasswordHasher::import`]). What the
//! dearest of them costs becomes the realm's floor for every sign-in before the first of them is
//! written, so that they do not show.
//!
//! [`PasswordHasher::import`]: gatelodge_ports::PasswordHasher::import

use gatelodge_domain::{Password, PasswordHash};
use gatelodge_ports::HasherError;

use super::{Effect, Import, ImportedPassword};
use crate::admin::{AdminError, Refusal};
use crate::passwords::{Whose, password_cost};
use crate::sign_in::{imported_cost, imported_cost_fact};
use crate::users::AdministerUsers;
use crate::{ErrorCode, Failure};

/// So many kinds of hash are measured in one import; a file has one or two.
const MOST_KINDS: usize = 16;

impl AdministerUsers {
    /// The hash of a line's password; none in a dry run, which only asks the rules.
    pub(super) async fn imported_hash(
        &self,
        import: &mut Import,
        whose: &Whose<'_>,
        password: &ImportedPassword,
    ) -> Result<Option<PasswordHash>, AdminError> {
        let permit = &import.permit;
        match password {
            ImportedPassword::Plain(password) => {
                let rules = self.passwords.rules();
                rules.check(&permit.realm().realm, whose, password).await?;
                if import.effect == Effect::DryRun {
                    return Ok(None);
                }
                let cost = password_cost(permit.settings());
                match self.foundation.hasher.hash(password, cost).await {
                    Ok(hash) => Ok(Some(hash)),
                    // People who sign in come first; the line can be sent again.
                    Err(HasherError::Busy) => Err(busy().into()),
                    Err(error) => Err(error.into()),
                }
            }
            ImportedPassword::Hash(text) => self.foreign_hash(import, text).await.map(Some),
        }
    }

    /// A hash of another program, within the caps, and its cost a part of the realm's floor.
    async fn foreign_hash(
        &self,
        import: &mut Import,
        text: &str,
    ) -> Result<PasswordHash, AdminError> {
        let hasher = &self.foundation.hasher;
        let hash = hasher
            .import(text)
            .map_err(|why| Refusal::field("password_hash", why.to_string()))?;
        let kind = hasher.kind(&hash);
        if import.effect == Effect::DryRun || import.kinds.contains(&kind) {
            return Ok(hash);
        }
        if import.kinds.len() >= MOST_KINDS {
            let rule = "this import has hashes of too many different costs";
            return Err(Refusal::field("password_hash", rule).into());
        }
        self.measure(import, &hash).await?;
        import.kinds.insert(kind);
        Ok(hash)
    }

    /// Makes what a try with such a hash costs part of the realm's floor.
    async fn measure(&self, import: &Import, hash: &PasswordHash) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let bytes: [u8; 16] = foundation.rng.bytes();
        let anything = Password::presented(&gatelodge_domain::id::base32(&bytes))
            .map_err(|error| Failure::Broken(error.into()))?;
        let cost = password_cost(import.permit.settings());
        let compared = foundation
            .hasher
            .verify(&anything, Some(hash), cost)
            .await?;
        let name = imported_cost_fact(import.permit.realm_id());
        let mut unit = foundation.store.write().await?;
        let known = imported_cost(unit.system().find(&name).await?.as_deref());
        if compared.took <= known {
            return Ok(());
        }
        let millis = compared.took.as_millis().saturating_add(1).to_string();
        unit.system().put(&name, millis.as_bytes()).await?;
        unit.commit().await?;
        Ok(())
    }
}

fn busy() -> Refusal {
    Refusal::new(
        ErrorCode::TemporarilyUnavailable,
        "there are more passwords to hash than may wait; send this line again",
    )
}
