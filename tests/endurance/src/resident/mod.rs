//! A resident: one client's life with the house, and its ledger.
//!
//! A resident owns the users, clients and sessions that it makes, so that what must be true of
//! them follows from its own calls alone. Before it sends anything that changes something it
//! notes the call as *pending* and doubts whatever the call could end; the answer settles that.
//! What is still pending when the server dies is what nobody can know: it may have been done or
//! not, but wholly, and only once. [`outcome`] asks the server which it was, and
//! [`reckoning`] then holds everything that is certain against it.

mod belongings;
mod flows;
mod machines;
mod outcome;
mod pending;
mod people;
mod reckoning;
mod sign_in;

use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use gatelodge_testkit::{Answer, Jwt, RelyingParty};

pub use belongings::{Code, CodeState, Family, Life, Machine, Person, SignedIn, Standing, Token};
pub use pending::{Fate, Pending, Reach};
pub use reckoning::Depth;

use crate::dice::Dice;
use crate::line::{Line, Step, Stop, World, broken};
use crate::trail::Owed;

/// How much a resident keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manners {
    /// Everything it ever made is kept, so that it can be asked about.
    Hoarding,
    /// What is old is deleted, so that the house stays as full as it is.
    Tidy,
}

type Story = fn(&mut Resident) -> Step<()>;

/// What a resident may do next, with its weight by manners. Whoever is tidy ends fewer things
/// before their time: every such end is kept for a day, and a soak watches for an hour.
const STORIES: &[(usize, usize, Story)] = &[
    (30, 60, Resident::machine_gets_a_token),
    (6, 20, Resident::token_is_introspected),
    (20, 24, Resident::person_signs_in_to_a_client),
    (6, 6, Resident::left_code_is_redeemed),
    (24, 50, Resident::family_rotates),
    (6, 20, Resident::userinfo_is_asked),
    (4, 4, Resident::password_buys_a_token),
    (5, 3, Resident::token_is_revoked),
    (2, 1, Resident::family_is_revoked),
    (3, 2, Resident::person_signs_out),
    (2, 1, Resident::consent_is_withdrawn),
    (3, 3, Resident::person_is_made),
    (2, 1, Resident::person_is_shut_out_or_let_in),
    (1, 1, Resident::person_is_deleted),
    (2, 1, Resident::machine_is_made),
    (3, 1, Resident::machine_is_renamed),
    (1, 1, Resident::machine_is_disabled),
    (1, 1, Resident::machine_is_deleted),
    (1, 1, Resident::role_is_given_or_taken),
    (1, 1, Resident::key_is_rotated),
];

/// One client's life with the house.
#[derive(Debug)]
pub struct Resident {
    number: usize,
    dice: Dice,
    /// Its line to the server.
    pub line: Line,
    manners: Manners,
    people: Vec<Person>,
    machines: Vec<Machine>,
    tokens: Vec<Token>,
    families: Vec<Family>,
    codes: Vec<Code>,
    pending: Vec<Pending>,
    owed: Vec<Owed>,
    made: usize,
    /// Promises that were checked, for the report.
    pub checked: usize,
}

impl Resident {
    /// A newcomer with an empty ledger.
    pub fn new(number: usize, seed: u64, world: Arc<World>, manners: Manners) -> Self {
        let stream = u64::try_from(number).unwrap_or_default() + 1;
        Self {
            number,
            dice: Dice::new(seed, stream),
            line: Line::new(world),
            manners,
            people: Vec::new(),
            machines: Vec::new(),
            tokens: Vec::new(),
            families: Vec::new(),
            codes: Vec::new(),
            pending: Vec::new(),
            owed: Vec::new(),
            made: 0,
            checked: 0,
        }
    }

    /// Lives until the world is over, or a promise is broken.
    pub fn live(&mut self) -> Step<()> {
        while !self.line.world.is_over() {
            match self.story() {
                Ok(()) => {}
                Err(Stop::Lost) if self.line.world.is_over() => return Ok(()),
                // It cannot serve now, and says so; no need to hammer on it.
                Err(Stop::Lost) => sleep(Duration::from_millis(20)),
                Err(stop) => return Err(stop),
            }
            if self.manners == Manners::Tidy {
                self.tidy();
            }
        }
        Ok(())
    }

    /// One story, drawn by weight.
    fn story(&mut self) -> Step<()> {
        let weights: Vec<usize> = STORIES
            .iter()
            .map(|(hoarding, tidy, _)| match self.manners {
                Manners::Hoarding => *hoarding,
                Manners::Tidy => *tidy,
            })
            .collect();
        let story = STORIES[self.dice.weighted(&weights)].2;
        story(self)
    }

