//! Where a sign-in goes on: to the request that waits behind it, or to a page of the person's
//! own. Never to an address that somebody sent.

use gatelodge_domain::Client;
use gatelodge_usecases::Parameters;
use gatelodge_usecases::authorize::{AskSignIn, PendingRequests};

use crate::authorize::{continue_at, shown};
use crate::page_error::PageError;
use crate::pages::ClientView;
use crate::prompts::client_view;
use crate::visit::Visit;

/// The value of `next` that leads to the security page.
pub(crate) const SECURITY: &str = "security";

/// Where a sign-in goes on.
pub(crate) enum Goal {
    /// To a client's request.
    Request(Box<AskSignIn>),
    /// To the security page.
    Security,
    /// To the account page.
    Account,
}

impl Goal {
    /// What `request` or `next` say.
    pub(crate) async fn read(visit: &Visit, parameters: &Parameters) -> Result<Self, PageError> {
        let sealed = visit.one(parameters, "request")?;
        let next = visit.one(parameters, "next")?;
        if PendingRequests::is_sealed(sealed) {
            let ask = visit
                .use_cases()
                .authorize
                .sign_in_page(&visit.issuer.realm, sealed)
                .await
                .map_err(|error| shown(visit, error))?;
            return Ok(Self::Request(Box::new(ask)));
        }
        Ok(if next == SECURITY {
            Self::Security
        } else {
            Self::Account
        })
    }

    /// The request, if one waits.
    pub(crate) fn ask(&self) -> Option<&AskSignIn> {
        match self {
            Self::Request(ask) => Some(ask),
            Self::Security | Self::Account => None,
        }
    }

    /// Its client, if one waits.
    pub(crate) fn client(&self) -> Option<&Client> {
        self.ask().map(|ask| &*ask.client)
    }

    /// Its client as people meet it.
    pub(crate) fn client_view(&self) -> Option<ClientView> {
        self.ask()
            .map(|ask| client_view(&ask.client, &ask.redirect_uri))
    }

    /// Its `ui_locales`.
    pub(crate) fn ui_locales(&self) -> Option<&str> {
        self.ask().and_then(|ask| ask.ui_locales.as_deref())
    }

    /// The value of a form's `request`.
    pub(crate) fn request(&self) -> String {
        self.ask()
            .map(|ask| ask.request.clone())
            .unwrap_or_default()
    }

    /// The value of a form's `next`.
    pub(crate) fn next(&self) -> &'static str {
        match self {
            Self::Security => SECURITY,
            Self::Request(_) | Self::Account => "",
        }
    }

    /// A page under the issuer that goes on to the same goal.
    pub(crate) fn by_way_of(&self, visit: &Visit, path: &str) -> String {
        match self {
            Self::Request(ask) => visit.path_with(path, &ask.request),
            Self::Security => visit.path(&format!("{path}?next={SECURITY}")),
            Self::Account => visit.path(path),
        }
    }

    /// The goal itself.
    pub(crate) fn reached(&self, visit: &Visit) -> String {
        match self {
            Self::Request(ask) => continue_at(visit, &ask.request),
            Self::Security => visit.path("/account/security"),
            Self::Account => visit.path("/account"),
        }
    }
}
