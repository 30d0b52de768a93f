//! Looking up what a name stands for.

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Lodge, pages};
use crate::document::{Field, Place};
use crate::fault::Fault;
use crate::http::{Request, segment};
use crate::resources::{Natural, is_id, natural_field};

type Known = RefCell<HashMap<(String, String, String), String>>;

/// Names that were looked up, by realm, sort of thing, and name or id.
#[derive(Debug, Default)]
pub(crate) struct Names {
    ids: Known,
    known: Known,
    people: RefCell<HashMap<(String, String), Option<String>>>,
}

/// So many people are looked up for one table; the others keep their ids.
const PEOPLE: usize = 25;

impl Names {
    /// Puts ids in the place of names, in the fields that hold ids.
    pub(crate) fn put_ids(
        &self,
        lodge: &Lodge<'_>,
        realm: &str,
        fields: &[Field],
        body: &mut Map<String, Value>,
    ) -> Result<(), Fault> {
        for field in fields {
            let (Some(way), Some(Value::String(text))) = (
                natural_field(lodge.document, field),
                body.get_mut(&field.name),
            ) else {
                continue;
            };
            *text = self.id_in(lodge, realm, &field.name, way, text)?;
        }
        Ok(())
    }

    /// Puts names in the place of ids, for people and files.
    pub(crate) fn put_names(
        &self,
        lodge: &Lodge<'_>,
        realm: &str,
        fields: &[Field],
        item: &mut Map<String, Value>,
    ) -> Result<(), Fault> {
        for field in fields {
            let (Some(way), Some(Value::String(text))) = (
                natural_field(lodge.document, field),
                item.get_mut(&field.name),
            ) else {
                continue;
            };
            if is_id(text) {
                *text = self.name_in(lodge, realm, way, text)?;
            }
        }
        Ok(())
    }

    /// Puts user names in the place of row ids, for a table that a person reads. Who is gone,
    /// or may not be seen, keeps their id.
    pub(crate) fn put_people(&self, lodge: &Lodge<'_>, items: &mut [Value]) {
        let here = lodge.realm().to_owned();
        for item in items {
            self.put_person(lodge, &here, &mut item["user"]);
            for (field, of) in [("actor", "actor_realm"), ("target", "realm")] {
                let realm = item[of].as_str().unwrap_or_default().to_owned();
                if item[field]["kind"] == "user" && is_id(&realm) {
                    self.put_person(lodge, &realm, &mut item[field]["id"]);
                }
            }
        }
    }

    fn put_person(&self, lodge: &Lodge<'_>, realm: &str, place: &mut Value) {
        let Some(id) = place.as_str().filter(|text| is_id(text)) else {
            return;
        };
        let key = (realm.to_owned(), id.to_owned());
        let known = self.people.borrow().get(&key).cloned();
        let name = match known {
            Some(known) => known,
            None if self.people.borrow().len() >= PEOPLE => None,
            None => {
                let found = self.username(lodge, realm, id);
                self.people.borrow_mut().insert(key, found.clone());
                found
            }
        };
        if let Some(name) = name {
            *place = Value::String(name);
        }
    }

    /// What somebody signs in with; the realm by slug or row id.
    fn username(&self, lodge: &Lodge<'_>, realm: &str, id: &str) -> Option<String> {
        let slug = if is_id(realm) {
            let way = Natural {
                list: "list_realms",
                filter: "slug",
                field: "slug",
            };
            self.name_in(lodge, "", way, realm).ok()?
        } else {
            realm.to_owned()
        };
        let path = &lodge.document.operation("read_user")?.path;
        let path = path
            .replace("{realm}", &segment(&slug))
            .replace("{user}", &segment(id));
        let user = lodge.admin.call(&Request::new("GET", &path)).ok()?.json();
        user.ok()?["username"].as_str().map(str::to_owned)
    }

    /// The name of what has that row id; an id that nothing has stays as it is.
    fn name_in(
        &self,
        lodge: &Lodge<'_>,
        realm: &str,
        way: Natural,
        id: &str,
    ) -> Result<String, Fault> {
        let key = |id: &str| (realm.to_owned(), way.list.to_owned(), id.to_owned());
        if let Some(known) = self.known.borrow().get(&key(id)) {
            return Ok(known.clone());
        }
        if let Some(list) = lodge.document.operation(way.list) {
            let request = Request::new("GET", &list.path.replace("{realm}", &segment(realm)));
            pages(&lodge.admin, list, &request, None, &mut |items| {
                for item in items {
                    if let (Some(id), Some(name)) = (item["id"].as_str(), item[way.field].as_str())
                    {
                        self.known.borrow_mut().insert(key(id), name.to_owned());
                    }
                }
                Ok(())
            })?;
        }
        let known = self.known.borrow();
        Ok(known
            .get(&key(id))
            .cloned()
            .unwrap_or_else(|| id.to_owned()))
    }

    /// The row id of what bears that name; a row id stands for itself.
    pub(crate) fn id(
        &self,
        lodge: &Lodge<'_>,
        what: &str,
        way: Natural,
        name: &str,
    ) -> Result<String, Fault> {
        self.id_in(lodge, lodge.realm(), what, way, name)
    }

    /// The same in a given realm.
    pub(crate) fn id_in(
        &self,
        lodge: &Lodge<'_>,
        realm: &str,
        what: &str,
        way: Natural,
        name: &str,
    ) -> Result<String, Fault> {
        if is_id(name) {
            return Ok(name.to_owned());
        }
        let key = (realm.to_owned(), way.list.to_owned(), name.to_owned());
        if let Some(known) = self.ids.borrow().get(&key) {
            return Ok(known.clone());
        }
        let found = look_up(lodge, realm, way, name)?;
        let id = match found.as_slice() {
            [only] => only.clone(),
            [] => {
                return Err(Fault::Failed(format!(
                    "there is no {what} `{name}` in realm `{realm}`"
                )));
            }
            several => {
                return Err(Fault::Failed(format!(
                    "`{name}` may be any of {} things in realm `{realm}`: give the row id, one of {}",
                    several.len(),
                    several.join(", ")
                )));
            }
        };
        self.ids.borrow_mut().insert(key, id.clone());
        Ok(id)
    }
}

/// Ids of the things with exactly that name.
fn look_up(lodge: &Lodge<'_>, realm: &str, way: Natural, name: &str) -> Result<Vec<String>, Fault> {
    let Some(list) = lodge.document.operation(way.list) else {
        return Ok(Vec::new());
    };
    let has = |filter: &str| {
        list.parameters_in(Place::Query)
            .any(|one| one.name == filter)
    };
    // A user may be named by their address, where that is one.
    let by_mail = name.contains('@') && has("email");
    let filters: &[&str] = if by_mail {
        &["email", way.filter]
    } else {
        &[way.filter]
    };
    for filter in filters {
        let mut request = Request::new("GET", &list.path.replace("{realm}", &segment(realm)));
        if has(filter) {
            request.query.push(((*filter).to_owned(), name.to_owned()));
        }
        let field = if has(filter) { *filter } else { way.field };
        let mut found = Vec::new();
        pages(&lodge.admin, list, &request, None, &mut |items| {
            found.extend(items.iter().filter_map(|item| same(item, field, name)));
            Ok(())
        })?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

fn same(item: &Value, field: &str, name: &str) -> Option<String> {
    let theirs = item[field].as_str()?;
    let is_it = theirs == name || theirs.to_lowercase() == name.to_lowercase();
    is_it.then(|| item["id"].as_str().map(str::to_owned))?
}
