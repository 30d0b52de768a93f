//! What a realm keeps of a person and shows them, and what of it they may change.

mod fields;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post};
use gatelodge_domain::attribute::{AttributeName, OwnerAccess};
use gatelodge_domain::user::PasswordChange;
use gatelodge_usecases::Parameters;
use gatelodge_usecases::sessions::SignedIn;
use gatelodge_usecases::users::{Misfit, OwnAttribute, OwnChange, OwnProfile, OwnProfileError};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::page_error::PageError;
use crate::page_parameters::{PageForm, PageQuery};
use crate::pages::{AccountProfilePage, ProfileField, ProfileNotice, ProfileRow};
use crate::steps::Goal;
use crate::visit::Visit;

/// Adds the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(account_profile).service(change_profile);
}

/// The page.
#[utoipa::path(
    tag = "Pages",
    operation_id = "account_profile_page",
    params(("done" = Option<String>, Query, description = "What the last post did.")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 303, description = "To the account page, for who is not signed in, or to the page on which they choose another password first."),
    )
)]
#[get("/account/profile")]
async fn account_profile(
    visit: Visit,
    PageQuery(query): PageQuery,
) -> Result<HttpResponse, PageError> {
    let Some(me) = visit.signed_in().await? else {
        return Ok(visit.see_other(&visit.path("/account")));
    };
    if me.user.password_change == PasswordChange::Required {
        return Ok(visit.see_other(&Goal::Account.by_way_of(&visit, "/login/new-password")));
    }
    let notice = match query.text("done") {
        "saved" => Some(ProfileNotice::Saved),
        _ => None,
    };
    page(&visit, StatusCode::OK, &me, &Tried::nothing(), notice)
}

/// What the page posts besides a field `attribute.{name}` for each attribute that the person may
/// change: a list has a value a line, and an empty field forgets the attribute.
#[derive(ToSchema)]
pub struct ChangeProfileForm {
    /// The page's token.
    pub csrf: String,
}

/// Changes what the person may change of what is kept of them; all or nothing.
#[utoipa::path(
    tag = "Pages",
    operation_id = "account_change_profile",
    request_body(content = ChangeProfileForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Saved; or to the account page, for who is not signed in."),
        (status = 400, description = "Something does not fit what the realm keeps.", body = String, content_type = "text/html"),
        (status = 403, description = "The form is too old or not of this browser.", body = String, content_type = "text/html"),
        (status = 409, description = "An administrator changed the person meanwhile.", body = String, content_type = "text/html"),
    )
)]
#[post("/account/profile")]
async fn change_profile(visit: Visit, PageForm(form): PageForm) -> Result<HttpResponse, PageError> {
    let Some(me) = visit.signed_in().await? else {
        return Ok(visit.see_other(&visit.path("/account")));
    };
    if me.user.password_change == PasswordChange::Required {
        return Ok(visit.see_other(&Goal::Account.by_way_of(&visit, "/login/new-password")));
    }
    if !visit.is_form_of(&me, form.text("csrf")) {
        let notice = Some(ProfileNotice::Expired);
        return page(
            &visit,
            StatusCode::FORBIDDEN,
            &me,
            &Tried::nothing(),
            notice,
        );
    }
    let mut tried = Tried::read(&visit, &me, &form)?;
    let changes = core::mem::take(&mut tried.changes);
    let profile = &visit.use_cases().own_profile;
    let (realm, facts) = (&visit.issuer.realm, &visit.issuer.facts);
    match profile.change(realm, &me, changes, facts).await {
        Ok(()) => Ok(visit.see_other(&visit.path("/account/profile?done=saved"))),
        Err(OwnProfileError::Misfits(misfits)) => {
            tried.misfits = misfits;
            page(&visit, StatusCode::BAD_REQUEST, &me, &tried, None)
        }
        Err(OwnProfileError::Stale) => {
            let notice = Some(ProfileNotice::Stale);
            page(&visit, StatusCode::CONFLICT, &me, &tried, notice)
        }
        Err(OwnProfileError::Failed(failure)) => Err(visit.fail(failure)),
    }
}

/// What was posted, and what was wrong with it.
struct Tried {
    /// What was typed into fields that are not as they were shown.
    typed: Vec<(AttributeName, String)>,
    changes: Vec<OwnChange>,
    misfits: Vec<(AttributeName, Misfit)>,
}

impl Tried {
    const fn nothing() -> Self {
        Self {
            typed: Vec::new(),
            changes: Vec::new(),
            misfits: Vec::new(),
        }
    }

    /// What a form says other than what is known.
    fn read(visit: &Visit, me: &SignedIn, form: &Parameters) -> Result<Self, PageError> {
        let mut tried = Self::nothing();
        for attribute in OwnProfile::attributes(&visit.issuer.realm, &me.user) {
            let Some(shown) = fields::editable(&attribute) else {
                continue;
            };
            let field = fields::field_name(attribute.name);
            // A field that was not posted was not on the page; an empty one was emptied.
            if !form.pairs().iter().any(|(name, _)| *name == field) {
                continue;
            }
            let posted = fields::unix_lines(visit.one(form, &field)?);
            if posted != shown {
                tried.changes.push(OwnChange {
                    name: attribute.name.clone(),
                    value: fields::read(attribute.rule, &posted),
                });
                tried.typed.push((attribute.name.clone(), posted));
            }
        }
        Ok(tried)
    }

    fn typed(&self, name: &AttributeName) -> Option<&str> {
        let found = self.typed.iter().find(|(one, _)| one == name);
        found.map(|(_, text)| text.as_str())
    }

    fn misfit(&self, name: &AttributeName) -> Option<Misfit> {
        let found = self.misfits.iter().find(|(one, _)| one == name);
        found.map(|(_, why)| *why)
    }
}

fn page(
    visit: &Visit,
    status: StatusCode,
    me: &SignedIn,
    tried: &Tried,
    notice: Option<ProfileNotice>,
) -> Result<HttpResponse, PageError> {
    let frame = visit.frame(None);
    let mut rows = Vec::new();
    let mut form = Vec::new();
    for attribute in OwnProfile::attributes(&visit.issuer.realm, &me.user) {
        match fields::editable(&attribute) {
            Some(shown) => form.push(field(&attribute, &shown, tried)),
            None => rows.push(ProfileRow {
                label: fields::label(&attribute),
                value: fields::spoken(&attribute, &frame.texts),
            }),
        }
    }
    let page = AccountProfilePage {
        username: me.user.username.as_str().to_owned(),
        rows,
        fields: form,
        action: visit.path("/account/profile"),
        account: visit.path("/account"),
        csrf: visit.csrf(me),
        notice,
        frame,
    };
    visit.page(status, &page)
}

fn field(attribute: &OwnAttribute<'_>, shown: &str, tried: &Tried) -> ProfileField {
    let name = attribute.name;
    ProfileField {
        id: format!("attribute-{}", name.as_str()),
        name: fields::field_name(name),
        label: fields::label(attribute),
        control: fields::control(attribute.rule, shown),
        value: tried.typed(name).unwrap_or(shown).to_owned(),
        presence: attribute.rule.presence,
        misfit: tried.misfit(name),
    }
}

/// Whether the account page has anything to show there.
pub(crate) fn is_offered(visit: &Visit) -> bool {
    let mut rules = visit.issuer.realm.realm.user_schema.iter();
    rules.any(|(_, rule)| rule.owner != OwnerAccess::None)
}
