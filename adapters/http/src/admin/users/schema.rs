//! What a realm keeps of its users beyond the standard claims.

use std::collections::BTreeMap;

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, get, put};
use gatelodge_domain::attribute::{
    AttributeClaim, AttributeName, AttributePattern, AttributeRule, AttributeType, Multiplicity,
    OwnerAccess, Presence, UserSchema,
};
use gatelodge_domain::{DisplayName, Scope};
use gatelodge_usecases::admin::{RealmsRead, RealmsWrite, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::admin::body::read;
use crate::admin::fields::{field, word};
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;

/// The attributes of a realm's users.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserSchema)]
pub(crate) struct SchemaBody {
    /// A rule for each attribute, by its name: a-z, then a-z, 0-9 and _.
    #[schema(example = json!({"cost_centre": {"type": "string", "pattern": "[A-Z]{2}-[0-9]{4}", "claim": "cost_centre", "scope": "profile"}}))]
    attributes: BTreeMap<String, RuleBody>,
}

/// What a realm says of one attribute.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AttributeRule)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the API's JSON: each is a fact of its own"
)]
pub(crate) struct RuleBody {
    /// What the user reads beside it on their own page; its name without one.
    #[serde(default)]
    #[schema(example = "Cost centre")]
    display_name: Option<String>,
    /// `string`, `integer`, `number`, `boolean`, `date` or `json`.
    #[serde(rename = "type")]
    #[schema(example = "string")]
    kind: String,
    /// Whether it is a list of such values.
    #[serde(default)]
    multivalued: bool,
    /// Whether whoever makes a user must give it.
    #[serde(default)]
    required: bool,
    /// The most characters of a string.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 8192)]
    max_length: Option<u32>,
    /// A regular expression that each string fits from its beginning to its end: the syntax of
    /// RE2, without look-around and back-references, at most 512 bytes.
    #[serde(default)]
    #[schema(example = "[A-Z]{2}-[0-9]{4}", min_length = 1, max_length = 512)]
    pattern: Option<String>,
    /// The claim under which it is told in userinfo and ID tokens; nothing is told without one.
    #[serde(default)]
    #[schema(example = "cost_centre")]
    claim: Option<String>,
    /// The scope that asks for the claim.
    #[serde(default)]
    #[schema(example = "profile")]
    scope: Option<String>,
    /// Whether the user sees it on their own page.
    #[serde(default)]
    visible_to_user: bool,
    /// Whether the user may change it there, too; for what they see, and not for `json`.
    #[serde(default)]
    editable_by_user: bool,
}

/// Shows what the realm keeps of its users beyond the standard claims.
#[utoipa::path(
    tag = "Users",
    operation_id = "read_user_schema",
    responses((status = 200, description = "The schema; its entity tag is the realm's.", body = SchemaBody)),
    security(("bearer" = ["realms:read"])),
)]
#[get("/realms/{realm}/user-schema")]
pub(crate) async fn read_user_schema(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<RealmsRead>(&realm).await?;
    let realm = &permit.realm().realm;
    Ok(shown_at(
        realm.revision,
        &SchemaBody::of(&realm.user_schema),
    ))
}

/// Replaces it. Nobody is touched: a user's attributes are held against the schema the next
/// time they are written.
#[utoipa::path(
    tag = "Users",
    operation_id = "replace_user_schema",
    request_body = SchemaBody,
    responses((status = 200, description = "The schema as it is now.", body = SchemaBody)),
    security(("bearer" = ["realms:write"])),
)]
#[put("/realms/{realm}/user-schema")]
pub(crate) async fn replace_user_schema(
    admin: AdminRequest,
    realm: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<RealmsWrite>(&realm).await?;
    let schema = read::<SchemaBody>(&admin.http, &body)?.schema()?;
    let revision = permit.realm().realm.revision;
    admin.if_match(revision)?;
    let users = &admin.api().users;
    let realm = users.set_schema(&permit, revision, schema).await?;
    Ok(shown_at(
        realm.revision,
        &SchemaBody::of(&realm.user_schema),
    ))
}

impl SchemaBody {
    fn of(schema: &UserSchema) -> Self {
        let rules = schema.iter();
        Self {
            attributes: rules
                .map(|(name, rule)| (name.as_str().to_owned(), RuleBody::of(rule)))
                .collect(),
        }
    }

    fn schema(&self) -> Result<UserSchema, Refusal> {
        let mut schema = UserSchema::default();
        for (text, body) in &self.attributes {
            let place = format!("attributes.{text}");
            let name = field(&place, AttributeName::parse(text))?;
            field(&place, schema.set(name, body.rule(&place)?))?;
        }
        Ok(schema)
    }
}

impl RuleBody {
    fn of(rule: &AttributeRule) -> Self {
        let claim = rule.claim.as_ref();
        Self {
            display_name: rule.display_name.as_ref().map(|it| it.as_str().to_owned()),
            kind: rule.kind.as_str().to_owned(),
            multivalued: rule.multiplicity == Multiplicity::Many,
            required: rule.presence == Presence::Required,
            max_length: rule.max_length,
            claim: claim.map(|claim| claim.name().to_owned()),
            scope: claim.map(|claim| claim.scope().as_str().to_owned()),
            pattern: rule.pattern.as_ref().map(|it| it.as_str().to_owned()),
            visible_to_user: rule.owner != OwnerAccess::None,
            editable_by_user: rule.owner == OwnerAccess::Edits,
        }
    }

    fn rule(&self, place: &str) -> Result<AttributeRule, Refusal> {
        let types = AttributeType::ALL.map(AttributeType::as_str).join(", ");
        let place = |name: &str| format!("{place}.{name}");
        let display_name = self.display_name.as_deref().map(DisplayName::parse);
        Ok(AttributeRule {
            display_name: field(&place("display_name"), display_name.transpose())?,
            kind: word(&place("type"), &self.kind, AttributeType::parse, &types)?,
            multiplicity: if self.multivalued {
                Multiplicity::Many
            } else {
                Multiplicity::One
            },
            presence: if self.required {
                Presence::Required
            } else {
                Presence::Optional
            },
            max_length: self.max_length,
            claim: match (&self.claim, &self.scope) {
                (None, None) => None,
                (Some(claim), Some(scope)) => {
                    let scope = field(&place("scope"), Scope::parse(scope))?;
                    Some(field(&place("claim"), AttributeClaim::new(claim, scope))?)
                }
                (Some(_), None) => {
                    let rule = "say which scope asks for the claim";
                    return Err(Refusal::field(place("scope"), rule));
                }
                (None, Some(_)) => {
                    let rule = "say under which claim the scope tells it";
                    return Err(Refusal::field(place("claim"), rule));
                }
            },
            pattern: match &self.pattern {
                Some(text) => Some(field(&place("pattern"), AttributePattern::parse(text))?),
                None => None,
            },
            owner: match (self.visible_to_user, self.editable_by_user) {
                (true, true) => OwnerAccess::Edits,
                (true, false) => OwnerAccess::Sees,
                (false, false) => OwnerAccess::None,
                (false, true) => {
                    let rule = "whoever edits an attribute sees it: set visible_to_user as well";
                    return Err(Refusal::field(place("editable_by_user"), rule));
                }
            },
        })
    }
}
