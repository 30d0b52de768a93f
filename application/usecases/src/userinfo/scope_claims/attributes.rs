//! Attributes that a realm's schema maps to claims: told where their scope was granted, at
//! userinfo and wherever else claims of a person are told.

use gatelodge_domain::attribute::UserSchema;
use gatelodge_domain::{ScopeSet, User};
use serde_json::{Map, Value};

/// Adds the claims that the schema maps attributes to and that these scopes ask for. A value
/// that is no JSON any more is left out, as what is not known is (OpenID Connect Core §5.3.2).
pub fn tell_attributes(
    schema: &UserSchema,
    user: &User,
    scopes: &ScopeSet,
    claims: &mut Map<String, Value>,
) {
    for (name, rule) in schema.iter() {
        let asked = rule
            .claim
            .as_ref()
            .filter(|claim| scopes.contains(claim.scope().as_str()));
        let known = user.attributes.get(name);
        let value = known.and_then(|json| serde_json::from_str(json).ok());
        if let (Some(claim), Some(value)) = (asked, value) {
            claims.entry(claim.name()).or_insert(value);
        }
    }
}
