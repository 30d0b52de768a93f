//! Column `realms.user_schema`: what a realm keeps of its people, as JSON.

use std::collections::BTreeMap;

use gatelodge_domain::attribute::{
    AttributeClaim, AttributeName, AttributePattern, AttributeRule, AttributeType, Multiplicity,
    OwnerAccess, Presence, UserSchema,
};
use gatelodge_domain::{DisplayName, Scope};
use gatelodge_ports::StoreError;
use serde::{Deserialize, Serialize};

use super::cell;

/// A rule as it is stored; what is false or absent is left out.
#[derive(Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the column's JSON: each is a fact of its own"
)]
struct Rule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, skip_serializing_if = "is_off")]
    many: bool,
    #[serde(default, skip_serializing_if = "is_off")]
    required: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_length: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claim: Option<Claim>,
    #[serde(default, skip_serializing_if = "is_off")]
    owner_sees: bool,
    #[serde(default, skip_serializing_if = "is_off")]
    owner_edits: bool,
}

#[derive(Serialize, Deserialize)]
struct Claim {
    name: String,
    scope: String,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
const fn is_off(flag: &bool) -> bool {
    !*flag
}

/// The column of a schema; none where it has no rules.
pub(crate) fn to_column(schema: &UserSchema) -> Result<Option<String>, StoreError> {
    if schema.is_empty() {
        return Ok(None);
    }
    let rules: BTreeMap<&str, Rule> = schema
        .iter()
        .map(|(name, rule)| (name.as_str(), stored(rule)))
        .collect();
    cell::to_json(&rules).map(Some)
}

/// The schema of a column.
pub(crate) fn of_column(text: Option<&str>) -> Result<UserSchema, StoreError> {
    let mut schema = UserSchema::default();
    let Some(text) = text else {
        return Ok(schema);
    };
    for (name, rule) in cell::from_json::<BTreeMap<String, Rule>>(text)? {
        let name = cell::valid(AttributeName::parse(&name), "attribute name")?;
        cell::valid(schema.set(name, known(rule)?), "attribute")?;
    }
    Ok(schema)
}

fn stored(rule: &AttributeRule) -> Rule {
    Rule {
        display_name: rule.display_name.as_ref().map(|it| it.as_str().to_owned()),
        kind: rule.kind.as_str().to_owned(),
        many: rule.multiplicity == Multiplicity::Many,
        required: rule.presence == Presence::Required,
        max_length: rule.max_length,
        claim: rule.claim.as_ref().map(|claim| Claim {
            name: claim.name().to_owned(),
            scope: claim.scope().as_str().to_owned(),
        }),
        pattern: rule.pattern.as_ref().map(|it| it.as_str().to_owned()),
        owner_sees: rule.owner != OwnerAccess::None,
        owner_edits: rule.owner == OwnerAccess::Edits,
    }
}

fn known(rule: Rule) -> Result<AttributeRule, StoreError> {
    let claim = match rule.claim {
        Some(claim) => {
            let scope = cell::valid(Scope::parse(&claim.scope), "scope")?;
            Some(cell::valid(
                AttributeClaim::new(&claim.name, scope),
                "claim",
            )?)
        }
        None => None,
    };
    let display_name = rule.display_name.as_deref().map(DisplayName::parse);
    Ok(AttributeRule {
        display_name: cell::valid(display_name.transpose(), "display name")?,
        kind: cell::known(AttributeType::parse(&rule.kind), "attribute type")?,
        multiplicity: if rule.many {
            Multiplicity::Many
        } else {
            Multiplicity::One
        },
        presence: if rule.required {
            Presence::Required
        } else {
            Presence::Optional
        },
        max_length: rule.max_length,
        claim,
        pattern: rule.pattern.map(AttributePattern::from_stored),
        owner: match (rule.owner_sees, rule.owner_edits) {
            (true, true) => OwnerAccess::Edits,
            (true, false) => OwnerAccess::Sees,
            (false, _) => OwnerAccess::None,
        },
    })
}
