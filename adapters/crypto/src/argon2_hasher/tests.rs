//! Hashes by published vectors, and what each try costs.

use std::sync::mpsc;

use argon2::{AssociatedData, ParamsBuilder};

use super::*;

const CHEAP: Argon2Cost = Argon2Cost {
    memory: 64,
    iterations: 1,
    parallelism: 1,
};
const DEARER: Argon2Cost = Argon2Cost {
    memory: 128,
    iterations: 2,
    parallelism: 2,
};

fn hasher(threads: usize, queue: usize) -> Arc<Argon2Hasher> {
    Argon2Hasher::start(NonZeroUsize::new(threads).unwrap(), queue).unwrap()
}

fn password(text: &str) -> Password {
    Password::presented(text).unwrap()
}

#[test]
fn rfc_9106_section_5_3_in_memory_that_was_used_before() {
    let params = ParamsBuilder::new()
        .m_cost(32)
        .t_cost(3)
        .p_cost(4)
        .data(AssociatedData::new(&[4; 12]).unwrap())
        .build()
        .unwrap();
    let argon2 =
        Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
    let mut memory = Memory::default();
    for round in 0..2 {
        let mut tag = [0; 32];
        let blocks = memory.blocks(64).unwrap();
        argon2
            .hash_password_into_with_memory(&[1; 32], &[2; 16], &mut tag, &mut *blocks)
            .unwrap();
        let expected = [
            0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37, 0xa3, 0x4a, 0x8b,
            0x53, 0xc9, 0xd0, 0x1e, 0xf0, 0x45, 0x2d, 0x75, 0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9,
            0x6b, 0x01, 0xe6, 0x59,
        ];
        assert_eq!(tag, expected, "round {round}");
        for block in blocks {
            block.as_mut().fill(u64::MAX);
        }
    }
}

impl Argon2Hasher {
    async fn verdict(
        &self,
        password: &Password,
        stored: Option<&PasswordHash>,
        wanted: Argon2Cost,
    ) -> Result<Verdict, HasherError> {
        let compared = self.verify(password, stored, wanted).await?;
        Ok(compared.verdict)
    }
}

#[tokio::test]
async fn hashes_of_the_reference_implementation_verify() {
    let hasher = hasher(1, 1);
    for text in [
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
        "$argon2id$v=19$m=65536,t=1,p=1$c29tZXNhbHQ$9qWtwbpyPd3vm1rB1GThgPzZ3/ydHL92zKL+15XZypg",
    ] {
        let stored = PasswordHash::from_phc(text.to_owned());
        let wanted = Phc::parse(text).unwrap().cost;
        let verdict = hasher
            .verdict(&password("password"), Some(&stored), wanted)
            .await;
        assert_eq!(verdict, Ok(Verdict::Match), "{text}");
        let verdict = hasher
            .verdict(&password("Password"), Some(&stored), wanted)
            .await;
        assert_eq!(verdict, Ok(Verdict::Mismatch), "{text}");
    }
}

#[tokio::test]
async fn a_hash_carries_its_cost_and_a_salt_of_its_own() {
    let hasher = hasher(1, 1);
    let one = hasher
        .hash(&password("correct horse"), DEARER)
        .await
        .unwrap();
    let other = hasher
        .hash(&password("correct horse"), DEARER)
        .await
        .unwrap();
    assert!(
        one.as_phc().starts_with("$argon2id$v=19$m=128,t=2,p=2$"),
        "{}",
        one.as_phc()
    );
    let (one, other) = (
        Phc::parse(one.as_phc()).unwrap(),
        Phc::parse(other.as_phc()).unwrap(),
    );
    assert_eq!((one.salt.len(), one.output.len()), (16, 32));
    assert_ne!(one.salt, other.salt);
    assert_ne!(one.output, other.output);
}

#[tokio::test]
async fn a_right_password_at_another_cost_asks_for_a_new_hash() {
    let hasher = hasher(1, 1);
    let right = password("correct horse");
    let stored = hasher.hash(&right, CHEAP).await.unwrap();
    let verdict = hasher.verdict(&right, Some(&stored), CHEAP).await;
    assert_eq!(verdict, Ok(Verdict::Match));
    for wanted in [
        Argon2Cost {
            memory: 65,
            ..CHEAP
        },
        Argon2Cost {
            iterations: 2,
            ..CHEAP
        },
        Argon2Cost {
            parallelism: 2,
            ..CHEAP
        },
    ] {
        let verdict = hasher.verdict(&right, Some(&stored), wanted).await;
        assert_eq!(verdict, Ok(Verdict::MatchAtOldCost));
        let wrong = hasher
            .verdict(&password("wrong horse"), Some(&stored), wanted)
            .await;
        assert_eq!(wrong, Ok(Verdict::Mismatch));
    }
}

