//! Browser sign-ins.

mod end;
mod list;
mod read;
mod representation;

pub(crate) use representation::SessionAnswer;
use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations on sessions.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list_sessions)
        .service(read::read_session)
        .service(end::end_session);
}
