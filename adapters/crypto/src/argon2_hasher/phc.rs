//! PHC strings of Argon2id: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`, where salt and hash
//! are base64 without padding (the PHC string format, as the Argon2 reference code writes it).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use gatelodge_domain::password::Argon2Cost;

/// What a PHC string says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phc {
    pub(crate) cost: Argon2Cost,
    pub(crate) salt: Vec<u8>,
    pub(crate) output: Vec<u8>,
}

/// Why a text is not a hash that we work on. Says nothing of what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidPhc {
    #[error("the stored hash is not an Argon2id version 19 PHC string")]
    Form,
    #[error("the stored hash asks for a cost outside of the bounds")]
    Cost,
    #[error("salt or output of the stored hash have an unusual length")]
    Length,
}

impl Phc {
    /// Reads a PHC string. A stored string is not trusted with our memory and time: it may
    /// ask for at most 1 GiB, 64 passes and 16 lanes, beyond which no realm's settings go.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidPhc> {
        let mut fields = text.split('$');
        let mut field = || fields.next().ok_or(InvalidPhc::Form);
        let (empty, identifier, version) = (field()?, field()?, field()?);
        let (parameters, salt, output) = (field()?, field()?, field()?);
        if field().is_ok() || (empty, identifier, version) != ("", "argon2id", "v=19") {
            return Err(InvalidPhc::Form);
        }
        let cost = parse_cost(parameters).ok_or(InvalidPhc::Form)?;
        let is_bounded = (cost.parallelism.saturating_mul(8)..=1024 * 1024).contains(&cost.memory)
            && (1..=64).contains(&cost.iterations)
            && (1..=16).contains(&cost.parallelism);
        if !is_bounded {
            return Err(InvalidPhc::Cost);
        }
        let decode = |text| STANDARD_NO_PAD.decode(text).map_err(|_| InvalidPhc::Form);
        let (salt, output) = (decode(salt)?, decode(output)?);
        // A short output would be guessed; RFC 9106 §3.1 wants at least 8 bytes of salt.
        if !(8..=64).contains(&salt.len()) || !(16..=64).contains(&output.len()) {
            return Err(InvalidPhc::Length);
        }
        Ok(Self { cost, salt, output })
    }

    /// The cost as the string has it.
    pub(crate) fn cost_text(&self) -> String {
        let Argon2Cost {
            memory,
            iterations,
            parallelism,
        } = self.cost;
        format!("m={memory},t={iterations},p={parallelism}")
    }

    /// The PHC string.
    pub(crate) fn to_text(&self) -> String {
        let mut text = format!("$argon2id$v=19${}$", self.cost_text());
        STANDARD_NO_PAD.encode_string(&self.salt, &mut text);
        text.push('$');
        STANDARD_NO_PAD.encode_string(&self.output, &mut text);
        text
    }
}

fn parse_cost(parameters: &str) -> Option<Argon2Cost> {
    let mut parameters = parameters.split(',');
    let mut number = |name: &str| decimal(parameters.next()?.strip_prefix(name)?);
    let (memory, iterations, parallelism) = (number("m=")?, number("t=")?, number("p=")?);
    let cost = Argon2Cost {
        memory,
        iterations,
        parallelism,
    };
    parameters.next().is_none().then_some(cost)
}

/// Digits only, and no zero in front: `parse` alone would accept `+1` and `01`.
fn decimal(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if is_plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFERENCE: &str =
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

    #[test]
    fn what_is_read_is_written_again() {
        let phc = Phc::parse(REFERENCE).unwrap();
        assert_eq!(
            phc.cost,
            Argon2Cost {
                memory: 256,
                iterations: 2,
                parallelism: 1
            }
        );
        assert_eq!(
            (phc.salt.as_slice(), phc.output.len()),
            (&b"somesalt"[..], 32)
        );
        assert_eq!(phc.to_text(), REFERENCE);
    }

    #[test]
    fn other_algorithms_versions_and_spellings_are_refused() {
        let change = |from: &str, to: &str| Phc::parse(&REFERENCE.replacen(from, to, 1)).err();
        for (from, to) in [
            ("argon2id", "argon2i"),
            ("argon2id", "argon2d"),
            ("v=19", "v=16"),
            ("$v=19", ""),
            ("m=256", "m=+256"),
            ("m=256", "m=0256"),
            ("m=256", "m=4294967296"),
            ("m=256,t=2", "t=2,m=256"),
            ("p=1", "p=1,x=1"),
            ("p=1", "p="),
            ("c29tZXNhbHQ", "c29tZXNhbHQ="),
            ("i/4", "i_4"),
            ("i/4", "i/4$"),
            ("$argon2id", "argon2id"),
        ] {
            assert_eq!(change(from, to), Some(InvalidPhc::Form), "{from} -> {to}");
        }
        assert_eq!(Phc::parse("").err(), Some(InvalidPhc::Form));
        assert_eq!(Phc::parse(&REFERENCE[..60]).err(), Some(InvalidPhc::Length));
        assert_eq!(change("c29tZXNhbHQ", "c29tZQ"), Some(InvalidPhc::Length));
    }

    #[test]
    fn a_stored_hash_cannot_ask_for_unbounded_work() {
        let change = |from: &str, to: &str| Phc::parse(&REFERENCE.replacen(from, to, 1)).err();
        for (from, to) in [
            ("m=256", "m=1048577"),
            ("m=256", "m=7"),
            ("m=256", "m=4294967295"),
            ("t=2", "t=65"),
            ("p=1", "p=17"),
            ("p=1", "p=4294967295"),
            ("m=256,t=2,p=1", "m=31,t=2,p=4"),
        ] {
            assert_eq!(change(from, to), Some(InvalidPhc::Cost), "{from} -> {to}");
        }
        assert_eq!(
            change("t=2", "t=0"),
            Some(InvalidPhc::Form),
            "a leading zero"
        );
        assert_eq!(change("m=256", "m=1048576"), None);
    }
}
