//! From flags, files and `--set` to the body of a request. What is more specific wins: a file
//! first, then flags, then `--set`, then `--unset`.

use clap::ArgMatches;
use serde_json::{Map, Number, Value};

use super::flags::{FILE, SET, UNSET, body_id, join, secret_env, secret_file};
use super::{files, secret};
use crate::document::{Field, Shape};
use crate::fault::Fault;

/// Where the parts of a body come from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sources<'a> {
    /// The command line.
    pub(crate) matches: &'a ArgMatches,
    /// The fields that there are.
    pub(crate) fields: &'a [Field],
    /// Set by the verb itself.
    pub(crate) preset: &'a [(&'a str, &'a str)],
}

/// The body.
pub(crate) fn body(sources: Sources<'_>) -> Result<Map<String, Value>, Fault> {
    let mut body = Value::Object(Map::new());
    for (path, json) in sources.preset {
        put(
            &mut body,
            path,
            serde_json::from_str(json).unwrap_or(Value::Null),
        )?;
    }
    if !sources.preset.is_empty() {
        return Ok(members(body));
    }
    let matches = sources.matches;
    if let Ok(Some(file)) = matches.try_get_one::<String>(FILE) {
        body = files::read_value(file)?;
        if !body.is_object() {
            return Err(Fault::Usage(format!(
                "{file}: fields are wanted, an object"
            )));
        }
    }
    for field in sources.fields {
        read(matches, "", field, &mut body)?;
    }
    for text in all(matches, SET) {
        let (path, value) = pair(text)?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        put(&mut body, path, value)?;
    }
    for path in all(matches, UNSET) {
        put(&mut body, path, Value::Null)?;
    }
    Ok(members(body))
}

fn members(body: Value) -> Map<String, Value> {
    match body {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn all<'a>(matches: &'a ArgMatches, id: &str) -> Vec<&'a String> {
    let found = matches.try_get_many::<String>(id).ok().flatten();
    found.map(Iterator::collect).unwrap_or_default()
}

/// `FIELD=VALUE`.
pub(crate) fn pair(text: &str) -> Result<(&str, &str), Fault> {
    text.split_once('=')
        .filter(|(path, _)| !path.is_empty())
        .ok_or_else(|| Fault::Usage(format!("`{text}`: write FIELD=VALUE")))
}

/// Puts a value at a path such as `a.b`, making the objects on the way.
fn put(body: &mut Value, path: &str, value: Value) -> Result<(), Fault> {
    let mut place = body;
    for name in path.split('.') {
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(members) = place else {
            return Err(Fault::Usage(format!("`{path}`: `{name}` is in no object")));
        };
        place = members.entry(name).or_insert(Value::Null);
    }
    *place = value;
    Ok(())
}

fn read(matches: &ArgMatches, prefix: &str, field: &Field, body: &mut Value) -> Result<(), Fault> {
    let path = join(prefix, &field.name);
    match &field.shape {
        Shape::Record(inner) => {
            for field in inner {
                read(matches, &path, field, body)?;
            }
            Ok(())
        }
        Shape::Text { secret: true, .. } => {
            let text = |id: &str| matches.get_one::<String>(id);
            let found = match (text(&secret_file(&path)), text(&secret_env(&path))) {
                (Some(file), _) => Some(secret::from_file(file, &field.name)?),
                (_, Some(name)) => Some(secret::from_variable(name)?),
                (None, None) => None,
            };
            found.map_or(Ok(()), |text| put(body, &path, Value::String(text)))
        }
        shape => match value(matches, &body_id(&path), shape)? {
            Some(value) => put(body, &path, value),
            None => Ok(()),
        },
    }
}

fn value(matches: &ArgMatches, id: &str, shape: &Shape) -> Result<Option<Value>, Fault> {
    let values = match shape {
        Shape::Whole => typed::<i64>(matches, id, |number| Value::Number((*number).into())),
        Shape::Number => typed::<f64>(matches, id, |number| {
            Number::from_f64(*number).map_or(Value::Null, Value::Number)
        }),
        Shape::Truth => typed::<bool>(matches, id, |truth| Value::Bool(*truth)),
        Shape::Text { .. } => typed::<String>(matches, id, |text| Value::String(text.clone())),
        Shape::List(item) => {
            let values = several(matches, id, item)?;
            return Ok(values.map(Value::Array));
        }
        Shape::Record(_) | Shape::Anything => return json(matches, id).map(first),
    };
    Ok(first(values))
}

