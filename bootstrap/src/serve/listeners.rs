//! The ports, as a list: what each one mounts, and how it is bound and served.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use gatelodge_http::gate::Gate;
use gatelodge_http::looks::Looks;
use gatelodge_http::metrics::Metrics;
use gatelodge_http::quota::Quota;
use gatelodge_http::request::path_of;
use gatelodge_http::shedding::{Door, DoorLimits, admit};
use gatelodge_http::site::Site;
use gatelodge_http::state::Demo;
use gatelodge_http::{HttpState, UseCases, headers};
use gatelodge_telemetry::Requests;
use gatelodge_telemetry::traces::TraceFigures;
use gatelodge_usecases::Foundation;
use gatelodge_usecases::realms::Listener;
use socket2::SockRef;

use super::descriptors;
use super::limits::guard;
use super::metrics::Figures;
use super::places::Places;
use super::seen::{Seen, Traced};
use super::tls::Certificate;
use crate::settings::Settings;
use crate::stop::Stop;
use crate::urls::{authority_of, transport};

/// Every port. An mTLS one will be a line here.
pub(crate) const LISTENERS: [Listener; 2] = [Listener::Auth, Listener::Admin];

/// A port that is ours, and does not answer yet.
pub(crate) struct Bound {
    pub(crate) listener: Listener,
    socket: TcpListener,
    pub(crate) address: SocketAddr,
}

/// What the ports share.
pub(crate) struct Shared<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) foundation: &'a Arc<Foundation>,
    pub(crate) use_cases: &'a Arc<UseCases>,
    pub(crate) looks: &'a Arc<Looks>,
    pub(crate) certificate: Option<&'a Certificate>,
    pub(crate) demo: Option<Demo>,
    /// Most connections of each worker.
    pub(crate) connections: usize,
    /// Connections of each listener, in the order of [`LISTENERS`].
    pub(crate) places: [Arc<Places>; LISTENERS.len()],
    /// Counted requests of each listener, in the order of [`LISTENERS`].
    pub(crate) requests: [Arc<Requests>; LISTENERS.len()],
    /// What became of spans, where requests are traced.
    pub(crate) traces: Option<Arc<TraceFigures>>,
}

/// How many workers each port has.
pub(crate) fn workers(settings: &Settings) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    settings.server.workers.unwrap_or_else(processors)
}

/// How many connections each worker may hold, so that descriptors are left for the storage.
pub(crate) fn connections(settings: &Settings) -> usize {
    let wished = settings.limits.connections;
    let descriptors = descriptors::raise();
    let holders = workers(settings) * LISTENERS.len();
    let each = descriptors::share(descriptors, holders, wished);
    if each < wished {
        tracing::warn!(
            descriptors,
            wished,
            connections = each,
            "the system allows too few open files for that many connections; each worker holds \
             fewer (raise the limit, as with `ulimit -n` or LimitNOFILE)"
        );
    }
    each
}

/// Binds every port.
pub(crate) fn bind_all(settings: &Settings) -> Result<Vec<Bound>, Stop> {
    LISTENERS
        .into_iter()
        .map(|listener| bind(settings, listener))
        .collect()
}

fn bind(settings: &Settings, listener: Listener) -> Result<Bound, Stop> {
    let (wanted, flag) = match listener {
        Listener::Auth => (settings.server.auth_listen, "--auth-listen"),
        Listener::Admin => (settings.server.admin_listen, "--admin-listen"),
    };
    let refused = |error: &io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => Stop::failure(format!(
            "{wanted} is in use by another program; give the {} port another address with {flag}",
            listener.as_str()
        )),
        _ => Stop::failure(format!("{wanted} cannot be listened on: {error}")),
    };
    let socket = TcpListener::bind(wanted).map_err(|error| refused(&error))?;
    let address = socket.local_addr().map_err(|error| refused(&error))?;
    // Connections inherit it. It ends those whose client is gone without a word, and those whose
    // client never reads its answer: neither would be noticed otherwise.
    SockRef::from(&socket)
        .set_tcp_user_timeout(Some(settings.limits.stalled))
        .map_err(|error| refused(&error))?;
    Ok(Bound {
        listener,
        socket,
        address,
    })
}

