//! Two nodes behave as one. One story at a time: each needs the machine's few processors for
//! its nodes, and some of them look at the clock.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gatelodge_cluster::jobs::announced;
use gatelodge_cluster::stopwatch::until;
use gatelodge_cluster::{
    Cluster, Notifications, Plan, documents, lockout, promises, races, restarts, sinks, strangers,
};
use gatelodge_testkit::binary;

fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn two_nodes() -> Plan {
    Plan::of(2, &binary("gatelodge"))
}

#[test]
fn what_one_node_does_the_other_honours_within_a_second() {
    let _turn = alone();
    let cluster = Cluster::start(&two_nodes());
    let _ = promises::keep(&cluster);
    let both = until(Duration::from_mins(1), || announced(&cluster) == 2);
    assert!(
        both.is_some(),
        "{} nodes are announced",
        announced(&cluster)
    );
    documents::the_nginx_example_is_valid(cluster.folder());
}

#[test]
fn it_does_so_without_notifications_too() {
    let _turn = alone();
    let cluster = Cluster::start(&Plan {
        notifications: Notifications::Off,
        ..two_nodes()
    });
    let _ = promises::keep(&cluster);
}

#[test]
fn failed_sign_ins_are_counted_by_both_nodes_together() {
    let _turn = alone();
    let cluster = Cluster::start(&two_nodes());
    lockout::counts_across_nodes(&cluster);
    lockout::an_address_has_a_share_of_each_node(&cluster);
}

#[test]
fn of_many_at_once_at_both_nodes_one_wins() {
    let _turn = alone();
    let cluster = Cluster::start(&two_nodes());
    races::one_code_buys_one_answer(&cluster);
    races::one_refresh_token_is_rotated_once(&cluster);
    races::one_link_makes_one_administrator(&cluster);
}

#[test]
fn a_node_is_stopped_and_started_without_a_failed_request() {
    let _turn = alone();
    let mut cluster = Cluster::start(&two_nodes());
    let _ = restarts::replace_every_node(&mut cluster);
    restarts::a_leaving_node_is_not_ready(&mut cluster);
}

#[test]
fn a_sink_is_fed_by_one_node_and_by_the_other_from_the_cursor_on_when_that_dies() {
    let _turn = alone();
    let receiver = sinks::Receiver::start();
    let mut cluster = Cluster::start(&Plan {
        settings: receiver.settings(),
        ..two_nodes()
    });
    sinks::change_hands(&mut cluster, &receiver);
}

#[test]
fn a_node_with_another_master_key_or_none_is_refused_in_one_line() {
    let _turn = alone();
    strangers::are_refused(&Cluster::start(&two_nodes()));
}
