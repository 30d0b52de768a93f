//! Which language a person gets.

use super::messages::{ENGLISH, LANGUAGES, Texts};

impl Texts {
    /// The texts in the language that suits the person best: the client's `ui_locales` (OpenID
    /// Connect Core §3.1.2.1, best first) before the browser's `Accept-Language` (RFC 9110
    /// §12.5.4), and English when neither names a language we have.
    pub fn for_language(accept_language: Option<&str>, ui_locales: Option<&str>) -> &'static Self {
        let asked = ui_locales.unwrap_or_default().split(' ').find_map(spoken);
        asked
            .or_else(|| accepted(accept_language.unwrap_or_default()))
            .unwrap_or(&ENGLISH)
    }
}

/// The texts for a language tag, by its primary subtag (RFC 5646 §2.2.1).
fn spoken(tag: &str) -> Option<&'static Texts> {
    let primary = tag.trim().split('-').next()?;
    LANGUAGES
        .into_iter()
        .find(|texts| texts.lang.as_str().eq_ignore_ascii_case(primary))
}

/// The first of the ranges with the highest weight that we speak.
fn accepted(header: &str) -> Option<&'static Texts> {
    let mut best: Option<(u16, &'static Texts)> = None;
    for range in header.split(',') {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
        let weight = weight(parameters);
        let Some(texts) = spoken(tag).filter(|_| weight > 0) else {
            continue;
        };
        if best.is_none_or(|(highest, _)| weight > highest) {
            best = Some((weight, texts));
        }
    }
    best.map(|(_, texts)| texts)
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
    use super::Texts;

    fn lang(accept_language: Option<&str>, ui_locales: Option<&str>) -> &'static str {
        Texts::for_language(accept_language, ui_locales)
            .lang
            .as_str()
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
}
