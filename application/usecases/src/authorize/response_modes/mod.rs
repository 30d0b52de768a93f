//! Response modes: how an answer reaches the client, as a list that discovery is computed
//! from. Every answer, errors included, bears `iss` (RFC 9207).

mod encoding;
mod form_post;
mod fragment;
mod query;

use gatelodge_domain::RedirectUri;

use super::response_types::ResponseType;

pub(crate) use query::with_query;

/// Names and values of an answer, in order.
pub type Pairs = Vec<(&'static str, String)>;

/// An answer on its way to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// By redirect to this URL.
    Location(String),
    /// By a form that posts itself.
    Form {
        /// Where to.
        action: String,
        /// Its fields.
        pairs: Pairs,
    },
}

/// A way to the client.
pub trait ResponseMode: Send + Sync {
    /// The value of `response_mode`.
    fn name(&self) -> &'static str;

    /// Whether answers of that type may go this way.
    fn carries(&self, response_type: &ResponseType) -> bool;

    /// Puts the answer on its way.
    fn deliver(&self, redirect_uri: &RedirectUri, pairs: Pairs) -> Delivery;
}

/// Parameters in the query (Multiple Response Type Encoding Practices §2.1).
pub(super) static QUERY: &dyn ResponseMode = &query::Query;
/// Parameters in the fragment (§2.1).
pub(super) static FRAGMENT: &dyn ResponseMode = &fragment::Fragment;
/// Parameters in a form (Form Post Response Mode §2).
pub(super) static FORM_POST: &dyn ResponseMode = &form_post::FormPost;

/// Every mode that we answer in.
pub static RESPONSE_MODES: [&dyn ResponseMode; 3] = [QUERY, FRAGMENT, FORM_POST];

/// The mode of that name.
pub(super) fn find(name: &str) -> Option<&'static dyn ResponseMode> {
    RESPONSE_MODES.into_iter().find(|mode| mode.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs() -> Pairs {
        vec![
            ("code", "a+b".to_owned()),
            ("state", "x&y=\u{e9} #".to_owned()),
        ]
    }

    fn delivered(mode: &str, uri: &str) -> Delivery {
        let uri = RedirectUri::parse(uri).unwrap();
        find(mode).unwrap().deliver(&uri, pairs())
    }

    #[test]
    fn a_query_is_added_to_the_registered_one() {
        let encoded = "code=a%2Bb&state=x%26y%3D%C3%A9%20%23";
        for (uri, expected) in [
            ("https://a.example/cb", "https://a.example/cb?"),
            ("https://a.example/cb?k=v", "https://a.example/cb?k=v&"),
            ("https://a.example/cb?", "https://a.example/cb?"),
            ("com.example.app:/cb", "com.example.app:/cb?"),
        ] {
            let expected = Delivery::Location(format!("{expected}{encoded}"));
            assert_eq!(delivered("query", uri), expected);
        }
    }

    #[test]
    fn a_fragment_leaves_the_query_alone() {
        let Delivery::Location(url) = delivered("fragment", "https://a.example/cb?k=v") else {
            panic!("a fragment is a redirect");
        };
        assert!(url.starts_with("https://a.example/cb?k=v#code=a%2Bb&state="));
    }

    #[test]
    fn a_form_bears_the_plain_values() {
        let expected = Delivery::Form {
            action: "https://a.example/cb".to_owned(),
            pairs: pairs(),
        };
        assert_eq!(delivered("form_post", "https://a.example/cb"), expected);
    }

    #[test]
    fn tokens_never_travel_in_a_query() {
        for kind in &crate::authorize::RESPONSE_TYPES {
            let query = find("query").unwrap().carries(kind);
            assert_eq!(query, kind.name() == "code", "{}", kind.name());
            assert!(find("fragment").unwrap().carries(kind));
            assert!(find("form_post").unwrap().carries(kind));
            assert!(kind.default_mode().carries(kind));
        }
    }
}
