//! Configuration: a TOML file and environment variables over the built-in defaults.

use gatelodge_bootstrap::fuzzing::configuration;

use crate::decode;

/// Holds what these parsers promise against any bytes.
pub fn hold(bytes: &[u8]) {
    decode(bytes, |input: (&str, Vec<(&str, &str)>)| {
        let (file, variables) = input;
        // A secret may lie in a file, which is then opened; this is about text.
        let opens = |text: &str| text.to_ascii_lowercase().contains("_file");
        if opens(file) || variables.iter().any(|(name, _)| opens(name)) {
            return;
        }
        let environment = || {
            variables
                .iter()
                .map(|(name, value)| (format!("GATELODGE__{name}"), (*value).to_owned()))
        };
        match configuration(file, environment()) {
            Ok(listing) => {
                assert!(
                    listing.lines().all(|line| line.contains(" = ")),
                    "{listing}"
                );
                assert_eq!(configuration(file, environment()).as_ref(), Ok(&listing));
            }
            Err(line) => assert!(!line.is_empty()),
        }
    });
}
