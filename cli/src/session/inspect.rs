//! What a token says, read on this machine: nobody is asked, and no signature is checked.

use serde_json::{Value, json};

use super::tokens::{claims, header};
use crate::environment::now;
use crate::fault::Fault;

/// Header and claims of a JWT.
pub(crate) fn inspect(token: &str) -> Result<Value, Fault> {
    let token = token.trim();
    let (Some(header), Some(claims)) = (header(token), claims(token)) else {
        return Err(Fault::Usage(
            "this is no JWT; an opaque token can be read by its server only".to_owned(),
        ));
    };
    let left = claims["exp"].as_u64().map(|end| {
        let now = now();
        if end > now {
            format!("good for {} more seconds", end - now)
        } else {
            format!("expired {} seconds ago", now - end)
        }
    });
    Ok(json!({ "header": header, "claims": claims, "time": left }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_apart() {
        // {"alg":"none"}.{"sub":"ada","exp":1}
        let shown = inspect("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEiLCJleHAiOjF9.\n").unwrap();
        assert_eq!(shown["claims"]["sub"], "ada");
        assert!(shown["time"].as_str().unwrap().starts_with("expired"));
        assert_eq!(inspect("gl_rt_abc").unwrap_err().status(), 2);
    }
}
