//! A whole cluster that looks like one `gatelodge serve`: foreign clients are given this program
//! as their server and meet several nodes behind nginx.

use std::path::{Path, PathBuf};

use tokio::signal::unix::{SignalKind, signal};

use crate::{Cluster, Plan};

/// What a server is started with, as far as it concerns the outside.
#[derive(Debug)]
pub struct Front {
    data_dir: PathBuf,
    auth: u16,
    admin: u16,
}

impl Front {
    /// Reads the words after `serve`.
    pub fn parse(words: &[String]) -> Result<Self, String> {
        let after = |flag: &str| {
            let at = words.iter().position(|word| word == flag);
            at.and_then(|at| words.get(at + 1))
                .ok_or_else(|| format!("{flag} is missing"))
        };
        let port = |flag: &str| {
            let address = after(flag)?;
            let port = address.rsplit_once(':').map(|(_, port)| port.parse());
            match port {
                Some(Ok(port)) => Ok(port),
                _ => Err(format!("{flag} {address} has no port")),
            }
        };
        Ok(Self {
            data_dir: after("--data-dir")?.into(),
            auth: port("--auth-listen")?,
            admin: port("--admin-listen")?,
        })
    }

    /// Serves until SIGTERM.
    pub fn serve(&self, nodes: usize, binary: &Path) {
        let plan = Plan {
            ports: Some((self.auth, self.admin)),
            ..Plan::of(nodes, binary)
        };
        let mut cluster = Cluster::start(&plan);
        give(&cluster, &self.data_dir);
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(async {
                let mut told = signal(SignalKind::terminate()).unwrap();
                told.recv().await;
            });
        for node in &mut cluster.nodes {
            assert_eq!(node.stop(), Some(0), "a node stops well");
        }
    }
}

/// Scripts read `demo.json` from the folder that they chose.
fn give(cluster: &Cluster, data_dir: &Path) {
    std::fs::create_dir_all(data_dir).unwrap();
    let text = serde_json::to_string_pretty(&cluster.demo).unwrap();
    std::fs::write(data_dir.join("demo.json"), text).unwrap();
}
