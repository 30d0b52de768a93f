//! Lists, page after page.

use serde_json::Value;

use crate::document::{Operation, Place};
use crate::fault::Fault;
use crate::http::Request;
use crate::session::Admin;

const PAGE: u64 = 200;

/// Hands every page of a list on, up to so many items in all.
pub(crate) fn pages(
    admin: &Admin,
    operation: &Operation,
    request: &Request,
    limit: Option<u64>,
    each: &mut dyn FnMut(&[Value]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let knows = |name: &str| {
        operation
            .parameters_in(Place::Query)
            .any(|one| one.name == name)
    };
    let mut left = limit.unwrap_or(u64::MAX);
    let mut cursor: Option<String> = None;
    while left > 0 {
        let mut page = request.clone();
        if knows("limit") {
            let wanted = PAGE.min(left).to_string();
            page.query.push(("limit".to_owned(), wanted));
        }
        if let Some(cursor) = cursor {
            page.query.push(("cursor".to_owned(), cursor));
        }
        let answer = admin.call(&page)?.json()?;
        let items = answer["items"].as_array().map_or(&[][..], Vec::as_slice);
        let taken = items.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        each(items.get(..taken).unwrap_or_default())?;
        left = left.saturating_sub(taken as u64);
        cursor = answer["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() || !knows("cursor") {
            break;
        }
    }
    Ok(())
}
