//! Documents that are bytes made once: discovery and the key set.

use super::{get, shed_or_wrong};
use crate::fixture::Fixture;
use crate::load::{Response, Script, Verdict};

/// A document may change while a server settles (a spare key is published), but not often.
const VARIANTS: usize = 3;

/// Fetches one document. Each answer must be bytes that were answered before.
pub struct DocumentScript {
    request: Vec<u8>,
    begins: &'static [u8],
    seen: Vec<Vec<u8>>,
}

impl DocumentScript {
    /// A path below the issuer, and how what it answers begins.
    pub fn new(fixture: &Fixture, path: &str, begins: &'static [u8]) -> Self {
        Self {
            request: get(fixture, path, ""),
            begins,
            seen: Vec::new(),
        }
    }
}

impl Script for DocumentScript {
    fn request(&mut self, _: usize, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(&self.request);
        true
    }

    fn answer(&mut self, _: usize, response: &Response<'_>) -> Verdict {
        if response.status != 200 || !response.body.starts_with(self.begins) {
            return shed_or_wrong(response);
        }
        if self.seen.iter().rev().any(|known| known == response.body) {
            return Verdict::Done;
        }
        self.seen.push(response.body.to_vec());
        if self.seen.len() > VARIANTS {
            return Verdict::Wrong("the document is another each time".to_owned());
        }
        Verdict::Done
    }
}
