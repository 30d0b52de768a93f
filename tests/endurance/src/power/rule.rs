//! The rule: an answer leaves only after a sync of the write-ahead log that began when the
//! commit of what it promises was wholly written.
//!
//! Answers bear their request's id in a header, and the audit event that is part of the same
//! commit bears it in its row, so both ends can be told apart under any concurrency. In between
//! lie the frames of the log (SQLite file format §4.1): a header of 24 bytes, whose second word
//! is zero in all but the last frame of a commit, and then a page.

use std::collections::{BTreeMap, BTreeSet};

use super::trace::{Call, Event};

/// How far what a request wrote has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing of it was written to the log.
    Unwritten,
    /// Its page was, and the commit's last frame was not.
    Written,
    /// The commit was, and no sync of the log followed yet.
    Committed,
    /// A sync that began after the commit has ended.
    Durable,
}

/// An answer that left too early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Early {
    /// The request that was answered.
    pub request: String,
    /// How far it was.
    pub stage: Stage,
}

/// What a whole trace comes to.
#[derive(Debug, Default)]
pub struct Found {
    /// Answers that left when what they promise was durable.
    pub durable: BTreeSet<String>,
    /// Answers that left too early.
    pub early: Vec<Early>,
    /// Syncs of the log.
    pub syncs: usize,
    /// Those of them that wait for the log's times as well, which nobody reads.
    pub fsyncs: usize,
    /// Commits in the log.
    pub commits: usize,
}

/// Watches a trace; `promised` are the requests whose answers promise something.
#[derive(Debug)]
pub struct Watch<'a> {
    promised: &'a BTreeSet<String>,
    stages: BTreeMap<String, Stage>,
    /// Whether the frame whose header was written last ends a commit.
    last_frame: bool,
    /// What was committed when the sync began that is under way, by target.
    syncing: BTreeMap<String, Vec<String>>,
    found: Found,
}

/// Request ids are 26 letters and digits of base 32.
const ID: usize = 26;
const FRAME_HEADER: usize = 24;
const HEADER: &[u8] = b"x-request-id: ";

impl<'a> Watch<'a> {
    /// Nothing has happened yet.
    pub fn new(promised: &'a BTreeSet<String>) -> Self {
        Self {
            promised,
            stages: BTreeMap::new(),
            last_frame: false,
            syncing: BTreeMap::new(),
            found: Found::default(),
        }
    }

    /// The next event.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::Begins(call) if call.is_answer() => self.answers(call),
            Event::Begins(call) if call.is_sync() && is_log(call) => self.sync_begins(call),
            Event::Ends(call, done) if call.is_sync() && is_log(call) => {
                self.sync_ends(call, *done);
            }
            Event::Ends(call, true) if is_log(call) => self.log_written(&call.data),
            Event::Begins(_) | Event::Ends(..) => {}
        }
    }

    /// What was found.
    pub fn end(self) -> Found {
        self.found
    }

    fn log_written(&mut self, data: &[u8]) {
        if data.len() == FRAME_HEADER {
            self.last_frame = data[4..8] != [0; 4];
            return;
        }
        for id in ids_in(data, self.promised) {
            self.stages.entry(id).or_insert(Stage::Written);
        }
        if self.last_frame {
            self.last_frame = false;
            self.found.commits += 1;
            for stage in self.stages.values_mut() {
                *stage = (*stage).max(Stage::Committed);
            }
        }
    }

    fn sync_begins(&mut self, call: &Call) {
        let committed = self
            .stages
            .iter()
            .filter(|(_, stage)| **stage == Stage::Committed);
        let committed = committed.map(|(id, _)| id.clone()).collect();
        self.syncing.insert(call.target.clone(), committed);
    }

    fn sync_ends(&mut self, call: &Call, done: bool) {
        let covered = self.syncing.remove(&call.target).unwrap_or_default();
        if !done {
            return;
        }
        self.found.syncs += 1;
        self.found.fsyncs += usize::from(call.name == "fsync");
        for id in covered {
            self.stages.insert(id, Stage::Durable);
        }
    }

    fn answers(&mut self, call: &Call) {
        for request in answered(&call.data) {
            if !self.promised.contains(&request) {
                continue;
            }
            let stage = self.stages.get(&request).copied();
            match stage.unwrap_or(Stage::Unwritten) {
                Stage::Durable => {
                    self.found.durable.insert(request);
                }
                stage => self.found.early.push(Early { request, stage }),
            }
        }
    }
}

fn is_log(call: &Call) -> bool {
    call.target.ends_with("-wal")
}

/// Those of the ids that stand anywhere in a page.
fn ids_in(page: &[u8], known: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    // Columns follow one another without a mark, so every place in a run of letters counts.
    for run in page.split(|byte| !matches!(byte, b'a'..=b'z' | b'2'..=b'7')) {
        for window in run.windows(ID) {
            if let Ok(text) = std::str::from_utf8(window)
                && known.contains(text)
            {
                found.push(text.to_owned());
            }
        }
    }
    found
}

