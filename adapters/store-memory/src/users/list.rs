//! Pages of people.

use core::ops::Bound;
use std::collections::BTreeSet;

use gatelodge_domain::user::UserStatus;
use gatelodge_domain::{Email, Id, Realm, User};
use gatelodge_ports::store::{Listed, PageRequest, UserFilter, UserOrder, UserPage, UserPlace};

use super::UserTables;
use crate::table::Moment;
use crate::view::{page_of, rows_of};

impl UserTables {
    pub(super) fn page(
        &self,
        at: Moment,
        realm: Id<Realm>,
        filter: &UserFilter,
        page: &PageRequest<User>,
        within: Option<&BTreeSet<Id<User>>>,
    ) -> Listed<User> {
        let fits = |user: &&User| fits(filter, within, user);
        let Some(prefix) = &filter.username_prefix else {
            let rows = self.rows.range(at, rows_of(realm, page.after));
            return page_of(rows.map(|(_, user)| user).filter(fits), page.limit);
        };
        let mut ids: Vec<Id<User>> = self.named(at, realm, prefix).collect();
        ids.retain(|id| page.after.is_none_or(|after| after < *id));
        ids.sort_unstable();
        let rows = ids.iter().filter_map(|id| self.rows.get(at, &(realm, *id)));
        page_of(rows.filter(fits), page.limit)
    }

    pub(super) fn page_in_order(
        &self,
        at: Moment,
        realm: Id<Realm>,
        filter: &UserFilter,
        page: &UserPage,
        within: Option<&BTreeSet<Id<User>>>,
    ) -> Listed<User> {
        let fits = |user: &&User| fits(filter, within, user);
        let prefix = filter.username_prefix.as_deref().unwrap_or_default();
        let named = self.named(at, realm, prefix);
        let named = named.filter_map(|id| self.rows.get(at, &(realm, id)));
        let key = |user: &User| user.username.key().to_owned();
        match (page.order, &page.after) {
            (UserOrder::YoungestFirst, after) => {
                let before = |user: &&User| match after {
                    Some(UserPlace::Id(id)) => user.id < *id,
                    _ => true,
                };
                let rows = self.rows.range(at, rows_of(realm, None)).rev();
                let rows = rows.map(|(_, user)| user);
                page_of(rows.filter(before).filter(fits), page.limit)
            }
            (UserOrder::Username, Some(UserPlace::Username(last))) => page_of(
                named.filter(|user| key(user) > *last).filter(fits),
                page.limit,
            ),
            (UserOrder::Username, _) => page_of(named.filter(fits), page.limit),
            (UserOrder::UsernameBackwards, after) => {
                let mut rows: Vec<&User> = named.filter(fits).collect();
                if let Some(UserPlace::Username(last)) = after {
                    rows.retain(|user| key(user) < *last);
                }
                page_of(rows.into_iter().rev(), page.limit)
            }
        }
    }

    /// Those whose canonical names begin like that, by name.
    fn named<'a>(
        &'a self,
        at: Moment,
        realm: Id<Realm>,
        prefix: &'a str,
    ) -> impl Iterator<Item = Id<User>> + 'a {
        let from = Bound::Included((realm, prefix.to_owned()));
        let named = self.by_username.range(at, (from, Bound::Unbounded));
        named
            .take_while(move |((of, name), _)| *of == realm && name.starts_with(prefix))
            .map(|(_, id)| *id)
    }
}

/// Whether a person is one of those that a filter asks for.
fn fits(filter: &UserFilter, within: Option<&BTreeSet<Id<User>>>, user: &User) -> bool {
    let email = user.email.as_ref().map(Email::key);
    let key = user.username.key();
    within.is_none_or(|within| within.contains(&user.id))
        && filter
            .status
            .is_none_or(|status| status_name(user.status) == status)
        && filter.username_key.as_deref().is_none_or(|it| it == key)
        && filter
            .username_prefix
            .as_deref()
            .is_none_or(|it| key.starts_with(it))
        && filter
            .email_key
            .as_deref()
            .is_none_or(|it| email == Some(it))
        && filter
            .email_prefix
            .as_deref()
            .is_none_or(|it| email.is_some_and(|email| email.starts_with(it)))
        && filter
            .made_from
            .is_none_or(|moment| Id::first_at(moment) <= user.id)
        && filter
            .made_before
            .is_none_or(|moment| user.id < Id::first_at(moment))
}

/// The status as [`UserFilter::status`] names it.
const fn status_name(status: UserStatus) -> &'static str {
    match status {
        UserStatus::Active => "active",
        UserStatus::Invited => "invited",
        UserStatus::Deactivated { .. } => "deactivated",
        UserStatus::Suspended { .. } => "suspended",
        UserStatus::PendingDeletion { .. } => "pending_deletion",
    }
}
