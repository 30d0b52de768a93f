//! The code flow with a browser, and its end: pages filled in, consents given and taken back,
//! sessions begun and ended.

use gatelodge_testkit::client::encode_form;
use gatelodge_testkit::form::first_post_form;
use gatelodge_testkit::relying_party::{parameter, redirect_parameters};
use gatelodge_testkit::{Answer, Browser, RelyingParty};

use super::Resident;
use super::belongings::{Code, CodeState, Life, SignedIn, Standing};
use super::pending::{Fate, Pending};
use crate::line::{Step, broken};
use crate::stopwatch::now;

impl Resident {
    /// A person goes to a client, is asked what they must be asked and nothing else, and the
    /// client gets a code, which it redeems at once or leaves for later.
    pub(super) fn person_signs_in_to_a_client(&mut self) -> Step<()> {
        let people = self.idle_people(Standing::Active);
        let Some(at) = self.dice.pick(&people) else {
            return self.person_is_made();
        };
        let party = if self.dice.once_in(3) {
            self.line.world.confidential.clone()
        } else {
            self.line.world.public.clone()
        };
        self.authorize(at, &party)?;
        if self.dice.once_in(4) {
            return Ok(());
        }
        let newest = self.codes.len() - 1;
        self.redeem(newest)
    }

    /// Walks the pages until the client gets its code.
    fn authorize(&mut self, at: usize, party: &RelyingParty) -> Step<()> {
        // The browser is away while the line uses it.
        let mut browser = std::mem::take(&mut self.people[at].browser);
        let walked = self.walk(at, party, &mut browser);
        self.people[at].browser = browser;
        walked
    }

    fn walk(&mut self, at: usize, party: &RelyingParty, browser: &mut Browser) -> Step<()> {
        let url = party.authorize_url(&[]);
        let mut page = self.line.open("authorize", browser, &url)?;
        let mut asked_who = false;
        for _ in 0..3 {
            if page.status == 303 {
                return self.got_code(at, party, &page, asked_who);
            }
            let Some(form) = first_post_form(&page.text()) else {
                return broken(format!(
                    "no form on a page: {} {}",
                    page.status,
                    page.text()
                ));
            };
            let asks_consent = form.buttons.iter().any(|(name, _)| name == "decision");
            let person = &mut self.people[at];
            if asks_consent {
                if person.agreed.contains(&party.client_id) {
                    return broken(format!(
                        "{} agreed to {}, and is asked again",
                        person.username, party.client_id
                    ));
                }
                person.unclear.insert(party.client_id.clone());
                let yes = [("decision", "allow")];
                page = self.line.submit("consent", browser, &form, &yes)?;
            } else {
                if person.signed_in == SignedIn::Yes {
                    return broken(format!("the session of {} is lost", person.username));
                }
                asked_who = true;
                person.signed_in = SignedIn::Perhaps;
                let (username, password) = (person.username.clone(), person.password.clone());
                let values = [
                    ("username", username.as_str()),
                    ("password", password.as_str()),
                ];
                page = self.line.submit("sign_in", browser, &form, &values)?;
                if page.status == 401 {
                    return broken(format!("the password of {username} is refused"));
                }
            }
        }
        broken(format!("no way to the client: {}", page.text()))
    }

    fn got_code(
        &mut self,
        at: usize,
        party: &RelyingParty,
        page: &Answer,
        asked_who: bool,
    ) -> Step<()> {
        let parameters = redirect_parameters(page);
        let person = &mut self.people[at];
        let Some(code) = parameter(&parameters, "code") else {
            return broken(format!("no code for {}: {parameters:?}", person.username));
        };
        if person.signed_in == SignedIn::No && !asked_who {
            return broken(format!(
                "the session of {} was ended and works",
                person.username
            ));
        }
        if asked_who {
            person.session = None;
            person.hint = None;
        }
        person.signed_in = SignedIn::Yes;
        person.unclear.remove(&party.client_id);
        person.agreed.insert(party.client_id.clone());
        self.codes.push(Code {
            text: code.to_owned(),
            client_id: party.client_id.clone(),
            username: person.username.clone(),
            since: now(),
            state: CodeState::Fresh,
            life: Life::default(),
        });
        self.owe("code", page, None);
        Ok(())
    }

    /// A client signs its person out.
    pub(super) fn person_signs_out(&mut self) -> Step<()> {
        let people = self.idle_people(Standing::Active);
        let can = |at: &usize| {
            let person = &self.people[*at];
            person.signed_in == SignedIn::Yes && person.hint.is_some() && person.session.is_some()
        };
        let people: Vec<usize> = people.into_iter().filter(can).collect();
        let Some(at) = self.dice.pick(&people) else {
            return self.person_signs_in_to_a_client();
        };
        let person = &self.people[at];
        let (name, hint) = (person.username.clone(), person.hint.clone());
        let session = person.session.clone().unwrap_or_default();
        // A code does not say which session it is of.
        self.codes
            .retain(|code| code.username != name || code.state != CodeState::Fresh);
        self.begin(Pending::SignOut(name, session));
        let query = encode_form(&[("id_token_hint", &hint.unwrap_or_default())]);
        let url = format!("{}/oauth2/logout?{query}", self.line.world.issuer);
        let mut browser = std::mem::take(&mut self.people[at].browser);
        let answer = self.line.open("sign_out", &mut browser, &url);
        self.people[at].browser = browser;
        let answer = answer?;
        self.settle(Fate::Ended);
        if answer.status >= 400 || first_post_form(&answer.text()).is_some() {
            return broken(format!("no sign-out: {} {}", answer.status, answer.text()));
        }
        self.owe("sign-out", &answer, None);
        self.is_signed_out(at);
        Ok(())
    }

    /// What follows from it.
    pub(super) fn is_signed_out(&mut self, at: usize) {
        let person = &mut self.people[at];
        person.signed_in = SignedIn::No;
        person.session = None;
        person.hint = None;
    }

    /// An administrator takes back what a person agreed to.
    pub(super) fn consent_is_withdrawn(&mut self) -> Step<()> {
        let mut given = Vec::new();
        for at in self.idle_people(Standing::Active) {
            given.extend(self.people[at].agreed.iter().map(|one| (at, one.clone())));
        }
        let chosen = self.dice.below(given.len());
        let Some((at, client_id)) = given.into_iter().nth(chosen) else {
            return self.person_signs_in_to_a_client();
        };
        let person = &mut self.people[at];
        person.agreed.remove(&client_id);
        person.unclear.insert(client_id.clone());
        let (id, name) = (person.id.clone(), person.username.clone());
        let subject = person.subject.clone();
        self.begin(Pending::Withdraw(subject, name, client_id.clone()));
        let path = format!("/realms/default/users/{id}/consents/{client_id}");
        let answer = self.line.admin("withdraw", ("DELETE", &path), None)?;
        self.settle(Fate::Ended);
        if answer.status != 204 {
            return broken(format!("a consent was not withdrawn: {}", answer.text()));
        }
        self.owe("consent withdrawn", &answer, None);
        self.people[at].unclear.remove(&client_id);
        Ok(())
    }
}
