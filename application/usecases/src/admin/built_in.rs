//! What is part of the program stands before what a realm keeps of the same kind: the numbers of
//! its ids are smaller than any that a clock makes. It can be neither changed nor removed.

use gatelodge_domain::Id;
use gatelodge_domain::role::Protection;
use gatelodge_ports::store::{Listed, PageRequest};

use super::Refusal;
use crate::ErrorCode;

/// A page of both, where `own` is that page of the realm's alone.
pub(crate) fn built_in_first<T>(
    built_in: Vec<T>,
    id: impl Fn(&T) -> Id<T>,
    page: PageRequest<T>,
    own: Listed<T>,
) -> Listed<T> {
    let limit = usize::from(page.limit);
    let mut items = built_in;
    items.retain(|one| page.after.is_none_or(|after| after < id(one)));
    items.extend(own.items);
    let more = own.more || items.len() > limit;
    items.truncate(limit);
    Listed { items, more }
}

/// Refuses to change what is built in.
pub(crate) fn changeable(protection: Protection, refusal: &'static str) -> Result<(), Refusal> {
    match protection {
        Protection::None => Ok(()),
        Protection::BuiltIn => Err(Refusal::new(ErrorCode::Protected, refusal)),
    }
}
