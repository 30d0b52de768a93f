//! The table of rooms: which crate may depend on which, in which way.
//!
//! ```text
//! domain  <-  ports  <-  usecases  <-  http  <-  bootstrap
//!                ^-------------------- store-*, crypto  <-  bootstrap
//!                ^--- conformance (dev)   migrations <- store-sea-orm
//! ```

use serde_json::Value;

/// What one crate may name.
#[derive(Debug)]
pub struct Room {
    /// The crate.
    pub name: &'static str,
    /// Crates of this workspace that its code may use.
    pub rooms: &'static [&'static str],
    /// Crates of this workspace that only its tests may use, besides those.
    pub test_rooms: &'static [&'static str],
    /// Crates from outside that its code may use.
    pub outside: Outside,
}

/// How crates from outside are judged.
#[derive(Debug)]
pub enum Outside {
    /// Only these: the inner rooms.
    Only(&'static [&'static str]),
    /// Any but these: an adapter knows its own technology, and not its neighbour's.
    AllBut(&'static [&'static str]),
}

const DOMAIN: &str = "gatelodge-domain";
const PORTS: &str = "gatelodge-ports";
const USECASES: &str = "gatelodge-usecases";
const AUDIT_SINKS: &str = "gatelodge-audit-sinks";
const CRYPTO: &str = "gatelodge-crypto";
const EGRESS: &str = "gatelodge-egress";
const PASSWORDS: &str = "gatelodge-passwords";
const HTTP: &str = "gatelodge-http";
const MAIL: &str = "gatelodge-mail";
const MEMORY: &str = "gatelodge-store-memory";
const SEA_ORM: &str = "gatelodge-store-sea-orm";
const MIGRATIONS: &str = "gatelodge-migrations";
const BOOTSTRAP: &str = "gatelodge-bootstrap";
const CONFORMANCE: &str = "gatelodge-conformance";
const TELEMETRY: &str = "gatelodge-telemetry";
const TESTKIT: &str = "gatelodge-testkit";
const BENCH_FILL: &str = "gatelodge-bench-fill";

const WEB: [&str; 4] = [
    "actix-web",
    "utoipa",
    "utoipa-actix-web",
    "utoipa-swagger-ui",
];
const DATABASE: [&str; 4] = ["rusqlite", "sea-orm", "sea-orm-migration", "sqlx"];

/// Web and cryptography: what a store has no business with.
const NOT_FOR_STORES: [&str; 8] = [
    WEB[0],
    WEB[1],
    WEB[2],
    WEB[3],
    "askama",
    "jsonwebtoken",
    "openssl",
    "config",
];
/// Databases and cryptography: what the HTTP adapter has no business with.
const NOT_FOR_HTTP: [&str; 8] = [
    DATABASE[0],
    DATABASE[1],
    DATABASE[2],
    DATABASE[3],
    "argon2",
    "jsonwebtoken",
    "openssl",
    "config",
];
/// Servers and databases: what a client has no business with.
const NOT_FOR_CLIENTS: [&str; 10] = [
    WEB[0],
    WEB[1],
    WEB[2],
    WEB[3],
    DATABASE[0],
    DATABASE[1],
    DATABASE[2],
    DATABASE[3],
    "askama",
    "config",
];
/// Web and databases: what the cryptographic adapter has no business with.
const NOT_FOR_CRYPTO: [&str; 10] = [
    WEB[0],
    WEB[1],
    WEB[2],
    WEB[3],
    DATABASE[0],
    DATABASE[1],
    DATABASE[2],
    DATABASE[3],
    "askama",
    "config",
];

