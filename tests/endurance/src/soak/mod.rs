//! The soak: a mixed load at a fixed rate for a long time, in a house that stays as full as it
//! is; after a warm-up memory, descriptors, threads, write-ahead log and rows must be flat.

mod sample;
mod slope;
mod verdict;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, sleep};
use std::time::Duration;

use serde_json::{Value, json};

use crate::house::{House, Storage};
use crate::line::{Calls, Step, Stop, World};
use crate::pace::Pace;
use crate::resident::{Manners, Resident};
use crate::stopwatch::now;
use sample::Sample;
use verdict::Series;

/// What a soak is made of.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How long, the warm-up included; longer where the machine is slow.
    pub lasts: Duration,
    /// Calls a second, whether answered or not.
    pub rate: u32,
    /// Clients at once.
    pub residents: usize,
    /// Which engine stores.
    pub storage: Storage,
    /// Decides what the clients do.
    pub seed: u64,
    /// The server's binary.
    pub binary: PathBuf,
    /// Whether progress is printed.
    pub talk: bool,
}

/// What it came to.
#[derive(Debug)]
pub struct Report {
    /// Every series.
    pub series: Vec<Series>,
    /// Calls by kind.
    pub calls: BTreeMap<&'static str, Calls>,
    /// Promises that were broken, in words.
    pub broken: Vec<String>,
    /// Every sample: seconds, calls answered, values.
    samples: Vec<(f64, f64, Sample)>,
}

/// After how many calls of each client all that it once had is gone and what there is was made
/// in their place: from then on the house is as full as it ever gets, however slow the machine.
const TURNOVER: f64 = 300.0;
/// The share of the time that is warm-up, at least.
const WARM_UP: f64 = 0.25;
/// A slow machine is given this much more time to get warm.
const PATIENCE: f64 = 2.0;

impl Plan {
    #[expect(clippy::cast_precision_loss, reason = "a few clients")]
    fn turnover(&self) -> f64 {
        TURNOVER * self.residents as f64
    }

    fn seconds(&self) -> f64 {
        self.lasts.as_secs_f64()
    }

    /// Whether the house is as full as it gets, after that many seconds and answers.
    fn is_warm(&self, at: f64, answered: f64) -> bool {
        at >= self.seconds() * WARM_UP && answered >= self.turnover()
    }

    /// Seconds that were measured since it was warm.
    fn measured(&self, samples: &[(f64, f64, Sample)]) -> f64 {
        let warm = samples.iter().find(|(at, n, _)| self.is_warm(*at, *n));
        match (warm, samples.last()) {
            (Some((since, _, _)), Some((now, _, _))) => now - since,
            _ => 0.0,
        }
    }

    /// Whether it has lasted long enough: a slow machine is warm later, and measured as long.
    fn is_done(&self, at: f64, samples: &[(f64, f64, Sample)]) -> bool {
        let measured = self.measured(samples) >= self.seconds() * (1.0 - WARM_UP);
        (at >= self.seconds() && measured) || at >= self.seconds() * PATIENCE
    }
}

/// Lives through it.
pub fn run(plan: &Plan) -> Result<Report, String> {
    let mut house = House::new(plan.storage, &plan.binary);
    house.start()?;
    let mut world = house.world();
    // Access tokens end, and their revocations are swept, while it is watched. What the ledger
    // counts on ends with its person, and never by itself: the machine may be slow today.
    let settings = json!({
        "argon2_memory": 8_192, "argon2_iterations": 1,
        "access_token_lifetime": 120, "id_token_lifetime": 7_200,
        "refresh_idle_lifetime": 7_200, "refresh_absolute_lifetime": 14_400,
        "session_idle_lifetime": 7_200, "session_absolute_lifetime": 14_400,
    });
    house.configure(&world, &settings);
    world.pace = Some(Pace::per_second(plan.rate));
    let world = Arc::new(world);
    let mut residents: Vec<Resident> = (0..plan.residents)
        .map(|at| Resident::new(at, plan.seed, world.clone(), Manners::Tidy))
        .collect();
    let (samples, broken) = live(plan, &house, &world, &mut residents)?;
    let measured: Vec<_> = samples
        .iter()
        .skip_while(|(at, answered, _)| !plan.is_warm(*at, *answered))
        .cloned()
        .collect();
    if broken.is_empty() && plan.measured(&samples) < plan.seconds() * WARM_UP {
        let answered = world.answered();
        let needed = plan.turnover();
        return Err(format!(
            "too slow a machine to judge: {answered:.0} answers, and it is warm after {needed:.0}"
        ));
    }
    let mut calls: BTreeMap<&'static str, Calls> = BTreeMap::new();
    for resident in &residents {
        for (kind, some) in &resident.line.calls {
            let all = calls.entry(kind).or_default();
            all.micros.extend(&some.micros);
            all.lost += some.lost;
            all.turned_away += some.turned_away;
        }
    }
    Ok(Report {
        series: verdict::judge(&measured),
        calls,
        broken,
        samples,
    })
}

type Measured = (Vec<(f64, f64, Sample)>, Vec<String>);

