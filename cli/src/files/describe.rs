//! A plan as people and programs read it. A secret is never in there.

use serde_json::{Map, Value, json};

use super::compare::without_nulls;
use super::plan::{Action, Step};
use crate::output::style::{Style, on};
use crate::output::wide;

impl Action {
    /// In a word.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "change",
            Self::Delete => "delete",
            Self::Keep => "keep",
        }
    }
}

impl Step {
    /// For people: a line for the thing, and one or two for each field.
    pub(crate) fn text(&self) -> String {
        let out = std::io::stdout();
        let (sign, style) = match self.action {
            Action::Create => ("+", Style::Green),
            Action::Update => ("~", Style::Yellow),
            Action::Delete => ("-", Style::Red),
            Action::Keep => ("=", Style::Dim),
        };
        let object = &self.object;
        let place = if object.kind == "realm" {
            String::new()
        } else {
            format!(" (realm {})", object.realm)
        };
        let line = format!("{sign} {} {}{place}", object.kind, object.name);
        let mut text = on(&out, style, &line) + "\n";
        let mut say = |style: Style, line: String| {
            text.push_str(&on(&out, style, &line));
            text.push('\n');
        };
        if matches!(self.action, Action::Create) {
            for (name, value) in &object.spec {
                say(Style::Green, format!("    {name}: {}", wide(value)));
            }
            for (part, wanted) in &object.parts {
                let text = wide(&Value::Object(wanted.clone()));
                say(Style::Green, format!("    {}: {text}", part.name));
            }
            for (name, from) in &object.secrets {
                say(Style::Green, format!("    {name}: {}", from.shown()));
            }
        }
        for difference in &self.differences {
            let shown = |value: &Value| {
                if value.is_null() {
                    "nothing".to_owned()
                } else {
                    wide(&without_nulls(value))
                }
            };
            let (from, to) = (shown(&difference.from), shown(&difference.to));
            say(
                Style::Yellow,
                format!("    {}: {from} → {to}", difference.path),
            );
        }
        for change in &self.links {
            for name in &change.add {
                say(Style::Green, format!("    + {}: {name}", change.link.name));
            }
            for name in &change.remove {
                say(Style::Red, format!("    - {}: {name}", change.link.name));
            }
        }
        text
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let fields: Map<String, Value> = self
            .differences
            .iter()
            .map(|one| (one.path.clone(), json!({ "from": one.from, "to": one.to })))
            .collect();
        let links: Map<String, Value> = self
            .links
            .iter()
            .map(|one| {
                let change = json!({ "add": one.add, "remove": one.remove });
                (one.link.name.to_owned(), change)
            })
            .collect();
        let object = &self.object;
        let mut shown = json!({
            "action": self.action.word(),
            "kind": object.kind,
            "realm": object.realm,
            "name": object.name,
        });
        if matches!(self.action, Action::Create) {
            shown["spec"] = Value::Object(object.spec.clone());
        }
        if !fields.is_empty() {
            shown["fields"] = Value::Object(fields);
        }
        if !links.is_empty() {
            shown["links"] = Value::Object(links);
        }
        shown
    }

    /// Whether something is done.
    pub(crate) const fn does_something(&self) -> bool {
        !matches!(self.action, Action::Keep)
    }
}
