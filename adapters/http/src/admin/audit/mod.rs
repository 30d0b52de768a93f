//! The audit trail.

mod export;
mod filter;
mod list;
mod read;
mod representation;
mod stream;
mod verify;

pub use representation::{event_line, hexadecimal, seal_line};

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations on the trail.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list_audit)
        .service(list::list_realm_audit)
        .service(export::export_audit)
        .service(export::export_realm_audit)
        .service(stream::stream_audit)
        .service(stream::stream_realm_audit)
        .service(verify::verify_audit)
        // After the words that stand in the same place.
        .service(read::read_audit_event)
        .service(read::read_realm_audit_event);
}
