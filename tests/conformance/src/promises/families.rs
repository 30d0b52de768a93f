//! Chains of refresh tokens.

use std::sync::Arc;

use gatelodge_domain::refresh::FamilyReach;
use gatelodge_domain::{RefreshFamily, Subject, Timestamp};
use gatelodge_ports::Store;
use gatelodge_ports::store::{FamilyFilter, RotateFamily, Rotated, Rotation};

use crate::fixture::{House, assert_is, committed, seen};
use crate::race::{MANY, race};
use crate::samples::{self, at};

/// A use of that generation at that time, for another minute, without overlap.
fn turn(family: &RefreshFamily, generation: u32, now: Timestamp) -> RotateFamily {
    RotateFamily {
        realm: family.realm,
        id: family.id,
        generation,
        now,
        idle_expires_at: Timestamp::from_millis(now.as_millis() + 60_000),
        overlap_ms: 0,
        step: Rotation::Step,
    }
}

async fn rotate(store: &Arc<dyn Store>, step: RotateFamily) -> Rotated {
    committed!(store, |unit| unit.families().rotate(step).await.unwrap())
}

async fn stored(store: &Arc<dyn Store>, family: &RefreshFamily) -> RefreshFamily {
    seen!(store, |view| view
        .families()
        .find(family.realm, family.id)
        .await
        .unwrap())
    .unwrap()
}

async fn begun(store: &Arc<dyn Store>, house: &House) -> RefreshFamily {
    let family = samples::family(&house.grant);
    committed!(store, |unit| unit.families().insert(&family).await.unwrap());
    family
}

/// A plain and a full family come back as they went in, and from no other realm.
pub async fn families_come_back_whole_and_only_in_their_realm(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let machine = samples::grant(
        house.realm(),
        house.client.id,
        Subject::Client(house.client.id),
    );
    committed!(store, |unit| unit.grants().insert(&machine).await.unwrap());
    for family in [
        samples::family(&house.grant),
        samples::full_family(&house.grant, house.session.id),
        samples::family(&machine),
    ] {
        committed!(store, |unit| unit.families().insert(&family).await.unwrap());
        let (found, foreign) = seen!(store, |view| (
            view.families()
                .find(house.realm(), family.id)
                .await
                .unwrap(),
            view.families()
                .find(other.realm(), family.id)
                .await
                .unwrap(),
        ));
        assert_eq!((found, foreign), (Some(family), None));
    }
}

/// The current generation steps on: next generation, new times, all else as it was.
pub async fn the_current_generation_steps_on(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let family = begun(&store, &house).await;
    let expected = RefreshFamily {
        generation: 2,
        rotated_at: at(10),
        idle_expires_at: at(60_010),
        ..family.clone()
    };
    assert_eq!(
        rotate(&store, turn(&family, 1, at(10))).await,
        Rotated::Done(expected.clone())
    );
    assert_eq!(stored(&store, &family).await, expected);
}

/// A token that stays moves its idle time and nothing else.
pub async fn a_token_that_stays_moves_its_idle_time_only(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let family = begun(&store, &house).await;
    let step = RotateFamily {
        step: Rotation::Stay,
        ..turn(&family, 1, at(10))
    };
    let expected = RefreshFamily {
        idle_expires_at: at(60_010),
        ..family.clone()
    };
    for _ in 0..2 {
        assert_eq!(rotate(&store, step).await, Rotated::Done(expected.clone()));
        assert_eq!(stored(&store, &family).await, expected);
    }
}

/// Any generation but the current one is reuse, however old or new, and changes nothing.
pub async fn another_generation_is_reuse(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let family = begun(&store, &house).await;
    for generation in 1..4 {
        assert_is!(
            rotate(&store, turn(&family, generation, at(1))).await,
            Rotated::Done(_)
        );
    }
    let now = stored(&store, &family).await;
    for generation in [1, 2, 3, 5, 0, u32::MAX] {
        for step in [Rotation::Step, Rotation::Stay] {
            let step = RotateFamily {
                step,
                ..turn(&family, generation, at(2))
            };
            assert_eq!(
                rotate(&store, step).await,
                Rotated::Reused(now.clone()),
                "{generation}"
            );
        }
    }
    assert_eq!(stored(&store, &family).await, now);
}

