//! `ETag` and `If-Match` (RFC 9110 §8.8.3, §13.1.1).
//!
//! `If-Match` is optional but honoured: a writer that sends it is refused with 412 when the row
//! changed since, one that does not is refused only when another writer comes in between.

use actix_web::HttpRequest;
use actix_web::http::header;
use gatelodge_domain::Revision;
use gatelodge_usecases::admin::Refusal;

/// The entity tag of a revision.
pub(crate) fn entity_tag(revision: Revision) -> String {
    format!("\"{}\"", revision.0)
}

/// Refuses a request whose `If-Match` does not name the current revision.
pub(crate) fn if_match(request: &HttpRequest, current: Revision) -> Result<(), Refusal> {
    let mut tags = request.headers().get_all(header::IF_MATCH).peekable();
    if tags.peek().is_none() {
        return Ok(());
    }
    let current = entity_tag(current);
    let names_it = tags
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .any(|tag| matches!(tag.trim(), "*") || tag.trim() == current);
    if names_it {
        Ok(())
    } else {
        Err(Refusal::stale())
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_stale_tag_is_refused_and_a_missing_one_is_not() {
        let check = |tag: Option<&str>| {
            let mut request = TestRequest::default();
            if let Some(tag) = tag {
                request = request.insert_header((header::IF_MATCH, tag));
            }
            if_match(&request.to_http_request(), Revision(3)).is_ok()
        };
        assert!(check(None));
        assert!(check(Some("\"3\"")));
        assert!(check(Some("\"2\", \"3\"")));
        assert!(check(Some("*")));
        assert!(!check(Some("\"2\"")));
        // A weak tag never matches strongly (RFC 9110 §8.8.3.2).
        assert!(!check(Some("W/\"3\"")));
        assert!(!check(Some("")));
    }
}
