//! Finding people: pages, filters, prefixes, and what makes two names the same.

use std::sync::Arc;

use gatelodge_domain::user::UserStatus;
use gatelodge_domain::{Id, User, Username};
use gatelodge_ports::Store;
use gatelodge_ports::store::{PageRequest, UserFilter};

use crate::fixture::{House, committed, seen};
use crate::paging::{shuffled, walked};
use crate::samples::{self, at};

/// Every status comes back with its facts, and is found by its name.
pub async fn every_status_of_a_user_comes_back(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let statuses = [
        (UserStatus::Invited, "invited"),
        (UserStatus::Deactivated { since: at(-1) }, "deactivated"),
        (UserStatus::Suspended { until: at(2) }, "suspended"),
        (
            UserStatus::PendingDeletion { since: at(3) },
            "pending_deletion",
        ),
    ];
    for (status, name) in statuses {
        let user = User {
            status,
            ..samples::user(house.realm())
        };
        committed!(store, |unit| unit.users().insert(&user).await.unwrap());
        let filter = UserFilter {
            status: Some(name),
            ..UserFilter::default()
        };
        let page = PageRequest::first(10);
        let found = seen!(store, |view| view
            .users()
            .list(house.realm(), &filter, page)
            .await
            .unwrap());
        assert_eq!(found.items, [user], "{name}");
    }
    let filter = UserFilter {
        status: Some("active"),
        ..UserFilter::default()
    };
    let page = PageRequest::first(10);
    let active = seen!(store, |view| view
        .users()
        .list(house.realm(), &filter, page)
        .await
        .unwrap());
    assert_eq!(active.items, [house.user]);
}

/// Pages of people are ordered by id, whole past 50 and 200 rows, and what comes meanwhile
/// neither repeats nor hides a row.
pub async fn users_are_paged_by_id(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let users: Vec<User> = (0..210).map(|_| samples::user(realm)).collect();
    let later: Vec<User> = (0..3).map(|_| samples::user(realm)).collect();
    let mut expected: Vec<Id<User>> = users.iter().map(|user| user.id).collect();
    expected.insert(0, house.user.id);
    committed!(store, |unit| for user in shuffled(users) {
        unit.users().insert(&user).await.unwrap();
    });
    let all = UserFilter::default();
    for limit in [50, 200, 211, 500] {
        let ids = walked!(store, limit, |view, page| view
            .users()
            .list(realm, &all, page));
        assert_eq!(ids, expected, "in pages of {limit}");
    }
    let first = seen!(store, |view| view
        .users()
        .list(realm, &all, PageRequest::first(50))
        .await
        .unwrap());
    committed!(store, |unit| {
        unit.users().remove(realm, expected[0]).await.unwrap();
        for user in &later {
            unit.users().insert(user).await.unwrap();
        }
    });
    let next = PageRequest::after(first.items[49].id, 500);
    let rest = seen!(store, |view| view
        .users()
        .list(realm, &all, next)
        .await
        .unwrap());
    let rest: Vec<Id<User>> = rest.items.iter().map(|user| user.id).collect();
    expected.extend(later.iter().map(|user| user.id));
    assert_eq!(rest, expected[50..]);
}

/// A prefix means its own characters: `%`, `_` and `\` stand for themselves and case counts.
pub async fn a_prefix_of_user_names_is_taken_literally(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let names = [
        "ab%c", "ab_c", "abxc", r"ab\c", "ab", "a", "zoë", "zoe", "zz~",
    ];
    let users: Vec<User> = names
        .map(|name| User {
            username: Username::parse(name).unwrap(),
            ..samples::user(house.realm())
        })
        .into();
    committed!(store, |unit| for user in shuffled(users) {
        unit.users().insert(&user).await.unwrap();
    });
    let cases: [(&str, &[&str]); 11] = [
        ("ab%", &["ab%c"]),
        ("ab_", &["ab_c"]),
        (r"ab\", &[r"ab\c"]),
        ("ab", &["ab%c", "ab_c", "abxc", r"ab\c", "ab"]),
        ("AB", &[]),
        ("%", &[]),
        ("zoë", &["zoë"]),
        ("zoe", &["zoe"]),
        ("zz~", &["zz~"]),
        ("\u{10ffff}", &[]),
        ("ab'; --", &[]),
    ];
    for (prefix, expected) in cases {
        let filter = UserFilter {
            username_prefix: Some(prefix.to_owned()),
            ..UserFilter::default()
        };
        let mut found = Vec::new();
        let ids = walked!(store, 2, |view, page| view.users().list(
            house.realm(),
            &filter,
            page
        ));
        for id in ids {
            let user = seen!(store, |view| view
                .users()
                .find(house.realm(), id)
                .await
                .unwrap());
            found.push(user.unwrap().username.as_str().to_owned());
        }
        assert_eq!(found, expected, "{prefix}");
    }
}

/// All conditions of a filter hold together.
pub async fn conditions_on_users_hold_together(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let (plain, full) = (samples::user(realm), samples::full_user(realm));
    committed!(store, |unit| {
        unit.users().insert(&plain).await.unwrap();
        unit.users().insert(&full).await.unwrap();
    });
    let email = full.email.as_ref().map(|email| email.key().to_owned());
    let fits = UserFilter {
        username_prefix: Some("zo".to_owned()),
        email_key: email.clone(),
        status: Some("suspended"),
    };
    let cases = [
        (fits.clone(), 1),
        (
            UserFilter {
                status: Some("active"),
                ..fits.clone()
            },
            0,
        ),
        (
            UserFilter {
                username_prefix: Some("user".to_owned()),
                ..fits.clone()
            },
            0,
        ),
        (
            UserFilter {
                email_key: Some("nobody@example.org".to_owned()),
                ..fits
            },
            0,
        ),
        (
            UserFilter {
                email_key: email,
                ..UserFilter::default()
            },
            1,
        ),
    ];
    for (filter, expected) in cases {
        let page = PageRequest::first(10);
        let found = seen!(store, |view| view
            .users()
            .list(realm, &filter, page)
            .await
            .unwrap());
        assert_eq!(found.items.len(), expected, "{filter:?}");
    }
}

/// Keys are compared as bytes: neither case nor accents nor ligatures are folded, and order
/// plays no part.
pub async fn keys_are_compared_as_bytes(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let pairs = [
        ("strasse", "straße"),
        ("resume", "résumé"),
        ("co-op", "coop"),
    ];
    for name in pairs.iter().flat_map(|(one, other)| [one, other]) {
        let username = Username::parse(name).unwrap();
        let user = User {
            username,
            ..samples::user(house.realm())
        };
        committed!(store, |unit| unit.users().insert(&user).await.unwrap());
    }
    for other in [
        "STRASSE",
        "Resume",
        "re\u{301}sume\u{301}",
        "co\u{ad}op",
        "coop ",
        "",
    ] {
        let found = seen!(store, |view| view
            .users()
            .find_by_username(house.realm(), other)
            .await
            .unwrap());
        assert_eq!(found, None, "{other:?}");
    }
}
