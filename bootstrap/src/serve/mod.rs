//! The server: opens the house, answers on every port, and stops in one order: stop accepting,
//! drain, stop jobs, commit, checkpoint, close.

mod descriptors;
mod exporting;
mod leaving;
mod limits;
mod listeners;
mod metrics;
mod patience;
mod places;
mod process;
mod seen;
mod tls;
mod watching;

use std::io::IsTerminal as _;
use std::sync::Arc;

use futures_util::future::join_all;
use gatelodge_domain::KeyAlgorithm;
use gatelodge_http::looks::Looks;
use gatelodge_http::state::Demo as DemoPage;
use gatelodge_ports::Store;
use gatelodge_telemetry::Requests;
use gatelodge_telemetry::traces::TraceFigures;
use gatelodge_usecases::foundation::Follower;
use gatelodge_usecases::keys::KeyMaintenance;
use gatelodge_usecases::realms::ServedRealm;
use gatelodge_usecases::setup::{
    BuiltInRealms, FirstAdministrator, InitializeStore, IssuerPolicy, SetupError,
};
use gatelodge_usecases::{Failure, Foundation};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::builder::Parts;
use crate::data_folder::DataFolder;
use crate::demo::Demo;
use crate::house::{Access, House, found, open_store};
use crate::jobs::Jobs;
use crate::settings::Settings;
use crate::stop::{Stop, chain};
use crate::trail::TrailJobs;
use crate::{languages, log, urls, wire};
use exporting::Exporting;
use listeners::{Bound, LISTENERS, Shared, bind_all, connections, workers};
use patience::PatientStore;
use places::Places;
use tls::Certificate;

/// The file that holds the first administrator's link where there is no terminal.
pub(crate) const FIRST_ADMIN: &str = "first-admin";

/// What the command line says besides settings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wishes {
    pub(crate) demo: bool,
    pub(crate) issuers: IssuerPolicy,
}

/// Serves until it is told to stop.
pub(crate) async fn serve(settings: &Settings, parts: &Parts, wishes: Wishes) -> Result<(), Stop> {
    let (spans, exporter) = exporting::prepare(settings, parts).unzip();
    log::start(&settings.log, spans);
    log::catch_panics();
    urls::check_listeners(settings)?;
    if wishes.demo {
        Demo::check_listeners(settings)?;
    }
    let certificate = settings.tls.as_ref().map(Certificate::load).transpose()?;
    let folder = DataFolder::open(&settings.data_dir)?;
    let _lock = folder.lock()?;
    // Before anything is made: it is opened for good where it is served.
    drop(listeners::site(settings)?);
    drop(languages::read(settings)?);
    let bound = bind_all(settings)?;
    let issuers = issuers(settings, &bound)?;

    let access = if wishes.demo {
        Demo::access(&folder)
    } else {
        Access::Owner
    };
    let store = open_store(settings, parts, &folder, access).await?;
    let store = PatientStore::over(store, settings.limits.wait);
    let house = found(settings, parts, folder, store.clone(), issuers).await?;
    let exporting = exporter.map(|exporter| Exporting::start(settings, exporter));
    let traces = exporting.as_ref().map(|it| it.figures.clone());
    let served = answer(settings, &house, wishes, (bound, certificate, traces)).await;
    if let Some(exporting) = exporting {
        exporting.stop().await;
    }
    let closed = close(&*store).await;
    served.and(closed)
}

fn issuers(
    settings: &Settings,
    bound: &[Bound],
) -> Result<gatelodge_usecases::realms::Issuers, Stop> {
    use gatelodge_usecases::realms::Listener;
    let address = |wanted| {
        bound
            .iter()
            .find(|bound| bound.listener == wanted)
            .map(|bound| bound.address)
            .ok_or_else(|| Stop::failure("a port is not bound"))
    };
    urls::issuers(
        settings,
        address(Listener::Auth)?,
        address(Listener::Admin)?,
    )
}

