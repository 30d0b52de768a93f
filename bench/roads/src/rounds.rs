//! Rounds: ours, the reference, ours, …, and what runs beside them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::load::{Load, Outcome, Pace, Script, run};
use crate::options::Options;
use crate::report::{Beside, Figures, SelfCheck, median};
use crate::roads::{Material, Road};
use crate::scripts::{Revocable, post};
use crate::seed::Failed;
use crate::servers::{ask, hashing_pool, openssl_speed, processor_us};
use crate::stage::{Scene, Stage};

/// More answers about a token never seen before than two processors can give in a second.
const NEW_TOKENS_PER_SECOND: f64 = 20_000.0;

/// How long sign-ins are made before they count.
const RAMP: Duration = Duration::from_secs(3);

fn closed(address: SocketAddr, connections: usize, time: Duration) -> Load {
    Load {
        address,
        connections,
        pace: Pace::Closed,
        ramp: Duration::ZERO,
        time,
    }
}

/// Holds the reference against what is ideal.
pub fn check_reference(stage: &Stage, options: &Options) -> Result<SelfCheck, Failed> {
    let (bare, signing) = stage.open_bare_and_signing()?;
    let road = Road::ClientCredentials;
    let material = Material::default();
    for address in [bare.address, signing.address] {
        // Processors wake up, pages are touched: the first second is slower than any other.
        let mut script = road.script(&stage.seeded.fixture, &material);
        run(&closed(address, 64, options.time), &mut *script)?;
    }
    let (mut bare_rates, mut signing_rates, mut speeds) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.rounds.min(3) {
        for (address, rates) in [
            (bare.address, &mut bare_rates),
            (signing.address, &mut signing_rates),
        ] {
            let mut script = road.script(&stage.seeded.fixture, &material);
            let outcome = run(&closed(address, 64, options.time), &mut *script)?;
            if let Some(complaint) = outcome.complaint {
                return Err(format!("the reference is wrong: {complaint}").into());
            }
            rates.push(outcome.per_second());
        }
        speeds.push(openssl_speed(1)?);
    }
    let middle = |rates: Vec<f64>| median(rates.into_iter());
    Ok(SelfCheck::new(
        middle(bare_rates),
        middle(signing_rates),
        middle(speeds),
    ))
}

/// Measures a road at each number of connections.
pub fn measure(stage: &Stage, road: Road, options: &Options) -> Result<Vec<Figures>, Failed> {
    let mut scene = stage.open(road)?;
    if let Some((ours, reference)) = scene.sizes {
        eprintln!(
            "{}: answers of {ours} bytes, the reference's {reference}",
            road.as_str()
        );
    }
    let mut sides = Sides {
        stage,
        road,
        options,
        material: stage.material(road, 0)?,
        ours: scene.begun.take(),
        reference: None,
        revoked: 0,
    };
    if road.is_warm() {
        let tokens = stage.seeded.fixture.access_tokens.len();
        let revocable = &mut sides.material.revocable;
        // Each its own; a `vec!` would make one that all share.
        revocable.resize_with(tokens, Revocable::default);
        sides.ours = None;
    }
    let mut all = Vec::new();
    for connections in &options.connections {
        all.push(sides.rounds(&scene, *connections)?);
    }
    scene.ours.stop()?;
    Ok(all)
}

/// The two sides of a road, each with a script of its own that goes on from round to round.
struct Sides<'a> {
    stage: &'a Stage,
    road: Road,
    options: &'a Options,
    material: Material,
    ours: Option<Box<dyn Script + Send>>,
    reference: Option<Box<dyn Script + Send>>,
    /// How many tokens have been revoked.
    revoked: usize,
}

