//! From a verb and its arguments to requests: make, change, remove, and everything that is none
//! of these.

use clap::ArgMatches;
use serde_json::{Map, Value};

use super::Lodge;
use super::listing::first_fields;
use crate::command::{
    ADD, CONTENT, FORCE, REMOVE, Sources, YES, body, filter_id, positional_id, positionals,
    prompt_twice, read_bytes,
};
use crate::document::{Answer, Field, Operation, Place, Shape};
use crate::fault::Fault;
use crate::http::{Reply, Request, segment};
use crate::output::{can_ask, confirmed, note, one};
use crate::resources::{Resource, Verb, identity, natural};
use crate::session;

/// One call.
pub(crate) struct Call<'a> {
    /// Who calls.
    pub(crate) lodge: &'a Lodge<'a>,
    /// Of what.
    pub(crate) resource: &'a Resource,
    /// What is to be done.
    pub(crate) verb: &'a Verb,
    /// By which operation.
    pub(crate) operation: &'a Operation,
    /// The arguments.
    pub(crate) matches: &'a ArgMatches,
}

impl Call<'_> {
    /// The request without a body.
    pub(crate) fn request(&self) -> Result<Request, Fault> {
        let mut request = Request::new(&self.operation.method, &self.path()?);
        request.query = self.filters()?;
        Ok(request)
    }

    fn path(&self) -> Result<String, Fault> {
        let mut values = Vec::new();
        let here = positionals(self.operation).collect::<Vec<_>>();
        for name in self.operation.placeholders() {
            if !here.contains(&name) {
                values.push((name.to_owned(), self.lodge.realm().to_owned()));
                continue;
            }
            let text = self.matches.get_one::<String>(&positional_id(name));
            let text = text.map(String::as_str).unwrap_or_default();
            let parameter = self
                .operation
                .parameters_in(Place::Path)
                .find(|one| one.name == name);
            let way = parameter.and_then(|one| natural(self.lodge.document, one));
            let value = match way {
                Some(way) => self.lodge.names.id(self.lodge, name, way, text)?,
                None => text.to_owned(),
            };
            values.push((name.to_owned(), value));
        }
        let mut path = self.operation.path.clone();
        for (name, value) in values {
            path = path.replace(&format!("{{{name}}}"), &segment(&value));
        }
        Ok(path)
    }

    fn filters(&self) -> Result<Vec<(String, String)>, Fault> {
        let mut query = Vec::new();
        for parameter in self.operation.parameters_in(Place::Query) {
            let id = filter_id(&parameter.name);
            let Ok(Some(values)) = self.matches.try_get_raw(&id) else {
                continue;
            };
            let way = natural(self.lodge.document, parameter);
            for value in values {
                let text = value.to_string_lossy().into_owned();
                let text = match way {
                    Some(way) => self
                        .lodge
                        .names
                        .id(self.lodge, &parameter.name, way, &text)?,
                    None => text,
                };
                query.push((parameter.name.clone(), text));
            }
        }
        Ok(query)
    }

    fn fields(&self) -> Vec<Field> {
        let body = self.operation.body.as_ref();
        body.map(|body| self.lodge.document.fields(&body.schema))
            .unwrap_or_default()
    }

    /// The body as the arguments say it, with ids for names.
    fn said(&self, fields: &[Field]) -> Result<Map<String, Value>, Fault> {
        let mut said = body(Sources {
            matches: self.matches,
            fields,
            preset: self.verb.preset,
        })?;
        let lodge = self.lodge;
        lodge
            .names
            .put_ids(lodge, lodge.realm(), fields, &mut said)?;
        Ok(said)
    }

    fn with_body(&self, mut request: Request) -> Result<Request, Fault> {
        let Some(wanted) = &self.operation.body else {
            return Ok(request);
        };
        let fields = self.fields();
        let mut said = self.said(&fields)?;
        for field in &fields {
            if !field.required || said.contains_key(&field.name) {
                continue;
            }
            let secret = matches!(field.shape, Shape::Text { secret: true, .. });
            if !secret || !can_ask() {
                return Err(missing(field));
            }
            let typed = prompt_twice(&field.name)?;
            said.insert(field.name.clone(), Value::String(typed));
        }
        if !said.is_empty() || wanted.required {
            let text = Value::Object(said).to_string();
            request.body = Some((wanted.media.clone(), text.into_bytes()));
        }
        if self.operation.takes_header("Idempotency-Key") {
            let key = session::unguessable()?;
            request = request.header("idempotency-key", &key);
            request.repeatable = true;
        }
        Ok(request)
    }

    /// Makes something and shows it.
    pub(crate) fn create(&self) -> Result<(), Fault> {
        let request = self.with_body(self.request()?)?;
        let made = self.lodge.admin.call(&request)?.json()?;
        if self.name().ends_with(" create") {
            self.tell("created", identity(&made).unwrap_or_default());
        } else {
            self.tell("done:", &format!("{} {}", self.name(), self.spoken()));
        }
        self.show(&made)?;
        if has_secret(&made) {
            note("The secret is shown this once: nobody can read it again.");
        }
        Ok(())
    }

    /// Changes something at the revision that was read, and shows it.
    pub(crate) fn update(&self) -> Result<(), Fault> {
        let fields = self.fields();
        let mut request = self.request()?;
        let mut patch = self.said(&fields)?;
        let force = self.matches.get_flag(FORCE);
        let lists = [ADD, REMOVE].map(|id| {
            let found = self.matches.try_get_many::<String>(id).ok().flatten();
            found
                .map(|all| all.cloned().collect::<Vec<_>>())
                .unwrap_or_default()
        });
        let touches_lists = lists.iter().any(|one| !one.is_empty());
        if patch.is_empty() && !touches_lists {
            return Err(Fault::Usage(
                "say what to change; `--help` lists the fields".to_owned(),
            ));
        }
        let reads = self.lodge.document.sibling(self.operation, "GET");
        if reads.is_some() && (!force || touches_lists) {
            let now = self
                .lodge
                .admin
                .call(&Request::new("GET", &request.target))?;
            let current = now.json()?;
            change_lists(&mut patch, &current, &lists)?;
            if let Some(etag) = now.etag.as_deref().filter(|_| !force) {
                request = request.header("if-match", etag);
            }
        }
        let media = self.operation.body.as_ref().map(|body| body.media.clone());
        let text = Value::Object(patch).to_string();
        request.body = Some((media.unwrap_or_default(), text.into_bytes()));
        let changed = self.lodge.admin.call(&request)?;
        let changed = changed.json().unwrap_or(Value::Null);
        self.tell("changed", identity(&changed).unwrap_or_default());
        self.show(&changed)
    }

    /// Removes or ends something.
    pub(crate) fn delete(&self) -> Result<(), Fault> {
        let what = self.spoken();
        if can_ask() && !self.matches.get_flag(YES) && !confirmed(&self.question(&what))? {
            return Err(Fault::Failed("nothing was done".to_owned()));
        }
        let request = self.request()?;
        let reply = self.lodge.admin.call(&request)?;
        self.tell("done:", &format!("{} {what}", self.name()));
        self.shown_if_any(&reply)
    }

    /// Does whatever else an operation does.
    pub(crate) fn perform(&self) -> Result<(), Fault> {
        let request = self.with_body(self.request()?)?;
        let reply = self.lodge.admin.call(&request)?;
        self.tell("done:", &format!("{} {}", self.name(), self.spoken()));
        self.shown_if_any(&reply)
    }

    /// Sends a file as it is.
    pub(crate) fn send_file(&self) -> Result<(), Fault> {
        let path = self.matches.get_one::<String>(CONTENT);
        let content = read_bytes(path.map(String::as_str).unwrap_or_default())?;
        let media = self.operation.body.as_ref().map(|body| body.media.clone());
        let mut request = self.request()?;
        request.body = Some((media.unwrap_or_default(), content));
        let reply = self.lodge.admin.call(&request)?;
        self.tell("done:", &format!("{} {}", self.name(), self.spoken()));
        self.shown_if_any(&reply)
    }

    fn shown_if_any(&self, reply: &Reply) -> Result<(), Fault> {
        match &self.operation.answer {
            Answer::One(_) if !reply.body.is_empty() => self.show(&reply.json()?),
            _ => Ok(()),
        }
    }

    fn show(&self, value: &Value) -> Result<(), Fault> {
        let first = first_fields(self);
        one(self.lodge.globals.output, value, &first)
    }

    fn tell(&self, done: &str, what: &str) {
        let what = crate::output::shown(what);
        let text = if done.ends_with(':') {
            format!("{done} {what}")
        } else {
            format!("{done} {} {what}", self.resource.name)
        };
        note(text.trim_end());
    }

    /// How the command is called.
    fn name(&self) -> String {
        let verb = self
            .resource
            .verbs
            .iter()
            .find(|(_, verb)| std::ptr::eq(*verb, self.verb));
        let verb = verb.map(|(name, _)| name.as_str()).unwrap_or_default();
        format!("{} {verb}", self.resource.name)
    }

    /// The positional arguments as they were written.
    fn spoken(&self) -> String {
        let texts = positionals(self.operation)
            .filter_map(|name| self.matches.get_one::<String>(&positional_id(name)));
        texts.cloned().collect::<Vec<_>>().join(" ")
    }

    fn question(&self, what: &str) -> String {
        let within = self.operation.path.contains("{realm}/");
        let place = if within {
            format!(" in realm {}", self.lodge.realm())
        } else {
            String::new()
        };
        format!("{} {what}{place}: is that meant? [y/N] ", self.name())
    }
}

