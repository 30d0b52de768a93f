//! Administering realms.

use gatelodge_domain::{DisplayName, KeyAlgorithm, RealmSlug};
use gatelodge_usecases::ErrorCode;
use gatelodge_usecases::admin::{Caller, RealmsWrite, UsersRead};
use gatelodge_usecases::realms::{NewRealm, RealmUpdate, Service, SweepRealms};

use super::plane::{Plane, code, quick, refusal};
use crate::house::facts;

async fn make(plane: &Plane, slug: &str) -> Result<gatelodge_domain::Realm, ErrorCode> {
    let administrators = &plane.api.administrators;
    let permit = administrators
        .authorize_everywhere(&Caller::Operator, &facts())
        .await
        .unwrap();
    let new = NewRealm {
        slug: RealmSlug::parse(slug).unwrap(),
        name: DisplayName::parse("New").unwrap(),
        settings: quick(plane),
    };
    match plane.api.realms.create(&permit, new).await {
        Ok(realm) => Ok(realm),
        refused => Err(code(refused)),
    }
}

#[tokio::test]
async fn a_new_realm_serves_at_once_with_a_key_of_its_own() {
    let plane = Plane::new().await;
    let directory = &plane.house.foundation.directory;
    let slug = RealmSlug::parse("fresh").unwrap();
    // Asked for before it existed, so its absence is remembered.
    assert!(directory.realm(&slug).await.unwrap().is_none());
    let realm = make(&plane, "fresh").await.unwrap();
    let served = directory.realm(&slug).await.unwrap().unwrap();
    assert_eq!(&*served.issuer, "https://id.example/realms/fresh");
    let ring = plane.house.foundation.key_rings.of(realm.id).await.unwrap();
    assert!(ring.signer(KeyAlgorithm::Es256).is_some());

    assert_eq!(make(&plane, "fresh").await, Err(ErrorCode::Conflict));
    assert_eq!(make(&plane, "system").await, Err(ErrorCode::InvalidField));
}

#[tokio::test]
async fn a_deleted_realm_is_gone_at_once_and_its_rows_are_swept() {
    let plane = Plane::new().await;
    let realm = make(&plane, "doomed").await.unwrap();
    for number in 0..250 {
        plane.user("doomed", &format!("user{number}")).await;
    }
    let permit = plane
        .permit::<RealmsWrite>(&Caller::Operator, "doomed")
        .await
        .unwrap();
    plane
        .api
        .realms
        .delete(&permit, Some(realm.revision))
        .await
        .unwrap();

    let directory = &plane.house.foundation.directory;
    assert!(directory.realm(&realm.slug).await.unwrap().is_none());
    let gone = plane.permit::<UsersRead>(&Caller::Operator, "doomed").await;
    assert_eq!(code(gone), ErrorCode::NotFound);
    assert_eq!(
        make(&plane, "doomed").await,
        Err(ErrorCode::Conflict),
        "not yet swept"
    );

    let events = plane.house.trail().await.len();
    let sweep = SweepRealms::new(plane.house.foundation.clone());
    assert_eq!(sweep.run().await.unwrap(), 1);
    assert_eq!(sweep.run().await.unwrap(), 0);
    assert_eq!(plane.house.trail().await.len(), events, "the trail stays");
    assert!(make(&plane, "doomed").await.is_ok());
}

#[tokio::test]
async fn built_in_realms_can_be_neither_deleted_nor_disabled() {
    let plane = Plane::new().await;
    for slug in ["default", "system"] {
        let permit = plane
            .permit::<RealmsWrite>(&Caller::Operator, slug)
            .await
            .unwrap();
        let realms = &plane.api.realms;
        let deleted = refusal(realms.delete(&permit, None).await);
        assert_eq!(deleted.code, ErrorCode::Protected, "{slug}");
        let off = RealmUpdate {
            name: DisplayName::parse("Off").unwrap(),
            settings: quick(&plane),
            service: Service::Disabled,
        };
        let revision = permit.realm().realm.revision;
        let disabled = realms.update(&permit, revision, off).await;
        assert_eq!(code(disabled), ErrorCode::Protected, "{slug}");
    }
}
