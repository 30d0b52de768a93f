//! A look into the audit trail of a SQLite database, beside a running server.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// The ids of the tokens that have an event.
pub(crate) fn of_tokens(data_dir: &Path) -> BTreeSet<String> {
    let path = data_dir.join("gatelodge.db");
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut statement = connection
        .prepare("SELECT token FROM audit_events WHERE token IS NOT NULL")
        .unwrap();
    let rows = statement
        .query_map([], |row| row.get::<_, Vec<u8>>(0))
        .unwrap();
    rows.map(|row| text(&row.unwrap())).collect()
}

/// As ids are written: a number of 128 bits in 26 digits of RFC 4648's alphabet.
fn text(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let value = u128::from_be_bytes(bytes.try_into().unwrap());
    let digit = |place: u32| ALPHABET[usize::try_from(value >> (place * 5) & 31).unwrap()];
    (0..26)
        .rev()
        .map(|place| char::from(digit(place)))
        .collect()
}
