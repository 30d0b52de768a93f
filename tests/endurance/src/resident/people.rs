//! Users: made, shut out, let in, given roles, deleted.

use std::collections::BTreeSet;

use gatelodge_testkit::Browser;
use serde_json::json;

use super::belongings::{Person, SignedIn, Standing};
use super::pending::{Fate, Pending, Reach};
use super::{Manners, Resident};
use crate::line::{Step, broken};

/// Few, so that each has a history.
const PEOPLE: usize = 3;

impl Resident {
    pub(super) fn person_is_made(&mut self) -> Step<()> {
        let there = self
            .people
            .iter()
            .filter(|one| one.standing != Standing::Gone);
        if there.count() >= PEOPLE && self.manners == Manners::Tidy {
            return self.person_is_deleted();
        }
        let username = self.new_name("person");
        let password = format!("pass {}", self.dice.word(16));
        self.people.push(Person {
            id: String::new(),
            subject: String::new(),
            username: username.clone(),
            password: password.clone(),
            standing: Standing::Expected,
            browser: Browser::new(),
            signed_in: SignedIn::No,
            session: None,
            hint: None,
            agreed: BTreeSet::new(),
            unclear: BTreeSet::new(),
        });
        self.begin(Pending::MakePerson(username.clone()));
        let body = json!({ "username": username, "password": password });
        let path = "/realms/default/users";
        let answer = self
            .line
            .admin("create_user", ("POST", path), Some(&body))?;
        self.settle(Fate::Ended);
        if answer.status != 201 {
            return broken(format!("a user was not made: {}", answer.text()));
        }
        self.owe("user made", &answer, None);
        if let Some(person) = self.people.last_mut() {
            person.id = answer.field("id");
            person.subject = answer.field("sub");
            person.standing = Standing::Active;
        }
        Ok(())
    }

    pub(super) fn person_is_shut_out_or_let_in(&mut self) -> Step<()> {
        let out = self.idle_people(Standing::ShutOut);
        if let Some(at) = self.dice.pick(&out) {
            return self.person_is_let_in(at);
        }
        let active = self.idle_people(Standing::Active);
        let Some(at) = self.dice.pick(&active) else {
            return self.person_is_made();
        };
        let person = &self.people[at];
        let (subject, name) = (person.subject.clone(), person.username.clone());
        self.begin(Pending::ShutOut(subject, name));
        let status = self.set_status(at, "deactivated")?;
        self.settle(Fate::Ended);
        if status != 200 {
            return broken(format!("a user was not deactivated: {status}"));
        }
        self.is_shut_out(at);
        Ok(())
    }

    /// What follows from it: sessions have ended, and what has no session waits for nobody.
    pub(super) fn is_shut_out(&mut self, at: usize) {
        let person = &mut self.people[at];
        person.standing = Standing::ShutOut;
        person.signed_in = SignedIn::No;
        person.session = None;
    }

    fn person_is_let_in(&mut self, at: usize) -> Step<()> {
        self.begin(Pending::LetIn(self.people[at].username.clone()));
        let status = self.set_status(at, "active")?;
        self.settle(Fate::Ended);
        if status != 200 {
            return broken(format!("a user was not activated: {status}"));
        }
        self.people[at].standing = Standing::Active;
        Ok(())
    }

    fn set_status(&mut self, at: usize, status: &str) -> Step<u16> {
        let path = format!("/realms/default/users/{}", self.people[at].id);
        let body = json!({ "status": status });
        let answer = self
            .line
            .admin("user_status", ("PATCH", &path), Some(&body))?;
        if answer.status == 200 {
            self.owe("user status", &answer, None);
        }
        Ok(answer.status)
    }

    pub(super) fn person_is_deleted(&mut self) -> Step<()> {
        let mut there = self.idle_people(Standing::ShutOut);
        there.extend(self.idle_people(Standing::Active));
        there.sort_unstable();
        let Some(&at) = there.first() else {
            return self.person_is_made();
        };
        let person = &self.people[at];
        let (subject, name) = (person.subject.clone(), person.username.clone());
        let path = format!("/realms/default/users/{}", person.id);
        self.begin(Pending::DeletePerson(subject, name));
        let answer = self.line.admin("delete_user", ("DELETE", &path), None)?;
        self.settle(Fate::Ended);
        if answer.status != 204 {
            return broken(format!("a user was not deleted: {}", answer.text()));
        }
        self.owe("user deleted", &answer, None);
        self.is_gone(at);
        Ok(())
    }

    /// What follows from it.
    pub(super) fn is_gone(&mut self, at: usize) {
        let person = &mut self.people[at];
        person.standing = Standing::Gone;
        person.signed_in = SignedIn::No;
        person.agreed.clear();
        person.unclear.clear();
        let (subject, name) = (person.subject.clone(), person.username.clone());
        // A code of somebody who is gone buys nothing, whatever it bought before.
        self.codes.retain(|code| code.username != name);
        self.touch(&Reach::Person(subject, name), Fate::Ended);
    }

    /// An administrator more in `system`, or one less; asked about at once, because who may do
    /// what is the one thing that must never be half done.
    pub(super) fn role_is_given_or_taken(&mut self) -> Step<()> {
        let username = self.new_name("officer");
        let body = json!({ "username": username, "password": self.dice.word(20) });
        let path = "/realms/system/users";
        let made = self
            .line
            .admin("create_user", ("POST", path), Some(&body))?;
        if made.status != 201 {
            return broken(format!("an administrator was not made: {}", made.text()));
        }
        self.owe("administrator made", &made, None);
        let user = format!("/realms/system/users/{}", made.field("id"));
        let role = format!("{user}/roles/administrator");
        for (method, held) in [("PUT", true), ("DELETE", false)] {
            let answer = self.line.admin("role", (method, &role), None)?;
            if answer.status != 204 {
                return broken(format!("a role was not given or taken: {}", answer.text()));
            }
            self.owe("role given or taken", &answer, None);
            let roles = format!("{user}/roles");
            let listed = self.line.admin("list_roles", ("GET", &roles), None)?;
            if listed.text().contains("\"administrator\"") != held {
                return broken(format!("{method} of a role, but then {}", listed.text()));
            }
        }
        let gone = self.line.admin("delete_user", ("DELETE", &user), None)?;
        if gone.status != 204 {
            return broken(format!("an administrator was not deleted: {}", gone.text()));
        }
        self.owe("administrator deleted", &gone, None);
        Ok(())
    }

    /// Users of that standing about whom nothing is pending.
    pub(super) fn idle_people(&self, standing: Standing) -> Vec<usize> {
        let idle =
            |person: &Person| person.standing == standing && !self.is_occupied(&person.username);
        let all = self.people.iter().enumerate();
        all.filter(|(_, person)| idle(person))
            .map(|(at, _)| at)
            .collect()
    }
}
