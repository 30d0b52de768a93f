//! What a person sees of themselves and may change: attributes that the realm's schema shows to
//! their owner. The schema decides, and is asked again at every post: a form proves nothing.

use std::sync::Arc;

use gatelodge_domain::attribute::{
    AttributeName, AttributeRule, Attributes, OwnerAccess, Presence,
};
use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{AuditAction, Subject, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::Change;
use serde_json::{Value, json};

use super::Misfit;
use super::attributes::fits;
use crate::audit::{Entry, RequestFacts};
use crate::foundation::Announcements;
use crate::realms::ServedRealm;
use crate::sessions::SignedIn;
use crate::{Failure, Foundation};

/// An attribute as its owner sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnAttribute<'a> {
    /// Its name.
    pub name: &'a AttributeName,
    /// What the realm says of it.
    pub rule: &'a AttributeRule,
    /// Its value, if there is one.
    pub value: Option<Value>,
}

/// An attribute as its owner wants it.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnChange {
    /// Its name.
    pub name: AttributeName,
    /// Its value, as far as it could be read; `None` forgets it.
    pub value: Result<Option<Value>, Misfit>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OwnProfileError {
    /// What does not fit the schema, attribute by attribute.
    #[error("some attributes do not fit the schema")]
    Misfits(Vec<(AttributeName, Misfit)>),
    /// Somebody else changed the person meanwhile.
    #[error("the person changed meanwhile")]
    Stale,
    /// It could not be tried.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl From<StoreError> for OwnProfileError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Self::Stale,
            other => Self::Failed(other.into()),
        }
    }
}

/// A person's own profile.
pub struct OwnProfile {
    foundation: Arc<Foundation>,
}

impl OwnProfile {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// The attributes that a person sees of themselves, by name.
    pub fn attributes<'a>(realm: &'a ServedRealm, user: &User) -> Vec<OwnAttribute<'a>> {
        let seen = realm.realm.user_schema.iter();
        let seen = seen.filter(|(_, rule)| rule.owner != OwnerAccess::None);
        seen.map(|(name, rule)| OwnAttribute {
            name,
            rule,
            value: user
                .attributes
                .get(name)
                .and_then(|json| serde_json::from_str(json).ok()),
        })
        .collect()
    }

    /// Changes some of them, all or none. What is as it was is not written.
    pub async fn change(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        changes: Vec<OwnChange>,
        request: &RequestFacts,
    ) -> Result<(), OwnProfileError> {
        let mut fitting = Vec::with_capacity(changes.len());
        let mut misfits = Vec::new();
        for OwnChange { name, value } in changes {
            match value.and_then(|value| fitted(realm, &name, value)) {
                Ok(value) => fitting.push((name, value)),
                Err(why) => misfits.push((name, why)),
            }
        }
        if !misfits.is_empty() {
            return Err(OwnProfileError::Misfits(misfits));
        }
        let (in_realm, id) = (realm.realm.id, me.user.id);
        let mut view = self.foundation.store.read().await?;
        let found = view.users().find(in_realm, id).await?;
        drop(view);
        let mut user = found.ok_or(OwnProfileError::Stale)?;
        let touched = change_all(&mut user.attributes, fitting)?;
        if touched.is_empty() {
            return Ok(());
        }
        let now = self.foundation.clock.now();
        user.updated_at = now;
        let actor = AuditActor::Subject(Subject::User(id));
        let mut entry = Entry::done(in_realm, actor, AuditAction::UserUpdated)
            .on("user", id)
            .with(json!({ "by": "user", "attributes": touched }));
        entry.session = Some(me.session.id);
        let event = self.foundation.recorder.event(entry, request, now).await?;
        let mut unit = self.foundation.store.write().await?;
        let mut announcements = Announcements::new();
        unit.users().update(&user).await?;
        let change = Change::User(in_realm, id);
        announcements.note(&mut *unit, change, now).await?;
        unit.audit().append(&[event]).await?;
        unit.commit().await?;
        announcements.apply(&self.foundation);
        Ok(())
    }
}

/// The value, if its owner may have the attribute so.
fn fitted(
    realm: &ServedRealm,
    name: &AttributeName,
    value: Option<Value>,
) -> Result<Option<Value>, Misfit> {
    let rule = realm.realm.user_schema.get(name);
    let rule = rule.filter(|rule| rule.owner == OwnerAccess::Edits);
    let rule = rule.ok_or(Misfit::Unknown)?;
    match &value {
        Some(value) => fits(rule, value)?,
        None if rule.presence == Presence::Required => return Err(Misfit::Missing),
        None => {}
    }
    Ok(value)
}

/// The names of those that are other than they were.
fn change_all(
    attributes: &mut Attributes,
    wanted: Vec<(AttributeName, Option<Value>)>,
) -> Result<Vec<String>, OwnProfileError> {
    let mut touched = Vec::new();
    for (name, value) in wanted {
        let known = attributes.get(&name);
        let known = known.and_then(|json| serde_json::from_str::<Value>(json).ok());
        if known == value {
            continue;
        }
        touched.push(name.as_str().to_owned());
        match value {
            None => attributes.unset(&name),
            Some(value) => {
                let set = attributes.set(name.clone(), value.to_string());
                let too_much = |_| OwnProfileError::Misfits(vec![(name, Misfit::TooMuch)]);
                set.map_err(too_much)?;
            }
        }
    }
    Ok(touched)
}
