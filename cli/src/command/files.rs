//! Files of JSON or YAML, which is the same reader: YAML 1.2 holds JSON.

use std::io::Read as _;

use serde_json::Value;

use crate::fault::Fault;

/// The one value in a file; `-` is standard input.
pub(crate) fn read_value(path: &str) -> Result<Value, Fault> {
    let text = read_text(path)?;
    serde_saphyr::from_str(&text).map_err(|error| Fault::Usage(format!("{path}: {error}")))
}

/// The bytes of a file; `-` is standard input.
pub(crate) fn read_bytes(path: &str) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let read = if path == "-" {
        std::io::stdin().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(path).map(|read| bytes = read)
    };
    read.map_err(|error| Fault::Usage(format!("{path}: {error}")))?;
    Ok(bytes)
}

/// The text of a file; `-` is standard input.
pub(crate) fn read_text(path: &str) -> Result<String, Fault> {
    let mut text = String::new();
    let read = if path == "-" {
        std::io::stdin().read_to_string(&mut text).map(|_| ())
    } else {
        std::fs::read_to_string(path).map(|read| text = read)
    };
    read.map_err(|error| Fault::Usage(format!("{path}: {error}")))?;
    Ok(text)
}
