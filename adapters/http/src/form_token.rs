//! Whose a form is: its token ties a post to the browser that was shown the page.

use actix_web::HttpResponse;
use gatelodge_usecases::sessions::SignedIn;

use crate::cookies::{CookieKind, Stay};
use crate::visit::{Visit, add_cookie};

/// A browser without a session that is shown a form.
pub struct Stranger {
    /// The token of the form.
    pub csrf: String,
    /// The cookie that the token is bound to, where the browser does not have it yet.
    new_cookie: Option<String>,
}

impl Stranger {
    /// The answer that shows the form, with the cookie.
    pub fn introduced(&self, mut response: HttpResponse) -> HttpResponse {
        if let Some(cookie) = &self.new_cookie {
            add_cookie(&mut response, cookie);
        }
        response
    }
}

impl Visit {
    /// The token of forms shown to whoever is signed in.
    pub fn csrf(&self, me: &SignedIn) -> String {
        self.use_cases().csrf.for_session(&me.session)
    }

    /// Whether a form with that token was shown in their session.
    pub fn is_form_of(&self, me: &SignedIn, token: &str) -> bool {
        self.use_cases().csrf.fits_session(&me.session, token)
    }

    /// This browser, where it has no session.
    pub fn stranger(&self) -> Stranger {
        let csrf = &self.use_cases().csrf;
        let cookies = &self.cookies;
        let known = cookies.get(CookieKind::Stranger);
        let value = known.map_or_else(|| csrf.stranger(), str::to_owned);
        let set = || cookies.set(CookieKind::Stranger, &value, Stay::Browser);
        Stranger {
            csrf: csrf.for_stranger(self.issuer.realm.realm.id, &value),
            new_cookie: known.is_none().then(set),
        }
    }

    /// Whether a form with that token was shown to this browser before it had a session.
    pub fn is_form_of_stranger(&self, token: &str) -> bool {
        let realm = self.issuer.realm.realm.id;
        let csrf = &self.use_cases().csrf;
        self.cookies
            .get(CookieKind::Stranger)
            .is_some_and(|cookie| csrf.fits_stranger(realm, cookie, token))
    }
}
