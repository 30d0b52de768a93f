//! What use cases hold: a snapshot or a unit of work, on either engine.
//!
//! Both are one generic struct, so that a slice implements its reading port once
//! (`impl<A: Access> FindUsers for View<A>`) and its writing port once
//! (`impl Users for View<Write>`), whatever the engine.

use std::marker::PhantomData;

use crate::executor::Executor;

/// Whether a view may write; a label only.
pub(crate) trait Access: Send + Sync + 'static {}

/// Committed data, read only.
pub(crate) struct Read;

/// A unit of work.
pub(crate) struct Write;

impl Access for Read {}
impl Access for Write {}

/// Runs the statements of one snapshot or unit.
pub(crate) struct View<A: Access> {
    /// How statements reach the engine.
    pub(crate) executor: Executor,
    access: PhantomData<A>,
}

impl<A: Access> View<A> {
    /// A view over that executor.
    pub(crate) fn over(executor: Executor) -> Self {
        Self {
            executor,
            access: PhantomData,
        }
    }
}
