//! Power loss: what a server's system calls say about its promises.
//!
//! SIGKILL keeps what the kernel has, so a kill test passes with `synchronous=OFF`. What a power
//! cut would keep shows in the order of system calls alone: an answer may leave only after the
//! disk confirmed the part of the write-ahead log that has its commit. [`trace`] reads what
//! `strace` writes, [`rule`] holds it against that.

pub mod rule;
pub mod trace;
