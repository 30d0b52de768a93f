//! What stands between a password and a session: the pages of the second factor, of setting one
//! up and of choosing another password.
//!
//! Whoever is at a step has the cookie of a sign-in that waits, or is signed in with less than
//! is asked now. Nobody else sees these pages.

pub mod enrolment;
pub mod factor;
mod goal;
pub mod new_password;
mod standing;

pub(crate) use enrolment::{codes_page, drawing};
pub(crate) use goal::{Goal, SECURITY};
pub(crate) use standing::{Standing, enter, set_session};
use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    factor::mount(config);
    enrolment::mount(config);
    new_password::mount(config);
}
