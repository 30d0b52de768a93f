//! `gatelodge keys`: signing keys of a realm, on the machine itself. A running server follows
//! within a second.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use gatelodge_crypto::{Aes256MasterKey, OpensslRng};
use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::signing_key::{KeyState, RemovalReason};
use gatelodge_domain::{KeyAlgorithm, RealmSlug, SecretText, SigningKey};
use gatelodge_http::time::to_text;
use gatelodge_usecases::admin::AdminError;
use gatelodge_usecases::audit::RequestFacts;
use gatelodge_usecases::keys::{Acting, ImportedKey, KeyMaintenance, RotatedBy, Rotation};
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
    /// Replace active keys: the announced successor takes over as soon as everybody can know it.
    Rotate(Rotate),
    /// Bring a signing key in from a file; it is announced first.
    Import(Import),
    /// Let an announced key sign from now on; the one that did so retires.
    Activate(One),
    /// Stop the key that signs; the announced one follows.
    Retire(One),
    /// Take a key away at once. Every token that it signed is void.
    Compromise(One),
    /// Print a new master key, for nodes that share one store. It touches no store.
    GenerateMasterKey,
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
    /// Do it now, even where the successor has not been announced for five minutes and whoever
    /// read the JWKS lately does not know it.
    #[arg(long, conflicts_with = "compromised")]
    at_once: bool,
    /// The old keys may be in wrong hands: drop them at once. Every token that they signed is
    /// void.
    #[arg(long)]
    compromised: bool,
}

#[derive(Debug, Args)]
struct Import {
    #[command(flatten)]
    of: Of,
    /// What it shall sign with: ES256, RS256, PS256 or EdDSA.
    #[arg(long, value_name = "ALG")]
    algorithm: String,
    /// A file with one PKCS #8 key as PEM, without a passphrase.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

#[derive(Debug, Args)]
struct One {
    #[command(flatten)]
    of: Of,
    /// The key's `kid`, as `gatelodge keys list` shows it.
    #[arg(allow_hyphen_values = true, value_name = "KID")]
    kid: String,
}

impl KeysCommand {
    /// Where the store is; `None` for what touches none.
    pub(crate) fn flags(&self) -> Option<&StoreFlags> {
        match &self.verb {
            Verb::List(of) => Some(&of.flags),
            Verb::Rotate(rotate) => Some(&rotate.of.flags),
            Verb::Import(import) => Some(&import.of.flags),
            Verb::Activate(one) | Verb::Retire(one) | Verb::Compromise(one) => Some(&one.of.flags),
            Verb::GenerateMasterKey => None,
        }
    }
}

/// Prints a new master key, as its file holds it.
pub(crate) fn generate_master_key() {
    let key = Aes256MasterKey::generate(&OpensslRng);
    print!("{}", key.to_text().expose());
}

/// Does what was asked of the store.
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
            let how = match (wanted.compromised, wanted.at_once) {
                (true, _) => Rotation::Removing(RemovalReason::Compromised),
                (false, true) => Rotation::AtOnce,
                (false, false) => Rotation::WhenAnnounced,
            };
            let rotate = |foundation: Arc<Foundation>| async move {
                rotate(&foundation, &slug, &algorithms, how).await
            };
            with_house(settings, parts, rotate).await
        }
        Verb::Import(wanted) => {
            let slug = slug(&wanted.of.realm)?;
            let algorithm = algorithm(&wanted.algorithm)?;
            let file = &wanted.file;
            let pem = std::fs::read_to_string(file)
                .map(SecretText::new)
                .map_err(|error| {
                    Stop::because(&format!("{} cannot be read", file.display()), &error)
                })?;
            let import = |foundation: Arc<Foundation>| async move {
                import(&foundation, &slug, algorithm, pem).await
            };
            with_house(settings, parts, import).await
        }
        Verb::Activate(one) => step(settings, parts, one, Step::Activate).await,
        Verb::Retire(one) => step(settings, parts, one, Step::Retire).await,
        Verb::Compromise(one) => step(settings, parts, one, Step::Compromise).await,
        Verb::GenerateMasterKey => {
            generate_master_key();
            Ok(())
        }
    }
}

/// What becomes of one key.
#[derive(Debug, Clone, Copy)]
enum Step {
    Activate,
    Retire,
    Compromise,
}

