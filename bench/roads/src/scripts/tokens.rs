//! Asking about tokens: introspection and userinfo, each token once or over and over, while some
//! of them are revoked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::{get, post, shed_or_wrong};
use crate::fixture::Fixture;
use crate::load::{Response, Script, Verdict};

/// A token that may be revoked by somebody else while it is asked about.
#[derive(Debug, Clone, Default)]
pub struct Revocable {
    /// The request to revoke it has been sent: both answers are right from here on…
    asked: Arc<AtomicBool>,
    /// … until it has been answered.
    done: Arc<AtomicBool>,
    /// How often it was answered inactive after that.
    seen: Arc<AtomicU64>,
}

impl Revocable {
    /// To be called before the revocation is sent.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::SeqCst);
    }

    /// To be called when it has been answered.
    pub fn confirm(&self) {
        self.done.store(true, Ordering::SeqCst);
    }

    /// How often it was asked about after its end, and answered so.
    pub fn seen(&self) -> u64 {
        self.seen.load(Ordering::Relaxed)
    }

    fn may_be_inactive(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    fn must_be_inactive(&self) -> bool {
        self.done.load(Ordering::SeqCst)
    }
}

/// How often a token is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Once.
    Cold,
    /// Over and over.
    Warm,
}

/// Which endpoint is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// RFC 7662.
    Introspection,
    /// OpenID Connect Core §5.3.
    Userinfo,
}

/// Asks about tokens in turn.
pub struct TokenScript {
    requests: Vec<Vec<u8>>,
    revocable: Vec<Revocable>,
    endpoint: Endpoint,
    usage: Use,
    next: usize,
    /// What each connection asks about, and whether it was revoked before it asked.
    asking: Vec<(usize, bool)>,
}

impl TokenScript {
    /// About these tokens, each with the number of its client in the fixture.
    pub fn new(
        fixture: &Fixture,
        tokens: &[(usize, String)],
        endpoint: Endpoint,
        usage: Use,
    ) -> Self {
        let requests = tokens
            .iter()
            .map(|(client, token)| match endpoint {
                Endpoint::Introspection => {
                    let form = format!("token={token}");
                    post(
                        fixture,
                        &fixture.clients[*client],
                        "/oauth2/introspect",
                        &form,
                    )
                }
                Endpoint::Userinfo => {
                    let line = format!("authorization: Bearer {token}\r\n");
                    get(fixture, "/oauth2/userinfo", &line)
                }
            })
            .collect();
        Self {
            requests,
            revocable: Vec::new(),
            endpoint,
            usage,
            next: 0,
            asking: Vec::new(),
        }
    }

    /// With what tells which of the tokens are revoked meanwhile, in their order.
    #[must_use]
    pub fn while_revoked(mut self, revocable: Vec<Revocable>) -> Self {
        self.revocable = revocable;
        self
    }

    fn is_active(&self, response: &Response<'_>) -> Option<bool> {
        match (self.endpoint, response.status) {
            (Endpoint::Introspection, 200) if response.contains(b"\"active\":true") => Some(true),
            (Endpoint::Introspection, 200) if response.body == b"{\"active\":false}" => Some(false),
            (Endpoint::Userinfo, 200) if response.contains(b"\"sub\":\"u_") => Some(true),
            (Endpoint::Userinfo, 401) => Some(false),
            _ => None,
        }
    }
}

impl Script for TokenScript {
    fn request(&mut self, lane: usize, out: &mut Vec<u8>) -> bool {
        if self.next == self.requests.len() {
            if self.usage == Use::Cold {
                return false;
            }
            self.next = 0;
        }
        let token = self.next;
        self.next += 1;
        out.extend_from_slice(&self.requests[token]);
        if self.asking.len() <= lane {
            self.asking.resize(lane + 1, (0, false));
        }
        let revoked = self
            .revocable
            .get(token)
            .is_some_and(Revocable::must_be_inactive);
        self.asking[lane] = (token, revoked);
        true
    }

    fn answer(&mut self, lane: usize, response: &Response<'_>) -> Verdict {
        let (token, revoked) = self.asking[lane];
        let may_be_inactive = self
            .revocable
            .get(token)
            .is_some_and(Revocable::may_be_inactive);
        match self.is_active(response) {
            Some(true) if revoked => Verdict::Wrong("a revoked token was answered active".into()),
            Some(false) if revoked => {
                self.revocable[token].seen.fetch_add(1, Ordering::Relaxed);
                Verdict::Done
            }
            Some(true) => Verdict::Done,
            Some(false) if may_be_inactive => Verdict::Done,
            Some(false) | None => shed_or_wrong(response),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::ClientFacts;
    use crate::load::parse;

    const ACTIVE: &[u8] =
        b"HTTP/1.1 200 OK\r\ncontent-length: 25\r\n\r\n{\"active\":true,\"sub\":\"x\"}";
    const INACTIVE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n{\"active\":false}";

    fn script() -> (TokenScript, Revocable) {
        let fixture = Fixture {
            host: "h".to_owned(),
            clients: vec![ClientFacts::default()],
            ..Fixture::default()
        };
        let revocable = Revocable::default();
        let tokens = [(0, "t".to_owned())];
        let script = TokenScript::new(&fixture, &tokens, Endpoint::Introspection, Use::Warm)
            .while_revoked(vec![revocable.clone()]);
        (script, revocable)
    }

    fn ask(script: &mut TokenScript) {
        assert!(script.request(0, &mut Vec::new()));
    }

    fn answer(script: &mut TokenScript, bytes: &[u8]) -> Verdict {
        script.answer(0, &parse(bytes).unwrap().unwrap())
    }

    #[test]
    fn a_revoked_token_that_is_answered_active_is_wrong() {
        let (mut script, revocable) = script();
        ask(&mut script);
        assert_eq!(answer(&mut script, ACTIVE), Verdict::Done);
        revocable.ask();
        revocable.confirm();
        ask(&mut script);
        assert!(matches!(answer(&mut script, ACTIVE), Verdict::Wrong(_)));
        ask(&mut script);
        assert_eq!(answer(&mut script, INACTIVE), Verdict::Done);
        assert_eq!(revocable.seen(), 1);
    }

    #[test]
    fn while_it_is_being_revoked_both_answers_are_right() {
        let (mut script, revocable) = script();
        ask(&mut script);
        assert!(matches!(answer(&mut script, INACTIVE), Verdict::Wrong(_)));
        ask(&mut script);
        revocable.ask();
        revocable.confirm();
        // It was asked about before: whichever came first.
        assert_eq!(answer(&mut script, ACTIVE), Verdict::Done);
        ask(&mut script);
        assert_eq!(answer(&mut script, INACTIVE), Verdict::Done);
    }
}
