//! TLS by certificate files, renewed without a restart.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use gatelodge_testkit::{binary, free_port};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use openssl::x509::{X509, X509Name};

/// Writes a self-signed certificate of that name, and its key.
pub(crate) fn write_certificate(folder: &Path, name: &str) {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut subject = X509Name::builder().unwrap();
    subject.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
    let subject = subject.build();
    let mut certificate = X509::builder().unwrap();
    certificate.set_version(2).unwrap();
    let serial = BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap();
    certificate.set_serial_number(&serial).unwrap();
    certificate.set_subject_name(&subject).unwrap();
    certificate.set_issuer_name(&subject).unwrap();
    certificate.set_pubkey(&key).unwrap();
    certificate
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    certificate
        .set_not_after(&Asn1Time::days_from_now(2).unwrap())
        .unwrap();
    certificate.sign(&key, MessageDigest::sha256()).unwrap();
    let pem = certificate.build().to_pem().unwrap();
    std::fs::write(
        folder.join("tls.key"),
        key.private_key_to_pem_pkcs8().unwrap(),
    )
    .unwrap();
    std::fs::write(folder.join("tls.crt"), pem).unwrap();
}

/// The server's certificate's name, and its answer to a GET.
fn get(port: u16, path: &str) -> Option<(String, String)> {
    let mut connector = SslConnector::builder(SslMethod::tls()).unwrap();
    connector.set_verify(SslVerifyMode::NONE);
    let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let mut tls = connector.build().connect("localhost", stream).ok()?;
    let certificate = tls.ssl().peer_certificate()?;
    let name = certificate.subject_name().entries().next()?;
    let name = String::from_utf8_lossy(name.data().as_slice()).into_owned();
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n\r\n");
    tls.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    let _ = tls.read_to_end(&mut answer);
    Some((name, String::from_utf8_lossy(&answer).into_owned()))
}

/// Waits for something, generously: the machine may be busy.
pub(crate) fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..1_200 {
        if let Some(seen) = look() {
            return seen;
        }
        sleep(Duration::from_millis(100));
    }
    panic!("it did not happen within two minutes");
}

pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_renewed_certificate_is_served_without_a_restart() {
    let folder = tempfile::TempDir::new().unwrap();
    write_certificate(folder.path(), "first");
    let (auth, admin) = (free_port(), free_port());
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let server = Command::new(binary("gatelodge"))
        .args(["serve", "--data-dir", &path("data")])
        .args(["--auth-listen", &format!("127.0.0.1:{auth}")])
        .args(["--admin-listen", &format!("127.0.0.1:{admin}")])
        .args(["--public-url", &format!("https://localhost:{auth}")])
        .args(["--admin-url", &format!("https://localhost:{admin}")])
        .args([
            "--tls-cert",
            &path("tls.crt"),
            "--tls-key",
            &path("tls.key"),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _running = Running(server);
    let ready = |port| get(port, "/readyz").filter(|(_, answer)| answer.contains(" 200 "));
    assert_eq!(until(|| ready(auth)).0, "first");
    assert_eq!(until(|| ready(admin)).0, "first");
    let document = get(auth, "/.well-known/openid-configuration").unwrap().1;
    assert!(
        document.contains(&format!("\"issuer\":\"https://localhost:{auth}\"")),
        "{document}"
    );
    assert!(
        document
            .to_lowercase()
            .contains("strict-transport-security"),
        "{document}"
    );

    write_certificate(folder.path(), "second");
    until(|| get(auth, "/readyz").filter(|(name, _)| name == "second"));
    until(|| get(admin, "/readyz").filter(|(name, _)| name == "second"));
}
