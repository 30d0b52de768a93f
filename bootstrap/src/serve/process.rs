//! The figures of the process itself, under the names that every Prometheus client uses; from
//! proc(5). What cannot be read is left out.

use gatelodge_telemetry::{Exposition, Kind};

/// Clock ticks a second in proc(5), fixed for programs on Linux (`USER_HZ`).
const TICKS: f64 = 100.0;

/// Writes them.
pub(super) fn write(page: &mut Exposition) {
    if let Some(seconds) = cpu_seconds() {
        let help = "Processor time, user and system.";
        page.single("process_cpu_seconds_total", Kind::Counter, help, seconds);
    }
    if let Some(bytes) = resident() {
        let help = "Resident memory.";
        page.single("process_resident_memory_bytes", Kind::Gauge, help, bytes);
    }
    if let Ok(entries) = std::fs::read_dir("/proc/self/fd") {
        // The one that reads the folder is among them.
        let open = entries.count().saturating_sub(1);
        page.single("process_open_fds", Kind::Gauge, "Open descriptors.", open);
    }
}

fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name, in brackets, may hold spaces.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
}

fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_knows_its_own_size() {
        assert!(cpu_seconds().is_some());
        assert!(resident().is_some_and(|bytes| bytes > 100_000));
    }
}
