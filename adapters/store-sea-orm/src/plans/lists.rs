//! Lists of everything else.

use gatelodge_conformance::samples;
use gatelodge_domain::document::DocumentKind;
use gatelodge_domain::{Id, Realm, Subject, User};
use gatelodge_ports::Store as _;
use gatelodge_ports::store::{
    ClientFilter, GrantFilter, Holder, PageRequest, SessionFilter, ThrottleFilter, UserFilter,
};

use super::Plans;
use super::people::lists_of_users;
use crate::sqlite::recorded;

pub(super) async fn lists(plans: &mut Plans, realm: Id<Realm>) {
    let now = samples::NOW;
    plan!(plans, "realms", unit => unit.realms().list(PageRequest::first(50)));
    lists_of_users(plans, realm).await;
    for (name, prefix) in [("clients", None), ("clients: with a beginning", Some("a"))] {
        let filter = ClientFilter {
            client_id_prefix: prefix.map(str::to_owned),
            ..ClientFilter::default()
        };
        plan!(plans, name, unit => unit.clients().list(realm, &filter, PageRequest::first(50)));
    }
    let named = ClientFilter {
        name_prefix: Some("a".to_owned()),
        ..ClientFilter::default()
    };
    plan!(plans, "clients: with the beginning of a name", unit => unit.clients().list(realm, &named, PageRequest::first(50)));
    for (name, user, live_at) in [
        ("sessions", None, None),
        ("sessions: live", None, Some(now)),
        ("sessions: of a user", Some(Id::from_u128(7)), None),
        (
            "sessions: of a user, live",
            Some(Id::from_u128(7)),
            Some(now),
        ),
    ] {
        let filter = SessionFilter { user, live_at };
        plan!(plans, name, unit => unit.sessions().list(realm, filter, PageRequest::first(50)));
    }
    for (name, filter) in grant_filters() {
        plan!(plans, name, unit => unit.grants().list(realm, filter, PageRequest::first(50)));
    }
    plan!(plans, "consents of a user", unit => unit.consents().list_of(realm, Id::from_u128(7)));
    plan!(plans, "roles", unit => unit.roles().list(realm, PageRequest::first(50)));
    plan!(plans, "roles of a user", unit => unit.roles().held_by(realm, Subject::User(Id::from_u128(7))));
    access(plans, realm).await;
    plan!(plans, "active holders of a role", unit => unit.roles().count_active_holders(realm, Id::from_u128(7)));
    plan!(plans, "documents of a kind", unit => unit.documents().list(realm, DocumentKind::MailTemplate));
    factors(plans, realm).await;
    plan!(plans, "changes", unit => unit.changes().since(1, 100));
}

async fn factors(plans: &mut Plans, realm: Id<Realm>) {
    let now = samples::NOW;
    let user: Id<User> = Id::from_u128(7);
    let digest = samples::digest();
    plan!(plans, "factors of a user", unit => unit.factors().list_of(realm, user));
    plan!(plans, "recovery codes of a user", unit => unit.factors().recovery_codes_of(realm, user));
    plan!(plans, "using a time step", unit => unit.factors().use_step(realm, Id::from_u128(7), 7, now));
    plan!(plans, "using a recovery code", unit => unit.factors().use_recovery_code(realm, user, &digest, now));
    plan!(plans, "making a factor primary", unit => unit.factors().make_primary(realm, user, Id::from_u128(7)));
    let some = ThrottleFilter {
        live_at: Some(now),
        ..ThrottleFilter::default()
    };
    for (name, filter) in [
        ("throttles: live", some),
        (
            "throttles: of a user, live",
            ThrottleFilter {
                user: Some(user),
                ..some
            },
        ),
        (
            "throttles: by digest, live",
            ThrottleFilter {
                digest: Some(digest),
                ..some
            },
        ),
    ] {
        plan!(plans, name, unit => unit.throttles().list(realm, filter, PageRequest::first(50)));
    }
    plan!(plans, "clearing a throttle", unit => unit.throttles().clear(realm, &digest));
    plan!(plans, "lifting a user's throttles", unit => unit.throttles().remove_of(realm, user));
    plan!(plans, "sweeping throttles", unit => unit.throttles().sweep(now, 200));
}

async fn access(plans: &mut Plans, realm: Id<Realm>) {
    let (role, group) = (Id::from_u128(7), Id::from_u128(8));
    let user: Id<User> = Id::from_u128(7);
    plan!(plans, "what a user was given", unit => unit.roles().holdings_of(realm, Subject::User(user)));
    plan!(plans, "what roles lead to", unit => unit.roles().with_included(realm, &[role]));
    plan!(plans, "what roles include", unit => unit.roles().inclusions(realm, &[role]));
    plan!(plans, "holders of a role", unit => unit.roles().holders(realm, role, None, 50));
    let after = Some(Holder::Group(group));
    plan!(plans, "holders of a role, next page", unit => unit.roles().holders(realm, role, after, 50));
    plan!(plans, "groups", unit => unit.roles().list_groups(realm, None, PageRequest::first(50)));
    plan!(plans, "groups of a user", unit => unit.roles().groups_of(realm, user));
    plan!(plans, "roles of a group", unit => unit.roles().roles_of_group(realm, group));
    let page = PageRequest::after(user, 50);
    plan!(plans, "members of a group, next page", unit => unit.roles().members(realm, group, page));
    let filter = UserFilter {
        groups: Some([group].into()),
        ..UserFilter::default()
    };
    let page = PageRequest::after(user, 50);
    plan!(plans, "users: of a group, next page", unit => unit.users().list(realm, &filter, page));
    plan!(plans, "apis", unit => unit.catalogue().list_apis(realm, PageRequest::first(50)));
    plan!(plans, "scopes", unit => unit.catalogue().list_scopes(realm, PageRequest::first(50)));
    plan!(plans, "permissions", unit => unit.catalogue().list_permissions(realm, PageRequest::first(50)));
    plan!(plans, "whether an api is used", unit => unit.catalogue().api_is_used(realm, Id::from_u128(7)));
    plan!(plans, "removing a role", unit => unit.roles().remove(realm, role));
    plan!(plans, "removing a group", unit => unit.roles().remove_group(realm, group));
}

pub(super) fn grant_filters() -> [(&'static str, GrantFilter); 6] {
    let some = GrantFilter::default;
    [
        ("grants", some()),
        (
            "grants: live",
            GrantFilter {
                live_at: Some(samples::NOW),
                ..some()
            },
        ),
        (
            "grants: of a user",
            GrantFilter {
                user: Some(Id::from_u128(7)),
                ..some()
            },
        ),
        (
            "grants: of a client",
            GrantFilter {
                client: Some(Id::from_u128(7)),
                ..some()
            },
        ),
        (
            "grants: of a session",
            GrantFilter {
                session: Some(Id::from_u128(7)),
                ..some()
            },
        ),
        (
            "grants: of a user to a client, live",
            GrantFilter {
                user: Some(Id::from_u128(7)),
                client: Some(Id::from_u128(8)),
                live_at: Some(samples::NOW),
                ..some()
            },
        ),
    ]
}
