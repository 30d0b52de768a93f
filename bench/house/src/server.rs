//! The real binary as a process.

use std::fs;
use std::io;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use tokio::time::Instant;

use crate::Failed;
use crate::folder::Folder;
use crate::wire::Wire;

/// A running server. It is killed when it goes out of scope.
pub(crate) struct Server {
    child: Child,
}

impl Server {
    /// Starts it on that folder, and does not wait for anything.
    pub(crate) fn spawn(folder: &Folder, further: &[&str]) -> Result<Self, Failed> {
        let child = folder
            .command("serve")
            .args(further)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { child })
    }

    /// Starts it and waits until it is ready.
    pub(crate) fn start(folder: &Folder, further: &[&str]) -> Result<Self, Failed> {
        let mut server = Self::spawn(folder, further)?;
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_mins(1) {
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("the server ended: {status}").into());
            }
            if is_ready(folder).unwrap_or(false) {
                return Ok(server);
            }
            sleep(Duration::from_millis(20));
        }
        Err("the server was not ready within a minute".into())
    }

    /// Anonymous resident memory, in MiB: what is ours alone, without the pages of files.
    pub(crate) fn anonymous_mib(&self) -> Result<f64, Failed> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"));
        let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB"));
        let kib: f64 = kib.ok_or("no RssAnon in /proc")?.trim().parse()?;
        Ok(kib / 1024.0)
    }

    /// Stops it as an operator would.
    pub(crate) fn stop(mut self) -> Result<(), Failed> {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        let ended = self.child.wait()?;
        if ended.success() {
            Ok(())
        } else {
            Err(format!("the server did not stop well: {ended}").into())
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that was stopped is gone, and then both do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_ready(folder: &Folder) -> io::Result<bool> {
    let answer = Wire::connect(folder.auth)?.get("/readyz", ("Accept", "*/*"))?;
    Ok(answer.status == 200)
}
