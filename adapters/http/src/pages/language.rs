//! Which languages the pages speak, and which one a person gets.
//!
//! English and German are built in. An operator adds others, or other words for these, as files
//! of the same keys; what a file leaves out is said in English, or in the built-in language that
//! it is for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::messages::{ENGLISH, GERMAN, Text, Texts};
use super::wording::{self, InvalidText};

/// Why a file is not a language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMessages {
    /// The name is not a language tag.
    #[error("`{0}` is no language tag such as `fr` or `pt-BR` (RFC 5646)")]
    Tag(String),
    /// The file says that it is for another language than its name.
    #[error("`lang` is `{0}`, but the file is named otherwise")]
    OtherLanguage(String),
    /// A text cannot stand there.
    #[error("{0}")]
    Text(#[from] InvalidText),
}

/// Every language that pages are written in.
#[derive(Clone, Debug)]
pub struct Languages {
    english: Arc<Texts>,
    others: Vec<Arc<Texts>>,
}

impl Default for Languages {
    fn default() -> Self {
        Self {
            english: ENGLISH.clone(),
            others: vec![GERMAN.clone()],
        }
    }
}

impl Languages {
    /// Adds a language, or puts other words into one that is there; answers the keys that the
    /// file leaves out.
    pub fn add(
        &mut self,
        tag: &str,
        messages: &BTreeMap<String, String>,
    ) -> Result<Vec<&'static str>, InvalidMessages> {
        if !is_tag(tag) {
            return Err(InvalidMessages::Tag(tag.to_owned()));
        }
        if let Some(other) = messages.get("lang").filter(|lang| *lang != tag) {
            return Err(InvalidMessages::OtherLanguage(other.clone()));
        }
        let texts = || messages.iter().filter(|(key, _)| *key != "lang");
        for (key, text) in texts() {
            wording::check(key, text)?;
        }
        wording::check_names(messages)?;
        let known = self.find(tag);
        let below = known.unwrap_or(&self.english);
        let pairs = texts().map(|(key, text)| (key.as_str(), text.as_str()));
        let mut added = below.over(pairs);
        added.lang = Text::own(known.map_or(tag, |known| known.lang.as_str()).to_owned());
        let missing = wording::keys()
            .filter(|key| !messages.contains_key(*key))
            .collect();
        self.put(Arc::new(added));
        Ok(missing)
    }

    fn put(&mut self, texts: Arc<Texts>) {
        let same = |held: &Arc<Texts>| held.lang == texts.lang;
        if same(&self.english) {
            self.english = texts;
        } else if let Some(held) = self.others.iter_mut().find(|held| same(held)) {
            *held = texts;
        } else {
            self.others.push(texts);
        }
    }

    /// The language tags, English first.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|texts| texts.lang.as_str())
    }

    /// The texts of exactly that language.
    pub fn find(&self, tag: &str) -> Option<&Arc<Texts>> {
        self.iter()
            .find(|texts| texts.lang.as_str().eq_ignore_ascii_case(tag))
    }

    /// The texts in the language that suits the person best: the client's `ui_locales` (OpenID
    /// Connect Core §3.1.2.1, best first) before the browser's `Accept-Language` (RFC 9110
    /// §12.5.4), then the realm's own language, and English when none of them is spoken here.
    pub fn choose(
        &self,
        accept_language: Option<&str>,
        ui_locales: Option<&str>,
        realm: Option<&str>,
    ) -> &Arc<Texts> {
        let mut asked = ui_locales.unwrap_or_default().split(' ');
        asked
            .find_map(|tag| self.spoken(tag))
            .or_else(|| self.accepted(accept_language.unwrap_or_default()))
            .or_else(|| self.spoken(realm?))
            .unwrap_or(&self.english)
    }

    fn iter(&self) -> impl Iterator<Item = &Arc<Texts>> {
        std::iter::once(&self.english).chain(&self.others)
    }

    /// The texts for a language tag, or for what is left of it when subtags are taken off its
    /// end (RFC 4647 §3.4).
    fn spoken(&self, tag: &str) -> Option<&Arc<Texts>> {
        let mut rest = tag.trim();
        while !rest.is_empty() {
            if let Some(texts) = self.find(rest) {
                return Some(texts);
            }
            rest = rest.rsplit_once('-').map_or("", |(rest, _)| rest);
        }
        None
    }

    /// The first of the ranges with the highest weight that we speak.
    fn accepted(&self, header: &str) -> Option<&Arc<Texts>> {
        let mut best: Option<(u16, &Arc<Texts>)> = None;
        for range in header.split(',') {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let weight = weight(parameters);
            let Some(texts) = self.spoken(tag).filter(|_| weight > 0) else {
                continue;
            };
            if best.is_none_or(|(highest, _)| weight > highest) {
                best = Some((weight, texts));
            }
        }
        best.map(|(_, texts)| texts)
    }
}

