//! The form of a request whose answer bears headers even when there is no form to read.
//!
//! A body that is no form, is too long or is not UTF-8 is `invalid_request`; the handler says
//! so itself, because which web pages may read that answer is its to decide.

use std::future::Future;
use std::pin::Pin;

use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, dev};
use gatelodge_usecases::{Denial, Parameters};

use crate::errors::HttpError;
use crate::parameters::FormParameters;

/// The parameters in the body of a POST, or why there are none.
pub struct Form(pub Result<Parameters, Denial>);

impl FromRequest for Form {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, HttpError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let parameters = FormParameters::from_request(request, payload);
        Box::pin(async move {
            match parameters.await {
                Ok(FormParameters(parameters)) => Ok(Self(Ok(parameters))),
                Err(HttpError::Denied(denial)) => Ok(Self(Err(denial))),
                Err(failed) => Err(failed),
            }
        })
    }
}

/// Whether the body says that it is a form.
pub fn is_form(request: &HttpRequest) -> bool {
    request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| {
            kind.trim()
                .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        })
}
