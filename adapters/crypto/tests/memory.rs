//! Hashing memory goes back to the operating system. Alone in its process, because it reads
//! the process's resident memory.
#![cfg(target_os = "linux")]

use std::num::NonZeroUsize;
use std::time::Duration;

use gatelodge_crypto::Argon2Hasher;
use gatelodge_domain::Password;
use gatelodge_domain::password::Argon2Cost;
use gatelodge_ports::PasswordHasher as _;

const MIB: usize = 1024 * 1024;

/// Resident memory in bytes: the second number of proc(5) `statm`, in pages.
fn resident() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    statm
        .split(' ')
        .nth(1)?
        .parse::<usize>()
        .ok()
        .map(|pages| pages * 4096)
}

#[tokio::test]
async fn a_burst_of_sign_ins_leaves_no_memory_behind() {
    let idle = Duration::from_millis(50);
    let hasher = Argon2Hasher::start_giving_back_after(idle, NonZeroUsize::MIN, 8).unwrap();
    // The default, which is below what the C library would unmap by itself once freed.
    let cost = Argon2Cost {
        memory: 19_456,
        iterations: 2,
        parallelism: 1,
    };
    let password = Password::parse("correct horse").unwrap();
    let before = resident().unwrap();
    for _ in 0..3 {
        for _ in 0..2 {
            hasher.hash(&password, cost).await.unwrap();
        }
        let mut looks = 0;
        while resident().unwrap() > before + 4 * MIB {
            looks += 1;
            assert!(looks < 600, "more than 4 MiB stay");
            tokio::time::sleep(idle).await;
        }
    }
    assert_eq!(hasher.jobs(), 6);
}
