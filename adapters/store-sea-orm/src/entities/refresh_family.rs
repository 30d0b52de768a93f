//! Table `refresh_families`.

use gatelodge_domain::refresh::FamilyReach;
use gatelodge_domain::{RefreshFamily, Timestamp};
use gatelodge_ports::StoreError;

use super::cell;

table! {
    /// A row of `refresh_families`.
    "refresh_families" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        id: Vec<u8>,
        grant_id: Vec<u8>,
        client: Vec<u8>,
        subject_kind: String,
        subject: Vec<u8>,
        session: Option<Vec<u8>>,
        offline: bool,
        generation: i64,
        context: Vec<u8>,
        created_at: i64,
        rotated_at: i64,
        idle_expires_at: i64,
        expires_at: i64,
        ended_at: Option<i64>,
        dead_at: i64,
    }
}

impl Model {
    /// The row of a family.
    pub(crate) fn of(family: &RefreshFamily) -> Self {
        let expiry = family.idle_expires_at.min(family.expires_at);
        let dead_at = family.ended_at.map_or(expiry, |end| end.min(expiry));
        Self {
            realm: cell::bytes_of(family.realm),
            id: cell::bytes_of(family.id),
            grant_id: cell::bytes_of(family.grant),
            client: cell::bytes_of(family.client),
            subject_kind: family.subject.kind().to_owned(),
            subject: cell::bytes_of_bits(family.subject.bits()),
            session: family.session.map(cell::bytes_of),
            offline: family.reach == FamilyReach::Offline,
            generation: i64::from(family.generation),
            context: family.context.clone(),
            created_at: family.created_at.as_millis(),
            rotated_at: family.rotated_at.as_millis(),
            idle_expires_at: family.idle_expires_at.as_millis(),
            expires_at: family.expires_at.as_millis(),
            ended_at: family.ended_at.map(Timestamp::as_millis),
            dead_at: dead_at.as_millis(),
        }
    }

    /// The family of this row.
    pub(crate) fn family(self) -> Result<RefreshFamily, StoreError> {
        Ok(RefreshFamily {
            id: cell::id(&self.id)?,
            realm: cell::id(&self.realm)?,
            grant: cell::id(&self.grant_id)?,
            client: cell::id(&self.client)?,
            subject: cell::subject(&self.subject_kind, &self.subject)?,
            session: cell::id_or_none(self.session.as_deref())?,
            reach: if self.offline {
                FamilyReach::Offline
            } else {
                FamilyReach::Session
            },
            generation: cell::number(self.generation)?,
            context: self.context,
            created_at: Timestamp::from_millis(self.created_at),
            rotated_at: Timestamp::from_millis(self.rotated_at),
            idle_expires_at: Timestamp::from_millis(self.idle_expires_at),
            expires_at: Timestamp::from_millis(self.expires_at),
            ended_at: cell::moment_or_none(self.ended_at),
        })
    }
}
