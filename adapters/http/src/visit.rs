//! A person's request: realm, cookies and language, and how pages are answered.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev};
use gatelodge_domain::Timestamp;
use gatelodge_usecases::sessions::SignedIn;
use gatelodge_usecases::{Denial, Failure};

use crate::cookies::{CookieKind, Cookies};
use crate::errors::HttpError;
use crate::looks::Look;
use crate::page_error::{PageError, accept_language, bare_frame};
use crate::pages::{Frame, Page, Texts, csp};
use crate::request::IssuerRequest;
use crate::state::UseCases;

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
