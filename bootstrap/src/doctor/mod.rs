//! The doctor: looks at a set-up from inside and outside, beside a running server or without
//! one, and says of each thing that is wrong how to mend it. It changes nothing.

mod finding;
mod machine;
mod network;
mod store;

use gatelodge_crypto::SystemClock;
use gatelodge_ports::Clock as _;

pub(crate) use finding::{Finding, Severity};
pub(crate) use network::ready;

use crate::builder::Parts;
use crate::settings::Settings;

/// Looks at everything.
pub(crate) async fn examine(settings: &Settings, parts: &Parts) -> Vec<Finding> {
    let clock = SystemClock::new();
    let mut findings = machine::folder(settings);
    findings.extend(machine::certificate(settings));
    findings.push(machine::proxies(settings));
    findings.extend(machine::languages(settings));
    let looked = store::look(settings, parts, clock.now()).await;
    findings.extend(looked.findings);
    findings.push(match ready(settings).await {
        Ok(()) => Finding::ok("server", "a server of this configuration runs and is ready"),
        Err(why) => Finding::warn("server", why, "start it, or look at its log"),
    });
    if let Some(issuers) = &looked.issuers {
        findings.extend(store::issuers(settings, issuers));
        let (public, admin) = issuers;
        findings.extend(network::issuer("issuer", public, clock.now()).await);
        findings.extend(network::issuer("admin issuer", admin, clock.now()).await);
    }
    findings.push(network::mail(settings).await);
    findings
}
