//! Killed a few times under load; `cargo xtask torture` does it hundreds of times.

use gatelodge_endurance::house::Storage;
use gatelodge_endurance::torture::{Outcome, Plan, run};

fn plan(storage: Storage, kills: usize) -> Plan {
    Plan {
        kills,
        storage,
        seed: 2_026,
        binary: gatelodge_testkit::binary("gatelodge"),
        residents: 6,
        talk: false,
        forget_after: None,
    }
}

fn holds(outcome: &Outcome) {
    assert_eq!(outcome.rounds, 10);
    assert!(
        outcome.answered > 50 && outcome.checked > 100,
        "{outcome:?}"
    );
}

#[test]
fn nothing_that_was_answered_is_lost_when_the_server_is_killed() {
    holds(&run(&plan(Storage::Sqlite, 10)).unwrap_or_else(|why| panic!("{why}")));
}

#[test]
fn a_log_that_lost_its_end_is_found_out() {
    let mut plan = plan(Storage::Sqlite, 2);
    plan.forget_after = Some(2);
    let why = run(&plan).expect_err("answers that were lost must be missed");
    assert!(why.contains("round 2"), "{why}");
    assert!(
        why.contains("the trail knows nothing") || why.contains("lost"),
        "{why}"
    );
}

#[cfg(feature = "postgres-tests")]
#[test]
fn nothing_that_was_answered_is_lost_on_postgresql_either() {
    let _alone = crate::asynchronous_commit::cluster();
    holds(&run(&plan(Storage::Postgres, 10)).unwrap_or_else(|why| panic!("{why}")));
}
