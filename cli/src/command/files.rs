//! Files of JSON or YAML, which is the same reader: YAML 1.2 holds JSON.
//!
//! What is said of a mistake names its place and repeats nothing of the file, where a secret may
//! stand.

use std::io::Read as _;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_saphyr::Options;

use crate::fault::Fault;

/// The one value in a file; `-` is standard input.
pub(crate) fn read_value(path: &str) -> Result<Value, Fault> {
    let text = read_text(path)?;
    serde_saphyr::from_str_with_options(&text, options())
        .map_err(|error| Fault::Usage(format!("{path}: {error}")))
}

/// Every document in a file; `-` is standard input.
pub(crate) fn read_documents<T: DeserializeOwned>(path: &str) -> Result<Vec<T>, Fault> {
    let text = read_text(path)?;
    serde_saphyr::from_multiple_with_options(&text, options())
        .map_err(|error| Fault::Usage(format!("{path}: {error}")))
}

fn options() -> Options {
    let mut options = Options::default();
    options.with_snippet = false;
    options
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_told_by_its_place_and_without_what_stands_there() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        for text in [
            "password: hunter2 and more\nbad: [\n",
            "password: hunter2 and more\npassword: hunter2 and more\n",
        ] {
            std::fs::write(path, text).unwrap();
            let faults = [
                read_value(path).unwrap_err(),
                read_documents::<Value>(path).unwrap_err(),
            ];
            for fault in faults.map(|fault| fault.to_string()) {
                assert!(
                    fault.contains("line 2") || fault.contains("line 3"),
                    "{fault}"
                );
                assert!(!fault.contains("hunter2"), "{fault}");
            }
        }
    }
}
