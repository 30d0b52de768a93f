//! `roles`, `groups` and `entitlements` (RFC 9068 §2.2.3.1), as they are held now.

use std::collections::BTreeSet;

use async_trait::async_trait;
use gatelodge_domain::scope::{ENTITLEMENTS, GROUPS, ROLES};
use gatelodge_domain::{Permission, Role, Subject};
use serde_json::{Map, Value};

use super::{Person, ScopeClaims};
use crate::Failure;

/// `roles`
pub struct RoleClaims;

/// `groups`
pub struct GroupClaims;

/// `entitlements`
pub struct EntitlementClaims;

#[async_trait]
impl ScopeClaims for RoleClaims {
    fn scope(&self) -> &'static str {
        ROLES
    }

    fn claims(&self) -> Vec<&'static str> {
        vec![ROLES]
    }

    async fn tell(
        &self,
        person: Person<'_>,
        claims: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        let held = held_by(person).await?;
        let names: Vec<&str> = held.iter().map(|role| role.name.as_str()).collect();
        claims.insert(ROLES.to_owned(), names.into());
        Ok(())
    }
}

#[async_trait]
impl ScopeClaims for GroupClaims {
    fn scope(&self) -> &'static str {
        GROUPS
    }

    fn claims(&self) -> Vec<&'static str> {
        vec![GROUPS]
    }

    async fn tell(
        &self,
        person: Person<'_>,
        claims: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        let mut view = person.foundation.store.read().await?;
        let groups = view
            .roles()
            .groups_of(person.user.realm, person.user.id)
            .await?;
        let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
        claims.insert(GROUPS.to_owned(), names.into());
        Ok(())
    }
}

#[async_trait]
impl ScopeClaims for EntitlementClaims {
    fn scope(&self) -> &'static str {
        ENTITLEMENTS
    }

    fn claims(&self) -> Vec<&'static str> {
        vec![ENTITLEMENTS]
    }

    async fn tell(
        &self,
        person: Person<'_>,
        claims: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        let held = held_by(person).await?;
        let permissions: BTreeSet<&str> = held
            .iter()
            .flat_map(|role| role.permissions.iter().map(Permission::as_str))
            .collect();
        let names: Vec<&str> = permissions.into_iter().collect();
        claims.insert(ENTITLEMENTS.to_owned(), names.into());
        Ok(())
    }
}

async fn held_by(person: Person<'_>) -> Result<Vec<Role>, Failure> {
    let mut view = person.foundation.store.read().await?;
    let subject = Subject::User(person.user.id);
    Ok(view.roles().held_by(person.user.realm, subject).await?)
}
