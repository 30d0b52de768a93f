//! What is measured of a running server: its process, its files, the rows of its tables.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::house::House;

/// Values by name, at one moment.
pub(super) type Sample = BTreeMap<String, f64>;

/// Measures; nothing of it goes through the server.
pub(super) fn take(house: &House) -> Result<Sample, String> {
    let mut sample = Sample::new();
    if let Some(pid) = house.pid() {
        process(pid, &mut sample)?;
    }
    match house.database() {
        None => sqlite(&house.data_dir(), &mut sample).map_err(|error| error.to_string())?,
        Some(database) => {
            let size = database.sql("SELECT pg_database_size(current_database())");
            sample.insert("database_bytes".to_owned(), number(&size));
            let tables = database.sql(
                "SELECT string_agg(format('SELECT %L, count(*) FROM %I', tablename, tablename), \
                 ' UNION ALL ') FROM pg_tables WHERE schemaname = current_schema()",
            );
            for line in database.sql(tables.trim()).lines() {
                if let Some((table, rows)) = line.split_once('|') {
                    sample.insert(format!("rows.{table}"), number(rows));
                }
            }
        }
    }
    Ok(sample)
}

/// `/proc`: anonymous memory, threads, open descriptors.
fn process(pid: u32, sample: &mut Sample) -> Result<(), String> {
    let gone = |error: std::io::Error| format!("the server's process cannot be looked at: {error}");
    let status = fs::read_to_string(format!("/proc/{pid}/status")).map_err(gone)?;
    for (field, name, factor) in [
        ("RssAnon:", "rss_anon_bytes", 1_024.0),
        ("Threads:", "threads", 1.0),
    ] {
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        sample.insert(name.to_owned(), factor * line.map_or(0.0, number));
    }
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd"))
        .map_err(gone)?
        .count();
    sample.insert("descriptors".to_owned(), count(descriptors));
    Ok(())
}

fn sqlite(folder: &Path, sample: &mut Sample) -> rusqlite::Result<()> {
    for (name, file) in [
        ("database_bytes", "gatelodge.db"),
        ("wal_bytes", "gatelodge.db-wal"),
    ] {
        let bytes = fs::metadata(folder.join(file)).map_or(0, |file| file.len());
        #[expect(clippy::cast_precision_loss, reason = "sizes far below 2^52")]
        sample.insert(name.to_owned(), bytes as f64);
    }
    let path = folder.join("gatelodge.db");
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let tables: Vec<String> = connection
        .prepare(names)?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for table in tables {
        // Nothing is ever removed from these, and counting a million rows takes a while.
        let rows = match table.as_str() {
            "audit_events" => "SELECT coalesce(max(position), 0) FROM audit_events".to_owned(),
            "audit_seals" => "SELECT coalesce(max(number), 0) FROM audit_seals".to_owned(),
            table => format!("SELECT count(*) FROM \"{table}\""),
        };
        let rows: u32 = connection.query_row(&rows, [], |row| row.get(0))?;
        sample.insert(format!("rows.{table}"), f64::from(rows));
    }
    Ok(())
}

fn number(text: &str) -> f64 {
    let digits = text.split_whitespace().next().unwrap_or_default();
    digits.parse().unwrap_or(0.0)
}

fn count(of: usize) -> f64 {
    f64::from(u32::try_from(of).unwrap_or(u32::MAX))
}
