//! What both documents have in common, and how they are served.

use std::collections::BTreeMap;

use actix_web::{App, HttpResponse, get, web};
use gatelodge_usecases::realms::Listener;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{
    AuthorizationCode, Flow, Http, HttpAuthScheme, OAuth2, Scopes, SecurityScheme,
};
use utoipa::openapi::{Info, License, OpenApi, Ref, RefOr, Server};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{admin_openapi, auth_openapi};
use crate::errors::HttpError;
use crate::state::HttpState;

/// The document of what a function mounts.
pub(crate) fn collect(
    title: &str,
    description: &str,
    mount: impl FnOnce(&mut ServiceConfig<'_>),
) -> OpenApi {
    let mut info = Info::new(title, env!("CARGO_PKG_VERSION"));
    info.description = Some(description.to_owned());
    info.license = Some(License::new("Apache-2.0 OR MIT"));
    let empty = OpenApi::new(info, utoipa::openapi::Paths::new());
    let app = App::new().into_utoipa_app().openapi(empty).configure(mount);
    let (_app, mut document) = app.split_for_parts();
    document.servers = Some(vec![Server::new("/")]);
    document
}

/// How callers prove who they are: a sign-in with code and PKCE through the issuer of the same
/// port, and the secret of a confidential client.
pub(super) fn add_security(
    document: &mut OpenApi,
    scopes: impl IntoIterator<Item = (String, String)>,
    about: &str,
) {
    let code = AuthorizationCode::new(
        "/oauth2/authorize",
        "/oauth2/token",
        Scopes::from_iter(scopes),
    );
    let bearer = OAuth2::with_description([Flow::AuthorizationCode(code)], about);
    let mut basic = Http::new(HttpAuthScheme::Basic);
    basic.description = Some("`client_id` and secret of a confidential client.".to_owned());
    let components = document.components.get_or_insert_default();
    components
        .security_schemes
        .insert("bearer".to_owned(), SecurityScheme::OAuth2(bearer).into());
    components.security_schemes.insert(
        "client_secret_basic".to_owned(),
        SecurityScheme::Http(basic).into(),
    );
}

/// Every operation of a path with its method's name.
pub(crate) fn operations(
    item: &mut PathItem,
) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("get", item.get.as_mut()),
        ("put", item.put.as_mut()),
        ("post", item.post.as_mut()),
        ("delete", item.delete.as_mut()),
        ("patch", item.patch.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation?)))
}

/// What is told of a parameter.
#[derive(Clone, Copy)]
pub(super) struct Parameter {
    /// What it is.
    pub(super) about: &'static str,
    /// What its text matches.
    pub(super) pattern: &'static str,
    /// Such a text.
    pub(super) example: &'static str,
}

/// Tells what the parameters of a path are.
pub(super) fn describe_parameters(operation: &mut Operation, known: &BTreeMap<&str, Parameter>) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else {
            continue;
        };
        if let Some(told) = known.get(parameter.name.as_str())
            && parameter.parameter_in == ParameterIn::Path
        {
            let schema = ObjectBuilder::new()
                .schema_type(SchemaType::Type(Type::String))
                .pattern(Some(told.pattern));
            *parameter = ParameterBuilder::from(parameter.clone())
                .description(Some(told.about))
                .schema(Some(schema))
                .example(Some(told.example.into()))
                .build();
        }
    }
}

/// A reference to a schema of the document.
pub(super) fn schema_ref(name: &str) -> RefOr<utoipa::openapi::Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}

/// The document as it is committed: indented, with a line break at its end.
pub fn to_json(document: &OpenApi) -> Result<String, serde_json::Error> {
    Ok(document.to_pretty_json()? + "\n")
}

/// The document of a listener, with the addresses under which it is reached.
fn served(state: &HttpState) -> OpenApi {
    let issuers = &state.foundation.issuers;
    let (mut document, issuer) = match state.listener {
        Listener::Auth => (auth_openapi(), issuers.public_url()),
        Listener::Admin => (admin_openapi(), issuers.admin_url()),
    };
    document.servers = Some(vec![Server::new(issuer)]);
    for scheme in document
        .components
        .iter_mut()
        .flat_map(|components| components.security_schemes.values_mut())
    {
        let RefOr::T(SecurityScheme::OAuth2(OAuth2 { flows, .. })) = scheme else {
            continue;
        };
        for flow in flows.values_mut() {
            if let Flow::AuthorizationCode(code) = flow {
                code.authorization_url = format!("{issuer}{}", code.authorization_url);
                code.token_url = format!("{issuer}{}", code.token_url);
            }
        }
    }
    document
}

/// This document.
#[utoipa::path(
    tag = "Documents",
    operation_id = "openapi_json",
    responses(
        (status = 200, description = "The OpenAPI document of this port.", body = Object, content_type = "application/json"),
        (status = 404, description = "The documents are switched off."),
    )
)]
#[get("/openapi.json")]
pub(super) async fn openapi_json(state: web::Data<HttpState>) -> Result<HttpResponse, HttpError> {
    if !state.docs {
        return Err(HttpError::not_found());
    }
    Ok(HttpResponse::Ok().json(served(&state)))
}
