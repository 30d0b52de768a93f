//! Attributes as fields of a form: the text that stands for a value, and the value of a text.

use std::borrow::Cow;

use gatelodge_domain::attribute::{
    AttributeName, AttributeRule, AttributeType, Multiplicity, OwnerAccess,
};
use gatelodge_usecases::users::{Misfit, OwnAttribute};
use serde_json::{Number, Value};

use crate::pages::{ProfileControl, Texts};

/// A text that may be longer gets several lines.
const ONE_LINE: u32 = 200;

/// The name of an attribute's field.
pub(super) fn field_name(name: &AttributeName) -> String {
    format!("attribute.{}", name.as_str())
}

/// What stands beside it.
pub(super) fn label(attribute: &OwnAttribute<'_>) -> String {
    match &attribute.rule.display_name {
        Some(name) => name.as_str().to_owned(),
        None => attribute.name.as_str().replace('_', " "),
    }
}

/// The text in the field of an attribute, where the person may change it and a field can hold
/// it: a list has a value a line, so none that itself has several.
pub(super) fn editable(attribute: &OwnAttribute<'_>) -> Option<String> {
    if attribute.rule.owner != OwnerAccess::Edits {
        return None;
    }
    let Some(value) = &attribute.value else {
        return Some(String::new());
    };
    match (attribute.rule.multiplicity, value) {
        (Multiplicity::Many, Value::Array(values)) => {
            let lines: Vec<Cow<'_, str>> = values.iter().map(text).collect();
            let is_a_line = |line: &Cow<'_, str>| !line.contains('\n') && !line.trim().is_empty();
            lines.iter().all(is_a_line).then(|| lines.join("\n"))
        }
        (_, value) => Some(text(value).into_owned()),
    }
}

/// A value as people read it.
pub(super) fn spoken(attribute: &OwnAttribute<'_>, texts: &Texts) -> String {
    let one = |value: &Value| match value {
        Value::Bool(true) => texts.profile_yes.to_string(),
        Value::Bool(false) => texts.profile_no.to_string(),
        other => text(other).into_owned(),
    };
    match &attribute.value {
        None => texts.profile_unset.to_string(),
        Some(Value::Array(values)) if attribute.rule.multiplicity == Multiplicity::Many => {
            let lines: Vec<String> = values.iter().map(one).collect();
            lines.join("\n")
        }
        Some(value) => one(value),
    }
}

fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// What a browser shows for it.
pub(super) fn control(rule: &AttributeRule, shown: &str) -> ProfileControl {
    match (rule.multiplicity, rule.kind) {
        (Multiplicity::Many, _) => ProfileControl::List,
        (Multiplicity::One, AttributeType::Boolean) => ProfileControl::Choice,
        (Multiplicity::One, AttributeType::Date) => ProfileControl::Date,
        (Multiplicity::One, AttributeType::Integer) => ProfileControl::Whole,
        (Multiplicity::One, AttributeType::Number) => ProfileControl::Number,
        (Multiplicity::One, AttributeType::String | AttributeType::Json) => {
            let long = rule.max_length.is_some_and(|most| most > ONE_LINE);
            if long || shown.contains('\n') {
                ProfileControl::Lines
            } else {
                ProfileControl::Line(rule.max_length)
            }
        }
    }
}

/// Forms end lines with CR and LF.
pub(super) fn unix_lines(posted: &str) -> String {
    posted.replace("\r\n", "\n")
}

/// The value of a field's text; none for an empty one.
pub(super) fn read(rule: &AttributeRule, posted: &str) -> Result<Option<Value>, Misfit> {
    let one = |text: &str| read_one(rule.kind, text.trim());
    if posted.trim().is_empty() {
        return Ok(None);
    }
    match rule.multiplicity {
        Multiplicity::One => one(posted).map(Some),
        Multiplicity::Many => {
            let lines = posted.lines().filter(|line| !line.trim().is_empty());
            let values: Result<Vec<Value>, Misfit> = lines.map(one).collect();
            values.map(Value::Array).map(Some)
        }
    }
}

fn read_one(kind: AttributeType, text: &str) -> Result<Value, Misfit> {
    let value = match kind {
        AttributeType::String | AttributeType::Date => Some(text.into()),
        AttributeType::Integer => text.parse::<i64>().ok().map(Value::from),
        AttributeType::Number => text.parse::<Number>().ok().map(Value::Number),
        AttributeType::Boolean => text.parse::<bool>().ok().map(Value::Bool),
        AttributeType::Json => None,
    };
    value.ok_or(Misfit::Type(kind))
}

#[cfg(test)]
mod tests {
    use gatelodge_domain::attribute::Presence;
    use serde_json::json;

    use super::*;

    fn rule(kind: AttributeType, multiplicity: Multiplicity) -> AttributeRule {
        AttributeRule {
            display_name: None,
            kind,
            multiplicity,
            presence: Presence::Optional,
            max_length: None,
            pattern: None,
            claim: None,
            owner: OwnerAccess::Edits,
        }
    }

    #[test]
    fn what_a_field_shows_is_what_it_is_read_as() {
        let name = AttributeName::parse("cost_centre").unwrap();
        for (kind, multiplicity, value) in [
            (
                AttributeType::String,
                Multiplicity::One,
                json!("Zoë\nO'Brien"),
            ),
            (
                AttributeType::String,
                Multiplicity::Many,
                json!(["a", "b c"]),
            ),
            (AttributeType::Integer, Multiplicity::One, json!(-42)),
            (AttributeType::Integer, Multiplicity::Many, json!([1, 2])),
            (AttributeType::Number, Multiplicity::One, json!(1.5)),
            (AttributeType::Boolean, Multiplicity::One, json!(false)),
            (AttributeType::Date, Multiplicity::One, json!("2026-01-31")),
        ] {
            let rule = rule(kind, multiplicity);
            let attribute = OwnAttribute {
                name: &name,
                rule: &rule,
                value: Some(value.clone()),
            };
            assert_eq!(label(&attribute), "cost centre");
            let shown = editable(&attribute).unwrap();
            let posted = unix_lines(&shown.replace('\n', "\r\n"));
            assert_eq!(posted, shown);
            assert_eq!(read(&rule, &posted), Ok(Some(value)));
        }
    }

    #[test]
    fn a_list_whose_values_have_lines_is_shown_and_not_taken_apart() {
        let name = AttributeName::parse("notes").unwrap();
        let rule = rule(AttributeType::String, Multiplicity::Many);
        let attribute = OwnAttribute {
            name: &name,
            rule: &rule,
            value: Some(json!(["one\ntwo", "three"])),
        };
        assert_eq!(editable(&attribute), None);
    }

    #[test]
    fn an_empty_field_is_no_value_and_a_wrong_one_is_said_to_be_so() {
        let whole = rule(AttributeType::Integer, Multiplicity::One);
        assert_eq!(read(&whole, " \n"), Ok(None));
        for wrong in ["1.5", "one", "0x10"] {
            let refused = Err(Misfit::Type(AttributeType::Integer));
            assert_eq!(read(&whole, wrong), refused, "{wrong}");
        }
        let many = rule(AttributeType::Integer, Multiplicity::Many);
        assert_eq!(read(&many, "1\n\n2\n"), Ok(Some(json!([1, 2]))));
        assert!(read(&many, "1\ntwo").is_err());
    }
}
