//! Randomness from OpenSSL's generator, which seeds itself from the operating system
//! (NIST SP 800-90A CTR-DRBG).

use std::cell::RefCell;

use gatelodge_ports::Rng;
use zeroize::Zeroize as _;

/// How much a thread draws at a time. The generator has a fixed price for each call, a system
/// call within it, and every request wants a few bytes.
const DRAWN_AT_ONCE: usize = 512;

/// More than this is drawn for itself.
const SHORT: usize = 64;

/// OpenSSL's random generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpensslRng;

/// Bytes that nobody has had yet, at the end. This process never forks without replacing itself,
/// so nobody else gets them too.
struct Drawn {
    bytes: [u8; DRAWN_AT_ONCE],
    left: usize,
}

thread_local! {
    static DRAWN: RefCell<Drawn> = const {
        RefCell::new(Drawn { bytes: [0; DRAWN_AT_ONCE], left: 0 })
    };
}

impl Drawn {
    /// Hands the last bytes out and leaves none of them behind.
    fn give(&mut self, buffer: &mut [u8]) {
        if self.left < buffer.len() {
            draw(&mut self.bytes);
            self.left = self.bytes.len();
        }
        let rest = self.left - buffer.len();
        let given = &mut self.bytes[rest..self.left];
        buffer.copy_from_slice(given);
        given.zeroize();
        self.left = rest;
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl Rng for OpensslRng {
    fn fill(&self, buffer: &mut [u8]) {
        if buffer.len() > SHORT {
            return draw(buffer);
        }
        // A thread that is ending has none left.
        if DRAWN
            .try_with(|drawn| drawn.borrow_mut().give(buffer))
            .is_err()
        {
            draw(buffer);
        }
    }
}

/// Ends the process when the generator fails: a code or key that somebody could guess is worse
/// than a stop, and there is no caller who could do better.
fn draw(buffer: &mut [u8]) {
    if let Err(error) = openssl::rand::rand_bytes(buffer) {
        eprintln!("the random generator failed, stopping: {error}");
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_the_buffer_is_drawn() {
        let mut seen = [0u8; 64];
        for _ in 0..16 {
            let mut buffer = [0u8; 64];
            OpensslRng.fill(&mut buffer);
            for (seen, drawn) in seen.iter_mut().zip(buffer) {
                *seen |= drawn;
            }
        }
        assert!(seen.iter().all(|byte| *byte != 0), "{seen:?}");
    }

    #[test]
    fn two_draws_differ() {
        let rng: &dyn Rng = &OpensslRng;
        assert_ne!(rng.bytes::<32>(), rng.bytes::<32>());
    }

    #[test]
    fn no_byte_is_given_twice_and_none_stays_behind() {
        let mut drawn = Drawn {
            bytes: [0; DRAWN_AT_ONCE],
            left: 0,
        };
        let mut given = Vec::new();
        for length in [16, 64, 1, 63, 16].into_iter().cycle().take(60) {
            let mut buffer = vec![0; length];
            drawn.give(&mut buffer);
            assert!(drawn.bytes[drawn.left..].iter().all(|byte| *byte == 0));
            given.push(buffer);
        }
        given.retain(|buffer| buffer.len() >= 16);
        let all = given.len();
        given.sort_unstable();
        given.dedup();
        assert_eq!(given.len(), all);
    }
}
