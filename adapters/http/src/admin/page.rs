//! Pages of lists: `?cursor=…&limit=…`, answered with `items` and `next_cursor`.

use gatelodge_domain::Id;
use gatelodge_ports::store::{Listed, PageRequest};
use gatelodge_usecases::admin::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const DEFAULT: u16 = 50;
const MOST: u16 = 200;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The items, in a stable order.
    pub(crate) items: Vec<T>,
    /// Where the next page begins; `null` on the last one.
    pub(crate) next_cursor: Option<String>,
}

/// How many items a page may have: 1 to 200, 50 by default.
pub(crate) fn limit(limit: Option<u16>) -> Result<u16, Refusal> {
    match limit.unwrap_or(DEFAULT) {
        within @ 1..=MOST => Ok(within),
        _ => Err(Refusal::field("limit", "a page has 1 to 200 items")),
    }
}

/// Which page is asked for.
pub(crate) fn request<T>(
    cursor: Option<&str>,
    asked: Option<u16>,
) -> Result<PageRequest<T>, Refusal> {
    let after = cursor
        .map(Id::parse)
        .transpose()
        .map_err(|_| bad_cursor())?;
    Ok(PageRequest {
        after,
        limit: limit(asked)?,
    })
}

/// Whoever sends another cursor than an answer's.
pub(crate) fn bad_cursor() -> Refusal {
    Refusal::field("cursor", "send the `next_cursor` of the page before")
}

/// The query of a list without filters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// `next_cursor` of the page before.
    #[param(pattern = "^[a-h][a-z2-7]{25}$")]
    cursor: Option<String>,
    /// Items on a page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
}

impl PageQuery {
    /// Which page is asked for.
    pub(crate) fn page<T>(&self) -> Result<PageRequest<T>, Refusal> {
        request(self.cursor.as_deref(), self.limit)
    }
}

/// The page of rows as an answer.
pub(crate) fn answer<R, T>(
    listed: &Listed<R>,
    id: fn(&R) -> Id<R>,
    show: impl Fn(&R) -> T,
) -> Page<T> {
    answer_by(listed, id, show)
}

/// The same of what was made of rows.
pub(crate) fn answer_by<R, Of, T>(
    listed: &Listed<R>,
    id: fn(&R) -> Id<Of>,
    show: impl Fn(&R) -> T,
) -> Page<T> {
    let last = listed.items.last().filter(|_| listed.more);
    Page {
        items: listed.items.iter().map(show).collect(),
        next_cursor: last.map(|row| id(row).to_string()),
    }
}
