//! What the reference is told: the answers to give, the work to do for each, and the rows to
//! write. Made by the runner out of what the real server answered and wrote; a JSON file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::rows::RowTemplate;

/// A road, as the reference serves it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RoadSpec {
    /// What `GET` is answered, wherever.
    pub get: Option<StepSpec>,
    /// What `POST` is answered.
    pub post: Option<StepSpec>,
    /// The database to write to; a copy of the filled one.
    pub database: Option<String>,
    /// The public key that tokens in requests are verified with, as its JWK coordinates.
    pub verifying_key: Option<(String, String)>,
}

/// One request of a road.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct StepSpec {
    /// The status to answer.
    pub status: u16,
    /// The headers to answer, without those that any answer has.
    pub headers: Vec<(String, String)>,
    /// The body to answer. JWTs in it are signed anew for each request, if they are to be.
    pub body: String,
    /// The work besides.
    pub work: Work,
    /// The rows of the request, in order.
    pub rows: Vec<RowTemplate>,
}

/// Work that a road cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Work {
    /// One HMAC over the request's secret.
    pub hmac: Switch,
    /// The signatures of the JWTs in the body.
    pub sign: Switch,
    /// The verification of the token in the request.
    pub verify: Switch,
}

/// Whether something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    #[default]
    Off,
}

/// What the ids of a database's rows are, by table, for requests to take in turn.
pub type Ids = BTreeMap<String, Vec<Vec<u8>>>;
