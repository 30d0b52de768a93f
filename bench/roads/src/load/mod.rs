//! The load generator: many keep-alive connections on one thread, HTTP/1.1 by hand.
//!
//! It shares the processors with what it measures, so it does as little as it can: requests are
//! bytes that a [`Script`] appends, an answer is a status, a content length and a slice, and one
//! `epoll` loop does the rest. Closed loop: every connection sends its next request when it has
//! its answer. Open loop: operations are due at a rate, whatever the answers do, and the latency
//! of an operation counts from when it was due, so that a stalled server cannot hide its queue.

mod lane;
mod latency;
mod response;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use mio::{Events, Poll, Token};
use tokio::time::Instant;

pub use latency::Latency;
pub use response::{Broken, Response, parse};

use lane::{Lane, Woken};

/// How long answers may come after the end of a run.
const DRAIN: Duration = Duration::from_secs(10);

/// What is sent, and what must come back.
pub trait Script {
    /// Appends a connection's next request. `false` when there is nothing left to send.
    fn request(&mut self, lane: usize, out: &mut Vec<u8>) -> bool;

    /// Judges the answer to it.
    fn answer(&mut self, lane: usize, response: &Response<'_>) -> Verdict;
}

/// What an answer was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The operation is done.
    Done,
    /// The operation goes on with another request.
    Step,
    /// The server asked to come back after that time.
    Shed(Duration),
    /// Not what it should be, in words.
    Wrong(String),
}

/// How operations begin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// Each connection begins one when its last has ended.
    Closed,
    /// So many a second, evenly, in all.
    Open(f64),
}

/// What is run.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Where the server is.
    pub address: SocketAddr,
    /// How many connections.
    pub connections: usize,
    /// How operations begin.
    pub pace: Pace,
    /// How long it runs before anything counts.
    pub ramp: Duration,
    /// For how long operations begin and count after that.
    pub time: Duration,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// Operations that ended well within the time (open loop: at all).
    pub done: u64,
    /// Operations that ended well at any time.
    pub ended: u64,
    /// Answers that were wrong.
    pub wrong: u64,
    /// Answers that asked to come back later.
    pub shed: u64,
    /// Operations that never got an answer.
    pub lost: u64,
    /// The first thing that was wrong.
    pub complaint: Option<String>,
    /// How long operations were begun; shorter than asked for where a script ran out.
    pub elapsed: Duration,
    /// How long operations took.
    pub latency: Latency,
}

impl Outcome {
    /// Operations a second.
    pub fn per_second(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 {
            self.latency.count() / seconds
        } else {
            0.0
        }
    }
}

/// Runs a load to its end.
pub fn run(load: &Load, script: &mut dyn Script) -> io::Result<Outcome> {
    Running::start(load, script)?.run()
}

struct Running<'a> {
    load: &'a Load,
    script: &'a mut dyn Script,
    poll: Poll,
    lanes: Vec<Lane>,
    idle: Vec<usize>,
    /// How many connections wait because the server asked them to.
    parked: usize,
    /// Open loop: due times that no connection was free for.
    late: std::collections::VecDeque<Instant>,
    /// When operations begin to count.
    began: Instant,
    end: Instant,
    next_due: Instant,
    exhausted: Option<Instant>,
    outcome: Outcome,
}

impl<'a> Running<'a> {
    fn start(load: &'a Load, script: &'a mut dyn Script) -> io::Result<Self> {
        let poll = Poll::new()?;
        let lanes = (0..load.connections)
            .map(|number| Lane::connect(load.address, poll.registry(), Token(number)))
            .collect::<io::Result<Vec<_>>>()?;
        let start = Instant::now();
        let began = start + load.ramp;
        Ok(Self {
            load,
            script,
            poll,
            idle: (0..lanes.len()).rev().collect(),
            lanes,
            parked: 0,
            late: std::collections::VecDeque::new(),
            began,
            end: began + load.time,
            next_due: start,
            exhausted: None,
            outcome: Outcome {
                done: 0,
                ended: 0,
                wrong: 0,
                shed: 0,
                lost: 0,
                complaint: None,
                elapsed: load.time,
                latency: Latency::default(),
            },
        })
    }

