//! No durable answer leaves before the disk has what it promises.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{ScopedJoinHandle, sleep};
use std::time::Duration;

use gatelodge_endurance::dice::Dice;
use gatelodge_endurance::house::{House, Storage};
use gatelodge_endurance::power::rule::{Found, Stage, Watch};
use gatelodge_endurance::power::trace::{CALLS, LENGTH, Reader};
use gatelodge_endurance::resident::{Manners, Resident};
use serde_json::json;

/// `strace` and its options, up to the traced program.
fn strace(output: &Path) -> Vec<&str> {
    let output = output.to_str().unwrap();
    let options = ["strace", "-f", "--seccomp-bpf", "-q", "-y", "-e", CALLS];
    let mut words = options.to_vec();
    words.extend(["-e", "signal=none", "-s", LENGTH, "-o", output]);
    words
}

/// Holds a trace against the rule.
fn watched(trace: &Path, promised: &BTreeSet<String>) -> Found {
    let (mut reader, mut watch) = (Reader::default(), Watch::new(promised));
    for line in BufReader::new(File::open(trace).unwrap()).split(b'\n') {
        let line = line.unwrap();
        for event in reader.line(&String::from_utf8_lossy(&line)) {
            watch.event(&event);
        }
    }
    watch.end()
}

/// What the real server promised under load, and what its trace says; `further` are options for
/// `strace`.
fn traced(further: &[&str]) -> (BTreeSet<String>, Found) {
    let binary = gatelodge_testkit::binary("gatelodge");
    let mut house = House::new(Storage::Sqlite, &binary);
    let trace = house.beside().join("trace");
    let mut words = strace(&trace);
    words.extend(further);
    house.wrap(&words);
    house.start().unwrap();
    let world = Arc::new(house.world());
    let cheap = json!({ "argon2_memory": 8_192, "argon2_iterations": 1 });
    house.configure(&world, &cheap);
    let mut residents: Vec<Resident> = (0..4)
        .map(|at| Resident::new(at, 3, world.clone(), Manners::Hoarding))
        .collect();
    std::thread::scope(|scope| {
        let lives: Vec<_> = residents
            .iter_mut()
            .map(|resident| scope.spawn(|| resident.live().unwrap()))
            .collect();
        while world.answered() < 250.0 && !lives.iter().any(ScopedJoinHandle::is_finished) {
            sleep(Duration::from_millis(20));
        }
        world.over.store(true, Ordering::Release);
    });
    let pid = std::fs::read_to_string(house.data_dir().join("gatelodge.lock")).unwrap();
    house.terminate(pid.trim().parse().unwrap());
    let owed = residents.iter_mut().flat_map(Resident::take_owed);
    let promised: BTreeSet<String> = owed.map(|owed| owed.request).collect();
    assert!(promised.len() > 80, "{}", promised.len());
    let found = watched(&trace, &promised);
    (promised, found)
}

#[test]
fn no_durable_answer_leaves_before_the_log_is_synced() {
    let (promised, found) = traced(&[]);
    assert_eq!(found.early, [], "{} syncs", found.syncs);
    assert_eq!(found.durable, promised, "every answer was seen to leave");
    assert!(found.syncs > 10 && found.commits > 10);
    assert_eq!(found.fsyncs, 0, "of {} syncs", found.syncs);
}

#[test]
fn a_disk_that_only_says_that_it_synced_is_found_out() {
    let lies = ["-e", "inject=fdatasync,fsync:retval=0"];
    let (promised, found) = traced(&lies);
    assert_eq!((found.syncs, found.durable.len()), (0, 0));
    assert_eq!(found.early.len(), promised.len());
}

/// The same watch over a server that commits under a pragma of our choice.
fn careless(synchronous: &str) -> Found {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let mut words = strace(&trace);
    let binary = gatelodge_testkit::binary("careless");
    words.push(binary.to_str().unwrap());
    let mut child = Command::new(words[0])
        .args(&words[1..])
        .arg(folder.path().join("promises.db"))
        .arg(synchronous)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut port = String::new();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    said.read_line(&mut port).unwrap();
    let mut stream = TcpStream::connect(format!("127.0.0.1:{}", port.trim())).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    let mut dice = Dice::new(2, 2);
    let mut promised = BTreeSet::new();
    for _ in 0..5 {
        // Base 32, as request ids are.
        let id = dice.word(26).replace(['8', '9'], "7");
        stream.write_all(format!("{id}\n").as_bytes()).unwrap();
        answers.read_line(&mut String::new()).unwrap();
        promised.insert(id);
    }
    stream.write_all(b"\n").unwrap();
    assert!(child.wait().unwrap().success());
    watched(&trace, &promised)
}

#[test]
fn a_server_that_commits_with_normal_is_found_out_and_one_with_full_is_not() {
    let full = careless("FULL");
    assert_eq!((full.early.len(), full.durable.len()), (0, 5), "{full:?}");
    let normal = careless("NORMAL");
    assert_eq!(normal.early.len(), 5, "{normal:?}");
    assert!(
        normal
            .early
            .iter()
            .all(|early| early.stage == Stage::Committed),
        "{normal:?}"
    );
}
