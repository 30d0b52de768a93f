//! The languages of the pages: those built in, and files of an operator.
//!
//! A file is `xx.toml` in `pages.messages_dir`, with a `key = "text"` a line, as those of the
//! built-in languages. What it leaves out is said in English and told once in the log; what it
//! says wrongly stops the start, because nobody would find it until somebody stands before it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use gatelodge_http::pages::Languages;

use crate::settings::Settings;
use crate::stop::Stop;

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LanguageFile {
    /// Its language tag.
    pub(crate) tag: String,
    /// Keys that it has no text for.
    pub(crate) missing: Vec<&'static str>,
}

/// Reads every language there is.
pub(crate) fn read(settings: &Settings) -> Result<(Languages, Vec<LanguageFile>), Stop> {
    match &settings.messages_dir {
        Some(folder) => {
            read_folder(folder).map_err(|why| Stop::usage(format!("`pages.messages_dir`: {why}")))
        }
        None => Ok((Languages::default(), Vec::new())),
    }
}

/// The languages, with what is missing told in the log.
pub(crate) fn spoken(settings: &Settings) -> Result<Languages, Stop> {
    let (languages, files) = read(settings)?;
    for LanguageFile { tag, missing } in files {
        if missing.is_empty() {
            tracing::info!(language = tag, "the pages speak one more language");
        } else {
            let keys = missing.join(" ");
            tracing::warn!(
                language = tag,
                missing = missing.len(),
                keys,
                "a language file leaves texts out; they are said in the language below it, \
                 which is English for all but German"
            );
        }
    }
    Ok(languages)
}

fn read_folder(folder: &Path) -> Result<(Languages, Vec<LanguageFile>), String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            paths.push(path);
        }
    }
    paths.sort();
    let mut languages = Languages::default();
    let mut files = Vec::new();
    for path in paths {
        let file = add(&mut languages, &path);
        files.push(file.map_err(|why| format!("{}: {why}", path.display()))?);
    }
    Ok((languages, files))
}

fn add(languages: &mut Languages, path: &Path) -> Result<LanguageFile, String> {
    let tag = path.file_stem().and_then(|stem| stem.to_str());
    let tag = tag.ok_or("its name is no text")?;
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let missing = languages
        .add(tag, &messages(&text)?)
        .map_err(|invalid| invalid.to_string())?;
    Ok(LanguageFile {
        tag: tag.to_owned(),
        missing,
    })
}

fn messages(text: &str) -> Result<BTreeMap<String, String>, String> {
    let table: toml::Table = text.parse().map_err(|error| format!("{error}"))?;
    let text = |(key, value)| match value {
        toml::Value::String(text) => Ok((key, text)),
        _ => Err(format!("`{key}` is no text")),
    };
    table.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn each_file_is_a_language_and_other_files_are_none() {
        let folder = folder(&[
            ("fr.toml", "# français\nsign_in_title = \"Se connecter\"\n"),
            ("pt-BR.toml", "show = \"Exibir\"\n"),
            ("README.md", "not a language"),
        ]);
        let (languages, files) = read_folder(folder.path()).unwrap();
        assert!(languages.tags().eq(["en", "de", "fr", "pt-BR"]));
        let tags: Vec<&str> = files.iter().map(|file| file.tag.as_str()).collect();
        assert_eq!(tags, ["fr", "pt-BR"]);
        assert!(files[0].missing.contains(&"sign_in_button"));
        assert!(!files[0].missing.contains(&"sign_in_title"));
    }

    #[test]
    fn what_is_wrong_is_told_with_the_file_and_the_key() {
        for (name, text, told) in [
            (
                "fr.toml",
                "sign_in_titel = \"x\"",
                "the nearest is `sign_in_title`",
            ),
            ("fr.toml", "consent_title = \"x\"", "{client}"),
            ("fr.toml", "show = 1", "`show` is no text"),
            ("fr.toml", "[show]\nx = \"y\"", "`show` is no text"),
            ("fr.toml", "show = \"\"", "one line of plain text"),
            ("fr.toml", "show = ", "TOML parse error"),
            ("french.toml", "", "no language tag"),
            ("fr.toml", "lang = \"es\"", "named otherwise"),
        ] {
            let folder = folder(&[(name, text)]);
            let why = read_folder(folder.path()).unwrap_err();
            assert!(why.contains(told) && why.contains(name), "{text}: {why}");
        }
        assert!(read_folder(Path::new("/nonexistent/messages")).is_err());
    }
}
