//! The one way out: HTTP requests to addresses that others gave us (keys, metadata, webhooks).
//!
//! Whoever can make us ask a URL can make us ask our own network, so an implementation checks
//! the address that it connects to, after the name was resolved, and follows no redirect.

use core::time::Duration;

use async_trait::async_trait;

/// Asks other servers.
#[async_trait]
pub trait Egress: Send + Sync {
    /// Sends one request. Any status is an answer; redirects are not followed.
    async fn fetch(&self, request: EgressRequest) -> Result<EgressResponse, EgressError>;
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EgressRequest {
    /// The method.
    pub method: EgressMethod,
    /// An absolute `http` or `https` URL.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body; ignored with `Get`.
    pub body: Vec<u8>,
    /// Longest body that is read, in bytes.
    pub limit: u64,
    /// For the whole exchange.
    pub timeout: Duration,
}

/// A method that we use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EgressMethod {
    /// `GET`
    Get,
    /// `POST`
    Post,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EgressResponse {
    /// The status code.
    pub status: u16,
    /// Names in lower case, and values that are text.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// The host's address is not a public one, and not allowed by configuration.
    #[error("`{0}` is not an address that may be asked")]
    Forbidden(String),
    /// The answer is longer than was asked for.
    #[error("the answer is too long")]
    TooLong,
    /// It took too long.
    #[error("the other side did not answer in time")]
    TimedOut,
    /// Anything else on the way.
    #[error("the request failed: {0}")]
    Failed(String),
}
