//! What is in a cell, and the domain's value that it stands for.

use core::fmt::Display;
use std::collections::{BTreeMap, BTreeSet};

use gatelodge_domain::role::Protection;
use gatelodge_domain::subject::Party;
use gatelodge_domain::{
    Digest, Id, Permission, Revision, ScopeSet, Setting, Settings, Subject, Timestamp,
};
use gatelodge_ports::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The 16 bytes of an id, big-endian, so that their order is the ids' order.
pub(crate) fn bytes_of<T>(id: Id<T>) -> Vec<u8> {
    id.to_bytes().to_vec()
}

/// The 16 bytes of an id without its type.
pub(crate) fn bytes_of_bits(bits: u128) -> Vec<u8> {
    bits.to_be_bytes().to_vec()
}

/// The id in 16 bytes.
pub(crate) fn id<T>(bytes: &[u8]) -> Result<Id<T>, StoreError> {
    bits(bytes).map(Id::from_u128)
}

/// The id in 16 bytes, if there are any.
pub(crate) fn id_or_none<T>(bytes: Option<&[u8]>) -> Result<Option<Id<T>>, StoreError> {
    bytes.map(id).transpose()
}

/// The 128 bits in 16 bytes.
pub(crate) fn bits(bytes: &[u8]) -> Result<u128, StoreError> {
    <[u8; 16]>::try_from(bytes)
        .map(u128::from_be_bytes)
        .map_err(|_| StoreError::broken("a stored id has another length than 16 bytes"))
}

/// The digest in 32 bytes.
pub(crate) fn digest(bytes: &[u8]) -> Result<Digest, StoreError> {
    valid(Digest::try_from_slice(bytes), "digest")
}

/// A number that fits its type.
pub(crate) fn number<N: TryFrom<i64>>(stored: i64) -> Result<N, StoreError> {
    N::try_from(stored).map_err(|_| StoreError::broken("a stored number is out of range"))
}

/// A number as a bigint holds it; positions and numbers start at 1 and never come near the end.
pub(crate) fn big(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// How often a row changed.
pub(crate) fn revision(stored: i64) -> Result<Revision, StoreError> {
    number(stored).map(Revision)
}

/// The moment, if there is one.
pub(crate) fn moment_or_none(stored: Option<i64>) -> Option<Timestamp> {
    stored.map(Timestamp::from_millis)
}

/// The moment that this state of a row must have.
pub(crate) fn moment(stored: Option<i64>) -> Result<Timestamp, StoreError> {
    moment_or_none(stored).ok_or_else(|| StoreError::broken("a stored state lacks its moment"))
}

/// What was parsed, or the reason why the stored text is no such thing. The text itself is left
/// out: it may be somebody's name.
pub(crate) fn valid<T, E: Display>(
    parsed: Result<T, E>,
    what: &'static str,
) -> Result<T, StoreError> {
    parsed.map_err(|reason| StoreError::broken(format!("a stored {what} is invalid: {reason}")))
}

/// What a stored name stands for.
pub(crate) fn known<T>(named: Option<T>, what: &'static str) -> Result<T, StoreError> {
    named.ok_or_else(|| StoreError::broken(format!("a stored {what} has an unknown name")))
}

/// The value in a JSON cell.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|reason| StoreError::Broken(Box::new(reason)))
}

/// The text of a JSON cell.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|reason| StoreError::Broken(Box::new(reason)))
}

/// Scopes as RFC 6749 §3.3 writes them: joined by spaces.
pub(crate) fn scopes(text: &str) -> Result<ScopeSet, StoreError> {
    valid(ScopeSet::parse(text), "scope")
}

/// Permissions as a JSON list of names.
pub(crate) fn permissions(text: &str) -> Result<BTreeSet<Permission>, StoreError> {
    let names = from_json::<Vec<String>>(text)?;
    let read = |name: &String| valid(Permission::parse(name), "permission");
    names.iter().map(read).collect()
}

/// Whether a row is Gatelodge's own.
pub(crate) const fn protection(built_in: bool) -> Protection {
    if built_in {
        Protection::BuiltIn
    } else {
        Protection::None
    }
}

/// Settings by name.
pub(crate) fn settings(text: &str) -> Result<Settings, StoreError> {
    let mut settings = Settings::default();
    for (name, value) in from_json::<BTreeMap<String, u32>>(text)? {
        let setting = valid(Setting::parse(&name), "setting")?;
        valid(settings.set(setting, value), "setting")?;
    }
    Ok(settings)
}

/// Settings as a JSON object.
pub(crate) fn settings_json(settings: &Settings) -> Result<String, StoreError> {
    let named: BTreeMap<&str, u32> = settings
        .iter()
        .map(|(setting, value)| (setting.spec().name, value))
        .collect();
    to_json(&named)
}

/// The subject of a kind and an id.
pub(crate) fn subject(kind: &str, id: &[u8]) -> Result<Subject, StoreError> {
    known(Subject::from_parts(kind, bits(id)?), "kind of subject")
}

/// The subject of a kind and an id, if both are there.
pub(crate) fn subject_or_none(
    kind: Option<&str>,
    id: Option<&[u8]>,
) -> Result<Option<Subject>, StoreError> {
    match (kind, id) {
        (Some(kind), Some(id)) => subject(kind, id).map(Some),
        (None, None) => Ok(None),
        _ => Err(StoreError::broken(
            "a stored subject lacks its kind or its id",
        )),
    }
}

/// Whom it is about, who acts and for which company.
pub(crate) fn party(
    subject: Subject,
    actor: Option<Subject>,
    organization: Option<&[u8]>,
) -> Result<Party, StoreError> {
    Ok(Party {
        subject,
        actor,
        organization: id_or_none(organization)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_stored_ids_is_the_order_of_ids() {
        let small = bytes_of_bits(0x00ff);
        let large = bytes_of_bits(0x0100);
        assert!(small < large);
        assert_eq!(bits(&large).unwrap(), 0x0100);
    }

    #[test]
    fn what_does_not_parse_is_broken_and_does_not_show() {
        assert!(matches!(id::<()>(&[1, 2, 3]), Err(StoreError::Broken(_))));
        assert!(matches!(number::<u32>(-1), Err(StoreError::Broken(_))));
        assert!(matches!(
            settings("{\"nonsense\":1}"),
            Err(StoreError::Broken(_))
        ));
        assert!(matches!(settings("["), Err(StoreError::Broken(_))));
        assert!(matches!(
            subject_or_none(Some("user"), None),
            Err(StoreError::Broken(_))
        ));
        let Err(StoreError::Broken(reason)) = scopes("o\"penid") else {
            panic!("a quote is no scope character")
        };
        assert!(!reason.to_string().contains("penid"), "{reason}");
    }

    #[test]
    fn settings_survive_their_cell() {
        let mut before = Settings::default();
        before.set(Setting::AccessTokenLifetime, 60).unwrap();
        assert_eq!(settings(&settings_json(&before).unwrap()).unwrap(), before);
    }
}
