//! Every page in the states that matter, for the tests.

mod account;
mod links;
mod signing_in;

use std::sync::Arc;

use askama::Template;

use super::frame::{ClientView, Frame, Link};
use super::messages::Text;
use super::{DemoPage, ErrorKind, ErrorPage, FormPostPage, Page, PageKind, Pair, Texts};

const LOGO: &str = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdm\
    ciIHZpZXdCb3g9IjAgMCAxMjAgNDAiPjxyZWN0IHdpZHRoPSIxMjAiIGhlaWdodD0iNDAiIHJ4PSI4IiBmaWxsPSIjMz\
    M2NmZmIi8+PC9zdmc+";

const CLIENT_LOGO: &str = "/site/notes.png";

/// A rendered page.
pub(super) struct Specimen {
    pub(super) name: &'static str,
    pub(super) kind: PageKind,
    pub(super) html: String,
}

fn specimen<P: Page>(name: &'static str, page: &P) -> Specimen {
    Specimen {
        name,
        kind: P::KIND,
        html: Template::render(page).unwrap(),
    }
}

/// Every page, with `text(friendly)` wherever a text comes from outside.
pub(super) fn all(texts: &Arc<Texts>, text: &dyn Fn(&str) -> String) -> Vec<Specimen> {
    let frame = Frame {
        texts: texts.clone(),
        realm: text("Northwind"),
        host: text("id.northwind.example"),
        root: String::new(),
        logo: None,
        theme: None,
        links: Vec::new(),
    };
    let world = World { frame, text };
    let groups = [
        world.sign_in(),
        world.steps(),
        world.security(),
        world.consent(),
        world.sign_out(),
        world.errors(),
        world.setup(),
        world.account(),
        world.account_email(),
        world.account_profile(),
        world.recovery(),
        world.between(),
    ];
    groups.into_iter().flatten().collect()
}

struct World<'a> {
    frame: Frame,
    text: &'a dyn Fn(&str) -> String,
}
impl World<'_> {
    fn text(&self, friendly: &str) -> String {
        (self.text)(friendly)
    }

    /// The surroundings in a realm with a theme.
    fn themed(&self) -> Frame {
        let link = |url: &str, text: &Text| Link {
            url: self.text(url),
            text: text.to_string(),
        };
        let texts = &self.frame.texts;
        Frame {
            logo: Some(self.text(LOGO)),
            theme: Some(self.text("/theme/style.css?v=0")),
            links: vec![
                link("https://northwind.example/help", &texts.house_support),
                link("https://northwind.example/privacy", &texts.house_privacy),
                link("https://northwind.example/terms", &texts.house_terms),
            ],
            ..self.frame.clone()
        }
    }

    fn client(&self) -> ClientView {
        ClientView {
            name: self.text("Harbour Notes"),
            host: self.text("notes.harbour.example"),
        }
    }

    fn errors(&self) -> Vec<Specimen> {
        let error = |name, kind, code: &str| {
            let (code, reference) = (self.text(code), self.text("01JQ8Z5T2V4K"));
            specimen(
                name,
                &ErrorPage {
                    frame: self.frame.clone(),
                    kind,
                    code,
                    reference,
                },
            )
        };
        vec![
            error(
                "error-bad-request",
                ErrorKind::BadRequest,
                "invalid_request",
            ),
            error(
                "error-untrusted-client",
                ErrorKind::UntrustedClient,
                "invalid_client",
            ),
            error("error-expired", ErrorKind::Expired, "invalid_request"),
            error("error-link-spent", ErrorKind::LinkSpent, "link_spent"),
            error("error-cookies", ErrorKind::Cookies, "no_cookie"),
            error("error-forbidden", ErrorKind::Forbidden, "access_denied"),
            error("error-not-found", ErrorKind::NotFound, "not_found"),
            error("error-too-many", ErrorKind::TooManyRequests, "slow_down"),
            error(
                "error-unavailable",
                ErrorKind::Unavailable,
                "temporarily_unavailable",
            ),
            error("error-server", ErrorKind::Server, "server_error"),
        ]
    }

    /// The pages between here and a client.
    fn between(&self) -> Vec<Specimen> {
        let pair = |name: &str, value: &str| Pair {
            name: self.text(name),
            value: self.text(value),
        };
        let form_post = FormPostPage {
            frame: self.frame.clone(),
            action: self.text("https://notes.harbour.example/callback"),
            client: self.text("Harbour Notes"),
            pairs: vec![pair("code", "c0de"), pair("state", "st&te")],
        };
        let demo = DemoPage {
            frame: self.frame.clone(),
            issuer: self.text("http://127.0.0.1:9040"),
            client_id: self.text("demo-public"),
            redirect_uri: self.text("http://127.0.0.1:9040/demo"),
            scope: self.text("openid profile email offline_access"),
        };
        vec![specimen("form-post", &form_post), specimen("demo", &demo)]
    }
}
