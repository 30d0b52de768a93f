//! A resolver that drops addresses which must not be asked.

use gatelodge_ports::egress::EgressError;
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::address::is_public;

/// Resolves, then judges every address.
#[derive(Debug)]
pub(crate) struct GuardedResolver {
    inner: DefaultResolver,
    allowed: Vec<String>,
}

impl GuardedResolver {
    pub(crate) fn new(allowed: Vec<String>) -> Self {
        Self {
            inner: DefaultResolver::default(),
            allowed,
        }
    }

    fn allows(&self, uri: &Uri) -> bool {
        let (Some(host), Some(authority)) = (uri.host(), uri.authority()) else {
            return false;
        };
        self.allowed
            .iter()
            .any(|allowed| allowed == host || allowed == authority.as_str())
    }
}

impl Resolver for GuardedResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        // One forbidden address among several is a trap, not a mistake.
        if self.allows(uri) || found.iter().all(|address| is_public(address.ip())) {
            return Ok(found);
        }
        let host = uri.host().unwrap_or_default().to_owned();
        Err(Error::Other(Box::new(EgressError::Forbidden(host))))
    }
}
