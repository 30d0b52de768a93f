//! Row ids and cursors, slugs, client ids, role names, moments, and the words of closed sets.

use gatelodge_domain::client::{ClientAuthenticationMethod, IntrospectionReach};
use gatelodge_domain::role::RoleName;
use gatelodge_domain::{AuditAction, ClientId, Id, KeyAlgorithm, RealmSlug, Setting, User};
use gatelodge_http::{fuzzing, time};

use crate::decode;

/// Holds what these parsers promise against any bytes.
pub fn hold(bytes: &[u8]) {
    decode(bytes, |text: &str| {
        let id = Id::<User>::parse(text);
        if let Ok(id) = id {
            assert_eq!(id.to_string(), text, "an id has one text");
            assert_eq!(Id::from_bytes(id.to_bytes()), id);
        }
        assert_eq!(fuzzing::cursor(text), id.ok());
        if let Ok(slug) = RealmSlug::parse(text) {
            assert_eq!(slug.as_str(), text);
            let mut bytes = text.bytes();
            let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9');
            assert!(
                bytes.next().is_some_and(plain) && bytes.all(|byte| plain(byte) || byte == b'-')
            );
            assert!(text.len() <= 63);
        }
        if let Ok(client_id) = ClientId::parse(text) {
            assert_eq!(client_id.as_str(), text);
            // RFC 6749 appendix A.1, and never what a user's `sub` looks like.
            assert!(text.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) && !text.is_empty());
            assert!(!text.starts_with("u_"));
        }
        if let Ok(name) = RoleName::parse(text) {
            assert_eq!(name.as_str(), text);
        }
        if let Some(at) = time::parse(text) {
            let printed = time::to_text(at);
            // A moment before the year 0 or after 9999 can be meant by an offset only.
            if printed.len() == 24 {
                assert_eq!(time::parse(&printed), Some(at), "{text} is {printed}");
            }
        }
        if let Some(algorithm) = KeyAlgorithm::parse(text) {
            assert_eq!(algorithm.as_str(), text);
        }
        if let Some(action) = AuditAction::parse(text) {
            assert_eq!(action.as_str(), text);
        }
        if let Some(method) = ClientAuthenticationMethod::parse(text) {
            assert_eq!(method.as_str(), text);
        }
        if let Some(reach) = IntrospectionReach::parse(text) {
            assert_eq!(reach.as_str(), text);
        }
        if let Ok(setting) = Setting::parse(text) {
            assert_eq!(setting.spec().name, text);
        }
    });
}
