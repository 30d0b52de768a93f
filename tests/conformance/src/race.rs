//! Many callers at once, and the one of them who wins.

use core::pin::Pin;
use core::time::Duration;
use std::sync::Arc;

use gatelodge_ports::{Store, StoreError, UnitOfWork};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// What a caller does in its unit.
pub(crate) type Step<'unit, T> =
    Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'unit>>;

/// As many callers as a race has.
pub(crate) const MANY: usize = 64;

/// For how long a caller comes again whose unit could not begin.
const PATIENCE: Duration = Duration::from_mins(1);

/// As [`tried`], where every unit must end well.
pub(crate) async fn race<T: Send + 'static>(
    store: &Arc<dyn Store>,
    tasks: usize,
    step: impl for<'unit> Fn(&'unit mut dyn UnitOfWork, usize) -> Step<'unit, T> + Send + Sync + 'static,
) -> Vec<T> {
    let outcomes = tried(store, tasks, step).await.into_iter();
    outcomes
        .map(|outcome| outcome.expect("the unit ends well"))
        .collect()
}

/// Lets that many tasks run the same step, each in a unit of its own, all let go at once, and
/// answers how each one ended. A contended unit is tried again, as its caller would; so is one
/// that could not begin, as where a slow machine has had no connection to spare for so many.
pub(crate) async fn tried<T: Send + 'static>(
    store: &Arc<dyn Store>,
    tasks: usize,
    step: impl for<'unit> Fn(&'unit mut dyn UnitOfWork, usize) -> Step<'unit, T> + Send + Sync + 'static,
) -> Vec<Result<T, StoreError>> {
    let (step, start) = (Arc::new(step), Arc::new(Barrier::new(tasks)));
    let mut running = JoinSet::new();
    for number in 0..tasks {
        let (store, step, start) = (Arc::clone(store), Arc::clone(&step), Arc::clone(&start));
        running.spawn(async move {
            start.wait().await;
            let began = Instant::now();
            loop {
                let unit = match store.write().await {
                    Ok(unit) => unit,
                    Err(StoreError::Contended | StoreError::Unavailable(_))
                        if began.elapsed() < PATIENCE =>
                    {
                        sleep(Duration::from_millis(10)).await;
                        continue;
                    }
                    Err(error) => return Err(error),
                };
                match attempt(unit, step.as_ref(), number).await {
                    Err(StoreError::Contended) => {}
                    answer => return answer,
                }
            }
        });
    }
    running.join_all().await
}

async fn attempt<T>(
    mut unit: Box<dyn UnitOfWork>,
    step: &impl for<'unit> Fn(&'unit mut dyn UnitOfWork, usize) -> Step<'unit, T>,
    number: usize,
) -> Result<T, StoreError> {
    let answer = step(unit.as_mut(), number).await?;
    unit.commit().await?;
    Ok(answer)
}
