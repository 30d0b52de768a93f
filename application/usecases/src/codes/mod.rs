//! Authorization codes (RFC 6749 §4.1.2): a ticket whose payload is sealed.

mod code;
mod fresh;

pub use code::{AuthorizationCode, code_key, new_code, open_code};
pub use fresh::{FreshCode, FreshCodes};
