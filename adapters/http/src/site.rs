//! An operator's own files, under `/site/` of the auth port.
//!
//! They share the host with the pages that people sign in at, so what they may do in a browser
//! is narrow: a policy of their own without scripts by default, and never a service worker,
//! which would come to sit between people and every page of the host (Service Workers §6.4).
//! The kernel itself keeps a look-up within the folder and off symbolic links (openat2(2)), so
//! that no change of the folder at the wrong moment leads out of it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use actix_files::NamedFile;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};

use crate::state::HttpState;

/// How the kernel is to look a path up.
const WITHIN: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS);

/// A folder that is served.
#[derive(Debug)]
pub struct Site {
    folder: OwnedFd,
    policy: HeaderValue,
}

/// Why a folder cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// It does not open.
    #[error("the folder cannot be opened: {0}")]
    Folder(io::Error),
    /// Nothing keeps look-ups within it.
    #[error("the kernel (or a filter of system calls) has no openat2(2), Linux 5.6: {0}")]
    Kernel(io::Error),
    /// The policy cannot be sent.
    #[error("the policy is no header value")]
    Policy,
}

impl Site {
    /// A folder and the content security policy that its files are sent with.
    pub fn open(folder: &Path, policy: &str) -> Result<Self, SiteError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(folder, flags, Mode::empty())
            .map_err(|error| SiteError::Folder(error.into()))?;
        // Said at the start, and not by an empty site: a kernel or a filter may not know it.
        openat2(&folder, ".", flags, Mode::empty(), WITHIN)
            .map_err(|error| SiteError::Kernel(error.into()))?;
        let policy = HeaderValue::from_str(policy).map_err(|_| SiteError::Policy)?;
        Ok(Self { folder, policy })
    }

    /// The file of a path, where there is one that may be served. A folder is its `index.html`.
    fn find(&self, path: &str) -> Option<NamedFile> {
        let mut wanted = relative(path)?;
        if path.is_empty() || path.ends_with('/') {
            wanted.push("index.html");
        }
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let opened = openat2(&self.folder, &wanted, flags, Mode::empty(), WITHIN).ok()?;
        let file = File::from(opened);
        if !file.metadata().ok()?.is_file() {
            return None;
        }
        NamedFile::from_file(file, &wanted).ok()
    }
}

/// The parts of a path, where each is a plain name: no dotfile, no `..`, nothing that is still
/// encoded, no other separator.
fn relative(path: &str) -> Option<PathBuf> {
    let plain = |part: &str| {
        !part.is_empty() && !part.starts_with('.') && !part.contains(['%', '\\', '\0', ':'])
    };
    let parts = path.strip_suffix('/').unwrap_or(path);
    if parts.is_empty() {
        return path.is_empty().then(PathBuf::new);
    }
    parts
        .split('/')
        .all(plain)
        .then(|| parts.split('/').collect())
}

/// Adds the files.
pub(crate) fn mount(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/site/{path:.*}")
            .route(web::get().to(answer))
            .route(web::head().to(answer)),
    );
}

async fn answer(
    state: web::Data<HttpState>,
    path: web::Path<String>,
    request: HttpRequest,
) -> HttpResponse {
    let not_found = || {
        HttpResponse::NotFound()
            .content_type("text/plain; charset=utf-8")
            .body("There is nothing here.\n")
    };
    if state.site.is_none() {
        return not_found();
    }
    if is_for_a_service_worker(&request) {
        return HttpResponse::Forbidden()
            .content_type("text/plain; charset=utf-8")
            .body("Service workers are not allowed on this host.\n");
    }
    let path = path.into_inner();
    let site = state.clone();
    // Opening may wait for a disk.
    let found = web::block(move || site.site.as_ref().and_then(|site| site.find(&path)));
    let Ok(Some(file)) = found.await else {
        return not_found();
    };
    let mut answer = file
        .use_etag(true)
        .use_last_modified(true)
        .prefer_utf8(true)
        .into_response(&request);
    let headers = answer.headers_mut();
    if let Some(site) = &state.site {
        headers.insert(header::CONTENT_SECURITY_POLICY, site.policy.clone());
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    answer
}

/// Browsers say so when they fetch one (Service Workers §Update).
fn is_for_a_service_worker(request: &HttpRequest) -> bool {
    const SERVICE_WORKER: HeaderName = HeaderName::from_static("service-worker");
    const DESTINATION: HeaderName = HeaderName::from_static("sec-fetch-dest");
    let headers = request.headers();
    headers.contains_key(SERVICE_WORKER)
        || headers
            .get(DESTINATION)
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"serviceworker"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_looked_up() {
        for (path, taken) in [
            ("", true),
            ("index.html", true),
            ("a/b/c.css", true),
            ("a/", true),
            ("..", false),
            ("../secret", false),
            ("a/../../secret", false),
            ("./a", false),
            (".htpasswd", false),
            (".git/config", false),
            ("a//b", false),
            ("/etc/passwd", false),
            ("a\\b", false),
            ("a%2fb", false),
            ("/", false),
        ] {
            assert_eq!(relative(path).is_some(), taken, "{path}");
        }
    }
}