/// Every crate of the workspace. A new one gets its row here, or a test says so.
pub const ROOMS: &[Room] = &[
    Room {
        name: DOMAIN,
        rooms: &[],
        test_rooms: &[],
        outside: Outside::Only(&[
            "regex",
            "sha2",
            "subtle",
            "thiserror",
            "unicode-normalization",
            "unicode-security",
            "url",
            "zeroize",
        ]),
    },
    Room {
        name: PORTS,
        rooms: &[DOMAIN],
        test_rooms: &[],
        outside: Outside::Only(&["async-trait", "thiserror"]),
    },
    Room {
        name: USECASES,
        rooms: &[DOMAIN, PORTS],
        test_rooms: &[CRYPTO, MEMORY, PASSWORDS],
        outside: Outside::Only(&["async-trait", "base64", "serde", "serde_json", "thiserror"]),
    },
    Room {
        name: AUDIT_SINKS,
        rooms: &[DOMAIN, PORTS],
        test_rooms: &[],
        outside: Outside::AllBut(&NOT_FOR_CRYPTO),
    },
    Room {
        name: CRYPTO,
        rooms: &[DOMAIN, PORTS],
        test_rooms: &[],
        outside: Outside::AllBut(&NOT_FOR_CRYPTO),
    },
    Room {
        name: EGRESS,
        rooms: &[PORTS],
        test_rooms: &[],
        outside: Outside::AllBut(&NOT_FOR_CRYPTO),
    },
    Room {
        name: MAIL,
        rooms: &[DOMAIN, PORTS],
        test_rooms: &[],
        outside: Outside::AllBut(&NOT_FOR_CRYPTO),
    },
    // Numbers, spans and text: it knows nothing of the house but how to ask outside.
    Room {
        name: TELEMETRY,
        rooms: &[DOMAIN, PORTS],
        test_rooms: &[],
        outside: Outside::AllBut(&NOT_FOR_CRYPTO),
    },
    Room {
        name: PASSWORDS,
        rooms: &[DOMAIN, PORTS],
        test_rooms: &[],
        outside: Outside::AllBut(&NOT_FOR_CRYPTO),
    },
    Room {
        name: MEMORY,
        rooms: &[DOMAIN, PORTS],
        test_rooms: &[CONFORMANCE],
        outside: Outside::AllBut(&NOT_FOR_STORES),
    },
    Room {
        name: SEA_ORM,
        rooms: &[DOMAIN, PORTS, MIGRATIONS],
        test_rooms: &[CONFORMANCE, TESTKIT],
        outside: Outside::AllBut(&NOT_FOR_STORES),
    },
    Room {
        name: MIGRATIONS,
        rooms: &[],
        test_rooms: &[],
        outside: Outside::Only(&["async-trait", "sea-orm-migration"]),
    },
    Room {
        name: HTTP,
        rooms: &[DOMAIN, PORTS, USECASES],
        test_rooms: &[CRYPTO, MEMORY, PASSWORDS],
        outside: Outside::AllBut(&NOT_FOR_HTTP),
    },
    Room {
        name: BOOTSTRAP,
        rooms: &[
            DOMAIN,
            PORTS,
            USECASES,
            AUDIT_SINKS,
            CRYPTO,
            EGRESS,
            HTTP,
            MAIL,
            MEMORY,
            PASSWORDS,
            SEA_ORM,
            MIGRATIONS,
            TELEMETRY,
        ],
        test_rooms: &[CONFORMANCE, TESTKIT],
        outside: Outside::AllBut(&[]),
    },
    // A client of the admin API from another machine: it knows the server by its document alone.
    Room {
        name: "gatelodge-cli",
        rooms: &[],
        test_rooms: &[],
        outside: Outside::AllBut(&NOT_FOR_CLIENTS),
    },
    Room {
        name: CONFORMANCE,
        rooms: &[DOMAIN, PORTS],
        test_rooms: &[MEMORY],
        outside: Outside::AllBut(&NOT_FOR_STORES),
    },
    Room {
        name: TESTKIT,
        rooms: &[],
        test_rooms: &[],
        outside: Outside::AllBut(&[]),
    },
    Room {
        name: "gatelodge-cluster",
        rooms: &[TESTKIT],
        test_rooms: &[],
        outside: Outside::AllBut(&[]),
    },
    Room {
        name: "gatelodge-e2e",
        rooms: &[TESTKIT],
        test_rooms: &[],
        outside: Outside::AllBut(&[]),
    },
    Room {
        name: "gatelodge-faults",
        rooms: &[TESTKIT],
        test_rooms: &[],
        outside: Outside::AllBut(&[]),
    },
    Room {
        name: "gatelodge-endurance",
        rooms: &[TESTKIT],
        test_rooms: &[],
        outside: Outside::AllBut(&[]),
    },
    Room {
        name: "gatelodge-law",
        rooms: &[],
        test_rooms: &[],
        outside: Outside::Only(&["serde_json"]),
    },
    Room {
        name: "gatelodge-parsers",
        rooms: &[DOMAIN, PORTS, USECASES, HTTP, BOOTSTRAP, CONFORMANCE],
        test_rooms: &[],
        outside: Outside::AllBut(&[]),
    },
    Room {
        name: BENCH_FILL,
        rooms: &[DOMAIN, PORTS, USECASES, CRYPTO, PASSWORDS, SEA_ORM],
        test_rooms: &[],
        outside: Outside::AllBut(&WEB),
    },
    Room {
        name: "gatelodge-bench-enumeration",
        rooms: &[TESTKIT],
        test_rooms: &[],
        outside: Outside::AllBut(&WEB),
    },
    Room {
        name: "gatelodge-bench-roads",
        rooms: &[DOMAIN, PORTS, USECASES, CRYPTO, PASSWORDS, SEA_ORM],
        test_rooms: &[],
        outside: Outside::AllBut(&[]),
    },
    Room {
        name: "gatelodge-bench-house",
        rooms: &[DOMAIN, PORTS, USECASES, BENCH_FILL, TESTKIT],
        test_rooms: &[],
        outside: Outside::AllBut(&WEB),
    },
    Room {
        name: "gatelodge-bench-store",
        rooms: &[DOMAIN, PORTS, MEMORY, SEA_ORM],
        test_rooms: &[],
        outside: Outside::AllBut(&WEB),
    },
    Room {
        name: "xtask",
        rooms: &[],
        test_rooms: &[],
        outside: Outside::Only(&[]),
    },
];

