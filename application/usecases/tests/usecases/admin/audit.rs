//! The trail: what is opened, what is forgotten, and that it stays whole.

use gatelodge_ports::store::AuditFilter;
use gatelodge_usecases::admin::{AuditRead, Caller, Permit, UsersWrite};
use gatelodge_usecases::audit::{Fault, KnownSeal, OpenedEvent};

use super::plane::Plane;

async fn about_ada(plane: &Plane, permit: &Permit<AuditRead>, target: u128) -> Vec<OpenedEvent> {
    let filter = AuditFilter {
        target: Some(target),
        ..AuditFilter::default()
    };
    let audit = &plane.api.audit;
    audit
        .of_realm(permit, filter, None, 100)
        .await
        .unwrap()
        .items
}

#[tokio::test]
async fn deleting_a_person_forgets_them_without_changing_an_event() {
    let plane = Plane::new().await;
    let ada = plane.user("default", "ada").await;
    let write = plane
        .permit::<UsersWrite>(&Caller::Operator, "default")
        .await
        .unwrap();
    let read = plane
        .permit::<AuditRead>(&Caller::Operator, "default")
        .await
        .unwrap();
    let users = &plane.api.users;
    let password = gatelodge_domain::Password::parse("correct horse battery").unwrap();
    users
        .set_password(
            &write,
            ada.id,
            &password,
            gatelodge_domain::user::PasswordChange::Free,
        )
        .await
        .unwrap();

    let before = about_ada(&plane, &read, ada.id.as_u128()).await;
    let set = &before[0];
    let address = set.personal.as_ref().map(|known| known["address"].clone());
    assert_eq!(address, Some("192.0.2.7".into()));
    assert_eq!(plane.api.verify.run(None).await.unwrap().fault, None);

    users.delete(&write, ada.id, None).await.unwrap();

    let after = about_ada(&plane, &read, ada.id.as_u128()).await;
    assert_eq!(after.len(), before.len() + 1);
    let kept = &after[1];
    assert_eq!(kept.stored, set.stored, "no stored event changes");
    assert_eq!(kept.personal, None, "and nobody can read whom it was about");
    let found = plane.api.verify.run(None).await.unwrap();
    assert_eq!(found.fault, None);
    assert!(found.events > 0 && found.seals > 0);
}

#[tokio::test]
async fn a_seal_that_is_known_from_elsewhere_shows_a_cut_tail() {
    let plane = Plane::new().await;
    plane.user("default", "ada").await;
    let newest = plane.api.verify.run(None).await.unwrap().newest.unwrap();
    let known = |number, mac| Some(KnownSeal { number, mac });
    let verify = async |known| plane.api.verify.run(known).await.unwrap().fault;
    assert_eq!(verify(known(newest.number, newest.mac)).await, None);
    let later = newest.number + 1;
    assert_eq!(
        verify(known(later, newest.mac)).await,
        Some(Fault::Cut {
            known: later,
            newest: newest.number
        })
    );
    assert_eq!(
        verify(known(newest.number, newest.previous)).await,
        Some(Fault::SealForged {
            number: newest.number
        })
    );
}

#[tokio::test]
async fn reading_the_trail_is_recorded_once_for_a_listing() {
    let plane = Plane::new().await;
    plane.user("default", "ada").await;
    let read = plane
        .permit::<AuditRead>(&Caller::Operator, "default")
        .await
        .unwrap();
    let audit = &plane.api.audit;
    let everything = AuditFilter::default;
    let first = audit.of_realm(&read, everything(), None, 1).await.unwrap();
    assert_eq!(first.items[0].stored.event.action.as_str(), "audit.read");
    let second = audit
        .of_realm(&read, everything(), first.next, 1)
        .await
        .unwrap();
    assert_eq!(second.items[0].stored.event.action.as_str(), "user.created");
    assert_eq!(second.next, None);
}
