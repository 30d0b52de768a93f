//! The kill test: under load the server is killed at random moments, and after each start
//! every answer that a client got is still true.
//!
//! On PostgreSQL the database is stopped without a shutdown in a share of the rounds, with the
//! server or under it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{scope, sleep};
use std::time::Duration;

use gatelodge_testkit::postgres;
use serde_json::json;

use crate::dice::Dice;
use crate::house::{House, Storage};
use crate::line::{Line, Step, Stop, World, broken};
use crate::resident::{Depth, Manners, Resident};
use crate::stopwatch::now;
use crate::trail::TrailReader;

/// How many answers a round has at least before somebody dies in it.
const ANSWERS: f64 = 12.0;
/// How long they are waited for, and a server that finds its database again.
const PATIENCE: Duration = Duration::from_secs(40);

/// What a run is made of.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How often the server is killed.
    pub kills: usize,
    /// Which engine stores.
    pub storage: Storage,
    /// Decides what the clients do and when the kills come.
    pub seed: u64,
    /// The server's binary.
    pub binary: PathBuf,
    /// Clients at once.
    pub residents: usize,
    /// Whether progress is printed.
    pub talk: bool,
    /// After this kill the write-ahead log loses all that it got in the round, which was answered;
    /// whoever checks promises must find out.
    pub forget_after: Option<usize>,
}

/// What a run came to.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Kills.
    pub rounds: usize,
    /// Answers that clients got under load.
    pub answered: usize,
    /// Calls that were cut off.
    pub cut_off: u64,
    /// Promises that were checked after a start, and events that were found.
    pub checked: usize,
    /// Times that the whole trail was verified.
    pub verified: usize,
}

/// Which process dies in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    Server,
    /// And once more while it starts.
    ServerTwice,
    ServerAndDatabase,
    /// The server lives on and must find its database again.
    Database,
}

/// Kills, starts and checks; the error names seed, round and promise.
pub fn run(plan: &Plan) -> Result<Outcome, String> {
    let dice = Dice::new(plan.seed, 0);
    let mut house = House::new(plan.storage, &plan.binary);
    house.start()?;
    let world = Arc::new(house.world());
    // People sign in often, and what their hashes cost is not what is tested here.
    let settings = json!({
        "argon2_memory": 8_192, "argon2_iterations": 1, "access_token_lifetime": 1_800,
    });
    house.configure(&world, &settings);
    let mut torture = Torture {
        residents: (0..plan.residents)
            .map(|at| Resident::new(at, plan.seed, world.clone(), Manners::Hoarding))
            .collect(),
        line: Line::new(world.clone()),
        trail: TrailReader::default(),
        outcome: Outcome::default(),
        house,
        world,
        dice,
    };
    let begun = now();
    for round in 1..=plan.kills {
        let depth = if round == plan.kills {
            Depth::Everything
        } else {
            Depth::Sample
        };
        let forget = plan.forget_after == Some(round);
        torture.round(round, depth, forget).map_err(|stop| {
            let what = match stop {
                Stop::Broken(what) => what,
                Stop::Lost => "no answer where there had to be one".to_owned(),
            };
            format!(
                "{}, seed {}, round {round}: {what}",
                plan.storage.name(),
                plan.seed
            )
        })?;
        if plan.talk && (round % 10 == 0 || round == plan.kills) {
            let seconds = now().duration_since(begun).as_secs_f64();
            let Outcome {
                answered,
                cut_off,
                checked,
                verified,
                ..
            } = torture.tallied();
            println!(
                "{} {round}/{} kills in {seconds:.0} s: {answered} answers, {cut_off} cut off, \
                 {checked} promises held, trail whole {verified} times",
                plan.storage.name(),
                plan.kills,
            );
        }
    }
    Ok(torture.tallied())
}

struct Torture {
    house: House,
    world: Arc<World>,
    residents: Vec<Resident>,
    line: Line,
    trail: TrailReader,
    outcome: Outcome,
    dice: Dice,
}

