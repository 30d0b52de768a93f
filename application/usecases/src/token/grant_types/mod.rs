//! The grant types that work today.

mod authorization_code;
mod client_credentials;
mod password;
mod refresh_token;

pub use authorization_code::AuthorizationCodeGrant;
pub use client_credentials::ClientCredentialsGrant;
pub use password::PasswordGrant;
pub use refresh_token::RefreshTokenGrant;
