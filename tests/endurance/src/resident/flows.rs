//! The token endpoint and its neighbours: codes redeemed, families rotated, tokens asked about
//! and revoked.

use std::time::Duration;

use gatelodge_testkit::relying_party::VERIFIER;
use gatelodge_testkit::{Answer, RelyingParty};

use super::belongings::{CodeState, Family, Life, Standing, Token};
use super::pending::{Fate, Pending};
use super::{Adopted, Resident};
use crate::line::{Step, broken};
use crate::stopwatch::now;

/// Seconds that a token must have left to be asked about: an answer may take a while.
pub(super) const LEFT: u64 = 30;
/// A code lives for a minute; nobody argues about the last seconds of it.
const CODE: Duration = Duration::from_secs(40);

impl Resident {
    pub(super) fn left_code_is_redeemed(&mut self) -> Step<()> {
        let found = self.codes.iter().position(|code| {
            code.state == CodeState::Fresh
                && code.life.is_live()
                && now().duration_since(code.since) < CODE
        });
        match found {
            Some(at) => self.redeem(at),
            None => self.person_signs_in_to_a_client(),
        }
    }

    /// Redeems a fresh code, which must work.
    pub(super) fn redeem(&mut self, at: usize) -> Step<()> {
        self.begin(Pending::Redeem(self.codes[at].text.clone()));
        self.codes[at].state = CodeState::Tried;
        let answer = self.present_code("redeem", at)?;
        self.settle(Fate::Ended);
        if answer.status != 200 {
            return broken(format!(
                "a fresh code of {} was refused: {}",
                self.codes[at].username,
                answer.text()
            ));
        }
        self.redeemed(at, &answer)
    }

