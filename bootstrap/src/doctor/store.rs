//! What the store tells: whether it opens, which issuers it was made for, and how old the keys
//! are that sign.

use gatelodge_domain::setting::Layers;
use gatelodge_domain::signing_key::KeyState;
use gatelodge_domain::{Setting, Timestamp};
use gatelodge_ports::store::PageRequest;
use gatelodge_ports::{Store, StoreError};
use gatelodge_usecases::setup::stored_issuers;

use super::finding::Finding;
use crate::builder::Parts;
use crate::data_folder::DataFolder;
use crate::house::{Access, open_store};
use crate::settings::{Engine, Settings};
use crate::stop::chain;

/// Realms whose keys are looked at.
const REALMS: u16 = 200;
/// Rotation may be a little late: it waits until the next key has been announced for long enough.
const GRACE_DAYS: i64 = 7;
const DAY: i64 = 86_400;

/// What was found, and the two issuers.
pub(super) struct Looked {
    pub(super) findings: Vec<Finding>,
    pub(super) issuers: Option<(String, String)>,
}

/// Opens the store beside a server that may run, looks, and closes it.
pub(super) async fn look(settings: &Settings, parts: &Parts, now: Timestamp) -> Looked {
    if matches!(settings.storage.engine, Engine::Memory) && parts.store.is_none() {
        let seen = "the store is memory, and is gone with its process";
        let remedy = "`storage.engine` sqlite or postgres keeps what is written";
        return Looked {
            findings: vec![Finding::warn("store", seen, remedy)],
            issuers: None,
        };
    }
    let folder = DataFolder::existing(&settings.data_dir);
    let store = match open_store(settings, parts, &folder, Access::Guest).await {
        Ok(store) => store,
        Err(stop) => {
            let remedy =
                "look at `storage.*`; `gatelodge migrate` brings an older schema up to date";
            return Looked {
                findings: vec![Finding::fail("store", stop.to_string(), remedy)],
                issuers: None,
            };
        }
    };
    let looked = match within(&*store, now).await {
        Ok(looked) => looked,
        Err(error) => Looked {
            findings: vec![Finding::fail(
                "store",
                format!("the store does not answer: {}", chain(&error)),
                "is the database reachable, and is there room on its disk?",
            )],
            issuers: None,
        },
    };
    // Nothing was written that a close could lose.
    let _ = store.close().await;
    looked
}

async fn within(store: &dyn Store, now: Timestamp) -> Result<Looked, StoreError> {
    let Some(issuers) = stored_issuers(store).await? else {
        let remedy = "`gatelodge serve` or `gatelodge init` makes it ready";
        return Ok(Looked {
            findings: vec![Finding::fail("store", "the store is empty", remedy)],
            issuers: None,
        });
    };
    let mut findings = vec![Finding::ok(
        "store",
        "the store opens and its schema is current",
    )];
    let mut view = store.read().await?;
    let realms = view.realms().list(PageRequest::first(REALMS)).await?;
    let mut worn = Vec::new();
    for realm in realms.items.iter().filter(|realm| realm.serves()) {
        let interval = Layers(&[&realm.settings]).value(Setting::KeyRotationInterval);
        let allowed = i64::from(interval) + GRACE_DAYS * DAY;
        for key in view.keys().list(realm.id).await? {
            if let KeyState::Active { since } = key.state
                && now.as_seconds() - since.as_seconds() > allowed
            {
                let days = (now.as_seconds() - since.as_seconds()) / DAY;
                let (slug, algorithm) = (realm.slug.as_str(), key.algorithm.as_str());
                worn.push(format!("{slug}/{algorithm} ({days} days)"));
            }
        }
    }
    findings.push(if worn.is_empty() {
        Finding::ok("keys", "every signing key is within its rotation interval")
    } else {
        Finding::warn(
            "keys",
            format!(
                "keys sign for longer than their interval: {}",
                worn.join(", ")
            ),
            "a running server rotates them by itself: has one run lately? `gatelodge keys rotate` \
             does it now",
        )
    });
    Ok(Looked {
        findings,
        issuers: Some(issuers),
    })
}

/// Whether the configuration means the store that is there.
pub(super) fn issuers(settings: &Settings, (public, admin): &(String, String)) -> Vec<Finding> {
    let server = &settings.server;
    [
        ("server.public_url", &server.public_url, public),
        ("server.admin_url", &server.admin_url, admin),
    ]
    .into_iter()
    .filter_map(|(key, given, stored)| {
        let given = given.as_deref()?.trim_end_matches('/');
        (given != stored.trim_end_matches('/')).then(|| {
            Finding::fail(
                "urls",
                format!("`{key}` is {given}, and the store was made for {stored}"),
                "set it back, or start once with --change-issuer: clients must then be told",
            )
        })
    })
    .collect()
}