/// Within the overlap the previous generation gets the family as it stands; from the end of
/// the overlap on it is reuse, and so is any generation before it.
pub async fn the_previous_generation_overlaps_for_a_while(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let family = begun(&store, &house).await;
    rotate(&store, turn(&family, 1, at(10))).await;
    rotate(&store, turn(&family, 2, at(1_000))).await;
    let now = stored(&store, &family).await;
    let try_at = |generation, now| RotateFamily {
        overlap_ms: 500,
        ..turn(&family, generation, now)
    };
    for moment in [at(1_000), at(1_499)] {
        assert_eq!(
            rotate(&store, try_at(2, moment)).await,
            Rotated::Overlap(now.clone())
        );
        assert_eq!(
            rotate(&store, try_at(1, moment)).await,
            Rotated::Reused(now.clone())
        );
    }
    assert_eq!(
        rotate(&store, try_at(2, at(1_500))).await,
        Rotated::Reused(now.clone())
    );
    assert_eq!(stored(&store, &family).await, now);
}

/// Callers read the clock before their turn, so the loser of a race may come with an earlier
/// time than the winner's. Without an overlap that is reuse all the same.
pub async fn without_an_overlap_an_earlier_clock_is_no_excuse(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let family = begun(&store, &house).await;
    rotate(&store, turn(&family, 1, at(1_000))).await;
    let now = stored(&store, &family).await;
    let late = rotate(&store, turn(&family, 1, at(999))).await;
    assert_eq!(late, Rotated::Reused(now));
}

/// At either of its ends, and once it was ended, a family is dead for every generation.
pub async fn an_expired_or_ended_family_is_dead(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let family = begun(&store, &house).await;
    for generation in [1, 7] {
        let late = turn(&family, generation, family.idle_expires_at);
        assert_eq!(rotate(&store, late).await, Rotated::Dead(family.clone()));
    }
    let last = Timestamp::from_millis(family.idle_expires_at.as_millis() - 1);
    let long = RotateFamily {
        idle_expires_at: at(9_000_000),
        ..turn(&family, 1, last)
    };
    assert_is!(rotate(&store, long).await, Rotated::Done(_));
    assert_is!(
        rotate(&store, turn(&family, 2, family.expires_at)).await,
        Rotated::Dead(_)
    );

    let ended = samples::full_family(&house.grant, house.session.id);
    committed!(store, |unit| unit.families().insert(&ended).await.unwrap());
    let step = turn(&ended, ended.generation, at(1));
    assert_eq!(rotate(&store, step).await, Rotated::Dead(ended));
}

/// A family that is not there, or is another realm's, is unknown.
pub async fn an_unknown_or_foreign_family_is_unknown(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let family = begun(&store, &house).await;
    let step = turn(&family, 1, at(1));
    for step in [
        RotateFamily {
            id: samples::id(),
            ..step
        },
        RotateFamily {
            realm: other.realm(),
            ..step
        },
    ] {
        assert_eq!(rotate(&store, step).await, Rotated::Unknown);
    }
    assert_eq!(stored(&store, &family).await, family);
}

/// Of many who come with the same token one gets the next; the others show as reuse.
pub async fn one_of_many_rotates(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let family = begun(&store, &house).await;
    let step = turn(&family, 1, at(1));
    let outcomes = race(&store, MANY, move |unit, _| {
        Box::pin(async move { unit.families().rotate(step).await })
    })
    .await;
    let done = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Rotated::Done(_)))
        .count();
    let reused = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Rotated::Reused(_)))
        .count();
    assert_eq!((done, reused), (1, MANY - 1));
    assert_eq!(stored(&store, &family).await.generation, 2);
}

/// With an overlap all of them hold the same, current token.
pub async fn many_within_the_overlap_hold_the_same_token(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let family = begun(&store, &house).await;
    let step = RotateFamily {
        overlap_ms: 1_000,
        ..turn(&family, 1, at(1))
    };
    let outcomes = race(&store, MANY, move |unit, _| {
        Box::pin(async move { unit.families().rotate(step).await })
    })
    .await;
    let done = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Rotated::Done(_)))
        .count();
    assert_eq!(done, 1);
    let now = stored(&store, &family).await;
    for outcome in outcomes {
        assert_is!(&outcome, Rotated::Done(seen) | Rotated::Overlap(seen) if *seen == now);
    }
}