fn live(
    plan: &Plan,
    house: &House,
    world: &Arc<World>,
    residents: &mut [Resident],
) -> Result<Measured, String> {
    let period = (plan.lasts / 120).clamp(Duration::from_secs(2), Duration::from_secs(30));
    let failed = AtomicBool::new(false);
    scope(|scope| {
        let threads: Vec<_> = residents
            .iter_mut()
            .map(|resident| {
                let failed = &failed;
                scope.spawn(move || -> Step<()> {
                    let lived = resident.live();
                    if lived.is_err() {
                        failed.store(true, Ordering::Release);
                    }
                    lived
                })
            })
            .collect();
        let begun = now();
        let mut samples = Vec::new();
        let mut told = 0;
        let measured = loop {
            let seconds = now().duration_since(begun);
            if plan.is_done(seconds.as_secs_f64(), &samples) || failed.load(Ordering::Acquire) {
                break Ok(());
            }
            match sample::take(house) {
                Ok(sample) => samples.push((seconds.as_secs_f64(), world.answered(), sample)),
                Err(why) => break Err(why),
            }
            if plan.talk && seconds.as_secs() / 30 > told {
                told = seconds.as_secs() / 30;
                if let Some((at, answered, sample)) = samples.last() {
                    progress(*at, *answered, sample);
                }
            }
            house.shorten_log();
            sleep(period);
        };
        world.over.store(true, Ordering::Release);
        let mut broken = Vec::new();
        for thread in threads {
            if let Err(Stop::Broken(what)) = thread.join().unwrap() {
                broken.push(what);
            }
        }
        measured.map(|()| (samples, broken))
    })
}

fn progress(at: f64, answered: f64, sample: &Sample) {
    let value = |name: &str| sample.get(name).copied().unwrap_or_default();
    println!(
        "{at:>6.0} s {answered:>9.0} answers  {:>6.1} MiB anonymous  {:>4.0} descriptors  \
         {:>3.0} threads  {:>6.1} MiB log  {:>8.0} events",
        value("rss_anon_bytes") / 1_048_576.0,
        value("descriptors"),
        value("threads"),
        value("wal_bytes") / 1_048_576.0,
        value("rows.audit_events"),
    );
}

impl Report {
    /// Whether everything is as it must be.
    pub fn holds(&self) -> bool {
        self.broken.is_empty()
            && self.calls.values().all(|calls| calls.lost == 0)
            && self.series.iter().all(|series| series.holds)
            && !self.series.is_empty()
    }

    /// A table for people.
    pub fn table(&self) -> String {
        use std::fmt::Write as _;
        let mut text = String::new();
        let _ = writeln!(
            text,
            "{:<24} {:>14} {:>14} {:>14} {:>14}",
            "series", "first", "last", "median", "an hour"
        );
        for one in &self.series {
            let verdict = if one.holds { "" } else { "  NOT SO" };
            let _ = writeln!(
                text,
                "{:<24} {:>14.0} {:>14.0} {:>14.0} {:>14.0}  {}{verdict}",
                one.name, one.ends.0, one.ends.1, one.median, one.per_hour, one.asked
            );
        }
        let _ = writeln!(
            text,
            "\n{:<24} {:>10} {:>10} {:>10} {:>10} {:>12}",
            "calls", "answered", "p50 ms", "p99 ms", "lost", "turned away"
        );
        for (kind, calls) in &self.calls {
            let [middle, high] = [0.5, 0.99].map(|share| millis(&calls.micros, share));
            let _ = writeln!(
                text,
                "{kind:<24} {:>10} {middle:>10.1} {high:>10.1} {:>10} {:>12}",
                calls.micros.len(),
                calls.lost,
                calls.turned_away
            );
        }
        for what in &self.broken {
            let _ = writeln!(text, "BROKEN: {what}");
        }
        text
    }

    /// Everything, for machines.
    pub fn json(&self, plan: &Plan) -> Value {
        let series: BTreeMap<&str, Value> = self
            .series
            .iter()
            .map(|one| (one.name.as_str(), one.json()))
            .collect();
        let calls: BTreeMap<&str, Value> = self
            .calls
            .iter()
            .map(|(kind, calls)| {
                let value = json!({
                    "answered": calls.micros.len(), "lost": calls.lost,
                    "turned_away": calls.turned_away,
                    "p50_ms": millis(&calls.micros, 0.5), "p99_ms": millis(&calls.micros, 0.99),
                });
                (*kind, value)
            })
            .collect();
        let samples: Vec<Value> = self
            .samples
            .iter()
            .map(|(at, answered, sample)| {
                json!({ "seconds": at, "answered": answered, "values": sample })
            })
            .collect();
        json!({
            "holds": self.holds(), "storage": plan.storage.name(), "seed": plan.seed,
            "seconds": plan.lasts.as_secs(), "rate": plan.rate, "residents": plan.residents,
            "broken": self.broken,
            "series": series, "calls": calls, "samples": samples,
        })
    }
}

/// A percentile in milliseconds.
fn millis(micros: &[u32], share: f64) -> f64 {
    let mut sorted = micros.to_vec();
    sorted.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index into a list of a few million"
    )]
    let at = (sorted.len() as f64 * share) as usize;
    sorted
        .get(at.min(sorted.len().saturating_sub(1)))
        .map_or(0.0, |micros| f64::from(*micros) / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples every second, at that many answers a second, until it is done.
    fn lasted(rate: f64) -> (f64, f64) {
        let plan = Plan {
            lasts: Duration::from_secs(100),
            rate: 60,
            residents: 10,
            storage: Storage::Sqlite,
            seed: 1,
            binary: PathBuf::new(),
            talk: false,
        };
        let mut samples = Vec::new();
        let mut at = 0.0;
        while !plan.is_done(at, &samples) {
            samples.push((at, at * rate, Sample::new()));
            at += 1.0;
        }
        (at, plan.measured(&samples))
    }

    #[test]
    fn a_slow_machine_is_warm_later_and_then_measured_as_long() {
        // 3,000 answers make it warm: after 25 of 100 seconds, or when they were given.
        assert_eq!(lasted(200.0), (101.0, 75.0));
        assert_eq!(lasted(60.0), (126.0, 75.0));
        // Not warm in twice the time: nothing was measured, and that is no verdict.
        assert_eq!(lasted(10.0), (200.0, 0.0));
    }
}
