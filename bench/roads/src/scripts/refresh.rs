//! Refreshing: each family's newest token is used once, and the next one taken from the answer.

use super::{Queue, post, shed_or_wrong};
use crate::fixture::Fixture;
use crate::load::{Response, Script, Verdict};

/// A family, as a client holds it.
#[derive(Debug, Clone)]
pub struct Family {
    /// Whose it is, in the fixture's order.
    pub client: usize,
    /// The newest token.
    pub token: String,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// Everything that was granted: an ID token comes along.
    Everything,
    /// Less: an access token alone.
    AccessTokenOnly,
}

/// Refreshes families in turn.
pub struct RefreshScript {
    families: Queue<Family>,
    prefixes: Vec<(Vec<u8>, usize)>,
    suffix: &'static [u8],
}

const FORM: &str = "grant_type=refresh_token&refresh_token=";

impl RefreshScript {
    /// Over the fixture's families.
    pub fn new(fixture: &Fixture, asking: Asking) -> Self {
        let suffix: &[u8] = match asking {
            Asking::Everything => b"",
            Asking::AccessTokenOnly => b"&scope=profile",
        };
        // A refresh token has the same length in every generation.
        let length = fixture
            .families
            .first()
            .map_or(0, |family| family.token.len());
        let filler = "-".repeat(FORM.len() + length + suffix.len());
        let prefixes = fixture
            .clients
            .iter()
            .map(|client| {
                let mut request = post(fixture, client, "/oauth2/token", &filler);
                request.truncate(request.len() - filler.len());
                request.extend_from_slice(FORM.as_bytes());
                (request, length)
            })
            .collect();
        Self {
            families: Queue::new(fixture.families.iter().cloned()),
            prefixes,
            suffix,
        }
    }
}

impl Script for RefreshScript {
    fn request(&mut self, lane: usize, out: &mut Vec<u8>) -> bool {
        let Some(family) = self.families.take(lane) else {
            return false;
        };
        let (prefix, length) = &self.prefixes[family.client];
        debug_assert_eq!(family.token.len(), *length, "the content length is another");
        out.extend_from_slice(prefix);
        out.extend_from_slice(family.token.as_bytes());
        out.extend_from_slice(self.suffix);
        true
    }

    fn answer(&mut self, lane: usize, response: &Response<'_>) -> Verdict {
        let next = (response.status == 200)
            .then(|| response.member("refresh_token"))
            .flatten();
        let Some(next) = next else {
            self.families.drop_held(lane);
            return shed_or_wrong(response);
        };
        if let Some(family) = self.families.held(lane) {
            family.token.clear();
            family.token.push_str(next);
        }
        self.families.give_back(lane);
        Verdict::Done
    }
}