fn missing(field: &Field) -> Fault {
    let flag = field.name.replace('_', "-");
    let flag = match field.shape {
        Shape::Text { secret: true, .. } => format!("--{flag}-file or --{flag}-env"),
        _ => format!("--{flag}"),
    };
    Fault::Usage(format!("{flag} is needed: {}", field.about))
}

/// Whether an answer shows a secret that was just made.
fn has_secret(value: &Value) -> bool {
    let members = value.as_object();
    members.is_some_and(|members| {
        members
            .iter()
            .any(|(name, value)| name.ends_with("_secret") && value.is_string())
    })
}

/// `--add` and `--remove`: the list that is there, with a little more or less.
fn change_lists(
    patch: &mut Map<String, Value>,
    current: &Value,
    lists: &[Vec<String>; 2],
) -> Result<(), Fault> {
    let [add, remove] = lists;
    for (texts, is_add) in [(add, true), (remove, false)] {
        for text in texts {
            let (name, value) = crate::command::pair(text)?;
            let there = patch.get(name).unwrap_or(&current[name]);
            let mut items = match there {
                Value::Array(items) => items.clone(),
                Value::Null => Vec::new(),
                _ => return Err(Fault::Usage(format!("`{name}` is no list"))),
            };
            let value = Value::String(value.to_owned());
            if !is_add {
                items.retain(|item| *item != value);
            } else if !items.contains(&value) {
                items.push(value);
            }
            patch.insert(name.to_owned(), Value::Array(items));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_grow_and_shrink() {
        let current = json!({"uris": ["a", "b"], "name": "x"});
        let mut patch = Map::new();
        let lists = [
            vec!["uris=c".to_owned(), "uris=a".to_owned(), "new=z".to_owned()],
            vec!["uris=b".to_owned()],
        ];
        change_lists(&mut patch, &current, &lists).unwrap();
        assert_eq!(
            Value::Object(patch),
            json!({"uris": ["a", "c"], "new": ["z"]})
        );
        let wrong = [vec!["name=y".to_owned()], Vec::new()];
        assert!(change_lists(&mut Map::new(), &current, &wrong).is_err());
    }
}
