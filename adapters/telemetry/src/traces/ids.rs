//! Ids of traces and spans: random bytes, never all zero (W3C Trace Context §3.2.2.3, §3.2.2.4).

use gatelodge_ports::Rng;

/// Names a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TraceId(pub(crate) [u8; 16]);

/// Names a span in its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SpanId(pub(crate) [u8; 8]);

impl TraceId {
    pub(crate) fn random(rng: &dyn Rng) -> Self {
        Self(not_zero(rng))
    }
}

impl SpanId {
    pub(crate) fn random(rng: &dyn Rng) -> Self {
        Self(not_zero(rng))
    }
}

fn not_zero<const N: usize>(rng: &dyn Rng) -> [u8; N] {
    loop {
        let bytes = rng.bytes();
        if bytes != [0; N] {
            return bytes;
        }
    }
}
