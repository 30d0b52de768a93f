//! What the pages of every realm look like and which words they use, held ready: a page asks
//! memory and nothing else.
//!
//! A look is made from a theme that the directory holds and drops with the change feed. It is
//! kept as long as the directory hands out that same theme.

use std::collections::BTreeMap;
use std::sync::Arc;

use gatelodge_domain::theme::Logo;
use gatelodge_domain::{DisplayName, Id, Realm, Theme};
use gatelodge_ports::StoreError;
use gatelodge_usecases::foundation::{Cache, Directory};

use crate::pages::theme::{Sheet, version};
use crate::pages::{Languages, Link, Texts};

/// Realms whose looks are held at a time.
const HELD: usize = 2_000;

/// The languages of this process and the looks of its realms.
pub struct Looks {
    languages: Languages,
    held: Cache<Id<Realm>, Arc<Look>>,
}

impl Default for Looks {
    fn default() -> Self {
        Self::new(Languages::default())
    }
}

impl Looks {
    /// With those languages.
    pub fn new(languages: Languages) -> Self {
        Self {
            languages,
            held: Cache::bounded(HELD),
        }
    }

    /// What is spoken.
    pub const fn languages(&self) -> &Languages {
        &self.languages
    }

    /// How a realm's pages look now.
    pub async fn of(
        &self,
        directory: &Directory,
        realm: Id<Realm>,
    ) -> Result<Arc<Look>, StoreError> {
        let theme = directory.theme(realm).await?;
        if let Some(held) = self.held.get(&realm)
            && Arc::ptr_eq(&held.theme, &theme)
        {
            return Ok(held);
        }
        let look = Arc::new(Look::of(theme, &self.languages));
        self.held.keep(self.held.generation(), realm, look.clone());
        Ok(look)
    }
}

/// How a realm's pages look and speak.
pub struct Look {
    theme: Arc<Theme>,
    /// The realm's own words, in each language that it has some in.
    texts: BTreeMap<String, Arc<Texts>>,
    sheet: Option<Sheet>,
    logo_version: Option<String>,
}

impl Look {
    fn of(theme: Arc<Theme>, languages: &Languages) -> Self {
        let own = |(tag, words): (&String, &BTreeMap<String, String>)| {
            // A language that is not spoken any more waits until it is again.
            let below = languages.find(tag)?;
            let words = words
                .iter()
                .map(|(key, text)| (key.as_str(), text.as_str()));
            Some((below.lang.to_string(), Arc::new(below.over(words))))
        };
        Self {
            texts: theme.texts.iter().filter_map(own).collect(),
            sheet: Sheet::of(&theme),
            logo_version: theme.logo.as_ref().map(|logo| version(logo.bytes())),
            theme,
        }
    }

    /// The texts for a person, by the rules of [`Languages::choose`], in the realm's words.
    pub fn texts(
        &self,
        languages: &Languages,
        accept_language: Option<&str>,
        ui_locales: Option<&str>,
    ) -> Arc<Texts> {
        let realm = self.theme.language.as_deref();
        let chosen = languages.choose(accept_language, ui_locales, realm);
        let own = self.texts.get(chosen.lang.as_str());
        own.unwrap_or(chosen).clone()
    }

    /// What people see as the realm's name.
    pub fn name<'a>(&'a self, realm: &'a Realm) -> &'a str {
        self.theme
            .name
            .as_ref()
            .map_or(realm.name.as_str(), DisplayName::as_str)
    }

    /// The style sheet, where there is one.
    pub const fn sheet(&self) -> Option<&Sheet> {
        self.sheet.as_ref()
    }

    /// The logo and its version, where there is one.
    pub fn logo(&self) -> Option<(&Logo, &str)> {
        Some((self.theme.logo.as_ref()?, self.logo_version.as_deref()?))
    }

    /// The links at the foot of pages.
    pub fn links(&self, texts: &Texts) -> Vec<Link> {
        let links = &self.theme.links;
        let rows = [
            (&links.support, &texts.house_support),
            (&links.privacy, &texts.house_privacy),
            (&links.terms, &texts.house_terms),
        ];
        rows.into_iter()
            .filter_map(|(link, text)| Link::to(link.as_ref()?.as_str(), text.as_str()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realms_words_go_over_the_languages_own() {
        let words = |text: &str| BTreeMap::from([("sign_in_title".to_owned(), text.to_owned())]);
        let theme = Theme {
            language: Some("de".to_owned()),
            texts: BTreeMap::from([
                ("de".to_owned(), words("Moin")),
                ("tlh".to_owned(), words("nuqneH")),
            ]),
            ..Theme::default()
        };
        let languages = Languages::default();
        let look = Look::of(Arc::new(theme), &languages);
        let title = |accept| {
            look.texts(&languages, accept, None)
                .sign_in_title
                .to_string()
        };
        assert_eq!(title(Some("de-AT")), "Moin");
        assert_eq!(title(None), "Moin", "the realm's own language");
        assert_eq!(title(Some("en")), "Sign in");
        assert_eq!(title(Some("tlh")), "Moin", "nobody speaks it here");
    }
}
