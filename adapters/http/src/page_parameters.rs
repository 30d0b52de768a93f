//! What a page was asked with and what its form posted: whatever is wrong with it is shown as a
//! page too.

use std::future::Future;
use std::pin::Pin;

use actix_web::{FromRequest, HttpRequest, dev};
use gatelodge_usecases::Parameters;

use crate::errors::HttpError;
use crate::page_error::PageError;
use crate::parameters::{FormParameters, QueryParameters};
use crate::visit::Visit;

type PageFuture<T> = Pin<Box<dyn Future<Output = Result<T, PageError>>>>;

/// The parameters in a page's address.
pub struct PageQuery(pub Parameters);

/// The fields of a page's form.
pub struct PageForm(pub Parameters);

impl FromRequest for PageQuery {
    type Error = PageError;
    type Future = PageFuture<Self>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let read = QueryParameters::from_request(request, payload);
        let shown = or_shown(request.clone(), read);
        Box::pin(async { shown.await.map(|QueryParameters(fields)| Self(fields)) })
    }
}

impl FromRequest for PageForm {
    type Error = PageError;
    type Future = PageFuture<Self>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let read = FormParameters::from_request(request, payload);
        let shown = or_shown(request.clone(), read);
        Box::pin(async { shown.await.map(|FormParameters(fields)| Self(fields)) })
    }
}

/// What was read, or the page that says what is wrong with it.
async fn or_shown<T>(
    request: HttpRequest,
    read: impl Future<Output = Result<T, HttpError>>,
) -> Result<T, PageError> {
    match read.await {
        Ok(read) => Ok(read),
        Err(error) => Err(Visit::extract(&request).await?.error(&error)),
    }
}

impl Visit {
    /// The one value of a parameter, empty where there is none; a page where it is repeated.
    pub fn one<'a>(&self, parameters: &'a Parameters, name: &str) -> Result<&'a str, PageError> {
        let value = parameters.one(name).map_err(|denial| self.refuse(denial))?;
        Ok(value.unwrap_or_default())
    }
}
