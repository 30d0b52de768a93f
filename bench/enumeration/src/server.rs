//! The real binary, which lies beside this one, as a demonstration.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use gatelodge_testkit::{Http, free_port};
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::Failed;

/// A running server. It is killed when it goes out of scope.
pub(crate) struct Server {
    child: Child,
    _folder: TempDir,
    /// The default realm's issuer.
    pub(crate) issuer: String,
    /// The issuer of `system`.
    pub(crate) admin_url: String,
    /// `demo.json`
    pub(crate) demo: Value,
}

impl Server {
    /// Starts it and waits until it is ready.
    pub(crate) fn start() -> Result<Self, Failed> {
        let folder = TempDir::new()?;
        let data = folder.path().join("data");
        let (auth, admin) = (free_port(), free_port());
        let beside = std::env::current_exe()?.with_file_name("gatelodge");
        let child = Command::new(beside)
            .args(["serve", "--demo", "--data-dir"])
            .arg(&data)
            .args(["--auth-listen", &format!("127.0.0.1:{auth}")])
            .args(["--admin-listen", &format!("127.0.0.1:{admin}")])
            .env("GATELODGE__MAIL__TRANSPORT", "file")
            .env("GATELODGE__MAIL__FROM", "no-reply@example.org")
            .env("GATELODGE__MAIL__FOLDER", folder.path().join("mails"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut server = Self {
            child,
            _folder: folder,
            issuer: format!("http://127.0.0.1:{auth}"),
            admin_url: format!("http://127.0.0.1:{admin}"),
            demo: Value::Null,
        };
        let (http, begun) = (Http::default(), Instant::now());
        while begun.elapsed() < Duration::from_mins(1) {
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("the server ended: {status}").into());
            }
            let ready = http.try_send("GET", &format!("{}/readyz", server.issuer), &[], b"");
            if ready.is_ok_and(|answer| answer.status == 200) {
                server.demo = serde_json::from_slice(&fs::read(data.join("demo.json"))?)?;
                return Ok(server);
            }
            sleep(Duration::from_millis(20));
        }
        Err("the server was not ready within a minute".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
