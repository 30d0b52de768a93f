//! The consent page: what a client may do in the person's name (OpenID Connect Core §3.1.2.4).

use askama::Template;

use super::{ClientView, Frame, Link, Page, PageKind, Texts, assets};

/// Whether the person may leave a scope out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A ticked box.
    Possible,
    /// A plain row: the request makes no sense without it.
    Impossible,
}

/// A scope in words.
#[derive(Clone, Debug)]
pub struct ScopeRow {
    /// The scope, as it will be posted.
    pub scope: String,
    /// What it lets the client do.
    pub text: String,
    /// Whether it may be left out.
    pub refusal: Refusal,
}

impl ScopeRow {
    /// A row for `scope`: the words of the catalogue for a standard one, else the realm's own
    /// description, else its bare name.
    pub fn of(texts: &Texts, scope: &str, description: Option<&str>, refusal: Refusal) -> Self {
        let standard = texts.scope(scope).map(super::messages::Text::as_str);
        let text = standard.or(description).unwrap_or(scope);
        Self {
            scope: scope.to_owned(),
            text: text.to_owned(),
            refusal,
        }
    }

    /// Where it stands in the list: who the person is, then what is known of them, then what
    /// the realm added, and last for how long.
    pub fn rank(&self) -> usize {
        const BEFORE: [&str; 8] = [
            "openid",
            "profile",
            "email",
            "phone",
            "address",
            "roles",
            "groups",
            "entitlements",
        ];
        let known = BEFORE.iter().position(|scope| *scope == self.scope);
        let last = usize::from(self.scope == "offline_access");
        known.unwrap_or(BEFORE.len() + last)
    }

    fn is_refusable(&self) -> bool {
        self.refusal == Refusal::Possible
    }
}

/// The client's own pages (RFC 7591 §2), as registered; anything but a web address is left out.
#[derive(Clone, Debug, Default)]
pub struct ClientLinks {
    /// `client_uri`.
    pub website: Option<String>,
    /// `policy_uri`.
    pub policy: Option<String>,
    /// `tos_uri`.
    pub terms: Option<String>,
}

impl ClientLinks {
    fn rows(&self, texts: &Texts) -> Vec<Link> {
        let rows = [
            (&self.website, &texts.consent_website),
            (&self.policy, &texts.consent_policy),
            (&self.terms, &texts.consent_terms),
        ];
        rows.iter()
            .filter_map(|(url, text)| Link::to(url.as_deref()?, text.as_str()))
            .collect()
    }
}

/// Why the page is shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentProblem {
    /// The form's tokens are too old or not of this browser.
    Expired,
}

/// The consent page. The form posts `decision` (`allow` or `deny`), a `scope` for each box left
/// ticked, `request` and `csrf`.
#[derive(Clone, Debug, Template)]
#[template(path = "consent.html")]
pub struct ConsentPage {
    /// The surroundings.
    pub frame: Frame,
    /// Where the form posts to.
    pub action: String,
    /// The client that asks.
    pub client: ClientView,
    /// Its logo: a path on this origin.
    pub client_logo: Option<String>,
    /// Its own pages.
    pub links: ClientLinks,
    /// Who is signed in, as they know themselves.
    pub user: String,
    /// Where to sign in as somebody else.
    pub other_account: String,
    /// What is asked for.
    pub scopes: Vec<ScopeRow>,
    /// The sealed pending request.
    pub request: String,
    /// The token against forged posts.
    pub csrf: String,
    /// Why the page is shown again.
    pub problem: Option<ConsentProblem>,
}

impl Page for ConsentPage {
    const KIND: PageKind = PageKind::Consent;
}

impl ConsentPage {
    fn has_refusable(&self) -> bool {
        self.scopes.iter().any(ScopeRow::is_refusable)
    }
}

#[cfg(test)]
mod tests {
    use super::{Refusal, ScopeRow};
    use crate::pages::messages;

    #[test]
    fn scopes_are_listed_from_who_to_for_how_long() {
        let texts = &messages::ENGLISH;
        let asked = ["email", "offline_access", "openid", "profile", "zebra:read"];
        let mut rows = asked.map(|scope| ScopeRow::of(texts, scope, None, Refusal::Possible));
        rows.sort_by_key(ScopeRow::rank);
        assert_eq!(
            rows.map(|row| row.scope),
            ["openid", "profile", "email", "zebra:read", "offline_access"]
        );
    }
}
