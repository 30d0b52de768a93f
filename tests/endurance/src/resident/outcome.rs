//! What became of the calls that got no answer: the server is asked, and either answer will do,
//! as long as all that follows agrees with it.

use std::collections::BTreeSet;

use gatelodge_testkit::relying_party::{parameter, redirect_parameters};

use super::Resident;
use super::belongings::{CodeState, Standing};
use super::pending::{Fate, Pending, Reach};
use crate::line::{Step, broken};

impl Resident {
    /// Settles everything that is pending.
    pub(super) fn settle_pending(&mut self) -> Step<()> {
        while let Some(pending) = self.pending.last().cloned() {
            self.checked += 1;
            let fate = self.outcome(&pending)?;
            // Looking may have noted calls of its own; those were settled as they came.
            self.settle(fate);
        }
        Ok(())
    }

    /// Whether a call without an answer was done: [`Fate::Ended`] where it was.
    fn outcome(&mut self, pending: &Pending) -> Step<Fate> {
        match pending {
            Pending::MakePerson(name) => self.was_person_made(name),
            Pending::ShutOut(_, name) | Pending::LetIn(name) => self.is_person_shut_out(name),
            Pending::DeletePerson(_, name) => self.was_person_deleted(name),
            Pending::MakeMachine(id)
            | Pending::Rename(id)
            | Pending::DisableMachine(id)
            | Pending::DeleteMachine(id) => self.how_is_machine(id),
            Pending::Redeem(code) => self.was_code_redeemed(code),
            Pending::Rotate(grant) => self.was_family_rotated(grant),
            Pending::Replay(code, _) => self.replay(code).map(|()| Fate::Ended),
            Pending::Reuse(grant) => self.reuse(grant).map(|()| Fate::Ended),
            Pending::RevokeFamily(grant) => self.revoke_family_again(grant),
            Pending::RevokeToken(jti) => self.revoke_token_again(jti),
            Pending::SignOut(name, _) => self.was_signed_out(name),
            Pending::Withdraw(_, name, client_id) => self.was_consent_withdrawn(name, client_id),
        }
    }

    fn was_person_made(&mut self, name: &str) -> Step<Fate> {
        let path = format!("/realms/default/users?username={name}");
        let listed = self.line.admin("list_users", ("GET", &path), None)?.json();
        let at = self.person_at(name)?;
        let person = &mut self.people[at];
        if let Some(found) = listed["items"].get(0) {
            let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
            person.id = text("id");
            person.subject = text("sub");
            person.standing = Standing::Active;
        } else {
            person.standing = Standing::Gone;
        }
        Ok(Fate::Ended)
    }

    fn person_at(&self, name: &str) -> Step<usize> {
        let at = self.people.iter().position(|one| one.username == name);
        at.map_or_else(|| broken(format!("{name} is in no ledger")), Ok)
    }

    fn is_person_shut_out(&mut self, name: &str) -> Step<Fate> {
        let at = self.person_at(name)?;
        let path = format!("/realms/default/users/{}", self.people[at].id);
        let answer = self.line.admin("read_user", ("GET", &path), None)?;
        if answer.status != 200 {
            return broken(format!("user {name} is lost: {}", answer.text()));
        }
        if answer.field("status") == "active" {
            self.people[at].standing = Standing::Active;
            return Ok(Fate::Spared);
        }
        self.is_shut_out(at);
        Ok(Fate::Ended)
    }

    fn was_person_deleted(&mut self, name: &str) -> Step<Fate> {
        let at = self.person_at(name)?;
        let path = format!("/realms/default/users/{}", self.people[at].id);
        let answer = self.line.admin("read_user", ("GET", &path), None)?;
        if answer.status != 404 {
            return Ok(Fate::Spared);
        }
        self.is_gone(at);
        Ok(Fate::Ended)
    }

