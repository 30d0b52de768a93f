//! How pages wear a realm's theme.

use actix_web::test::TestRequest;
use gatelodge_domain::theme::{Colour, Colours, HttpsLink, Logo, Palette, ThemeLinks, Token};
use gatelodge_domain::{DisplayName, Theme};
use gatelodge_usecases::admin::{Caller, Permit, ThemesWrite};
use gatelodge_usecases::audit::RequestFacts;

use crate::house::{Answer, House};

const HOST: &str = "127.0.0.1:9040";
const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";

async fn get(house: &House, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = TestRequest::get()
        .uri(path)
        .insert_header(("host", HOST))
        .insert_header(("accept", "text/html"));
    for (name, value) in headers {
        request = request.insert_header((*name, *value));
    }
    house.ask(request).await
}

impl Answer {
    fn shown(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

async fn permit(house: &House) -> Permit<ThemesWrite> {
    let administrators = &house.state.use_cases.admin.administrators;
    let facts = RequestFacts::default();
    administrators
        .authorize(&Caller::Operator, "default", &facts)
        .await
        .unwrap()
}

fn harbour() -> Theme {
    let accent = Palette::from([(Token::Accent, Colour::parse("#0b57d0").unwrap())]);
    let words = [("sign_in_title", "Welcome aboard"), ("gone", "<b>")];
    let words = words.map(|(key, text)| (key.to_owned(), text.to_owned()));
    Theme {
        name: Some(DisplayName::parse("Harbour & Sons").unwrap()),
        colours: Colours::new(accent, Palette::new()).unwrap(),
        links: ThemeLinks {
            privacy: Some(HttpsLink::parse("https://harbour.example/privacy?a=1&b=2").unwrap()),
            ..ThemeLinks::default()
        },
        texts: [("en".to_owned(), words.into_iter().collect())].into(),
        ..Theme::default()
    }
}

async fn wear(house: &House, theme: Theme, logo: Option<&[u8]>) {
    let (themes, permit) = (&house.state.use_cases.admin.themes, permit(house).await);
    let current = themes.get_to_change(&permit).await.unwrap();
    let stored = themes.put(&permit, current, theme).await.unwrap();
    if let Some(logo) = logo {
        let logo = Logo::parse(logo.to_vec()).unwrap();
        themes.put_logo(&permit, stored, logo).await.unwrap();
    }
}

/// What stands in the first `href` or `src` that begins so.
fn url<'a>(page: &'a str, start: &str) -> &'a str {
    let at = page
        .find(&format!("\"{start}"))
        .unwrap_or_else(|| panic!("no {start} in {page}"));
    page[at + 1..].split('"').next().unwrap()
}

#[actix_web::test]
async fn a_page_wears_its_realms_name_colours_links_and_words() {
    let house = House::auth().await;
    let plain = get(&house, "/login", &[]).await.shown();
    assert!(plain.contains("<h1>Sign in</h1>") && !plain.contains("/theme/"));
    wear(&house, harbour(), Some(SVG)).await;
    let answer = get(&house, "/login", &[]).await;
    let page = answer.shown();
    assert!(page.contains("<h1>Welcome aboard</h1>"), "{page}");
    assert!(
        page.contains("<bdi class=\"realm\">Harbour &#38; Sons</bdi>"),
        "{page}"
    );
    assert!(page.contains("href=\"https://harbour.example/privacy?a=1&#38;b=2\""));
    assert!(page.contains(">Privacy<") && !page.contains(">Terms<"));
    assert!(!page.contains("style=") && !page.contains("<style"));
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("style-src 'self'") && !policy.contains("unsafe"));
    // In another language the words are the built-in ones.
    let german = get(&house, "/login", &[("accept-language", "de")]).await;
    assert!(german.shown().contains("<h1>Anmelden</h1>"));
}

#[actix_web::test]
async fn what_a_theme_brings_is_kept_for_good_under_its_version_only() {
    let house = House::auth().await;
    for path in ["/theme/style.css", "/theme/logo"] {
        assert_eq!(get(&house, path, &[]).await.status, 404, "{path}");
    }
    wear(&house, harbour(), Some(SVG)).await;
    let page = get(&house, "/login", &[]).await.shown();
    for (start, media_type) in [
        ("/theme/style.css?v=", "text/css; charset=utf-8"),
        ("/theme/logo?v=", "image/svg+xml"),
    ] {
        let url = url(&page, start);
        let answer = get(&house, url, &[]).await;
        assert_eq!(answer.status, 200, "{url}");
        assert_eq!(answer.header("content-type"), Some(media_type));
        let caching = answer.header("cache-control").unwrap();
        assert_eq!(caching, "public, max-age=31536000, immutable");
        let bare = get(&house, start.split('?').next().unwrap(), &[]).await;
        assert_eq!(bare.header("cache-control"), Some("no-cache"));
        let etag = answer.header("etag").unwrap();
        let again = get(&house, url, &[("if-none-match", etag)]).await;
        assert_eq!((again.status, again.body.len()), (304, 0));
    }
    let css = get(&house, url(&page, "/theme/style.css"), &[])
        .await
        .shown();
    assert!(css.contains("--accent:#0b57d0"), "{css}");

    wear(&house, Theme::default(), None).await;
    let page = get(&house, "/login", &[]).await.shown();
    assert!(!page.contains("/theme/style.css") && page.contains("/theme/logo"));
    assert_eq!(get(&house, "/theme/style.css", &[]).await.status, 404);
}

#[actix_web::test]
async fn a_logo_with_a_script_is_held_in_a_sandbox() {
    let house = House::auth().await;
    wear(&house, harbour(), Some(SVG)).await;
    for headers in [&[][..], &[("if-none-match", "*")]] {
        let answer = get(&house, "/theme/logo", headers).await;
        assert_eq!(
            answer.header("content-security-policy"),
            Some("default-src 'none'; style-src 'unsafe-inline'; sandbox")
        );
    }
    let answer = get(&house, "/theme/logo", &[]).await;
    assert_eq!(answer.body, SVG, "as it was sent");
}

#[actix_web::test]
async fn an_error_page_of_a_realm_wears_its_theme_too() {
    let house = House::auth().await;
    wear(&house, harbour(), None).await;
    let page = get(&house, "/oauth2/authorize?client_id=nobody", &[]).await;
    assert!(page.status >= 400);
    assert!(
        page.shown().contains("Harbour &#38; Sons"),
        "{}",
        page.shown()
    );
}

#[actix_web::test]
async fn a_page_asks_memory_for_its_look() {
    let house = House::auth().await;
    wear(&house, harbour(), Some(SVG)).await;
    let misses = || {
        let figures = house.state.foundation.directory.figures();
        let themes = figures.into_iter().find(|cache| cache.name == "themes");
        themes.unwrap().misses
    };
    let _ = get(&house, "/login", &[]).await;
    let before = misses();
    for path in ["/login", "/account", "/theme/style.css", "/theme/logo"] {
        let _ = get(&house, path, &[]).await;
    }
    assert_eq!(misses(), before);
}
