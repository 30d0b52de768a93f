//! The consent page's post (OpenID Connect Core §3.1.2.4).

use actix_web::{HttpResponse, get, post};
use gatelodge_domain::{Scope, ScopeSet};
use gatelodge_usecases::authorize::{Answer, ConsentAnswer};
use gatelodge_usecases::{Denial, ErrorCode, Parameters};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::authorize::{continue_at, present};
use crate::page_error::PageError;
use crate::page_parameters::{PageForm, PageQuery};
use crate::pages::ConsentProblem;
use crate::visit::Visit;

/// Adds the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(consent_page).service(consent);
}

/// The consent page of a request that waits; for a reload after the post.
#[utoipa::path(
    tag = "Pages",
    operation_id = "consent_page",
    params(("request" = String, Query, description = "The sealed request that waits.")),
    responses(
        (status = 303, description = "On with the request that waits."),
        (status = 400, description = "Nothing waits.", body = String, content_type = "text/html"),
    )
)]
#[get("/consent")]
async fn consent_page(
    visit: Visit,
    PageQuery(query): PageQuery,
) -> Result<HttpResponse, PageError> {
    let sealed = sealed(&visit, &query)?;
    Ok(visit.see_other(&continue_at(&visit, sealed)))
}

/// What the page posts.
#[derive(ToSchema)]
pub struct ConsentForm {
    /// `allow` or `deny`.
    #[schema(example = "allow")]
    pub decision: String,
    /// Each box left ticked.
    #[schema(example = json!(["openid", "profile"]))]
    pub scope: Option<Vec<String>>,
    /// The sealed request that waits.
    pub request: String,
    /// The page's token.
    pub csrf: String,
}

/// A person's answer to a client.
#[utoipa::path(
    tag = "Pages",
    operation_id = "consent",
    request_body(content = ConsentForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A form that posts the answer, or the page again.", body = String, content_type = "text/html"),
        (status = 303, description = "Back to the client, or to the sign-in."),
        (status = 400, description = "The request that waits is too old.", body = String, content_type = "text/html"),
    )
)]
#[post("/consent")]
async fn consent(visit: Visit, PageForm(form): PageForm) -> Result<HttpResponse, PageError> {
    let sealed = sealed(&visit, &form)?;
    let Some(me) = visit.signed_in().await? else {
        return Ok(visit.see_other(&continue_at(&visit, sealed)));
    };
    if !visit.is_form_of(&me, form.text("csrf")) {
        return page_again(&visit, sealed).await;
    }
    let answer = answer(&form).map_err(|denial| visit.refuse(denial))?;
    let decided = visit
        .use_cases()
        .authorize
        .decide(
            &visit.issuer.realm,
            sealed,
            visit.session_secret(),
            &answer,
            &visit.issuer.facts,
        )
        .await;
    present(&visit, decided)
}

fn sealed<'a>(visit: &Visit, parameters: &'a Parameters) -> Result<&'a str, PageError> {
    let sealed = parameters.required("request", "request is missing");
    let safe = |text: &&str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    sealed.ok().filter(safe).ok_or_else(|| {
        let missing = Denial::new(ErrorCode::InvalidRequest, "there is no request that waits");
        visit.refuse(missing)
    })
}

/// Shows the page once more where its token was not of this session.
async fn page_again(visit: &Visit, sealed: &str) -> Result<HttpResponse, PageError> {
    let pairs = vec![("request".to_owned(), sealed.to_owned())];
    let parameters = Parameters::new(pairs).map_err(|denial| visit.refuse(denial))?;
    let answer = visit
        .use_cases()
        .authorize
        .begin(
            &visit.issuer.realm,
            &parameters,
            visit.session_secret(),
            &visit.issuer.facts,
        )
        .await;
    match answer {
        Ok(Answer::Consent(ask)) => visit.consent_page(&ask, Some(ConsentProblem::Expired)),
        answer => present(visit, answer),
    }
}

fn answer(parameters: &Parameters) -> Result<ConsentAnswer, Denial> {
    let invalid = |description| Denial::new(ErrorCode::InvalidRequest, description);
    match parameters.one("decision")? {
        Some("deny") => Ok(ConsentAnswer::Deny),
        Some("allow") => {
            let ticked = parameters
                .many("scope")
                .map(Scope::parse)
                .collect::<Result<ScopeSet, _>>()
                .map_err(|_| invalid("a scope is malformed"))?;
            Ok(ConsentAnswer::Allow(ticked))
        }
        _ => Err(invalid("decision is allow or deny")),
    }
}
