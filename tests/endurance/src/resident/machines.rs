//! Clients of a resident's own, and what they buy for themselves.

use gatelodge_testkit::RelyingParty;
use serde_json::json;

use super::belongings::{Machine, Standing};
use super::pending::{Fate, Pending};
use super::{Manners, Resident};
use crate::line::{Step, broken};

/// Few, so that each has a history.
const MACHINES: usize = 3;

impl Resident {
    /// A token by client credentials: the demonstration's client, or one of our own.
    pub(super) fn machine_gets_a_token(&mut self) -> Step<()> {
        let own = self.idle_machines(Standing::Active);
        let party = match self.dice.pick(&own) {
            Some(at) if self.dice.once_in(2) => self.machine_party(at),
            _ => self.line.world.confidential.clone(),
        };
        let form = [("grant_type", "client_credentials")];
        let answer = self
            .line
            .post("client_credentials", &party, "/oauth2/token", &form)?;
        if answer.status != 200 {
            return broken(format!(
                "client credentials of {} were refused: {} {}",
                party.client_id,
                answer.status,
                answer.text()
            ));
        }
        self.adopt("client credentials", &answer)?;
        Ok(())
    }

    pub(super) fn machine_is_made(&mut self) -> Step<()> {
        let there = self
            .machines
            .iter()
            .filter(|one| one.standing != Standing::Gone);
        if there.count() >= MACHINES && self.manners == Manners::Tidy {
            return self.machine_is_deleted();
        }
        let client_id = self.new_name("machine");
        let machine = Machine {
            client_id: client_id.clone(),
            secret: self.dice.word(43),
            names: vec!["First name".to_owned()],
            standing: Standing::Expected,
        };
        let body = json!({
            "client_id": client_id,
            "client_secret": machine.secret,
            "client_name": "First name",
            "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "client_secret_basic",
        });
        self.machines.push(machine);
        self.begin(Pending::MakeMachine(client_id));
        let path = "/realms/default/clients";
        let answer = self
            .line
            .admin("create_client", ("POST", path), Some(&body))?;
        self.settle(Fate::Ended);
        if answer.status != 201 {
            return broken(format!("a client was not made: {}", answer.text()));
        }
        self.owe("client made", &answer, None);
        if let Some(machine) = self.machines.last_mut() {
            machine.standing = Standing::Active;
        }
        Ok(())
    }

    pub(super) fn machine_is_renamed(&mut self) -> Step<()> {
        let Some(at) = self.any_machine() else {
            return self.machine_is_made();
        };
        let name = format!("Name {}", self.dice.word(8));
        let client_id = self.machines[at].client_id.clone();
        self.machines[at].names.push(name.clone());
        self.begin(Pending::Rename(client_id.clone()));
        let body = json!({ "client_name": name });
        let path = format!("/realms/default/clients/{client_id}");
        let answer = self
            .line
            .admin("update_client", ("PATCH", &path), Some(&body))?;
        self.settle(Fate::Ended);
        if answer.status != 200 {
            return broken(format!("a client was not renamed: {}", answer.text()));
        }
        self.owe("client renamed", &answer, None);
        self.machines[at].names = vec![name];
        Ok(())
    }

    pub(super) fn machine_is_disabled(&mut self) -> Step<()> {
        let Some(at) = self.any_machine() else {
            return self.machine_is_made();
        };
        let client_id = self.machines[at].client_id.clone();
        self.begin(Pending::DisableMachine(client_id.clone()));
        let path = format!("/realms/default/clients/{client_id}");
        let body = json!({ "enabled": false });
        let answer = self
            .line
            .admin("disable_client", ("PATCH", &path), Some(&body))?;
        self.settle(Fate::Ended);
        if answer.status != 200 {
            return broken(format!("a client was not disabled: {}", answer.text()));
        }
        self.owe("client disabled", &answer, None);
        self.machines[at].standing = Standing::ShutOut;
        Ok(())
    }

    pub(super) fn machine_is_deleted(&mut self) -> Step<()> {
        let mut there = self.idle_machines(Standing::ShutOut);
        there.extend(self.idle_machines(Standing::Active));
        let Some(&at) = there.first() else {
            return self.machine_is_made();
        };
        let client_id = self.machines[at].client_id.clone();
        self.begin(Pending::DeleteMachine(client_id.clone()));
        let path = format!("/realms/default/clients/{client_id}");
        let answer = self.line.admin("delete_client", ("DELETE", &path), None)?;
        self.settle(Fate::Ended);
        if answer.status != 204 {
            return broken(format!("a client was not deleted: {}", answer.text()));
        }
        self.owe("client deleted", &answer, None);
        self.machines[at].standing = Standing::Gone;
        Ok(())
    }

    /// The spare takes over; the old key goes on verifying.
    pub(super) fn key_is_rotated(&mut self) -> Step<()> {
        // Every retired key stays published for as long as a token may live, so this is rare.
        if self.number != 0 || !self.dice.once_in(4) {
            return self.machine_gets_a_token();
        }
        let body = json!({ "alg": "ES256", "at_once": true });
        let path = "/realms/default/keys/rotations";
        let answer = self.line.admin("rotate_key", ("POST", path), Some(&body))?;
        if answer.status != 200 {
            return broken(format!("a key was not rotated: {}", answer.text()));
        }
        self.owe("key rotated", &answer, None);
        Ok(())
    }

    /// A client of our own, as a party at the token endpoint.
    pub(super) fn machine_party(&self, at: usize) -> RelyingParty {
        let machine = &self.machines[at];
        let mut party = self.line.world.confidential.clone();
        party.client_id.clone_from(&machine.client_id);
        party.client_secret = Some(machine.secret.clone());
        party
    }

    fn any_machine(&mut self) -> Option<usize> {
        let there = self.idle_machines(Standing::Active);
        self.dice.pick(&there)
    }

    /// Clients of that standing about which nothing is pending.
    pub(super) fn idle_machines(&self, standing: Standing) -> Vec<usize> {
        let idle = |machine: &Machine| {
            machine.standing == standing && !self.is_occupied(&machine.client_id)
        };
        let all = self.machines.iter().enumerate();
        all.filter(|(_, machine)| idle(machine))
            .map(|(at, _)| at)
            .collect()
    }

    /// Whether something about that user, client or grant is pending.
    pub(super) fn is_occupied(&self, name: &str) -> bool {
        self.pending.iter().any(|pending| pending.occupies(name))
    }
}
