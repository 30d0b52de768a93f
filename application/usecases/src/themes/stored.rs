//! How a theme is kept: one document of its realm, versioned, the logo within it, so that one
//! revision stands for all of it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatelodge_domain::document::DocumentKind;
use gatelodge_domain::theme::{
    Colour, Colours, Corners, HttpsLink, Logo, Palette, Scheme, ThemeLinks, ThemeTexts, Token,
};
use gatelodge_domain::{DisplayName, Id, Realm, Theme};
use gatelodge_ports::{Snapshot, StoreError};
use serde::{Deserialize, Serialize};

use crate::Failure;

/// The name of the document.
pub(super) const NAME: &str = "theme";
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Written {
    v: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(default)]
    light: BTreeMap<String, String>,
    #[serde(default)]
    dark: BTreeMap<String, String>,
    #[serde(default)]
    corners: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    support: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    privacy: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    terms: Option<String>,
    #[serde(default)]
    texts: ThemeTexts,
    /// Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    logo: Option<String>,
}

/// The body of the document.
pub(super) fn written(theme: &Theme) -> Result<String, serde_json::Error> {
    let palette = |scheme| {
        let colours = theme.colours.set(scheme).iter();
        colours
            .map(|(token, colour)| (token.as_str().to_owned(), colour.to_string()))
            .collect()
    };
    let link = |link: &Option<HttpsLink>| link.as_ref().map(|link| link.as_str().to_owned());
    serde_json::to_string(&Written {
        v: VERSION,
        name: theme.name.as_ref().map(|name| name.as_str().to_owned()),
        language: theme.language.clone(),
        light: palette(Scheme::Light),
        dark: palette(Scheme::Dark),
        corners: theme.corners.as_str().to_owned(),
        support: link(&theme.links.support),
        privacy: link(&theme.links.privacy),
        terms: link(&theme.links.terms),
        texts: theme.texts.clone(),
        logo: theme
            .logo
            .as_ref()
            .map(|logo| STANDARD.encode(logo.bytes())),
    })
}

/// The theme in a document. What another release would not have taken is left out: a page is
/// better plain than not there.
pub(super) fn read(body: &str) -> Result<Theme, Failure> {
    let written: Written = serde_json::from_str(body)?;
    if written.v != VERSION {
        return Err(Failure::broken("a theme has an unknown version"));
    }
    let palette = |set: &BTreeMap<String, String>| -> Palette {
        let known = |(name, colour): (&String, &String)| {
            Some((Token::parse(name)?, Colour::parse(colour).ok()?))
        };
        set.iter().filter_map(known).collect()
    };
    let link = |text: Option<String>| HttpsLink::parse(&text?).ok();
    let logo = |text: String| Logo::parse(STANDARD.decode(text).ok()?).ok();
    Ok(Theme {
        name: written.name.and_then(|name| DisplayName::parse(&name).ok()),
        language: written.language,
        colours: Colours::new(palette(&written.light), palette(&written.dark)).unwrap_or_default(),
        corners: Corners::parse(&written.corners).unwrap_or_default(),
        links: ThemeLinks {
            support: link(written.support),
            privacy: link(written.privacy),
            terms: link(written.terms),
        },
        texts: written.texts,
        logo: written.logo.and_then(logo),
    })
}

/// The theme of a realm as its pages wear it: the built-in one where there is none, where the
/// store keeps none, and where a later release wrote what this one cannot read.
pub(crate) async fn theme_of(
    view: &mut (dyn Snapshot + '_),
    realm: Id<Realm>,
) -> Result<Theme, StoreError> {
    match view
        .documents()
        .find(realm, DocumentKind::Theme, NAME)
        .await
    {
        Ok(document) => Ok(document
            .and_then(|document| read(&document.body).ok())
            .unwrap_or_default()),
        Err(StoreError::Unsupported) => Ok(Theme::default()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theme() -> Theme {
        let accent = Palette::from([(Token::Accent, Colour::parse("#0b57d0").unwrap())]);
        Theme {
            name: Some(DisplayName::parse("Harbour").unwrap()),
            language: Some("de".to_owned()),
            colours: Colours::new(accent, Palette::new()).unwrap(),
            corners: Corners::Round,
            links: ThemeLinks {
                support: Some(HttpsLink::parse("https://help.example.org").unwrap()),
                ..ThemeLinks::default()
            },
            texts: BTreeMap::from([(
                "en".to_owned(),
                BTreeMap::from([("sign_in_title".to_owned(), "Welcome".to_owned())]),
            )]),
            logo: Some(Logo::parse(b"<svg/>".to_vec()).unwrap()),
        }
    }

    #[test]
    fn a_theme_is_read_as_it_was_written() {
        assert_eq!(read(&written(&theme()).unwrap()).unwrap(), theme());
        let plain = Theme::default();
        assert_eq!(read(&written(&plain).unwrap()).unwrap(), plain);
    }

    #[test]
    fn what_is_not_taken_any_more_leaves_the_rest() {
        let later = r##"{"v":1,"light":{"accent":"#0b57d0","glow":"#ffffff"},"corners":"wavy",
            "support":"http://example.org","logo":"AAAA","news":true}"##;
        let read_back = read(later).unwrap();
        assert_eq!(read_back.colours, theme().colours);
        assert_eq!(read_back.corners, Corners::Soft);
        assert_eq!((read_back.links.support, read_back.logo), (None, None));
        let pale = read(r##"{"v":1,"light":{"ink":"#fefefe"}}"##).unwrap();
        assert!(pale.colours.is_built_in(), "nobody could read it");
        assert!(read(r#"{"v":2}"#).is_err());
    }
}
