//! Reading files and folders of documents.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::kinds::{Kind, find};
use super::object::{Object, Written};
use crate::command::read_documents;
use crate::fault::Fault;

/// What files describe, in the order in which it is made. Documents that name no realm are of
/// the one realm that the files describe, or else of `realm`.
pub(crate) fn read(
    paths: &[String],
    kinds: &[Kind<'_>],
    realm: &str,
) -> Result<Vec<Object>, Fault> {
    let mut written = Vec::new();
    for path in paths {
        for file in files(path)? {
            let folder = Path::new(&file)
                .parent()
                .map(Path::to_owned)
                .unwrap_or_default();
            let documents: Vec<Written> = read_documents(&file)?;
            for (number, document) in documents.into_iter().enumerate() {
                let place = format!("{file}, document {}", number + 1);
                written.push((document, place, folder.clone()));
            }
        }
    }
    let described: BTreeSet<&str> = written
        .iter()
        .filter(|(document, ..)| document.kind == "realm")
        .map(|(document, ..)| document.name.as_str())
        .collect();
    let usual = match described.iter().next() {
        Some(only) if described.len() == 1 => (*only).to_owned(),
        _ => realm.to_owned(),
    };
    let (mut objects, mut seen) = (Vec::new(), BTreeSet::new());
    for (document, place, folder) in written {
        let kind = find(kinds, &document.kind)
            .map_err(|fault| Fault::Usage(format!("{place}: {fault}")))?;
        let within = match (&document.realm, kind.name) {
            (_, "realm") => document.name.clone(),
            (Some(named), _) => named.clone(),
            (None, _) => usual.clone(),
        };
        let object = Object::new(document, kind, &within, &place, &folder)?;
        if !seen.insert(object.key()) {
            let (kind, name) = (&object.kind, &object.name);
            return Err(Fault::Usage(format!(
                "{place}: {kind} `{name}` is there twice"
            )));
        }
        objects.push(object);
    }
    if objects.is_empty() {
        return Err(Fault::Usage(format!(
            "{}: nothing is in there",
            paths.join(", ")
        )));
    }
    Ok(in_order(&objects, kinds))
}

/// The files of a path: itself, or those of a folder.
fn files(path: &str) -> Result<Vec<String>, Fault> {
    let wrong = |error: std::io::Error| Fault::Usage(format!("{path}: {error}"));
    if path == "-" || !Path::new(path).is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(path).map_err(wrong)? {
        let file = entry.map_err(wrong)?.path();
        let is_ours = file
            .extension()
            .is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|one| extension == *one));
        if is_ours {
            found.push(file);
        }
    }
    found.sort_unstable();
    Ok(found
        .iter()
        .map(|file| file.display().to_string())
        .collect())
}

/// By kind; within a kind, what others name before them. A circle is left for the server to
/// refuse.
fn in_order(objects: &[Object], kinds: &[Kind<'_>]) -> Vec<Object> {
    let mut ordered = Vec::with_capacity(objects.len());
    for kind in kinds {
        let mut left: Vec<Object> = objects
            .iter()
            .filter(|object| object.kind == kind.name)
            .cloned()
            .collect();
        while !left.is_empty() {
            let names: Vec<String> = left.iter().map(|object| object.name.clone()).collect();
            let ready = |object: &Object| {
                let mut needed = object
                    .links
                    .iter()
                    .filter(|(link, _)| kind.after.contains(&link.name))
                    .flat_map(|(_, names)| names);
                needed.all(|name| *name == object.name || !names.contains(name))
            };
            let next = left.iter().position(ready).unwrap_or(0);
            ordered.push(left.remove(next));
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;
    use crate::files::kinds::kinds;
    use crate::files::object::SecretRef;

    fn read_texts(texts: &[&str]) -> Result<Vec<Object>, Fault> {
        let folder = tempfile::TempDir::new().unwrap();
        for (number, text) in texts.iter().enumerate() {
            std::fs::write(folder.path().join(format!("{number}.yaml")), text).unwrap();
        }
        std::fs::write(folder.path().join("notes.txt"), "not ours").unwrap();
        let document = Document::compiled().unwrap();
        let path = folder.path().display().to_string();
        read(&[path], &kinds(&document), "default")
    }

    #[test]
    fn documents_are_read_in_the_order_of_their_making() {
        let objects = read_texts(&[
            "kind: user\nname: ada\nspec: {email: ada@example.com}\n---\nkind: client\nname: app\n\
             spec:\n  secret_from: {file: app.secret}\n",
            "kind: realm\nname: acme\nspec: {name: Acme}\n",
        ])
        .unwrap();
        let seen: Vec<(&str, &str)> = objects
            .iter()
            .map(|object| (object.kind.as_str(), object.realm.as_str()))
            .collect();
        assert_eq!(
            seen,
            [("realm", "acme"), ("client", "acme"), ("user", "acme")]
        );
        let SecretRef::File(file) = &objects[1].secrets[0].1 else {
            panic!("{:?}", objects[1].secrets);
        };
        assert!(
            file.starts_with('/') && file.ends_with("/app.secret"),
            "{file}"
        );
    }

    #[test]
    fn mistakes_name_their_place() {
        for (text, said) in [
            ("kind: clint\nname: app\n", "there is no kind `clint`"),
            (
                "kind: client\nname: app\nspec: {redirect_uri: []}\n",
                "is `redirect_uris` meant?",
            ),
            (
                "kind: client\nname: app\nspec: {client_secret: x}\n",
                "secret_from",
            ),
            (
                "kind: client\nname: app\nspec: {secret_from: x}\n",
                "`env: NAME`",
            ),
            (
                "kind: client\nname: app\n---\nkind: client\nname: app\n",
                "there twice",
            ),
            ("kind: client\nnmae: app\n", "nmae"),
            ("kind: [\n", "0.yaml"),
        ] {
            let fault = read_texts(&[text]).unwrap_err();
            assert_eq!(fault.status(), 2, "{fault}");
            assert!(fault.to_string().contains(said), "{fault}");
            assert!(fault.to_string().contains("0.yaml"), "{fault}");
        }
        assert!(read_texts(&[]).is_err());
    }
}