/// Those of one session can be spared; those of none are not.
pub async fn families_of_all_but_one_session_end(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let kept = RefreshFamily {
        session: Some(house.session.id),
        ..samples::family(&house.grant)
    };
    let without = RefreshFamily {
        id: samples::id(),
        session: None,
        ..kept.clone()
    };
    let elsewhere = RefreshFamily {
        id: samples::id(),
        session: Some(samples::id()),
        ..kept.clone()
    };
    committed!(store, |unit| for family in [&kept, &without, &elsewhere] {
        unit.families().insert(family).await.unwrap();
    });
    let filter = FamilyFilter {
        subject: Some(house.subject()),
        not_session: Some(house.session.id),
        ..FamilyFilter::default()
    };
    let ended = committed!(store, |unit| unit
        .families()
        .end_matching(house.realm(), filter, at(5))
        .await
        .unwrap());
    assert_eq!(ended, 2);
    assert_eq!(stored(&store, &kept).await.ended_at, None);
}

/// All that match end, by each condition and by several together; without one nothing ends.
pub async fn matching_families_end_and_no_others(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let foreign = begun(&store, &other).await;
    let kept_grant = samples::grant(house.realm(), house.client.id, house.subject());
    committed!(store, |unit| unit
        .grants()
        .insert(&kept_grant)
        .await
        .unwrap());
    let none = FamilyFilter::default();
    let reach = Some(FamilyReach::Session);
    let filters = [
        FamilyFilter {
            grant: Some(house.grant.id),
            ..none
        },
        FamilyFilter {
            session: Some(house.session.id),
            reach,
            ..none
        },
        FamilyFilter {
            subject: Some(house.subject()),
            reach,
            ..none
        },
        FamilyFilter {
            client: Some(house.client.id),
            reach,
            ..none
        },
    ];
    for (round, filter) in filters.into_iter().enumerate() {
        let matching = RefreshFamily {
            session: Some(house.session.id),
            reach: FamilyReach::Session,
            ..samples::family(&house.grant)
        };
        let also = RefreshFamily {
            id: samples::id(),
            ..matching.clone()
        };
        let offline = RefreshFamily {
            session: Some(house.session.id),
            ..samples::family(&kept_grant)
        };
        let over = samples::full_family(&house.grant, house.session.id);
        committed!(
            store,
            |unit| for family in [&matching, &also, &offline, &over] {
                unit.families().insert(family).await.unwrap();
            }
        );
        for (realm, filter, expected) in [
            (house.realm(), none, 0),
            (other.realm(), filter, 0),
            (house.realm(), filter, 2),
            (house.realm(), filter, 0),
        ] {
            let ended = committed!(store, |unit| {
                unit.families()
                    .end_matching(realm, filter, at(5))
                    .await
                    .unwrap()
            });
            assert_eq!(ended, expected, "round {round}");
        }
        assert_eq!(stored(&store, &matching).await.ended_at, Some(at(5)));
        assert_eq!(stored(&store, &offline).await, offline);
        assert_eq!(stored(&store, &over).await, over);
        assert_is!(
            rotate(&store, turn(&also, 1, at(6))).await,
            Rotated::Dead(_)
        );
    }
    assert_eq!(stored(&store, &foreign).await, foreign);
}

/// Sweeping removes what ended or expired before then, at most so many; what was used since
/// stays.
pub async fn families_are_swept_within_the_limit(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let families: Vec<RefreshFamily> = (0..4).map(|_| samples::family(&house.grant)).collect();
    let over = samples::full_family(&house.grant, house.session.id);
    committed!(store, |unit| for family in families.iter().chain([&over]) {
        unit.families().insert(family).await.unwrap();
    });
    rotate(&store, turn(&families[0], 1, at(10))).await;
    for (before, limit, expected) in [
        (at(6), 9, 0),
        (at(7), 9, 1),
        (at(60_000), 9, 0),
        (at(60_001), 2, 2),
        (at(60_001), 2, 1),
        (at(60_010), 9, 0),
        (at(60_011), 9, 1),
    ] {
        let swept = committed!(store, |unit| unit
            .families()
            .sweep(before, limit)
            .await
            .unwrap());
        assert_eq!(swept, expected, "before {before:?}");
    }
}
