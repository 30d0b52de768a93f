//! Chains of refresh tokens.

use async_trait::async_trait;
use gatelodge_domain::refresh::FamilyReach;
use gatelodge_domain::{Client, Grant, Id, Realm, RefreshFamily, Session, Subject, Timestamp};

use crate::StoreError;

/// A try to rotate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotateFamily {
    /// The realm.
    pub realm: Id<Realm>,
    /// The family.
    pub id: Id<RefreshFamily>,
    /// The generation that was presented.
    pub generation: u32,
    /// Now.
    pub now: Timestamp,
    /// When it dies unless used again.
    pub idle_expires_at: Timestamp,
    /// For how long after a rotation the previous generation still gets the current token;
    /// zero is off. Milliseconds.
    pub overlap_ms: u32,
    /// Whether the generation steps on, or the token stays and only its idle time moves.
    pub step: Rotation,
}

/// Whether a use makes a new generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// It does.
    Step,
    /// It does not.
    Stay,
}

/// What a try to rotate found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotated {
    /// The presented generation was current; this is the family after the step.
    Done(RefreshFamily),
    /// It was the previous one, within the overlap, and the current one is unused: the caller
    /// gets the current token again.
    Overlap(RefreshFamily),
    /// It was another one: somebody has a token they should not have.
    Reused(RefreshFamily),
    /// The family has ended or expired.
    Dead(RefreshFamily),
    /// There is none.
    Unknown,
}

/// Which families to end; all conditions hold together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FamilyFilter {
    /// Only of this authorization.
    pub grant: Option<Id<Grant>>,
    /// Only of this browser sign-in.
    pub session: Option<Id<Session>>,
    /// Only of this subject.
    pub subject: Option<Subject>,
    /// Only of this client.
    pub client: Option<Id<Client>>,
    /// Only those with that reach.
    pub reach: Option<FamilyReach>,
    /// None of this browser sign-in. Beside a condition that names whose they are, never alone.
    pub not_session: Option<Id<Session>>,
}

/// Reads families.
#[async_trait]
pub trait FindRefreshFamilies: Send {
    /// By row id.
    async fn find(
        &mut self,
        realm: Id<Realm>,
        id: Id<RefreshFamily>,
    ) -> Result<Option<RefreshFamily>, StoreError>;
}

/// Writes families.
#[async_trait]
pub trait RefreshFamilies: FindRefreshFamilies {
    /// Adds one.
    async fn insert(&mut self, family: &RefreshFamily) -> Result<(), StoreError>;

    /// One conditional UPDATE on the generation of a live family; what it did not match is
    /// read afterwards to say why.
    async fn rotate(&mut self, step: RotateFamily) -> Result<Rotated, StoreError>;

    /// Ends all that match and have not ended, and counts them. An empty filter ends nothing.
    async fn end_matching(
        &mut self,
        realm: Id<Realm>,
        filter: FamilyFilter,
        at: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Ends every family of those authorizations that has not ended, and counts them; for turns
    /// of bulk work.
    async fn end_of_grants(
        &mut self,
        realm: Id<Realm>,
        grants: &[Id<Grant>],
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut ended = 0;
        for grant in grants {
            let filter = FamilyFilter {
                grant: Some(*grant),
                ..FamilyFilter::default()
            };
            ended += self.end_matching(realm, filter, at).await?;
        }
        Ok(ended)
    }

    /// Removes at most `limit` families that ended or expired before then.
    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError>;
}