    pub(super) fn how_is_machine(&mut self, client_id: &str) -> Step<Fate> {
        let path = format!("/realms/default/clients/{client_id}");
        let answer = self.line.admin("read_client", ("GET", &path), None)?;
        let Some(machine) = self
            .machines
            .iter_mut()
            .find(|one| one.client_id == client_id)
        else {
            return broken(format!("client {client_id} is in no ledger"));
        };
        if answer.status == 404 {
            machine.standing = Standing::Gone;
            return Ok(Fate::Ended);
        }
        let body = answer.json();
        let name = body["client_name"].as_str().unwrap_or_default().to_owned();
        if !machine.names.contains(&name) {
            return broken(format!("client {client_id} is called `{name}`"));
        }
        machine.names = vec![name];
        if body["enabled"] == true {
            machine.standing = Standing::Active;
            Ok(Fate::Spared)
        } else {
            machine.standing = Standing::ShutOut;
            Ok(Fate::Ended)
        }
    }

    /// A code that was tried without an answer: it buys tokens now, or it did.
    fn was_code_redeemed(&mut self, text: &str) -> Step<Fate> {
        let Some(at) = self.codes.iter().position(|code| code.text == text) else {
            return Ok(Fate::Ended);
        };
        let answer = self.present_code("redeem_again", at)?;
        if answer.status == 200 {
            self.redeemed(at, &answer)?;
        } else {
            // It was, or it is too old. In the first case what it bought is over now.
            self.codes[at].state = CodeState::Redeemed(None);
        }
        Ok(Fate::Ended)
    }

    /// A token that was presented without an answer: it is current still, or its reuse ends
    /// the family.
    fn was_family_rotated(&mut self, grant: &str) -> Step<Fate> {
        let Some(at) = self.families.iter().position(|one| one.grant == grant) else {
            return Ok(Fate::Ended);
        };
        let current = self.families[at].current.clone();
        let answer = self.present_refresh_token("refresh_again", at, &current)?;
        if answer.status == 200 {
            self.rotated(at, &answer)?;
        } else {
            self.touch(&Reach::Grant(grant.to_owned()), Fate::Ended);
        }
        Ok(Fate::Ended)
    }

    fn revoke_family_again(&mut self, grant: &str) -> Step<Fate> {
        if let Some(family) = self.families.iter().find(|one| one.grant == grant) {
            let (party, current) = (self.party(&family.client_id), family.current.clone());
            self.revoke(&party, &current)?;
        }
        Ok(Fate::Ended)
    }

    fn revoke_token_again(&mut self, jti: &str) -> Step<Fate> {
        if let Some(token) = self.tokens.iter().find(|one| one.jti == jti) {
            let (party, text) = (self.party(&token.client_id), token.text.clone());
            self.revoke(&party, &text)?;
        }
        Ok(Fate::Ended)
    }

    fn was_signed_out(&mut self, name: &str) -> Step<Fate> {
        let at = self.person_at(name)?;
        if self.browser_is_signed_in(at)? {
            return Ok(Fate::Spared);
        }
        self.is_signed_out(at);
        Ok(Fate::Ended)
    }

    fn was_consent_withdrawn(&mut self, name: &str, client_id: &str) -> Step<Fate> {
        let at = self.person_at(name)?;
        let there = self.consents_of(at)?.contains(client_id);
        let person = &mut self.people[at];
        person.unclear.remove(client_id);
        if there {
            person.agreed.insert(client_id.to_owned());
            return Ok(Fate::Spared);
        }
        Ok(Fate::Ended)
    }

    pub(super) fn consents_of(&mut self, at: usize) -> Step<BTreeSet<String>> {
        let path = format!("/realms/default/users/{}/consents", self.people[at].id);
        let listed = self.line.admin("list_consents", ("GET", &path), None)?;
        let listed = listed.json();
        let items = listed["items"].as_array().cloned().unwrap_or_default();
        let named = items
            .iter()
            .filter_map(|one| one["client_id"].as_str().map(str::to_owned));
        Ok(named.collect())
    }

    /// Asks without showing anything to the person (`prompt=none`).
    pub(super) fn browser_is_signed_in(&mut self, at: usize) -> Step<bool> {
        let url = self.line.world.public.authorize_url(&[("prompt", "none")]);
        let mut browser = std::mem::take(&mut self.people[at].browser);
        let answer = self.line.open("prompt_none", &mut browser, &url);
        self.people[at].browser = browser;
        let answer = answer?;
        if answer.status != 303 {
            return broken(format!("prompt=none showed a page: {}", answer.text()));
        }
        let parameters = redirect_parameters(&answer);
        Ok(parameter(&parameters, "error") != Some("login_required"))
    }
}
