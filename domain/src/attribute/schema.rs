//! What a realm keeps of its people.

use std::collections::BTreeMap;

use super::{AttributeName, AttributeRule, Attributes, InvalidAttribute};

/// What a realm keeps of its people: a rule for each attribute.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserSchema(BTreeMap<AttributeName, AttributeRule>);

impl UserSchema {
    /// Adds a rule.
    pub fn set(
        &mut self,
        name: AttributeName,
        rule: AttributeRule,
    ) -> Result<(), InvalidAttribute> {
        rule.check()?;
        if self.0.len() >= Attributes::MOST && !self.0.contains_key(&name) {
            return Err(InvalidAttribute::TooMany);
        }
        let told = |rule: &AttributeRule| rule.claim.as_ref().map(|claim| claim.name().to_owned());
        let repeated = self.0.iter().any(|(other, known)| {
            *other != name && rule.claim.is_some() && told(known) == told(&rule)
        });
        if repeated {
            return Err(InvalidAttribute::RepeatedClaim);
        }
        self.0.insert(name, rule);
        Ok(())
    }

    /// The rule of one attribute.
    pub fn get(&self, name: &AttributeName) -> Option<&AttributeRule> {
        self.0.get(name)
    }

    /// All rules, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&AttributeName, &AttributeRule)> + '_ {
        self.0.iter()
    }

    /// Whether it has no rules.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        AttributeClaim, AttributePattern, AttributeType, Multiplicity, OwnerAccess, Presence,
    };
    use super::*;
    use crate::Scope;

    fn rule(claim: Option<&str>) -> AttributeRule {
        let scope = || Scope::parse("profile").unwrap();
        AttributeRule {
            display_name: None,
            kind: AttributeType::String,
            multiplicity: Multiplicity::One,
            presence: Presence::Optional,
            max_length: None,
            pattern: None,
            claim: claim.map(|name| AttributeClaim::new(name, scope()).unwrap()),
            owner: OwnerAccess::Sees,
        }
    }

    fn name(text: &str) -> AttributeName {
        AttributeName::parse(text).unwrap()
    }

    #[test]
    fn two_attributes_are_not_one_claim() {
        let mut schema = UserSchema::default();
        schema.set(name("a"), rule(Some("cost"))).unwrap();
        schema.set(name("b"), rule(None)).unwrap();
        schema.set(name("c"), rule(None)).unwrap();
        let repeated = schema.set(name("d"), rule(Some("cost")));
        assert_eq!(repeated, Err(InvalidAttribute::RepeatedClaim));
        schema.set(name("a"), rule(Some("cost"))).unwrap();
    }

    #[test]
    fn only_strings_have_a_length() {
        let mut schema = UserSchema::default();
        let bounded = |kind, max| AttributeRule {
            kind,
            max_length: Some(max),
            ..rule(None)
        };
        assert!(
            schema
                .set(name("a"), bounded(AttributeType::String, 5))
                .is_ok()
        );
        let refused = schema.set(name("a"), bounded(AttributeType::String, 0));
        assert_eq!(refused, Err(InvalidAttribute::MaxLength));
        let refused = schema.set(name("a"), bounded(AttributeType::Date, 5));
        assert_eq!(refused, Err(InvalidAttribute::NoLength));
    }

    #[test]
    fn only_strings_have_a_pattern() {
        let mut schema = UserSchema::default();
        let shaped = |kind| AttributeRule {
            kind,
            pattern: Some(AttributePattern::parse("[0-9]+").unwrap()),
            ..rule(None)
        };
        assert!(schema.set(name("a"), shaped(AttributeType::String)).is_ok());
        let refused = schema.set(name("a"), shaped(AttributeType::Integer));
        assert_eq!(refused, Err(InvalidAttribute::NoPattern));
    }

    #[test]
    fn what_has_no_form_is_not_edited_by_its_owner() {
        let mut schema = UserSchema::default();
        let free = |owner| AttributeRule {
            kind: AttributeType::Json,
            owner,
            ..rule(None)
        };
        assert!(schema.set(name("a"), free(OwnerAccess::Sees)).is_ok());
        let refused = schema.set(name("a"), free(OwnerAccess::Edits));
        assert_eq!(refused, Err(InvalidAttribute::NotEditable));
    }
}