async fn step(settings: &Settings, parts: &Parts, one: &One, step: Step) -> Result<(), Stop> {
    let (slug, kid) = (slug(&one.of.realm)?, one.kid.clone());
    let work = |foundation: Arc<Foundation>| async move {
        let realm = served(&foundation, &slug).await?;
        let id = of_kid(&foundation, &realm, &kid).await?.id;
        let keys = KeyMaintenance::new(foundation.clone());
        let request = RequestFacts::default();
        let acting = acting(&request);
        let (moved, said) = match step {
            Step::Activate => (
                keys.activate(&realm, id, acting).await,
                "signs from now on; tokens in flight stay good.",
            ),
            Step::Retire => (
                keys.retire(&realm, id, acting).await,
                "signs no more; what it signed stays good until it expires.",
            ),
            Step::Compromise => (
                keys.remove(&realm, id, RemovalReason::Compromised, acting)
                    .await,
                "is gone. Every token that it signed is void here at once; a resource server that \
                 verifies alone goes on accepting them until it reads the JWKS again.",
            ),
        };
        moved.map_err(refused)?;
        println!("{kid} {said}");
        Ok(())
    };
    with_house(settings, parts, work).await
}

async fn import(
    foundation: &Arc<Foundation>,
    slug: &RealmSlug,
    algorithm: KeyAlgorithm,
    pem: SecretText,
) -> Result<(), Stop> {
    let realm = served(foundation, slug).await?;
    let new = ImportedKey {
        algorithm,
        pem,
        from: None,
    };
    let request = RequestFacts::default();
    let keys = KeyMaintenance::new(foundation.clone());
    let key = keys
        .import(&realm, new, acting(&request))
        .await
        .map_err(refused)?;
    println!(
        "{} is announced. It signs when the active key is worn, or by `gatelodge keys activate` \
         once it has been in the JWKS for five minutes.",
        key.key_id.as_str()
    );
    Ok(())
}

const fn acting(request: &RequestFacts) -> Acting<'_> {
    Acting {
        by: RotatedBy {
            actor: AuditActor::Operator,
            realm: None,
        },
        request,
    }
}

async fn of_kid(
    foundation: &Foundation,
    realm: &ServedRealm,
    kid: &str,
) -> Result<SigningKey, Stop> {
    let unread = |error| failed("the keys cannot be read", &Failure::from(error));
    let mut view = foundation.store.read().await.map_err(unread)?;
    let keys = view.keys().list(realm.realm.id).await.map_err(unread)?;
    let found = keys.into_iter().find(|key| key.key_id.as_str() == kid);
    found.ok_or_else(|| Stop::usage(format!("the realm has no key `{kid}`")))
}

fn refused(error: AdminError) -> Stop {
    match error {
        AdminError::Refused(refusal) => Stop::failure(refusal.description.into_owned()),
        AdminError::Failed(failure) => failed("the key stays as it was", &failure),
    }
}

fn slug(text: &str) -> Result<RealmSlug, Stop> {
    RealmSlug::parse(text).map_err(|error| Stop::usage(format!("--realm `{text}`: {error}")))
}

fn algorithms(wanted: Option<&str>) -> Result<Vec<KeyAlgorithm>, Stop> {
    match wanted {
        None => Ok(KeyAlgorithm::ALL.to_vec()),
        Some(name) => Ok(vec![algorithm(name)?]),
    }
}

fn algorithm(name: &str) -> Result<KeyAlgorithm, Stop> {
    let known = KeyAlgorithm::ALL
        .into_iter()
        .find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(name));
    known.ok_or_else(|| {
        Stop::usage(format!(
            "--algorithm `{name}` is none of ES256, RS256, PS256, EdDSA"
        ))
    })
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
            KeyState::Next { .. } => "next",
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
    how: Rotation,
) -> Result<(), Stop> {
    let realm = served(foundation, slug).await?;
    let keys = KeyMaintenance::new(foundation.clone());
    for algorithm in algorithms {
        let request = RequestFacts::default();
        let rotated = keys
            .rotate(&realm, *algorithm, how, AuditActor::Operator, &request)
            .await;
        let rotated = match rotated {
            Ok(rotated) => rotated,
            Err(Error::Denied(denial)) => return Err(Stop::failure(denial.description)),
            Err(Error::Failed(failure)) => {
                return Err(failed("the keys cannot be rotated", &failure));
            }
        };
        let name = algorithm.as_str();
        let now = foundation.clock.now();
        if matches!(how, Rotation::Removing(_)) {
            let dropped = rotated.dropped;
            println!(
                "{name}: {dropped} key(s) dropped. Every token signed with them is void here at \
                 once; a resource server that verifies alone goes on accepting them until it \
                 reads the JWKS again."
            );
        } else if rotated.signs_at > now {
            let at = to_text(rotated.signs_at);
            println!("{name}: the next key signs from {at} on, when everybody can know it.");
        } else {
            println!("{name}: the next key signs from now on; tokens in flight stay good.");
        }
    }
    Ok(())
}
