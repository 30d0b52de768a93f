//! Putting a store back from a copy: what must not come back to life with it.

mod settle;

pub use settle::{Alive, Copied, Ended, SettleRestoredStore};
