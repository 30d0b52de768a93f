//! A user as the API shows and takes them.

use std::collections::BTreeMap;

use gatelodge_domain::attribute::{AttributeName, Attributes};
use gatelodge_domain::user::{PasswordChange, Profile, ProfileClaim, UserStatus, Verification};
use gatelodge_domain::{Email, Password, User, Username};
use gatelodge_usecases::admin::Refusal;
use gatelodge_usecases::users::{AccountStatus, NewUser, UserUpdate};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::admin::fields::{field, moment};
use crate::time;

/// A user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserAnswer {
    /// Row id; names the user in this API.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: String,
    /// What tokens carry as `sub`.
    #[schema(example = "u_mfrggzdfmztwq2lknnwg23tpob")]
    sub: String,
    /// When the account was made.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    created_at: String,
    /// When it last changed.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    updated_at: String,
    #[serde(flatten)]
    body: UserBody,
}

/// What of a user can be written.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserPatch)]
pub(crate) struct UserBody {
    /// What they sign in with; unique in the realm.
    #[schema(example = "ada")]
    username: String,
    /// Their mail address; unique in the realm.
    #[serde(default)]
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    /// Whether somebody proved that the address is theirs. A new address is unproved unless the
    /// same request says otherwise.
    #[serde(default)]
    email_verified: bool,
    /// Standard claims (OpenID Connect Core §5.1), by name.
    #[serde(default)]
    #[schema(example = json!({"given_name": "Ada", "family_name": "Lovelace"}))]
    profile: BTreeMap<String, String>,
    /// What the realm keeps beyond that, typed by its schema.
    #[serde(default)]
    #[schema(example = json!({"cost_centre": "4711"}))]
    attributes: BTreeMap<String, Value>,
    /// Whether they must choose another password at their next sign-in; until then they get no
    /// token.
    #[serde(default)]
    must_change_password: bool,
    /// `active`, `deactivated`, or `suspended` with `suspended_until`; `invited` and
    /// `pending_deletion` cannot be set.
    #[serde(default = "active")]
    #[schema(example = "active")]
    status: String,
    /// Until when a suspended user may not sign in; they may again by themselves from then on.
    #[serde(default)]
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    suspended_until: Option<String>,
    /// Why the status changes, for the audit trail; written and never shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status_reason: Option<String>,
}

/// A user to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUserBody {
    /// What they sign in with; unique in the realm.
    #[schema(example = "ada")]
    username: String,
    /// Their password, 8 to 256 characters; without one they cannot sign in yet.
    #[serde(default)]
    #[schema(example = "correct horse battery staple")]
    password: Option<String>,
    /// Their mail address; unique in the realm.
    #[serde(default)]
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    /// Whether somebody proved that the address is theirs.
    #[serde(default)]
    email_verified: bool,
    /// Standard claims (OpenID Connect Core §5.1), by name.
    #[serde(default)]
    #[schema(example = json!({"given_name": "Ada", "family_name": "Lovelace"}))]
    profile: BTreeMap<String, String>,
    /// What the realm keeps beyond that, typed by its schema.
    #[serde(default)]
    #[schema(example = json!({"cost_centre": "4711"}))]
    attributes: BTreeMap<String, Value>,
    /// Whether they must choose another password at their first sign-in.
    #[serde(default)]
    must_change_password: bool,
}

fn active() -> String {
    "active".to_owned()
}

impl UserAnswer {
    pub(super) fn of(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            sub: user.subject.as_str().to_owned(),
            created_at: time::to_text(user.created_at),
            updated_at: time::to_text(user.updated_at),
            body: UserBody::of(user),
        }
    }
}

impl UserBody {
    pub(super) fn of(user: &User) -> Self {
        let claims = user.profile.iter();
        Self {
            username: user.username.as_str().to_owned(),
            email: user.email.as_ref().map(|email| email.as_str().to_owned()),
            email_verified: user.email_verification == Verification::Verified,
            profile: claims
                .map(|(claim, value)| (claim.as_str().to_owned(), value.to_owned()))
                .collect(),
            attributes: show_attributes(&user.attributes),
            must_change_password: user.password_change == PasswordChange::Required,
            status: status_name(user.status).to_owned(),
            suspended_until: suspended_until(user.status),
            status_reason: None,
        }
    }

    /// Whether a patch's `email` is another address than this one.
    pub(super) fn changes_email(&self, new: &serde_json::Value) -> bool {
        new.as_str() != self.email.as_deref()
    }

