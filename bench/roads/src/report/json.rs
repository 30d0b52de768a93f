//! `report.json`: what programs read.
//!
//! `roads.<name>` has `rps`, `p50_ms`, `p99_ms`, `reference_rps` and `ratio` of the number of
//! connections where the road does worst, and all of them under `at`. `ratio` is null where none
//! may be told. `rss_mib`, `cold_start_ms` and `growth` come from `house.json` beside it.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::table::{TIMES_PASSWORD, times_password};
use super::{Figures, Report, Verdict, judge};
use crate::roads::Road;
use crate::seed::Failed;

/// What the bench of memory, cold start and growth leaves beside the report.
const HOUSE: &str = "house.json";

/// Writes `report.json` in that folder.
pub fn write(report: &Report, folder: &Path) -> Result<(), Failed> {
    let house = std::fs::read(folder.join(HOUSE)).ok();
    let house = house.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let whole = value(report, &house.unwrap_or_default());
    let text = serde_json::to_string_pretty(&whole)?;
    std::fs::write(folder.join("report.json"), format!("{text}\n"))?;
    Ok(())
}

fn value(report: &Report, house: &Map<String, Value>) -> Value {
    let mut roads = Map::new();
    for (road, all) in &report.roads {
        if let Some(told) = told(*road, all, report) {
            roads.insert(road.as_str().to_owned(), told);
        }
    }
    let check = report
        .check
        .map(|check| json!({ "figures": check, "valid": check.holds() }));
    let times = times_password(report).map(
        |times| json!({ "value": times, "target": TIMES_PASSWORD, "met": times >= TIMES_PASSWORD }),
    );
    let mut whole = Map::new();
    whole.insert("roads".to_owned(), Value::Object(roads));
    whole.insert("reference".to_owned(), check.into());
    whole.insert("client_credentials_times_password".to_owned(), times.into());
    whole.insert("one_hash_ms".to_owned(), report.one_hash_ms.into());
    let meanwhile = report.meanwhile.iter().map(|beside| {
        let mut told = json!(beside);
        told["met"] = beside.holds().into();
        told
    });
    whole.insert("meanwhile".to_owned(), meanwhile.collect());
    for name in ["rss_mib", "cold_start_ms", "growth"] {
        let told = house.get(name).cloned().unwrap_or_default();
        whole.insert(name.to_owned(), told);
    }
    Value::Object(whole)
}

fn told(road: Road, all: &[Figures], report: &Report) -> Option<Value> {
    let judged = |figures: &Figures| judge(road, figures, report.check.as_ref());
    let worst = all.iter().min_by(|one, other| {
        let rank = |figures: &Figures| (judged(figures).tells_ratio(), figures.ratio());
        let (one, other) = (rank(one), rank(other));
        one.0.cmp(&other.0).then(one.1.total_cmp(&other.1))
    })?;
    let mut told = figures(worst, judged(worst));
    told["target"] = road.target().into();
    let at = all
        .iter()
        .map(|some| (some.connections.to_string(), figures(some, judged(some))));
    told["at"] = Value::Object(at.collect());
    Some(told)
}

fn figures(figures: &Figures, verdict: Verdict) -> Value {
    let ratio = verdict.tells_ratio().then(|| figures.ratio());
    json!({
        "connections": figures.connections,
        "rounds": figures.rounds.len(),
        "rps": figures.rps(),
        "p50_ms": figures.latency.quantile_ms(0.50),
        "p99_ms": figures.latency.quantile_ms(0.99),
        "reference_rps": figures.reference_rps(),
        "ratio": ratio,
        "ratios": figures.ratios().collect::<Vec<_>>(),
        "spread": figures.spread(),
        "verdict": verdict.as_str(),
        "faults": figures.faults,
        "shed": figures.shed,
        "of_revoked": figures.of_revoked,
        "processor_us": figures.processor_us.0,
        "reference_processor_us": figures.processor_us.1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Round;

    fn report() -> Report {
        let at = |connections, ours| Figures {
            connections,
            rounds: vec![
                Round {
                    ours,
                    reference: 10_000.0
                };
                6
            ],
            ..Figures::default()
        };
        let mut report = Report::default();
        report
            .roads
            .insert(Road::Jwks, vec![at(64, 8_000.0), at(256, 7_000.0)]);
        report
    }

    #[test]
    fn a_road_is_told_by_where_it_does_worst() {
        let told = value(&report(), &Map::new());
        let jwks = &told["roads"]["jwks"];
        assert_eq!(jwks["connections"], 256);
        assert_eq!(jwks["ratio"], 0.7);
        assert_eq!(jwks["verdict"], "missed");
        assert_eq!(jwks["at"]["64"]["ratio"], 0.8);
        assert_eq!(jwks["at"]["64"]["verdict"], "met");
        assert!(told["growth"].is_null());
    }

    #[test]
    fn a_road_has_everything_that_is_promised_of_it() {
        let told = value(&report(), &Map::new());
        for name in ["rps", "p50_ms", "p99_ms", "reference_rps", "ratio"] {
            assert!(told["roads"]["jwks"][name].is_number(), "{name}");
        }
        for name in ["rss_mib", "cold_start_ms", "growth"] {
            assert!(told.get(name).is_some(), "{name}");
        }
    }

    #[test]
    fn noise_has_no_ratio_and_other_figures_come_from_beside() {
        let mut noisy = report();
        if let Some(all) = noisy.roads.get_mut(&Road::Jwks) {
            all[0].rounds[0].ours = 1_000.0;
        }
        let house = json!({ "rss_mib": { "idle": 30 }, "else": 1 });
        let told = value(&noisy, house.as_object().unwrap());
        assert!(told["roads"]["jwks"]["ratio"].is_null());
        assert_eq!(told["roads"]["jwks"]["verdict"], "too noisy");
        assert_eq!(told["rss_mib"]["idle"], 30);
        assert!(told.get("else").is_none());
    }
}
