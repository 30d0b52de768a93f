//! An API as the API shows and takes it.

use gatelodge_domain::api::{ApiIdentifier, Listing};
use gatelodge_domain::role::Protection;
use gatelodge_domain::{Api, DisplayName};
use gatelodge_usecases::admin::Refusal;
use gatelodge_usecases::apis::{ApiUpdate, NewApi};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::admin::fields::field;
use crate::time;

/// An API that tokens are for.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApiAnswer {
    /// Row id; names the API here, as its identifier does.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: String,
    /// What tokens call it in `aud`, and clients in `resource`; never another one later.
    #[schema(example = "https://orders.example")]
    identifier: String,
    /// Whether it is part of Gatelodge; then it can be neither changed nor deleted.
    built_in: bool,
    /// When it was registered.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    created_at: String,
    #[serde(flatten)]
    body: ApiBody,
}

/// What of an API can be written.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApiPatch)]
pub(crate) struct ApiBody {
    /// What people see.
    #[schema(example = "Orders")]
    name: String,
    /// Whether the issuer's metadata name it among `protected_resources` (RFC 9728 §4).
    #[serde(default)]
    listed: bool,
}

/// An API to be registered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApiBody {
    /// What tokens call it: 1 to 255 visible ASCII characters, best an absolute URI without a
    /// fragment (RFC 8707 §2); unique in the realm.
    #[schema(example = "https://orders.example")]
    identifier: String,
    /// What people see.
    #[schema(example = "Orders")]
    name: String,
    /// Whether the issuer's metadata name it among `protected_resources` (RFC 9728 §4).
    #[serde(default)]
    listed: bool,
}

impl ApiAnswer {
    pub(super) fn of(api: &Api) -> Self {
        Self {
            id: api.id.to_string(),
            identifier: api.identifier.as_str().to_owned(),
            built_in: api.protection == Protection::BuiltIn,
            created_at: time::to_text(api.created_at),
            body: ApiBody::of(api),
        }
    }
}

impl ApiBody {
    pub(super) fn of(api: &Api) -> Self {
        Self {
            name: api.name.as_str().to_owned(),
            listed: api.listing.is_listed(),
        }
    }

    pub(super) fn update(&self) -> Result<ApiUpdate, Refusal> {
        Ok(ApiUpdate {
            name: field("name", DisplayName::parse(&self.name))?,
            listing: Listing::of(self.listed),
        })
    }
}

impl NewApiBody {
    pub(super) fn new_api(self) -> Result<NewApi, Refusal> {
        let body = ApiBody {
            name: self.name,
            listed: self.listed,
        };
        Ok(NewApi {
            identifier: field("identifier", ApiIdentifier::parse(&self.identifier))?,
            registration: body.update()?,
        })
    }
}
