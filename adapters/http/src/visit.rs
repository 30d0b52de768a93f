//! A person's request: realm, cookies and language, and how pages are answered.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev};
use gatelodge_domain::Timestamp;
use gatelodge_domain::scope::OPENID;
use gatelodge_usecases::authorize::{AskConsent, AskSignIn};
use gatelodge_usecases::sessions::SignedIn;
use gatelodge_usecases::{Denial, Failure};
use url::{Position, Url};

use crate::cookies::{CookieKind, Cookies};
use crate::errors::HttpError;
use crate::looks::Look;
use crate::page_error::{PageError, accept_language, bare_frame};
use crate::pages::{
    ClientLinks, ClientView, ConsentPage, ConsentProblem, Frame, Page, Refusal, Remember, ScopeRow,
    SignInPage, SignInProblem, Texts, csp,
};
use crate::request::IssuerRequest;
use crate::state::{Transport, UseCases};

/// A person's request to an issuer. Whatever is wrong with it is shown as a page.
pub struct Visit {
    /// Realm, state and facts.
    pub issuer: IssuerRequest,
    /// Cookies of this listener and realm.
    pub cookies: Cookies,
    language: Option<String>,
    look: Arc<Look>,
}

impl FromRequest for Visit {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let issuer = IssuerRequest::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let refused = |error: &HttpError| PageError::new(bare_frame(&request), error, None);
            let issuer = issuer.await.map_err(|error| refused(&error))?;
            let directory = &issuer.foundation().directory;
            let look = issuer
                .state
                .looks
                .of(directory, issuer.realm.realm.id)
                .await;
            Ok(Self {
                cookies: Cookies::of(&request, &issuer.state, &issuer.realm.realm.slug),
                language: accept_language(&request),
                look: look.map_err(|error| refused(&error.into()))?,
                issuer,
            })
        })
    }
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

    /// The texts in the person's language.
    fn texts(&self, ui_locales: Option<&str>) -> Arc<Texts> {
        let languages = self.issuer.state.looks.languages();
        let accepted = self.language.as_deref();
        self.look.texts(languages, accepted, ui_locales)
    }

    /// The language that the pages speak with this person.
    pub fn language(&self) -> String {
        self.texts(None).lang.to_string()
    }

    /// The surroundings of a page.
    pub fn frame(&self, ui_locales: Option<&str>) -> Frame {
        let texts = self.texts(ui_locales);
        let versioned = |path: &str, version: &str| format!("{}?v={version}", self.path(path));
        let logo = self.look.logo();
        let sheet = self.look.sheet();
        Frame {
            links: self.look.links(&texts),
            texts,
            realm: self.look.name(&self.issuer.realm.realm).to_owned(),
            host: self.issuer.state.authority.clone(),
            root: self.issuer.root(),
            logo: logo.map(|(_, version)| versioned("/theme/logo", version)),
            theme: sheet.map(|sheet| versioned("/theme/style.css", &sheet.version)),
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

    /// Logs a failure that may pass, so that the person can keep their page; one that does not
    /// pass is its error page.
    pub fn unless_it_passes(&self, failure: Failure) -> Result<(), PageError> {
        let may_pass = matches!(failure, Failure::Unavailable(_));
        let page = self.fail(failure);
        if may_pass { Ok(()) } else { Err(page) }
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
}

impl Visit {
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
