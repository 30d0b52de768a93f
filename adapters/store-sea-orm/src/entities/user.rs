//! Table `users`.

use std::collections::BTreeMap;

use gatelodge_domain::attribute::{AttributeName, Attributes};
use gatelodge_domain::user::{
    PasswordChange, Profile, ProfileClaim, SubjectId, UserStatus, Verification,
};
use gatelodge_domain::{Email, Timestamp, User, Username};
use gatelodge_ports::StoreError;
use serde_json::value::RawValue;

use super::cell;

table! {
    /// A row of `users`.
    "users" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        id: Vec<u8>,
        subject: String,
        username: String,
        username_key: String,
        email: Option<String>,
        email_key: Option<String>,
        email_verified: bool,
        profile: String,
        status: String,
        status_at: Option<i64>,
        revision: i64,
        created_at: i64,
        updated_at: i64,
        attributes: Option<String>,
        must_change_password: bool,
    }
}

/// The stored name of the status in which people may sign in.
pub(crate) const ACTIVE: &str = "active";

impl Model {
    /// The row of a person.
    pub(crate) fn of(user: &User) -> Result<Self, StoreError> {
        let (status, at) = match user.status {
            UserStatus::Active => (ACTIVE, None),
            UserStatus::Invited => ("invited", None),
            UserStatus::Deactivated { since } => ("deactivated", Some(since)),
            UserStatus::Suspended { until } => ("suspended", Some(until)),
            UserStatus::PendingDeletion { since } => ("pending_deletion", Some(since)),
        };
        let profile: BTreeMap<&str, &str> = user
            .profile
            .iter()
            .map(|(claim, value)| (claim.as_str(), value))
            .collect();
        Ok(Self {
            realm: cell::bytes_of(user.realm),
            id: cell::bytes_of(user.id),
            subject: user.subject.as_str().to_owned(),
            username: user.username.as_str().to_owned(),
            username_key: user.username.key().to_owned(),
            email: user.email.as_ref().map(|email| email.as_str().to_owned()),
            email_key: user.email.as_ref().map(|email| email.key().to_owned()),
            email_verified: user.email_verification == Verification::Verified,
            profile: cell::to_json(&profile)?,
            status: status.to_owned(),
            status_at: at.map(Timestamp::as_millis),
            revision: i64::from(user.revision.0),
            created_at: user.created_at.as_millis(),
            updated_at: user.updated_at.as_millis(),
            attributes: attributes_json(&user.attributes)?,
            must_change_password: user.password_change == PasswordChange::Required,
        })
    }

    /// The person of this row.
    pub(crate) fn user(self) -> Result<User, StoreError> {
        let status = match self.status.as_str() {
            ACTIVE => UserStatus::Active,
            "invited" => UserStatus::Invited,
            "deactivated" => UserStatus::Deactivated {
                since: cell::moment(self.status_at)?,
            },
            "suspended" => UserStatus::Suspended {
                until: cell::moment(self.status_at)?,
            },
            "pending_deletion" => UserStatus::PendingDeletion {
                since: cell::moment(self.status_at)?,
            },
            _ => return cell::known(None, "user status"),
        };
        let mut profile = Profile::default();
        for (name, value) in cell::from_json::<BTreeMap<String, String>>(&self.profile)? {
            let claim = cell::known(ProfileClaim::parse(&name), "profile claim")?;
            cell::valid(profile.set(claim, &value), "profile claim")?;
        }
        let email = self.email.as_deref().map(Email::parse).transpose();
        Ok(User {
            id: cell::id(&self.id)?,
            realm: cell::id(&self.realm)?,
            subject: cell::valid(SubjectId::parse(&self.subject), "subject")?,
            username: cell::valid(Username::parse(&self.username), "user name")?,
            email: cell::valid(email, "mail address")?,
            email_verification: if self.email_verified {
                Verification::Verified
            } else {
                Verification::Unverified
            },
            profile,
            attributes: attributes(self.attributes.as_deref())?,
            status,
            password_change: if self.must_change_password {
                PasswordChange::Required
            } else {
                PasswordChange::Free
            },
            revision: cell::revision(self.revision)?,
            created_at: Timestamp::from_millis(self.created_at),
            updated_at: Timestamp::from_millis(self.updated_at),
        })
    }
}

/// Nothing is kept where there are none, so that a row costs no byte more.
fn attributes_json(attributes: &Attributes) -> Result<Option<String>, StoreError> {
    if attributes.is_empty() {
        return Ok(None);
    }
    let mut members: BTreeMap<&str, Box<RawValue>> = BTreeMap::new();
    for (name, json) in attributes.iter() {
        let value = RawValue::from_string(json.to_owned());
        members.insert(name.as_str(), cell::valid(value, "attribute")?);
    }
    cell::to_json(&members).map(Some)
}

fn attributes(stored: Option<&str>) -> Result<Attributes, StoreError> {
    let mut attributes = Attributes::default();
    let Some(stored) = stored else {
        return Ok(attributes);
    };
    for (name, value) in cell::from_json::<BTreeMap<String, Box<RawValue>>>(stored)? {
        let name = cell::valid(AttributeName::parse(&name), "attribute name")?;
        cell::valid(attributes.set(name, value.get().to_owned()), "attribute")?;
    }
    Ok(attributes)
}
