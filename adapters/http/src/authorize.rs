//! The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2).

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post};
use gatelodge_usecases::authorize::{Answer, AuthorizeError, Delivery, Shown, StepPage};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::page_error::PageError;
use crate::page_parameters::{PageForm, PageQuery};
use crate::pages::{ErrorKind, FormPostPage, Pair};
use crate::prompts::Typed;
use crate::visit::Visit;

const PATH: &str = "/oauth2/authorize";

/// Adds the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(authorize).service(authorize_by_post);
}

/// Asks a person to authorize a client. Answers with a page, or by leading back to the client
/// with `code`, `state` and `iss`, or with `error`.
#[utoipa::path(
    tag = "Authorization",
    operation_id = "authorize",
    params(
        ("client_id" = String, Query, description = "Who asks.", example = "my-app"),
        ("redirect_uri" = Option<String>, Query, description = "Where the answer goes, exactly as registered; an OpenID Connect request must name it.", example = "https://app.example/callback"),
        ("response_type" = String, Query, description = "What is asked for.", example = "code"),
        ("response_mode" = Option<String>, Query, description = "How the answer travels: `query`, `fragment` or `form_post`."),
        ("scope" = Option<String>, Query, description = "Scopes, separated by spaces.", example = "openid profile"),
        ("state" = Option<String>, Query, description = "Comes back unchanged."),
        ("nonce" = Option<String>, Query, description = "Comes back in the ID token; required where an ID token leaves this endpoint."),
        ("code_challenge" = Option<String>, Query, description = "PKCE challenge (RFC 7636).", example = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method" = Option<String>, Query, description = "`S256`.", example = "S256"),
        ("prompt" = Option<String>, Query, description = "`none`, `login`, `consent`, `select_account`."),
        ("max_age" = Option<u32>, Query, description = "How old the sign-in may be, in seconds."),
        ("id_token_hint" = Option<String>, Query, description = "An ID token that says who is meant; it may have expired."),
        ("acr_values" = Option<String>, Query, description = "Wished classes of authentication, best first; `2` asks for two factors.", example = "2"),
        ("login_hint" = Option<String>, Query, description = "Prefills the sign-in page."),
        ("ui_locales" = Option<String>, Query, description = "Languages, best first."),
        ("resource" = Option<Vec<String>>, Query, description = "Which APIs the tokens are for (RFC 8707); may be repeated."),
    ),
    responses(
        (status = 200, description = "A page: sign-in, consent, or a form that posts the answer.", body = String, content_type = "text/html"),
        (status = 303, description = "Back to the client, or to a step that comes first."),
        (status = 400, description = "An error page: the client or its redirect URI is not known.", body = String, content_type = "text/html"),
        (status = 503, description = "Come back later.", body = String, content_type = "text/html"),
    )
)]
#[get("/oauth2/authorize")]
async fn authorize(visit: Visit, PageQuery(query): PageQuery) -> Result<HttpResponse, PageError> {
    let answer = visit
        .use_cases()
        .authorize
        .begin(
            &visit.issuer.realm,
            &query,
            visit.session_secret(),
            &visit.issuer.facts,
        )
        .await;
    present(&visit, answer)
}