impl Bound {
    /// Begins to answer.
    pub(crate) fn serve(self, shared: &Shared<'_>) -> Result<Server, Stop> {
        let Self {
            listener,
            socket,
            address,
        } = self;
        let settings = shared.settings;
        let limits = settings.limits;
        let state = web::Data::new(state(listener, shared)?);
        let seen = web::Data::new(seen(listener, shared));
        let guarded = web::Data::new(limits);
        let door = web::Data::new(Door::new(DoorLimits {
            in_flight: limits.in_flight,
            patience: limits.wait,
            body_time: limits.body_time,
            body: limits.body,
        }));
        let places = Arc::clone(of(listener, &shared.places));
        let server = HttpServer::new(move || {
            let base_path = state.base_path.clone();
            App::new()
                .app_data(state.clone())
                .app_data(guarded.clone())
                .app_data(seen.clone())
                .app_data(door.clone())
                .app_data(web::PayloadConfig::new(limits.body))
                .app_data(web::FormConfig::default().limit(limits.body))
                .app_data(web::JsonConfig::default().limit(limits.body))
                .wrap(from_fn(admit))
                .wrap(from_fn(guard))
                .wrap(from_fn(headers::harden))
                .configure(move |config| match listener {
                    Listener::Auth => gatelodge_http::auth_port(config, &base_path),
                    Listener::Admin => gatelodge_http::admin_port(config, &base_path),
                })
        })
        .disable_signals()
        .on_connect(move |_, data| {
            data.insert(places.take());
        })
        .workers(workers(settings))
        .max_connections(shared.connections)
        .client_request_timeout(limits.head)
        .keep_alive(limits.keep_alive)
        .shutdown_timeout(limits.shutdown.as_secs());
        let listening = match shared.certificate {
            Some(certificate) => server.listen_openssl(socket, certificate.acceptor()?),
            None => server.listen(socket),
        };
        let listening = listening
            .map_err(|error| Stop::failure(format!("{address} cannot be served: {error}")))?;
        Ok(listening.run())
    }
}

/// A listener's own of what there is for each, in the order of [`LISTENERS`].
const fn of<T>(listener: Listener, each: &[T; LISTENERS.len()]) -> &T {
    let [auth, admin] = each;
    match listener {
        Listener::Auth => auth,
        Listener::Admin => admin,
    }
}

fn seen(listener: Listener, shared: &Shared<'_>) -> Seen {
    let telemetry = &shared.settings.telemetry;
    Seen {
        requests: Arc::clone(of(listener, &shared.requests)),
        traces: shared.traces.is_some().then(|| Traced {
            listener,
            trusted: telemetry.trusted_callers.clone(),
            foundation: shared.foundation.clone(),
        }),
    }
}

/// The figures, for the admin port alone.
fn metrics(shared: &Shared<'_>) -> Metrics {
    let figures = Figures {
        foundation: shared.foundation.clone(),
        requests: shared.requests.to_vec(),
        traces: shared.traces.clone(),
    };
    let settings = &shared.settings.metrics;
    Metrics {
        token: settings.token.clone(),
        networks: settings.networks.clone(),
        content_type: gatelodge_telemetry::CONTENT_TYPE,
        page: Arc::new(move || figures.page()),
    }
}

/// The operator's own files, for the auth port alone.
pub(super) fn site(settings: &Settings) -> Result<Option<Site>, Stop> {
    let open = |site: &crate::settings::Site| {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let (public, private) = (real(&site.folder), real(&settings.data_dir));
        if public.starts_with(&private) || private.starts_with(&public) {
            return Err(Stop::usage(
                "`site.folder` and the data folder lie in each other: the master key is no public \
                 file, so give the site a folder of its own",
            ));
        }
        Site::open(&site.folder, &site.policy)
            .map_err(|error| Stop::usage(format!("`[site]` cannot be served: {error}")))
    };
    settings.site.as_ref().map(open).transpose()
}

fn state(listener: Listener, shared: &Shared<'_>) -> Result<HttpState, Stop> {
    let settings = shared.settings;
    let issuers = &shared.foundation.issuers;
    let url = match listener {
        Listener::Auth => issuers.public_url(),
        Listener::Admin => issuers.admin_url(),
    };
    let (gate, metrics, site) = match listener {
        Listener::Auth => (Gate::default(), None, site(settings)?),
        Listener::Admin => (settings.admin_gate.clone(), Some(metrics(shared)), None),
    };
    Ok(HttpState {
        gate,
        metrics,
        site,
        quota: Quota::new(shared.settings.limits.admin_requests),
        listener,
        transport: transport(url),
        authority: authority_of(url).to_ascii_lowercase(),
        base_path: path_of(url),
        trusted_proxies: shared.settings.server.trusted_proxies.clone(),
        demo: shared.demo.clone(),
        docs: shared.settings.server.api_docs,
        looks: shared.looks.clone(),
        foundation: shared.foundation.clone(),
        use_cases: shared.use_cases.clone(),
    })
}
