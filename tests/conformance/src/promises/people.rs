//! Finding people: pages, filters, prefixes, and what makes two names the same.

use std::sync::Arc;

use gatelodge_domain::user::UserStatus;
use gatelodge_domain::{Group, Id, User, Username};
use gatelodge_ports::Store;
use gatelodge_ports::store::{PageRequest, UserFilter, UserOrder, UserPage, UserPlace};

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
        ..UserFilter::default()
    };
    let (theirs, other) = (samples::group(realm), samples::group(realm));
    committed!(store, |unit| {
        for group in [&theirs, &other] {
            unit.roles().insert_group(group).await.unwrap();
        }
        for user in [&plain, &full] {
            unit.roles().join(realm, theirs.id, user.id).await.unwrap();
        }
        let also = unit.roles().join(realm, other.id, plain.id);
        also.await.unwrap();
    });
    let within = |groups: &[&Group], fits: &UserFilter| UserFilter {
        groups: Some(groups.iter().map(|group| group.id).collect()),
        ..fits.clone()
    };
    let cases = [
        (within(&[&theirs], &fits), 1),
        (within(&[&theirs, &other], &UserFilter::default()), 2),
        (within(&[&other], &UserFilter::default()), 1),
        (within(&[&other], &fits), 0),
        (within(&[], &UserFilter::default()), 0),
        (fits.clone(), 1),
        (
            UserFilter {
                username_key: Some(full.username.key().to_owned()),
                email_prefix: Some("zoë+".to_owned()),
                ..fits.clone()
            },
            1,
        ),
        (
            UserFilter {
                email_prefix: Some("zoe".to_owned()),
                ..fits.clone()
            },
            0,
        ),
        (
            UserFilter {
                username_key: Some(plain.username.key().to_owned()),
                ..UserFilter::default()
            },
            1,
        ),
        (
            UserFilter {
                email_prefix: Some("zo".to_owned()),
                ..UserFilter::default()
            },
            1,
        ),
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

/// People are found by the time that is in their ids: from that millisecond on, and before it.
pub async fn users_are_found_by_when_they_were_made(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let moments = [at(1_000), at(2_000), at(3_000)];
    let made = moments.map(|moment| User {
        id: Id::new(moment, [7; 10]),
        ..samples::user(realm)
    });
    committed!(store, |unit| for user in &made {
        unit.users().insert(user).await.unwrap();
    });
    for (from, before, expected) in [
        (Some(1_000), Some(3_000), vec![0, 1]),
        (Some(1_001), Some(3_001), vec![1, 2]),
        (Some(2_000), Some(2_000), vec![]),
        (Some(2_000), Some(2_001), vec![1]),
    ] {
        let filter = UserFilter {
            made_from: from.map(at),
            made_before: before.map(at),
            ..UserFilter::default()
        };
        let found = seen!(store, |view| view
            .users()
            .list(realm, &filter, PageRequest::first(10))
            .await
            .unwrap());
        let ids: Vec<_> = found.items.iter().map(|user| user.id).collect();
        let expected: Vec<_> = expected.into_iter().map(|at| made[at].id).collect();
        assert_eq!(ids, expected, "{from:?} {before:?}");
    }
}

/// People are paged by name in both directions and by id backwards, each of them once, and a
/// place outlives who was there.
pub async fn users_are_paged_in_other_orders(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let names = ["b", "a", "zz", "zb", "ä", "za", "z~"];
    let mut made: Vec<User> = names
        .map(|name| User {
            username: Username::parse(name).unwrap(),
            ..samples::user(realm)
        })
        .into();
    committed!(store, |unit| for user in shuffled(made.clone()) {
        unit.users().insert(&user).await.unwrap();
    });
    made.push(house.user.clone());
    for (order, prefix) in [
        (UserOrder::Username, None),
        (UserOrder::UsernameBackwards, None),
        (UserOrder::Username, Some("z")),
        (UserOrder::UsernameBackwards, Some("z")),
        (UserOrder::YoungestFirst, None),
    ] {
        let filter = UserFilter {
            username_prefix: prefix.map(str::to_owned),
            ..UserFilter::default()
        };
        let mut expected: Vec<&User> = made
            .iter()
            .filter(|user| prefix.is_none_or(|prefix| user.username.key().starts_with(prefix)))
            .collect();
        match order {
            UserOrder::YoungestFirst => expected.sort_by_key(|user| core::cmp::Reverse(user.id)),
            UserOrder::Username => expected.sort_by_key(|user| user.username.key()),
            UserOrder::UsernameBackwards => {
                expected.sort_by_key(|user| core::cmp::Reverse(user.username.key()));
            }
        }
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = UserPage {
                order,
                after: after.clone(),
                limit: 2,
            };
            let listed = seen!(store, |view| view
                .users()
                .list_in_order(realm, &filter, page)
                .await
                .unwrap());
            after = listed.items.last().map(|user| match order {
                UserOrder::YoungestFirst => UserPlace::Id(user.id),
                _ => UserPlace::Username(user.username.key().to_owned()),
            });
            found.extend(listed.items.iter().map(|user| user.id));
            if !listed.more {
                break;
            }
        }
        let expected: Vec<_> = expected.iter().map(|user| user.id).collect();
        assert_eq!(found, expected, "{order:?} {prefix:?}");
    }
    let page = UserPage {
        order: UserOrder::Username,
        after: Some(UserPlace::Username("zaa".to_owned())),
        limit: 1,
    };
    let listed = seen!(store, |view| view
        .users()
        .list_in_order(realm, &UserFilter::default(), page)
        .await
        .unwrap());
    assert_eq!(listed.items[0].username.as_str(), "zb");
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
