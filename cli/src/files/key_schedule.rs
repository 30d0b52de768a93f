//! When a realm's signing keys change next: what of keys can be written into a file, besides
//! the realm's `key_rotation_interval`. Never a key itself.
//!
//! A moment is kept by the `next` key of an algorithm. Once it has passed that key signs, and
//! the file is right about the past.

use serde_json::{Map, Value, json};

use super::compare::Difference;
use crate::document::Operation;
use crate::fault::Fault;
use crate::http::{Request, segment};
use crate::work::{Lodge, pages};

/// The moments that are decided, by algorithm.
pub(super) fn there(keys: &[Value]) -> Value {
    let decided = keys.iter().filter(|key| key["state"] == "next");
    let moments = decided.filter_map(|key| {
        let moment = key["activates_at"].as_str()?;
        Some((key["alg"].as_str()?.to_owned(), json!(plain(moment))))
    });
    Value::Object(moments.collect())
}

/// What is wanted and not so; a moment which the key that signs has behind it is kept.
pub(super) fn differences(wanted: &Map<String, Value>, keys: &[Value]) -> Vec<Difference> {
    let there = there(keys);
    let signs_since = |alg: &str| {
        let mut active = keys.iter().filter(|key| key["state"] == "active");
        let key = active.find(|key| key["alg"] == alg)?;
        Some(plain(key["since"].as_str()?))
    };
    let mut found = Vec::new();
    for (alg, moment) in wanted {
        let to = moment.as_str().map(plain);
        let from = there[alg].as_str().map(str::to_owned);
        let is_past = match (&to, &from, signs_since(alg)) {
            (Some(to), None, Some(since)) => {
                to.trim_end_matches('Z') <= since.trim_end_matches('Z')
            }
            _ => false,
        };
        if to != from && !is_past {
            found.push(Difference {
                path: alg.clone(),
                from: json!(from),
                to: json!(to),
            });
        }
    }
    found
}

/// Decides the moments.
pub(super) fn put(
    lodge: &Lodge<'_>,
    update: &Operation,
    realm: &str,
    wanted: &Map<String, Value>,
    keys: &[Value],
) -> Result<(), Fault> {
    for change in differences(wanted, keys) {
        let alg = &change.path;
        let mut next = keys.iter().filter(|key| key["state"] == "next");
        let id = next
            .find(|key| key["alg"] == alg.as_str())
            .and_then(|key| key["id"].as_str())
            .ok_or_else(|| {
                Fault::Failed(format!(
                    "there is no next {alg} key yet that could be scheduled; apply again in a minute"
                ))
            })?;
        let path = update
            .path
            .replace("{realm}", &segment(realm))
            .replace("{key}", &segment(id));
        let mut request = Request::new(&update.method, &path);
        let media = update.body.as_ref().map(|body| body.media.clone());
        let body = json!({ "activates_at": change.to });
        request.body = Some((media.unwrap_or_default(), body.to_string().into_bytes()));
        lodge.admin.call(&request)?;
    }
    Ok(())
}

/// Every key of a realm.
pub(super) fn keys(lodge: &Lodge<'_>, list: &Operation, realm: &str) -> Result<Vec<Value>, Fault> {
    let request = Request::new("GET", &list.path.replace("{realm}", &segment(realm)));
    let mut all = Vec::new();
    pages(&lodge.admin, list, &request, None, &mut |items| {
        all.extend_from_slice(items);
        Ok(())
    })?;
    Ok(all)
}

/// What is wrong with a schedule, if anything.
pub(super) fn fault_of(wanted: &Map<String, Value>) -> Option<String> {
    wanted.iter().find_map(|(alg, moment)| {
        let is_moment = moment.is_null()
            || moment.as_str().is_some_and(|text| {
                let plain = plain(text);
                plain.len() == "2026-01-31T12:00:00Z".len() && plain.ends_with('Z')
            });
        (!is_moment).then(|| format!("`{alg}`: write a moment as 2026-01-31T12:00:00Z, in UTC"))
    })
}

/// A moment in UTC without parts of a second that are none. Up to the `Z` such texts sort as
/// moments do.
fn plain(moment: &str) -> String {
    let Some((whole, part)) = moment.trim_end_matches('Z').split_once('.') else {
        return moment.to_owned();
    };
    match part.trim_end_matches('0') {
        "" => format!("{whole}Z"),
        part => format!("{whole}.{part}Z"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_counts_until_it_has_passed() {
        let keys = [
            json!({"alg": "ES256", "state": "active", "since": "2026-06-01T00:00:00.250Z"}),
            json!({"alg": "ES256", "state": "next", "activates_at": null}),
            json!({"alg": "RS256", "state": "active", "since": "2026-01-01T00:00:00.000Z"}),
            json!({"alg": "RS256", "state": "next", "activates_at": "2027-01-01T00:00:00.000Z"}),
        ];
        assert_eq!(there(&keys), json!({"RS256": "2027-01-01T00:00:00Z"}));
        let differ = |wanted: Value| {
            let found = differences(wanted.as_object().unwrap(), &keys);
            found.into_iter().map(|one| one.path).collect::<Vec<_>>()
        };
        let none: [&str; 0] = [];
        assert_eq!(differ(json!({"RS256": "2027-01-01T00:00:00Z"})), none);
        assert_eq!(differ(json!({"ES256": "2026-06-01T00:00:00Z"})), none);
        assert_eq!(differ(json!({"ES256": "2026-07-01T00:00:00Z"})), ["ES256"]);
        assert_eq!(differ(json!({"RS256": null, "ES256": null})), ["RS256"]);
    }

    #[test]
    fn what_is_no_moment_is_told() {
        let told = |moment: Value| fault_of(json!({"ES256": moment}).as_object().unwrap());
        assert_eq!(told(json!("2027-01-01T00:00:00.000Z")), None);
        assert_eq!(told(Value::Null), None);
        for wrong in [json!("soon"), json!("2027-01-01T00:00:00+02:00"), json!(1)] {
            assert!(told(wrong).unwrap().contains("ES256"));
        }
    }
}
