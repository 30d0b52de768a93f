//! What the endpoints for clients have in common: a form, a client, an answer that says how to
//! authenticate and which pages may read it.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};
use gatelodge_usecases::ErrorCode;
use gatelodge_usecases::client_authentication::ClientRequest;

use crate::cors::{self, Readers};
use crate::errors::HttpError;
use crate::form::Form;
use crate::request::IssuerRequest;

/// Answers a request of a client whose pages may read the answer.
pub async fn answer(
    issuer: &IssuerRequest,
    request: &HttpRequest,
    form: Form,
    act: impl AsyncFnOnce(ClientRequest<'_>) -> Result<HttpResponse, HttpError>,
) -> HttpResponse {
    let authorization = authorization(request);
    let parameters = match form.0 {
        Ok(parameters) => parameters,
        Err(denial) => {
            let refused = refuse(issuer, &denial.into());
            return cors::share(issuer, request, Readers::AnyClient, refused).await;
        }
    };
    let client_request = ClientRequest {
        authorization: authorization.as_deref(),
        parameters: &parameters,
    };
    let answered = match act(client_request).await {
        Ok(response) => response,
        Err(error) => refuse(issuer, &error),
    };
    if cors::origin_of(request).is_none() {
        return cors::share(issuer, request, Readers::AnyClient, answered).await;
    }
    let clients = &issuer.state.use_cases.clients;
    match clients.identify(&issuer.realm, &client_request).await {
        Ok(Some(client)) => cors::share(issuer, request, Readers::Of(&client), answered).await,
        Ok(None) => cors::share(issuer, request, Readers::AnyClient, answered).await,
        // Whose pages may read it is not known, so none may.
        Err(_) => answered,
    }
}

/// An error of RFC 6749 §5.2. A 401 names a way to authenticate, as HTTP asks of every 401.
pub fn refuse(issuer: &IssuerRequest, error: &HttpError) -> HttpResponse {
    let mut response = error.error_response();
    if error.parts().0 == ErrorCode::InvalidClient {
        let challenge = format!("Basic realm=\"{}\", charset=\"UTF-8\"", issuer.realm.issuer);
        if let Ok(value) = header::HeaderValue::from_str(&challenge) {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, value);
        }
    }
    response
}

/// The `Authorization` header. What is not UTF-8 is kept recognisably wrong.
pub fn authorization(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get(header::AUTHORIZATION)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}
