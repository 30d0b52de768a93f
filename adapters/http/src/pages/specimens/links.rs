//! Pages behind links from mails and terminals: the first run, and lost passwords.

use gatelodge_usecases::passwords::PasswordRefused;
use gatelodge_usecases::setup::{Objection, Prefilled, Question, RefusedAnswer, TypedAnswers};

use super::{Specimen, World, specimen};
use crate::pages::setup::FirstClientView;
use crate::pages::{
    AdministratorRecoveredPage, AdministratorRecoveryPage, RecoverPage, RecoverProblem,
    RecoveryNotice, RecoveryNoticePage, ResetPasswordPage, ResetProblem, SetupDonePage, SetupForm,
    SetupPage, SetupUnreadPage, VerifyEmailPage,
};

impl World<'_> {
    pub(super) fn setup(&self) -> Vec<Specimen> {
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
            self.setup_unread(
                "setup-unread-done",
                "gl_cs_mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho6dz",
            ),
            self.setup_unread("setup-public-unread-done", ""),
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

    /// The same without an answer of the store.
    fn setup_unread(&self, name: &'static str, secret: &str) -> Specimen {
        let page = SetupUnreadPage {
            frame: self.frame.clone(),
            admin_url: self.text("https://admin.northwind.example"),
            client_id: self.text("harbour-notes"),
            client_secret: if secret.is_empty() {
                String::new()
            } else {
                self.text(secret)
            },
            reference: self.text("01JQ8Z5T2V4K"),
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

    /// Ways back in by mail.
    pub(super) fn recovery(&self) -> Vec<Specimen> {
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
}