impl Sides<'_> {
    fn rounds(&mut self, scene: &Scene, connections: usize) -> Result<Figures, Failed> {
        let mut figures = Figures {
            connections,
            ..Figures::default()
        };
        let mut used_us = (Vec::new(), Vec::new());
        let time = self.options.time;
        // Caches fill, processors wake up, and indexes grow: in its first seconds a road that writes
        // is a fifth quicker than later.
        self.round(scene, connections, time)?;
        for number in 1..=self.options.rounds {
            let (ours, reference) = self.round(scene, connections, time)?;
            let rate = match &reference {
                Held::Reference(side) => side.outcome.per_second(),
                Held::Pool(rate) => *rate,
            };
            eprintln!(
                "{:<21} {connections:>4} connections, round {number}: ours {:>7.0}/s, held to \
                 {rate:>7.0}/s, {:.1}%",
                self.road.as_str(),
                ours.outcome.per_second(),
                ours.outcome.per_second() / rate * 100.0
            );
            used_us.0.push(ours.processor_us);
            match reference {
                Held::Reference(side) => {
                    used_us.1.push(side.processor_us);
                    figures.add(&ours.outcome, Ok(&side.outcome));
                }
                Held::Pool(rate) => figures.add(&ours.outcome, Err(rate)),
            }
        }
        let middle = |times: Vec<f64>| median(times.into_iter());
        figures.processor_us = (middle(used_us.0), middle(used_us.1));
        let revocable = &self.material.revocable;
        figures.of_revoked = revocable.iter().map(Revocable::seen).sum();
        Ok(figures)
    }

    fn round(
        &mut self,
        scene: &Scene,
        connections: usize,
        time: Duration,
    ) -> Result<(Side, Held), Failed> {
        if self.road.needs_new_tokens() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a few hundred thousand"
            )]
            let count = (NEW_TOKENS_PER_SECOND * time.as_secs_f64()) as usize;
            self.material = self.stage.material(self.road, count)?;
            (self.ours, self.reference) = (None, None);
        }
        let fixture = &self.stage.seeded.fixture;
        let fresh = || self.road.script(fixture, &self.material);
        let script = self.ours.get_or_insert_with(fresh);
        let revoking = self.road.is_warm().then(|| {
            Revoking::start(
                self.stage,
                scene.ours.address,
                &self.material.revocable,
                self.revoked,
            )
        });
        let load = Load {
            // A sign-in that waits in the pool's queue takes a second or two: the first ones
            // that are answered began long before, and the last ones are never counted.
            ramp: if self.road == Road::Password {
                RAMP
            } else {
                Duration::ZERO
            },
            ..closed(scene.ours.address, connections, time)
        };
        let ours = side(&load, &mut **script, scene.ours.pid())?;
        if let Some(revoking) = revoking {
            self.revoked = revoking.stop()?;
        }
        let Some(reference) = &scene.reference else {
            return Ok((ours, Held::Pool(hashing_pool(time)?.per_second)));
        };
        // Nothing is revoked there.
        let material = Material {
            revocable: Vec::new(),
            ..self.material.clone()
        };
        let fresh = || self.road.script(fixture, &material);
        let script = self.reference.get_or_insert_with(fresh);
        let load = closed(reference.address, connections, time);
        let theirs = side(&load, &mut **script, reference.pid())?;
        Ok((ours, Held::Reference(theirs)))
    }
}

/// One side of a round.
struct Side {
    outcome: Outcome,
    /// Microseconds of processor time per operation.
    processor_us: f64,
}

/// What ours is held against in a round.
enum Held {
    Reference(Side),
    Pool(f64),
}

