//! A theme as the API shows and takes it.

use std::collections::BTreeMap;

use gatelodge_domain::Theme;
use gatelodge_domain::theme::{Corners, HttpsLink, Logo, ThemeLinks, ThemeTexts};
use gatelodge_usecases::admin::Refusal;
use gatelodge_usecases::themes::StoredTheme;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::colours::ThemeColours;
use crate::admin::fields::{field, line, word};
use crate::admin::hexadecimal;
use crate::pages::theme::version;
use crate::pages::{Languages, wording};
use crate::time;

/// What of a theme can be written.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThemeBody {
    /// What people see in place of the realm's name.
    #[serde(default)]
    #[schema(example = "Harbour")]
    name: Option<String>,
    /// The language of people whose own is not spoken here, as a language tag (RFC 5646).
    #[serde(default)]
    #[schema(example = "de")]
    language: Option<String>,
    /// Colours of both schemes.
    #[serde(default)]
    #[schema(example = json!({"light": {"accent": "#0b57d0"}, "dark": {"accent": "#a8c7fa"}}))]
    colours: ThemeColours,
    /// How round things are: `sharp`, `soft` or `round`.
    #[serde(default = "soft")]
    #[schema(example = "soft")]
    corners: String,
    /// Links at the foot of pages.
    #[serde(default)]
    links: ThemeLinksBody,
    /// Words in place of the built-in ones, by language and key of the message catalogue: plain
    /// text on one line, with the placeholder that the built-in text has.
    #[serde(default)]
    #[schema(example = json!({"en": {"sign_in_title": "Welcome aboard"}}))]
    texts: BTreeMap<String, BTreeMap<String, String>>,
}

/// Links at the foot of pages: https URLs.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThemeLinksBody {
    /// Where people find help.
    #[serde(default)]
    #[schema(example = "https://help.example.com")]
    support: Option<String>,
    /// What becomes of people's data.
    #[serde(default)]
    #[schema(example = "https://example.com/privacy")]
    privacy: Option<String>,
    /// The terms of service.
    #[serde(default)]
    #[schema(example = "https://example.com/terms")]
    terms: Option<String>,
}

/// A realm's logo.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ThemeLogoAnswer {
    /// The type that its bytes are of.
    #[schema(example = "image/svg+xml")]
    media_type: &'static str,
    /// How many bytes it has.
    #[schema(example = 1843)]
    size: usize,
    /// SHA-256 of the file, in hexadecimal.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    sha256: String,
    /// Where everybody can see it.
    #[schema(example = "https://id.example.com/theme/logo?v=9f86d081884c7d65")]
    url: String,
}

/// How the pages and mails of a realm look and speak.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ThemeAnswer {
    #[serde(flatten)]
    body: ThemeBody,
    /// `built_in`, or `realm` where the realm wrote its own.
    #[schema(example = "realm")]
    origin: &'static str,
    /// The logo, where there is one.
    logo: Option<ThemeLogoAnswer>,
    /// When the realm wrote its own last.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    updated_at: Option<String>,
}

fn soft() -> String {
    Corners::Soft.as_str().to_owned()
}

impl ThemeBody {
    fn of(theme: &Theme) -> Self {
        let link = |link: &Option<HttpsLink>| link.as_ref().map(|link| link.as_str().to_owned());
        Self {
            name: theme.name.as_ref().map(|name| name.as_str().to_owned()),
            language: theme.language.clone(),
            colours: ThemeColours::of(&theme.colours),
            corners: theme.corners.as_str().to_owned(),
            links: ThemeLinksBody {
                support: link(&theme.links.support),
                privacy: link(&theme.links.privacy),
                terms: link(&theme.links.terms),
            },
            texts: theme.texts.clone(),
        }
    }

    /// The theme, without a logo.
    pub(super) fn theme(&self, languages: &Languages) -> Result<Theme, Refusal> {
        let link = |name: &str, text: &Option<String>| {
            field(name, text.as_deref().map(HttpsLink::parse).transpose())
        };
        let language = |tag: &String| spoken("language", tag, languages);
        Ok(Theme {
            name: line("name", self.name.as_deref())?,
            language: self.language.as_ref().map(language).transpose()?,
            colours: self.colours.colours()?,
            corners: word(
                "corners",
                &self.corners,
                Corners::parse,
                "sharp, soft, round",
            )?,
            links: ThemeLinks {
                support: link("links.support", &self.links.support)?,
                privacy: link("links.privacy", &self.links.privacy)?,
                terms: link("links.terms", &self.links.terms)?,
            },
            texts: self.checked_texts(languages)?,
            logo: None,
        })
    }

    fn checked_texts(&self, languages: &Languages) -> Result<ThemeTexts, Refusal> {
        let mut checked = ThemeTexts::new();
        for (tag, texts) in &self.texts {
            let tag = spoken(&format!("texts.{tag}"), tag, languages)?;
            for (key, text) in texts {
                field(&format!("texts.{tag}.{key}"), wording::check(key, text))?;
            }
            if let Err(fault) = wording::check_names(texts) {
                let at = format!("texts.{tag}.{}", fault.key());
                return Err(Refusal::field(at, fault.to_string()));
            }
            checked.entry(tag).or_default().extend(texts.clone());
        }
        Ok(checked)
    }
}

/// A language that there are texts in, as they spell it.
fn spoken(name: &str, tag: &str, languages: &Languages) -> Result<String, Refusal> {
    let texts = languages.find(tag).ok_or_else(|| {
        let known: Vec<&str> = languages.tags().collect();
        let why = format!(
            "use one of the languages of this server: {}",
            known.join(", ")
        );
        Refusal::field(name.to_owned(), why)
    })?;
    Ok(texts.lang.to_string())
}

impl ThemeLogoAnswer {
    fn of(logo: &Logo, issuer: &str) -> Self {
        Self {
            media_type: logo.kind().media_type(),
            size: logo.bytes().len(),
            sha256: hexadecimal(&logo.digest()),
            url: format!("{issuer}/theme/logo?v={}", version(logo.bytes())),
        }
    }
}

impl ThemeAnswer {
    /// A stored theme of the realm with that issuer.
    pub(super) fn of(stored: &StoredTheme, issuer: &str) -> Self {
        let logo = stored.theme.logo.as_ref();
        Self {
            body: ThemeBody::of(&stored.theme),
            origin: match stored.updated_at {
                Some(_) => "realm",
                None => "built_in",
            },
            logo: logo.map(|logo| ThemeLogoAnswer::of(logo, issuer)),
            updated_at: stored.updated_at.map(time::to_text),
        }
    }
}
