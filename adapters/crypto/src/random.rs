//! Randomness from OpenSSL's generator, which seeds itself from the operating system
//! (NIST SP 800-90A CTR-DRBG).

use gatelodge_ports::Rng;

/// OpenSSL's random generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpensslRng;

impl Rng for OpensslRng {
    /// Ends the process when the generator fails: a code or key that somebody could guess is
    /// worse than a stop, and there is no caller who could do better.
    fn fill(&self, buffer: &mut [u8]) {
        if let Err(error) = openssl::rand::rand_bytes(buffer) {
            eprintln!("the random generator failed, stopping: {error}");
            std::process::abort();
        }
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
}
