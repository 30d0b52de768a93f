//! What people do with their own factors, and with nobody else's.

use std::sync::Arc;

use gatelodge_domain::FactorKind;
use gatelodge_usecases::mfa::{EnrolError, FactorAnswer, OwnFactorsError, Step};
use gatelodge_usecases::sessions::SignedIn;

use super::{App, at, enrol, name, own, password, prove};
use crate::desk::Desk;
use crate::house::facts;

#[tokio::test]
async fn several_authenticators_have_names_and_one_is_asked_for_first() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let cookie = desk.sign_in("ada").await;
    let me = desk.who(&cookie).await.unwrap();
    let realm = &desk.house.realm;
    let own = own(&desk);
    let mut apps = Vec::new();
    for called in ["Phone", "Tablet"] {
        let here = own.overview(realm, &me).await.unwrap();
        assert!(here.may_change);
        // Each enrolment renews the session's secret and counts its revision up.
        let mut view = desk.house.foundation.store.read().await.unwrap();
        let session = view.sessions().find(realm.realm.id, me.session.id).await;
        let me = SignedIn {
            session: session.unwrap().unwrap().into(),
            ..me.clone()
        };
        let begun = own.begin(realm, &me, FactorKind::Totp).unwrap();
        let app = App::scan(&begun.offer);
        let code = app.code(&desk, 0);
        let answer = (code.as_str(), name(called));
        let finished = own
            .finish(realm, &me, &begun.sealed, answer, &facts())
            .await;
        let (_, codes) = finished.unwrap();
        assert_eq!(
            codes.is_some(),
            called == "Phone",
            "codes come with the first"
        );
        apps.push(app);
    }
    let names = async || {
        let overview = own.overview(realm, &me).await.unwrap();
        let factors = overview.factors.into_iter();
        factors
            .map(|factor| (factor.id, factor.name.as_str().to_owned()))
            .collect::<Vec<_>>()
    };
    let [(phone, _), (tablet, _)] = names().await.try_into().unwrap();
    own.rename(realm, &me, tablet, name("Slate"), &facts())
        .await
        .unwrap();
    own.make_primary(realm, &me, tablet, &facts())
        .await
        .unwrap();
    let expected = [(tablet, "Slate".to_owned()), (phone, "Phone".to_owned())];
    assert_eq!(names().await, expected);
    // Either of them signs in.
    for app in &apps {
        desk.house.advance(60);
        let cookie = password(&desk, realm, "ada").await;
        let here = at(&desk, &cookie).await.unwrap();
        let code = app.code(&desk, 0);
        assert!(prove(&desk, &here, FactorAnswer::Code(&code)).await.is_ok());
    }
    own.remove(realm, &me, tablet, &facts()).await.unwrap();
    let overview = own.overview(realm, &me).await.unwrap();
    assert!(
        overview.factors[0].is_primary(),
        "the oldest other is first"
    );
    own.remove(realm, &me, phone, &facts()).await.unwrap();
    let overview = own.overview(realm, &me).await.unwrap();
    assert_eq!(overview.recovery.made, 0, "the codes went with the last");
    let gone = own.remove(realm, &me, phone, &facts()).await;
    assert!(matches!(gone, Err(OwnFactorsError::Unknown)));
    assert!(
        !desk.sign_in("ada").await.is_empty(),
        "the password is enough"
    );
}

#[tokio::test]
async fn nobody_changes_anothers_factors() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    desk.person("eve").await;
    enrol(&desk, "ada").await;
    let realm = &desk.house.realm;
    let cookie = password(&desk, realm, "ada").await;
    let Step::Prove { factors, .. } = desk
        .steps
        .step(realm, &at(&desk, &cookie).await.unwrap(), None)
        .await
        .unwrap()
    else {
        panic!("she has one");
    };
    let theirs = desk.sign_in("eve").await;
    let eve = desk.who(&theirs).await.unwrap();
    let own = own(&desk);
    let id = factors[0].id;
    for result in [
        own.remove(realm, &eve, id, &facts()).await,
        own.rename(realm, &eve, id, name("Mine"), &facts()).await,
        own.make_primary(realm, &eve, id, &facts()).await,
    ] {
        assert!(matches!(result, Err(OwnFactorsError::Unknown)));
    }
    // An enrolment that began for one person is none for another.
    let ada = desk.house.session(&desk.house.user("ada2").await).await;
    let begun = own.begin(realm, &eve, FactorKind::Totp).unwrap();
    let stranger = SignedIn {
        session: ada.into(),
        user: Arc::new(desk.house.user("ada3").await),
    };
    let code = App::scan(&begun.offer).code(&desk, 0);
    let answer = (code.as_str(), name("Phone"));
    let refused = own
        .finish(realm, &stranger, &begun.sealed, answer, &facts())
        .await;
    assert!(matches!(refused, Err(EnrolError::Expired)), "{refused:?}");
}
