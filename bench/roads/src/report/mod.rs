//! What came of it: figures, verdicts, a table for people and a file for programs.

mod figures;
mod json;
mod table;
mod verdict;

pub use figures::{Figures, Round, median, spread};
pub use json::write;
pub use table::print;
pub use verdict::{Verdict, judge};

use std::collections::BTreeMap;

use serde::Serialize;

use crate::roads::Road;

/// Everything that was found out.
#[derive(Debug, Default)]
pub struct Report {
    /// The reference's own check of itself.
    pub check: Option<SelfCheck>,
    /// Each road's figures, for each number of connections.
    pub roads: BTreeMap<Road, Vec<Figures>>,
    /// The other roads while passwords saturated the hashing pool.
    pub meanwhile: Vec<Beside>,
    /// Milliseconds of one password hash on an idle machine.
    pub one_hash_ms: Option<f64>,
}

impl Report {
    /// Whether every target that was measured is met.
    pub fn holds(&self) -> bool {
        let roads = self.roads.iter().all(|(road, all)| {
            all.iter().all(|figures| {
                let verdict = judge(*road, figures, self.check.as_ref());
                matches!(verdict, Verdict::Met | Verdict::Beside)
            })
        });
        let times = table::times_password(self).is_none_or(|times| times >= table::TIMES_PASSWORD);
        roads && times && self.meanwhile.iter().all(Beside::holds)
    }
}

/// Whether the reference is quick enough to be one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SelfCheck {
    /// Its answers a second without any work.
    pub bare_rps: f64,
    /// With one ES256 signature.
    pub es256_rps: f64,
    /// P-256 signatures a second of one processor by `openssl speed`.
    pub openssl_sign_per_core: f64,
    /// What would be reached if bare answer and signature shared two processors ideally.
    pub ideal_rps: f64,
    /// What part of that is reached.
    pub share: f64,
}

impl SelfCheck {
    /// The least part of the ideal.
    pub const LEAST: f64 = 0.60;

    /// Puts the measured rates together.
    pub fn new(bare_rps: f64, es256_rps: f64, openssl_sign_per_core: f64) -> Self {
        let ideal_rps = 1.0 / (1.0 / bare_rps + 1.0 / (2.0 * openssl_sign_per_core));
        Self {
            bare_rps,
            es256_rps,
            openssl_sign_per_core,
            ideal_rps,
            share: es256_rps / ideal_rps,
        }
    }

    /// Whether ratios against the reference mean anything.
    pub fn holds(&self) -> bool {
        self.share >= Self::LEAST
    }
}

/// A road that went on while passwords saturated the hashing pool.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Beside {
    /// Which.
    #[serde(serialize_with = "by_name")]
    pub road: Road,
    /// Operations a second that were offered.
    pub offered_rps: f64,
    /// Operations that never ended well.
    pub lost: u64,
    /// The 99th of a hundred latencies, in milliseconds.
    pub p99_ms: f64,
    /// What that may be at most: four times one hash.
    pub limit_ms: f64,
    /// Sign-ins a second meanwhile.
    pub password_rps: f64,
}

impl Beside {
    /// Whether nothing was lost and nobody waited too long.
    pub fn holds(&self) -> bool {
        self.lost == 0 && self.p99_ms <= self.limit_ms
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a field over by reference"
)]
fn by_name<S: serde::Serializer>(road: &Road, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(road.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_below_six_tenths_of_the_ideal_is_none() {
        // 60,000 bare and 2 × 30,000 signatures make 30,000.
        let good = SelfCheck::new(60_000.0, 18_000.0, 30_000.0);
        assert!((good.ideal_rps - 30_000.0).abs() < 1e-6);
        assert!(good.holds());
        assert!(!SelfCheck::new(60_000.0, 17_990.0, 30_000.0).holds());
    }
}
