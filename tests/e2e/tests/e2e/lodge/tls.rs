//! Whom `lodge` believes over TLS.

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
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Name};

use super::Lodge;

/// Writes a certificate for `localhost` that vouches for itself, and its key.
fn write_certificate(folder: &Path) {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_nid(Nid::COMMONNAME, "localhost")
        .unwrap();
    let name = name.build();
    let mut certificate = X509::builder().unwrap();
    certificate.set_version(2).unwrap();
    let serial = BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap();
    certificate.set_serial_number(&serial).unwrap();
    certificate.set_subject_name(&name).unwrap();
    certificate.set_issuer_name(&name).unwrap();
    certificate.set_pubkey(&key).unwrap();
    let (from, to) = (Asn1Time::days_from_now(0), Asn1Time::days_from_now(2));
    certificate.set_not_before(&from.unwrap()).unwrap();
    certificate.set_not_after(&to.unwrap()).unwrap();
    let authority = BasicConstraints::new().critical().ca().build().unwrap();
    certificate.append_extension(authority).unwrap();
    let names = SubjectAlternativeName::new()
        .dns("localhost")
        .build(&certificate.x509v3_context(None, None));
    certificate.append_extension(names.unwrap()).unwrap();
    certificate.sign(&key, MessageDigest::sha256()).unwrap();
    let pem = certificate.build().to_pem().unwrap();
    std::fs::write(folder.join("tls.crt"), pem).unwrap();
    let key = key.private_key_to_pem_pkcs8().unwrap();
    std::fs::write(folder.join("tls.key"), key).unwrap();
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_server_is_believed_when_an_authority_vouches_for_it() {
    let folder = tempfile::TempDir::new().unwrap();
    write_certificate(folder.path());
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (auth, admin) = (free_port(), free_port());
    let admin_url = format!("https://localhost:{admin}");
    let server = Command::new(binary("gatelodge"))
        .args(["serve", "--data-dir", &path("data")])
        .args(["--auth-listen", &format!("127.0.0.1:{auth}")])
        .args(["--admin-listen", &format!("127.0.0.1:{admin}")])
        .args(["--public-url", &format!("https://localhost:{auth}")])
        .args(["--admin-url", &admin_url])
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
    let lodge = Lodge {
        home: tempfile::TempDir::new().unwrap(),
        admin_url,
        variables: Vec::new(),
    };
    let login =
        |more: &[&str]| lodge.run(&[&["login", "--no-browser", "--timeout", "1"], more].concat());
    let authority = path("tls.crt");
    let trusting = ["--ca-file", authority.as_str()];
    // It takes a moment to listen.
    let mut said = login(&trusting);
    for _ in 0..600 {
        if !said.err.contains("cannot be reached") {
            break;
        }
        sleep(Duration::from_millis(200));
        said = login(&trusting);
    }
    // The address to open is known, so discovery went well; nobody opened it.
    assert!(said.out.starts_with("https://localhost:"), "{said:?}");
    assert!(said.err.contains("nobody signed in in time"), "{said:?}");

    let stranger = login(&[]);
    assert_eq!(
        (stranger.status, stranger.out.as_str()),
        (1, ""),
        "{stranger:?}"
    );
    assert!(
        stranger.err.to_lowercase().contains("certificate"),
        "{stranger:?}"
    );
    login(&["--ca-file", "missing"]).expect(2);
    lodge.write("empty.pem", "");
    login(&["--ca-file", "empty.pem"]).expect(2);
}
