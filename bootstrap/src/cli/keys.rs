//! `gatelodge keys`: signing keys of a realm, on the machine itself. A running server follows
//! within a second.

use std::sync::Arc;

use clap::{Args, Subcommand};
use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::signing_key::{KeyState, RemovalReason};
use gatelodge_domain::{KeyAlgorithm, RealmSlug};
use gatelodge_http::time::to_text;
use gatelodge_usecases::audit::RequestFacts;
use gatelodge_usecases::keys::KeyMaintenance;
use gatelodge_usecases::realms::ServedRealm;
use gatelodge_usecases::{Error, Failure, Foundation};

use super::flags::StoreFlags;
use super::with_house;
use crate::builder::Parts;
use crate::serve::failed;
use crate::settings::Settings;
use crate::stop::Stop;

/// The command line of `gatelodge keys`.
#[derive(Debug, Args)]
pub(crate) struct KeysCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the keys of a realm.
    List(Of),
    /// Replace active keys now: the announced successor takes over.
    Rotate(Rotate),
}

#[derive(Debug, Args)]
struct Of {
    /// The realm: `default`, `system`, or another slug.
    #[arg(long, value_name = "SLUG", default_value = "default")]
    realm: String,
    #[command(flatten)]
    flags: StoreFlags,
}

#[derive(Debug, Args)]
struct Rotate {
    #[command(flatten)]
    of: Of,
    /// Only this algorithm: ES256, RS256, PS256 or EdDSA; every one without.
    #[arg(long, value_name = "ALG")]
    algorithm: Option<String>,
    /// The old keys may be in wrong hands: drop them at once. Every token that they signed is
    /// void.
    #[arg(long)]
    compromised: bool,
}

impl KeysCommand {
    pub(crate) fn flags(&self) -> &StoreFlags {
        match &self.verb {
            Verb::List(of) => &of.flags,
            Verb::Rotate(rotate) => &rotate.of.flags,
        }
    }
}

/// Lists or rotates.
pub(crate) async fn run(
    settings: &Settings,
    parts: &Parts,
    command: &KeysCommand,
) -> Result<(), Stop> {
    match &command.verb {
        Verb::List(of) => {
            let slug = slug(&of.realm)?;
            let list = |foundation: Arc<Foundation>| async move { list(&foundation, &slug).await };
            with_house(settings, parts, list).await
        }
        Verb::Rotate(wanted) => {
            let slug = slug(&wanted.of.realm)?;
            let algorithms = algorithms(wanted.algorithm.as_deref())?;
            let reason = wanted.compromised.then_some(RemovalReason::Compromised);
            let rotate = |foundation: Arc<Foundation>| async move {
                rotate(&foundation, &slug, &algorithms, reason).await
            };
            with_house(settings, parts, rotate).await
        }
    }
}

fn slug(text: &str) -> Result<RealmSlug, Stop> {
    RealmSlug::parse(text).map_err(|error| Stop::usage(format!("--realm `{text}`: {error}")))
}

fn algorithms(wanted: Option<&str>) -> Result<Vec<KeyAlgorithm>, Stop> {
    let Some(name) = wanted else {
        return Ok(KeyAlgorithm::ALL.to_vec());
    };
    let known = KeyAlgorithm::ALL
        .into_iter()
        .find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(name));
    match known {
        Some(algorithm) => Ok(vec![algorithm]),
        None => Err(Stop::usage(format!(
            "--algorithm `{name}` is none of ES256, RS256, PS256, EdDSA"
        ))),
    }
}

async fn served(foundation: &Foundation, slug: &RealmSlug) -> Result<Arc<ServedRealm>, Stop> {
    foundation
        .directory
        .realm(slug)
        .await
        .map_err(|error| Stop::because("the store does not answer", &error))?
        .ok_or_else(|| Stop::usage(format!("there is no realm `{}` that serves", slug.as_str())))
}

async fn list(foundation: &Foundation, slug: &RealmSlug) -> Result<(), Stop> {
    let realm = served(foundation, slug).await?;
    let unread = |error| failed("the keys cannot be read", &Failure::from(error));
    let mut view = foundation.store.read().await.map_err(unread)?;
    let keys = view.keys().list(realm.realm.id).await.map_err(unread)?;
    println!("{:<6} {:<8} {:<43} made", "alg", "state", "kid");
    for key in keys {
        let state = match key.state {
            KeyState::Next => "next",
            KeyState::Active { .. } => "active",
            KeyState::Retired { .. } => "retired",
            KeyState::Removed { .. } => "removed",
        };
        let (algorithm, kid) = (key.algorithm.as_str(), key.key_id.as_str());
        let made = to_text(key.created_at);
        println!("{algorithm:<6} {state:<8} {kid:<43} {made}");
    }
    Ok(())
}

async fn rotate(
    foundation: &Arc<Foundation>,
    slug: &RealmSlug,
    algorithms: &[KeyAlgorithm],
    reason: Option<RemovalReason>,
) -> Result<(), Stop> {
    let realm = served(foundation, slug).await?;
    let keys = KeyMaintenance::new(foundation.clone());
    for algorithm in algorithms {
        let request = RequestFacts::default();
        let rotated = keys
            .rotate(&realm, *algorithm, reason, AuditActor::Operator, &request)
            .await;
        let dropped = match rotated {
            Ok(dropped) => dropped,
            Err(Error::Denied(denial)) => return Err(Stop::failure(denial.description)),
            Err(Error::Failed(failure)) => {
                return Err(failed("the keys cannot be rotated", &failure));
            }
        };
        let name = algorithm.as_str();
        if reason.is_some() {
            println!(
                "{name}: {dropped} key(s) dropped. Every token signed with them is void here at \
                 once; a resource server that verifies alone goes on accepting them until it \
                 reads the JWKS again."
            );
        } else {
            println!("{name}: the next key signs from now on; tokens in flight stay good.");
        }
    }
    Ok(())
}
