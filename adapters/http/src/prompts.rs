//! The two pages that a request for authorization may put before a person: who they are, and
//! whether a client may have what it asks for.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use gatelodge_domain::scope::OPENID;
use gatelodge_usecases::authorize::{AskConsent, AskSignIn};
use url::{Position, Url};

use crate::page_error::PageError;
use crate::pages::{
    ClientLinks, ClientView, ConsentPage, ConsentProblem, Refusal, Remember, ScopeRow, SignInPage,
    SignInProblem,
};
use crate::state::Transport;
use crate::visit::{Visit, person_name};

/// What a person typed into the sign-in page, to be shown again.
pub struct Typed {
    /// The name, if one was typed.
    pub username: Option<String>,
    /// Whether the box was ticked.
    pub remember: Remember,
    /// Where to go on where no request waits; a word of ours.
    pub next: &'static str,
}

impl Typed {
    /// Nothing.
    pub const NOTHING: Self = Self {
        username: None,
        remember: Remember::No,
        next: "",
    };
}

impl Visit {
    /// Sends the sign-in page, with a token bound to this browser's pre-session cookie, which
    /// is set where it is missing.
    pub fn sign_in_page(
        &self,
        status: StatusCode,
        ask: Option<&AskSignIn>,
        typed: &Typed,
        problem: Option<SignInProblem>,
    ) -> Result<HttpResponse, PageError> {
        let stranger = self.stranger();
        let hint = ask.and_then(|ask| ask.login_hint.clone());
        let page = SignInPage {
            frame: self.frame(ask.and_then(|ask| ask.ui_locales.as_deref())),
            action: self.path("/login"),
            client: ask.map(|ask| client_view(&ask.client, &ask.redirect_uri)),
            username: typed.username.clone().or(hint).unwrap_or_default(),
            next: typed.next.to_owned(),
            remember: typed.remember,
            request: ask.map(|ask| ask.request.clone()).unwrap_or_default(),
            forgot: self.recover_path(),
            csrf: stranger.csrf.clone(),
            problem,
        };
        Ok(stranger.introduced(self.page(status, &page)?))
    }

    /// Where to go for who forgot their password; empty where passwords are not reset by mail.
    fn recover_path(&self) -> String {
        let recovery = &self.use_cases().recover_account;
        if recovery.is_offered(&self.issuer.realm) {
            self.path("/recover")
        } else {
            String::new()
        }
    }

    /// Sends the consent page.
    pub fn consent_page(
        &self,
        ask: &AskConsent,
        problem: Option<ConsentProblem>,
    ) -> Result<HttpResponse, PageError> {
        let frame = self.frame(ask.ui_locales.as_deref());
        let metadata = &ask.client.metadata;
        let rows = ask.scopes.iter().map(|scope| {
            let refusal = if scope.as_str() == OPENID {
                Refusal::Impossible
            } else {
                Refusal::Possible
            };
            let description = ask.catalogue.description(scope);
            ScopeRow::of(&frame.texts, scope.as_str(), description, refusal)
        });
        let mut scopes: Vec<ScopeRow> = rows.collect();
        scopes.sort_by_key(ScopeRow::rank);
        let page = ConsentPage {
            action: self.path("/consent"),
            client: client_view(&ask.client, &ask.redirect_uri),
            client_logo: self.own_picture(metadata.logo_uri.as_deref()),
            links: ClientLinks {
                website: metadata.client_uri.clone(),
                policy: metadata.policy_uri.clone(),
                terms: metadata.tos_uri.clone(),
            },
            user: person_name(&ask.signed_in),
            other_account: self.path_with("/login", &ask.request),
            scopes,
            request: ask.request.clone(),
            csrf: self.csrf(&ask.signed_in),
            problem,
            frame,
        };
        self.page(StatusCode::OK, &page)
    }

    /// The path of a client's logo, where it is one of the operator's own files. Pages load
    /// nothing from elsewhere: whoever served it would learn who signs in, and when.
    fn own_picture(&self, logo_uri: Option<&str>) -> Option<String> {
        let state = &self.issuer.state;
        let url = Url::parse(logo_uri?).ok()?;
        let scheme = match state.transport {
            Transport::Https => "https",
            Transport::Loopback { .. } => "http",
        };
        let authority = &url[Position::BeforeHost..Position::AfterPort];
        let is_here = url.scheme() == scheme && authority == state.authority;
        let folder = format!("{}/site/", state.base_path);
        let is_ours = is_here && state.site.is_some() && url.path().starts_with(&folder);
        is_ours.then(|| url.path().to_owned())
    }
}

/// A client as people meet it.
pub fn client_view(
    client: &gatelodge_domain::Client,
    redirect_uri: &gatelodge_domain::RedirectUri,
) -> ClientView {
    let origin = redirect_uri.origin();
    let host = origin
        .as_ref()
        .and_then(|origin| origin.as_str().split_once("://"))
        .map_or("", |(_, host)| host);
    ClientView {
        name: client.name.as_str().to_owned(),
        host: host.to_owned(),
    }
}
