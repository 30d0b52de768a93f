//! One connection: bytes out, bytes in, and the operation it is at.

use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use tokio::time::Instant;

use super::response::{self, Broken, Response};

/// More than any answer of the servers under test, so that one read takes it whole.
const ROOM: usize = 16 * 1024;

/// What reading brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// No whole answer yet.
    Waiting,
    /// One whole answer.
    Answered,
    /// The end of the connection.
    Closed,
}

/// A connection.
pub(super) struct Lane {
    stream: TcpStream,
    outgoing: Vec<u8>,
    sent: usize,
    incoming: Vec<u8>,
    filled: usize,
    /// When the operation began, or was due.
    pub(super) began: Instant,
    /// Until when the server asked it to wait.
    pub(super) parked: Option<Instant>,
    /// Whether a request is under way. What comes without one is the server's word that it waited
    /// long enough (RFC 9110, section 15.5.9), and nobody's answer.
    pub(super) asked: bool,
}

impl Lane {
    pub(super) fn connect(
        address: SocketAddr,
        registry: &Registry,
        token: Token,
    ) -> io::Result<Self> {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self {
            stream,
            outgoing: Vec::with_capacity(2_048),
            sent: 0,
            incoming: vec![0; ROOM],
            filled: 0,
            began: Instant::now(),
            parked: None,
            asked: false,
        })
    }

    /// Takes over another connection's stream.
    pub(super) fn replace_stream(&mut self, fresh: Self, registry: &Registry) {
        // A stream that the server has closed may be gone from the poll already.
        let _ = registry.deregister(&mut self.stream);
        self.stream = fresh.stream;
        self.outgoing.clear();
        self.sent = 0;
        self.filled = 0;
    }

    /// The emptied buffer for the next request.
    pub(super) fn outgoing(&mut self) -> &mut Vec<u8> {
        self.outgoing.clear();
        self.sent = 0;
        &mut self.outgoing
    }

    /// Sends what is left of the request, as far as the kernel takes it.
    pub(super) fn write(&mut self) {
        while self.sent < self.outgoing.len() {
            match self.stream.write(&self.outgoing[self.sent..]) {
                Ok(count @ 1..) => self.sent += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The poll tells when there is room again, and reading tells that the
                // connection has ended.
                Ok(0) | Err(_) => return,
            }
        }
    }

    /// Reads what is there. A read that does not fill the buffer has taken all there was, so
    /// none is spent on hearing that from the kernel.
    pub(super) fn read(&mut self) -> io::Result<Woken> {
        loop {
            if self.filled == self.incoming.len() {
                self.incoming.resize(self.filled * 2, 0);
            }
            let room = self.incoming.len() - self.filled;
            match self.stream.read(&mut self.incoming[self.filled..]) {
                Ok(0) => return Ok(Woken::Closed),
                Ok(count) => {
                    self.filled += count;
                    let broken_or_whole = !matches!(self.parse(), Ok(None));
                    if broken_or_whole {
                        return Ok(Woken::Answered);
                    }
                    if count < room {
                        return Ok(Woken::Waiting);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Woken::Waiting);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The answer that was read.
    pub(super) fn response(&self) -> Result<Response<'_>, Broken> {
        match self.parse()? {
            Some(response) => Ok(response),
            None => Err(Broken::HALF),
        }
    }

    /// Makes room for the next one.
    pub(super) fn forget_response(&mut self) {
        self.filled = 0;
    }

    fn parse(&self) -> Result<Option<Response<'_>>, Broken> {
        response::parse(&self.incoming[..self.filled])
    }
}