#[tokio::test]
async fn every_try_is_one_job_known_or_not() {
    let hasher = hasher(2, 4);
    let right = password("correct horse");
    let stored = hasher.hash(&right, CHEAP).await.unwrap();
    assert_eq!(hasher.jobs(), 1);
    hasher.verdict(&right, Some(&stored), CHEAP).await.unwrap();
    assert_eq!(hasher.jobs(), 2);
    hasher
        .verdict(&password("wrong horse"), Some(&stored), DEARER)
        .await
        .unwrap();
    assert_eq!(hasher.jobs(), 3);
    let unknown = hasher.verdict(&right, None, CHEAP).await;
    assert_eq!(unknown, Ok(Verdict::Mismatch));
    assert_eq!(hasher.jobs(), 4);
}

#[tokio::test]
async fn a_full_queue_is_busy_for_known_and_unknown_alike() {
    let hasher = hasher(1, 0);
    let right = password("correct horse");
    let (start, started) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let occupied = hasher.pool.submit(move |_| {
        start.send(()).unwrap();
        let _ = released.recv();
    });
    started.recv().unwrap();
    let stored = PasswordHash::from_phc(
        Phc {
            cost: CHEAP,
            salt: vec![1; SALT],
            output: vec![2; OUTPUT],
        }
        .to_text(),
    );
    let busy = Err(HasherError::Busy);
    assert_eq!(hasher.verdict(&right, Some(&stored), CHEAP).await, busy);
    assert_eq!(hasher.verdict(&right, None, CHEAP).await, busy);
    assert_eq!(
        hasher.hash(&right, CHEAP).await.err(),
        Some(HasherError::Busy)
    );
    assert_eq!(hasher.jobs(), 1, "who was turned away cost no job");
    drop(release);
    occupied.unwrap().await.unwrap();
}

#[tokio::test]
async fn the_wait_for_a_turn_is_not_counted() {
    let hasher = hasher(1, 1);
    let (start, started) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let occupied = hasher.pool.submit(move |_| {
        start.send(()).unwrap();
        let _ = released.recv();
    });
    started.recv().unwrap();
    let waiting = Arc::clone(&hasher);
    let began = Instant::now();
    let compared = tokio::spawn(async move {
        waiting
            .verify(&password("correct horse"), None, CHEAP)
            .await
    });
    let long = Duration::from_millis(300);
    tokio::time::sleep(long).await;
    drop(release);
    let compared = compared.await.unwrap().unwrap();
    // What it took was all after that time, however slow this machine is.
    let after = began.elapsed().checked_sub(long).unwrap();
    assert!(compared.took <= after, "{:?} of {after:?}", compared.took);
    occupied.unwrap().await.unwrap();
}

#[tokio::test]
async fn many_at_once_share_the_memory_and_keep_their_own_results() {
    let hasher = hasher(2, 64);
    let tasks: Vec<_> = (0..24)
        .map(|number| {
            let hasher = Arc::clone(&hasher);
            tokio::spawn(async move {
                let cost = if number % 3 == 0 { DEARER } else { CHEAP };
                let mine = password(&format!("password {number}"));
                let stored = hasher.hash(&mine, cost).await.unwrap();
                let other = password(&format!("password {}", number + 1));
                let verdict = hasher.verdict(&mine, Some(&stored), cost).await;
                assert_eq!(verdict, Ok(Verdict::Match));
                let verdict = hasher.verdict(&other, Some(&stored), cost).await;
                assert_eq!(verdict, Ok(Verdict::Mismatch));
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(hasher.jobs(), 24 * 3);
}

#[tokio::test]
async fn a_broken_hash_or_cost_is_a_failure_and_never_a_match() {
    let hasher = hasher(1, 1);
    let right = password("correct horse");
    for broken in ["", "plain text", "$argon2id$v=19$m=64,t=1,p=1$$"] {
        let stored = PasswordHash::from_phc(broken.to_owned());
        let verdict = hasher.verdict(&right, Some(&stored), CHEAP).await;
        assert!(
            matches!(verdict, Err(HasherError::Failed(_))),
            "{verdict:?}"
        );
    }
    for parallelism in [0, 9, u32::MAX] {
        let cost = Argon2Cost {
            parallelism,
            ..CHEAP
        };
        assert!(matches!(
            hasher.hash(&right, cost).await,
            Err(HasherError::Failed(_))
        ));
    }
}