/// A language of two or three letters, and at most two subtags (RFC 5646 §2.1).
fn is_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    let is_language =
        (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_subtag = |part: &str| {
        (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let subtags: Vec<&str> = parts.collect();
    is_language && subtags.len() <= 2 && subtags.into_iter().all(is_subtag)
}

/// A weight in thousandths (RFC 9110 §12.4.2): 1000 when there is none, 0 when it is nonsense.
fn weight(parameters: &str) -> u16 {
    let Some(value) = parameters.trim().strip_prefix("q=") else {
        return 1000;
    };
    let digits = value.strip_prefix("0.").filter(|digits| digits.len() <= 3);
    match (value, digits) {
        ("1" | "1." | "1.0" | "1.00" | "1.000", _) => 1000,
        (_, Some(digits)) => format!("{digits:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lang(accept_language: Option<&str>, ui_locales: Option<&str>) -> String {
        let languages = Languages::default();
        let texts = languages.choose(accept_language, ui_locales, None);
        texts.lang.to_string()
    }

    fn file<const N: usize>(texts: [(&str, &str); N]) -> BTreeMap<String, String> {
        let own = |(key, text): (&str, &str)| (key.to_owned(), text.to_owned());
        texts.into_iter().map(own).collect()
    }

    #[test]
    fn the_clients_wish_goes_before_the_browsers() {
        assert_eq!(lang(Some("en"), Some("de")), "de");
        assert_eq!(lang(Some("de"), Some("fr-CA xx en-GB")), "en");
        assert_eq!(lang(Some("de-AT"), Some("fr")), "de");
        assert_eq!(lang(Some("de-AT"), Some("")), "de");
    }

    #[test]
    fn the_browsers_weights_are_heeded() {
        assert_eq!(lang(Some("fr, de;q=0.8, en;q=0.9"), None), "en");
        assert_eq!(lang(Some("de;q=0.85,en;q=0.8"), None), "de");
        assert_eq!(lang(Some("DE-ch"), None), "de");
        assert_eq!(lang(Some("de;q=0, en;q=0.1"), None), "en");
        assert_eq!(lang(Some("en;q=0.5, de"), None), "de");
    }

    #[test]
    fn strangers_and_nonsense_get_english() {
        for header in [
            None,
            Some(""),
            Some(",;q=,-"),
            Some("*"),
            Some("de;q=9"),
            Some("de;q=0.€"),
        ] {
            assert_eq!(lang(header, None), "en", "{header:?}");
        }
    }

    #[test]
    fn a_realms_language_is_for_those_whose_own_is_not_spoken() {
        let languages = Languages::default();
        let chosen = |accept| languages.choose(accept, None, Some("de-CH")).lang.as_str();
        assert_eq!(chosen(None), "de");
        assert_eq!(chosen(Some("fr")), "de");
        assert_eq!(chosen(Some("en")), "en");
        let stranger = languages.choose(None, None, Some("fr"));
        assert_eq!(stranger.lang.as_str(), "en");
    }

    #[test]
    fn a_file_adds_a_language_and_what_it_leaves_out_is_english() {
        let mut languages = Languages::default();
        let french = file([("sign_in_title", "Se connecter"), ("lang", "fr")]);
        let missing = languages.add("fr", &french).unwrap();
        assert!(!missing.contains(&"sign_in_title") && missing.contains(&"sign_in_button"));
        assert!(!missing.contains(&"lang"), "the name of the file says it");
        let texts = languages.choose(Some("fr-CA"), None, None);
        assert_eq!(texts.lang.as_str(), "fr");
        assert_eq!(texts.sign_in_title.as_str(), "Se connecter");
        assert_eq!(texts.sign_in_button, ENGLISH.sign_in_button);
        assert!(languages.tags().eq(["en", "de", "fr"]));
    }

    #[test]
    fn a_file_of_a_built_in_language_has_the_last_word_in_it() {
        let mut languages = Languages::default();
        let polite = file([("sign_in_title", "Willkommen")]);
        languages.add("de", &polite).unwrap();
        let texts = languages.find("de").unwrap();
        assert_eq!(texts.sign_in_title.as_str(), "Willkommen");
        assert_eq!(texts.sign_in_button, GERMAN.sign_in_button);
        assert!(languages.tags().eq(["en", "de"]));
    }

    #[test]
    fn a_region_is_told_from_its_language() {
        let mut languages = Languages::default();
        languages.add("pt", &file([("show", "Mostrar")])).unwrap();
        languages.add("pt-BR", &file([("show", "Exibir")])).unwrap();
        let show = |asked| languages.choose(Some(asked), None, None).show.as_str();
        assert_eq!(show("pt-br"), "Exibir");
        assert_eq!(show("pt-PT"), "Mostrar");
    }

    #[test]
    fn what_is_no_language_is_refused() {
        let mut languages = Languages::default();
        for tag in ["", "f", "french", "FR", "fr_CA", "fr-C", "../fr", "a-b-c-d"] {
            let refused = languages.add(tag, &file([])).unwrap_err();
            assert!(matches!(refused, InvalidMessages::Tag(_)), "{tag}");
        }
        let other = languages.add("fr", &file([("lang", "es")])).unwrap_err();
        assert_eq!(other, InvalidMessages::OtherLanguage("es".to_owned()));
        let unknown = languages.add("fr", &file([("sign_in_titel", "x")]));
        assert!(matches!(
            unknown,
            Err(InvalidMessages::Text(InvalidText::UnknownKey { .. }))
        ));
        assert!(languages.tags().eq(["en", "de"]), "nothing of it is kept");
    }
}
