//! Further realms, each with a key and a spare for every algorithm, so that a server that starts
//! on them finds nothing to make. The key pairs are one set for all: two RSA pairs for each of a
//! thousand realms would take a quarter of an hour.

use gatelodge_domain::realm::RealmStatus;
use gatelodge_domain::signing_key::KeyState;
use gatelodge_domain::{
    DisplayName, Id, KeyAlgorithm, Realm, RealmSlug, Revision, Settings, SigningKey,
};
use gatelodge_ports::key_factory::GeneratedKey;

use gatelodge_usecases::keys::KeyMaintenance;
use gatelodge_usecases::realms::ServedRealm;

use crate::house::Ground;
use crate::{Failed, Plan, Progress};

const UNIT: u64 = 20;

/// Gives the built-in realms what the server makes in the background within its first minutes.
pub(crate) async fn complete_built_in(ground: &Ground) -> Result<(), Failed> {
    let foundation = &ground.foundation;
    let maintenance = KeyMaintenance::new(foundation.clone());
    for slug in [RealmSlug::system(), RealmSlug::default_realm()] {
        let mut view = foundation.store.read().await?;
        let realm = view.realms().find_by_slug(&slug).await?;
        drop(view);
        let realm = realm.ok_or("a built-in realm is missing")?;
        let served = ServedRealm::new(realm, &foundation.issuers);
        // The first round makes keys, the second one their spares.
        for _ in 0..2 {
            maintenance.run(&served).await?;
        }
    }
    Ok(())
}

/// Makes `realm-0001`…
pub(crate) async fn fill(
    ground: &Ground,
    plan: &Plan,
    progress: &mut dyn Progress,
) -> Result<(), Failed> {
    if plan.realms == 0 {
        return Ok(());
    }
    let foundation = &ground.foundation;
    let mut pairs = Vec::new();
    for algorithm in KeyAlgorithm::ALL {
        for state in [
            KeyState::Active { since: ground.now },
            KeyState::Next { from: None },
        ] {
            let pair = foundation.key_factory.generate(algorithm).await?;
            pairs.push((algorithm, state, pair));
        }
    }
    let mut done = 0;
    while done < plan.realms {
        let until = plan.realms.min(done + UNIT);
        let mut unit = foundation.store.write().await?;
        for number in done..until {
            let realm = realm(ground, number)?;
            unit.realms().insert(&realm).await?;
            for (algorithm, state, pair) in &pairs {
                let key = key(ground, realm.id, *algorithm, *state, pair)?;
                unit.keys().insert(&key).await?;
            }
        }
        unit.commit().await?;
        done = until;
        progress.step("realms", done, plan.realms);
    }
    Ok(())
}

fn realm(ground: &Ground, number: u64) -> Result<Realm, Failed> {
    let slug = format!("realm-{:04}", number + 1);
    Ok(Realm {
        id: ground.foundation.rng.id(ground.now),
        slug: RealmSlug::parse(&slug)?,
        name: DisplayName::parse(&slug)?,
        status: RealmStatus::Active,
        settings: Settings::default(),
        user_schema: gatelodge_domain::attribute::UserSchema::default(),
        revision: Revision::FIRST,
        created_at: ground.now,
    })
}

fn key(
    ground: &Ground,
    realm: Id<Realm>,
    algorithm: KeyAlgorithm,
    state: KeyState,
    pair: &GeneratedKey,
) -> Result<SigningKey, Failed> {
    let id: Id<SigningKey> = ground.foundation.rng.id(ground.now);
    // The place that the server opens it at.
    let place = format!("{realm}|signing_keys|{id}|sealed_private");
    let sealed = ground
        .foundation
        .vault
        .seal(&place, pair.private.expose())?;
    Ok(SigningKey {
        id,
        realm,
        key_id: pair.key_id.clone(),
        algorithm,
        public: pair.public.clone(),
        sealed_private: sealed,
        state,
        revision: Revision::FIRST,
        created_at: ground.now,
    })
}
