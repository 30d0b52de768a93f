//! What queries are made of: things that are in the house, and places in its lists.

use gatelodge_domain::{Id, Timestamp};

use crate::Failed;
use crate::lists::Cursors;
use crate::pages::Desk;

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;
/// How far the rows of a list reach back; see the plans of `gatelodge-bench-fill`.
const YEAR: i64 = 365 * 24 * HOUR;
const LATELY: i64 = 20 * 24 * HOUR;
const TODAY: i64 = 12 * HOUR;

/// The group that everybody is in, and the role that everybody has.
const EVERYBODY: &str = "everybody";

/// What is in the house.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    user: String,
    username: String,
    client_id: String,
    /// A client's row id.
    client: String,
    session: String,
    group: String,
    role: String,
    /// Moments at a hundredth, in the middle and near the end of the trail.
    moments: Vec<String>,
    /// The same of people.
    joined: Vec<String>,
    people: Vec<String>,
    people_backwards: Vec<String>,
    holders: Vec<String>,
    names: Vec<String>,
    clients: Vec<String>,
    lately: Vec<String>,
    today: Vec<String>,
    positions: Vec<String>,
}

impl Facts {
    /// Asks for them.
    pub(crate) fn gather(desk: &mut Desk) -> Result<Self, Failed> {
        let mut facts = Self {
            user: desk.pick("/realms/default/users?limit=50", "id")?,
            username: desk.pick("/realms/default/users?limit=50", "username")?,
            client_id: desk.pick("/realms/default/clients?limit=50", "client_id")?,
            session: desk.pick("/realms/default/sessions?limit=50", "id")?,
            // Row ids of clients are seen in the trail only.
            client: desk.pick(
                "/realms/default/audit?limit=50&action=token.issued",
                "client",
            )?,
            group: named(desk, "groups")?,
            role: named(desk, "roles")?,
            ..Self::default()
        };
        facts.places_of_people(desk)?;
        facts.places_in_the_trail(desk)?;
        facts.lately = places(desk, "sessions", [LATELY / 2, near(LATELY), 2 * LATELY])?;
        facts.today = places(desk, "throttles", [TODAY / 2, near(TODAY), 2 * TODAY])?;
        let page = desk.get("/realms/default/clients?limit=200")?;
        facts.clients = page["next_cursor"]
            .as_str()
            .map(str::to_owned)
            .into_iter()
            .collect();
        Ok(facts)
    }

    fn places_of_people(&mut self, desk: &mut Desk) -> Result<(), Failed> {
        self.people = places(desk, "users", [YEAR / 2, near(YEAR), 2 * YEAR])?;
        self.people_backwards = places(desk, "users", [YEAR / 2, YEAR / 1_000, -SECOND])?;
        self.holders = self.people.iter().map(|id| format!("user.{id}")).collect();
        for id in &places(desk, "users", [YEAR / 100, YEAR / 2, near(YEAR)])? {
            let page = format!("/realms/default/users?limit=1&cursor={id}");
            self.joined.push(written(&desk.pick(&page, "created_at")?));
            let mut prefix = desk.pick(&page, "username")?;
            // Ten people begin like this, so that another one follows the first of them.
            prefix.pop();
            let page =
                format!("/realms/default/users?limit=1&sort=username&username_prefix={prefix}");
            let cursor = desk.get(&page)?;
            let cursor = cursor["next_cursor"].as_str().map(str::to_owned);
            self.names.extend(cursor);
        }
        Ok(())
    }

    fn places_in_the_trail(&mut self, desk: &mut Desk) -> Result<(), Failed> {
        let newest = desk.get("/realms/default/audit?limit=1")?;
        let end: u64 = newest["next_cursor"].as_str().ok_or("no trail")?.parse()?;
        for position in [end / 100, end / 2, end - end / 100] {
            let page = format!("/audit?limit=1&cursor={position}");
            self.moments.push(written(&desk.pick(&page, "at")?));
        }
        let positions = [end / 2, end / 1_000, 1];
        self.positions = positions.iter().map(u64::to_string).collect();
        Ok(())
    }

