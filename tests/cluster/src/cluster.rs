//! Nodes, nginx and a database of their own.

use std::path::{Path, PathBuf};

use gatelodge_testkit::postgres::Database;
use gatelodge_testkit::{Administrator, Browser, RelyingParty, free_port};
use serde_json::Value;
use tempfile::TempDir;

use crate::node::{Node, NodePlan};
use crate::proxy::Proxy;

/// Whether nodes wake each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notifications {
    /// They do.
    On,
    /// They poll only.
    Off,
}

/// What a cluster is made of.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How many nodes.
    pub nodes: usize,
    /// The server.
    pub binary: PathBuf,
    /// Whether they wake each other.
    pub notifications: Notifications,
    /// An earlier release's binary that all nodes begin with, instead of this one.
    pub previous: Option<PathBuf>,
    /// The two ports of nginx, where somebody else chose them.
    pub ports: Option<(u16, u16)>,
    /// Further settings of this release's nodes, as variables of their environment.
    pub settings: Vec<(String, String)>,
}

impl Plan {
    /// That many nodes of this release, with notifications.
    pub fn of(nodes: usize, binary: &Path) -> Self {
        Self {
            nodes,
            binary: binary.to_owned(),
            notifications: Notifications::On,
            previous: None,
            ports: None,
            settings: Vec::new(),
        }
    }
}

/// Running nodes behind a running nginx.
#[derive(Debug)]
pub struct Cluster {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// What is in front of them.
    pub proxy: Proxy,
    /// What is behind them.
    pub database: Database,
    /// The default realm's issuer, which all answer for.
    pub issuer: String,
    /// The issuer of `system`.
    pub admin_url: String,
    /// `demo.json`.
    pub demo: Value,
    /// The server that nodes become.
    pub binary: PathBuf,
    variables: Vec<(String, String)>,
    folder: TempDir,
}

impl Cluster {
    /// Starts everything.
    pub fn start(plan: &Plan) -> Self {
        let folder = TempDir::new().unwrap();
        let database = Database::create();
        let (auth, admin) = plan.ports.unwrap_or_else(|| (free_port(), free_port()));
        let mut proxy = Proxy::new(folder.path().join("nginx"), auth, admin);
        let url = |port| format!("http://127.0.0.1:{port}");
        let (issuer, admin_url) = (url(auth), url(admin));
        let arguments: Vec<String> = [
            "--demo",
            "--storage",
            "postgres",
            "--database-url",
            &database.url(),
            "--public-url",
            &issuer,
            "--admin-url",
            &admin_url,
            "--trusted-proxy",
            "127.0.0.1/32",
        ]
        .map(str::to_owned)
        .to_vec();
        let switch = (plan.notifications == Notifications::On).to_string();
        let mut variables: Vec<(String, String)> = [
            ("GATELODGE__STORAGE__NOTIFICATIONS", switch.as_str()),
            ("GATELODGE__STORAGE__MAX_CONNECTIONS", "12"),
            ("GATELODGE__LIMITS__DRAIN_SECONDS", "1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        variables.extend(plan.settings.iter().cloned());
        let (first, known) = match &plan.previous {
            Some(previous) => (previous.clone(), Vec::new()),
            None => (plan.binary.clone(), variables.clone()),
        };
        let mut nodes = Vec::new();
        for number in 0..plan.nodes {
            let (auth, admin) = proxy.add();
            let data_dir = folder.path().join(format!("node-{number}"));
            std::fs::create_dir_all(&data_dir).unwrap();
            if number > 0 {
                give_master_key(folder.path(), &data_dir);
            }
            let plan = NodePlan {
                data_dir,
                auth,
                admin,
                arguments: arguments.clone(),
                variables: known.clone(),
            };
            nodes.push(Node::start(plan, &first));
        }
        proxy.start();
        let demo = std::fs::read(folder.path().join("node-0/demo.json")).unwrap();
        Self {
            nodes,
            proxy,
            database,
            issuer,
            admin_url,
            demo: serde_json::from_slice(&demo).unwrap(),
            binary: plan.binary.clone(),
            variables,
            folder,
        }
    }

    /// Stops a node that gets nothing new any more, and starts this release in its place.
    pub fn replace(&mut self, node: usize) {
        self.proxy.take_out(node);
        let status = self.nodes[node].stop();
        assert_eq!(status, Some(0), "a node stops well");
        let variables = self.variables.clone();
        self.nodes[node].start_again(&self.binary, &variables);
        self.proxy.put_in(node);
    }

    /// Starts a node that was killed.
    pub fn revive(&mut self, node: usize) {
        let variables = self.variables.clone();
        self.nodes[node].start_again(&self.binary, &variables);
    }

    /// The same with another value of a setting, which its next start forgets.
    pub fn start_with(&mut self, node: usize, name: &str, value: &str) {
        let mut variables = self.variables.clone();
        variables.retain(|(known, _)| known != name);
        variables.push((name.to_owned(), value.to_owned()));
        self.nodes[node].start_again(&self.binary, &variables);
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The demonstration's public client through any node.
    pub fn public_client(&self) -> RelyingParty {
        self.party("public_client", &self.issuer)
    }

    /// The confidential client through any node.
    pub fn confidential_client(&self) -> RelyingParty {
        self.party("confidential_client", &self.issuer)
    }

    /// The public client at one node.
    pub fn public_client_at(&self, node: usize) -> RelyingParty {
        self.party("public_client", &self.proxy.doors(node).0)
    }

    /// The confidential client at one node.
    pub fn confidential_client_at(&self, node: usize) -> RelyingParty {
        self.party("confidential_client", &self.proxy.doors(node).0)
    }

    /// A code for that client from where it asks.
    pub fn code(&self, party: &RelyingParty) -> String {
        let text = |name: &str| self.demo["user"][name].as_str().unwrap();
        party.code(&mut Browser::new(), text("username"), text("password"))
    }

    /// An administrator who works at one node.
    pub fn administrator_at(&self, node: usize) -> Administrator {
        let anywhere = Administrator::at(&self.admin_url, &self.demo, "openid admin");
        anywhere.through(&self.proxy.doors(node).1)
    }

    fn party(&self, client: &str, issuer: &str) -> RelyingParty {
        RelyingParty::new(issuer, &self.demo[client], "openid profile offline_access")
    }
}

/// All nodes open the store with the first one's key.
fn give_master_key(folder: &Path, data_dir: &Path) {
    let from = folder.join("node-0/master.key");
    std::fs::copy(from, data_dir.join("master.key")).unwrap();
}
