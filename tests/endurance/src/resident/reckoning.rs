//! After the server came back: what was pending is asked about, and then everything that is
//! certain is held against what the server says.

use std::collections::BTreeSet;

use super::Resident;
use super::belongings::{CodeState, SignedIn, Standing};
use super::pending::{Fate, Pending};
use crate::line::{Step, Stop, broken};

/// How much is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What is new, and a sample of what is old.
    Sample,
    /// Everything.
    Everything,
}

/// Tokens that are asked about in a sample, besides the newest.
const OLD: usize = 6;
const NEW: usize = 25;

impl Resident {
    /// Settles what was pending and checks what is certain; `kids` are those in the JWKS.
    pub fn reckon(&mut self, kids: &BTreeSet<String>, depth: Depth) -> Step<()> {
        self.line.reconnect();
        let held = self
            .settle_pending()
            .and_then(|()| self.people_are_there(depth))
            .and_then(|()| self.machines_are_there(depth))
            .and_then(|()| self.tokens_hold(kids, depth))
            .and_then(|()| self.nothing_works_twice(depth));
        match held {
            Err(Stop::Lost) => broken("the server came back and then did not answer"),
            held => held,
        }
    }

    fn people_are_there(&mut self, depth: Depth) -> Step<()> {
        for at in self.sample(self.people.len(), 6, depth) {
            self.person_is_there(at)?;
        }
        Ok(())
    }

    fn person_is_there(&mut self, at: usize) -> Step<()> {
        let name = self.people[at].username.clone();
        if self.people[at].id.is_empty() {
            return Ok(());
        }
        let path = format!("/realms/default/users/{}", self.people[at].id);
        let answer = self.line.admin("read_user", ("GET", &path), None)?;
        let expected = match self.people[at].standing {
            Standing::Active => Some("active"),
            Standing::ShutOut => Some("deactivated"),
            Standing::Gone | Standing::Expected => None,
        };
        self.checked += 1;
        let found = (answer.status == 200).then(|| answer.field("status"));
        if found.as_deref() != expected {
            return broken(format!("user {name} should be {expected:?}, not {found:?}"));
        }
        if expected.is_none() {
            return Ok(());
        }
        let listed = self.consents_of(at)?;
        let person = &self.people[at];
        if let Some(lost) = person.agreed.difference(&listed).next() {
            return broken(format!("the consent of {name} to {lost} is lost"));
        }
        let mut known = person.agreed.union(&person.unclear);
        if let Some(back) = listed.iter().find(|one| !known.any(|known| known == *one)) {
            return broken(format!("the consent of {name} to {back} was withdrawn"));
        }
        let signed_in = person.signed_in;
        if self.browser_is_signed_in(at)? != (signed_in == SignedIn::Yes)
            && signed_in != SignedIn::Perhaps
        {
            return broken(format!("{name} should be signed in: {signed_in:?}"));
        }
        self.checked += 2;
        Ok(())
    }

    fn machines_are_there(&mut self, depth: Depth) -> Step<()> {
        for at in self.sample(self.machines.len(), 4, depth) {
            let client_id = self.machines[at].client_id.clone();
            let before = self.machines[at].standing;
            self.how_is_machine(&client_id)?;
            if self.machines[at].standing != before {
                let now = self.machines[at].standing;
                return broken(format!("client {client_id} was {before:?} and is {now:?}"));
            }
            let party = self.machine_party(at);
            let form = [("grant_type", "client_credentials")];
            let answer = self
                .line
                .post("client_credentials", &party, "/oauth2/token", &form)?;
            self.checked += 2;
            if (answer.status == 200) != (before == Standing::Active) {
                return broken(format!(
                    "client {client_id} is {before:?}, and its secret is answered {}",
                    answer.text()
                ));
            }
        }
        Ok(())
    }

    fn tokens_hold(&mut self, kids: &BTreeSet<String>, depth: Depth) -> Step<()> {
        let soon = super::flows::seconds_since_1970() + super::flows::LEFT;
        let newest = self.tokens.len().saturating_sub(NEW);
        let mut asked: Vec<usize> = self.sample(newest, OLD, depth);
        asked.extend(newest..self.tokens.len());
        for at in asked {
            let token = self.tokens[at].clone();
            if token.expires_at <= soon {
                continue;
            }
            if !kids.contains(&token.kid) {
                return broken(format!(
                    "the key {} of token {} is not in the JWKS",
                    token.kid, token.jti
                ));
            }
            self.holds(&token)?;
        }
        Ok(())
    }

