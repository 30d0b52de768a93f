//! What can be seen on this machine alone: folders and their permissions, the disk, the
//! certificate, and settings that contradict each other.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use gatelodge_http::network::Network;
use openssl::asn1::Asn1Time;
use openssl::x509::X509;

use super::finding::Finding;
use crate::house::{DATABASE, MASTER_KEY};
use crate::languages::{self, LanguageFile};
use crate::settings::{Engine, Settings};

/// Less room than this and a busy day fills it.
const LITTLE: u64 = 1 << 30;
/// Less than this and writing may stop at any moment.
const NEARLY_NONE: u64 = 100 << 20;
/// Certificates are usually renewed a month before their end.
const SOON: u32 = 14;

/// Folders, files, disk.
pub(super) fn folder(settings: &Settings) -> Vec<Finding> {
    let folder = &settings.data_dir;
    let shown = folder.display();
    if !folder.is_dir() {
        let seen = format!("there is no folder {shown}");
        let remedy = "`gatelodge serve` or `gatelodge init` makes it; or name it with --data-dir";
        return vec![Finding::fail("permissions", seen, remedy)];
    }
    let mut findings = vec![private(folder, 0o700)];
    let names: &[&str] = match settings.storage.engine {
        Engine::Sqlite { .. } => &[MASTER_KEY, DATABASE],
        _ => &[MASTER_KEY],
    };
    for name in names {
        let path = folder.join(name);
        if path.exists() {
            findings.push(private(&path, 0o600));
        }
    }
    findings.push(disk(folder));
    findings
}

/// Whether nobody but the owner gets in.
fn private(path: &Path, wanted: u32) -> Finding {
    let shown = path.display();
    match fs::metadata(path) {
        Err(error) => Finding::fail(
            "permissions",
            format!("{shown} cannot be looked at: {error}"),
            "run this as the user that the server runs as",
        ),
        Ok(found) => {
            let mode = found.permissions().mode() & 0o777;
            let for_others = mode & 0o077;
            if for_others == 0 {
                return Finding::ok("permissions", format!("{shown} is its owner's only"));
            }
            let seen = format!("others of this machine may use {shown} (mode {mode:04o})");
            Finding::fail("permissions", seen, format!("chmod {wanted:04o} {shown}"))
        }
    }
}

fn disk(folder: &Path) -> Finding {
    let shown = folder.display();
    let free = match rustix::fs::statvfs(folder) {
        Ok(found) => found.f_bavail.saturating_mul(found.f_frsize),
        Err(error) => {
            let error = io::Error::from(error);
            let seen = format!("the disk of {shown} does not tell its room: {error}");
            return Finding::warn("disk", seen, "look at it with `df`");
        }
    };
    room(free, &shown.to_string())
}

fn room(free: u64, shown: &str) -> Finding {
    let seen = format!("{} MiB are free for {shown}", free >> 20);
    let remedy = "make room, or move the folder to a larger disk; on a full one every write is \
                  answered with 503";
    match free {
        free if free < NEARLY_NONE => Finding::fail("disk", seen, remedy),
        free if free < LITTLE => Finding::warn("disk", seen, remedy),
        _ => Finding::ok("disk", seen),
    }
}

/// Further languages of the pages, where there are any.
pub(super) fn languages(settings: &Settings) -> Vec<Finding> {
    if settings.messages_dir.is_none() {
        return Vec::new();
    }
    let (_, files) = match languages::read(settings) {
        Ok(read) => read,
        Err(error) => {
            let remedy = "mend the file; a server does not start with it";
            return vec![Finding::fail("languages", error.to_string(), remedy)];
        }
    };
    let finding = |file: LanguageFile| match file.missing.len() {
        0 => Finding::ok("languages", format!("`{}` has every text", file.tag)),
        missing => Finding::warn(
            "languages",
            format!("`{}` leaves {missing} texts out", file.tag),
            format!(
                "add them; people read English there. The first is `{}`",
                file.missing[0]
            ),
        ),
    };
    files.into_iter().map(finding).collect()
}

