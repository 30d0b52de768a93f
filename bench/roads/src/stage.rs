//! The scene of a road: the server and the reference, each on a fresh copy of the filled store.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatelodge_domain::revocation::AccessToken;
use gatelodge_domain::{Id, Timestamp};
use gatelodge_ports::Rng;
use gatelodge_ports::key_factory::TokenType;

use crate::load::{Load, Pace, Script, Verdict, run};
use crate::roads::{Against, JWKS, Material, Road};
use crate::rows::{RowTemplate, Snapshot, learn};
use crate::scripts::{Again, CodeScript, get};
use crate::seed::{Failed, Seeded, Urls, fill};
use crate::servers::{Answer, Gatelodge, Reference, ask, choose_urls};
use crate::spec::{RoadSpec, StepSpec, Work};

/// Headers that any server writes by itself.
const BY_ITSELF: [&str; 3] = ["content-length", "date", "connection"];

/// A filled store, and everything that the bench knows of it.
pub struct Stage {
    folder: PathBuf,
    urls: Urls,
    /// What requests are made of, and the keys.
    pub seeded: Seeded,
    /// The key set.
    jwks: Vec<u8>,
}

/// Both servers of a road.
pub struct Scene {
    /// The server under test.
    pub ours: Gatelodge,
    /// The reference; none where a road is held against the pool.
    pub reference: Option<Reference>,
    /// Bytes of an operation's answers, ours and the reference's.
    pub sizes: Option<(usize, usize)>,
    /// The road's requests to ours, where some were made already: what they used up, such as
    /// refresh tokens, must not come again.
    pub begun: Option<Box<dyn Script + Send>>,
}

impl Stage {
    /// Makes a store, fills it, and walks the code flow once for each person, so that there are
    /// grants, refresh families, access tokens and a trail.
    pub async fn set(folder: PathBuf, people: usize) -> Result<Self, Failed> {
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let urls = choose_urls()?;
        let data = folder.join("seed");
        std::fs::create_dir(&data)?;
        eprintln!(
            "filling a store with {people} people and {} clients",
            2 * people
        );
        let first = Gatelodge::start(&data, &urls)?;
        wait_for_rsa(first.address)?;
        first.settle()?;
        first.stop()?;
        let mut stage = Self {
            seeded: fill(&data, &urls, people).await?,
            folder,
            urls,
            jwks: Vec::new(),
        };
        stage.walk(&data)?;
        Ok(stage)
    }

    fn walk(&mut self, data: &Path) -> Result<(), Failed> {
        let server = Gatelodge::start(data, &self.urls)?;
        let fixture = &mut self.seeded.fixture;
        let mut script = CodeScript::new(fixture, &fixture.clients, Again::NeverAndKeep);
        let load = Load {
            address: server.address,
            connections: 32,
            pace: Pace::Closed,
            ramp: Duration::ZERO,
            time: Duration::from_mins(10),
        };
        let outcome = run(&load, &mut script)?;
        if let Some(complaint) = outcome.complaint {
            return Err(format!("the code flow does not work: {complaint}").into());
        }
        for (access_token, family) in script.kept {
            fixture.access_tokens.push((family.client, access_token));
            fixture.families.push(family);
        }
        self.jwks = ask(server.address, &get(fixture, JWKS, ""))?.body;
        server.stop()
    }

    /// A fresh copy of the filled store.
    fn copy(&self, name: &str) -> Result<PathBuf, Failed> {
        let target = self.folder.join(name);
        if target.exists() {
            std::fs::remove_dir_all(&target)?;
        }
        std::fs::create_dir(&target)?;
        for entry in std::fs::read_dir(self.folder.join("seed"))? {
            let entry = entry?;
            std::fs::copy(entry.path(), target.join(entry.file_name()))?;
        }
        Ok(target)
    }

