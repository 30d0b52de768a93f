//! The code flow of somebody who is signed in and has agreed before: authorize, then token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::{Family, Queue, get, post, shed_or_wrong};
use crate::fixture::{ClientFacts, Fixture, REDIRECT_URI, SCOPE};
use crate::load::{Response, Script, Verdict};

/// A verifier of the right length (RFC 7636 §4.1).
const VERIFIER: &str = "a-verifier-of-exactly-the-right-sort-0123456789";

/// What a connection is at.
struct Walk {
    /// Who walks, in the fixture's order.
    person: usize,
    code: Option<String>,
}

/// Walks the code flow, each person with their client in turn.
pub struct CodeScript {
    walks: Queue<Walk>,
    authorize: Vec<Vec<u8>>,
    token: Vec<Vec<u8>>,
    encoded_redirect_uri: String,
    again: Again,
    walked: u64,
    /// What the walks gave, where it is to be kept: access and refresh token.
    pub kept: Vec<(String, Family)>,
}

/// What becomes of a person who has walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// They walk again, after all others.
    InTurn,
    /// They do not, and their tokens are kept.
    NeverAndKeep,
}

impl CodeScript {
    /// Over the fixture's people and these clients, one for each person.
    pub fn new(fixture: &Fixture, clients: &[ClientFacts], again: Again) -> Self {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let (redirect_uri, scope): (String, String) = (encode(REDIRECT_URI), encode(SCOPE));
        let pairs = || clients.iter().zip(&fixture.people).enumerate();
        let authorize = pairs()
            .map(|(number, (client, person))| {
                let target = format!(
                    "/oauth2/authorize?response_type=code&client_id={}&redirect_uri={redirect_uri}\
                     &scope={scope}&state=state-{number}&nonce=nonce-{number}\
                     &code_challenge={challenge}&code_challenge_method=S256",
                    client.client_id
                );
                let cookie = format!("cookie: {}={}\r\n", fixture.cookie, person.session);
                get(fixture, &target, &cookie)
            })
            .collect();
        let token = clients
            .iter()
            .map(|client| post(fixture, client, "/oauth2/token", ""))
            .collect();
        Self {
            walks: Queue::new(pairs().map(|(person, _)| Walk { person, code: None })),
            authorize,
            token,
            encoded_redirect_uri: redirect_uri,
            again,
            walked: 0,
            kept: Vec::new(),
        }
    }

    /// The way back with a code, whose address begins with the client's redirect URI.
    fn code_of(response: &Response<'_>) -> Option<String> {
        let location = (response.status == 303).then(|| response.header("location"))??;
        let query = location.strip_prefix(REDIRECT_URI)?.strip_prefix('?')?;
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix("code="))
            .map(str::to_owned)
    }
}

/// Puts a form under a request that was written with an empty one.
fn with_form(request: &[u8], form: &str, out: &mut Vec<u8>) {
    let head = request
        .strip_suffix(b"content-length: 0\r\n\r\n")
        .unwrap_or(request);
    out.extend_from_slice(head);
    out.extend_from_slice(format!("content-length: {}\r\n\r\n{form}", form.len()).as_bytes());
}

impl Script for CodeScript {
    fn request(&mut self, lane: usize, out: &mut Vec<u8>) -> bool {
        let Some(walk) = self.walks.take(lane) else {
            return false;
        };
        match &walk.code {
            None => out.extend_from_slice(&self.authorize[walk.person]),
            Some(code) => {
                let redirect_uri = &self.encoded_redirect_uri;
                let form = format!(
                    "grant_type=authorization_code&code={code}&redirect_uri={redirect_uri}\
                     &code_verifier={VERIFIER}"
                );
                with_form(&self.token[walk.person], &form, out);
            }
        }
        true
    }

    fn answer(&mut self, lane: usize, response: &Response<'_>) -> Verdict {
        let Some(walk) = self.walks.held(lane) else {
            return Verdict::Wrong("an answer that nobody asked for".to_owned());
        };
        if walk.code.is_none() {
            walk.code = Self::code_of(response);
            if walk.code.is_some() {
                return Verdict::Step;
            }
            self.walks.give_back(lane);
            return shed_or_wrong(response);
        }
        let (person, tokens) = (
            walk.person,
            (response.status == 200)
                .then(|| {
                    let id_token = response.member("id_token")?;
                    let access_token = response.member("access_token")?;
                    let refresh_token = response.member("refresh_token")?;
                    (!id_token.is_empty()).then_some((access_token, refresh_token))
                })
                .flatten(),
        );
        walk.code = None;
        let Some((access_token, refresh_token)) = tokens else {
            self.walks.give_back(lane);
            return shed_or_wrong(response);
        };
        self.walked += 1;
        match self.again {
            Again::InTurn => self.walks.give_back(lane),
            Again::NeverAndKeep => {
                let family = Family {
                    client: person,
                    token: refresh_token.to_owned(),
                };
                self.kept.push((access_token.to_owned(), family));
                self.walks.drop_held(lane);
            }
        }
        Verdict::Done
    }
}
