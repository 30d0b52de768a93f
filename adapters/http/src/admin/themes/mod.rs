//! How a realm's pages and mails look and speak.

mod colours;
mod delete;
mod logo;
mod read;
mod representation;
mod write;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations on themes.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(read::read_theme)
        .service(write::write_theme)
        .service(delete::delete_theme)
        .service(logo::read_theme_logo)
        .service(logo::write_theme_logo)
        .service(logo::delete_theme_logo);
}
