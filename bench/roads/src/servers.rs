//! The processes under test, and a client that asks one thing at a time.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::load::{Response, parse};
use crate::reference::PoolRates;
use crate::seed::{Failed, Urls};
use crate::spec::RoadSpec;

/// A program beside this one.
fn beside(name: &str) -> Result<PathBuf, Failed> {
    let mine = std::env::current_exe()?;
    let path = mine.parent().unwrap_or(Path::new(".")).join(name);
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!(
            "{} is not there; `cargo xtask bench` builds it",
            path.display()
        )
        .into())
    }
}

/// Two ports that nobody listens on, for the whole bench: issuers bear them.
pub fn choose_urls() -> io::Result<Urls> {
    let (auth, admin) = (
        TcpListener::bind("127.0.0.1:0")?,
        TcpListener::bind("127.0.0.1:0")?,
    );
    Ok(Urls {
        public: format!("http://{}", auth.local_addr()?),
        admin: format!("http://{}", admin.local_addr()?),
    })
}

/// A process that ends with its owner.
#[derive(Debug)]
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The server under test.
#[derive(Debug)]
pub struct Gatelodge {
    process: Process,
    /// Where it is reached.
    pub address: SocketAddr,
}

impl Gatelodge {
    /// Starts it on a data folder and waits until it is ready.
    pub fn start(data_dir: &Path, urls: &Urls) -> Result<Self, Failed> {
        let listen = |url: &str| url.trim_start_matches("http://").to_owned();
        let log = File::create(data_dir.with_extension("log"))?;
        let child = Command::new(beside("gatelodge")?)
            .arg("serve")
            .arg("--data-dir")
            .arg(data_dir)
            .args(["--auth-listen", &listen(&urls.public)])
            .args(["--admin-listen", &listen(&urls.admin)])
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let mut server = Self {
            process: Process(child),
            address: listen(&urls.public).parse()?,
        };
        for _ in 0..600 {
            if server.process.0.try_wait()?.is_some() {
                let log = data_dir.with_extension("log");
                return Err(format!("gatelodge has ended; see {}", log.display()).into());
            }
            let ready = ask(
                server.address,
                b"GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n",
            );
            if ready.is_ok_and(|answer| answer.status == 200) {
                return Ok(server);
            }
            sleep(Duration::from_millis(50));
        }
        Err("gatelodge was not ready within 30 seconds".into())
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.0.id()
    }

    /// Waits until it has made the keys that it keeps in reserve: until it uses less than a
    /// twentieth of a processor. Twenty seconds are enough in any case.
    pub fn settle(&self) -> Result<(), Failed> {
        let step = Duration::from_millis(500);
        // It begins a second after its start.
        sleep(Duration::from_secs(2));
        let mut before = processor_us(self.pid())?;
        for _ in 0..40 {
            sleep(step);
            let now = processor_us(self.pid())?;
            if now - before < step.as_secs_f64() * 1_000_000.0 / 20.0 {
                break;
            }
            before = now;
        }
        Ok(())
    }

    /// Stops it as an operator would.
    pub fn stop(mut self) -> Result<(), Failed> {
        let pid = self.pid().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        for _ in 0..300 {
            if self.process.0.try_wait()?.is_some() {
                return Ok(());
            }
            sleep(Duration::from_millis(50));
        }
        Err("gatelodge did not stop within 15 seconds".into())
    }
}

/// The reference, serving one road.
#[derive(Debug)]
pub struct Reference {
    process: Process,
    /// Where it is reached.
    pub address: SocketAddr,
}

impl Reference {
    /// Starts it; its orders are left in that file.
    pub fn start(spec: &RoadSpec, file: &Path) -> Result<Self, Failed> {
        std::fs::write(file, serde_json::to_vec(spec)?)?;
        let mut child = Command::new(beside("gatelodge-bench-reference")?)
            .arg("--road")
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let told = child.stdout.take();
        let process = Process(child);
        let mut line = String::new();
        BufReader::new(told.ok_or("the reference says nothing")?).read_line(&mut line)?;
        Ok(Self {
            address: line.trim().parse()?,
            process,
        })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.0.id()
    }
}

/// Measures the hashing pool alone, in a process of its own.
pub fn hashing_pool(time: Duration) -> Result<PoolRates, Failed> {
    let output = Command::new(beside("gatelodge-bench-reference")?)
        .args(["--pool", &time.as_secs_f64().to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Microseconds of processor time that a process has used, in its own code and in the kernel
/// for it: the fields `utime` and `stime` of `/proc/PID/stat`, in hundredths of a second.
pub fn processor_us(pid: u32) -> Result<f64, Failed> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    parse_processor_us(&text).ok_or_else(|| format!("/proc/{pid}/stat says nothing").into())
}

/// The name in parentheses may have spaces in it; what follows has not.
fn parse_processor_us(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) * 10_000.0)
}

/// P-256 signatures a second of one processor while all of them sign, as OpenSSL's own program
/// counts them: two processors that share a core are not twice as quick as one, and a server uses
/// both. By the clock on the wall, as every other rate here.
pub fn openssl_speed(seconds: u64) -> Result<f64, Failed> {
    let processors = std::thread::available_parallelism()?;
    let output = Command::new("openssl")
        .args(["speed", "-mr", "-elapsed"])
        .args(["-multi", &processors.to_string()])
        .args(["-seconds", &seconds.to_string(), "ecdsap256"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()?;
    let all = parse_speed(&String::from_utf8_lossy(&output.stdout))
        .ok_or("`openssl speed` said nothing of ecdsap256")?;
    let processors = u32::try_from(processors.get())?;
    Ok(all / f64::from(processors))
}

/// `+F4:number:bits:signatures:verifications`, both a second.
fn parse_speed(text: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with("+F4:"))?;
    line.split(':').nth(3)?.trim().parse().ok()
}

/// An answer that is kept.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    bytes: Vec<u8>,
}

impl Answer {
    /// As a script looks at it.
    pub fn response(&self) -> Option<Response<'_>> {
        parse(&self.bytes).ok().flatten()
    }
}

/// Sends a request over a connection of its own.
pub fn ask(address: SocketAddr, request: &[u8]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(request)?;
    let mut bytes = Vec::new();
    let mut piece = [0; 4_096];
    loop {
        let whole = parse(&bytes).map_err(|broken| io::Error::other(broken.to_string()))?;
        if let Some(response) = whole {
            return Ok(kept(&response, bytes.clone()));
        }
        match stream.read(&mut piece)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => bytes.extend_from_slice(&piece[..count]),
        }
    }
}

fn kept(response: &Response<'_>, bytes: Vec<u8>) -> Answer {
    let head = String::from_utf8_lossy(response.head);
    let headers = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Answer {
        status: response.status,
        headers,
        body: response.body.to_vec(),
        bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_speed_of_signing_is_read_from_what_openssl_prints() {
        // Each process says its own, and the line without more says the sum.
        let text = "Forked child 0\nGot: +F4:3:256:31000.5:9000.0 from 0\n\
                    +F4:3:256:62001.0:18000.0\n";
        assert!((parse_speed(text).unwrap() - 62_001.0).abs() < 1e-6);
        assert_eq!(parse_speed("+F2:1:2:3:4"), None);
    }

    #[test]
    fn processor_time_is_read_whatever_the_process_is_called() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 9 0 0 0 250 50 0 0 20 0 9 0 1 1 1";
        assert_eq!(parse_processor_us(stat), Some(3_000_000.0));
        assert_eq!(parse_processor_us("7 (x) S 1"), None);
    }
}
