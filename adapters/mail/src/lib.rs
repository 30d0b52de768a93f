//! The [`Mailer`](gatelodge_ports::Mailer) port: SMTP (RFC 5321) by `lettre`, and a folder of
//! `.eml` files for development.
//!
//! TLS is the system's OpenSSL. A connection is encrypted from its first byte or by STARTTLS
//! (RFC 3207), which is then demanded: falling back to plain text where the server does not
//! offer it would let anybody on the way strip the offer. Plain text is a choice of its own,
//! for a relay on the same machine.

mod file;
mod message;
mod smtp;
mod watched;

pub use file::FileMailer;
pub use message::{InvalidSender, Sender};
pub use smtp::{Credentials, SmtpError, SmtpMailer, SmtpOptions, SmtpTls};
