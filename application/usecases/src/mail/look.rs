//! How a realm's mails look: its theme's colours in the house's own layout, and its logo.
//!
//! The logo travels within the mail (RFC 2392): a picture that has to be fetched would tell
//! whoever serves it when a mail is read and where. It is put in when the mail leaves, so that
//! what waits in the outbox stays small.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatelodge_domain::theme::{Logo, Scheme, Token};
use gatelodge_domain::{DisplayName, Realm, Theme};
use gatelodge_ports::mailer::Picture;

const LAYOUT: &str = include_str!("layout.html");
/// What names the picture in the HTML part.
const REFERENCE: &str = "cid:logo";
const SHOWN: &str = "<p class=\"logo\"><img src=\"cid:logo\" alt=\"\" height=\"40\"></p>\n";

/// The realm's name as people know it.
pub(super) fn house_name<'a>(realm: &'a Realm, theme: &'a Theme) -> &'a str {
    theme
        .name
        .as_ref()
        .map_or(realm.name.as_str(), DisplayName::as_str)
}

/// The layout in a theme's colours, before and after the content.
pub(super) fn layout(theme: &Theme) -> (String, String) {
    let logo = if picture(theme).is_some() { SHOWN } else { "" };
    let mut layout = LAYOUT.replace("{{logo}}", logo);
    for scheme in Scheme::ALL {
        for token in Token::ALL.iter().copied() {
            let place = format!("{{{{{}.{}}}}}", scheme.as_str(), token.as_str());
            let colour = theme.colours.of(scheme, token).to_string();
            layout = layout.replace(&place, &colour);
        }
    }
    let (before, after) = layout.split_once("{{content}}").unwrap_or((&layout, ""));
    (before.to_owned(), after.to_owned())
}

/// A mail's HTML as it leaves, with the picture that it shows. Where the logo was taken away
/// since the mail was written, its place goes too.
pub(super) fn enclosed(html: &str, theme: &Theme) -> (String, Option<Picture>) {
    if !html.contains(REFERENCE) {
        return (html.to_owned(), None);
    }
    match picture(theme) {
        Some(logo) => {
            let picture = Picture {
                media_type: logo.kind().media_type(),
                bytes: logo.bytes().to_vec(),
            };
            (html.to_owned(), Some(picture))
        }
        None => (html.replace(SHOWN, ""), None),
    }
}

/// A mail's HTML where it is looked at in a browser.
pub(super) fn previewed(html: &str, theme: &Theme) -> String {
    let Some(logo) = picture(theme) else {
        return html.to_owned();
    };
    let (media_type, data) = (logo.kind().media_type(), STANDARD.encode(logo.bytes()));
    html.replace(REFERENCE, &format!("data:{media_type};base64,{data}"))
}

fn picture(theme: &Theme) -> Option<&Logo> {
    theme
        .logo
        .as_ref()
        .filter(|logo| logo.kind().is_shown_in_mail())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatelodge_domain::theme::{Colour, Colours, Palette};

    fn themed(logo: &[u8]) -> Theme {
        let accent = |text| Palette::from([(Token::Accent, Colour::parse(text).unwrap())]);
        Theme {
            colours: Colours::new(accent("#0b57d0"), accent("#a8c7fa")).unwrap(),
            logo: Some(Logo::parse(logo.to_vec()).unwrap()),
            ..Theme::default()
        }
    }

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    #[test]
    fn the_layout_wears_the_themes_colours_and_no_place_is_left_empty() {
        let (before, after) = layout(&themed(PNG));
        for needed in ["background:#0b57d0", "background:#a8c7fa", SHOWN] {
            assert!(before.contains(needed), "{needed} in {before}");
        }
        let left: Vec<&str> = before.split("{{").skip(1).collect();
        for place in left.into_iter().chain(after.split("{{").skip(1)) {
            let known = ["lang}}", "subject}}", "realm}}"];
            assert!(known.iter().any(|name| place.starts_with(name)), "{place}");
        }
    }

    #[test]
    fn a_logo_travels_within_the_mail_or_not_at_all() {
        let theme = themed(PNG);
        let html = format!("<h1>Hello</h1>{SHOWN}");
        let (sent, picture) = enclosed(&html, &theme);
        assert_eq!(sent, html);
        assert_eq!(picture.unwrap().bytes, PNG);
        let gone = enclosed(&html, &Theme::default());
        assert_eq!(gone, ("<h1>Hello</h1>".to_owned(), None));
        assert!(previewed(&html, &theme).contains("src=\"data:image/png;base64,iVBORw0KGgo"));
    }

    #[test]
    fn a_picture_that_mail_programs_do_not_show_stays_at_home() {
        let theme = themed(b"<svg/>");
        assert!(!layout(&theme).0.contains(REFERENCE));
        assert_eq!(enclosed(SHOWN, &theme), (String::new(), None));
    }
}
