//! Every kind of problem that the admin API answers: one table, from which answers take their
//! title and the page of the guides is made.

use core::fmt::Write as _;

/// A kind of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The last part of its `type`.
    pub name: &'static str,
    /// The status it comes with.
    pub status: u16,
    /// Its title.
    pub title: &'static str,
    /// What whoever gets it should do.
    pub remedy: &'static str,
}

/// What stands before a kind's name in `type`.
pub const PREFIX: &str = "urn:gatelodge:problem:";

/// Every kind, by status.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "invalid_request",
        status: 400,
        title: "Malformed request",
        remedy: "Mend the body or query; `detail` says what cannot be read.",
    },
    Kind {
        name: "malformed_request",
        status: 400,
        title: "Malformed request",
        remedy: "Mend the request itself; it is not HTTP as the server understands it.",
    },
    Kind {
        name: "invalid_token",
        status: 401,
        title: "No valid access token",
        remedy: "Sign in again. Missing, expired, revoked and foreign tokens get this one answer.",
    },
    Kind {
        name: "insufficient_scope",
        status: 403,
        title: "Not allowed",
        remedy: "Ask for the scope, or have somebody give you a role with the permission. The \
                 answer does not tell whether the target exists.",
    },
    Kind {
        name: "not_found",
        status: 404,
        title: "Not found",
        remedy: "Look for the right id; whoever may see the realm is told what is missing.",
    },
    Kind {
        name: "method_not_allowed",
        status: 405,
        title: "Method Not Allowed",
        remedy: "Use one of the methods that `Allow` names.",
    },
    Kind {
        name: "too_slow",
        status: 408,
        title: "Request Timeout",
        remedy: "Send the body without long pauses.",
    },
    Kind {
        name: "conflict",
        status: 409,
        title: "Already taken",
        remedy: "Choose another value for `field`, or change what has it.",
    },
    Kind {
        name: "protected",
        status: 409,
        title: "Protected",
        remedy: "Leave it: Gatelodge needs it, or it would lock everybody out. `detail` says why.",
    },
    Kind {
        name: "request_under_way",
        status: 409,
        title: "The first request was not answered yet",
        remedy: "Wait for the answer to the request with this `Idempotency-Key`. If there will be \
                 none, look whether it was carried out before you send it with a new key.",
    },
    Kind {
        name: "stale",
        status: 412,
        title: "Changed meanwhile",
        remedy: "Read it again, look whether your change still makes sense, and send it with the \
                 new `ETag`.",
    },
    Kind {
        name: "too_large",
        status: 413,
        title: "Payload Too Large",
        remedy: "Send less at once, or raise the limit in `[limits]`; 414 and 431 for targets and \
                 headers.",
    },
    Kind {
        name: "unsupported_media_type",
        status: 415,
        title: "Unsupported Media Type",
        remedy: "Send `application/json`, with PATCH `application/merge-patch+json`.",
    },
    Kind {
        name: "invalid_field",
        status: 422,
        title: "A field is not acceptable",
        remedy: "Mend the field or parameter that `field` names; `detail` says what is accepted.",
    },
    Kind {
        name: "idempotency_key_reused",
        status: 422,
        title: "The key was used for another request",
        remedy: "Make a new `Idempotency-Key` for a new request.",
    },
    Kind {
        name: "too_many_requests",
        status: 429,
        title: "Too many requests",
        remedy: "Wait as long as `Retry-After` says; `RateLimit` tells with each answer how many \
                 are left.",
    },
    Kind {
        name: "server_error",
        status: 500,
        title: "Internal Server Error",
        remedy: "Look for `incident` in the server's log. Whether a change was made is not known.",
    },
    Kind {
        name: "temporarily_unavailable",
        status: 503,
        title: "Try again shortly",
        remedy: "Nothing was done. Wait as long as `Retry-After` says.",
    },
];

/// The kind of that name.
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// The page of the guides, as Markdown.
pub fn page() -> String {
    let mut page = "# Problems

This page is generated from `adapters/http/src/problem/kinds.rs`; run
`UPDATE_GOLDEN=1 cargo test -p gatelodge-http problems` after changing it.

Every error of the admin API is `application/problem+json` (RFC 9457). `type` is stable and what a
program should look at; `title` and `detail` are for people. `field` names the member of the body
or the parameter at fault, `request_id` the request in the log and in the audit trail, `incident`
a failure in the log.

| `type` | status | what it is | what to do |
| --- | --- | --- | --- |
"
    .to_owned();
    for kind in KINDS {
        let _ = writeln!(
            page,
            "| `{PREFIX}{}` | {} | {} | {} |",
            kind.name, kind.status, kind.title, kind.remedy
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "the variable is the developer's wish, not configuration"
    )]
    fn the_page_of_problems_is_fresh() {
        let place = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guides/problems.md");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(place, page()).unwrap();
        }
        let kept = std::fs::read_to_string(place).unwrap_or_default();
        assert!(
            kept == page(),
            "docs/guides/problems.md is old: UPDATE_GOLDEN=1 cargo test -p gatelodge-http problems"
        );
    }

    #[test]
    fn kinds_are_named_once_and_stand_by_status() {
        for pair in KINDS.windows(2) {
            let [one, next] = pair else { continue };
            assert!(one.status <= next.status, "{}", next.name);
            assert_ne!(one.name, next.name);
        }
    }
}
