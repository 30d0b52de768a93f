//! Every page in the states that matter, for the tests.

use askama::Template;

use super::frame::{ClientView, Frame, Link};
use super::{
    AccountNotice, AccountPage, AccountPerson, ClientLinks, ConsentPage, ConsentProblem, DemoPage,
    ErrorKind, ErrorPage, FirstAdministratorDonePage, FirstAdministratorPage,
    FirstAdministratorProblem, FormPostPage, Page, PageKind, Pair, Refusal, Remember, ScopeRow,
    SessionPlace, SessionRow, SetupKind, SignInPage, SignInProblem, SignOutPage, SignedOutPage,
    Texts,
};

const LOGO: &str = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdm\
    ciIHZpZXdCb3g9IjAgMCAxMjAgNDAiPjxyZWN0IHdpZHRoPSIxMjAiIGhlaWdodD0iNDAiIHJ4PSI4IiBmaWxsPSIjMz\
    M2NmZmIi8+PC9zdmc+";

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
pub(super) fn all(texts: &'static Texts, text: &dyn Fn(&str) -> String) -> Vec<Specimen> {
    let frame = Frame {
        texts,
        realm: text("Northwind"),
        host: text("id.northwind.example"),
        root: String::new(),
        logo: None,
        theme: None,
    };
    let world = World { frame, text };
    let groups = [
        world.sign_in(),
        world.consent(),
        world.sign_out(),
        world.errors(),
        world.first_administrator(),
        world.account(),
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

    fn client(&self) -> ClientView {
        ClientView {
            name: self.text("Harbour Notes"),
            host: self.text("notes.harbour.example"),
        }
    }

    fn sign_in(&self) -> Vec<Specimen> {
        let page = SignInPage {
            frame: self.frame.clone(),
            action: self.text("/login"),
            client: Some(self.client()),
            username: String::new(),
            remember: Remember::No,
            request: self.text("sealed-request"),
            csrf: self.text("csrf-token"),
            problem: None,
        };
        let again = |name, problem| {
            let username = self.text("ada@northwind.example");
            let problem = Some(problem);
            specimen(
                name,
                &SignInPage {
                    username,
                    remember: Remember::Yes,
                    problem,
                    ..page.clone()
                },
            )
        };
        let themed = Frame {
            logo: Some(self.text(LOGO)),
            theme: Some(self.text("/assets/theme.css?realm=northwind&v=0")),
            ..self.frame.clone()
        };
        vec![
            specimen("sign-in", &page),
            again("sign-in-wrong", SignInProblem::Wrong),
            again("sign-in-too-many", SignInProblem::TooManyTries),
            again("sign-in-busy", SignInProblem::Busy),
            again("sign-in-expired", SignInProblem::Expired),
            again("sign-in-no-username", SignInProblem::UsernameMissing),
            again("sign-in-no-password", SignInProblem::PasswordMissing),
            specimen(
                "sign-in-alone",
                &SignInPage {
                    client: None,
                    frame: themed,
                    ..page.clone()
                },
            ),
        ]
    }

    fn consent(&self) -> Vec<Specimen> {
        let texts = self.frame.texts;
        let scope = |name, refusal| ScopeRow::of(texts, name, None, refusal);
        let page = ConsentPage {
            frame: self.frame.clone(),
            action: self.text("/consent"),
            client: self.client(),
            links: ClientLinks {
                website: Some(self.text("https://harbour.example")),
                policy: Some(self.text("https://harbour.example/privacy")),
                terms: Some(self.text("https://harbour.example/terms")),
            },
            user: self.text("ada@northwind.example"),
            other_account: self.text("/login?prompt=select_account"),
            scopes: vec![
                scope("openid", Refusal::Impossible),
                scope("profile", Refusal::Possible),
                scope("email", Refusal::Possible),
                ScopeRow::of(
                    texts,
                    &self.text("notes"),
                    Some(&self.text("read your notes")),
                    Refusal::Possible,
                ),
                scope("offline_access", Refusal::Possible),
            ],
            request: self.text("sealed-request"),
            csrf: self.text("csrf-token"),
            problem: None,
        };
        let fixed = ConsentPage {
            links: ClientLinks::default(),
            scopes: vec![scope("openid", Refusal::Impossible)],
            problem: Some(ConsentProblem::Expired),
            ..page.clone()
        };
        vec![
            specimen("consent", &page),
            specimen("consent-fixed", &fixed),
        ]
    }

    fn sign_out(&self) -> Vec<Specimen> {
        let page = SignOutPage {
            frame: self.frame.clone(),
            action: self.text("/oauth2/logout"),
            client: Some(self.text("Harbour Notes")),
            user: Some(self.text("ada@northwind.example")),
            stay: self.text("/account"),
            request: self.text("sealed-request"),
            csrf: self.text("csrf-token"),
        };
        let unknown = SignOutPage {
            client: None,
            user: None,
            stay: String::new(),
            ..page.clone()
        };
        let done = SignedOutPage {
            frame: self.frame.clone(),
            sign_in: self.text("/account"),
            back: Link::to(
                "https://notes.harbour.example/",
                &self.text("Harbour Notes"),
            ),
        };
        vec![
            specimen("sign-out", &page),
            specimen("sign-out-unknown", &unknown),
            specimen("signed-out", &done),
        ]
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

    fn first_administrator(&self) -> Vec<Specimen> {
        let page = FirstAdministratorPage {
            frame: self.frame.clone(),
            kind: SetupKind::FirstAdministrator,
            action: self.text("/first-administrator"),
            token: self.text("one-time-token"),
            username: String::new(),
            display_name: String::new(),
            problem: None,
        };
        let again = |name, problem| {
            let (username, display_name) = (self.text("ada"), self.text("Ada Lovelace"));
            let problem = Some(problem);
            let again = FirstAdministratorPage {
                username,
                display_name,
                problem,
                ..page.clone()
            };
            specimen(name, &again)
        };
        let recovery = FirstAdministratorPage {
            kind: SetupKind::Recovery,
            username: self.text("ada"),
            ..page.clone()
        };
        let done = FirstAdministratorDonePage {
            frame: self.frame.clone(),
            kind: SetupKind::FirstAdministrator,
            username: self.text("ada"),
            docs: self.text("/docs/"),
        };
        let recovered = FirstAdministratorDonePage {
            kind: SetupKind::Recovery,
            ..done.clone()
        };
        vec![
            specimen("first-administrator", &page),
            again("first-username", FirstAdministratorProblem::Username),
            again("first-short", FirstAdministratorProblem::PasswordShort),
            again("first-long", FirstAdministratorProblem::PasswordLong),
            again("first-expired", FirstAdministratorProblem::Expired),
            specimen("first-administrator-done", &done),
            specimen("recovery", &recovery),
            specimen("recovery-done", &recovered),
        ]
    }

    fn account(&self) -> Vec<Specimen> {
        let session = |id: &str, device: &str, place| SessionRow {
            id: self.text(id),
            device: self.text(device),
            address: self.text("198.51.100.7"),
            started: self.text("12 March, 09:14"),
            last_seen: self.text("2 minutes ago"),
            place,
        };
        let page = AccountPage {
            frame: self.frame.clone(),
            person: Some(AccountPerson {
                name: self.text("Ada Lovelace"),
                username: self.text("ada"),
                sessions: vec![
                    session("s1", "Firefox on Linux", SessionPlace::Here),
                    session("s2", "Safari on iPhone", SessionPlace::Elsewhere),
                    session("s3", "Chrome on Windows", SessionPlace::Elsewhere),
                ],
            }),
            sign_in: self.text("/login"),
            sign_out_action: self.text("/account/sign-out"),
            end_action: self.text("/account/sessions/end"),
            everywhere_action: self.text("/account/sessions/end-all"),
            csrf: self.text("csrf-token"),
            notice: None,
        };
        let noticed = |name, notice| {
            specimen(
                name,
                &AccountPage {
                    notice: Some(notice),
                    ..page.clone()
                },
            )
        };
        let signed_out = AccountPage {
            person: None,
            csrf: String::new(),
            ..page.clone()
        };
        vec![
            specimen("account", &page),
            noticed("account-ended", AccountNotice::Ended),
            noticed("account-expired", AccountNotice::Expired),
            specimen("account-signed-out", &signed_out),
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
