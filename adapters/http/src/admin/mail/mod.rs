//! What mails say, per realm and language, and whether they arrive.

mod delete;
mod list;
mod preview;
mod read;
mod representation;
mod status;
mod test;
mod write;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations on mail.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(status::read_mail)
        .service(list::list_mail_templates)
        .service(read::read_mail_template)
        .service(write::write_mail_template)
        .service(delete::delete_mail_template)
        .service(preview::preview_mail_template)
        .service(test::test_mail);
}
