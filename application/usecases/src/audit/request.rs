//! What is known of the request behind an action.

/// Facts of a request, for the trail. Made by whoever serves it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestFacts {
    /// Ties log, trail and answer together.
    pub id: Option<String>,
    /// Where it came from, after trusted proxies.
    pub address: Option<String>,
    /// `User-Agent`, cut to a sensible length.
    pub user_agent: Option<String>,
}