    /// A path with what it is about in it.
    pub(crate) fn path(&self, path: &str) -> String {
        path.replace("{realm}", "default")
            .replace("{user}", &self.user)
            .replace("{group}", &self.group)
            .replace("{role}", &self.role)
    }

    /// What to ask a list for by that parameter; nothing where nobody said what.
    pub(crate) fn values(&self, path: &str, name: &str) -> Vec<String> {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let beginnings = ["user-", &self.username, "user-00", "user-09", "zz"];
        match name {
            "username" => texts(&[&self.username, "nobody"]),
            "username_prefix" | "email_prefix" => texts(&beginnings),
            "email" => texts(&[
                &format!("{}@example.com", self.username),
                "nobody@example.com",
            ]),
            "status" => texts(&["active", "suspended"]),
            "created_after" | "created_before" => self.joined.clone(),
            // Of clients, a beginning.
            "client_id" if path.ends_with("/clients") => texts(&["bench-", "zz"]),
            "name" => texts(&["Bench-", "zz"]),
            "client_id" => texts(&[&self.client_id]),
            "enabled" => texts(&["true", "false"]),
            "origin" => texts(&["administrator", "dynamic"]),
            "grant_type" => texts(&["client_credentials", "implicit"]),
            "user" => texts(&[&self.user]),
            "session" => texts(&[&self.session]),
            "live" => texts(&["true"]),
            "address" => texts(&["192.0.2.7"]),
            "action" => texts(&["token.issued", "sign_in", "session.ended", "realm.created"]),
            "actor" => texts(&[
                &format!("user:{}", self.user),
                &format!("client:{}", self.client),
                "system",
                "operator",
                "anonymous",
            ]),
            "target" => texts(&[&self.user, &self.client]),
            "outcome" => texts(&["denied", "success"]),
            "from" | "to" => self.moments.clone(),
            _ => Vec::new(),
        }
    }

    /// Where pages begin besides the front.
    pub(crate) fn cursors(&self, cursors: Cursors) -> &[String] {
        match cursors {
            Cursors::None => &[],
            Cursors::People => &self.people,
            Cursors::PeopleBackwards => &self.people_backwards,
            Cursors::Holders => &self.holders,
            Cursors::Names => &self.names,
            Cursors::Clients => &self.clients,
            Cursors::Lately => &self.lately,
            Cursors::Today => &self.today,
            Cursors::Trail => &self.positions,
        }
    }
}

/// Near the end of a list that reaches over that time.
const fn near(span: i64) -> i64 {
    span - span / 1_000
}

/// A moment as a query has it.
fn written(moment: &str) -> String {
    moment.replace('+', "%2B")
}

/// The row id of the group or role that everybody is in or has.
fn named(desk: &mut Desk, list: &str) -> Result<String, Failed> {
    let page = desk.get(&format!("/realms/default/{list}?limit=200"))?;
    let items = page["items"].as_array().map_or(&[][..], Vec::as_slice);
    let found = items.iter().find(|item| item["name"] == EVERYBODY);
    let id = found.and_then(|item| item["id"].as_str());
    let id = id.ok_or_else(|| format!("none of the {list} is of everybody"))?;
    Ok(id.to_owned())
}

/// Ids of those moments after the first row of a list of the default realm, which nothing has to
/// bear.
fn places(desk: &mut Desk, list: &str, after: [i64; 3]) -> Result<Vec<String>, Failed> {
    let first = desk.pick(&format!("/realms/default/{list}?limit=1"), "id")?;
    let began = Id::<()>::parse(&first)?.timestamp().as_millis();
    let place = |millis: i64| Id::<()>::new(Timestamp::from_millis(began + millis), [0; 10]);
    Ok(after.map(|millis| place(millis).to_string()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lists::LISTS;

    #[test]
    fn every_filter_has_something_to_be_asked_for() {
        let moments = || vec!["2026-01-01T00:00:00Z".to_owned()];
        let facts = Facts {
            moments: moments(),
            joined: moments(),
            ..Facts::default()
        };
        for list in &LISTS {
            for name in list.filters {
                assert!(
                    !facts.values(list.path, name).is_empty(),
                    "{} by {name}",
                    list.path
                );
            }
        }
    }
}
