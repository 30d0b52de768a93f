//! What every store promises, a module per port.

pub mod units;
