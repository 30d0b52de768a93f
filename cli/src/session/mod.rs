//! Who is signed in: profiles, signing in and out, and tokens that stay fresh.

mod access;
mod browser;
mod discovery;
mod inspect;
mod login;
mod logout;
mod loopback;
mod machine;
mod pkce;
mod profile;
mod refresh;
mod status;
mod tokens;

pub(crate) use access::{Access, Admin};
pub(crate) use inspect::inspect;
pub(crate) use login::{BrowserLogin, sign_in};
pub(crate) use logout::sign_out;
pub(crate) use machine::{SecretSource, sign_in_machine};
pub(crate) use pkce::unguessable;
pub(crate) use profile::Profiles;
pub(crate) use status::status;