/// An authorization request by POST: the parameters of the GET.
#[derive(ToSchema)]
pub struct AuthorizationRequest {
    /// Who asks.
    #[schema(example = "my-app")]
    pub client_id: String,
    /// Where the answer goes, exactly as registered.
    #[schema(example = "https://app.example/callback")]
    pub redirect_uri: Option<String>,
    /// What is asked for.
    #[schema(example = "code")]
    pub response_type: String,
    /// How the answer travels: `query`, `fragment` or `form_post`.
    pub response_mode: Option<String>,
    /// Scopes, separated by spaces.
    #[schema(example = "openid profile")]
    pub scope: Option<String>,
    /// Comes back unchanged.
    pub state: Option<String>,
    /// Comes back in the ID token.
    pub nonce: Option<String>,
    /// PKCE challenge (RFC 7636).
    #[schema(example = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")]
    pub code_challenge: Option<String>,
    /// `S256`.
    #[schema(example = "S256")]
    pub code_challenge_method: Option<String>,
    /// `none`, `login`, `consent`, `select_account`.
    pub prompt: Option<String>,
    /// How old the sign-in may be, in seconds.
    pub max_age: Option<u32>,
    /// An ID token that says who is meant; it may have expired.
    pub id_token_hint: Option<String>,
    /// Wished classes of authentication, best first; `2` asks for two factors.
    #[schema(example = "2")]
    pub acr_values: Option<String>,
    /// Prefills the sign-in page.
    pub login_hint: Option<String>,
    /// Languages, best first.
    pub ui_locales: Option<String>,
    /// Which APIs the tokens are for (RFC 8707); may be repeated.
    pub resource: Option<Vec<String>>,
}

/// The same by POST. Answered by a redirect to a GET with the request sealed, so that our
/// `SameSite=Lax` cookies come along.
#[utoipa::path(
    tag = "Authorization",
    operation_id = "authorize_by_post",
    request_body(content = AuthorizationRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the GET."),
        (status = 400, description = "An error page.", body = String, content_type = "text/html"),
    )
)]
#[post("/oauth2/authorize")]
async fn authorize_by_post(
    visit: Visit,
    PageForm(form): PageForm,
) -> Result<HttpResponse, PageError> {
    let sealed = visit
        .use_cases()
        .authorize
        .seal(&visit.issuer.realm, &form)
        .map_err(|error| shown(&visit, error))?;
    Ok(visit.see_other(&visit.path_with(PATH, &sealed)))
}

/// Presents whatever the endpoint answers.
pub(crate) fn present(
    visit: &Visit,
    answer: Result<Answer, AuthorizeError>,
) -> Result<HttpResponse, PageError> {
    match answer.map_err(|error| shown(visit, error))? {
        Answer::SignIn(ask) => {
            visit.sign_in_page(StatusCode::OK, Some(&ask), &Typed::NOTHING, None)
        }
        Answer::Step(page, ask) => {
            let path = match page {
                StepPage::SecondFactor => "/login/factor",
                StepPage::NewPassword => "/login/new-password",
            };
            Ok(visit.see_other(&visit.path_with(path, &ask.request)))
        }
        Answer::Consent(ask) => visit.consent_page(&ask, None),
        Answer::Client {
            delivery: Delivery::Location(location),
            ..
        } => Ok(visit.see_other(&location)),
        Answer::Client {
            delivery: Delivery::Form { action, pairs },
            client,
        } => {
            let pairs = pairs.into_iter().map(|(name, value)| Pair {
                name: name.to_owned(),
                value,
            });
            let page = FormPostPage {
                frame: visit.frame(None),
                action,
                client: client.name.as_str().to_owned(),
                pairs: pairs.collect(),
            };
            visit.page(StatusCode::OK, &page)
        }
    }
}

/// The page for an error that must not go to the client.
pub(crate) fn shown(visit: &Visit, error: AuthorizeError) -> PageError {
    match error {
        AuthorizeError::Shown(Shown::BadRequest(denial)) => visit.refuse(denial),
        AuthorizeError::Shown(Shown::UntrustedClient(denial)) => {
            visit.refuse(denial).shown_as(ErrorKind::UntrustedClient)
        }
        AuthorizeError::Shown(Shown::Expired(denial)) => {
            visit.refuse(denial).shown_as(ErrorKind::Expired)
        }
        AuthorizeError::Failed(failure) => visit.fail(failure),
    }
}

/// Where a sealed request goes on.
pub(crate) fn continue_at(visit: &Visit, sealed: &str) -> String {
    visit.path_with(PATH, sealed)
}
