//! Pages of what a filter wants of many rows, in the order of their ids, where no index has both.
//!
//! Two ways lead there. Along the ids, a page is soon full where many rows are wanted; by an
//! index of what is asked, where few are. Neither is known beforehand, so the first way is gone
//! for [`WALK`](super::statement::WALK) rows, and the second one only where that was not enough
//! and there are more rows.

use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Listed, PageRequest};
use sea_orm::{Condition, EntityTrait};

use super::statement::{beyond_nearby, listed, page_gathered, page_nearby};
use crate::row::Row;
use crate::view::{Access, View};

/// What is looked for.
pub(crate) struct Search<E: EntityTrait> {
    /// Where: what the walk along the ids goes through.
    pub(crate) all: Condition,
    /// What of it.
    pub(crate) wanted: Condition,
    /// All of that, in the words of the index that gathers it.
    pub(crate) gathered: Condition,
    /// The id.
    pub(crate) key: E::Column,
}

impl<A: Access> View<A> {
    /// A page of it.
    pub(crate) async fn search<E, T, D>(
        &mut self,
        search: Search<E>,
        request: &PageRequest<T>,
        read: D,
    ) -> Result<Listed<T>, StoreError>
    where
        E: EntityTrait,
        T: Send + 'static,
        D: Fn(&Row<'_>) -> Result<T, StoreError> + Clone + Send + 'static,
    {
        let Search {
            all,
            wanted,
            gathered,
            key,
        } = search;
        let query = page_nearby::<E, T>(all.clone(), wanted, key, request);
        let found = self.executor.scan(&query, read.clone()).await?;
        if found.len() > usize::from(request.limit) {
            return Ok(listed(found, request.limit));
        }
        let beyond = beyond_nearby::<E, T>(all.clone(), key, request);
        if self.executor.scan(&beyond, |_| Ok(())).await?.is_empty() {
            return Ok(listed(found, request.limit));
        }
        let query = page_gathered::<E, T>(all, gathered, key, request);
        let found = self.executor.scan(&query, read).await?;
        Ok(listed(found, request.limit))
    }
}
