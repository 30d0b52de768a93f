//! A person's request: realm, cookies and language, and how pages are answered.

use std::future::Future;
use std::pin::Pin;

use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev};
use gatelodge_domain::Timestamp;
use gatelodge_domain::scope::OPENID;
use gatelodge_usecases::authorize::{AskConsent, AskSignIn};
use gatelodge_usecases::sessions::SignedIn;
use gatelodge_usecases::{Denial, Failure};

use crate::cookies::{CookieKind, Cookies, Stay};
use crate::error_page::{PageError, bare_frame};
use crate::errors::HttpError;
use crate::pages::{
    ClientLinks, ClientView, ConsentPage, ConsentProblem, Frame, Page, Refusal, Remember, ScopeRow,
    SignInPage, SignInProblem, Texts, csp,
};
use crate::request::IssuerRequest;
use crate::state::UseCases;

/// A person's request to an issuer. Whatever is wrong with it is shown as a page.
pub struct Visit {
    /// Realm, state and facts.
    pub issuer: IssuerRequest,
    /// Cookies of this listener and realm.
    pub cookies: Cookies,
    language: Option<String>,
}

impl FromRequest for Visit {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let issuer = IssuerRequest::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            match issuer.await {
                Ok(issuer) => Ok(Self {
                    cookies: Cookies::of(&request, &issuer.state, &issuer.realm.realm.slug),
                    language: accept_language(&request),
                    issuer,
                }),
                Err(error) => Err(PageError::new(bare_frame(&request), &error, None)),
            }
        })
    }
}

/// The request's `Accept-Language`.
pub fn accept_language(request: &HttpRequest) -> Option<String> {
    request
        .headers()
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}

impl Visit {
    /// The use cases.
    pub fn use_cases(&self) -> &UseCases {
        &self.issuer.state.use_cases
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.issuer.foundation().clock.now()
    }

    /// The secret in the session cookie.
    pub fn session_secret(&self) -> Option<&str> {
        self.cookies.get(CookieKind::Session)
    }

    /// A path under the issuer.
    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.issuer.root())
    }

    /// A path under the issuer with a sealed request as its one parameter.
    pub fn path_with(&self, path: &str, request: &str) -> String {
        // Sealed requests are base64url: nothing in them needs an escape.
        format!("{}{path}?request={request}", self.issuer.root())
    }

    /// Who is signed in.
    pub async fn signed_in(&self) -> Result<Option<SignedIn>, PageError> {
        self.use_cases()
            .current_session
            .of(&self.issuer.realm, self.session_secret(), self.now())
            .await
            .map_err(|failure| self.fail(failure))
    }

    /// The surroundings of a page.
    pub fn frame(&self, ui_locales: Option<&str>) -> Frame {
        Frame {
            texts: Texts::for_language(self.language.as_deref(), ui_locales),
            realm: self.issuer.realm.realm.name.as_str().to_owned(),
            host: self.issuer.state.authority.clone(),
            root: self.issuer.root(),
            logo: None,
            theme: None,
        }
    }

    /// An error page for a refusal.
    pub fn refuse(&self, denial: Denial) -> PageError {
        self.error(&denial.into())
    }

    /// An error page for a failure, which is logged.
    pub fn fail(&self, failure: Failure) -> PageError {
        self.error(&failure.into())
    }

    /// An error page.
    pub fn error(&self, error: &HttpError) -> PageError {
        PageError::new(self.frame(None), error, self.issuer.facts.id.as_deref())
    }

    /// Sends a page.
    pub fn page<P: Page>(&self, status: StatusCode, page: &P) -> Result<HttpResponse, PageError> {
        let html = page
            .render()
            .map_err(|error| self.fail(Failure::Broken(error.into())))?;
        Ok(crate::errors::answer(status)
            .insert_header((header::CONTENT_SECURITY_POLICY, csp::policy(P::KIND)))
            .content_type("text/html; charset=utf-8")
            .body(html))
    }

    /// Leads elsewhere by GET, whatever this request was (RFC 9110 §15.4.4).
    pub fn see_other(&self, location: &str) -> HttpResponse {
        HttpResponse::SeeOther()
            .insert_header((header::LOCATION, location))
            .finish()
    }

    /// Sends the sign-in page, with a token bound to this browser's pre-session cookie, which
    /// is set where it is missing.
    pub fn sign_in_page(
        &self,
        status: StatusCode,
        ask: Option<&AskSignIn>,
        typed: &Typed,
        problem: Option<SignInProblem>,
    ) -> Result<HttpResponse, PageError> {
        let csrf = &self.use_cases().csrf;
        let known = self.cookies.get(CookieKind::Stranger);
        let cookie = known.map_or_else(|| csrf.stranger(), str::to_owned);
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
            csrf: csrf.for_stranger(self.issuer.realm.realm.id, &cookie),
            problem,
        };
        let mut response = self.page(status, &page)?;
        if known.is_none() {
            let value = self
                .cookies
                .set(CookieKind::Stranger, &cookie, Stay::Browser);
            add_cookie(&mut response, &value);
        }
        Ok(response)
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
            ScopeRow::of(frame.texts, scope.as_str(), description, refusal)
        });
        let mut scopes: Vec<ScopeRow> = rows.collect();
        scopes.sort_by_key(ScopeRow::rank);
        let page = ConsentPage {
            action: self.path("/consent"),
            client: client_view(&ask.client, &ask.redirect_uri),
            links: ClientLinks {
                website: metadata.client_uri.clone(),
                policy: metadata.policy_uri.clone(),
                terms: metadata.tos_uri.clone(),
            },
            user: person_name(&ask.signed_in),
            other_account: self.path_with("/login", &ask.request),
            scopes,
            request: ask.request.clone(),
            csrf: self.use_cases().csrf.for_session(&ask.signed_in.session),
            problem,
            frame,
        };
        self.page(StatusCode::OK, &page)
    }
}

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

/// A person as they know themselves.
pub fn person_name(me: &SignedIn) -> String {
    me.user.username.as_str().to_owned()
}

/// Adds a `Set-Cookie`.
pub fn add_cookie(response: &mut HttpResponse, value: &str) {
    // Names and values of ours are plain ASCII.
    if let Ok(value) = header::HeaderValue::from_str(value) {
        response.headers_mut().append(header::SET_COOKIE, value);
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
