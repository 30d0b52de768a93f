//! A user as a line of an import or an export: one JSON object a line (NDJSON). What an export
//! writes, an import reads.

use std::collections::{BTreeMap, BTreeSet};

use gatelodge_domain::role::RoleName;
use gatelodge_domain::user::{PasswordChange, SubjectId, UserStatus, Verification};
use gatelodge_domain::{Email, Password, Username};
use gatelodge_usecases::admin::Refusal;
use gatelodge_usecases::users::{AccountStatus, ExportedUser, ImportedPassword, ImportedUser};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::representation::{
    attributes, email, password_change, profile, show_attributes, status_name, verification,
};
use crate::admin::body::typed;
use crate::admin::fields::{field, word};
use crate::problem::Problem;
use crate::time;

/// A user as a line.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserRecord {
    /// What they sign in with; unique in the realm.
    #[schema(example = "ada")]
    username: String,
    /// Their mail address; unique in the realm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    /// Whether somebody proved that the address is theirs.
    #[serde(default)]
    email_verified: bool,
    /// Standard claims (OpenID Connect Core §5.1), by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    profile: BTreeMap<String, String>,
    /// What the realm keeps beyond that, typed by its schema.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, Value>,
    /// `active` or `deactivated`.
    #[serde(default = "active")]
    #[schema(example = "active")]
    status: String,
    /// Whether they must choose another password at their next sign-in.
    #[serde(default)]
    must_change_password: bool,
    /// What tokens carry as `sub`; a new one is made without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "u_mfrggzdfmztwq2lknnwg23tpob")]
    sub: Option<String>,
    /// Their password; held against the realm's policy. Never exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    /// The hash of their password, in the form of Argon2, bcrypt, scrypt, PBKDF2, SHA-crypt or
    /// salted SHA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "$2b$12$GhvMmNVjRW29ulnudl.LbuAnUtN/LRfe1JsBm1Xu6LE3059z5Tr8m")]
    password_hash: Option<String>,
    /// The names of the roles that they hold themselves. An import gives these where
    /// `roles:write` is held; without the member it leaves roles as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["editor"]))]
    roles: Option<BTreeSet<String>>,
    /// The names of the groups that they are in; likewise, where `groups:write` is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["staff"]))]
    groups: Option<BTreeSet<String>>,
    /// Row id where they were exported; an import makes its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// When they were made where they were exported; not taken in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
}

fn names(
    place: &'static str,
    texts: Option<BTreeSet<String>>,
) -> Result<Option<BTreeSet<RoleName>>, Refusal> {
    let parse = |text: &String| field(place, RoleName::parse(text));
    texts
        .map(|texts| texts.iter().map(parse).collect())
        .transpose()
}

fn show_names(names: &[RoleName]) -> BTreeSet<String> {
    names.iter().map(|name| name.as_str().to_owned()).collect()
}

fn active() -> String {
    "active".to_owned()
}

impl UserRecord {
    /// The record of a line.
    pub(super) fn read(line: &[u8]) -> Result<Self, Refusal> {
        let members: Map<String, Value> = serde_json::from_slice(line)
            .map_err(|_| Refusal::field("line", "a line is one JSON object"))?;
        typed(members).map_err(|problem| match problem {
            Problem::Refused(refusal) => refusal,
            Problem::Failed(_) | Problem::Http(_) => {
                Refusal::field("line", "this is no record of a user")
            }
        })
    }

    /// The person of the record.
    pub(super) fn user(self) -> Result<ImportedUser, Refusal> {
        let subject = self.sub.as_deref().map(SubjectId::parse).transpose();
        let password = match (self.password, self.password_hash) {
            (Some(_), Some(_)) => {
                let rule = "give the password or its hash, not both";
                return Err(Refusal::field("password_hash", rule));
            }
            (Some(text), None) => Some(ImportedPassword::Plain(field(
                "password",
                Password::parse(&text),
            )?)),
            (None, hash) => hash.map(ImportedPassword::Hash),
        };
        let account = |text: &str| match text {
            "active" => Some(AccountStatus::Active),
            "deactivated" => Some(AccountStatus::Deactivated),
            _ => None,
        };
        let status = word("status", &self.status, account, "active, deactivated")?;
        Ok(ImportedUser {
            username: field("username", Username::parse(&self.username))?,
            email: email(self.email.as_deref())?,
            email_verification: verification(self.email_verified),
            profile: profile(&self.profile)?,
            attributes: attributes(&self.attributes)?,
            status,
            subject: field("sub", subject)?,
            password,
            password_change: password_change(self.must_change_password),
            roles: names("roles", self.roles)?,
            groups: names("groups", self.groups)?,
        })
    }

    /// The record of a person. Whoever may not sign in for another reason than that they were
    /// deactivated is deactivated elsewhere.
    pub(super) fn of(exported: &ExportedUser) -> Self {
        let user = &exported.user;
        Self {
            username: user.username.as_str().to_owned(),
            email: user.email.as_ref().map(Email::as_str).map(str::to_owned),
            email_verified: user.email_verification == Verification::Verified,
            profile: user
                .profile
                .iter()
                .map(|(claim, value)| (claim.as_str().to_owned(), value.to_owned()))
                .collect(),
            attributes: show_attributes(&user.attributes),
            status: match user.status {
                UserStatus::Active => status_name(user.status).to_owned(),
                _ => "deactivated".to_owned(),
            },
            must_change_password: user.password_change == PasswordChange::Required,
            sub: Some(user.subject.as_str().to_owned()),
            password: None,
            password_hash: exported
                .password
                .as_ref()
                .map(|hash| hash.as_phc().to_owned()),
            roles: exported.roles.as_deref().map(show_names),
            groups: exported.groups.as_deref().map(show_names),
            id: Some(user.id.to_string()),
            created_at: Some(time::to_text(user.created_at)),
        }
    }
}
