//! Reading JSON bodies, merge patches (RFC 7396) and queries, with the field at fault named.

use std::fmt::Display;

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use actix_web::web::Query;
use gatelodge_usecases::admin::Refusal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::problem::{Problem, malformed};

/// A JSON object as a `T`. An empty body counts as an empty object.
pub(crate) fn read<T: DeserializeOwned>(request: &HttpRequest, body: &[u8]) -> Result<T, Problem> {
    if body.is_empty() {
        return typed(Map::new());
    }
    expect_json(request, &["application/json"])?;
    typed(object(body)?)
}

/// The changes of a merge patch, as sent.
pub(crate) fn read_patch(
    request: &HttpRequest,
    body: &[u8],
) -> Result<Map<String, Value>, Problem> {
    expect_json(
        request,
        &["application/merge-patch+json", "application/json"],
    )?;
    object(body)
}

/// `current` with the patch over it. Members that `answer` shows but that cannot be written may
/// be sent back as they were, so that what was read can be edited and sent whole.
pub(crate) fn merge<T: Serialize + DeserializeOwned>(
    current: &T,
    answer: &impl Serialize,
    patch: Map<String, Value>,
) -> Result<T, Problem> {
    let mut target = serde_json::to_value(current)?;
    let shown = serde_json::to_value(answer)?;
    let mut changes = Map::new();
    for (name, value) in patch {
        let writable = target.get(&name).is_some();
        match shown.get(&name) {
            Some(same) if !writable && *same == value => {}
            Some(_) if !writable => {
                return Err(Refusal::field(name, "this field cannot be changed").into());
            }
            _ => {
                changes.insert(name, value);
            }
        }
    }
    apply(&mut target, Value::Object(changes));
    match target {
        Value::Object(members) => typed(members),
        _ => Err(malformed("a merge patch is a JSON object")),
    }
}

/// `MergePatch` of RFC 7396 §2.
fn apply(target: &mut Value, patch: Value) {
    let Value::Object(changes) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else {
        return;
    };
    for (name, change) in changes {
        if change.is_null() {
            members.remove(&name);
        } else {
            apply(members.entry(name).or_insert(Value::Null), change);
        }
    }
}

/// The query as a `T`; unknown, repeated and wrongly typed parameters are refused.
pub(crate) fn query<T: DeserializeOwned>(request: &HttpRequest) -> Result<T, Problem> {
    let text = request.query_string();
    let message = match Query::<T>::from_query(text) {
        Ok(read) => return Ok(read.into_inner()),
        Err(error) => reason(&error),
    };
    if let Some(field) = quoted(&message) {
        return Err(Refusal::field(field.to_owned(), message).into());
    }
    // Serde does not say where; each pair alone does.
    for pair in text.split('&') {
        if let Err(error) = Query::<T>::from_query(pair) {
            let name = pair.split('=').next().unwrap_or_default();
            return Err(Refusal::field(name.to_owned(), reason(&error)).into());
        }
    }
    Err(malformed(format!("the query cannot be read: {message}")))
}

/// Why a query is refused, without where in our code.
fn reason(error: &impl Display) -> String {
    let message = error.to_string();
    message.rsplit(": ").next().unwrap_or_default().to_owned()
}

fn expect_json(request: &HttpRequest, accepted: &[&str]) -> Result<(), Problem> {
    let sent = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    if accepted.iter().any(|one| essence.eq_ignore_ascii_case(one)) {
        Ok(())
    } else {
        Err(Problem::Http(StatusCode::UNSUPPORTED_MEDIA_TYPE))
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(malformed("the body is a JSON object")),
        Err(_) => Err(malformed("the body is not valid JSON")),
    }
}

