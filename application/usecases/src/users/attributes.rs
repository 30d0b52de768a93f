//! Whether a person's attributes fit the realm's schema.

use core::fmt;

use gatelodge_domain::attribute::{
    AttributeName, AttributeRule, AttributeType, Attributes, Multiplicity, Presence, UserSchema,
};
use serde_json::Value;

use super::AdministerUsers;
use crate::admin::{AdminError, Permit, Refusal, UsersWrite};

/// No attribute with several values has more.
pub(crate) const MOST_VALUES: usize = 100;

/// The largest whole number that every JSON reader holds exactly (RFC 8259 §6).
const EXACT: i64 = (1 << 53) - 1;

/// Why an attribute does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// The schema does not have it.
    Unknown,
    /// The schema requires it.
    Missing,
    /// It is no JSON value.
    NotJson,
    /// It is no list, or one of too many values.
    NotAList,
    /// It is longer than so many characters.
    TooLong(u32),
    /// It is too large, or one too many.
    TooMuch,
    /// It does not look as it must.
    Pattern,
    /// It is of another type than this.
    Type(AttributeType),
}

impl fmt::Display for Misfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unknown => "the realm's schema has no such attribute",
            Self::Missing => "the realm's schema requires this attribute",
            Self::NotJson => "this is no JSON value",
            Self::NotAList => "this attribute is a list of at most 100 values",
            Self::TooLong(_) => "this text is longer than the realm's schema allows",
            Self::TooMuch => "a person has at most 64 attributes of at most 8192 bytes each",
            Self::Pattern => "this text does not fit the pattern of the realm's schema",
            Self::Type(AttributeType::String) => {
                "this attribute is a text without control characters"
            }
            Self::Type(AttributeType::Integer) => {
                "this attribute is a whole number of at most 53 bits"
            }
            Self::Type(AttributeType::Number) => "this attribute is a number",
            Self::Type(AttributeType::Boolean) => "this attribute is true or false",
            Self::Type(AttributeType::Date) => "this attribute is a day, as 2026-01-31",
            Self::Type(AttributeType::Json) => "this attribute is a JSON value other than null",
        })
    }
}

impl AdministerUsers {
    /// Refuses what the realm's schema does not have or has otherwise, and what it requires and
    /// is missing.
    pub(super) async fn check_attributes(
        &self,
        permit: &Permit<UsersWrite>,
        attributes: &Attributes,
    ) -> Result<(), AdminError> {
        let read = &permit.realm().realm;
        // The directory's copy of the same realm keeps its patterns compiled.
        let held = self.foundation.directory.realm(&read.slug).await?;
        let held = held.filter(|held| held.realm.revision == read.revision);
        let realm = held.as_ref().map_or(read, |held| &held.realm);
        check(&realm.user_schema, attributes)
            .map_err(|(name, why)| refuse(name, why))
            .map_err(AdminError::from)
    }
}

/// The first attribute that does not fit, and why.
fn check<'a>(
    schema: &'a UserSchema,
    attributes: &'a Attributes,
) -> Result<(), (&'a AttributeName, Misfit)> {
    for (name, json) in attributes.iter() {
        let rule = schema.get(name).ok_or((name, Misfit::Unknown))?;
        let value = serde_json::from_str(json).map_err(|_| (name, Misfit::NotJson))?;
        fits(rule, &value).map_err(|why| (name, why))?;
    }
    for (name, rule) in schema.iter() {
        if rule.presence == Presence::Required && attributes.get(name).is_none() {
            return Err((name, Misfit::Missing));
        }
    }
    Ok(())
}

fn refuse(name: &AttributeName, why: Misfit) -> Refusal {
    Refusal::field(format!("attributes.{}", name.as_str()), why.to_string())
}

/// Whether one attribute's value fits its rule.
pub(crate) fn fits(rule: &AttributeRule, value: &Value) -> Result<(), Misfit> {
    match (rule.multiplicity, value) {
        (Multiplicity::One, value) => one_fits(rule, value),
        (Multiplicity::Many, Value::Array(values)) if values.len() <= MOST_VALUES => {
            values.iter().try_for_each(|value| one_fits(rule, value))
        }
        (Multiplicity::Many, _) => Err(Misfit::NotAList),
    }
}

fn one_fits(rule: &AttributeRule, value: &Value) -> Result<(), Misfit> {
    let is_right = match (rule.kind, value) {
        (AttributeType::String, Value::String(text)) => return text_fits(rule, text),
        (AttributeType::Integer, Value::Number(number)) => number
            .as_i64()
            .is_some_and(|number| (-EXACT..=EXACT).contains(&number)),
        (AttributeType::Number, Value::Number(_)) | (AttributeType::Boolean, Value::Bool(_)) => {
            true
        }
        (AttributeType::Date, Value::String(text)) => is_date(text),
        (AttributeType::Json, value) => !value.is_null(),
        _ => false,
    };
    if is_right {
        Ok(())
    } else {
        Err(Misfit::Type(rule.kind))
    }
}

