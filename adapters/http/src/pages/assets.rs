//! The files that the pages load, embedded in the binary.
//!
//! Each has a version made of its content at compile time, so that a URL with the right
//! version can be cached for good, and one with another version (a node of another release
//! rendered the page) is served too, but asked for again by its `ETag` (RFC 9110 §8.8.3).

/// An embedded file.
#[derive(Debug)]
pub struct Asset {
    /// Its name in URLs.
    pub name: &'static str,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The file.
    pub bytes: &'static [u8],
    hash: u64,
}

/// The tokens and rules of the look.
pub static STYLESHEET: &Asset = &Asset::embed(
    "gatelodge.css",
    "text/css; charset=utf-8",
    include_bytes!("../../assets/gatelodge.css"),
);
/// What script adds to the sign-in pages.
pub static SCRIPT: &Asset = &Asset::embed(
    "gatelodge.js",
    "text/javascript; charset=utf-8",
    include_bytes!("../../assets/gatelodge.js"),
);
/// Posts the one form of the page.
pub static FORM_POST_SCRIPT: &Asset = &Asset::embed(
    "form-post.js",
    "text/javascript; charset=utf-8",
    include_bytes!("../../assets/form-post.js"),
);
/// The relying party of `/demo`.
pub static DEMO_SCRIPT: &Asset = &Asset::embed(
    "demo.js",
    "text/javascript; charset=utf-8",
    include_bytes!("../../assets/demo.js"),
);
/// The mark, as icon of the tab.
pub static MARK: &Asset = &Asset::embed(
    "mark.svg",
    "image/svg+xml",
    include_bytes!("../../assets/mark.svg"),
);

static ALL: [&Asset; 5] = [STYLESHEET, SCRIPT, FORM_POST_SCRIPT, DEMO_SCRIPT, MARK];

/// The file of that name.
pub fn find(name: &str) -> Option<&'static Asset> {
    ALL.into_iter().find(|asset| asset.name == name)
}

impl Asset {
    const fn embed(name: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        Self {
            name,
            content_type,
            bytes,
            hash: fnv1a(bytes),
        }
    }

    /// The version in URLs: 16 hexadecimal digits.
    pub fn version(&self) -> String {
        format!("{:016x}", self.hash)
    }

    /// The strong validator, quotes included.
    pub fn etag(&self) -> String {
        format!("\"{:016x}\"", self.hash)
    }

    /// The value of `Cache-Control` for a request whose query had this `v`.
    pub fn cache_control(&self, version: Option<&str>) -> &'static str {
        cache_control(&self.version(), version)
    }
}

/// For good where the version asked for is the one that is served, else to be asked again.
pub(crate) fn cache_control(served: &str, asked: Option<&str>) -> &'static str {
    if asked == Some(served) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    }
}

/// FNV-1a, 64 bits: tells releases of our own files apart; nothing hostile is hashed here.
pub(crate) const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut rest = bytes;
    while let Some((byte, tail)) = rest.split_first() {
        hash = (hash ^ *byte as u64).wrapping_mul(0x0100_0000_01b3);
        rest = tail;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::{ALL, Asset, STYLESHEET, find, fnv1a};

    #[test]
    fn the_hash_is_fnv1a() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn every_file_is_found_by_its_name_and_nothing_else_is() {
        for asset in ALL {
            assert_eq!(find(asset.name).map(Asset::etag), Some(asset.etag()));
        }
        assert!(find("../Cargo.toml").is_none());
        assert!(find("").is_none());
    }

    #[test]
    fn only_the_right_version_is_kept_for_good() {
        let version = STYLESHEET.version();
        assert!(
            STYLESHEET
                .cache_control(Some(&version))
                .contains("immutable")
        );
        assert_eq!(STYLESHEET.cache_control(Some("0")), "no-cache");
        assert_eq!(STYLESHEET.cache_control(None), "no-cache");
    }
}
