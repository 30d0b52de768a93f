//! One kept connection that asks and waits, with nothing between the clock and the socket.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than the server's own limits.
const PATIENCE: Duration = Duration::from_mins(1);

/// A connection.
pub(crate) struct Wire {
    stream: BufReader<TcpStream>,
    host: SocketAddr,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// Where a redirect leads.
    pub(crate) location: Option<String>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Wire {
    /// Connects.
    pub(crate) fn connect(host: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream: BufReader::new(stream),
            host,
        })
    }

    /// `GET` with one further header.
    pub(crate) fn get(&mut self, target: &str, header: (&str, &str)) -> io::Result<Answer> {
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: {}\r\n{}: {}\r\n\r\n",
            self.host, header.0, header.1
        );
        self.ask(&request)
    }

    /// `POST` of an encoded form by a client that authenticates with Basic.
    pub(crate) fn post(&mut self, target: &str, basic: &str, form: &str) -> io::Result<Answer> {
        let mut request = format!("POST {target} HTTP/1.1\r\nHost: {}\r\n", self.host);
        // Writing to a string cannot fail.
        let _ = write!(
            request,
            "Authorization: {basic}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{form}",
            form.len()
        );
        self.ask(&request)
    }

    fn ask(&mut self, request: &str) -> io::Result<Answer> {
        self.stream.get_mut().write_all(request.as_bytes())?;
        self.answer()
    }

    fn answer(&mut self) -> io::Result<Answer> {
        let status = self.line()?;
        let status = status.get(9..12).and_then(|code| code.parse().ok());
        let mut answer = Answer {
            status: status.ok_or_else(|| io::Error::other("no HTTP answer"))?,
            location: None,
            body: Vec::new(),
        };
        let mut length = 0;
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().unwrap_or_default(),
                "location" => answer.location = Some(value.trim().to_owned()),
                "transfer-encoding" => return Err(io::Error::other("a body in chunks")),
                _ => {}
            }
        }
        answer.body.resize(length, 0);
        self.stream.read_exact(&mut answer.body)?;
        Ok(answer)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }
}

impl Answer {
    /// Fails unless the status is that.
    pub(crate) fn expect(self, status: u16) -> io::Result<Self> {
        if self.status == status {
            return Ok(self);
        }
        let body = String::from_utf8_lossy(&self.body);
        Err(io::Error::other(format!(
            "{} and not {status}: {body}",
            self.status
        )))
    }

    /// A text member of a JSON body.
    pub(crate) fn field(&self, name: &str) -> io::Result<String> {
        let document: serde_json::Value = serde_json::from_slice(&self.body)?;
        let text = document[name].as_str().map(str::to_owned);
        text.ok_or_else(|| io::Error::other(format!("no `{name}` in the answer")))
    }
}
