//! `response_mode=form_post` (OAuth 2.0 Form Post Response Mode).

use gatelodge_domain::RedirectUri;

use super::{Delivery, Pairs, ResponseMode};
use crate::authorize::response_types::ResponseType;

pub(super) struct FormPost;

impl ResponseMode for FormPost {
    fn name(&self) -> &'static str {
        "form_post"
    }

    fn carries(&self, _response_type: &ResponseType) -> bool {
        true
    }

    fn deliver(&self, redirect_uri: &RedirectUri, pairs: Pairs) -> Delivery {
        Delivery::Form {
            action: redirect_uri.as_str().to_owned(),
            pairs,
        }
    }
}