    pub(super) fn present_code(&mut self, kind: &'static str, at: usize) -> Step<Answer> {
        let party = self.party(&self.codes[at].client_id);
        let text = self.codes[at].text.clone();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", text.as_str()),
            ("redirect_uri", party.redirect_uri.as_str()),
            ("code_verifier", VERIFIER),
        ];
        self.line.post(kind, &party, "/oauth2/token", &form)
    }

    /// Keeps what a code bought.
    pub(super) fn redeemed(&mut self, at: usize, answer: &Answer) -> Step<()> {
        let adopted = self.adopt("code redeemed", answer)?;
        self.codes[at].state = CodeState::Redeemed(adopted.grant.clone());
        let name = self.codes[at].username.clone();
        if let Some(person) = self.people.iter_mut().find(|one| one.username == name)
            && adopted.session.is_some()
        {
            person.session.clone_from(&adopted.session);
            person.hint.clone_from(&adopted.id_token);
        }
        self.keep_family(adopted);
        Ok(())
    }

    fn keep_family(&mut self, adopted: Adopted) {
        if let (Some(grant), Some(current)) = (adopted.grant, adopted.refresh_token) {
            self.families.push(Family {
                grant,
                session: adopted.session,
                subject: adopted.subject,
                client_id: adopted.client_id,
                past: Vec::new(),
                current,
                life: Life::default(),
            });
        }
    }

    pub(super) fn family_rotates(&mut self) -> Step<()> {
        let live = self.live_families();
        let Some(at) = self.dice.pick(&live) else {
            return self.person_signs_in_to_a_client();
        };
        for _ in 0..=self.dice.below(3) {
            self.rotate(at)?;
        }
        Ok(())
    }

    /// Rotates a family by its current token, which must work.
    pub(super) fn rotate(&mut self, at: usize) -> Step<()> {
        self.begin(Pending::Rotate(self.families[at].grant.clone()));
        let current = self.families[at].current.clone();
        let answer = self.present_refresh_token("refresh", at, &current)?;
        self.settle(Fate::Ended);
        if answer.status != 200 {
            return broken(format!(
                "the current refresh token of grant {} was refused: {}",
                self.families[at].grant,
                answer.text()
            ));
        }
        self.rotated(at, &answer)
    }

    pub(super) fn present_refresh_token(
        &mut self,
        kind: &'static str,
        at: usize,
        token: &str,
    ) -> Step<Answer> {
        let party = self.party(&self.families[at].client_id);
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.line.post(kind, &party, "/oauth2/token", &form)
    }

    /// Keeps what a rotation bought.
    pub(super) fn rotated(&mut self, at: usize, answer: &Answer) -> Step<()> {
        let adopted = self.adopt("refresh", answer)?;
        let family = &mut self.families[at];
        let Some(next) = adopted.refresh_token else {
            return broken("a refresh answered no refresh token");
        };
        if next == family.current {
            return broken("a refresh answered the refresh token that it was given");
        }
        family
            .past
            .push(std::mem::replace(&mut family.current, next));
        Ok(())
    }

    pub(super) fn live_families(&self) -> Vec<usize> {
        let all = self.families.iter().enumerate();
        all.filter(|(_, family)| family.life.is_live() && !self.is_occupied(&family.grant))
            .filter(|(_, family)| self.is_at_rest(&family.subject))
            .map(|(at, _)| at)
            .collect()
    }

    /// Whether a user is active and nothing about them is pending.
    fn is_at_rest(&self, subject: &str) -> bool {
        self.people.iter().any(|person| {
            person.subject == subject
                && person.standing == Standing::Active
                && !self.is_occupied(&person.username)
        })
    }

    pub(super) fn userinfo_is_asked(&mut self) -> Step<()> {
        let is_persons = |token: &Token| token.session.is_some() && token.life.is_live();
        let Some(token) = self.some_token(is_persons) else {
            return self.person_signs_in_to_a_client();
        };
        let url = format!("{}/oauth2/userinfo", self.line.world.issuer);
        let authorization = format!("Bearer {}", token.text);
        let headers = [("authorization", authorization.as_str())];
        let answer = self.line.send("userinfo", ("GET", &url), &headers, b"")?;
        if answer.status != 200 || answer.json()["sub"] != token.subject.as_str() {
            return broken(format!(
                "userinfo refused a good token ({}): {} {}",
                token.jti,
                answer.status,
                answer.text()
            ));
        }
        Ok(())
    }

    pub(super) fn token_is_introspected(&mut self) -> Step<()> {
        let Some(token) = self.some_token(|_| true) else {
            return self.machine_gets_a_token();
        };
        self.holds(&token)
    }

    /// Introspection agrees with what is certain of a token.
    pub(super) fn holds(&mut self, token: &Token) -> Step<()> {
        let asker = self.line.world.confidential.clone();
        let form = [("token", token.text.as_str())];
        let answer = self
            .line
            .post("introspect", &asker, "/oauth2/introspect", &form)?;
        let active = answer.json()["active"] == true;
        self.checked += 1;
        if active && token.life.is_over() {
            return broken(format!("token {} was ended and is active", token.jti));
        }
        if !active && token.life.is_live() {
            return broken(format!("token {} is good and not active", token.jti));
        }
        Ok(())
    }

    /// A token that has some time left, by a condition.
    fn some_token(&mut self, good: impl Fn(&Token) -> bool) -> Option<Token> {
        let soon = seconds_since_1970() + LEFT;
        let found: Vec<usize> = (0..self.tokens.len())
            .filter(|at| self.tokens[*at].expires_at > soon && good(&self.tokens[*at]))
            .collect();
        self.dice.pick(&found).map(|at| self.tokens[at].clone())
    }

    pub(super) fn password_buys_a_token(&mut self) -> Step<()> {
        let people = self.idle_people(Standing::Active);
        let Some(at) = self.dice.pick(&people) else {
            return self.person_is_made();
        };
        let person = &self.people[at];
        let (username, password) = (person.username.clone(), person.password.clone());
        let party = self.line.world.confidential.clone();
        let form = [
            ("grant_type", "password"),
            ("username", username.as_str()),
            ("password", password.as_str()),
            ("scope", "openid"),
        ];
        let answer = self.line.post("password", &party, "/oauth2/token", &form)?;
        if answer.status != 200 {
            return broken(format!(
                "the password of {username} bought nothing: {}",
                answer.text()
            ));
        }
        let adopted = self.adopt("password", &answer)?;
        // Whether a family without a session outlives what ends sessions is not argued here.
        if self.dice.once_in(2) {
            self.keep_family(adopted);
        }
        Ok(())
    }

    pub(super) fn token_is_revoked(&mut self) -> Step<()> {
        let world = self.line.world.clone();
        let ours = |token: &Token| {
            token.life.is_live()
                && [&world.public, &world.confidential]
                    .iter()
                    .any(|party| party.client_id == token.client_id)
        };
        let Some(token) = self.some_token(ours) else {
            return self.machine_gets_a_token();
        };
        self.begin(Pending::RevokeToken(token.jti.clone()));
        let party = self.party(&token.client_id);
        let answer = self.revoke(&party, &token.text)?;
        self.settle(Fate::Ended);
        if answer.status != 200 {
            return broken(format!("a token was not revoked: {}", answer.text()));
        }
        self.owe("token revoked", &answer, Some(token.jti));
        Ok(())
    }

    pub(super) fn family_is_revoked(&mut self) -> Step<()> {
        let live = self.live_families();
        let Some(at) = self.dice.pick(&live) else {
            return self.person_signs_in_to_a_client();
        };
        let family = &self.families[at];
        let (grant, current) = (family.grant.clone(), family.current.clone());
        let party = self.party(&family.client_id);
        self.begin(Pending::RevokeFamily(grant));
        let answer = self.revoke(&party, &current)?;
        self.settle(Fate::Ended);
        if answer.status != 200 {
            return broken(format!("a family was not revoked: {}", answer.text()));
        }
        self.owe("family revoked", &answer, None);
        Ok(())
    }

    pub(super) fn revoke(&mut self, party: &RelyingParty, token: &str) -> Step<Answer> {
        let form = [("token", token)];
        self.line.post("revoke", party, "/oauth2/revoke", &form)
    }
}

/// The wall clock, as tokens read it.
#[expect(
    clippy::disallowed_methods,
    reason = "tokens end by the machine's wall clock, and nobody injects one into the real binary"
)]
pub(super) fn seconds_since_1970() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