/// Holds the output of `cargo metadata --no-deps` against the table; a sentence a breach.
pub fn breaches(metadata: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let packages = metadata["packages"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let members: Vec<&str> = packages
        .iter()
        .filter_map(|package| package["name"].as_str())
        .collect();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(room) = ROOMS.iter().find(|room| room.name == name) else {
            found.push(format!(
                "{name} has no row in tests/law/src/rooms.rs: give it one"
            ));
            continue;
        };
        let dependencies = package["dependencies"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        for dependency in dependencies {
            let other = dependency["name"].as_str().unwrap_or_default();
            let kind = dependency["kind"].as_str().unwrap_or("normal");
            let ours = members.contains(&other);
            found.extend(breach(room, other, kind, ours));
        }
    }
    for room in ROOMS {
        if !members.contains(&room.name) {
            found.push(format!(
                "tests/law/src/rooms.rs has a row for {}, which is gone",
                room.name
            ));
        }
    }
    found
}

fn breach(room: &Room, other: &str, kind: &str, ours: bool) -> Option<String> {
    let name = room.name;
    let allowed = match (kind, ours) {
        ("normal", true) => room.rooms.contains(&other),
        ("dev", true) => room.rooms.contains(&other) || room.test_rooms.contains(&other),
        ("normal", false) => match &room.outside {
            Outside::Only(list) => list.contains(&other),
            Outside::AllBut(list) => !list.contains(&other),
        },
        // A test may use any tool, but a room's tests do not pull a framework into it either.
        ("dev", false) => match &room.outside {
            Outside::Only(_) => !WEB.contains(&other) && !DATABASE.contains(&other),
            Outside::AllBut(list) => !list.contains(&other),
        },
        // Build scripts run on the builder's machine with the builder's rights: none so far.
        _ => false,
    };
    (!allowed).then(|| {
        format!(
            "{name} may not depend on {other} ({kind}): see docs/adr/0001-rooms-and-the-law.md, \
             and tests/law/src/rooms.rs for what it may"
        )
    })
}