    /// Codes and refresh tokens that were used are used again; what they gave ends with that.
    fn nothing_works_twice(&mut self, depth: Depth) -> Step<()> {
        let used: Vec<String> = self
            .codes
            .iter()
            .filter(|code| matches!(code.state, CodeState::Redeemed(_)))
            .map(|code| code.text.clone())
            .collect();
        for at in self.sample(used.len(), 2, depth) {
            let code = &used[at];
            let grant = self.codes.iter().find_map(|one| match &one.state {
                CodeState::Redeemed(grant) if one.text == *code => Some(grant.clone()),
                _ => None,
            });
            self.begin(Pending::Replay(code.clone(), grant.flatten()));
            self.replay(code)?;
            self.settle(Fate::Ended);
            self.codes.retain(|one| one.text != *code);
        }
        let live = self.live_families();
        for at in self.sample(live.len(), 2, depth) {
            self.rotate(live[at])?;
            self.checked += 1;
        }
        let rotated: Vec<String> = live
            .iter()
            .filter(|at| !self.families[**at].past.is_empty())
            .map(|at| self.families[*at].grant.clone())
            .collect();
        for at in self.sample(rotated.len(), 1, depth) {
            let grant = &rotated[at];
            if self.reach_is_live(grant) {
                self.begin(Pending::Reuse(grant.clone()));
                self.reuse(grant)?;
                self.settle(Fate::Ended);
            }
        }
        self.ended_families_stay_ended(depth)
    }

    fn reach_is_live(&self, grant: &str) -> bool {
        let family = self.families.iter().find(|one| one.grant == grant);
        family.is_some_and(|family| family.life.is_live())
    }

    pub(super) fn replay(&mut self, code: &str) -> Step<()> {
        let Some(at) = self.codes.iter().position(|one| one.text == code) else {
            return Ok(());
        };
        let answer = self.present_code("replay", at)?;
        self.checked += 1;
        if answer.status == 200 {
            return broken(format!(
                "a code of {} worked twice",
                self.codes[at].username
            ));
        }
        Ok(())
    }

    /// A rotated-out token is refused, and then so is the current one.
    pub(super) fn reuse(&mut self, grant: &str) -> Step<()> {
        let Some(at) = self.families.iter().position(|one| one.grant == grant) else {
            return Ok(());
        };
        let past = &self.families[at].past;
        let old = past[self.dice.below(past.len())].clone();
        let answer = self.present_refresh_token("reuse", at, &old)?;
        if answer.status == 200 {
            return broken(format!("a refresh token of grant {grant} worked twice"));
        }
        let current = self.families[at].current.clone();
        let answer = self.present_refresh_token("after_reuse", at, &current)?;
        self.checked += 2;
        if answer.status == 200 {
            return broken(format!("grant {grant} goes on after a reuse"));
        }
        Ok(())
    }

    fn ended_families_stay_ended(&mut self, depth: Depth) -> Step<()> {
        let ended: Vec<usize> = (0..self.families.len())
            .filter(|at| self.families[*at].life.is_over() && self.families[*at].session.is_some())
            .collect();
        for at in self.sample(ended.len(), 2, depth) {
            let at = ended[at];
            let current = self.families[at].current.clone();
            let answer = self.present_refresh_token("ended_refresh", at, &current)?;
            self.checked += 1;
            if answer.status == 200 {
                let grant = &self.families[at].grant;
                return broken(format!("grant {grant} was ended and its refresh works"));
            }
        }
        Ok(())
    }

    /// Indices: all, or so many.
    fn sample(&mut self, of: usize, some: usize, depth: Depth) -> Vec<usize> {
        if depth == Depth::Everything || of <= some {
            return (0..of).collect();
        }
        let mut drawn: Vec<usize> = (0..some).map(|_| self.dice.below(of)).collect();
        drawn.sort_unstable();
        drawn.dedup();
        drawn
    }
}