fn text_fits(rule: &AttributeRule, text: &str) -> Result<(), Misfit> {
    if text.chars().any(|one| one.is_control() && one != '\n') {
        return Err(Misfit::Type(AttributeType::String));
    }
    let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    if let Some(most) = rule.max_length.filter(|most| length > *most) {
        return Err(Misfit::TooLong(most));
    }
    match &rule.pattern {
        Some(pattern) if !pattern.fits(text) => Err(Misfit::Pattern),
        _ => Ok(()),
    }
}

/// `full-date` of RFC 3339 §5.6.
fn is_date(text: &str) -> bool {
    let digits = |range: core::ops::Range<usize>| -> Option<u32> {
        let part = text.get(range)?;
        let plain = part.bytes().all(|byte| byte.is_ascii_digit());
        if plain { part.parse().ok() } else { None }
    };
    let (Some(year), Some(month), Some(day)) = (digits(0..4), digits(5..7), digits(8..10)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    text.len() == 10
        && text.as_bytes()[4] == b'-'
        && text.as_bytes()[7] == b'-'
        && (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use gatelodge_domain::attribute::{AttributePattern, OwnerAccess};
    use serde_json::json;

    use super::*;

    fn rule(kind: AttributeType, multiplicity: Multiplicity) -> AttributeRule {
        AttributeRule {
            display_name: None,
            kind,
            multiplicity,
            presence: Presence::Optional,
            max_length: (kind == AttributeType::String).then_some(5),
            pattern: None,
            claim: None,
            owner: OwnerAccess::None,
        }
    }

    #[test]
    fn a_value_has_the_type_that_the_schema_says() {
        for (kind, right, wrong) in [
            (
                AttributeType::String,
                json!(["", "Zoë", "five5", "a\nb"]),
                json!([1, true, "sixsix", "a\u{0}", null, ["a"]]),
            ),
            (
                AttributeType::Integer,
                json!([0, -5, 9_007_199_254_740_991_i64]),
                json!([1.5, "1", 9_007_199_254_740_992_i64, null]),
            ),
            (
                AttributeType::Number,
                json!([0, 1.5, -2e9]),
                json!(["1", true]),
            ),
            (
                AttributeType::Boolean,
                json!([true, false]),
                json!([0, "true"]),
            ),
            (
                AttributeType::Date,
                json!(["2026-01-31", "2024-02-29", "2000-02-29"]),
                json!([
                    "2026-02-29",
                    "1900-02-29",
                    "2026-13-01",
                    "2026-1-1",
                    "2026-01-31Z",
                    5
                ]),
            ),
            (
                AttributeType::Json,
                json!([1, {"a": null}, []]),
                json!([null]),
            ),
        ] {
            let rule = rule(kind, Multiplicity::One);
            for value in right.as_array().unwrap() {
                assert_eq!(fits(&rule, value), Ok(()), "{kind:?} {value}");
            }
            for value in wrong.as_array().unwrap() {
                assert!(fits(&rule, value).is_err(), "{kind:?} {value}");
            }
        }
    }

    #[test]
    fn a_text_looks_as_its_pattern_says() {
        let rule = AttributeRule {
            pattern: Some(AttributePattern::parse("[A-Z]{2}[0-9]+").unwrap()),
            ..rule(AttributeType::String, Multiplicity::Many)
        };
        assert_eq!(fits(&rule, &json!(["DE1", "FR22"])), Ok(()));
        assert_eq!(fits(&rule, &json!(["DE1", "de1"])), Err(Misfit::Pattern));
        // What is too long is said to be so, whatever it looks like.
        assert_eq!(fits(&rule, &json!(["DE12345"])), Err(Misfit::TooLong(5)));
    }

    #[test]
    fn several_values_are_a_list_of_few() {
        let rule = rule(AttributeType::Integer, Multiplicity::Many);
        assert_eq!(fits(&rule, &json!([])), Ok(()));
        assert_eq!(fits(&rule, &json!([1, 2])), Ok(()));
        assert!(fits(&rule, &json!(1)).is_err());
        assert!(fits(&rule, &json!([1, "2"])).is_err());
        assert!(fits(&rule, &json!(vec![0; 101])).is_err());
    }

    #[test]
    fn what_is_not_in_the_schema_is_refused_and_what_it_requires_is_asked_for() {
        let name = |text| AttributeName::parse(text).unwrap();
        let mut schema = UserSchema::default();
        let required = AttributeRule {
            presence: Presence::Required,
            ..rule(AttributeType::Integer, Multiplicity::One)
        };
        schema.set(name("number"), required).unwrap();
        let mut attributes = Attributes::default();
        let (at, why) = check(&schema, &attributes).unwrap_err();
        let missing = refuse(at, why);
        assert_eq!(missing.field.as_deref(), Some("attributes.number"));
        attributes.set(name("number"), "7".to_owned()).unwrap();
        assert_eq!(check(&schema, &attributes), Ok(()));
        attributes.set(name("other"), "7".to_owned()).unwrap();
        let unknown = check(&schema, &attributes).unwrap_err();
        assert_eq!(unknown, (&name("other"), Misfit::Unknown));
    }
}
