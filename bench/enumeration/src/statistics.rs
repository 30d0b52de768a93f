//! Comparing two samples of times, without a shape taken for granted.

/// How often a sample is drawn again for the interval.
const DRAWS: usize = 2_000;

/// One sample against another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Comparison {
    /// Of the medians.
    pub(crate) difference: f64,
    /// The lower end of its 99 % bootstrap interval.
    pub(crate) low: f64,
    /// The upper end.
    pub(crate) high: f64,
    /// Mann and Whitney's U in standard deviations from what chance gives.
    pub(crate) z: f64,
}

/// What an interval says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The whole interval is within the tolerance.
    Same,
    /// Some of it is.
    Unclear,
    /// None of it is.
    Differs,
}

impl Verdict {
    pub(crate) fn of(low: f64, high: f64, tolerance: f64) -> Self {
        if low >= -tolerance && high <= tolerance {
            Self::Same
        } else if low > tolerance || high < -tolerance {
            Self::Differs
        } else {
            Self::Unclear
        }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Unclear => "not shown to differ",
            Self::Differs => "differs",
        }
    }
}

/// The middle of a sample.
pub(crate) fn median(sample: &[f64]) -> f64 {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.get(middle) {
        None => 0.0,
        Some(upper) if sorted.len() % 2 == 1 => *upper,
        Some(upper) => f64::midpoint(sorted[middle - 1], *upper),
    }
}

/// Compares a sample with the reference.
pub(crate) fn compare(sample: &[f64], reference: &[f64]) -> Comparison {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut draws: Vec<f64> = (0..DRAWS)
        .map(|_| median(&dice.draw(sample)) - median(&dice.draw(reference)))
        .collect();
    draws.sort_by(f64::total_cmp);
    Comparison {
        difference: median(sample) - median(reference),
        low: draws[DRAWS / 200],
        high: draws[DRAWS - 1 - DRAWS / 200],
        z: mann_whitney(sample, reference),
    }
}

/// The normal approximation of U; ties, which times hardly have, count half.
#[expect(
    clippy::cast_precision_loss,
    reason = "samples have a few hundred values"
)]
fn mann_whitney(sample: &[f64], reference: &[f64]) -> f64 {
    let mut u = 0.0;
    for one in sample {
        for other in reference {
            u += match one.total_cmp(other) {
                core::cmp::Ordering::Greater => 1.0,
                core::cmp::Ordering::Equal => 0.5,
                core::cmp::Ordering::Less => 0.0,
            };
        }
    }
    let (n, m) = (sample.len() as f64, reference.len() as f64);
    let deviation = (n * m * (n + m + 1.0) / 12.0).sqrt();
    (u - n * m / 2.0) / deviation
}

/// Marsaglia's xorshift: the same draws in every run.
struct Dice(u64);

impl Dice {
    fn draw(&mut self, sample: &[f64]) -> Vec<f64> {
        let any = |dice: &mut Self| {
            dice.0 ^= dice.0 << 13;
            dice.0 ^= dice.0 >> 7;
            dice.0 ^= dice.0 << 17;
            let length = sample.len() as u64;
            let place = usize::try_from(dice.0 % length).unwrap_or_default();
            sample[place]
        };
        sample.iter().map(|_| any(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(middle: f64) -> Vec<f64> {
        (0..200)
            .map(|number| middle + f64::from(number % 21) - 10.0)
            .collect()
    }

    #[test]
    fn equal_samples_are_the_same_and_shifted_ones_differ() {
        let equal = compare(&sample(100.0), &sample(100.0));
        assert!(
            equal.difference.abs() < 0.5 && equal.z.abs() < 1.0,
            "{equal:?}"
        );
        assert_eq!(Verdict::of(equal.low, equal.high, 5.0), Verdict::Same);
        let shifted = compare(&sample(120.0), &sample(100.0));
        assert!(shifted.difference > 15.0 && shifted.z > 10.0, "{shifted:?}");
        assert_eq!(
            Verdict::of(shifted.low, shifted.high, 5.0),
            Verdict::Differs
        );
        assert_eq!(Verdict::of(-9.0, 1.0, 5.0), Verdict::Unclear);
    }
}
