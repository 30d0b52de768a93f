//! The certificate of both ports, read again when its files change or on SIGHUP. A pair that
//! does not load leaves the one in use alone.

use core::time::Duration;
use std::fs;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use openssl::error::ErrorStack;
use openssl::ssl::{
    AlpnError, SniError, SslAcceptor, SslAcceptorBuilder, SslContext, SslFiletype, SslMethod,
    select_next_proto,
};
use tokio::sync::watch;

use crate::settings::Tls;
use crate::stop::Stop;

/// What the HTTP library is built to speak, in the encoding of RFC 7301 §3.1.
const PROTOCOLS: &[u8] = b"\x08http/1.1";
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A certificate that can be exchanged while it is in use.
#[derive(Clone)]
pub(crate) struct Certificate {
    files: Tls,
    current: Arc<RwLock<SslContext>>,
}

impl Certificate {
    /// Reads it for the first time.
    pub(crate) fn load(files: &Tls) -> Result<Self, Stop> {
        // OpenSSL does not say which file it could not open.
        for path in [&files.cert_file, &files.key_file] {
            fs::File::open(path).map_err(|error| {
                Stop::usage(format!("{} cannot be read: {error}", path.display()))
            })?;
        }
        let builder = read(files).map_err(|error| {
            Stop::usage(format!(
                "the certificate {} and its key {} do not load: {}",
                files.cert_file.display(),
                files.key_file.display(),
                first(&error)
            ))
        })?;
        Ok(Self {
            files: files.clone(),
            current: Arc::new(RwLock::new(builder.build().into_context())),
        })
    }

    /// An acceptor that asks for the current certificate at every handshake: the callback runs
    /// whether or not the client named a server (OpenSSL, `SSL_CTX_set_tlsext_servername_callback`).
    pub(crate) fn acceptor(&self) -> Result<SslAcceptorBuilder, Stop> {
        let mut builder =
            read(&self.files).map_err(|error| Stop::failure(format!("TLS: {}", first(&error))))?;
        let current = self.current.clone();
        builder.set_servername_callback(move |connection, _| {
            let context = current
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            connection
                .set_ssl_context(&context)
                .map_err(|_| SniError::ALERT_FATAL)
        });
        Ok(builder)
    }

    /// Watches the files and SIGHUP until told to stop.
    pub(crate) async fn watch(self, mut stopped: watch::Receiver<bool>) {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut hang_up) = signal(SignalKind::hangup()) else {
            tracing::warn!("SIGHUP cannot be listened for; the certificate is not reloaded");
            return;
        };
        let mut seen = self.changed_at();
        loop {
            let asked = tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => return,
                _ = hang_up.recv() => true,
                () = tokio::time::sleep(LOOK_EVERY) => false,
            };
            let now = self.changed_at();
            if !asked && now == seen {
                continue;
            }
            seen = now;
            self.reload();
        }
    }

    fn reload(&self) {
        match read(&self.files) {
            Ok(builder) => {
                let context = builder.build().into_context();
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = context;
                tracing::info!("the TLS certificate was reloaded");
            }
            Err(error) => {
                let why = first(&error);
                tracing::error!("the new TLS certificate does not load, the old one stays: {why}");
            }
        }
    }

    fn changed_at(&self) -> [Option<SystemTime>; 2] {
        [&self.files.cert_file, &self.files.key_file].map(|path| {
            fs::metadata(path)
                .and_then(|metadata| metadata.modified())
                .ok()
        })
    }
}

fn read(files: &Tls) -> Result<SslAcceptorBuilder, ErrorStack> {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls())?;
    builder.set_certificate_chain_file(&files.cert_file)?;
    builder.set_private_key_file(&files.key_file, SslFiletype::PEM)?;
    builder.check_private_key()?;
    builder.set_alpn_select_callback(|_, offered| {
        select_next_proto(PROTOCOLS, offered).ok_or(AlpnError::NOACK)
    });
    Ok(builder)
}

/// The first reason of OpenSSL's pile.
fn first(error: &ErrorStack) -> String {
    error
        .errors()
        .first()
        .and_then(openssl::error::Error::reason)
        .unwrap_or("OpenSSL says no more")
        .to_owned()
}