fn side(load: &Load, script: &mut dyn Script, pid: u32) -> Result<Side, Failed> {
    let before = processor_us(pid)?;
    let outcome = run(load, script)?;
    let used = processor_us(pid)? - before;
    Ok(Side {
        processor_us: used / ended(&outcome),
        outcome,
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a bench does not count past 2^52"
)]
fn ended(outcome: &Outcome) -> f64 {
    outcome.ended.max(1) as f64
}

/// One revocation a second, beside the load.
struct Revoking {
    over: Arc<AtomicBool>,
    thread: thread::JoinHandle<Result<usize, String>>,
}

impl Revoking {
    /// Goes on after the first `revoked` of them.
    fn start(stage: &Stage, address: SocketAddr, revocable: &[Revocable], revoked: usize) -> Self {
        let fixture = stage.seeded.fixture.clone();
        let revocable = revocable.to_vec();
        let over = Arc::new(AtomicBool::new(false));
        let stop = over.clone();
        let thread = thread::spawn(move || {
            let mut done = revoked;
            while !stop.load(Ordering::Relaxed) {
                // Spread over all of them, each once: the step has no divisor in common with
                // their number, unless that is a multiple of the step.
                let place = (done * 7_919) % revocable.len();
                let (client, token) = &fixture.access_tokens[place];
                let form = format!("token={token}");
                let client = &fixture.clients[*client];
                let request = post(&fixture, client, "/oauth2/revoke", &form);
                revocable[place].ask();
                let answer = ask(address, &request).map_err(|error| error.to_string())?;
                if answer.status != 200 {
                    return Err(format!("a revocation was answered {}", answer.status));
                }
                revocable[place].confirm();
                done += 1;
                for _ in 0..10 {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    thread::sleep(Duration::from_millis(100));
                }
            }
            Ok(done)
        });
        Self { over, thread }
    }

    /// How many have been revoked by now.
    fn stop(self) -> Result<usize, Failed> {
        self.over.store(true, Ordering::Relaxed);
        match self.thread.join() {
            Ok(done) => Ok(done?),
            Err(_) => Err("the thread that revokes broke off".into()),
        }
    }
}

/// The other roads, each offered a tenth of what it carries, while passwords saturate the pool.
pub fn meanwhile(
    stage: &Stage,
    capacities: &[(Road, f64)],
    options: &Options,
) -> Result<(f64, Vec<Beside>), Failed> {
    let one_ms = hashing_pool(Duration::from_secs(1))?.one_ms;
    let mut all = Vec::new();
    for (road, capacity) in capacities {
        let scene = stage.open(Road::Password)?;
        let fixture = &stage.seeded.fixture;
        let address = scene.ours.address;
        let offered = capacity / 10.0;
        let time = options.time;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few thousand"
        )]
        let tokens = (offered * time.as_secs_f64()) as usize + 64;
        let material = stage.material(*road, tokens)?;
        let mut passwords = Road::Password.script(fixture, &Material::default());
        let mut script = road.script(fixture, &material);
        // Both are known to work, and the pool is warm, before anything counts.
        run(&closed(address, 16, time / 5), &mut *passwords)?;
        if road.is_warm() {
            // The server is a new one, and each token's first time is the cold road.
            run(&closed(address, 64, time / 2), &mut *script)?;
        }
        let (beside, password) = thread::scope(|scope| {
            let saturating = scope.spawn(|| {
                let load = Load {
                    ramp: RAMP,
                    ..closed(address, 64, time)
                };
                run(&load, &mut *passwords)
            });
            thread::sleep(RAMP);
            let load = Load {
                address,
                connections: 64,
                pace: Pace::Open(offered),
                ramp: Duration::ZERO,
                time,
            };
            (run(&load, &mut *script), saturating.join())
        });
        let (beside, password) = (beside?, password.map_err(|_| "a load broke off")??);
        eprintln!(
            "{:<21} beside passwords: {offered:.0}/s offered, p99 {:.1} ms, {} lost",
            road.as_str(),
            beside.latency.quantile_ms(0.99),
            beside.lost + beside.wrong + beside.shed
        );
        all.push(Beside {
            road: *road,
            offered_rps: offered,
            lost: beside.lost + beside.wrong + beside.shed,
            p99_ms: beside.latency.quantile_ms(0.99),
            limit_ms: 4.0 * one_ms,
            password_rps: password.per_second(),
        });
        scene.ours.stop()?;
    }
    Ok((one_ms, all))
}
