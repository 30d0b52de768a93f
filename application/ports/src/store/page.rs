//! Pages of lists. Lists are ordered by row id, which is by time of making, so a page's order
//! is stable while rows come and go; the cursor is the last id seen.

use gatelodge_domain::Id;

/// Which page.
#[derive(Debug, PartialEq, Eq)]
pub struct PageRequest<T> {
    /// Rows after this one; from the beginning without.
    pub after: Option<Id<T>>,
    /// At most that many, from 1.
    pub limit: u16,
}

// Derived, it would be copied only where `T` is, of which it holds no more than an id.
impl<T> Clone for PageRequest<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for PageRequest<T> {}

impl<T> PageRequest<T> {
    /// The first page.
    pub const fn first(limit: u16) -> Self {
        Self { after: None, limit }
    }

    /// The page that follows that row.
    pub const fn after(id: Id<T>, limit: u16) -> Self {
        Self {
            after: Some(id),
            limit,
        }
    }
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Whether another page follows.
    pub more: bool,
}
