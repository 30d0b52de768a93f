//! Reading an HTTP/1.1 answer out of bytes that come in pieces (RFC 9112).
//!
//! Only what the servers under test send: a status line, headers with `Content-Length` or no
//! body at all. Chunked answers are refused, loudly, because their cost would be measured as ours.

use core::fmt;

/// An answer, borrowed from the buffer that it came in.
#[derive(Debug, PartialEq, Eq)]
pub struct Response<'a> {
    /// The status code.
    pub status: u16,
    /// Status line and headers, without the empty line.
    pub head: &'a [u8],
    /// The body.
    pub body: &'a [u8],
    /// Whether the server ends the connection after it.
    pub closes: bool,
    /// Bytes of the buffer that the answer takes.
    pub length: usize,
}

/// Bytes that are no answer this reader understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken(&'static str);

impl Broken {
    /// It is not whole.
    pub(super) const HALF: Self = Self("it is not whole");
}

impl fmt::Display for Broken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the answer is broken: {}", self.0)
    }
}

/// The answer at the front of the buffer; `None` while it is not whole.
pub fn parse(buffer: &[u8]) -> Result<Option<Response<'_>>, Broken> {
    let Some(head_length) = find(buffer, b"\r\n\r\n") else {
        return if buffer.len() > 64 * 1024 {
            Err(Broken("its head is too long"))
        } else {
            Ok(None)
        };
    };
    let head = &buffer[..head_length];
    let status = status(head).ok_or(Broken("it has no status"))?;
    let mut body_length = None;
    let mut closes = false;
    for line in head.split(|byte| *byte == b'\n').skip(1) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            let text = core::str::from_utf8(value).map_err(|_| Broken("its length is no text"))?;
            let length: usize = text
                .parse()
                .map_err(|_| Broken("its length is no number"))?;
            body_length = Some(length);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            return Err(Broken("it is chunked"));
        } else if name.eq_ignore_ascii_case(b"connection") {
            closes = value.eq_ignore_ascii_case(b"close");
        }
    }
    let body_length = match (status, body_length) {
        (204 | 304, _) => 0,
        (_, Some(length)) => length,
        (_, None) => return Err(Broken("it has no length")),
    };
    let begin = head_length + 4;
    let length = begin + body_length;
    Ok((buffer.len() >= length).then(|| Response {
        status,
        head,
        body: &buffer[begin..length],
        closes,
        length,
    }))
}

impl<'a> Response<'a> {
    /// The first header of that name, written in lower case.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.head
            .split(|byte| *byte == b'\n')
            .skip(1)
            .filter_map(|line| {
                let colon = line.iter().position(|byte| *byte == b':')?;
                line[..colon]
                    .eq_ignore_ascii_case(name.as_bytes())
                    .then(|| line[colon + 1..].trim_ascii())
            })
            .find_map(|value| core::str::from_utf8(value).ok())
    }

    /// Whether the body has those bytes in it.
    pub fn contains(&self, pattern: &[u8]) -> bool {
        find(self.body, pattern).is_some()
    }

    /// A text member of a JSON body, where its value has no escapes: tokens have none.
    pub fn member(&self, name: &str) -> Option<&'a str> {
        let mut from = 0;
        loop {
            let at = from + find(&self.body[from..], name.as_bytes())?;
            let end = at + name.len();
            if at > 0
                && self.body[at - 1] == b'"'
                && let Some(rest) = self.body[end..].strip_prefix(b"\":\"")
            {
                let stop = rest.iter().position(|byte| *byte == b'"')?;
                return core::str::from_utf8(&rest[..stop]).ok();
            }
            from = end;
        }
    }
}

fn status(head: &[u8]) -> Option<u16> {
    let digits = head.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    core::str::from_utf8(digits).ok()?.parse().ok()
}

/// Where a short pattern begins.
fn find(haystack: &[u8], pattern: &[u8]) -> Option<usize> {
    let first = *pattern.first()?;
    let mut from = 0;
    while let Some(offset) = haystack[from..].iter().position(|byte| *byte == first) {
        let at = from + offset;
        if haystack[at..].starts_with(pattern) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Vec<u8> {
        let body = br#"{"a":"b","access_token":"c"}"#;
        let mut answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nx-y: z\r\n\r\n",
            body.len()
        )
        .into_bytes();
        answer.extend_from_slice(body);
        answer
    }

    #[test]
    fn an_answer_that_comes_byte_by_byte_is_whole_with_its_last_byte_only() {
        let answer = whole();
        for end in 0..answer.len() {
            assert_eq!(parse(&answer[..end]), Ok(None), "{end}");
        }
        let parsed = parse(&answer).unwrap().unwrap();
        assert_eq!(parsed.status, 200);
        assert_eq!(parsed.length, answer.len());
        assert_eq!(parsed.header("x-y"), Some("z"));
        assert_eq!(parsed.header("y"), None);
        assert_eq!(parsed.member("access_token"), Some("c"));
        assert_eq!(parsed.member("token"), None);
        assert!(parsed.contains(b"\"b\"") && !parsed.contains(b"\"d\""));
    }

    #[test]
    fn what_follows_an_answer_is_left_alone() {
        let mut two = whole();
        let one = two.len();
        two.extend_from_slice(&whole());
        assert_eq!(parse(&two).unwrap().unwrap().length, one);
    }

    #[test]
    fn answers_without_a_body_end_with_their_head() {
        let none = b"HTTP/1.1 303 See Other\r\ncontent-length: 0\r\nlocation: /x\r\nconnection: close\r\n\r\n";
        let parsed = parse(none).unwrap().unwrap();
        assert_eq!((parsed.status, parsed.body), (303, &b""[..]));
        assert!(parsed.closes);
        let not_modified = b"HTTP/1.1 304 Not Modified\r\n\r\n";
        assert_eq!(parse(not_modified).unwrap().unwrap().status, 304);
    }

    #[test]
    fn what_cannot_be_measured_fairly_is_refused() {
        let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        assert_eq!(parse(chunked), Err(Broken("it is chunked")));
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(parse(b"SSH-2.0-x\r\n\r\n").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n").is_err());
    }
}
