//! What operators copy from `docs/scaling.md` works: nginx takes its example, and the trail is
//! partitioned by its statements while all nodes serve.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::load::{Load, Met};
use crate::{Cluster, proxy};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/scaling.md");
/// Where the example keeps its certificate.
const CERTIFICATES: &str = "/etc/nginx/tls/";

/// Checks the nginx example of `docs/scaling.md` with a certificate made for the occasion.
pub fn the_nginx_example_is_valid(folder: &Path) {
    let example = block("```nginx\n");
    let folder = folder.join("example");
    std::fs::create_dir_all(&folder).unwrap();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
        .args([
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-subj",
            "/CN=id.example",
        ])
        .arg("-keyout")
        .arg(folder.join("key.pem"))
        .arg("-out")
        .arg(folder.join("cert.pem"))
        .output()
        .expect("openssl is installed");
    assert!(made.status.success());
    let here = format!("{}/", folder.display());
    let example = example.replace(CERTIFICATES, &here);
    let whole = format!(
        "pid {here}nginx.pid;\nerror_log {here}error.log;\nevents {{}}\nhttp {{\n{example}\n}}\n"
    );
    let configuration = folder.join("nginx.conf");
    std::fs::write(&configuration, whole).unwrap();
    proxy::check(&configuration);
}

/// Partitions the trail under load; no request may fail, and the trail verifies afterwards.
pub fn the_trail_is_partitioned(cluster: &Cluster) -> Met {
    let load = Load::start(cluster, 2);
    std::thread::sleep(Duration::from_secs(1));
    let _ = cluster.database.sql(&block("```sql\nBEGIN;\n"));
    std::thread::sleep(Duration::from_secs(3));
    let met = load.stop();
    assert_eq!((met.turned_away, met.failed.clone()), (0, Vec::new()));
    let partitions = cluster
        .database
        .sql("SELECT count(*) FROM pg_inherits WHERE inhparent = 'audit_events'::regclass");
    assert_eq!(partitions.trim(), "3");
    let verified = Command::new(&cluster.binary)
        .args(["audit", "verify", "--storage", "postgres", "--data-dir"])
        .arg(&cluster.nodes[0].plan().data_dir)
        .args(["--database-url", &cluster.database.url()])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stderr)
    );
    met
}

/// A block of the document, from that line on.
fn block(begin: &str) -> String {
    let text = std::fs::read_to_string(DOCUMENT).unwrap();
    let at = text.find(begin).expect("the block is in the document");
    let inside = &text[at..];
    let inside = &inside[inside.find('\n').unwrap()..];
    let end = inside.find("```").expect("its end");
    inside[..end].to_owned()
}
