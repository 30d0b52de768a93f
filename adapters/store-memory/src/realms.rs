//! Realms, and the removal of one in batches.

use core::ops::Bound;

use async_trait::async_trait;
use gatelodge_domain::{Id, Realm, RealmSlug};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Duplicate, FindRealms, Listed, PageRequest, Realms, Swept};

use crate::state::Tables;
use crate::table::{Moment, Table, tables};
use crate::view::{Stand, Turn, View, page_of};

tables! {
    /// Realms by row id and by slug.
    RealmTables {
        rows: Table<Id<Realm>, Realm>,
        by_slug: Table<RealmSlug, Id<Realm>>,
    }
}

/// Removes at most so many of a realm's rows from a slice, and counts them.
type Clear = fn(&mut Tables, Moment, Id<Realm>, usize) -> usize;

/// The slices that hold rows of a realm, those that others point at last.
const CLEARED: [Clear; 17] = [
    |tables, at, realm, limit| tables.tickets.clear(at, realm, limit),
    |tables, at, realm, limit| tables.factors.clear(at, realm, limit),
    |tables, at, realm, limit| tables.throttles.clear(at, realm, limit),
    |tables, at, realm, limit| tables.families.clear(at, realm, limit),
    |tables, at, realm, limit| tables.grants.clear(at, realm, limit),
    |tables, at, realm, limit| tables.consents.clear(at, realm, limit),
    |tables, at, realm, limit| tables.sessions.clear(at, realm, limit),
    |tables, at, realm, limit| tables.revocations.clear(at, realm, limit),
    |tables, at, realm, limit| tables.outbox.clear(at, realm, limit),
    |tables, at, realm, limit| tables.documents.clear(at, realm, limit),
    |tables, at, realm, limit| tables.groups.clear(at, realm, limit),
    |tables, at, realm, limit| tables.roles.clear(at, realm, limit),
    |tables, at, realm, limit| tables.catalogue.clear(at, realm, limit),
    |tables, at, realm, limit| tables.subject_keys.clear(at, realm, limit),
    |tables, at, realm, limit| tables.clients.clear(at, realm, limit),
    |tables, at, realm, limit| tables.users.clear(at, realm, limit),
    |tables, at, realm, limit| tables.keys.clear(at, realm, limit),
];

#[async_trait]
impl<S: Stand> FindRealms for View<S> {
    async fn find(&mut self, id: Id<Realm>) -> Result<Option<Realm>, StoreError> {
        self.look(|tables, at| tables.realms.rows.get(at, &id).cloned())
    }

    async fn find_by_slug(&mut self, slug: &RealmSlug) -> Result<Option<Realm>, StoreError> {
        self.look(|tables, at| {
            let id = tables.realms.by_slug.get(at, slug)?;
            tables.realms.rows.get(at, id).cloned()
        })
    }

    async fn list(&mut self, page: PageRequest<Realm>) -> Result<Listed<Realm>, StoreError> {
        self.look(|tables, at| {
            let from = page.after.map_or(Bound::Unbounded, Bound::Excluded);
            let rows = tables.realms.rows.range(at, (from, Bound::Unbounded));
            page_of(rows.map(|(_, realm)| realm), page.limit)
        })
    }
}

#[async_trait]
impl Realms for View<Turn> {
    async fn insert(&mut self, realm: &Realm) -> Result<(), StoreError> {
        self.change(|tables, at| {
            let realms = &mut tables.realms;
            if realms.rows.contains(at, &realm.id) {
                return Err(StoreError::Duplicate(Duplicate::Key));
            }
            if realms.by_slug.contains(at, &realm.slug) {
                return Err(StoreError::Duplicate(Duplicate::RealmSlug));
            }
            realms.by_slug.put(at, realm.slug.clone(), realm.id);
            realms.rows.put(at, realm.id, realm.clone());
            Ok(())
        })
    }

    async fn update(&mut self, realm: &Realm) -> Result<Realm, StoreError> {
        self.change(|tables, at| {
            let rows = &mut tables.realms.rows;
            let stored = rows.get(at, &realm.id).ok_or(StoreError::Stale)?;
            if stored.revision != realm.revision {
                return Err(StoreError::Stale);
            }
            let updated = Realm {
                slug: stored.slug.clone(),
                created_at: stored.created_at,
                revision: realm.revision.next(),
                ..realm.clone()
            };
            rows.put(at, realm.id, updated.clone());
            Ok(updated)
        })
    }

    async fn sweep(&mut self, id: Id<Realm>, limit: u16) -> Result<Swept, StoreError> {
        self.change(|tables, at| {
            let mut left = usize::from(limit);
            for clear in CLEARED {
                left -= clear(tables, at, id, left);
                if left == 0 {
                    return Ok(Swept::More);
                }
            }
            let realms = &mut tables.realms;
            if let Some(realm) = realms.rows.get(at, &id).cloned() {
                realms.by_slug.remove(at, realm.slug);
                realms.rows.remove(at, id);
            }
            Ok(Swept::Done)
        })
    }
}
