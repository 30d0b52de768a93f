//! What must hold for every page, whatever it shows.

use super::csp::policy;
use super::messages::LANGUAGES;
use super::specimens::{Specimen, all};
use super::{assets, messages};

fn friendly() -> Vec<Specimen> {
    LANGUAGES
        .into_iter()
        .flat_map(|texts| all(texts, &ToOwned::to_owned))
        .collect()
}

/// The tags of a page, without their angle brackets.
fn tags(html: &str) -> Vec<&str> {
    html.split('<')
        .skip(1)
        .filter_map(|rest| rest.split('>').next())
        .collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

#[test]
fn every_page_renders_in_every_language() {
    for texts in LANGUAGES {
        for page in all(texts, &ToOwned::to_owned) {
            let opening = format!("<html lang=\"{}\">", texts.lang);
            assert!(page.html.contains(&opening), "{}", page.name);
            assert_eq!(page.html.matches("<h1").count(), 1, "{}", page.name);
            assert!(
                !page.html.contains('{'),
                "{}: an unfilled placeholder",
                page.name
            );
        }
    }
}

#[test]
fn no_page_bears_inline_code_or_style() {
    for page in friendly() {
        assert!(!page.html.contains("<style"), "{}", page.name);
        for tag in tags(&page.html) {
            assert!(attribute(tag, "style").is_none(), "{}: {tag}", page.name);
            let bare: String = tag.split('"').step_by(2).collect();
            assert!(!bare.contains(" on"), "{}: {tag}", page.name);
            assert!(
                !tag.starts_with("script") || tag.contains(" src=\""),
                "{}",
                page.name
            );
        }
    }
}

#[test]
fn every_script_is_allowed_by_the_pages_policy() {
    for page in friendly() {
        let scripted = page.html.contains("<script");
        assert_eq!(
            policy(page.kind).contains("script-src 'self'"),
            scripted,
            "{}",
            page.name
        );
    }
}

#[test]
fn hostile_values_are_escaped_wherever_they_stand() {
    let hostile = "\"'><script>alert(1)</script><img onerror=x>&{x}";
    for page in all(&messages::ENGLISH, &|_| hostile.to_owned()) {
        assert!(!page.html.contains("<script>"), "{}", page.name);
        assert!(!page.html.contains("<img onerror"), "{}", page.name);
        assert!(!page.html.contains("\"'>"), "{}", page.name);
        assert!(page.html.contains("&#60;script&#62;"), "{}", page.name);
    }
}

#[test]
fn a_hostile_link_of_a_client_is_left_out() {
    for page in all(&messages::ENGLISH, &|_| "javascript:alert(1)".to_owned()) {
        if page.name == "consent" {
            assert!(!page.html.contains("<nav"), "the links are gone");
            return;
        }
    }
    unreachable!("there is a consent page");
}

#[test]
fn a_page_with_all_it_loads_stays_under_thirty_kilobytes() {
    for page in friendly() {
        let loaded: usize = tags(&page.html)
            .into_iter()
            .filter_map(|tag| attribute(tag, "src").or_else(|| attribute(tag, "href")))
            .filter_map(|url| url.strip_prefix("/assets/")?.split_once("?v="))
            .filter_map(|(name, _)| assets::find(name))
            .map(|asset| asset.bytes.len())
            .sum();
        assert!(loaded > 10_000, "{}: the sheet was not counted", page.name);
        assert!(page.html.len() + loaded < 30_000, "{}: {loaded}", page.name);
    }
}

#[test]
fn every_input_has_a_label_and_every_reference_a_target() {
    for page in friendly() {
        for tag in tags(&page.html) {
            let typed = tag.starts_with("input") && attribute(tag, "type") != Some("hidden");
            if typed && attribute(tag, "type") != Some("checkbox") {
                let id = attribute(tag, "id").unwrap();
                assert!(
                    page.html.contains(&format!("<label for=\"{id}\"")),
                    "{}: {id}",
                    page.name
                );
                assert!(
                    attribute(tag, "autocomplete").is_some(),
                    "{}: {id}",
                    page.name
                );
            }
            for name in ["aria-describedby", "aria-labelledby", "aria-controls"] {
                for id in attribute(tag, name).unwrap_or_default().split_whitespace() {
                    assert!(
                        page.html.contains(&format!(" id=\"{id}\"")),
                        "{}: {id}",
                        page.name
                    );
                }
            }
        }
    }
}

#[test]
fn an_error_is_announced_tied_to_its_field_and_named_in_the_title() {
    let texts = &messages::ENGLISH;
    for page in all(texts, &ToOwned::to_owned) {
        let field = match page.name {
            "sign-in-wrong" | "sign-in-no-username" | "first-username" => "username",
            "sign-in-no-password"
            | "first-short"
            | "first-long"
            | "new-password-weak"
            | "security-weak" => "password",
            "security-bare" => "current",
            "factor-wrong" | "factor-recovery" | "enrolment-wrong" => "code",
            _ => continue,
        };
        let start = format!("input id=\"{field}\"");
        let tag = tags(&page.html)
            .into_iter()
            .find(|tag| tag.starts_with(&start))
            .unwrap();
        assert_eq!(
            attribute(tag, "aria-invalid"),
            Some("true"),
            "{}",
            page.name
        );
        let id = attribute(tag, "aria-describedby")
            .unwrap()
            .split(' ')
            .next()
            .unwrap();
        let told = tags(&page.html)
            .into_iter()
            .find(|tag| attribute(tag, "id") == Some(id))
            .unwrap();
        assert_eq!(attribute(told, "role"), Some("alert"), "{}", page.name);
        let title = format!("<title>{}: ", texts.error_prefix);
        assert!(page.html.contains(&title), "{}", page.name);
    }
}

#[test]
fn the_first_post_form_is_the_main_task() {
    for page in friendly() {
        let forms: Vec<&str> = page.html.split("<form ").skip(1).collect();
        let has_task = !page.name.starts_with("error")
            && !page.name.ends_with("-done")
            && !matches!(page.name, "signed-out" | "account-signed-out" | "demo");
        assert_eq!(!forms.is_empty(), has_task, "{}", page.name);
        if let Some(first) = forms.first() {
            assert!(first.contains("method=\"post\""), "{}", page.name);
            assert!(
                first.contains("class=\"primary\" type=\"submit\""),
                "{}",
                page.name
            );
        }
    }
}

#[test]
fn no_page_has_two_primary_buttons() {
    for page in friendly() {
        assert!(
            page.html.matches("class=\"primary\"").count() <= 1,
            "{}",
            page.name
        );
    }
}

#[test]
fn at_most_one_field_takes_the_focus() {
    for page in friendly() {
        let focused = tags(&page.html)
            .iter()
            .filter(|tag| tag.ends_with(" autofocus") || tag.contains(" autofocus "))
            .count();
        // Reading comes before typing where there is more than one task, or a picture to scan.
        let reads_first = page.name.starts_with("security") || page.name == "enrolment";
        let typed = page.html.contains("type=\"password\"")
            || page.html.contains("autocomplete=\"one-time-code\"")
            || page.html.contains("class=\"code\"")
            || page.html.contains("inputmode=\"email\"");
        if !reads_first {
            assert_eq!(focused, usize::from(typed), "{}", page.name);
        }
        assert!(focused <= 1, "{}", page.name);
    }
}

#[test]
fn consent_offers_a_box_only_for_what_can_be_refused() {
    let pages = all(&messages::ENGLISH, &ToOwned::to_owned);
    let page = pages.iter().find(|page| page.name == "consent").unwrap();
    assert_eq!(page.html.matches("name=\"scope\"").count(), 4);
    assert!(!page.html.contains("name=\"scope\" value=\"openid\""));
    assert!(page.html.contains("name=\"decision\" value=\"allow\""));
    assert!(page.html.contains("name=\"decision\" value=\"deny\""));
    let fixed = pages
        .iter()
        .find(|page| page.name == "consent-fixed")
        .unwrap();
    assert!(!fixed.html.contains("name=\"scope\""));
}