fn several(matches: &ArgMatches, id: &str, item: &Shape) -> Result<Option<Vec<Value>>, Fault> {
    Ok(match item {
        Shape::Whole => typed::<i64>(matches, id, |number| Value::Number((*number).into())),
        Shape::Text { .. } => typed::<String>(matches, id, |text| Value::String(text.clone())),
        _ => json(matches, id)?,
    })
}

fn first(values: Option<Vec<Value>>) -> Option<Value> {
    values.and_then(|values| values.into_iter().next())
}

fn typed<T: Clone + Send + Sync + 'static>(
    matches: &ArgMatches,
    id: &str,
    json: impl Fn(&T) -> Value,
) -> Option<Vec<Value>> {
    let found = matches.get_many::<T>(id)?;
    Some(found.map(json).collect())
}

fn json(matches: &ArgMatches, id: &str) -> Result<Option<Vec<Value>>, Fault> {
    let Some(texts) = matches.get_many::<String>(id) else {
        return Ok(None);
    };
    let parsed = texts.map(|text| {
        serde_json::from_str(text).map_err(|error| {
            Fault::Usage(format!("`{text}` is not the JSON that is wanted: {error}"))
        })
    });
    parsed.collect::<Result<Vec<_>, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::command::tree;
    use crate::document::Document;
    use crate::resources::resources;

    fn read_line(id: &str, line: &[&str]) -> Result<Value, Fault> {
        let document = Document::compiled().unwrap();
        let (resources, _) = resources(&document);
        let matches = tree(&document, &resources)
            .try_get_matches_from([&["lodge"], line].concat())
            .unwrap();
        let (_, matches) = matches.subcommand().unwrap();
        let (_, matches) = matches.subcommand().unwrap();
        let schema = &document
            .operation(id)
            .unwrap()
            .body
            .as_ref()
            .unwrap()
            .schema;
        let fields = document.fields(schema);
        let sources = Sources {
            matches,
            fields: &fields,
            preset: &[],
        };
        body(sources).map(Value::Object)
    }

    #[test]
    fn flags_become_fields_of_the_right_type() {
        let line = [
            "client",
            "create",
            "--client-id",
            "app",
            "--redirect-uri",
            "https://a.example/cb",
            "--redirect-uri",
            "https://b.example/cb",
            "--enabled=false",
            "--default-max-age",
            "60",
            "--refresh.overlap-seconds",
            "5",
            "--jwks",
            r#"{"keys":[]}"#,
        ];
        assert_eq!(
            read_line("create_client", &line).unwrap(),
            json!({
                "client_id": "app", "enabled": false, "default_max_age": 60,
                "redirect_uris": ["https://a.example/cb", "https://b.example/cb"],
                "refresh": {"overlap_seconds": 5}, "jwks": {"keys": []},
            })
        );
    }

    #[test]
    fn what_is_more_specific_wins() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "username: ada\nemail: a@example.com\nprofile: {name: A}\n",
        )
        .unwrap();
        let line = [
            "user",
            "update",
            "ada",
            "-f",
            file.path().to_str().unwrap(),
            "--email",
            "b@example.com",
            "--profile.nickname",
            "b",
            "--set",
            "profile.nickname=c",
            "--set",
            "email_verified=true",
            "--unset",
            "profile.name",
        ];
        assert_eq!(
            read_line("update_user", &line).unwrap(),
            json!({
                "username": "ada", "email": "b@example.com", "email_verified": true,
                "profile": {"name": null, "nickname": "c"},
            })
        );
    }

    #[test]
    fn secrets_come_from_files() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "a long enough password\n").unwrap();
        let path = file.path().to_str().unwrap();
        let line = [
            "user",
            "create",
            "--username",
            "ada",
            "--password-file",
            path,
        ];
        let body = read_line("create_user", &line).unwrap();
        assert_eq!(body["password"], "a long enough password");
        let line = [
            "user",
            "create",
            "--username",
            "ada",
            "--set",
            "username.x=1",
        ];
        assert_eq!(read_line("create_user", &line).unwrap_err().status(), 2);
    }
}
