//! Who is at a step, and how a finished one lets them in.

use actix_web::HttpResponse;
use gatelodge_domain::Setting;
use gatelodge_domain::session::Persistence;
use gatelodge_usecases::mfa::{AtStep, Entered, Step};
use gatelodge_usecases::sign_in::{FamiliarBrowsers, NewSession};

use super::Goal;
use crate::cookies::{CookieKind, Stay};
use crate::page_error::PageError;
use crate::visit::{Visit, add_cookie};

/// Somebody at a step.
pub(crate) struct Standing {
    /// Who.
    pub(crate) at: AtStep,
    /// The token of forms shown to them.
    pub(crate) csrf: String,
}

impl Standing {
    /// Who is at a step in this browser, and at which one; else to the sign-in page.
    pub(crate) async fn at(visit: &Visit, goal: &Goal) -> Result<(Self, Step), PageError> {
        let Some(standing) = Self::of(visit).await? else {
            return Err(visit.see_other(&goal.by_way_of(visit, "/login")).into());
        };
        let step = visit
            .use_cases()
            .sign_in_steps
            .step(&visit.issuer.realm, &standing.at, goal.client())
            .await
            .map_err(|failure| visit.fail(failure))?;
        Ok((standing, step))
    }

    async fn of(visit: &Visit) -> Result<Option<Self>, PageError> {
        let signed_in = visit.signed_in().await?;
        let cookie = visit.cookies.get(CookieKind::Steps);
        let steps = &visit.use_cases().sign_in_steps;
        let at = steps
            .current(&visit.issuer.realm, cookie, signed_in)
            .await
            .map_err(|failure| visit.fail(failure))?;
        Ok(at.map(|at| {
            let csrf = &visit.use_cases().csrf;
            let realm = visit.issuer.realm.realm.id;
            let csrf = match &at {
                AtStep::Pending(_) => csrf.for_stranger(realm, cookie.unwrap_or_default()),
                AtStep::SignedIn(me) => csrf.for_session(&me.session),
            };
            Self { at, csrf }
        }))
    }

    /// Whether a posted token is that of their form.
    pub(crate) fn fits(&self, visit: &Visit, token: &str) -> bool {
        let csrf = &visit.use_cases().csrf;
        let realm = visit.issuer.realm.realm.id;
        match &self.at {
            AtStep::Pending(_) => visit
                .cookies
                .get(CookieKind::Steps)
                .is_some_and(|cookie| csrf.fits_stranger(realm, cookie, token)),
            AtStep::SignedIn(me) => csrf.fits_session(&me.session, token),
        }
    }
}

/// Sets the cookies of a session that began or was raised.
pub(crate) fn set_session(visit: &Visit, response: &mut HttpResponse, new: &NewSession) {
    let stay = match new.session.persistence {
        Persistence::BrowserSession => Stay::Browser,
        Persistence::Remembered => Stay::For(
            visit
                .issuer
                .realm
                .duration(Setting::SessionRememberedLifetime),
        ),
    };
    let cookie = visit
        .cookies
        .set(CookieKind::Session, new.secret.expose(), stay);
    add_cookie(response, &cookie);
}

/// Lets a person in with that answer.
pub(crate) fn enter(visit: &Visit, mut response: HttpResponse, entered: &Entered) -> HttpResponse {
    set_session(visit, &mut response, &entered.session);
    let cookies = &visit.cookies;
    let known = Stay::For(FamiliarBrowsers::LIFETIME);
    for cookie in [
        cookies.set(CookieKind::Familiar, &entered.familiar, known),
        cookies.clear(CookieKind::Stranger),
        cookies.clear(CookieKind::Steps),
    ] {
        add_cookie(&mut response, &cookie);
    }
    response
}
