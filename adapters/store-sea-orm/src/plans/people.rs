//! Lists of users: by what is asked of them, and in every order.

use gatelodge_conformance::samples;
use gatelodge_domain::{Id, Realm};
use gatelodge_ports::Store as _;
use gatelodge_ports::store::{PageRequest, UserFilter, UserOrder, UserPage, UserPlace};

use super::Plans;
use crate::sqlite::recorded;

async fn narrowed_lists_of_users(plans: &mut Plans, realm: Id<Realm>) {
    let now = samples::NOW;
    for (name, filter) in [
        (
            "users: of a name",
            UserFilter {
                username_key: Some("many1".to_owned()),
                ..UserFilter::default()
            },
        ),
        (
            "users: with a beginning of an address",
            UserFilter {
                email_prefix: Some("few".to_owned()),
                ..UserFilter::default()
            },
        ),
        (
            "users: made in a time",
            UserFilter {
                made_from: Some(now),
                made_before: Some(now),
                ..UserFilter::default()
            },
        ),
        (
            "users: of a rare status, made in a time",
            UserFilter {
                status: Some("suspended"),
                made_from: Some(now),
                made_before: Some(now),
                ..UserFilter::default()
            },
        ),
        (
            "users: with a common beginning, made in a time",
            UserFilter {
                username_prefix: Some("many".to_owned()),
                made_from: Some(now),
                ..UserFilter::default()
            },
        ),
        (
            "users: with a common beginning and a rare one of an address",
            UserFilter {
                username_prefix: Some("many".to_owned()),
                email_prefix: Some("few".to_owned()),
                ..UserFilter::default()
            },
        ),
        (
            "users: with a rare beginning and a longer one of an address",
            UserFilter {
                username_prefix: Some("few".to_owned()),
                email_prefix: Some("many1".to_owned()),
                ..UserFilter::default()
            },
        ),
    ] {
        plan!(plans, name, unit => unit.users().list(realm, &filter, PageRequest::first(50)));
    }
}

pub(super) async fn lists_of_users(plans: &mut Plans, realm: Id<Realm>) {
    let now = samples::NOW;
    for (name, prefix, email_key, status) in [
        ("users", None, None, None),
        ("users: of a status", None, None, Some("active")),
        ("users: with an address", None, Some("a@b.example"), None),
        ("users: with a rare beginning", Some("few"), None, None),
        ("users: with a common beginning", Some("many"), None, None),
        (
            "users: with a common beginning and an address",
            Some("many"),
            Some("a@b.example"),
            None,
        ),
        (
            "users: with a common beginning, of a rare status",
            Some("many"),
            None,
            Some("suspended"),
        ),
    ] {
        let filter = UserFilter {
            username_prefix: prefix.map(str::to_owned),
            email_key: email_key.map(str::to_owned),
            status,
            ..UserFilter::default()
        };
        plan!(plans, name, unit => unit.users().list(realm, &filter, PageRequest::first(50)));
        let after = PageRequest::after(Id::from_u128(7), 50);
        plan!(plans, format!("{name}, next page"), unit => unit.users().list(realm, &filter, after));
    }
    narrowed_lists_of_users(plans, realm).await;
    let filter = UserFilter {
        status: Some("suspended"),
        made_from: Some(now),
        ..UserFilter::default()
    };
    let page = UserPage {
        order: UserOrder::YoungestFirst,
        after: Some(UserPlace::Id(Id::from_u128(7))),
        limit: 50,
    };
    plan!(plans, "users: youngest first, of a rare status, made in a time", unit => unit.users().list_in_order(realm, &filter, page));
    for (name, order, prefix, after) in [
        (
            "users: youngest first",
            UserOrder::YoungestFirst,
            None,
            UserPlace::Id(Id::from_u128(7)),
        ),
        (
            "users: by name",
            UserOrder::Username,
            None,
            UserPlace::Username("m".to_owned()),
        ),
        (
            "users: by name, backwards, with a beginning",
            UserOrder::UsernameBackwards,
            Some("many"),
            UserPlace::Username("many5".to_owned()),
        ),
    ] {
        let filter = UserFilter {
            username_prefix: prefix.map(str::to_owned),
            ..UserFilter::default()
        };
        for after in [None, Some(after)] {
            let page = UserPage {
                order,
                after,
                limit: 50,
            };
            let name = if page.after.is_some() {
                format!("{name}, next page")
            } else {
                name.to_owned()
            };
            plan!(plans, name, unit => unit.users().list_in_order(realm, &filter, page));
        }
    }
}
