//! The page itself, and what every post to it begins with.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get};
use gatelodge_domain::Factor;
use gatelodge_domain::user::PasswordChange;
use gatelodge_usecases::Parameters;
use gatelodge_usecases::mfa::Overview;
use gatelodge_usecases::sessions::SignedIn;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::account::session_rows;
use crate::page_error::PageError;
use crate::page_parameters::PageQuery;
use crate::pages::{Changing, FactorPlace, FactorRow, SecurityNotice, SecurityPage};
use crate::spoken::moment;
use crate::steps::{Goal, SECURITY};
use crate::visit::{Visit, person_name};

/// The page.
pub(super) const PATH: &str = "/account/security";

/// Adds the operation.
pub(super) fn mount(config: &mut ServiceConfig<'_>) {
    config.service(security_page);
}

/// The page on which a person looks after their password, second factors and sessions.
#[utoipa::path(
    tag = "Pages",
    operation_id = "security_page",
    params(("done" = Option<String>, Query, description = "What the last post did.")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 303, description = "To the sign-in page."),
    )
)]
#[get("/account/security")]
async fn security_page(
    visit: Visit,
    PageQuery(query): PageQuery,
) -> Result<HttpResponse, PageError> {
    let notice = match query.text("done") {
        "changed" => Some(SecurityNotice::Done),
        "ended" => Some(SecurityNotice::SessionEnded),
        "password" => Some(SecurityNotice::PasswordChanged),
        "added" => Some(SecurityNotice::Added),
        "again" => Some(SecurityNotice::SignInAgain),
        _ => None,
    };
    let me = signed_in(&visit).await?;
    shown(&visit, &me, StatusCode::OK, notice).await
}

/// Whoever is signed in and may stay; else where they belong instead.
pub(super) async fn signed_in(visit: &Visit) -> Result<SignedIn, PageError> {
    let goal = Goal::Security;
    let first = match visit.signed_in().await? {
        None => "/login",
        Some(me) if me.user.password_change == PasswordChange::Required => "/login/new-password",
        Some(me) => return Ok(me),
    };
    Err(visit.see_other(&goal.by_way_of(visit, first)).into())
}

/// Whoever posted one of the page's forms; else the page again.
pub(super) async fn posted(visit: &Visit, form: &Parameters) -> Result<SignedIn, PageError> {
    let me = signed_in(visit).await?;
    if visit.is_form_of(&me, form.text("csrf")) {
        return Ok(me);
    }
    let notice = Some(SecurityNotice::Expired);
    let page = shown(visit, &me, StatusCode::FORBIDDEN, notice).await?;
    Err(page.into())
}

/// Back to the page, with a word about what was done.
pub(super) fn back(visit: &Visit, done: &str) -> HttpResponse {
    visit.see_other(&visit.path(&format!("{PATH}?done={done}")))
}

/// The page.
pub(super) async fn shown(
    visit: &Visit,
    me: &SignedIn,
    status: StatusCode,
    notice: Option<SecurityNotice>,
) -> Result<HttpResponse, PageError> {
    let overview = visit
        .use_cases()
        .own_factors
        .overview(&visit.issuer.realm, me)
        .await
        .map_err(|failure| visit.fail(failure))?;
    let path = |rest: &str| visit.path(&format!("{PATH}{rest}"));
    let page = SecurityPage {
        frame: visit.frame(None),
        username: person_name(me),
        changing: changing(&overview),
        factors: overview.factors.iter().map(row).collect(),
        codes_left: overview.recovery.left,
        sessions: session_rows(visit, me).await?,
        password_action: path("/password"),
        rename_action: path("/factors/rename"),
        first_action: path("/factors/first"),
        remove_action: path("/factors/remove"),
        codes_action: path("/recovery-codes"),
        add: path("/factors/new"),
        sign_in_again: Goal::Security.by_way_of(visit, "/login"),
        end_action: visit.path("/account/sessions/end"),
        everywhere_action: visit.path("/account/sign-out-everywhere"),
        account: visit.path("/account"),
        back: SECURITY,
        csrf: visit.csrf(me),
        notice,
    };
    visit.page(status, &page)
}

fn changing(overview: &Overview) -> Changing {
    match (overview.may_change, overview.factors.len()) {
        (false, _) => Changing::Closed,
        (true, count) if count >= Factor::MOST => Changing::Full,
        (true, _) => Changing::Open,
    }
}

fn row(factor: &Factor) -> FactorRow {
    FactorRow {
        id: factor.id.to_string(),
        name: factor.name.as_str().to_owned(),
        added: moment(factor.created_at),
        used: factor.last_used_at.map(moment).unwrap_or_default(),
        place: if factor.is_primary() {
            FactorPlace::First
        } else {
            FactorPlace::Further
        },
    }
}
