//! Every page in the states that matter, for the tests.

use std::sync::Arc;

use askama::Template;

use gatelodge_domain::attribute::{AttributeType, Presence};
use gatelodge_usecases::passwords::PasswordRefused;
use gatelodge_usecases::setup::{Objection, Prefilled, Question, RefusedAnswer, TypedAnswers};
use gatelodge_usecases::users::Misfit;

use super::frame::{ClientView, Frame, Link};
use super::messages::Text;
use super::setup::FirstClientView;
use super::{
    AccountEmailPage, AccountNotice, AccountPage, AccountPerson, AccountProfilePage,
    AdministratorRecoveredPage, AdministratorRecoveryPage, CanSend, Changing, ClientLinks,
    ConsentPage, ConsentProblem, DemoPage, EmailNotice, EnrolmentPage, EnrolmentProblem,
    EnrolmentReason, ErrorKind, ErrorPage, FactorPage, FactorPlace, FactorProblem, FactorRow,
    FactorWay, FormPostPage, NewPasswordPage, NewPasswordProblem, Page, PageKind, Pair,
    ProfileControl, ProfileField, ProfileNotice, ProfileRow, Proof, QrDrawing, RecoverPage,
    RecoverProblem, RecoveryCodesPage, RecoveryNotice, RecoveryNoticePage, Refusal, Remember,
    ResetPasswordPage, ResetProblem, ScopeRow, SecurityNotice, SecurityPage, SessionPlace,
    SessionRow, SetupDonePage, SetupForm, SetupPage, SignInPage, SignInProblem, SignOutPage,
    SignedOutPage, Texts, VerifyEmailPage,
};

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

    fn sign_in(&self) -> Vec<Specimen> {
        let page = SignInPage {
            frame: self.frame.clone(),
            action: self.text("/login"),
            client: Some(self.client()),
            username: String::new(),
            remember: Remember::No,
            request: self.text("sealed-request"),
            next: String::new(),
            forgot: self.text("/recover"),
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
        let themed = self.themed();
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

    /// What comes between a password and a session.
    fn steps(&self) -> Vec<Specimen> {
        let code = FactorPage {
            frame: self.frame.clone(),
            action: self.text("/login/factor"),
            way: FactorWay::Code,
            first: self.text("Phone"),
            others: self.text("Tablet, Key at work"),
            recovery_codes: 7,
            other_way: self.text("/login/factor?method=recovery"),
            start_over: self.text("/login"),
            client: Some(self.client()),
            request: self.text("sealed-request"),
            next: self.text("security"),
            csrf: self.text("csrf-token"),
            problem: None,
        };
        let wrong = FactorPage {
            problem: Some(FactorProblem::Wrong),
            others: String::new(),
            ..code.clone()
        };
        let recovery = FactorPage {
            way: FactorWay::Recovery,
            problem: Some(FactorProblem::Wrong),
            ..code.clone()
        };
        let new_password = NewPasswordPage {
            frame: self.frame.clone(),
            action: self.text("/login/new-password"),
            user: self.text("ada"),
            client: Some(self.client()),
            request: self.text("sealed-request"),
            next: String::new(),
            csrf: self.text("csrf-token"),
            problem: None,
        };
        let weak = NewPasswordPage {
            problem: Some(NewPasswordProblem::Refused(PasswordRefused::Weak)),
            ..new_password.clone()
        };
        vec![
            specimen("factor", &code),
            specimen("factor-wrong", &wrong),
            specimen("factor-recovery", &recovery),
            specimen("new-password", &new_password),
            specimen("new-password-weak", &weak),
        ]
        .into_iter()
        .chain(self.enrolment())
        .collect()
    }

    fn enrolment(&self) -> Vec<Specimen> {
        let uri = "otpauth://totp/Northwind:ada%40northwind.example?secret=\
            GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Northwind&algorithm=SHA1&digits=6&period=30";
        let enrolment = EnrolmentPage {
            frame: self.frame.clone(),
            reason: EnrolmentReason::Need,
            action: self.text("/login/enrolment"),
            qr: QrDrawing::of(uri).unwrap(),
            uri: self.text(uri),
            secret: self.text("GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"),
            name: self.text("Phone"),
            enrolment: self.text("sealed-enrolment"),
            cancel: self.text("/login"),
            request: self.text("sealed-request"),
            next: String::new(),
            csrf: self.text("csrf-token"),
            problem: None,
        };
        let wished = EnrolmentPage {
            reason: EnrolmentReason::Wish,
            problem: Some(EnrolmentProblem::Wrong),
            ..enrolment.clone()
        };
        let codes = RecoveryCodesPage {
            frame: self.frame.clone(),
            user: self.text("ada"),
            codes: (0..10).map(|_| self.text("abcde-fgh23")).collect(),
            on: self.text("/account/security"),
        };
        vec![
            specimen("enrolment", &enrolment),
            specimen("enrolment-wrong", &wished),
            specimen("recovery-codes-done", &codes),
        ]
    }

    fn security(&self) -> Vec<Specimen> {
        let factor = |id: &str, name: &str, place| FactorRow {
            id: self.text(id),
            name: self.text(name),
            added: self.text("2026-03-01 09:05 UTC"),
            used: self.text("2026-03-04 18:00 UTC"),
            place,
        };
        let page = SecurityPage {
            frame: self.frame.clone(),
            username: self.text("ada"),
            factors: vec![
                factor("f1", "Phone", FactorPlace::First),
                factor("f2", "Tablet", FactorPlace::Further),
            ],
            codes_left: 7,
            changing: Changing::Open,
            sessions: vec![
                self.session("s1", "Firefox on Linux", SessionPlace::Here),
                self.session("s2", "Safari on iPhone", SessionPlace::Elsewhere),
            ],
            password_action: self.text("/account/security/password"),
            rename_action: self.text("/account/security/factors/rename"),
            first_action: self.text("/account/security/factors/first"),
            remove_action: self.text("/account/security/factors/remove"),
            codes_action: self.text("/account/security/recovery-codes"),
            add: self.text("/account/security/factors/new"),
            sign_in_again: self.text("/login?next=security"),
            end_action: self.text("/account/sessions/end"),
            everywhere_action: self.text("/account/sign-out-everywhere"),
            account: self.text("/account"),
            back: "security",
            csrf: self.text("csrf-token"),
            notice: None,
        };
        let closed = SecurityPage {
            changing: Changing::Closed,
            notice: Some(SecurityNotice::PasswordChanged),
            ..page.clone()
        };
        let bare = SecurityPage {
            factors: Vec::new(),
            notice: Some(SecurityNotice::CurrentWrong),
            ..page.clone()
        };
        let weak = SecurityPage {
            notice: Some(SecurityNotice::Refused(PasswordRefused::Weak)),
            ..page.clone()
        };
        vec![
            specimen("security", &page),
            specimen("security-closed", &closed),
            specimen("security-bare", &bare),
            specimen("security-weak", &weak),
        ]
    }

    fn session(&self, id: &str, device: &str, place: SessionPlace) -> SessionRow {
        SessionRow {
            id: self.text(id),
            device: self.text(device),
            address: self.text("198.51.100.7"),
            started: self.text("12 March, 09:14"),
            last_seen: self.text("2 minutes ago"),
            place,
        }
    }

    fn consent(&self) -> Vec<Specimen> {
        let texts = &self.frame.texts;
        let scope = |name, refusal| ScopeRow::of(texts, name, None, refusal);
        let page = ConsentPage {
            frame: self.frame.clone(),
            action: self.text("/consent"),
            client: self.client(),
            client_logo: None,
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
                scope("security-email", Refusal::Possible),
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
        let themed = ConsentPage {
            frame: self.themed(),
            client_logo: Some(self.text(CLIENT_LOGO)),
            ..page.clone()
        };
        vec![
            specimen("consent", &page),
            specimen("consent-fixed", &fixed),
            specimen("consent-themed", &themed),
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

    fn setup(&self) -> Vec<Specimen> {
        let typed = TypedAnswers {
            username: self.text("ada"),
            display_name: self.text("Ada Lovelace"),
            email: self.text("ada@northwind.example"),
            realm_name: self.text("Northwind"),
            client_name: self.text("Harbour Notes"),
            client_kind: "browser".to_owned(),
            redirect_uris: self.text("https://notes.harbour.example/callback"),
            ..TypedAnswers::default()
        };
        let page = |typed: Option<&TypedAnswers>, mail: Option<String>, refused| {
            let form = SetupForm {
                action: self.text("/setup"),
                token: &self.text("one-time-token"),
                prefilled: Prefilled {
                    realm_name: self.text("Gatelodge"),
                    issuer: self.text("https://id.northwind.example"),
                    mail,
                },
                typed,
                refused,
            };
            SetupPage::new(self.frame.clone(), form)
        };
        let again = |name, refused: &[(Question, Objection)]| {
            let refused = refused.iter().map(|(question, objection)| RefusedAnswer {
                question: *question,
                objection: objection.clone(),
            });
            let mail = Some(self.text("smtp mail.northwind.example:587"));
            specimen(name, &page(Some(&typed), mail, refused.collect()))
        };
        let unusable = |part: &str| Objection::Unusable {
            part: self.text(part),
            why: String::new(),
        };
        let short = Objection::Password(PasswordRefused::TooShort { minimum: 8 });
        let weak = Objection::Password(PasswordRefused::Weak);
        vec![
            specimen("setup", &page(None, None, Vec::new())),
            again("setup-mail", &[]),
            again("first-username", &[(Question::Username, unusable(""))]),
            again("first-short", &[(Question::Password, short)]),
            again(
                "setup-refused",
                &[
                    (Question::Email, Objection::Taken),
                    (Question::Password, weak),
                    (Question::RealmName, unusable("")),
                    (Question::ClientName, Objection::Missing),
                    (Question::ClientKind, unusable("")),
                    (Question::ClientId, Objection::Taken),
                    (Question::RedirectUris, unusable("http://notes.example/")),
                ],
            ),
            self.setup_done(
                "setup-done",
                "web",
                Some(Ok(self.text("ada@northwind.example"))),
            ),
            self.setup_done(
                "setup-machine-done",
                "machine",
                Some(Err(self.text("535 5.7.8 no"))),
            ),
            self.setup_done("setup-bare-done", "", None),
            self.administrator_recovery(None),
            self.administrator_recovery(Some(PasswordRefused::Listed)),
            self.administrator_recovered(),
        ]
    }

    /// What the store holds with a client of that kind, or without one.
    fn setup_done(
        &self,
        name: &'static str,
        kind: &str,
        tested: Option<Result<String, String>>,
    ) -> Specimen {
        let client = (!kind.is_empty()).then(|| FirstClientView {
            name: self.text("Harbour Notes"),
            client_id: self.text("harbour-notes"),
            secret: self.text("gl_cs_mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho6dz"),
            redirect_uris: vec![self.text("https://notes.harbour.example/callback")],
            is_machine: kind == "machine",
        });
        let page = SetupDonePage {
            frame: self.frame.clone(),
            username: self.text("ada"),
            name: self.text("Ada Lovelace"),
            email: self.text("ada@northwind.example"),
            roles: self.text("administrator"),
            realm_name: self.text("Northwind"),
            issuer: self.text("https://id.northwind.example"),
            admin_url: self.text("https://admin.northwind.example"),
            docs: self.text("/docs/"),
            mail: tested
                .as_ref()
                .map(|_| self.text("smtp mail.northwind.example:587")),
            tested,
            client,
        };
        specimen(name, &page)
    }

    fn administrator_recovery(&self, refused: Option<PasswordRefused>) -> Specimen {
        let page = AdministratorRecoveryPage {
            frame: self.frame.clone(),
            action: self.text("/setup"),
            token: self.text("one-time-token"),
            username: self.text("ada"),
            refused,
        };
        let name = refused.map_or("recovery", |_| "recovery-refused");
        specimen(name, &page)
    }

    fn administrator_recovered(&self) -> Specimen {
        let page = AdministratorRecoveredPage {
            frame: self.frame.clone(),
            username: self.text("ada"),
            docs: self.text("/docs/"),
        };
        specimen("recovery-done", &page)
    }

    fn account(&self) -> Vec<Specimen> {
        let page = AccountPage {
            frame: self.frame.clone(),
            person: Some(AccountPerson {
                name: self.text("Ada Lovelace"),
                username: self.text("ada"),
                sessions: vec![
                    self.session("s1", "Firefox on Linux", SessionPlace::Here),
                    self.session("s2", "Safari on iPhone", SessionPlace::Elsewhere),
                    self.session("s3", "Chrome on Windows", SessionPlace::Elsewhere),
                ],
            }),
            sign_in: self.text("/login"),
            sign_out_action: self.text("/account/sign-out"),
            security: self.text("/account/security"),
            email: self.text("/account/email"),
            profile: Some(self.text("/account/profile")),
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

    /// Ways back in by mail.
    fn recovery(&self) -> Vec<Specimen> {
        let recover = RecoverPage {
            frame: self.frame.clone(),
            action: self.text("/recover"),
            username: String::new(),
            csrf: self.text("csrf-token"),
            sign_in: self.text("/login"),
            problem: None,
        };
        let again = |name, problem| {
            let again = RecoverPage {
                username: self.text("ada@northwind.example"),
                problem: Some(problem),
                ..recover.clone()
            };
            specimen(name, &again)
        };
        let reset = ResetPasswordPage {
            frame: self.frame.clone(),
            action: self.text("/recover/gl_ot_secret"),
            username: self.text("ada"),
            problem: None,
        };
        let weak = ResetPasswordPage {
            problem: Some(ResetProblem::Refused(PasswordRefused::Weak)),
            ..reset.clone()
        };
        let verify = VerifyEmailPage {
            frame: self.frame.clone(),
            action: self.text("/verify-email/gl_ot_secret"),
            username: self.text("ada"),
            email: self.text("ada@northwind.example"),
        };
        let notice = |name, notice| {
            let page = RecoveryNoticePage {
                frame: self.frame.clone(),
                notice,
                sign_in: self.text("/login"),
            };
            specimen(name, &page)
        };
        vec![
            specimen("recover", &recover),
            again("recover-missing", RecoverProblem::Missing),
            again("recover-too-many", RecoverProblem::TooMany),
            again("recover-expired", RecoverProblem::Expired),
            notice("recover-sent-done", RecoveryNotice::Sent),
            notice("recover-off-done", RecoveryNotice::Off),
            specimen("reset", &reset),
            specimen("reset-weak", &weak),
            notice("reset-done", RecoveryNotice::PasswordSet),
            specimen("verify-email", &verify),
            notice("verify-email-done", RecoveryNotice::EmailVerified),
        ]
    }

    /// A person's own address.
    fn profile_field(&self, name: &str, control: ProfileControl, value: &str) -> ProfileField {
        ProfileField {
            id: format!("attribute-{name}"),
            name: format!("attribute.{name}"),
            label: self.text(name),
            control,
            value: self.text(value),
            presence: Presence::Optional,
            misfit: None,
        }
    }

    fn account_profile(&self) -> Vec<Specimen> {
        let row = |label: &str, value: &str| ProfileRow {
            label: self.text(label),
            value: self.text(value),
        };
        let page = AccountProfilePage {
            frame: self.frame.clone(),
            username: self.text("ada"),
            rows: vec![
                row("Cost centre", "DE-0042"),
                row("Buildings", "Lighthouse\nNorth quay"),
            ],
            fields: vec![
                ProfileField {
                    presence: Presence::Required,
                    ..self.profile_field("Phone", ProfileControl::Line(Some(20)), "+49 30 1234")
                },
                self.profile_field("Languages", ProfileControl::List, "English\nDeutsch"),
                self.profile_field("Joined", ProfileControl::Date, "2026-01-31"),
                self.profile_field("Parking", ProfileControl::Choice, "true"),
                self.profile_field("Desk", ProfileControl::Whole, "42"),
            ],
            action: self.text("/account/profile"),
            account: self.text("/account"),
            csrf: self.text("csrf-token"),
            notice: None,
        };
        let noticed = |name, notice| {
            let page = AccountProfilePage {
                notice: Some(notice),
                ..page.clone()
            };
            specimen(name, &page)
        };
        let mut wrong = page.clone();
        let misfits = [
            Misfit::Missing,
            Misfit::NotAList,
            Misfit::Type(AttributeType::Date),
            Misfit::Type(AttributeType::Boolean),
            Misfit::TooLong(20),
        ];
        for (field, misfit) in wrong.fields.iter_mut().zip(misfits) {
            field.misfit = Some(misfit);
        }
        let only_seen = AccountProfilePage {
            fields: Vec::new(),
            ..page.clone()
        };
        let empty = AccountProfilePage {
            rows: Vec::new(),
            ..only_seen.clone()
        };
        vec![
            specimen("security-profile", &page),
            specimen("security-profile-wrong", &wrong),
            specimen("security-profile-seen-done", &only_seen),
            specimen("security-profile-empty-done", &empty),
            noticed("security-profile-saved", ProfileNotice::Saved),
            noticed("security-profile-stale", ProfileNotice::Stale),
            noticed("security-profile-expired", ProfileNotice::Expired),
        ]
    }

    fn account_email(&self) -> Vec<Specimen> {
        let page = AccountEmailPage {
            frame: self.frame.clone(),
            username: self.text("ada"),
            email: Some((self.text("ada@northwind.example"), Proof::Missing)),
            can_send: CanSend::Yes,
            send_action: self.text("/account/email/verification"),
            change_action: self.text("/account/email"),
            typed: String::new(),
            account: self.text("/account"),
            csrf: self.text("csrf-token"),
            notice: None,
        };
        let noticed = |name, notice| {
            let page = AccountEmailPage {
                typed: self.text("ada@harbour.example"),
                notice: Some(notice),
                ..page.clone()
            };
            specimen(name, &page)
        };
        let off = AccountEmailPage {
            email: None,
            can_send: CanSend::No,
            ..page.clone()
        };
        let proved = AccountEmailPage {
            email: Some((self.text("ada@northwind.example"), Proof::Given)),
            ..page.clone()
        };
        vec![
            specimen("security-email", &page),
            specimen("security-email-proved", &proved),
            specimen("security-email-off-done", &off),
            noticed("security-email-sent", EmailNotice::Sent),
            noticed("security-email-bad", EmailNotice::BadAddress),
            noticed("security-email-same", EmailNotice::SameAddress),
            noticed("security-email-wrong-password", EmailNotice::WrongPassword),
            noticed("security-email-too-many", EmailNotice::TooMany),
            noticed("security-email-expired", EmailNotice::Expired),
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
