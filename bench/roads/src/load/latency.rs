//! How long operations took: a histogram of microseconds with three significant digits.

use std::time::Duration;

use hdrhistogram::Histogram;

/// The longest time that is told apart, in microseconds: a minute.
const LONGEST: u64 = 60_000_000;

/// Latencies of a run.
#[derive(Debug, Clone)]
pub struct Latency(Option<Histogram<u64>>);

impl Default for Latency {
    fn default() -> Self {
        // The bounds are constants that the histogram accepts; without one nothing is recorded.
        Self(Histogram::new_with_bounds(1, LONGEST, 3).ok())
    }
}

impl Latency {
    /// Notes one.
    pub fn record(&mut self, took: Duration) {
        if let Some(histogram) = &mut self.0 {
            let micros = u64::try_from(took.as_micros()).unwrap_or(LONGEST);
            histogram.saturating_record(micros.max(1));
        }
    }

    /// Takes another run's in.
    pub fn add(&mut self, other: &Self) {
        if let (Some(mine), Some(theirs)) = (&mut self.0, &other.0) {
            // Both have the same bounds.
            let _ = mine.add(theirs);
        }
    }

    /// How many were noted.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a bench does not count past 2^52"
    )]
    pub fn count(&self) -> f64 {
        self.0
            .as_ref()
            .map_or(0.0, |histogram| histogram.len() as f64)
    }

    /// That part of all took no longer, in milliseconds; 0 without any.
    pub fn quantile_ms(&self, part: f64) -> f64 {
        let micros = self
            .0
            .as_ref()
            .map_or(0, |histogram| histogram.value_at_quantile(part));
        Duration::from_micros(micros).as_secs_f64() * 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_recorded_times() {
        let mut latency = Latency::default();
        for millis in 1..=100 {
            latency.record(Duration::from_millis(millis));
        }
        assert!((latency.count() - 100.0).abs() < f64::EPSILON);
        assert!((latency.quantile_ms(0.50) - 50.0).abs() < 0.1);
        assert!((latency.quantile_ms(0.99) - 99.0).abs() < 0.1);
    }

    #[test]
    fn runs_are_added_and_what_is_too_long_counts_as_the_longest() {
        let mut all = Latency::default();
        let mut slow = Latency::default();
        all.record(Duration::from_micros(10));
        slow.record(Duration::from_hours(1));
        all.add(&slow);
        assert!((all.count() - 2.0).abs() < f64::EPSILON);
        assert!(all.quantile_ms(1.0) >= 59_900.0);
        assert!(Latency::default().quantile_ms(0.5).abs() < f64::EPSILON);
    }
}
