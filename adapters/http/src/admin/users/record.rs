//! A user as a line of an import or an export: one JSON object a line (NDJSON). What an export
//! writes, an import reads.

use std::collections::{BTreeMap, BTreeSet};

use gatelodge_domain::role::RoleName;
use gatelodge_domain::user::{PasswordChange, SubjectId, UserStatus, Verification};
use gatelodge_domain::{Email, Password, Username};
use gatelodge_usecases::admin::Refusal;
use gatelodge_usecases::users::{ExportedUser, ImportedEmail, ImportedPassword, ImportedUser};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::representation::{
    account, attributes, email, password_change, profile, show_attributes, status_name,
    suspended_until, verification,
};
use crate::admin::body::typed;
use crate::admin::fields::field;
use crate::problem::Problem;
use crate::time;

/// A user as a line. Only `username` must be there: what else a line leaves out is as usual for a
/// new user, and stays as it is for one who is updated.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserRecord {
    /// What they sign in with; unique in the realm.
    #[schema(example = "ada")]
    username: String,
    /// Their mail address; unique in the realm. `null` says that there is none.
    #[serde(default)]
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    /// Whether the line says so; `email` alone does not tell.
    #[serde(skip)]
    has_no_email: bool,
    /// Whether somebody proved that the address is theirs.
    #[serde(default)]
    email_verified: Option<bool>,
    /// Standard claims (OpenID Connect Core §5.1), by name.
    #[serde(default)]
    profile: Option<BTreeMap<String, String>>,
    /// What the realm keeps beyond that, typed by its schema.
    #[serde(default)]
    attributes: Option<BTreeMap<String, Value>>,
    /// `active`, `deactivated`, or `suspended` with `suspended_until`.
    #[serde(default)]
    #[schema(example = "active")]
    status: Option<String>,
    /// Until when a suspended user may not sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    suspended_until: Option<String>,
    /// Whether they must choose another password at their next sign-in.
    #[serde(default)]
    must_change_password: Option<bool>,
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

impl UserRecord {
    /// The record of a line.
    pub(super) fn read(line: &[u8]) -> Result<Self, Refusal> {
        let members: Map<String, Value> = serde_json::from_slice(line)
            .map_err(|_| Refusal::field("line", "a line is one JSON object"))?;
        let has_no_email = members.get("email").is_some_and(Value::is_null);
        let record: Self = typed(members).map_err(|problem| match problem {
            Problem::Refused(refusal) => refusal,
            Problem::Failed(_) | Problem::Http(_) => {
                Refusal::field("line", "this is no record of a user")
            }
        })?;
        Ok(Self {
            has_no_email,
            ..record
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
        let until = self.suspended_until.as_deref();
        if until.is_some() && self.status.as_deref() != Some("suspended") {
            let rule = "this belongs to `status: suspended`";
            return Err(Refusal::field("suspended_until", rule));
        }
        let status = self.status.as_deref().map(|status| account(status, until));
        Ok(ImportedUser {
            username: field("username", Username::parse(&self.username))?,
            email: match email(self.email.as_deref())? {
                Some(email) => ImportedEmail::Address(email),
                None if self.has_no_email => ImportedEmail::None,
                None => ImportedEmail::Unsaid,
            },
            email_verification: self.email_verified.map(verification),
            profile: self.profile.as_ref().map(profile).transpose()?,
            attributes: self.attributes.as_ref().map(attributes).transpose()?,
            status: status.transpose()?,
            subject: field("sub", subject)?,
            password,
            password_change: self.must_change_password.map(password_change),
            roles: names("roles", self.roles)?,
            groups: names("groups", self.groups)?,
        })
    }

    /// The record of a person. Whoever may not sign in for another reason than that they were
    /// deactivated or suspended is deactivated elsewhere.
    pub(super) fn of(exported: &ExportedUser) -> Self {
        let user = &exported.user;
        let claims = user.profile.iter();
        let profile = claims.map(|(claim, value)| (claim.as_str().to_owned(), value.to_owned()));
        Self {
            username: user.username.as_str().to_owned(),
            email: user.email.as_ref().map(Email::as_str).map(str::to_owned),
            has_no_email: user.email.is_none(),
            email_verified: Some(user.email_verification == Verification::Verified),
            profile: Some(profile.collect()),
            attributes: Some(show_attributes(&user.attributes)),
            status: Some(match user.status {
                UserStatus::Active | UserStatus::Suspended { .. } => {
                    status_name(user.status).to_owned()
                }
                UserStatus::Invited
                | UserStatus::Deactivated { .. }
                | UserStatus::PendingDeletion { .. } => "deactivated".to_owned(),
            }),
            suspended_until: suspended_until(user.status),
            must_change_password: Some(user.password_change == PasswordChange::Required),
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