    pub(super) fn update(&self, current: &User) -> Result<UserUpdate, Refusal> {
        let same_moment = self.suspended_until == suspended_until(current.status);
        if self.status != "suspended" && self.suspended_until.is_some() && !same_moment {
            let rule = "this belongs to `status: suspended`";
            return Err(Refusal::field("suspended_until", rule));
        }
        let unchanged = self.status == status_name(current.status)
            && (same_moment || self.status != "suspended");
        Ok(UserUpdate {
            username: field("username", Username::parse(&self.username))?,
            email: email(self.email.as_deref())?,
            email_verification: verification(self.email_verified),
            profile: profile(&self.profile)?,
            attributes: attributes(&self.attributes)?,
            password_change: password_change(self.must_change_password),
            reason: reason(self.status_reason.as_deref())?,
            status: if unchanged {
                None
            } else {
                Some(account(&self.status, self.suspended_until.as_deref())?)
            },
        })
    }
}

impl NewUserBody {
    pub(super) fn new_user(&self) -> Result<NewUser, Refusal> {
        let password = self.password.as_deref().map(Password::parse).transpose();
        Ok(NewUser {
            username: field("username", Username::parse(&self.username))?,
            email: email(self.email.as_deref())?,
            email_verification: verification(self.email_verified),
            profile: profile(&self.profile)?,
            attributes: attributes(&self.attributes)?,
            password: field("password", password)?,
            password_change: password_change(self.must_change_password),
        })
    }
}

/// The name of a status, as filters and answers have it.
pub(crate) const fn status_name(status: UserStatus) -> &'static str {
    match status {
        UserStatus::Active => "active",
        UserStatus::Invited => "invited",
        UserStatus::Deactivated { .. } => "deactivated",
        UserStatus::Suspended { .. } => "suspended",
        UserStatus::PendingDeletion { .. } => "pending_deletion",
    }
}

/// What a written status asks for.
pub(super) fn account(status: &str, until: Option<&str>) -> Result<AccountStatus, Refusal> {
    match status {
        "active" => Ok(AccountStatus::Active),
        "deactivated" => Ok(AccountStatus::Deactivated),
        "suspended" => {
            let rule = "say until when, as 2026-01-31T12:00:00Z";
            let text = until.ok_or_else(|| Refusal::field("suspended_until", rule))?;
            let until = moment("suspended_until", text)?;
            Ok(AccountStatus::Suspended { until })
        }
        _ => Err(Refusal::field(
            "status",
            "use one of: active, deactivated, suspended",
        )),
    }
}

/// Until when somebody is suspended, as text.
pub(super) fn suspended_until(status: UserStatus) -> Option<String> {
    match status {
        UserStatus::Suspended { until } => Some(time::to_text(until)),
        _ => None,
    }
}

pub(super) fn email(text: Option<&str>) -> Result<Option<Email>, Refusal> {
    field("email", text.map(Email::parse).transpose())
}

pub(super) const fn verification(verified: bool) -> Verification {
    if verified {
        Verification::Verified
    } else {
        Verification::Unverified
    }
}

pub(super) fn profile(named: &BTreeMap<String, String>) -> Result<Profile, Refusal> {
    let mut profile = Profile::default();
    for (name, value) in named {
        let place = format!("profile.{name}");
        let claim = ProfileClaim::parse(name)
            .ok_or_else(|| Refusal::field(place.clone(), "this is no standard claim"))?;
        field(&place, profile.set(claim, value))?;
    }
    Ok(profile)
}

/// Attributes by name; one that is `null` is not there.
pub(super) fn attributes(named: &BTreeMap<String, Value>) -> Result<Attributes, Refusal> {
    let mut attributes = Attributes::default();
    for (name, value) in named {
        let place = format!("attributes.{name}");
        let name = field(&place, AttributeName::parse(name))?;
        if !value.is_null() {
            field(&place, attributes.set(name, value.to_string()))?;
        }
    }
    Ok(attributes)
}

/// The same, shown.
pub(super) fn show_attributes(attributes: &Attributes) -> BTreeMap<String, Value> {
    attributes
        .iter()
        .filter_map(|(name, json)| {
            let value = serde_json::from_str(json).ok()?;
            Some((name.as_str().to_owned(), value))
        })
        .collect()
}

pub(super) const fn password_change(must: bool) -> PasswordChange {
    if must {
        PasswordChange::Required
    } else {
        PasswordChange::Free
    }
}

fn reason(text: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(text) = text else {
        return Ok(None);
    };
    let length = text.chars().count();
    if (1..=500).contains(&length) && !text.chars().any(char::is_control) {
        return Ok(Some(text.to_owned()));
    }
    let rule = "a reason has 1 to 500 characters and no control characters";
    Err(Refusal::field("status_reason", rule))
}
