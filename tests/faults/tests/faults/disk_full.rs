//! A full disk: what writes is turned away, what reads goes on, and nothing answered is lost.

use std::path::{Path, PathBuf};
use std::process::Command;

use gatelodge_testkit::{Answer, Jwt};
use tempfile::TempDir;

use crate::house::{Plan, eventually, expect_unavailable};

/// A file system of its own, of a few megabytes.
struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    fn mount(size: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let mounted = Command::new("mount")
            .args([
                "-t",
                "tmpfs",
                "-o",
                &format!("size={size},mode=0700"),
                "tmpfs",
            ])
            .arg(folder.path())
            .output()
            .expect("`mount` can be run");
        assert!(
            mounted.status.success(),
            "A FULL DISK CANNOT BE SHOWN HERE: mounting a tmpfs is not allowed ({}). Run the \
             tests as root, or under `unshare --map-root-user --mount`.",
            String::from_utf8_lossy(&mounted.stderr).trim()
        );
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes every byte that is left; the file that holds them.
    fn fill(&self) -> PathBuf {
        let ballast = self.path().join("ballast");
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&ballast);
        let mut file = file.unwrap();
        for size in [65_536, 4_096, 1] {
            while std::io::Write::write_all(&mut file, &vec![0; size]).is_ok() {}
        }
        ballast
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the server may hold files still.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn active(answer: &Answer) -> bool {
    answer.json()["active"] == true
}

#[test]
fn a_full_disk_turns_writes_away_and_loses_nothing() {
    let disk = SmallDisk::mount("24m");
    let house = Plan::demo().in_folder(&disk.path().join("data")).start();
    let app = house.app();
    let signed_in = app.redeem(&house.code(&app)).expect_status(200);
    let machine = house.client_credentials().expect_status(200);

    let ballast = disk.fill();
    // What fits into the log that is there already may still be written, and is durable then.
    let mut tokens = vec![machine.field("access_token")];
    eventually("a write is turned away", || {
        disk.fill();
        house.client_credentials().status == 503
    });
    for _ in 0..20 {
        let answer = house.client_credentials();
        if answer.status == 200 {
            tokens.push(answer.field("access_token"));
        } else {
            expect_unavailable(&answer);
        }
        disk.fill();
    }
    expect_unavailable(&app.refresh(&signed_in.field("refresh_token")));
    // Reads go on.
    let _ = house.discovery().expect_status(200);
    assert!(active(&house.introspect(&tokens[0]).expect_status(200)));
    let _ = app
        .userinfo(&signed_in.field("access_token"))
        .expect_status(200);
    let refuses = "the storage refuses some of the work";
    eventually("readiness says so", || {
        disk.fill();
        let _ = house.client_credentials();
        house.readyz().text() == format!("ready\n{refuses}\n")
    });

    std::fs::remove_file(ballast).unwrap();
    eventually("writes are taken again", || {
        house.client_credentials().status == 200
    });
    house.recovers();
    house.told_by_episode(refuses, "answering");
    assert!(house.said().contains("full"), "the log names the cause");
    // A refresh that was turned away has spent nothing.
    let refreshed = app
        .refresh(&signed_in.field("refresh_token"))
        .expect_status(200);

    // What was answered is there, also after a start.
    let mut house = house;
    house.restart();
    for token in &tokens {
        assert!(active(&house.introspect(token)));
    }
    let _ = app
        .refresh(&refreshed.field("refresh_token"))
        .expect_status(200);
    let events = crate::events::of_tokens(house.data_dir());
    for token in &tokens {
        let id = Jwt::parse(token).claim("jti").to_owned();
        assert!(events.contains(&id), "the event of {id}");
    }
}
