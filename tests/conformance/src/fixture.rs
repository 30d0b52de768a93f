//! What most promises begin with: a realm that holds one of each, and shorthands for a unit
//! and a view.

use std::sync::Arc;

use gatelodge_domain::{Client, Grant, Id, Realm, Session, Subject, User};
use gatelodge_ports::Store;

use crate::samples;

/// Runs the body in a unit and commits it.
macro_rules! committed {
    ($store:expr, |$unit:ident| $body:expr) => {{
        let mut $unit = $store.write().await.expect("a unit opens");
        let answer = $body;
        $unit.commit().await.expect("the unit commits");
        answer
    }};
}

/// Runs the body over committed data.
macro_rules! seen {
    ($store:expr, |$view:ident| $body:expr) => {{
        let mut $view = $store.read().await.expect("a view opens");
        $body
    }};
}

/// Demands a pattern and says what came instead.
macro_rules! assert_is {
    ($value:expr, $pattern:pat $(if $guard:expr)?) => {{
        let value = $value;
        assert!(matches!(&value, $pattern $(if $guard)?), "{value:?} is not {}", stringify!($pattern));
    }};
}

pub(crate) use {assert_is, committed, seen};

/// A realm in which somebody is signed in and has authorized a client. All rows are stored.
pub(crate) struct House {
    pub(crate) realm: Realm,
    pub(crate) user: User,
    pub(crate) client: Client,
    pub(crate) session: Session,
    pub(crate) grant: Grant,
}

impl House {
    /// Builds one and stores it.
    pub(crate) async fn build(store: &Arc<dyn Store>) -> Self {
        let realm = samples::realm();
        let user = samples::user(realm.id);
        let client = samples::client(realm.id);
        let session = samples::session(realm.id, user.id);
        let mut grant = samples::grant(realm.id, client.id, Subject::User(user.id));
        grant.session = Some(session.id);
        committed!(store, |unit| {
            unit.realms()
                .insert(&realm)
                .await
                .expect("the realm is stored");
            unit.users()
                .insert(&user)
                .await
                .expect("the user is stored");
            unit.clients()
                .insert(&client)
                .await
                .expect("the client is stored");
            unit.sessions()
                .insert(&session)
                .await
                .expect("the session is stored");
            unit.grants()
                .insert(&grant)
                .await
                .expect("the grant is stored");
        });
        Self {
            realm,
            user,
            client,
            session,
            grant,
        }
    }

    pub(crate) fn realm(&self) -> Id<Realm> {
        self.realm.id
    }

    pub(crate) fn subject(&self) -> Subject {
        Subject::User(self.user.id)
    }

    /// Adds another person.
    pub(crate) async fn another_user(&self, store: &Arc<dyn Store>) -> User {
        let user = samples::user(self.realm.id);
        committed!(store, |unit| unit
            .users()
            .insert(&user)
            .await
            .expect("the user is stored"));
        user
    }
}
