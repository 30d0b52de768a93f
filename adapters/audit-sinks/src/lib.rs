//! Where copies of the audit trail go: a file of JSON lines, a syslog server, a webhook. A file
//! for each [`gatelodge_ports::AuditSink`].

mod file;
mod syslog;
mod watched;
mod webhook;

pub use file::FileSink;
pub use syslog::{InvalidSyslogAddress, SyslogAddress, SyslogSink};
pub use webhook::WebhookSink;

#[cfg(test)]
mod samples;
