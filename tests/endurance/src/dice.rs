//! Randomness that can be had again: a run says its seed, and the same seed makes the same
//! choices (SplitMix64). What the server answers, and when, is beyond it.

/// A seeded source of choices.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// From a seed; every `stream` of one seed is another sequence.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut dice = Self(seed ^ stream.wrapping_mul(0xA076_1D64_78BD_642F));
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 where that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    /// True once in `of` times.
    pub fn once_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    /// One of them, if there is one.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        from.get(self.below(from.len())).copied()
    }

    /// An index by weight.
    pub fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (at, weight) in weights.iter().enumerate() {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return at,
            }
        }
        0
    }

    /// Letters and digits, as a secret or a part of a name.
    pub fn word(&mut self, length: usize) -> String {
        const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        (0..length)
            .map(|_| char::from(LETTERS[self.below(LETTERS.len())]))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_choices_and_another_stream_makes_others() {
        let words = |seed, stream| Dice::new(seed, stream).word(20);
        assert_eq!(words(7, 1), words(7, 1));
        assert_ne!(words(7, 1), words(7, 2));
        assert_ne!(words(7, 1), words(8, 1));
    }

    #[test]
    fn weights_are_respected() {
        let mut dice = Dice::new(1, 1);
        let drawn: Vec<usize> = (0..1_000).map(|_| dice.weighted(&[0, 3, 1])).collect();
        let of = |index| drawn.iter().filter(|one| **one == index).count();
        assert_eq!(of(0), 0);
        assert!(of(1) > 2 * of(2), "{} {}", of(1), of(2));
    }
}
