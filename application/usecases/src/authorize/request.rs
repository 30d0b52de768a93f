//! An authorization request that parses.

use core::time::Duration;
use std::collections::BTreeSet;

use gatelodge_domain::{Acr, Client, CodeChallenge, RedirectUri, ScopeSet};

use super::prompts::PromptValue;
use super::response_modes::{Delivery, Pairs, ResponseMode};
use super::response_types::ResponseType;
use super::target::Target;
use crate::Denial;
use crate::realms::ServedRealm;

/// How answers to this request travel, as far as it can be told; known before anything else,
/// because errors travel that way too.
#[derive(Clone)]
pub(super) struct Route {
    pub(super) redirect_uri: RedirectUri,
    pub(super) mode: &'static dyn ResponseMode,
    pub(super) state: Option<String>,
}

impl Route {
    /// Puts an answer on its way, with `state` and `iss`.
    pub(super) fn deliver(&self, realm: &ServedRealm, mut pairs: Pairs) -> Delivery {
        if let Some(state) = &self.state {
            pairs.push(("state", state.clone()));
        }
        pairs.push(("iss", realm.issuer.to_string()));
        self.mode.deliver(&self.redirect_uri, pairs)
    }

    /// Puts an error on its way (RFC 6749 §4.1.2.1).
    pub(super) fn deny(&self, realm: &ServedRealm, denial: &Denial) -> Delivery {
        let pairs = vec![
            ("error", denial.code.as_str().to_owned()),
            ("error_description", denial.description.to_owned()),
        ];
        self.deliver(realm, pairs)
    }
}

/// An authorization request that parses; whether the client may make it is what the checks
/// decide.
#[derive(Clone)]
pub struct AuthorizationRequest {
    pub(super) target: Target,
    pub(super) route: Route,
    pub(super) response_type: &'static ResponseType,
    pub(super) scopes: Option<ScopeSet>,
    pub(super) resources: Vec<String>,
    pub(super) nonce: Option<String>,
    pub(super) challenge: Option<CodeChallenge>,
    pub(super) prompts: BTreeSet<PromptValue>,
    pub(super) max_age: Option<Duration>,
    /// The first class of `acr_values` that we know.
    pub(super) wished_context: Option<Acr>,
    pub(super) id_token_hint: Option<String>,
    pub(super) login_hint: Option<String>,
    pub(super) ui_locales: Option<String>,
}

impl AuthorizationRequest {
    /// Who asks.
    pub fn client(&self) -> &Client {
        &self.target.client
    }

    /// Where the answer goes.
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.target.redirect_uri
    }
}