/// The ids of the answers that a socket is handed.
fn answered(data: &[u8]) -> Vec<String> {
    let mut ids = Vec::new();
    let mut rest = data;
    while let Some(at) = rest.windows(HEADER.len()).position(|at| at == HEADER) {
        rest = &rest[at + HEADER.len()..];
        if let Some(Ok(id)) = rest.get(..ID).map(std::str::from_utf8) {
            ids.push(id.to_owned());
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "aglzdq7eht24jbnz3q6xkfzcwm";
    const TWO: &str = "bglzdq7eht24jbnz3q6xkfzcwm";

    fn call(name: &str, target: &str, data: &[u8]) -> Call {
        Call {
            name: name.to_owned(),
            target: target.to_owned(),
            data: data.to_vec(),
        }
    }

    fn whole(call: Call) -> Vec<Event> {
        vec![Event::Begins(call.clone()), Event::Ends(call, true)]
    }

    /// A frame with a row of that request; the last of its commit or not.
    fn frame(request: &str, is_last: bool) -> Vec<Event> {
        let mut header = [0; FRAME_HEADER];
        header[7] = u8::from(is_last);
        let mut page = vec![0; 4_096];
        page[100..100 + ID].copy_from_slice(request.as_bytes());
        let mut events = whole(call("pwrite64", "/d/g.db-wal", &header));
        events.extend(whole(call("pwrite64", "/d/g.db-wal", &page)));
        events
    }

    fn sync(target: &str) -> Vec<Event> {
        whole(call("fdatasync", target, b""))
    }

    fn answer(request: &str) -> Vec<Event> {
        let text = format!("HTTP/1.1 200 OK\r\nx-request-id: {request}\r\n\r\n");
        whole(call("sendto", "socket:[1]", text.as_bytes()))
    }

    fn found(events: &[Vec<Event>]) -> Found {
        let promised = BTreeSet::from([ONE.to_owned(), TWO.to_owned()]);
        let mut watch = Watch::new(&promised);
        for event in events.concat() {
            watch.event(&event);
        }
        watch.end()
    }

    fn stage(events: &[Vec<Event>]) -> Option<Stage> {
        found(events).early.first().map(|early| early.stage)
    }

    #[test]
    fn an_answer_after_the_sync_of_its_commit_is_durable() {
        let seen = found(&[
            frame(ONE, false),
            frame(TWO, true),
            sync("/d/g.db-wal"),
            answer(ONE),
            answer(TWO),
        ]);
        assert_eq!((seen.early.len(), seen.durable.len()), (0, 2));
        assert_eq!((seen.commits, seen.syncs), (1, 1));
    }

    #[test]
    fn an_answer_before_its_sync_its_commit_or_its_write_is_early() {
        let log = "/d/g.db-wal";
        assert_eq!(stage(&[answer(ONE)]), Some(Stage::Unwritten));
        let uncommitted = [frame(ONE, false), sync(log), answer(ONE)];
        assert_eq!(stage(&uncommitted), Some(Stage::Written));
        let unsynced = [frame(ONE, true), answer(ONE), sync(log)];
        assert_eq!(stage(&unsynced), Some(Stage::Committed));
        let other_file = [frame(ONE, true), sync("/d/g.db"), answer(ONE)];
        assert_eq!(stage(&other_file), Some(Stage::Committed));
    }

    #[test]
    fn a_sync_that_began_before_the_commit_does_not_cover_it() {
        let sync = call("fdatasync", "/d/g.db-wal", b"");
        let events = [
            vec![Event::Begins(sync.clone())],
            frame(ONE, true),
            vec![Event::Ends(sync, true)],
            answer(ONE),
        ];
        assert_eq!(stage(&events), Some(Stage::Committed));
    }

    #[test]
    fn a_sync_that_is_still_under_way_or_failed_does_not_count() {
        let sync = call("fdatasync", "/d/g.db-wal", b"");
        let under_way = [
            frame(ONE, true),
            vec![Event::Begins(sync.clone())],
            answer(ONE),
        ];
        assert_eq!(stage(&under_way), Some(Stage::Committed));
        let failed = [
            frame(ONE, true),
            vec![Event::Begins(sync.clone()), Event::Ends(sync, false)],
            answer(ONE),
        ];
        assert_eq!(stage(&failed), Some(Stage::Committed));
    }

    #[test]
    fn the_commit_after_it_may_be_unsynced() {
        let events = [
            frame(ONE, true),
            sync("/d/g.db-wal"),
            frame(TWO, true),
            answer(ONE),
        ];
        assert_eq!(stage(&events), None);
    }
}