/// The members as a `T`, or the member that does not fit.
pub(crate) fn typed<T: DeserializeOwned>(members: Map<String, Value>) -> Result<T, Problem> {
    let error = match serde_json::from_value(Value::Object(members.clone())) {
        Ok(read) => return Ok(read),
        Err(error) => error.to_string(),
    };
    if error.starts_with("missing field") || error.starts_with("unknown field") {
        let field = quoted(&error).unwrap_or_default().to_owned();
        return Err(Refusal::field(field, error).into());
    }
    // Serde does not say where; each member alone does.
    for (name, value) in members {
        let alone = Map::from_iter([(name.clone(), value)]);
        if let Err(error) = serde_json::from_value::<T>(Value::Object(alone)) {
            let error = error.to_string();
            if !error.starts_with("missing field") {
                return Err(Refusal::field(name, error).into());
            }
        }
    }
    Err(malformed(error))
}

/// The name between the first two backticks.
fn quoted(message: &str) -> Option<&str> {
    message.split('`').nth(1)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_test_cases_of_rfc_7396_appendix_a_hold() {
        for (original, patch, result) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (
                json!({"a":"b","b":"c"}),
                json!({"a":null}),
                json!({"b":"c"}),
            ),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (
                json!({"a":{"b":"c"}}),
                json!({"a":{"b":"d","c":null}}),
                json!({"a":{"b":"d"}}),
            ),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a":"b"}), json!(["c"]), json!(["c"])),
            (json!({"a":"foo"}), json!(null), json!(null)),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (
                json!({}),
                json!({"a":{"bb":{"ccc":null}}}),
                json!({"a":{"bb":{}}}),
            ),
        ] {
            let mut target = original.clone();
            apply(&mut target, patch);
            assert_eq!(target, result, "{original}");
        }
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        name: String,
        #[serde(default)]
        size: Option<u8>,
    }

    fn field(result: Result<Thing, Problem>) -> Option<String> {
        result.unwrap_err().details(None).field
    }

    #[test]
    fn the_field_at_fault_is_named() {
        let request = TestRequest::default()
            .insert_header(("content-type", "application/json; charset=utf-8"))
            .to_http_request();
        let thing = |body: &str| field(read(&request, body.as_bytes()));
        assert_eq!(thing(r#"{"size": 1}"#).as_deref(), Some("name"));
        assert_eq!(thing("").as_deref(), Some("name"));
        assert_eq!(
            thing(r#"{"name": "a", "sise": 1}"#).as_deref(),
            Some("sise")
        );
        assert_eq!(
            thing(r#"{"name": "a", "size": 300}"#).as_deref(),
            Some("size")
        );
        assert_eq!(thing(r#"["a"]"#), None);
        let fine: Thing = read(&request, br#"{"name": "a"}"#).unwrap();
        assert_eq!((fine.name.as_str(), fine.size), ("a", None));
    }

    #[test]
    fn the_parameter_at_fault_is_named() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "it is only read into")]
        struct Asked {
            limit: Option<u16>,
            name: Option<String>,
        }
        let fault = |text: &str| {
            let request = TestRequest::with_uri(&format!("/?{text}")).to_http_request();
            query::<Asked>(&request)
                .err()
                .map(|problem| problem.details(None).field)
        };
        assert_eq!(fault("limit=5&name=a"), None);
        for (text, field) in [
            ("name=a&limit=many", "limit"),
            ("limit=null&limit=null", "limit"),
            ("limit=70000", "limit"),
            ("sise=1", "sise"),
            ("name=a&name=b", "name"),
        ] {
            assert_eq!(fault(text), Some(Some(field.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_written_may_be_sent_back_but_not_changed() {
        let current = Thing {
            name: "a".to_owned(),
            size: Some(1),
        };
        let answer = json!({"id": "x", "name": "a", "size": 1});
        let patch = |value: Value| value.as_object().cloned().unwrap();
        let merged = merge(&current, &answer, patch(json!({"id": "x", "size": null}))).unwrap();
        assert_eq!(merged.size, None);
        let refused = merge(&current, &answer, patch(json!({"id": "y"})));
        assert_eq!(field(refused).as_deref(), Some("id"));
    }
}
