//! The figures of a road: rounds, medians, spread.

use crate::load::{Latency, Outcome};

/// A round: ours, then what it is held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Round {
    /// Our operations a second.
    pub ours: f64,
    /// The reference's.
    pub reference: f64,
}

/// A road at a number of connections.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// How many connections.
    pub connections: usize,
    /// The rounds.
    pub rounds: Vec<Round>,
    /// How long our operations took, all rounds together.
    pub latency: Latency,
    /// Answers of ours that were wrong or never came.
    pub faults: u64,
    /// Answers of ours that asked to come back later.
    pub shed: u64,
    /// The first thing that was wrong, of either.
    pub complaint: Option<String>,
    /// Faults of the reference.
    pub reference_faults: u64,
    /// Microseconds of processor time per operation, ours and the reference's.
    pub processor_us: (f64, f64),
    /// Answers about a token after its revocation, and all of them inactive.
    pub of_revoked: u64,
}

impl Figures {
    /// Takes a round's outcomes in; the reference's rate where it has no outcome of its own.
    pub fn add(&mut self, ours: &Outcome, reference: Result<&Outcome, f64>) {
        self.latency.add(&ours.latency);
        self.faults += ours.wrong + ours.lost;
        self.shed += ours.shed;
        let mut complaints = vec![&ours.complaint];
        let rate = match reference {
            Ok(outcome) => {
                self.reference_faults += outcome.wrong + outcome.lost;
                complaints.push(&outcome.complaint);
                outcome.per_second()
            }
            Err(rate) => rate,
        };
        if self.complaint.is_none() {
            self.complaint = complaints.into_iter().flatten().next().cloned();
        }
        self.rounds.push(Round {
            ours: ours.per_second(),
            reference: rate,
        });
    }

    /// Our median operations a second.
    pub fn rps(&self) -> f64 {
        median(self.rounds.iter().map(|round| round.ours))
    }

    /// The reference's.
    pub fn reference_rps(&self) -> f64 {
        median(self.rounds.iter().map(|round| round.reference))
    }

    /// The ratio of each round.
    pub fn ratios(&self) -> impl Iterator<Item = f64> + '_ {
        self.rounds.iter().map(|round| round.ours / round.reference)
    }

    /// The median ratio.
    pub fn ratio(&self) -> f64 {
        median(self.ratios())
    }

    /// How far the ratios lie apart: the widest distance over the median.
    pub fn spread(&self) -> f64 {
        spread(self.ratios())
    }
}

/// The one in the middle, or the mean of the two in the middle; 0 without any.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match (values.len() % 2, values.get(half)) {
        (1, Some(middle)) => *middle,
        (0, Some(upper)) => f64::midpoint(values[half - 1], *upper),
        _ => 0.0,
    }
}

/// From the least to the greatest, as a part of the median; 0 without any.
pub fn spread(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let middle = median(values.into_iter());
    if middle > 0.0 {
        (greatest - least) / middle
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-9
    }

    #[test]
    fn the_median_is_in_the_middle_of_odd_and_even_numbers() {
        assert!(near(median([3.0, 1.0, 2.0].into_iter()), 2.0));
        assert!(near(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5));
        assert!(near(median([].into_iter()), 0.0));
    }

    #[test]
    fn the_spread_is_the_widest_distance_over_the_median() {
        assert!(near(spread([0.45, 0.5, 0.55].into_iter()), 0.2));
        assert!(near(spread([].into_iter()), 0.0));
    }

    #[test]
    fn the_ratio_is_the_median_of_ratios_and_not_the_ratio_of_medians() {
        let round = |ours, reference| Round { ours, reference };
        let figures = Figures {
            rounds: vec![round(1.0, 2.0), round(3.0, 4.0), round(10.0, 100.0)],
            ..Figures::default()
        };
        assert!(near(figures.ratio(), 0.5));
        assert!(near(figures.rps(), 3.0));
        assert!(near(figures.reference_rps(), 4.0));
    }
}
