//! A unit of work as one piece that the store carries out itself, where and when it is cheapest.
//!
//! A unit that is held by its caller waits twice: for its turn, and for the caller's thread to
//! come round to it while everybody else waits. Work that is handed over waits once, and the
//! writer does one piece after the other.
//!
//! What it must keep to: it awaits nothing but its unit, it is short, and whatever is signed,
//! hashed or encrypted for it was made before.

use core::future::Future;
use core::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Store, UnitOfWork};
use crate::StoreError;

/// How a piece of work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Everything becomes durable.
    Commit,
    /// It leaves no trace.
    Undo,
}

/// Work that runs in the lifetime of its unit.
pub type Running<'unit, T> = Pin<Box<dyn Future<Output = T> + Send + 'unit>>;

/// A piece of work, run at most once.
pub type Work = Box<
    dyn for<'unit> FnOnce(&'unit mut (dyn UnitOfWork + 'unit)) -> Running<'unit, Ending> + Send,
>;

impl dyn Store + '_ {
    /// Carries work out in a unit of its own and answers what it answers: durable where that is
    /// `Ok`, undone where it is `Err`. Where the caller goes away before it is answered, all of
    /// it is durable or nothing is.
    pub async fn transact<T, E, W>(&self, work: W) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        W: for<'unit> FnOnce(&'unit mut (dyn UnitOfWork + 'unit)) -> Running<'unit, Result<T, E>>
            + Send
            + 'static,
    {
        let answer = Arc::new(Mutex::new(None));
        let desk = Arc::clone(&answer);
        self.carry_out(Box::new(move |unit| {
            Box::pin(async move {
                let result = work(unit).await;
                let ending = match &result {
                    Ok(_) => Ending::Commit,
                    Err(_) => Ending::Undo,
                };
                *desk.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
                ending
            })
        }))
        .await?;
        let answer = answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        answer.unwrap_or_else(|| Err(StoreError::broken("work was not carried out").into()))
    }
}
