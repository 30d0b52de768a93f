//! Units whose caller is gone, too slow or too long: they leave no trace and block nobody. And
//! views that see one moment.

use core::future::{Future, poll_fn};
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::Poll;
use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::{Realm, User};
use gatelodge_ports::store::{Lock, PageRequest, UserFilter};
use gatelodge_ports::{Store, StoreError};
use tokio::time::{Instant, sleep, timeout};

use crate::fixture::{House, committed, seen};
use crate::samples;

/// Nobody waits longer for a turn, a unit's deadline included.
const SOON: Duration = Duration::from_secs(40);

/// Polls a future at most so often and then drops it; `None` when that was too early.
async fn cut_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = Box::pin(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// A unit that changes a row and adds two others, with a pause after each step.
async fn work(
    store: Arc<dyn Store>,
    house: &House,
    made: &(Realm, User),
    committing: &AtomicBool,
) -> Result<(), StoreError> {
    let mut unit = store.write().await?;
    tokio::task::yield_now().await;
    unit.locks().lock(Lock::Realm(house.realm())).await?;
    tokio::task::yield_now().await;
    unit.realms().insert(&made.0).await?;
    tokio::task::yield_now().await;
    unit.audit()
        .append(&[samples::event(house.realm())])
        .await?;
    tokio::task::yield_now().await;
    unit.users().insert(&made.1).await?;
    tokio::task::yield_now().await;
    committing.store(true, Ordering::SeqCst);
    unit.commit().await
}

/// A unit may be cut at any await. Before its commit it leaves no trace; in it, all or
/// nothing; and the next unit comes to its turn at once and commits.
pub async fn a_cancelled_unit_leaves_no_trace_and_blocks_nobody(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    for polls in 0.. {
        assert!(polls < 10_000, "the unit never ends");
        let made = (samples::realm(), samples::user(house.realm()));
        let committing = AtomicBool::new(false);
        let ended = cut_after(polls, work(Arc::clone(&store), &house, &made, &committing)).await;

        let next = async {
            let mut unit = store.write().await.unwrap();
            assert!(unit.locks().lock(Lock::Realm(house.realm())).await.unwrap());
            let user = samples::user(house.realm());
            unit.users().insert(&user).await.unwrap();
            unit.commit().await.unwrap();
        };
        timeout(SOON, next)
            .await
            .expect("the next unit comes to its turn");
        // The row that was written last is read first: whoever sees it must see the other.
        let (user, realm) = seen!(store, |view| (
            view.users()
                .find(house.realm(), made.1.id)
                .await
                .unwrap()
                .is_some(),
            view.realms().find(made.0.id).await.unwrap().is_some(),
        ));
        match ended {
            Some(outcome) => {
                outcome.unwrap();
                assert!(user && realm, "what was committed is there");
                break;
            }
            None if committing.load(Ordering::SeqCst) => {
                assert_eq!(user, realm, "all or nothing, after {polls} polls");
            }
            None => assert!(!user && !realm, "a trace, after {polls} polls"),
        }
    }
}

/// Many callers that go away while they wait for their turn hold nobody up.
pub async fn callers_that_leave_the_line_hold_nobody_up(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let mut unit = store.write().await.unwrap();
    unit.locks().lock(Lock::Realm(house.realm())).await.unwrap();
    let mut waiting = Vec::new();
    for _ in 0..16 {
        let (store, realm) = (Arc::clone(&store), house.realm());
        waiting.push(tokio::spawn(async move {
            let mut unit = store.write().await?;
            unit.locks().lock(Lock::Realm(realm)).await?;
            unit.commit().await
        }));
    }
    sleep(Duration::from_millis(50)).await;
    for (number, task) in waiting.iter().enumerate() {
        if number % 4 != 3 {
            task.abort();
        }
    }
    unit.commit().await.unwrap();
    for (number, task) in waiting.into_iter().enumerate() {
        let outcome = timeout(SOON, task).await.expect("nobody hangs");
        if number % 4 == 3 {
            outcome.unwrap().unwrap();
        }
    }
}

/// A unit that takes longer than its deadline loses its turn: the next one gets in, and the
/// late one can neither go on nor commit, and leaves no trace.
pub async fn a_unit_that_takes_too_long_loses_its_turn(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (late, prompt) = (samples::user(house.realm()), samples::user(house.realm()));
    let mut slow = store.write().await.unwrap();
    slow.locks().lock(Lock::Realm(house.realm())).await.unwrap();
    slow.users().insert(&late).await.unwrap();

    let patience = Instant::now() + SOON;
    loop {
        let next = async {
            let mut unit = store.write().await?;
            unit.locks().lock(Lock::Realm(house.realm())).await?;
            unit.users().insert(&prompt).await?;
            unit.commit().await
        };
        match timeout(SOON, next)
            .await
            .expect("the turn is taken from who is late")
        {
            Ok(()) => break,
            Err(error) => assert!(Instant::now() < patience, "the next unit fails: {error}"),
        }
    }
    let gone_on = slow.users().insert(&samples::user(house.realm())).await;
    assert!(
        gone_on.is_err() || slow.commit().await.is_err(),
        "a late unit went on"
    );
    let (late, prompt) = seen!(store, |view| (
        view.users().find(house.realm(), late.id).await.unwrap(),
        view.users().find(house.realm(), prompt.id).await.unwrap(),
    ));
    assert_eq!(late, None);
    assert!(prompt.is_some());
}

/// A consistent view sees the moment of its first look throughout, by every road, while
/// writers go on.
pub async fn a_consistent_view_sees_one_moment(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let mut view = store.read_consistent().await.unwrap();
    assert!(view.realms().find(realm).await.unwrap().is_some());

    let (added, renamed) = (samples::user(realm), samples::full_user(realm));
    let renamed = User {
        id: house.user.id,
        ..renamed
    };
    committed!(store, |unit| {
        unit.users().insert(&added).await.unwrap();
        unit.users().update(&renamed).await.unwrap();
        unit.clients().remove(realm, house.client.id).await.unwrap();
        unit.audit().append(&[samples::event(realm)]).await.unwrap();
    });
    for _ in 0..2 {
        let users = view.users();
        let all = users
            .list(realm, &UserFilter::default(), PageRequest::first(10))
            .await
            .unwrap();
        assert_eq!(all.items, std::slice::from_ref(&house.user));
        let name = house.user.username.key();
        assert!(users.find_by_username(realm, name).await.unwrap().is_some());
        let name = renamed.username.key();
        assert_eq!(users.find_by_username(realm, name).await.unwrap(), None);
        let client = view.clients().find(realm, house.client.id).await.unwrap();
        assert_eq!(client.as_ref(), Some(&house.client));
        assert!(
            view.grants()
                .find(realm, house.grant.id)
                .await
                .unwrap()
                .is_some()
        );
        assert_eq!(view.audit().since(0, 10).await.unwrap(), []);
        // And what is written in between does not push it out.
        committed!(store, |unit| unit
            .realms()
            .insert(&samples::realm())
            .await
            .unwrap());
    }
    drop(view);
    let mut view = store.read_consistent().await.unwrap();
    assert!(view.users().find(realm, added.id).await.unwrap().is_some());
    assert_eq!(
        view.clients().find(realm, house.client.id).await.unwrap(),
        None
    );
}
