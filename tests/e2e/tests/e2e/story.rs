//! What the stories share: a demonstration server, its people and its clients.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use gatelodge_testkit::{Browser, RelyingParty, Server};

/// A server that stories may share as long as they leave it as they found it. It ends with the
/// last story that holds it: a static would outlive the tests.
pub(crate) fn shared() -> Arc<Server> {
    static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let server = Arc::new(Server::demo());
        *shared = Arc::downgrade(&server);
        server
    })
}

/// The public client of the demonstration.
pub(crate) fn public_client(server: &Server, scope: &str) -> RelyingParty {
    RelyingParty::new(&server.issuer, &server.demo["public_client"], scope)
}

/// The confidential client of the demonstration.
pub(crate) fn confidential_client(server: &Server, scope: &str) -> RelyingParty {
    RelyingParty::new(&server.issuer, &server.demo["confidential_client"], scope)
}

/// User name and password of the demonstration's person.
pub(crate) fn person(server: &Server) -> (&str, &str) {
    let text = |name: &str| server.demo["user"][name].as_str().unwrap();
    (text("username"), text("password"))
}

/// A code for that client, got in a browser of its own.
pub(crate) fn code(server: &Server, party: &RelyingParty) -> String {
    let (username, password) = person(server);
    party.code(&mut Browser::new(), username, password)
}
