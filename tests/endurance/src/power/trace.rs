//! Reads the output of `strace -f -y`: system calls that begin and end, thread by thread.
//!
//! A thread is stopped at the beginning and at the end of every call until `strace` has written
//! it down, so what one thread does because another one's call ended comes later in the file.

use std::collections::HashMap;

/// What is traced; everything else runs at full speed.
pub const CALLS: &str =
    "trace=write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg,sendfile,fdatasync,fsync";

/// Longer than a page of the database, so that every page is seen whole.
pub const LENGTH: &str = "4200";

/// A call that begins or ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It begins.
    Begins(Call),
    /// It ends: the same call, and whether it really was done without an error.
    Ends(Call, bool),
}

/// A system call on a file or socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// What its first argument is open on: a path, `socket:[…]`, …
    pub target: String,
    /// The bytes that it hands over, as far as they were written down.
    pub data: Vec<u8>,
}

impl Call {
    /// Whether it makes a file's data durable.
    pub fn is_sync(&self) -> bool {
        matches!(self.name.as_str(), "fdatasync" | "fsync")
    }

    /// Whether it hands bytes to a socket.
    pub fn is_answer(&self) -> bool {
        self.target.starts_with("socket:") || self.target.starts_with("TCP")
    }
}

/// Reads a trace, line by line.
#[derive(Debug, Default)]
pub struct Reader {
    unfinished: HashMap<String, Call>,
}

impl Reader {
    /// The events of a line; none for what is no call (signals, exits).
    pub fn line(&mut self, line: &str) -> Vec<Event> {
        let Some((thread, rest)) = line.split_once(' ') else {
            return Vec::new();
        };
        let rest = rest.trim_start();
        if let Some(resumed) = rest.strip_prefix("<... ") {
            let Some(call) = self.unfinished.remove(thread) else {
                return Vec::new();
            };
            return vec![Event::Ends(call, succeeded(resumed))];
        }
        let Some(call) = call(rest) else {
            return Vec::new();
        };
        if rest.trim_end().ends_with("<unfinished ...>") {
            self.unfinished.insert(thread.to_owned(), call.clone());
            return vec![Event::Begins(call)];
        }
        vec![
            Event::Begins(call.clone()),
            Event::Ends(call, succeeded(rest)),
        ]
    }
}

/// Whether the result is a number that is no error, and was not made up by a fault injection.
fn succeeded(text: &str) -> bool {
    text.rsplit_once(" = ").is_some_and(|(_, result)| {
        result.starts_with(|first: char| first.is_ascii_digit()) && !result.contains("INJECTED")
    })
}

fn call(text: &str) -> Option<Call> {
    let (name, arguments) = text.split_once('(')?;
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let digits = arguments.bytes().take_while(u8::is_ascii_digit).count();
    let target = arguments.get(digits..)?.strip_prefix('<')?;
    let (target, rest) = until_bracket(target)?;
    is_name.then(|| Call {
        name: name.to_owned(),
        target: target.to_owned(),
        data: strings(rest),
    })
}

/// The target ends with the bracket before the next argument or the end of the arguments; a path
/// may hold brackets, too (`socket:[1]`, `TCP:[a->b]`).
fn until_bracket(text: &str) -> Option<(&str, &str)> {
    let end = [">, ", ">)", "> <unfinished"]
        .iter()
        .filter_map(|end| text.find(end))
        .min()?;
    Some((&text[..end], &text[end + 1..]))
}

/// All quoted strings of the arguments, one after the other.
fn strings(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut data, mut at) = (Vec::new(), 0);
    while let Some(open) = bytes[at..].iter().position(|byte| *byte == b'"') {
        at = quoted(bytes, at + open + 1, &mut data);
    }
    data
}

/// Decodes from behind an opening quote; the place behind the closing one.
fn quoted(bytes: &[u8], mut at: usize, data: &mut Vec<u8>) -> usize {
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'"' => return at,
            b'\\' => at = escaped(bytes, at, data),
            plain => data.push(plain),
        }
    }
    at
}

/// Decodes from behind a backslash, as C has it; the place behind what belongs to it.
fn escaped(bytes: &[u8], at: usize, data: &mut Vec<u8>) -> usize {
    let Some(&first) = bytes.get(at) else {
        return at;
    };
    let plain = match first {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'v' => 11,
        b'f' => 12,
        b'x' => {
            let digits = bytes.get(at + 1..at + 3).unwrap_or_default();
            let digits = std::str::from_utf8(digits).unwrap_or_default();
            data.push(u8::from_str_radix(digits, 16).unwrap_or_default());
            return at + 3;
        }
        b'0'..=b'7' => {
            let is_octal = |byte: &&u8| matches!(**byte, b'0'..=b'7');
            let length = bytes[at..].iter().take(3).take_while(is_octal).count();
            let value = bytes[at..at + length]
                .iter()
                .fold(0_u32, |value, digit| value * 8 + u32::from(digit - b'0'));
            data.push(u8::try_from(value).unwrap_or_default());
            return at + length;
        }
        other => other,
    };
    data.push(plain);
    at + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Event> {
        let mut reader = Reader::default();
        text.lines().flat_map(|line| reader.line(line)).collect()
    }

    #[test]
    fn a_whole_line_is_a_beginning_and_an_end() {
        let events = read("71 pwrite64(12</d/g.db-wal>, \"\\0\\1AB\\n\\3779\\\"\", 8, 56) = 8");
        let call = Call {
            name: "pwrite64".to_owned(),
            target: "/d/g.db-wal".to_owned(),
            data: b"\0\x01AB\n\xff9\"".to_vec(),
        };
        assert_eq!(
            events,
            [Event::Begins(call.clone()), Event::Ends(call, true)]
        );
    }

    #[test]
    fn a_call_that_is_interrupted_by_another_thread_ends_where_it_is_resumed() {
        let events = read(
            "71 fdatasync(12</d/g.db-wal> <unfinished ...>\n\
             72 sendto(9<socket:[5]>, \"HTTP\", 4, MSG_NOSIGNAL, NULL, 0) = 4\n\
             71 <... fdatasync resumed>)            = 0",
        );
        let names: Vec<(&str, bool)> = events
            .iter()
            .map(|event| match event {
                Event::Begins(call) => (call.name.as_str(), false),
                Event::Ends(call, done) => {
                    assert!(done);
                    (call.name.as_str(), true)
                }
            })
            .collect();
        assert_eq!(
            names,
            [
                ("fdatasync", false),
                ("sendto", false),
                ("sendto", true),
                ("fdatasync", true)
            ]
        );
    }

    #[test]
    fn a_sync_that_failed_or_was_made_up_is_none() {
        for result in ["-1 EIO (Input/output error)", "0 (INJECTED)"] {
            let events = read(&format!("71 fdatasync(12</d/g.db-wal>) = {result}"));
            assert!(matches!(&events[1], Event::Ends(_, false)), "{events:?}");
        }
    }

    #[test]
    fn every_part_of_a_gathered_write_is_read() {
        let line = "7 writev(9<TCP:[1->2]>, [{iov_base=\"HT\", iov_len=2}, {iov_base=\"TP\", iov_len=2}], 2) = 4";
        let Event::Begins(call) = &read(line)[0] else {
            panic!("no call");
        };
        assert_eq!(call.data, b"HTTP");
        assert!(call.is_answer());
    }

    #[test]
    fn what_is_no_call_is_nothing() {
        assert_eq!(read("71 --- SIGTERM {si_signo=SIGTERM} ---"), []);
        assert_eq!(read("71 +++ exited with 0 +++"), []);
    }
}
