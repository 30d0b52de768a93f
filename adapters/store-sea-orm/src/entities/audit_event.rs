//! Table `audit_events`.

use gatelodge_domain::audit::{AuditAction, AuditActor, AuditTarget, Outcome, SealedDetail};
use gatelodge_domain::{AuditEvent, Digest, Timestamp};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::PositionedEvent;

use super::cell;

table! {
    /// A row of `audit_events`.
    "audit_events" {
        #[sea_orm(primary_key, auto_increment = false)]
        position: i64,
        id: Vec<u8>,
        at: i64,
        realm: Vec<u8>,
        actor_realm: Vec<u8>,
        actor_kind: String,
        actor: Vec<u8>,
        action: String,
        target_kind: Option<String>,
        target: Option<Vec<u8>>,
        outcome: String,
        reason: Option<String>,
        client: Option<Vec<u8>>,
        session: Option<Vec<u8>>,
        grant_id: Option<Vec<u8>>,
        token: Option<Vec<u8>>,
        request_id: Option<String>,
        facts: Option<String>,
        detail_owner: Option<Vec<u8>>,
        detail: Option<Vec<u8>>,
        digest: Vec<u8>,
    }
}

impl Model {
    /// The row of an event with its digest, at that position.
    pub(crate) fn of(event: &AuditEvent, digest: &Digest, position: u64) -> Self {
        let target = event.target.as_ref();
        let detail = event.detail.as_ref();
        Self {
            position: cell::big(position),
            id: cell::bytes_of(event.id),
            at: event.at.as_millis(),
            realm: cell::bytes_of(event.realm),
            actor_realm: cell::bytes_of(event.actor_realm),
            actor_kind: event.actor.kind().to_owned(),
            actor: cell::bytes_of_bits(event.actor.bits()),
            action: event.action.as_str().to_owned(),
            target_kind: target.map(|target| target.kind.clone()),
            target: target.map(|target| cell::bytes_of_bits(target.bits)),
            outcome: event.outcome.as_str().to_owned(),
            reason: event.reason.clone(),
            client: event.client.map(cell::bytes_of),
            session: event.session.map(cell::bytes_of),
            grant_id: event.grant.map(cell::bytes_of),
            token: event.token.map(cell::bytes_of),
            request_id: event.request_id.clone(),
            facts: event.facts.clone(),
            detail_owner: detail.and_then(|detail| detail.owner).map(cell::bytes_of),
            detail: detail.map(|detail| detail.bytes.clone()),
            digest: digest.as_bytes().to_vec(),
        }
    }

    /// The event of this row, with the digest that was stored beside it.
    pub(crate) fn positioned(self) -> Result<PositionedEvent, StoreError> {
        let actor = AuditActor::from_parts(&self.actor_kind, cell::bits(&self.actor)?);
        let target = match (self.target_kind, self.target) {
            (Some(kind), Some(target)) => Some(AuditTarget {
                kind,
                bits: cell::bits(&target)?,
            }),
            (None, None) => None,
            _ => {
                return Err(StoreError::broken(
                    "a stored target lacks its kind or its id",
                ));
            }
        };
        let detail = match (self.detail_owner, self.detail) {
            (owner, Some(bytes)) => Some(SealedDetail {
                owner: cell::id_or_none(owner.as_deref())?,
                bytes,
            }),
            (None, None) => None,
            (Some(_), None) => return Err(StoreError::broken("a stored detail is gone")),
        };
        Ok(PositionedEvent {
            position: cell::number(self.position)?,
            digest: cell::digest(&self.digest)?,
            event: AuditEvent {
                id: cell::id(&self.id)?,
                at: Timestamp::from_millis(self.at),
                realm: cell::id(&self.realm)?,
                actor_realm: cell::id(&self.actor_realm)?,
                actor: cell::known(actor, "kind of actor")?,
                action: cell::known(AuditAction::parse(&self.action), "action")?,
                target,
                outcome: cell::known(Outcome::parse(&self.outcome), "outcome")?,
                reason: self.reason,
                client: cell::id_or_none(self.client.as_deref())?,
                session: cell::id_or_none(self.session.as_deref())?,
                grant: cell::id_or_none(self.grant_id.as_deref())?,
                token: cell::id_or_none(self.token.as_deref())?,
                request_id: self.request_id,
                facts: self.facts,
                detail,
            },
        })
    }
}