    /// Starts the server on a fresh copy, looks at one operation of the road, and starts the
    /// reference with what was seen.
    pub fn open(&self, road: Road) -> Result<Scene, Failed> {
        let data = self.copy("ours")?;
        let ours = Gatelodge::start(&data, &self.urls)?;
        ours.settle()?;
        let Against::Reference { get, post } = road.against() else {
            return Ok(Scene {
                ours,
                reference: None,
                sizes: None,
                begun: None,
            });
        };
        let material = self.material(road, 8)?;
        let mut begun = road.script(&self.seeded.fixture, &material);
        let seen = observe(ours.address, &data.join("gatelodge.db"), &mut *begun)?;
        let spec = self.spec(seen, get, post)?;
        let reference = Reference::start(&spec, &self.folder.join("reference.json"))?;
        let mut script = road.script(&self.seeded.fixture, &material);
        let size = |steps: &[Answer]| steps.iter().map(|answer| answer.body.len()).sum();
        let theirs = walk(reference.address, &mut *script)?;
        let ours_size = [&spec.get, &spec.post]
            .into_iter()
            .flatten()
            .map(|step| step.body.len())
            .sum();
        Ok(Scene {
            ours,
            reference: Some(reference),
            sizes: Some((ours_size, size(&theirs))),
            begun: Some(begun),
        })
    }

    /// The reference without any work, and with an ES256 signature, over the answer of client
    /// credentials.
    pub fn open_bare_and_signing(&self) -> Result<(Reference, Reference), Failed> {
        let data = self.copy("ours")?;
        let ours = Gatelodge::start(&data, &self.urls)?;
        let road = Road::ClientCredentials;
        let mut script = road.script(&self.seeded.fixture, &Material::default());
        let answer = walk(ours.address, &mut *script)?;
        ours.stop()?;
        let spec = |work| RoadSpec {
            post: answer.first().map(|answer| step(answer, work, Vec::new())),
            ..RoadSpec::default()
        };
        let start = |work, name| Reference::start(&spec(work), &self.folder.join(name));
        let sign = Work {
            sign: crate::spec::Switch::On,
            ..Work::default()
        };
        Ok((
            start(Work::default(), "bare.json")?,
            start(sign, "signing.json")?,
        ))
    }

    fn spec(&self, seen: Vec<Seen>, get: Work, post: Work) -> Result<RoadSpec, Failed> {
        let mut spec = RoadSpec {
            verifying_key: Some(self.verifying_key()?),
            ..RoadSpec::default()
        };
        for Seen {
            is_get,
            answer,
            rows,
        } in seen
        {
            let (place, work) = if is_get {
                (&mut spec.get, get)
            } else {
                (&mut spec.post, post)
            };
            if !rows.is_empty() && spec.database.is_none() {
                let copy = self.copy("reference")?;
                spec.database = copy.join("gatelodge.db").to_str().map(str::to_owned);
            }
            *place = Some(step(&answer, work, rows));
        }
        Ok(spec)
    }

    /// The key that access tokens are verified with.
    fn verifying_key(&self) -> Result<(String, String), Failed> {
        let set: serde_json::Value = serde_json::from_slice(&self.jwks)?;
        let kid = &self.seeded.signer.key_id().0;
        let keys = set["keys"].as_array().map_or(&[][..], Vec::as_slice);
        let key = keys.iter().find(|key| key["kid"] == kid.as_str());
        let text = |name: &str| Some(key?[name].as_str()?.to_owned());
        text("x")
            .zip(text("y"))
            .ok_or_else(|| "the key set has no key for access tokens".into())
    }

    /// What a road's requests are made of, with that many new tokens where it needs them.
    pub fn material(&self, road: Road, tokens: usize) -> Result<Material, Failed> {
        Ok(Material {
            tokens: if road.needs_new_tokens() {
                self.mint(tokens)?
            } else {
                Vec::new()
            },
            revocable: Vec::new(),
        })
    }

    /// New access tokens, as the server would have made them, signed with the realm's key:
    /// those of the fixture with another `jti`.
    fn mint(&self, count: usize) -> Result<Vec<(usize, String)>, Failed> {
        let old = &self.seeded.fixture.access_tokens;
        let payloads = old
            .iter()
            .map(|(client, token)| Ok((*client, payload(token)?)))
            .collect::<Result<Vec<(usize, String)>, Failed>>()?;
        let half = count.div_ceil(2);
        let signer = &*self.seeded.signer;
        let some = |from: usize, to: usize| -> Result<Vec<(usize, String)>, Failed> {
            (from..to)
                .map(|number| {
                    let (client, payload) = &payloads[number % payloads.len()];
                    let payload = with_new_id(payload).ok_or("a token without a `jti`")?;
                    Ok((
                        *client,
                        signer.sign(TokenType::AccessToken, payload.as_bytes())?,
                    ))
                })
                .collect()
        };
        let (mut one, two) = std::thread::scope(|scope| {
            let other = scope.spawn(|| some(half, count));
            let one = some(0, half);
            (one, other.join())
        });
        let two = two.map_err(|_| "a thread that signs tokens broke off")??;
        if let Ok(one) = &mut one {
            one.extend(two);
        }
        one
    }
}

