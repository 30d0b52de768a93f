//! One row of the bench: many tasks that do the same thing for a while.

use std::sync::Arc;
use std::time::Duration;

use gatelodge_ports::{Store, StoreError};
use tokio::time::Instant;

use crate::samples::Ground;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A unit with one insert: an authorization code.
    IssueTicket,
    /// A unit with one event of the trail, sealed, as client credentials write it: by one of
    /// many clients.
    AppendEvent,
    /// A unit as a refresh writes it: a rotation, and its event by one of many clients on one of
    /// many people.
    Rotate,
    /// A unit as the token endpoint writes it: a ticket and its event.
    Both,
    /// A point read: a person by id.
    FindUser,
}

impl Kind {
    /// Every kind.
    pub(crate) const ALL: [Self; 5] = [
        Self::IssueTicket,
        Self::AppendEvent,
        Self::Rotate,
        Self::Both,
        Self::FindUser,
    ];

    /// As it is printed.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::IssueTicket => "write units, one insert",
            Self::AppendEvent => "write units, one event",
            Self::Rotate => "write units, rotation + event",
            Self::Both => "write units, insert + event",
            Self::FindUser => "point reads",
        }
    }
}

/// How long a row takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Length {
    /// So long, after a warm-up of a tenth of it.
    Time(Duration),
    /// So many times in all, and no warm-up: for tools that count instructions.
    Units(u32),
}

/// How many a second.
pub(crate) async fn measure(
    store: &Arc<dyn Store>,
    ground: Ground,
    kind: Kind,
    tasks: usize,
    length: Length,
) -> Result<f64, StoreError> {
    let end = match length {
        Length::Time(time) => {
            let warm = End::At(Instant::now() + time / 10);
            run(store, ground, kind, tasks, warm).await?;
            End::At(Instant::now() + time)
        }
        Length::Units(units) => End::After(units / u32::try_from(tasks).unwrap_or(1)),
    };
    let begun = Instant::now();
    let done = run(store, ground, kind, tasks, end).await?;
    Ok(f64::from(done) / begun.elapsed().as_secs_f64())
}

/// When a task ends.
#[derive(Clone, Copy)]
enum End {
    At(Instant),
    After(u32),
}

impl End {
    fn is_reached(self, done: u32) -> bool {
        match self {
            Self::At(end) => Instant::now() >= end,
            Self::After(units) => done >= units,
        }
    }
}

async fn run(
    store: &Arc<dyn Store>,
    ground: Ground,
    kind: Kind,
    tasks: usize,
    end: End,
) -> Result<u32, StoreError> {
    let running: Vec<_> = (0..tasks)
        .map(|_| tokio::spawn(repeat(Arc::clone(store), ground, kind, end)))
        .collect();
    let mut done = 0;
    for task in running {
        let count = task
            .await
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        done += count?;
    }
    Ok(done)
}

async fn repeat(
    store: Arc<dyn Store>,
    ground: Ground,
    kind: Kind,
    end: End,
) -> Result<u32, StoreError> {
    let mut done = 0;
    while !end.is_reached(done) {
        once(&*store, ground, kind).await?;
        done += 1;
        // A read on an embedded engine is never pending; the other tasks are to have their turn.
        tokio::task::yield_now().await;
    }
    Ok(done)
}

async fn once(store: &dyn Store, ground: Ground, kind: Kind) -> Result<(), StoreError> {
    if kind == Kind::FindUser {
        let (realm, user) = ground.somebody();
        let found = store.read().await?.users().find(realm, user).await?;
        return found
            .map(drop)
            .ok_or_else(|| StoreError::broken("somebody is not there"));
    }
    let mut unit = store.write().await?;
    if matches!(kind, Kind::IssueTicket | Kind::Both) {
        unit.tickets().issue(&ground.ticket()).await?;
    }
    if matches!(kind, Kind::AppendEvent | Kind::Both) {
        unit.audit().append(&[ground.event()]).await?;
    }
    if kind == Kind::Rotate {
        let (step, event) = ground.rotation();
        unit.families().rotate(step).await?;
        unit.audit().append(&[event]).await?;
    }
    unit.commit().await
}
