//! The logout endpoint (OpenID Connect RP-Initiated Logout 1.0 §2).

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post};
use gatelodge_domain::Client;
use gatelodge_usecases::sign_out::{SignOutAnswer, SignOutError, SignedOut};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::cookies::CookieKind;
use crate::page_error::PageError;
use crate::page_parameters::{PageForm, PageQuery};
use crate::pages::{ErrorKind, Link, SignOutPage, SignedOutPage};
use crate::visit::{Visit, add_cookie, person_name};

/// Adds the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(logout).service(logout_by_post);
}

/// Signs a person out at the wish of a client: at once with an `id_token_hint` of this session,
/// else after a question.
#[utoipa::path(
    tag = "Authorization",
    operation_id = "logout",
    params(
        ("id_token_hint" = Option<String>, Query, description = "An ID token of the session to end; it may have expired."),
        ("client_id" = Option<String>, Query, description = "Who asks.", example = "my-app"),
        ("post_logout_redirect_uri" = Option<String>, Query, description = "Where to go afterwards, exactly as registered.", example = "https://app.example/signed-out"),
        ("state" = Option<String>, Query, description = "Comes back unchanged."),
        ("logout_hint" = Option<String>, Query, description = "Read and not used."),
        ("ui_locales" = Option<String>, Query, description = "Languages, best first."),
    ),
    responses(
        (status = 200, description = "A page: the question, or the word after it.", body = String, content_type = "text/html"),
        (status = 303, description = "Signed out; back to the client."),
        (status = 400, description = "An error page.", body = String, content_type = "text/html"),
    )
)]
#[get("/oauth2/logout")]
async fn logout(visit: Visit, PageQuery(query): PageQuery) -> Result<HttpResponse, PageError> {
    let answer = visit
        .use_cases()
        .sign_out
        .begin(
            &visit.issuer.realm,
            &query,
            visit.session_secret(),
            &visit.issuer.facts,
        )
        .await
        .map_err(|error| shown(&visit, error))?;
    match answer {
        SignOutAnswer::Done(signed_out) => done(&visit, signed_out),
        SignOutAnswer::Confirm {
            request,
            client,
            signed_in,
        } => {
            let ui_locales = query.one("ui_locales").ok().flatten();
            let page = SignOutPage {
                frame: visit.frame(ui_locales),
                action: visit.path("/account/sign-out"),
                client: client.map(|client| client.name.as_str().to_owned()),
                user: Some(person_name(&signed_in)),
                stay: visit.path("/account"),
                request,
                csrf: visit.csrf(&signed_in),
            };
            visit.page(StatusCode::OK, &page)
        }
    }
}

/// A logout request by POST: the parameters of the GET.
#[derive(ToSchema)]
pub struct LogoutRequest {
    /// An ID token of the session to end; it may have expired.
    pub id_token_hint: Option<String>,
    /// Who asks.
    #[schema(example = "my-app")]
    pub client_id: Option<String>,
    /// Where to go afterwards, exactly as registered.
    #[schema(example = "https://app.example/signed-out")]
    pub post_logout_redirect_uri: Option<String>,
    /// Comes back unchanged.
    pub state: Option<String>,
    /// Read and not used.
    pub logout_hint: Option<String>,
    /// Languages, best first.
    pub ui_locales: Option<String>,
}

/// The same by POST. Answered by a redirect to a GET with the request sealed, so that our
/// `SameSite=Lax` cookies come along.
#[utoipa::path(
    tag = "Authorization",
    operation_id = "logout_by_post",
    request_body(content = LogoutRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the GET."),
        (status = 400, description = "An error page.", body = String, content_type = "text/html"),
    )
)]
#[post("/oauth2/logout")]
async fn logout_by_post(visit: Visit, PageForm(form): PageForm) -> Result<HttpResponse, PageError> {
    let sealed = visit
        .use_cases()
        .sign_out
        .seal(&visit.issuer.realm, &form)
        .map_err(|error| shown(&visit, error))?;
    Ok(visit.see_other(&visit.path_with("/oauth2/logout", &sealed)))
}

/// After signing out: on to the client, or a word. The cookie goes.
pub(crate) fn done(visit: &Visit, signed_out: SignedOut) -> Result<HttpResponse, PageError> {
    let mut response = if let Some(location) = signed_out.location {
        visit.see_other(&location)
    } else {
        let page = SignedOutPage {
            frame: visit.frame(None),
            sign_in: visit.path("/login"),
            back: signed_out.client.as_deref().and_then(website),
        };
        visit.page(StatusCode::OK, &page)?
    };
    if visit.session_secret().is_some() {
        add_cookie(&mut response, &visit.cookies.clear(CookieKind::Session));
    }
    Ok(response)
}

/// The client's own page, as registered.
fn website(client: &Client) -> Option<Link> {
    Link::to(client.metadata.client_uri.as_deref()?, client.name.as_str())
}

/// The page for a request that cannot be honoured.
pub(crate) fn shown(visit: &Visit, error: SignOutError) -> PageError {
    match error {
        SignOutError::BadRequest(denial) => visit.refuse(denial),
        SignOutError::UntrustedClient(denial) => {
            visit.refuse(denial).shown_as(ErrorKind::UntrustedClient)
        }
        SignOutError::Expired(denial) => visit.refuse(denial).shown_as(ErrorKind::Expired),
        SignOutError::Failed(failure) => visit.fail(failure),
    }
}