/// The payload of a JWT as text.
fn payload(token: &str) -> Result<String, Failed> {
    let part = token.split('.').nth(1).ok_or("a token without a payload")?;
    Ok(String::from_utf8(URL_SAFE_NO_PAD.decode(part)?)?)
}

/// The claims with another `jti`, made at the same time.
fn with_new_id(payload: &str) -> Option<String> {
    let begin = payload.find("\"jti\":\"")? + 7;
    let end = begin + payload.get(begin..)?.find('"')?;
    let old: Id<AccessToken> = Id::parse(payload.get(begin..end)?).ok()?;
    let made: Timestamp = old.timestamp();
    let rng: &dyn Rng = &gatelodge_crypto::OpensslRng;
    let new: Id<AccessToken> = rng.id(made);
    Some(format!("{}{new}{}", &payload[..begin], &payload[end..]))
}

/// One request of an operation, as it was seen.
struct Seen {
    is_get: bool,
    answer: Answer,
    rows: Vec<RowTemplate>,
}

/// Makes one operation and looks at what each of its requests answers and writes.
fn observe(
    address: SocketAddr,
    database: &Path,
    script: &mut dyn Script,
) -> Result<Vec<Seen>, Failed> {
    // Once before, so that what is written at a first use only is not taken for the road's.
    walk(address, script)?;
    let mut slots = BTreeMap::new();
    let mut seen = Vec::new();
    let mut before = Snapshot::take(database)?;
    loop {
        let (is_get, answer, verdict) = one(address, script)?;
        let after = Snapshot::take(database)?;
        let rows = learn(&before, &after, &mut slots);
        seen.push(Seen {
            is_get,
            answer,
            rows,
        });
        if verdict == Verdict::Done {
            return Ok(seen);
        }
        before = after;
    }
}

/// Makes one operation.
fn walk(address: SocketAddr, script: &mut dyn Script) -> Result<Vec<Answer>, Failed> {
    let mut answers = Vec::new();
    loop {
        let (_, answer, verdict) = one(address, script)?;
        answers.push(answer);
        if verdict == Verdict::Done {
            return Ok(answers);
        }
    }
}

fn one(address: SocketAddr, script: &mut dyn Script) -> Result<(bool, Answer, Verdict), Failed> {
    let mut request = Vec::new();
    if !script.request(0, &mut request) {
        return Err("the road has no request".into());
    }
    let answer = ask(address, &request)?;
    let response = answer.response().ok_or("the answer is gone")?;
    match script.answer(0, &response) {
        Verdict::Wrong(why) => Err(format!("the road does not work: {why}").into()),
        Verdict::Shed(_) => Err("the road is shed by an idle server".into()),
        verdict @ (Verdict::Done | Verdict::Step) => {
            Ok((request.starts_with(b"GET "), answer, verdict))
        }
    }
}

fn step(answer: &Answer, work: Work, rows: Vec<RowTemplate>) -> StepSpec {
    let headers = answer.headers.iter();
    StepSpec {
        status: answer.status,
        headers: headers
            .filter(|(name, _)| !BY_ITSELF.contains(&name.as_str()))
            .cloned()
            .collect(),
        body: String::from_utf8_lossy(&answer.body).into_owned(),
        work,
        rows,
    }
}

/// RSA keys are made in the background of a first start.
fn wait_for_rsa(address: SocketAddr) -> Result<(), Failed> {
    let request = format!("GET {JWKS} HTTP/1.1\r\nhost: {address}\r\n\r\n");
    for _ in 0..300 {
        let answer = ask(address, request.as_bytes())?;
        if String::from_utf8_lossy(&answer.body).contains("RS256") {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err("no RS256 key within 30 seconds".into())
}
