//! Signing in: the password, the steps after it, consent, and the way out.

use gatelodge_usecases::passwords::PasswordRefused;

use super::{CLIENT_LOGO, Specimen, World, specimen};
use crate::pages::frame::Link;
use crate::pages::{
    ClientLinks, ConsentPage, ConsentProblem, EnrolmentPage, EnrolmentProblem, EnrolmentReason,
    FactorPage, FactorProblem, FactorWay, NewPasswordPage, NewPasswordProblem, QrDrawing,
    RecoveryCodesPage, Refusal, Remember, ScopeRow, SignInPage, SignInProblem, SignOutPage,
    SignedOutPage,
};

impl World<'_> {
    pub(super) fn sign_in(&self) -> Vec<Specimen> {
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
    pub(super) fn steps(&self) -> Vec<Specimen> {
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

    pub(super) fn consent(&self) -> Vec<Specimen> {
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

    pub(super) fn sign_out(&self) -> Vec<Specimen> {
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
}
