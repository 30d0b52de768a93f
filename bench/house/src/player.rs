//! Plays the roads of the server as its clients do, each step on one kept connection.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use gatelodge_bench_fill::{Filled, FilledClient, username};
use gatelodge_testkit::client::{basic, encode_form};

use crate::folder::Folder;
use crate::wire::Wire;

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// Steps over rows, so that neighbours in time are not neighbours in the file.
const STRIDE: usize = 7_919;

/// A road of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Road {
    /// A client's own token.
    ClientCredentials,
    /// The next token of a family.
    Refresh,
    /// Authorize with a session and a remembered consent, then token.
    Code,
    /// Of a fresh access token.
    Introspection,
    /// A password, once hashed.
    SignIn,
    /// A document made once.
    Discovery,
}

impl Road {
    /// Its name in the report.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::Refresh => "refresh",
            Self::Code => "code",
            Self::Introspection => "introspection",
            Self::SignIn => "sign_in",
            Self::Discovery => "discovery",
        }
    }
}

/// Plays with one connection.
pub(crate) struct Player {
    wire: Wire,
    host: SocketAddr,
    facts: Arc<Filled>,
    cookie_name: String,
    /// Where in each list it is.
    turn: usize,
    /// How many play; each has list members of its own.
    players: usize,
    refresh: Vec<(usize, String)>,
    access_token: Option<String>,
}

impl Player {
    /// The one with that number of so many that play on a folder's server.
    pub(crate) fn new(
        folder: &Folder,
        facts: &Arc<Filled>,
        number: usize,
        players: usize,
    ) -> io::Result<Self> {
        let own = facts.refresh_tokens.iter().skip(number).step_by(players);
        Ok(Self {
            wire: Wire::connect(folder.auth)?,
            host: folder.auth,
            facts: facts.clone(),
            cookie_name: format!("gl_auth_{}_default", folder.auth.port()),
            turn: number,
            players,
            refresh: own.map(|one| (one.client, one.token.clone())).collect(),
            access_token: None,
        })
    }

    /// Gets ready what a road needs before its clock starts.
    pub(crate) fn prepare(&mut self, road: Road) -> io::Result<()> {
        self.turn += self.players;
        if road == Road::Introspection {
            let client = self.client(self.turn)?;
            let form = [("grant_type", "client_credentials")];
            let answer = self.post("/oauth2/token", &client, &form, 200)?;
            self.access_token = Some(answer.field("access_token")?);
        }
        Ok(())
    }

    /// Goes a road; fails unless it ends well.
    pub(crate) fn go(&mut self, road: Road) -> io::Result<()> {
        match road {
            Road::ClientCredentials => {
                let client = self.client(self.turn)?;
                let form = [("grant_type", "client_credentials")];
                self.post("/oauth2/token", &client, &form, 200)?;
            }
            Road::Refresh => self.rotate()?,
            Road::Code => self.code()?,
            Road::Introspection => self.introspect()?,
            Road::SignIn => self.sign_in()?,
            Road::Discovery => {
                let target = "/.well-known/openid-configuration";
                self.wire.get(target, ("Accept", "*/*"))?.expect(200)?;
            }
        }
        Ok(())
    }

    /// Connects again; a server closes connections when it sheds load.
    pub(crate) fn reconnect(&mut self) -> io::Result<()> {
        self.wire = Wire::connect(self.host)?;
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        let place = self.turn / self.players % self.refresh.len().max(1);
        let (client, token) = self.refresh.get(place).cloned().ok_or_else(nothing)?;
        let client = self.client(client)?;
        let form = [("grant_type", "refresh_token"), ("refresh_token", &token)];
        let answer = self.post("/oauth2/token", &client, &form, 200)?;
        self.refresh[place].1 = answer.field("refresh_token")?;
        Ok(())
    }

    fn code(&mut self) -> io::Result<()> {
        let sessions = &self.facts.sessions;
        let place = self.turn.wrapping_mul(STRIDE) % sessions.len().max(1);
        let session = sessions.get(place).ok_or_else(nothing)?;
        let cookie = format!("{}={}", self.cookie_name, session.cookie);
        let client = self.client(session.client)?;
        let query = encode_form(&[
            ("response_type", "code"),
            ("client_id", &client.client_id),
            ("redirect_uri", &client.redirect_uri),
            ("scope", "openid profile email"),
            ("state", "a-state"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        let target = format!("/oauth2/authorize?{query}");
        let answer = self.wire.get(&target, ("Cookie", &cookie))?.expect(303)?;
        let location = answer.location.unwrap_or_default();
        let code = location
            .split(['?', '&'])
            .find_map(|pair| pair.strip_prefix("code="))
            .ok_or_else(|| io::Error::other(format!("no code in {location}")))?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &client.redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        self.post("/oauth2/token", &client, &form, 200)?;
        Ok(())
    }

    fn introspect(&mut self) -> io::Result<()> {
        let client = self.client(self.turn)?;
        let token = self.access_token.take().ok_or_else(nothing)?;
        let answer = self.post("/oauth2/introspect", &client, &[("token", &token)], 200)?;
        if answer.body.starts_with(b"{\"active\":true") {
            Ok(())
        } else {
            Err(io::Error::other("a fresh token is not active"))
        }
    }

    fn sign_in(&mut self) -> io::Result<()> {
        let people = usize::try_from(self.facts.users)
            .unwrap_or(usize::MAX)
            .max(1);
        let name = username((self.turn.wrapping_mul(STRIDE) % people) as u64);
        let client = self.client(self.turn)?;
        let form = [
            ("grant_type", "password"),
            ("username", name.as_str()),
            ("password", &self.facts.password.clone()),
            ("scope", "openid"),
        ];
        self.post("/oauth2/token", &client, &form, 200)?;
        Ok(())
    }

    fn client(&self, number: usize) -> io::Result<FilledClient> {
        let clients = &self.facts.clients;
        let client = clients.get(number % clients.len().max(1)).cloned();
        client.ok_or_else(nothing)
    }

    fn post(
        &mut self,
        target: &str,
        client: &FilledClient,
        form: &[(&str, &str)],
        status: u16,
    ) -> io::Result<crate::wire::Answer> {
        let authorization = basic(&client.client_id, &client.client_secret);
        self.wire
            .post(target, &authorization, &encode_form(form))?
            .expect(status)
    }
}

fn nothing() -> io::Error {
    io::Error::other("the house was not filled with that")
}
