//! A collector: takes what is posted, keeps every byte, and reads OTLP as its format is described
//! (Protocol Buffers' wire format, `opentelemetry/proto/trace/v1/trace.proto`).

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A span, read.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    pub(crate) name: String,
    pub(crate) kind: u64,
    pub(crate) began: u64,
    pub(crate) ended: u64,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) failed: bool,
    pub(crate) resource: BTreeMap<String, String>,
}

/// What was posted.
#[derive(Debug, Clone)]
pub(crate) struct Posted {
    pub(crate) path: String,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// A collector on a free port; each connection has a thread.
pub(crate) struct Collector {
    pub(crate) port: u16,
    posted: Arc<Mutex<Vec<Posted>>>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let posted = Arc::<Mutex<Vec<Posted>>>::default();
        let kept = posted.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = kept.clone();
                thread::spawn(move || while take(&stream, &kept).is_some() {});
            }
        });
        Self { port, posted }
    }

    pub(crate) fn posted(&self) -> Vec<Posted> {
        self.posted.lock().unwrap().clone()
    }

    /// Every span so far.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let posted = self.posted();
        let exports = posted.iter().filter(|it| it.path == "/v1/traces");
        exports.flat_map(|export| spans_of(&export.body)).collect()
    }
}

/// One request of a connection.
fn take(mut stream: &TcpStream, kept: &Mutex<Vec<Posted>>) -> Option<()> {
    let mut lines = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if lines.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    lines.read_exact(&mut body).ok()?;
    let path = head.split(' ').nth(1)?.to_owned();
    kept.lock().unwrap().push(Posted { path, head, body });
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        .ok()
}

/// Fields of a message, by number.
struct Fields<'a>(Vec<(u64, Field<'a>)>);

#[derive(Clone, Copy)]
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Fields<'a> {
    fn read(mut rest: &'a [u8]) -> Self {
        let mut all = Vec::new();
        while !rest.is_empty() {
            let key = varint(&mut rest);
            let field = match key & 7 {
                0 => Field::Number(varint(&mut rest)),
                1 => Field::Number(u64::from_le_bytes(take_array(&mut rest))),
                2 => {
                    let length = usize::try_from(varint(&mut rest)).unwrap();
                    let (bytes, after) = rest.split_at(length);
                    rest = after;
                    Field::Bytes(bytes)
                }
                5 => Field::Number(u32::from_le_bytes(take_array(&mut rest)).into()),
                wire => panic!("there is no wire type {wire}"),
            };
            all.push((key >> 3, field));
        }
        Self(all)
    }

    fn all(&self, number: u64) -> impl Iterator<Item = Field<'a>> {
        let mine = self.0.iter().filter(move |(of, _)| *of == number);
        mine.map(|(_, field)| *field)
    }

    fn bytes(&self, number: u64) -> &'a [u8] {
        match self.all(number).next() {
            Some(Field::Bytes(bytes)) => bytes,
            Some(Field::Number(_)) => panic!("field {number} is a number"),
            None => &[],
        }
    }

    fn messages(&self, number: u64) -> Vec<Fields<'a>> {
        let messages = self.all(number).map(|field| match field {
            Field::Bytes(bytes) => Fields::read(bytes),
            Field::Number(_) => panic!("field {number} is a number"),
        });
        messages.collect()
    }

    fn number(&self, number: u64) -> u64 {
        match self.all(number).next() {
            Some(Field::Number(value)) => value,
            Some(Field::Bytes(_)) => panic!("field {number} is no number"),
            None => 0,
        }
    }

    fn text(&self, number: u64) -> String {
        String::from_utf8(self.bytes(number).to_vec()).unwrap()
    }

    fn hexadecimal(&self, number: u64) -> String {
        let bytes = self.bytes(number).iter();
        bytes.fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    }

    /// Pairs of texts; numbers are written out.
    fn attributes(&self, number: u64) -> BTreeMap<String, String> {
        let pairs = self.messages(number).into_iter().map(|pair| {
            let value = Fields::read(pair.bytes(2));
            let text = match value.0.first() {
                Some((1, _)) => value.text(1),
                Some((_, Field::Number(number))) => number.to_string(),
                other => panic!("a value of kind {:?}", other.map(|(kind, _)| *kind)),
            };
            (pair.text(1), text)
        });
        pairs.collect()
    }
}

fn varint(rest: &mut &[u8]) -> u64 {
    let mut value = 0;
    for at in 0.. {
        let [byte] = take_array(rest);
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            break;
        }
    }
    value
}

fn take_array<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let (first, after) = rest.split_first_chunk().unwrap();
    *rest = after;
    *first
}

/// Spans of an `ExportTraceServiceRequest`.
fn spans_of(body: &[u8]) -> Vec<Span> {
    let mut all = Vec::new();
    for of_resource in Fields::read(body).messages(1) {
        let resource = Fields::read(of_resource.bytes(1)).attributes(1);
        for of_scope in of_resource.messages(2) {
            assert_eq!(Fields::read(of_scope.bytes(1)).text(1), "gatelodge");
            for span in of_scope.messages(2) {
                all.push(Span {
                    trace: span.hexadecimal(1),
                    id: span.hexadecimal(2),
                    parent: span.hexadecimal(4),
                    name: span.text(5),
                    kind: span.number(6),
                    began: span.number(7),
                    ended: span.number(8),
                    attributes: span.attributes(9),
                    failed: Fields::read(span.bytes(15)).number(3) == 2,
                    resource: resource.clone(),
                });
            }
        }
    }
    all
}