impl Torture {
    fn round(&mut self, round: usize, depth: Depth, forget: bool) -> Step<()> {
        let victim = self.victim();
        let end = forget.then(|| self.house.end_of_the_log());
        self.load(victim)?;
        if let Some(end) = end {
            self.house.lose_the_log_since(&end);
        }
        self.bring_back(victim)?;
        self.outcome.rounds += 1;

        self.line.reconnect();
        let kids = self.kids()?;
        self.events_are_there()?;
        let reckoned: Vec<Step<()>> = scope(|scope| {
            let threads: Vec<_> = self
                .residents
                .iter_mut()
                .map(|resident| scope.spawn(|| resident.reckon(&kids, depth)))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        reckoned.into_iter().collect::<Step<()>>()?;
        // The whole trail is walked: often while it is short, then now and then.
        if depth == Depth::Everything || round % 10 == 1 || round <= 5 {
            self.seals_verify()?;
        }
        Ok(())
    }

    fn victim(&mut self) -> Victim {
        let sqlite = [(7, Victim::Server), (1, Victim::ServerTwice)];
        let postgres = [
            (6, Victim::Server),
            (1, Victim::ServerTwice),
            (1, Victim::ServerAndDatabase),
            (1, Victim::Database),
        ];
        let choices: &[(usize, Victim)] = match self.house.storage {
            Storage::Sqlite => &sqlite,
            Storage::Postgres => &postgres,
        };
        let weights: Vec<usize> = choices.iter().map(|(weight, _)| *weight).collect();
        choices[self.dice.weighted(&weights)].1
    }

    /// Clients live, and at a random moment the server or its database dies; where the machine is
    /// slow, not before some of them were answered.
    fn load(&mut self, victim: Victim) -> Step<()> {
        let moment = u64::try_from(60 + self.dice.below(600)).unwrap_or_default();
        let enough = self.world.answered() + ANSWERS;
        self.world.over.store(false, Ordering::Release);
        let (house, world) = (&mut self.house, &self.world);
        let lived: Vec<Step<()>> = scope(|scope| {
            let threads: Vec<_> = self
                .residents
                .iter_mut()
                .map(|resident| scope.spawn(|| resident.live()))
                .collect();
            sleep(Duration::from_millis(moment));
            let waited = now();
            while world.answered() < enough && now().duration_since(waited) < PATIENCE {
                sleep(Duration::from_millis(5));
            }
            // Said first, so that what is cut off is known to be.
            world.over.store(true, Ordering::Release);
            match victim {
                Victim::Server | Victim::ServerTwice => house.kill(),
                Victim::ServerAndDatabase => {
                    postgres::stop_at_once();
                    house.kill();
                }
                Victim::Database => postgres::stop_at_once(),
            }
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        lived.into_iter().collect()
    }

    fn bring_back(&mut self, victim: Victim) -> Step<()> {
        if matches!(victim, Victim::Database | Victim::ServerAndDatabase) {
            postgres::start_again();
        }
        if victim == Victim::ServerTwice {
            self.house.spawn();
            let moment = u64::try_from(self.dice.below(150)).unwrap_or_default();
            sleep(Duration::from_millis(moment));
            self.house.kill();
        }
        let back = if victim == Victim::Database {
            self.house.wait_until_ready()
        } else {
            self.house.start().map(|_| ())
        };
        back.or_else(broken)?;
        if victim == Victim::Database {
            self.serves_again()?;
        }
        Ok(())
    }

    /// A server whose database came back finds its connections broken one by one; soon it
    /// serves.
    fn serves_again(&mut self) -> Step<()> {
        let begun = now();
        let party = self.world.confidential.clone();
        let form = [("grant_type", "client_credentials"), ("scope", "")];
        let mut in_a_row = 0;
        while in_a_row < 30 {
            match self.line.post("settle", &party, "/oauth2/token", &form) {
                Ok(answer) if answer.status == 200 => in_a_row += 1,
                Ok(answer) => return broken(format!("refused: {}", answer.text())),
                Err(_) if now().duration_since(begun) > PATIENCE => {
                    return broken("the database came back long ago and nothing is served");
                }
                Err(_) => {
                    in_a_row = 0;
                    sleep(Duration::from_millis(20));
                }
            }
        }
        Ok(())
    }

    fn kids(&mut self) -> Step<BTreeSet<String>> {
        let url = format!("{}/oauth2/jwks", self.world.issuer);
        let document = self.line.send("jwks", ("GET", &url), &[], b"")?.json();
        let keys = document["keys"].as_array().cloned().unwrap_or_default();
        let kids = keys
            .iter()
            .filter_map(|key| key["kid"].as_str().map(str::to_owned));
        Ok(kids.collect())
    }

    fn events_are_there(&mut self) -> Step<()> {
        let mut owed = Vec::new();
        for resident in &mut self.residents {
            owed.extend(resident.take_owed());
        }
        self.trail.hold(&mut self.line, &owed)?;
        self.outcome.checked += owed.len();
        Ok(())
    }

    fn seals_verify(&mut self) -> Step<()> {
        let seal = self.house.newest_seal();
        let output = self.house.verify(seal.as_deref());
        self.outcome.verified += 1;
        if output.status.success() {
            return Ok(());
        }
        broken(format!(
            "audit verify with the seal {seal:?} of the log: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ))
    }

    fn tallied(&self) -> Outcome {
        let mut outcome = self.outcome.clone();
        for resident in &self.residents {
            outcome.checked += resident.checked;
            for calls in resident.line.calls.values() {
                outcome.answered += calls.micros.len();
                outcome.cut_off += calls.lost;
            }
        }
        outcome
    }
}