    fn run(mut self) -> io::Result<Outcome> {
        let mut events = Events::with_capacity(1024);
        loop {
            let now = Instant::now();
            self.begin_operations(now);
            let busy = self.lanes.len() - self.idle.len();
            if self.is_over(now) && busy == 0 && self.late.is_empty() {
                break;
            }
            if now >= self.end + DRAIN {
                self.outcome.lost += busy as u64 + self.late.len() as u64;
                break;
            }
            match self.poll.poll(&mut events, Some(self.wait(now))) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result?,
            }
            for event in &events {
                self.wake(event.token().0, event.is_readable(), event.is_writable())?;
            }
            self.unpark(Instant::now());
        }
        if let Some(at) = self.exhausted {
            self.outcome.elapsed = at.min(self.end).saturating_duration_since(self.began);
        }
        Ok(self.outcome)
    }

    fn is_over(&self, now: Instant) -> bool {
        now >= self.end || self.exhausted.is_some()
    }

    /// How long to sleep at most.
    fn wait(&self, now: Instant) -> Duration {
        let mut until = if now < self.end {
            self.end
        } else {
            self.end + DRAIN
        };
        if let Pace::Open(_) = self.load.pace
            && self.next_due < self.end
        {
            until = until.min(self.next_due);
        }
        if self.parked > 0
            && let Some(parked) = self.lanes.iter().filter_map(|lane| lane.parked).min()
        {
            until = until.min(parked);
        }
        until.saturating_duration_since(now)
    }

    /// Begins what is to begin now.
    fn begin_operations(&mut self, now: Instant) {
        match self.load.pace {
            Pace::Closed => {
                while !self.is_over(now)
                    && let Some(lane) = self.idle.pop()
                {
                    self.begin(lane, now);
                }
            }
            Pace::Open(per_second) => {
                while self.next_due <= now && self.next_due < self.end {
                    self.late.push_back(self.next_due);
                    self.next_due += Duration::from_secs_f64(1.0 / per_second);
                }
                while !self.late.is_empty() && self.exhausted.is_none() {
                    let Some(lane) = self.idle.pop() else { break };
                    let due = self.late.pop_front().unwrap_or(now);
                    self.begin(lane, due);
                }
                if self.exhausted.is_some() {
                    self.late.clear();
                }
            }
        }
    }

    fn begin(&mut self, number: usize, began: Instant) {
        self.lanes[number].began = began;
        self.send(number);
    }

    /// Sends the next request of a connection, or lets it rest when there is none.
    fn send(&mut self, number: usize) {
        let lane = &mut self.lanes[number];
        if self.script.request(number, lane.outgoing()) {
            lane.asked = true;
            lane.write();
        } else {
            self.exhausted.get_or_insert_with(Instant::now);
            self.idle.push(number);
        }
    }

    fn wake(&mut self, number: usize, readable: bool, writable: bool) -> io::Result<()> {
        if writable {
            self.lanes[number].write();
        }
        if !readable {
            return Ok(());
        }
        match self.lanes[number].read() {
            Ok(Woken::Waiting) => Ok(()),
            Ok(Woken::Answered) => self.answered(number),
            Ok(Woken::Closed) => self.closed(number, "the server closed the connection"),
            Err(error) => self.closed(number, &error.to_string()),
        }
    }

    fn answered(&mut self, number: usize) -> io::Result<()> {
        let lane = &mut self.lanes[number];
        if !std::mem::take(&mut lane.asked) {
            return self.reconnect(number);
        }
        let (verdict, closes) = match lane.response() {
            Ok(response) => (self.script.answer(number, &response), response.closes),
            Err(broken) => (Verdict::Wrong(broken.to_string()), true),
        };
        lane.forget_response();
        if closes {
            self.reconnect(number)?;
        }
        self.judged(number, verdict);
        Ok(())
    }

    fn judged(&mut self, number: usize, verdict: Verdict) {
        match verdict {
            Verdict::Step => return self.send(number),
            Verdict::Done => {
                let now = Instant::now();
                self.outcome.ended += 1;
                let in_time = now < self.end || matches!(self.load.pace, Pace::Open(_));
                if in_time && now >= self.began {
                    self.outcome.done += 1;
                    let took = now.duration_since(self.lanes[number].began);
                    self.outcome.latency.record(took);
                }
                if matches!(self.load.pace, Pace::Closed) && !self.is_over(now) {
                    self.begin(number, now);
                    return;
                }
            }
            Verdict::Shed(wait) => {
                self.outcome.shed += 1;
                self.lanes[number].parked = Some(Instant::now() + wait);
                self.parked += 1;
                return;
            }
            Verdict::Wrong(why) => {
                self.outcome.wrong += 1;
                self.outcome.complaint.get_or_insert(why);
            }
        }
        self.idle.push(number);
    }

    /// The connections whose waiting time is over may be used again.
    fn unpark(&mut self, now: Instant) {
        let over = self.is_over(now);
        if self.parked == 0 {
            return;
        }
        for number in 0..self.lanes.len() {
            let lane = &mut self.lanes[number];
            if lane.parked.is_some_and(|until| over || until <= now) {
                lane.parked = None;
                self.parked -= 1;
                self.idle.push(number);
            }
        }
    }

    /// A connection that ended under an operation; the operation is lost.
    fn closed(&mut self, number: usize, why: &str) -> io::Result<()> {
        let was_busy = std::mem::take(&mut self.lanes[number].asked);
        self.reconnect(number)?;
        if was_busy {
            self.outcome.lost += 1;
            self.outcome.complaint.get_or_insert_with(|| why.to_owned());
            self.idle.push(number);
        }
        Ok(())
    }

    fn reconnect(&mut self, number: usize) -> io::Result<()> {
        let fresh = Lane::connect(self.load.address, self.poll.registry(), Token(number))?;
        self.lanes[number].replace_stream(fresh, self.poll.registry());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
