//! Table `changes`.

use gatelodge_domain::revocation::{RevokedThing, WatermarkOwner};
use gatelodge_domain::{Id, Realm, Revocation, Timestamp, Watermark};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::Change;

use super::cell;

table! {
    /// A row of `changes`. Revocations and watermarks are told in full: what (`thing_kind`,
    /// `thing`) and until or up to when (`moment`).
    "changes" {
        #[sea_orm(primary_key)]
        number: i64,
        kind: String,
        realm: Vec<u8>,
        thing_kind: Option<String>,
        thing: Option<Vec<u8>>,
        moment: Option<i64>,
        at: i64,
    }
}

impl Model {
    /// The row of a change; its number is the engine's to give.
    pub(crate) fn of(change: Change, at: Timestamp) -> Self {
        let (kind, realm, thing_kind, thing, moment) = match change {
            Change::Realm(realm) => ("realm", realm, None, None, None),
            Change::Keys(realm) => ("keys", realm, None, None, None),
            Change::Client(realm, id) => ("client", realm, None, Some(id.as_u128()), None),
            Change::User(realm, id) => ("user", realm, None, Some(id.as_u128()), None),
            Change::Session(realm, id) => ("session", realm, None, Some(id.as_u128()), None),
            Change::Revoked(Revocation {
                realm,
                thing,
                until,
            }) => (
                "revoked",
                realm,
                Some(thing.kind()),
                Some(thing.bits()),
                Some(until),
            ),
            Change::Raised(Watermark {
                realm,
                owner,
                not_before,
            }) => (
                "raised",
                realm,
                Some(owner.kind()),
                Some(owner.bits()),
                Some(not_before),
            ),
        };
        Self {
            number: 0,
            kind: kind.to_owned(),
            realm: cell::bytes_of(realm),
            thing_kind: thing_kind.map(str::to_owned),
            thing: thing.map(cell::bytes_of_bits),
            moment: moment.map(Timestamp::as_millis),
            at: at.as_millis(),
        }
    }

    /// The change of this row.
    pub(crate) fn change(self) -> Result<Change, StoreError> {
        let realm = cell::id(&self.realm)?;
        match self.kind.as_str() {
            "keys" => Ok(Change::Keys(realm)),
            "client" => Ok(Change::Client(realm, Id::from_u128(self.thing()?))),
            "user" => Ok(Change::User(realm, Id::from_u128(self.thing()?))),
            "session" => Ok(Change::Session(realm, Id::from_u128(self.thing()?))),
            "revoked" => self.revoked(realm),
            "raised" => self.raised(realm),
            // `realm`. And the release after this one may serve beside it and tell of what this one
            // does not know: its realm is read anew, and the feed goes on.
            _ => Ok(Change::Realm(realm)),
        }
    }

    fn revoked(&self, realm: Id<Realm>) -> Result<Change, StoreError> {
        let thing = RevokedThing::from_parts(self.thing_kind(), self.thing()?);
        Ok(Change::Revoked(Revocation {
            realm,
            thing: cell::known(thing, "kind of revocation")?,
            until: cell::moment(self.moment)?,
        }))
    }

    fn raised(&self, realm: Id<Realm>) -> Result<Change, StoreError> {
        let owner = WatermarkOwner::from_parts(self.thing_kind(), self.thing()?);
        Ok(Change::Raised(Watermark {
            realm,
            owner: cell::known(owner, "kind of watermark")?,
            not_before: cell::moment(self.moment)?,
        }))
    }

    fn thing_kind(&self) -> &str {
        self.thing_kind.as_deref().unwrap_or_default()
    }

    fn thing(&self) -> Result<u128, StoreError> {
        let thing = self.thing.as_deref();
        cell::bits(thing.ok_or_else(|| StoreError::broken("a stored change lacks its thing"))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_later_release_tells_of_is_some_change_of_its_realm() {
        let realm = Id::from_u128(7);
        let known = Change::User(realm, Id::from_u128(8));
        let row = Model::of(known, Timestamp::from_millis(9));
        assert_eq!(row.clone().change().unwrap(), known);
        let unknown = Model {
            kind: "something else".to_owned(),
            ..row
        };
        assert_eq!(unknown.change().unwrap(), Change::Realm(realm));
    }
}
