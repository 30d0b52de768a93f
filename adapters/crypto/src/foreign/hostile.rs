//! Hashes that were written to keep our threads busy or to eat our memory: an import refuses
//! them for their cost alone, before anything is computed, and what is at the cap is accepted.

use core::time::Duration;

use gatelodge_ports::hasher::ForeignHashRefused;

use super::{ForeignHash, stored};

const B64: &str = "AAECAwQFBgcICQoLDA0ODw";

/// Held against a clock: were all of them computed, it would take minutes, or the machine.
fn refused_at_once(hostile: &[String], at_the_cap: &[String]) {
    let began = tokio::time::Instant::now();
    for text in hostile {
        let refused = stored(text).err();
        assert_eq!(refused, Some(ForeignHashRefused::Cost), "{text}");
        // A row that somebody wrote past the import is not computed either.
        assert!(ForeignHash::parse(text).is_err(), "{text}");
    }
    for text in at_the_cap {
        assert!(stored(text).is_ok(), "{text}");
    }
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn bcrypt_of_cost_31_is_refused() {
    let of = |cost: u32| format!("$2b${cost:02}${}", "x".repeat(53));
    refused_at_once(&[of(31), of(99), of(15)], &[of(14), of(4)]);
}

#[test]
fn scrypt_of_a_gibibyte_of_blocks_is_refused() {
    let phc = |ln: u32, r: u32, p: u32| format!("$scrypt$ln={ln},r={r},p={p}${B64}${B64}");
    let django = |n: u64, r: u32, p: u32| format!("scrypt$salt${n}${r}${p}${B64}");
    refused_at_once(
        &[
            phc(30, 8, 1),
            phc(31, 1, 1),
            phc(63, 1, 1),
            phc(99, 1, 1),
            phc(1, u32::MAX, u32::MAX),
            phc(14, 8, u32::MAX),
            phc(18, 8, 1),
            django(1 << 30, 8, 1),
            django(2, u32::MAX, 1),
        ],
        &[phc(17, 8, 1), phc(14, 8, 16), django(16_384, 8, 5)],
    );
    // No blocks, or none at once, is no scrypt at all.
    for text in [phc(14, 0, 1), phc(14, 8, 0), django(16_384, 0, 1)] {
        let refused = stored(&text).err();
        assert_eq!(refused, Some(ForeignHashRefused::Form), "{text}");
    }
}

#[test]
fn pbkdf2_of_a_thousand_million_rounds_is_refused() {
    let passlib = |rounds: u32| format!("$pbkdf2-sha256${rounds}${B64}${B64}");
    let phc = |rounds: u32| format!("$pbkdf2-sha512$i={rounds},l=16${B64}${B64}");
    let django = |rounds: u32| format!("pbkdf2_sha1${rounds}$salt${B64}");
    // Each further block of output costs all rounds again.
    let wide = format!("$pbkdf2$1000000${B64}${}", "A".repeat(170));
    refused_at_once(
        &[
            passlib(1_000_000_000),
            phc(1_000_000_000),
            django(1_000_000_000),
            passlib(u32::MAX),
            passlib(2_000_001),
            wide,
        ],
        &[passlib(2_000_000), phc(600_000), django(1)],
    );
}

#[test]
fn sha_crypt_of_a_thousand_million_rounds_is_refused() {
    let of = |rounds: u32| format!("$6$rounds={rounds}$salt${}", "x".repeat(86));
    let directory = format!("{{CRYPT}}$5$rounds=999999999$salt${}", "x".repeat(43));
    refused_at_once(
        &[
            of(1_000_000_000),
            of(999_999_999),
            of(u32::MAX),
            of(1_000_001),
            directory,
        ],
        &[of(1_000_000), of(1_000)],
    );
}

#[test]
fn argon2_of_four_gibibytes_is_refused() {
    let of = |m: u32, t: u32, p: u32| format!("$argon2id$v=19$m={m},t={t},p={p}${B64}${B64}");
    let django = format!("argon2{}", of(4_194_304, 3, 1));
    refused_at_once(
        &[
            of(4_194_304, 1, 1),
            of(u32::MAX, 1, 1),
            of(262_145, 1, 1),
            of(65_536, u32::MAX, 1),
            of(8, u32::MAX, 1),
            of(65_536, 3, 16_777_215),
            django,
        ],
        &[of(262_144, 4, 1), of(65_536, 3, 4)],
    );
}

#[test]
fn numbers_beyond_any_are_no_hash() {
    for text in [
        format!("$pbkdf2-sha256$10000000000${B64}${B64}"),
        format!("$6$rounds=99999999999$salt${}", "x".repeat(86)),
        format!("$argon2id$v=19$m=99999999999,t=1,p=1${B64}${B64}"),
        format!("$scrypt$ln=99999999999,r=8,p=1${B64}${B64}"),
        format!("$2b$131${}", "x".repeat(53)),
        format!("{{SSHA}}{}", "A".repeat(1_400)),
    ] {
        let refused = stored(&text).err();
        assert_eq!(refused, Some(ForeignHashRefused::Form), "{text}");
    }
}
