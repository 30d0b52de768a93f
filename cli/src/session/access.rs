//! Calls of the admin API with a token that is renewed when it has to be.

use std::cell::RefCell;

use super::profile::{Profile, Profiles};
use super::refresh::{fresh, is_fresh};
use crate::fault::Fault;
use crate::http::{Http, Opened, Reply, Request, url_text};

/// Where the access token comes from.
pub(crate) enum Access {
    /// From `LODGE_TOKEN`.
    Given(String),
    /// From a profile.
    Profile(Profiles, Box<RefCell<Profile>>),
}

/// The admin API of a server, for somebody who is signed in.
pub(crate) struct Admin {
    http: Http,
    access: Access,
}

impl Admin {
    /// For the holder of a token.
    pub(crate) fn new(http: Http, access: Access) -> Self {
        Self { http, access }
    }

    /// A token that is good now.
    pub(crate) fn token(&self) -> Result<String, Fault> {
        match &self.access {
            Access::Given(token) => Ok(token.clone()),
            Access::Profile(profiles, profile) => {
                if !is_fresh(&profile.borrow()) {
                    let renewed = fresh(&self.http, profiles, None)?;
                    *profile.borrow_mut() = renewed;
                }
                Ok(profile.borrow().access_token.clone())
            }
        }
    }

    /// The server.
    pub(crate) fn url(&self) -> String {
        url_text(self.http.base())
    }

    /// What is known of who is signed in.
    pub(crate) fn profile(&self) -> Option<Profile> {
        match &self.access {
            Access::Given(_) => None,
            Access::Profile(_, profile) => Some(profile.borrow().clone()),
        }
    }

    /// Sends a request and reads its answer. A token that the server does not take is renewed
    /// once: it may have been revoked, or our clock may be wrong.
    pub(crate) fn send(&self, request: &Request) -> Result<Reply, Fault> {
        let token = self.token()?;
        let reply = self.http.send(&bearing(request, &token))?;
        match self.renewed(&reply, &token)? {
            Some(token) => self.http.send(&bearing(request, &token)),
            None => Ok(reply),
        }
    }

    /// The same, where anything but success is a fault.
    pub(crate) fn call(&self, request: &Request) -> Result<Reply, Fault> {
        self.send(request)?.accepted()
    }

    /// Sends a request whose answer is read as it comes.
    pub(crate) fn open(&self, request: &Request) -> Result<Opened, Fault> {
        self.http.open(&bearing(request, &self.token()?))
    }

    /// Sends a request whose answer may take its time.
    pub(crate) fn call_patiently(&self, request: &Request) -> Result<Reply, Fault> {
        let request = bearing(request, &self.token()?);
        self.http.send_patiently(&request)?.accepted()
    }

    fn renewed(&self, reply: &Reply, used: &str) -> Result<Option<String>, Fault> {
        let Access::Profile(profiles, profile) = &self.access else {
            return Ok(None);
        };
        if reply.status != 401 {
            return Ok(None);
        }
        let renewed = fresh(&self.http, profiles, Some(used))?;
        let token = renewed.access_token.clone();
        *profile.borrow_mut() = renewed;
        Ok(Some(token))
    }
}

fn bearing(request: &Request, token: &str) -> Request {
    request
        .clone()
        .header("authorization", &format!("Bearer {token}"))
}