    /// Old tokens and spent codes are forgotten here; the server forgets them by itself, or
    /// with the person that they belong to. What is unclear is left alone from now on.
    fn tidy(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            self.people.retain(|one| !pending.occupies(&one.username));
            self.machines
                .retain(|one| !pending.occupies(&one.client_id));
            self.families.retain(|one| !pending.occupies(&one.grant));
        }
        let (tokens, codes) = (self.tokens.len(), self.codes.len());
        self.tokens.drain(..tokens.saturating_sub(60));
        self.codes.drain(..codes.saturating_sub(30));
        self.owed.clear();
        self.people.retain(|one| one.standing != Standing::Gone);
        self.machines.retain(|one| one.standing != Standing::Gone);
        self.families.retain(|one| one.life.is_live());
    }

    /// A name that nobody had before.
    fn new_name(&mut self, kind: &str) -> String {
        self.made += 1;
        let word = self.dice.word(6);
        format!("{kind}-{}-{}-{word}", self.number, self.made)
    }

    /// The client of the demonstration that a text names.
    fn party(&self, client_id: &str) -> RelyingParty {
        let world = &self.line.world;
        if client_id == world.public.client_id {
            world.public.clone()
        } else {
            world.confidential.clone()
        }
    }

    /// Notes an answer that must have left an event.
    fn owe(&mut self, what: &'static str, answer: &Answer, token: Option<String>) {
        self.owed
            .extend(answer.header("x-request-id").map(|id| Owed {
                what,
                request: id.to_owned(),
                token,
            }));
    }

    /// What the trail owes for answers since the last time this was asked.
    pub fn take_owed(&mut self) -> Vec<Owed> {
        std::mem::take(&mut self.owed)
    }

    /// Notes a call before it is sent, and doubts what it could end.
    fn begin(&mut self, pending: Pending) {
        if let Some(reach) = pending.reach() {
            self.touch(&reach, Fate::Doubted);
        }
        self.pending.push(pending);
    }

    /// Settles the call that was begun last.
    fn settle(&mut self, fate: Fate) {
        if let Some(pending) = self.pending.pop()
            && let Some(reach) = pending.reach()
        {
            self.touch(&reach, fate);
        }
    }

    /// What happens to everything within a reach.
    fn touch(&mut self, reach: &Reach, fate: Fate) {
        for token in &mut self.tokens {
            if reach.holds_token(token) {
                token.life.meets(fate);
            }
        }
        for family in &mut self.families {
            if reach.holds_family(family) {
                family.life.meets(fate);
            }
        }
        // What was not redeemed yet may be refused from here on.
        for code in &mut self.codes {
            if reach.holds_code(code) && fate != Fate::Spared {
                code.life.meets(fate);
            }
        }
    }

    /// Keeps the tokens of an answer, and the family that they came from.
    fn adopt(&mut self, what: &'static str, answer: &Answer) -> Step<Adopted> {
        let body = answer.json();
        let Some(text) = body["access_token"].as_str() else {
            return broken(format!("{what}: no access token in {}", answer.text()));
        };
        let jwt = Jwt::parse(text);
        let claim = |name: &str| jwt.claims[name].as_str().map(str::to_owned);
        let token = Token {
            text: text.to_owned(),
            jti: claim("jti").unwrap_or_default(),
            kid: jwt.header["kid"].as_str().unwrap_or_default().to_owned(),
            expires_at: jwt.claims["exp"].as_u64().unwrap_or_default(),
            subject: claim("sub").unwrap_or_default(),
            client_id: claim("client_id").unwrap_or_default(),
            grant: claim("gid"),
            session: claim("sid"),
            life: Life::default(),
        };
        self.owe(what, answer, Some(token.jti.clone()));
        let adopted = Adopted {
            grant: token.grant.clone(),
            session: token.session.clone(),
            subject: token.subject.clone(),
            client_id: token.client_id.clone(),
            refresh_token: body["refresh_token"].as_str().map(str::to_owned),
            id_token: body["id_token"].as_str().map(str::to_owned),
        };
        self.tokens.push(token);
        Ok(adopted)
    }
}

/// What a token answer was about.
#[derive(Debug)]
struct Adopted {
    grant: Option<String>,
    session: Option<String>,
    subject: String,
    client_id: String,
    refresh_token: Option<String>,
    id_token: Option<String>,
}
