//! From the path and the id of an operation to `<resource> <verb>`.

use crate::document::Operation;

/// What an operation is called unless the table says otherwise.
pub(super) fn derived(operation: &Operation) -> (String, String) {
    let rest = below_realm(&operation.path);
    let collection = rest.first().copied().unwrap_or_default();
    let resource = singular(collection);
    let own = |word: &str| {
        word == "realm" && resource != "realm"
            || resource.split('-').any(|one| one == word)
            || collection.split('-').any(|one| one == word)
    };
    let mut words = operation.id.split('_');
    let verb = match words.next().unwrap_or_default() {
        "read" => "get",
        "stream" => "tail",
        other => other,
    };
    let noun: Vec<&str> = words.filter(|word| !own(word)).collect();
    let is_deeper = rest.len() > 2 || rest.get(1).is_some_and(|part| !part.starts_with('{'));
    let verb = match (noun.is_empty() || !is_deeper, verb) {
        (true, verb) => verb.to_owned(),
        // What belongs to one thing is asked for by its own name: `user roles ada`.
        (false, "list" | "get") => noun.join("-"),
        (false, verb) => format!("{verb}-{}", noun.join("-")),
    };
    (resource, verb)
}

/// Whether the path names the realm that it works in, and not as its subject.
pub(super) fn is_within_realm(operation: &Operation) -> bool {
    let parts = parts(&operation.path);
    parts.first() == Some(&"realms") && parts.len() > 2
}

fn below_realm(path: &str) -> Vec<&str> {
    let mut parts = parts(path);
    if parts.first() == Some(&"realms") && parts.len() > 2 {
        parts.drain(..2);
    }
    parts
}

fn parts(path: &str) -> Vec<&str> {
    path.trim_start_matches("/admin/v1/").split('/').collect()
}

fn singular(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    if word.ends_with("sses") {
        return word.trim_end_matches("es").to_owned();
    }
    match word.strip_suffix('s') {
        Some(stem) if !stem.ends_with('s') => stem.to_owned(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collections_have_a_singular() {
        for (many, one) in [
            ("users", "user"),
            ("apis", "api"),
            ("keys", "key"),
            ("audit", "audit"),
            ("policies", "policy"),
            ("addresses", "address"),
            ("mail-templates", "mail-template"),
        ] {
            assert_eq!(singular(many), one);
        }
    }
}
