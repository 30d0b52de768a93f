//! Giving out everybody of a realm, page by page, in the shape in which they can be taken in
//! elsewhere.

use std::collections::BTreeSet;

use gatelodge_domain::{AuditAction, Id, PasswordHash, RealmSlug, User};
use gatelodge_ports::store::{PageRequest, UserFilter};
use serde_json::json;

use super::AdministerUsers;
use crate::Failure;
use crate::admin::{AdminError, PERMISSIONS, Permit, UsersExportHashes, UsersRead, Work};

/// People of one page.
const PAGE: u16 = 200;

/// What of a password is given out.
#[derive(Debug)]
pub enum ExportedPasswords {
    /// Nothing.
    None,
    /// Its hash, which needs a right of its own: whoever has it can guess at home.
    Hashes(Box<Permit<UsersExportHashes>>),
}

/// An export under way.
#[derive(Debug)]
pub struct Export {
    permit: Permit<UsersRead>,
    passwords: ExportedPasswords,
    after: Option<Id<User>>,
}

/// A person as they are given out.
#[derive(Debug, Clone)]
pub struct ExportedUser {
    /// The person.
    pub user: User,
    /// The hash of their password, where it was asked for and there is one.
    pub password: Option<PasswordHash>,
}

impl AdministerUsers {
    /// Begins an export of the permit's whole realm, and records that it was made. In `system`,
    /// hashes are given only to who may do everything there: they are those of administrators.
    pub async fn begin_export(
        &self,
        permit: Permit<UsersRead>,
        passwords: ExportedPasswords,
    ) -> Result<Export, AdminError> {
        let foundation = &self.foundation;
        permit.reach_realm(foundation).await?;
        let hashes = matches!(passwords, ExportedPasswords::Hashes(_));
        if let ExportedPasswords::Hashes(permit) = &passwords
            && permit.realm().realm.slug == RealmSlug::system()
        {
            let all = PERMISSIONS.iter().map(|(name, _)| (*name).to_owned());
            let all: BTreeSet<String> = all.collect();
            self.administrators.covers(permit, &all).await?;
        }
        let now = foundation.clock.now();
        let entry = permit
            .done(AuditAction::UsersExported)
            .on("realm", permit.realm_id())
            .with(json!({ "password_hashes": hashes }));
        let recorder = &foundation.recorder;
        let event = recorder.event(entry, permit.request(), now).await?;
        Work::open(foundation, now).await?.commit(&[event]).await?;
        Ok(Export {
            permit,
            passwords,
            after: None,
        })
    }

    /// The next people, by row id; none at the end.
    pub async fn export(&self, export: &mut Export) -> Result<Vec<ExportedUser>, Failure> {
        let realm = export.permit.realm_id();
        let page = PageRequest {
            after: export.after,
            limit: PAGE,
        };
        let mut view = self.foundation.store.read().await?;
        let filter = UserFilter::default();
        let listed = view.users().list(realm, &filter, page).await?;
        let mut people = Vec::with_capacity(listed.items.len());
        for user in listed.items {
            export.after = Some(user.id);
            let password = match export.passwords {
                ExportedPasswords::None => None,
                ExportedPasswords::Hashes(_) => {
                    let found = view.passwords().find(realm, user.id).await?;
                    found.map(|credential| credential.hash)
                }
            };
            people.push(ExportedUser { user, password });
        }
        Ok(people)
    }
}
