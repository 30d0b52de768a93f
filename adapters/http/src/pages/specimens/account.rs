//! What belongs to a person: their account, profile, address, and what guards them.

use gatelodge_domain::attribute::{AttributeType, Presence};
use gatelodge_usecases::passwords::PasswordRefused;
use gatelodge_usecases::users::Misfit;

use super::{Specimen, World, specimen};
use crate::pages::{
    AccountEmailPage, AccountNotice, AccountPage, AccountPerson, AccountProfilePage, CanSend,
    Changing, EmailNotice, FactorPlace, FactorRow, ProfileControl, ProfileField, ProfileNotice,
    ProfileRow, Proof, SecurityNotice, SecurityPage, SessionPlace, SessionRow,
};

impl World<'_> {
    pub(super) fn account(&self) -> Vec<Specimen> {
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

    pub(super) fn account_profile(&self) -> Vec<Specimen> {
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

    pub(super) fn account_email(&self) -> Vec<Specimen> {
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

    pub(super) fn security(&self) -> Vec<Specimen> {
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
}
