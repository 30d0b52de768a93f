//! Issuers: the URL that a realm is known by (OpenID Connect Discovery §3, RFC 8414 §2).

use std::sync::Arc;

use gatelodge_domain::setting::Layers;
use gatelodge_domain::{Client, Origin, Realm, RealmSlug, Setting};

/// The two URLs that everything else hangs under, without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuers {
    public_url: Arc<str>,
    admin_url: Arc<str>,
}

/// Why a URL cannot be an issuer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// It is not `http(s)://host[:port][/path]`.
    #[error("`{0}` is not a URL of the form https://host[:port][/path], without query or fragment")]
    Form(String),
    /// Both are the same.
    #[error("the public URL and the admin URL must differ, both are `{0}`")]
    Same(String),
}

impl Issuers {
    /// Normalises both once: no trailing slash, nothing else is touched.
    pub fn new(public_url: &str, admin_url: &str) -> Result<Self, InvalidUrl> {
        let (public_url, admin_url) = (normal(public_url)?, normal(admin_url)?);
        if public_url == admin_url {
            return Err(InvalidUrl::Same(public_url));
        }
        Ok(Self {
            public_url: public_url.into(),
            admin_url: admin_url.into(),
        })
    }

    /// The default realm's issuer.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The issuer of `system`.
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }

    /// The issuer of a realm.
    pub fn of(&self, slug: &RealmSlug) -> Arc<str> {
        if *slug == RealmSlug::default_realm() {
            self.public_url.clone()
        } else if *slug == RealmSlug::system() {
            self.admin_url.clone()
        } else {
            format!("{}/realms/{}", self.public_url, slug.as_str()).into()
        }
    }
}

fn normal(url: &str) -> Result<String, InvalidUrl> {
    let trimmed = url.trim_end_matches('/');
    let refused = || InvalidUrl::Form(url.to_owned());
    let rest = trimmed
        .strip_prefix("https://")
        .or_else(|| trimmed.strip_prefix("http://"))
        .ok_or_else(refused)?;
    let (authority, _path) = rest.split_once('/').unwrap_or((rest, ""));
    let (scheme, _) = trimmed.split_once("://").ok_or_else(refused)?;
    let plain = trimmed
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"?#\\@".contains(&byte));
    if !plain || Origin::parse(&format!("{scheme}://{authority}")).is_err() {
        return Err(refused());
    }
    Ok(trimmed.to_owned())
}

/// A realm that serves, with its issuer.
#[derive(Debug, Clone)]
pub struct ServedRealm {
    /// The realm.
    pub realm: Realm,
    /// Its issuer.
    pub issuer: Arc<str>,
}

impl ServedRealm {
    /// The realm as those issuers name it.
    pub fn new(realm: Realm, issuers: &Issuers) -> Self {
        let issuer = issuers.of(&realm.slug);
        Self { realm, issuer }
    }

    /// A setting of the realm, as seconds where it is one.
    pub fn duration(&self, setting: Setting) -> core::time::Duration {
        Layers(&[&self.realm.settings]).duration(setting)
    }

    /// A setting, client over realm over default.
    pub fn duration_for(&self, client: &Client, setting: Setting) -> core::time::Duration {
        Layers(&[&client.settings, &self.realm.settings]).duration(setting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_realm_has_its_own_issuer() {
        let issuers = Issuers::new("https://id.example/", "https://admin.example").unwrap();
        assert_eq!(
            &*issuers.of(&RealmSlug::default_realm()),
            "https://id.example"
        );
        assert_eq!(&*issuers.of(&RealmSlug::system()), "https://admin.example");
        let acme = RealmSlug::parse("acme").unwrap();
        assert_eq!(&*issuers.of(&acme), "https://id.example/realms/acme");
    }

    #[test]
    fn a_url_with_a_query_or_the_same_url_twice_is_refused() {
        assert!(Issuers::new("https://id.example?x", "https://a.example").is_err());
        assert!(Issuers::new("ftp://id.example", "https://a.example").is_err());
        assert!(Issuers::new("https://", "https://a.example").is_err());
        assert!(Issuers::new("https://id.example/", "https://id.example").is_err());
    }
}
