//! `response_mode=fragment`. A registered redirect URI has no fragment of its own.

use gatelodge_domain::RedirectUri;

use super::encoding::encode;
use super::{Delivery, Pairs, ResponseMode};
use crate::authorize::response_types::ResponseType;

pub(super) struct Fragment;

impl ResponseMode for Fragment {
    fn name(&self) -> &'static str {
        "fragment"
    }

    fn carries(&self, _response_type: &ResponseType) -> bool {
        true
    }

    fn deliver(&self, redirect_uri: &RedirectUri, pairs: Pairs) -> Delivery {
        Delivery::Location(format!("{redirect_uri}#{}", encode(&pairs)))
    }
}
