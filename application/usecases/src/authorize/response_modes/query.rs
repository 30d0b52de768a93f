//! `response_mode=query`.

use gatelodge_domain::RedirectUri;

use super::encoding::encode;
use super::{Delivery, Pairs, ResponseMode};
use crate::authorize::response_types::{Part, ResponseType};

pub(super) struct Query;

impl ResponseMode for Query {
    fn name(&self) -> &'static str {
        "query"
    }

    /// Queries end up in logs and `Referer`: no token may travel in one (§5).
    fn carries(&self, response_type: &ResponseType) -> bool {
        response_type.parts() == [Part::Code]
    }

    fn deliver(&self, redirect_uri: &RedirectUri, pairs: Pairs) -> Delivery {
        Delivery::Location(with_query(redirect_uri, &pairs))
    }
}

/// The URI with these pairs added to whatever query it has.
pub(crate) fn with_query(uri: &RedirectUri, pairs: &[(&'static str, String)]) -> String {
    if pairs.is_empty() {
        return uri.as_str().to_owned();
    }
    let joint = match uri.as_str().split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{joint}{}", encode(pairs))
}
