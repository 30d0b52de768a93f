//! Table `grants`.

use gatelodge_domain::{Grant, Subject, Timestamp};
use gatelodge_ports::StoreError;

use super::cell;

table! {
    /// A row of `grants`.
    "grants" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        id: Vec<u8>,
        client: Vec<u8>,
        subject_kind: String,
        subject: Vec<u8>,
        actor_kind: Option<String>,
        actor: Option<Vec<u8>>,
        organization: Option<Vec<u8>>,
        session: Option<Vec<u8>>,
        scopes: String,
        created_at: i64,
        expires_at: i64,
        ended_at: Option<i64>,
        dead_at: i64,
    }
}

impl Model {
    /// The row of a grant.
    pub(crate) fn of(grant: &Grant) -> Self {
        let dead_at = grant
            .ended_at
            .map_or(grant.expires_at, |end| end.min(grant.expires_at));
        Self {
            realm: cell::bytes_of(grant.realm),
            id: cell::bytes_of(grant.id),
            client: cell::bytes_of(grant.client),
            subject_kind: grant.party.subject.kind().to_owned(),
            subject: cell::bytes_of_bits(grant.party.subject.bits()),
            actor_kind: grant.party.actor.map(|actor| actor.kind().to_owned()),
            actor: grant
                .party
                .actor
                .map(Subject::bits)
                .map(cell::bytes_of_bits),
            organization: grant.party.organization.map(cell::bytes_of),
            session: grant.session.map(cell::bytes_of),
            scopes: grant.scopes.to_string(),
            created_at: grant.created_at.as_millis(),
            expires_at: grant.expires_at.as_millis(),
            ended_at: grant.ended_at.map(Timestamp::as_millis),
            dead_at: dead_at.as_millis(),
        }
    }

    /// The grant of this row.
    pub(crate) fn grant(self) -> Result<Grant, StoreError> {
        let actor = cell::subject_or_none(self.actor_kind.as_deref(), self.actor.as_deref())?;
        Ok(Grant {
            id: cell::id(&self.id)?,
            realm: cell::id(&self.realm)?,
            client: cell::id(&self.client)?,
            party: cell::party(
                cell::subject(&self.subject_kind, &self.subject)?,
                actor,
                self.organization.as_deref(),
            )?,
            session: cell::id_or_none(self.session.as_deref())?,
            scopes: cell::scopes(&self.scopes)?,
            created_at: Timestamp::from_millis(self.created_at),
            expires_at: Timestamp::from_millis(self.expires_at),
            ended_at: cell::moment_or_none(self.ended_at),
        })
    }
}
