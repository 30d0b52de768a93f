//! What may grow, and how much.
//!
//! Most must stay as it is. The audit trail keeps everything, so it grows with what was done,
//! steadily; some rows are kept for a day whatever the load, so an hour only sees them grow, and
//! that is printed and not judged.

use serde_json::{Value, json};

use super::sample::Sample;
use super::slope::{chance, median, theil_sen};

/// What is asked of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    /// Over the time measured it may rise by this share of its median, or by this much.
    Flat { share: f64, floor: f64 },
    /// It grows with the answers given; no faster at the end than in the beginning.
    Steady,
    /// Kept for longer than this run; why.
    Kept(&'static str),
}

const MIB: f64 = 1_048_576.0;

/// How many standard errors a rise must be beyond what is allowed before it counts: what goes up
/// and down a lot (a hash takes megabytes, and gives them back) rises by chance in a short run.
const SURE: f64 = 3.0;

fn rule(name: &str) -> Rule {
    match name {
        "rss_anon_bytes" => Rule::Flat {
            share: 0.08,
            floor: 4.0 * MIB,
        },
        "wal_bytes" => Rule::Flat {
            share: 0.10,
            floor: 4.0 * MIB,
        },
        "descriptors" => Rule::Flat {
            share: 0.05,
            floor: 8.0,
        },
        "threads" => Rule::Flat {
            share: 0.0,
            floor: 1.0,
        },
        "database_bytes" | "rows.audit_events" => Rule::Steady,
        "rows.audit_seals" => Rule::Kept("with the trail, one a commit at most"),
        "rows.changes" => Rule::Kept("a day, for nodes that were away"),
        "rows.revocations" => Rule::Kept("until the longest access token that may be set ends"),
        "rows.watermarks" => Rule::Kept("for 25 hours"),
        _ => Rule::Flat {
            share: 0.15,
            floor: 100.0,
        },
    }
}

/// What was found of one series.
#[derive(Debug, Clone)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// First and last value after the warm-up.
    pub ends: (f64, f64),
    /// The median.
    pub median: f64,
    /// Growth an hour.
    pub per_hour: f64,
    /// What was asked, in words.
    pub asked: String,
    /// Whether it is so.
    pub holds: bool,
}

impl Series {
    /// As JSON.
    pub fn json(&self) -> Value {
        json!({
            "first": self.ends.0, "last": self.ends.1, "median": self.median,
            "per_hour": self.per_hour, "asked": self.asked, "holds": self.holds,
        })
    }
}

/// Judges every series of samples, which are at these seconds and after these answers.
pub(super) fn judge(samples: &[(f64, f64, Sample)]) -> Vec<Series> {
    let Some((_, _, last)) = samples.last() else {
        return Vec::new();
    };
    last.keys().map(|name| one(name, samples)).collect()
}

fn one(name: &str, samples: &[(f64, f64, Sample)]) -> Series {
    let value = |sample: &Sample| sample.get(name).copied().unwrap_or_default();
    let by_time: Vec<(f64, f64)> = samples.iter().map(|(at, _, s)| (*at, value(s))).collect();
    let by_work: Vec<(f64, f64)> = samples.iter().map(|(_, n, s)| (*n, value(s))).collect();
    let values: Vec<f64> = by_time.iter().map(|(_, value)| *value).collect();
    let ends = (values[0], values[values.len() - 1]);
    let seconds = by_time[by_time.len() - 1].0 - by_time[0].0;
    let slope = theil_sen(&by_time);
    let median = median(&values);
    let (asked, holds) = match rule(name) {
        Rule::Flat { share, floor } => {
            let allowed = (share * median).max(floor) + SURE * chance(&by_time, slope);
            let rise = slope * seconds;
            (format!("rises by at most {allowed:.0}"), rise <= allowed)
        }
        Rule::Steady => {
            let middle = by_work.len() / 2;
            let (early, late) = (theil_sen(&by_work[..middle]), theil_sen(&by_work[middle..]));
            let asked = format!("{early:.2}, then {late:.2} an answer; not faster");
            (asked, late <= early.mul_add(1.5, 0.05))
        }
        Rule::Kept(why) => (format!("kept {why}"), true),
    };
    Series {
        name: name.to_owned(),
        ends,
        median,
        per_hour: slope * 3_600.0,
        asked,
        holds,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(name: &str, value: impl Fn(f64) -> f64) -> Vec<(f64, f64, Sample)> {
        (0..40)
            .map(|at| {
                let at = f64::from(at);
                let sample = Sample::from([(name.to_owned(), value(at))]);
                (5.0 * at, 500.0 * at, sample)
            })
            .collect()
    }

    fn holds(name: &str, value: impl Fn(f64) -> f64) -> bool {
        judge(&samples(name, value))[0].holds
    }

    #[test]
    fn a_leak_of_descriptors_memory_or_rows_is_seen_and_a_saw_is_not_one() {
        for name in ["descriptors", "threads", "rows.sessions", "rss_anon_bytes"] {
            let step = if name == "rss_anon_bytes" { MIB } else { 10.0 };
            assert!(!holds(name, |at| 40.0 * step + at * step), "{name}");
            assert!(holds(name, |at| 40.0 * step + at % 4.0), "{name}");
        }
    }

    #[test]
    fn a_trail_may_grow_with_the_work_and_not_faster() {
        assert!(holds("rows.audit_events", |at| at * 500.0));
        assert!(!holds("rows.audit_events", |at| at * at * 50.0));
    }
}
