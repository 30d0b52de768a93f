//! The loopback redirect (RFC 8252 §7.3): a listener on a port that the system gives, for as
//! long as one sign-in takes.
//!
//! Browsers open connections ahead of need and ask for icons, so each connection is answered on
//! a thread of its own, and only a request for the right path with the right `state` counts.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::fault::Fault;

const PATH: &str = "/callback";
const PATIENCE: Duration = Duration::from_secs(10);
/// A request with a code is never longer.
const LONGEST: usize = 16 << 10;

/// Waits for a browser.
pub(crate) struct Loopback {
    listener: TcpListener,
    /// Where the browser is sent.
    pub(crate) redirect_uri: String,
}

/// What the browser brought.
pub(crate) type Parameters = Vec<(String, String)>;

impl Loopback {
    /// Listens on that port of this machine, or on any.
    pub(crate) fn listen(port: u16) -> Result<Self, Fault> {
        let wrong = |error: std::io::Error| {
            Fault::because(format!("cannot listen on 127.0.0.1 port {port}"), &error)
        };
        let listener = TcpListener::bind(("127.0.0.1", port)).map_err(wrong)?;
        let port = listener.local_addr().map_err(wrong)?.port();
        Ok(Self {
            listener,
            redirect_uri: format!("http://127.0.0.1:{port}{PATH}"),
        })
    }

    /// The parameters that come back with that `state`.
    pub(crate) fn wait(self, state: &str, patience: Duration) -> Result<Parameters, Fault> {
        let (found, answers): (Sender<Parameters>, Receiver<Parameters>) = channel();
        let state = state.to_owned();
        // Ends with the process: nobody can wake an `accept`.
        std::thread::spawn(move || {
            for stream in self.listener.incoming().flatten() {
                let (found, state) = (found.clone(), state.clone());
                std::thread::spawn(move || {
                    if let Some(parameters) = serve(stream, &state) {
                        let _ = found.send(parameters);
                    }
                });
            }
        });
        answers.recv_timeout(patience).map_err(|_| {
            Fault::Failed("nobody signed in in time; try `lodge login` again".to_owned())
        })
    }
}

fn serve(mut stream: TcpStream, state: &str) -> Option<Parameters> {
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let _ = stream.set_write_timeout(Some(PATIENCE));
    let target = request_target(&mut stream)?;
    let parameters = callback(&target, state);
    let (status, text) = match &parameters {
        None => ("404 Not Found", "There is nothing here."),
        Some(parameters) if parameters.iter().any(|(name, _)| name == "error") => (
            "200 OK",
            "You were not signed in. You can close this page and go back to the terminal.",
        ),
        Some(_) => (
            "200 OK",
            "You can close this page and go back to the terminal.",
        ),
    };
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>lodge</title>\
         <meta name=\"color-scheme\" content=\"light dark\"><p>{text}</p></html>"
    );
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Length: {}\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n\
         Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n\
         Connection: close\r\n\r\n{page}",
        page.len()
    );
    let _ = stream.write_all(answer.as_bytes());
    let _ = stream.flush();
    parameters
}

/// What is asked for with `GET`.
fn request_target(stream: &mut TcpStream) -> Option<String> {
    let mut read = Vec::new();
    let mut buffer = [0; 2048];
    while !read.windows(4).any(|four| four == b"\r\n\r\n") {
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        read.extend_from_slice(buffer.get(..count)?);
        if read.len() > LONGEST {
            return None;
        }
    }
    let text = String::from_utf8_lossy(&read);
    let mut words = text.lines().next()?.split(' ');
    (words.next()? == "GET").then(|| words.next().map(str::to_owned))?
}

/// The parameters, where the request is the one that is waited for.
fn callback(target: &str, state: &str) -> Option<Parameters> {
    let (path, query) = target.split_once('?')?;
    if path != PATH {
        return None;
    }
    let parameters: Parameters = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let mut states = parameters.iter().filter(|(name, _)| name == "state");
    let ours = states.next().is_some_and(|(_, value)| value == state) && states.next().is_none();
    ours.then_some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(redirect_uri: &str, target: &str) -> String {
        let address = redirect_uri
            .trim_start_matches("http://")
            .trim_end_matches(PATH);
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {target} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn only_the_answer_to_our_own_request_counts() {
        let loopback = Loopback::listen(0).unwrap();
        let uri = loopback.redirect_uri.clone();
        let waiting =
            std::thread::spawn(move || loopback.wait("ours", Duration::from_mins(1)).unwrap());
        // A connection that says nothing holds nobody up.
        let address = uri.trim_start_matches("http://").trim_end_matches(PATH);
        let _silent = TcpStream::connect(address).unwrap();
        for wrong in [
            "/favicon.ico",
            "/callback",
            "/callback?code=x&state=theirs",
            "/callback?code=x&state=ours&state=ours",
            "/other?code=x&state=ours",
        ] {
            assert!(ask(&uri, wrong).starts_with("HTTP/1.1 404"), "{wrong}");
        }
        let answer = ask(&uri, "/callback?code=a%20b&state=ours");
        assert!(answer.contains("close this page"), "{answer}");
        let parameters = waiting.join().unwrap();
        assert_eq!(parameters[0], ("code".to_owned(), "a b".to_owned()));
    }

    #[test]
    fn nobody_waits_for_ever() {
        let loopback = Loopback::listen(0).unwrap();
        assert!(loopback.wait("ours", Duration::from_millis(10)).is_err());
    }
}
