//! The table for people.

use super::{Report, SelfCheck, judge};
use crate::roads::Road;

/// How many times `password` client credentials must be.
pub(super) const TIMES_PASSWORD: f64 = 25.0;

/// Prints everything to standard output.
pub fn print(report: &Report) {
    println!(
        "\n{:<21}{:>5}{:>10}{:>9}{:>9}{:>9}{:>11}{:>9}{:>8}{:>8}{:>8}  verdict",
        "road",
        "conn",
        "ours/s",
        "p50 ms",
        "p99 ms",
        "cpu us",
        "held to/s",
        "cpu us",
        "ratio",
        "target",
        "spread"
    );
    for (road, all) in &report.roads {
        for figures in all {
            let verdict = judge(*road, figures, report.check.as_ref());
            let ratio = if verdict.tells_ratio() {
                format!("{:.1}%", figures.ratio() * 100.0)
            } else {
                "-".to_owned()
            };
            let target = road
                .target()
                .map_or_else(|| "-".to_owned(), |part| format!("{:.0}%", part * 100.0));
            println!(
                "{:<21}{:>5}{:>10.0}{:>9.2}{:>9.2}{:>9.0}{:>11.0}{:>9.0}{:>8}{:>8}{:>7.0}%  {}",
                road.as_str(),
                figures.connections,
                figures.rps(),
                figures.latency.quantile_ms(0.50),
                figures.latency.quantile_ms(0.99),
                figures.processor_us.0,
                figures.reference_rps(),
                figures.processor_us.1,
                ratio,
                target,
                figures.spread() * 100.0,
                verdict.as_str(),
            );
            if let Some(complaint) = &figures.complaint {
                println!("{:>26} {complaint}", "");
            }
        }
    }
    print_check(report.check.as_ref());
    print_times(report);
    print_meanwhile(report);
}

fn print_check(check: Option<&SelfCheck>) {
    let Some(check) = check else { return };
    println!(
        "\nreference: bare {:.0}/s, with ES256 {:.0}/s, ideal {:.0}/s ({:.0} signatures a \
         second and processor): {:.0}%, at least {:.0}% wanted: {}",
        check.bare_rps,
        check.es256_rps,
        check.ideal_rps,
        check.openssl_sign_per_core,
        check.share * 100.0,
        SelfCheck::LEAST * 100.0,
        if check.holds() { "valid" } else { "void" }
    );
}

/// Client credentials as a multiple of password sign-ins; the least over the connections.
pub(super) fn times_password(report: &Report) -> Option<f64> {
    let rates = |road| {
        let all = report.roads.get(&road)?;
        Some(all.iter().map(super::Figures::rps))
    };
    let least = rates(Road::ClientCredentials)?.fold(f64::INFINITY, f64::min);
    let most = rates(Road::Password)?.fold(0.0, f64::max);
    (most > 0.0 && least.is_finite()).then_some(least / most)
}

fn print_times(report: &Report) {
    if let Some(times) = times_password(report) {
        let verdict = if times >= TIMES_PASSWORD {
            "met"
        } else {
            "missed"
        };
        println!(
            "client_credentials is {times:.0} times password, at least {TIMES_PASSWORD:.0} \
             wanted: {verdict}"
        );
    }
}

fn print_meanwhile(report: &Report) {
    if report.meanwhile.is_empty() {
        return;
    }
    println!(
        "\nwhile passwords saturate the hashing pool (one hash takes {:.1} ms):",
        report.one_hash_ms.unwrap_or_default()
    );
    for beside in &report.meanwhile {
        println!(
            "  {:<21} {:>7.0}/s offered, {} lost, p99 {:.1} ms (at most {:.1}), passwords \
             {:.1}/s  {}",
            beside.road.as_str(),
            beside.offered_rps,
            beside.lost,
            beside.p99_ms,
            beside.limit_ms,
            beside.password_rps,
            if beside.holds() { "met" } else { "missed" }
        );
    }
}