/// Everything between an open store and its end.
async fn answer(
    settings: &Settings,
    house: &House,
    wishes: Wishes,
    (bound, certificate, traces): (Vec<Bound>, Option<Certificate>, Option<Arc<TraceFigures>>),
) -> Result<(), Stop> {
    let foundation = &house.foundation;
    let demo = if wishes.demo {
        Some(Demo::new(foundation.clone()).check().await?)
    } else {
        None
    };
    let realms = initialize(foundation, wishes.issuers).await?;
    let keys = Arc::new(KeyMaintenance::new(foundation.clone()));
    supply_keys(foundation, &keys, &realms).await?;
    let follower = Follower::start(foundation.clone())
        .await
        .map_err(|error| Stop::because("the change feed cannot be read", &error))?;
    let looks = Arc::new(Looks::new(languages::spoken(settings)?));
    let use_cases = wire::use_cases(settings, foundation, &keys, looks.languages());
    let use_cases = Arc::new(use_cases);
    let demo = match demo {
        Some(demo) => Some(demo.tell(&house.folder, &realms).await?),
        None => None,
    };
    if !wishes.demo {
        // Before the ports answer: scripts look for the link as soon as the server is ready.
        offer_first_administrator(house).await?;
    }

    let connections = connections(settings);
    let places = LISTENERS.map(|_| Places::new(workers(settings) * connections));
    let shared = Shared {
        settings,
        foundation,
        use_cases: &use_cases,
        looks: &looks,
        certificate: certificate.as_ref(),
        demo: demo.map(|facts| DemoPage {
            client_id: facts.public_client.client_id,
        }),
        connections,
        places: places.clone(),
        requests: LISTENERS.map(|listener| Arc::new(Requests::at(listener.as_str()))),
        traces,
    };
    let servers = bound
        .into_iter()
        .map(|bound| bound.serve(&shared))
        .collect::<Result<Vec<_>, Stop>>()?;
    let handles: Vec<_> = servers.iter().map(actix_web::dev::Server::handle).collect();
    let mut running = tokio::spawn(join_all(servers));
    let sweep_period = settings.sweep_period;
    let jobs = Jobs::start(foundation, follower, keys, house.neighbours, sweep_period);
    let trail = TrailJobs::start(settings, house);
    let (stop_watching, stopped) = watch::channel(false);
    let clock = foundation.clock.clone();
    let watching = tokio::spawn(watching::watch(clock, places, stopped.clone()));
    let certificate = certificate.map(|certificate| tokio::spawn(certificate.watch(stopped)));
    let issuers = &foundation.issuers;
    let (auth, admin) = (issuers.public_url(), issuers.admin_url());
    tracing::info!(auth, admin, "serving");

    let ended = tokio::select! {
        asked = told_to_stop() => asked,
        ended = &mut running => {
            tracing::error!("the servers ended by themselves: {ended:?}");
            Err(Stop::failure("the servers ended by themselves"))
        }
    };
    tracing::info!("stopping");
    leaving::drain(foundation, settings.limits.drain).await;
    join_all(handles.iter().map(|handle| handle.stop(true))).await;
    let _ = stop_watching.send(true);
    let _ = watching.await;
    if let Some(certificate) = certificate {
        let _ = certificate.await;
    }
    trail.stop().await;
    jobs.stop().await;
    ended
}

/// Makes a new store ready, and compares the issuers of another one.
pub(crate) async fn initialize(
    foundation: &Arc<Foundation>,
    issuers: IssuerPolicy,
) -> Result<BuiltInRealms, Stop> {
    InitializeStore::new(foundation.clone())
        .run(issuers)
        .await
        .map_err(|error| match error {
            SetupError::Issuer { .. } => Stop::usage(error.to_string()),
            SetupError::Incomplete(_) | SetupError::Failed(_) => {
                Stop::because("the store cannot be made ready", &error)
            }
        })
}

/// The keys of access tokens; the others are made in the background.
pub(crate) async fn supply_keys(
    foundation: &Foundation,
    keys: &KeyMaintenance,
    realms: &BuiltInRealms,
) -> Result<(), Stop> {
    for realm in [&realms.system, &realms.default] {
        let served = ServedRealm::new(realm.clone(), &foundation.issuers);
        keys.signer(&served, KeyAlgorithm::Es256)
            .await
            .map_err(|error| failed("the signing keys cannot be made", &error))?;
    }
    Ok(())
}

pub(crate) fn failed(what: &str, error: &Failure) -> Stop {
    Stop::because(what, error)
}

/// Shows the way in while there is no administrator. A terminal is shown the link; without one
/// it goes to a file that only the owner can read, because logs travel.
async fn offer_first_administrator(house: &House) -> Result<(), Stop> {
    let first = FirstAdministrator::new(house.foundation.clone());
    let secret = first
        .issue()
        .await
        .map_err(|error| failed("the first administrator's link cannot be made", &error))?;
    let Some(secret) = secret else {
        house.folder.remove(FIRST_ADMIN);
        return Ok(());
    };
    let link = setup_link(&house.foundation, secret.expose());
    if std::io::stdout().is_terminal() {
        println!("\n  Make the first administrator (this link works once, within the hour):\n");
        println!("    {link}\n");
        house.folder.remove(FIRST_ADMIN);
    } else {
        let path = house
            .folder
            .write_private(FIRST_ADMIN, &format!("{link}\n"))?;
        let path = path.display();
        tracing::info!(%path, "there is no administrator yet; the file holds a one-time link");
    }
    Ok(())
}

/// The page that a one-time link opens.
pub(crate) fn setup_link(foundation: &Foundation, secret: &str) -> String {
    format!("{}/setup?token={secret}", foundation.issuers.admin_url())
}

async fn told_to_stop() -> Result<(), Stop> {
    let listen = |kind| {
        signal(kind).map_err(|error| Stop::failure(format!("signals cannot be heard: {error}")))
    };
    let (mut terminate, mut interrupt) = (
        listen(SignalKind::terminate())?,
        listen(SignalKind::interrupt())?,
    );
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Makes everything durable and closes.
pub(crate) async fn close(store: &dyn Store) -> Result<(), Stop> {
    store
        .close()
        .await
        .map_err(|error| Stop::failure(format!("the store did not close well: {}", chain(&error))))
}
