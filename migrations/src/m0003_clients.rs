//! Step 3: clients, each one row, because a client is read and written as a whole.
//!
//! What decides something at an endpoint has a column of its own, by the name that RFC 7591 §2
//! or OpenID Connect Dynamic Client Registration 1.0 §2 gives it where there is one; sets and
//! lists among them are JSON. The remaining registered fields (`client_uri`, `logo_uri`,
//! `tos_uri`, `policy_uri`, `contacts`, `jwks_uri`, `jwks`, `software_*`,
//! `sector_identifier_uri`, `subject_type`, the encryption and request-object algorithms,
//! `default_max_age`, `require_auth_time`, `default_acr_values`, `initiate_login_uri`,
//! `request_uris`, the logout URIs) are one JSON object in `metadata`: nothing is looked up by
//! them, and a field that a later specification adds needs no step. Secrets are JSON in the row
//! as well: at most ten, never found other than through their client.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::columns::{Schema, bytes, flag, number, number_or_null, text, text_or_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let schema = Schema::new(manager);
        let columns = vec![
            bytes("realm"),
            bytes("id"),
            text("client_id"),
            number_or_null("disabled_since"),
            text("origin"),
            text("client_name"),
            text("token_endpoint_auth_method"),
            text("secrets"),
            text("grant_types"),
            text("response_types"),
            text("redirect_uris"),
            text("post_logout_redirect_uris"),
            text("application_type"),
            text("allowed_origins"),
            text("scopes"),
            text("default_scopes"),
            text("audiences"),
            flag("require_pkce"),
            flag("consent_waived"),
            text("introspection"),
            flag("refresh_rotates"),
            number("refresh_overlap_seconds"),
            flag("opaque_access_tokens"),
            text("id_token_signed_response_alg"),
            text("access_token_signed_response_alg"),
            text_or_null("userinfo_signed_response_alg"),
            text("metadata"),
            text("settings"),
            number("revision"),
            number("created_at"),
            number("updated_at"),
        ];
        schema.table("clients", &["realm", "id"], columns).await?;
        schema
            .unique("clients_client_id_key", "clients", &["realm", "client_id"])
            .await
    }
}