/// The certificate of the ports, where they have one.
pub(super) fn certificate(settings: &Settings) -> Vec<Finding> {
    let Some(tls) = &settings.tls else {
        return Vec::new();
    };
    let shown = tls.cert_file.display();
    let days = fs::read(&tls.cert_file)
        .map_err(|error| error.to_string())
        .and_then(|pem| days_left(&pem).map_err(|error| error.to_string()));
    let end = match days {
        Err(error) => Finding::fail(
            "certificate",
            format!("{shown} cannot be read: {error}"),
            "`tls.cert_file` is a chain in PEM, leaf first",
        ),
        Ok(days) => lasting(days, &shown.to_string()),
    };
    vec![end, private(&tls.key_file, 0o600)]
}

fn days_left(pem: &[u8]) -> Result<i32, openssl::error::ErrorStack> {
    let certificate = X509::from_pem(pem)?;
    let now = Asn1Time::days_from_now(0)?;
    Ok(now.diff(certificate.not_after())?.days)
}

fn lasting(days: i32, shown: &str) -> Finding {
    let remedy = "renew it; the server reads the new one by itself";
    match u32::try_from(days) {
        Ok(days) if days > SOON => {
            Finding::ok("certificate", format!("{shown} is good for {days} days"))
        }
        Ok(days) if days > 0 => Finding::warn(
            "certificate",
            format!("{shown} is good for {days} days only"),
            remedy,
        ),
        _ => Finding::fail("certificate", format!("{shown} has ended"), remedy),
    }
}

/// Whether a proxy is needed, known, and not everybody.
pub(super) fn proxies(settings: &Settings) -> Finding {
    let trusted = &settings.server.trusted_proxies;
    let is_everybody = |network: &&Network| network.prefix == 0;
    if trusted.iter().any(|network| is_everybody(&network)) {
        let seen = "every host of a whole address family may say for whom it forwards";
        let remedy = "name the addresses of your proxies in `server.trusted_proxies`; now anybody \
                      can claim any address, and throttling by address means nothing";
        return Finding::fail("proxy", seen, remedy);
    }
    let https = |url: &Option<String>| url.as_deref().is_some_and(|url| url.starts_with("https:"));
    let server = &settings.server;
    let behind = settings.tls.is_none() && (https(&server.public_url) || https(&server.admin_url));
    match (behind, trusted.is_empty()) {
        (true, true) => Finding::fail(
            "proxy",
            "the URLs are https and the ports are not, so a proxy stands before them, and none is \
             trusted: all people seem to come from its address, and are throttled together",
            "put its address into `server.trusted_proxies` (or give --trusted-proxy)",
        ),
        (false, true) => Finding::ok("proxy", "no proxy stands before the ports"),
        (_, false) => {
            let count = trusted.len();
            Finding::ok(
                "proxy",
                format!("{count} network(s) of proxies are trusted"),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    #[test]
    fn a_file_that_others_may_read_is_found_with_the_command_that_mends_it() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("master.key");
        fs::write(&path, "x").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let found = private(&path, 0o600);
        assert_eq!(found.severity, Severity::Fail);
        assert!(found.remedy.starts_with("chmod 0600 "), "{}", found.remedy);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(private(&path, 0o600).severity, Severity::Ok);
    }

    #[test]
    fn room_and_time_run_out_in_steps() {
        let room = |free| room(free, "/d").severity;
        assert_eq!(room(2 << 30), Severity::Ok);
        assert_eq!(room(500 << 20), Severity::Warn);
        assert_eq!(room(50 << 20), Severity::Fail);
        let lasting = |days| lasting(days, "/c").severity;
        assert_eq!(lasting(60), Severity::Ok);
        assert_eq!(lasting(14), Severity::Warn);
        assert_eq!(lasting(0), Severity::Fail);
        assert_eq!(lasting(-3), Severity::Fail);
    }
}
