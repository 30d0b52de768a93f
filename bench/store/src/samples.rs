//! Rows to write and to look for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gatelodge_domain::audit::{AuditAction, AuditActor, AuditTarget};
use gatelodge_domain::realm::RealmStatus;
use gatelodge_domain::refresh::FamilyReach;
use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::user::{Profile, SubjectId, UserStatus, Verification};
use gatelodge_domain::{
    AuditEvent, Digest, DisplayName, Id, Outcome, Realm, RealmSlug, RefreshFamily, Revision,
    Settings, Subject, Ticket, Timestamp, User, Username,
};
use gatelodge_ports::Store;
use gatelodge_ports::store::{RotateFamily, Rotation};

/// Any moment; nothing here looks at the time.
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const PEOPLE: u64 = 1_000;
/// Clients by which events are, people on which they are, and refresh families.
const MANY: u64 = 10_000;
/// How long a refresh family lives unused.
const IDLE: Duration = Duration::from_hours(30 * 24);

/// A realm with some people in it.
#[derive(Clone, Copy)]
pub(crate) struct Ground {
    realm: Id<Realm>,
    first_person: u64,
    first_family: u64,
}

static NEXT: AtomicU64 = AtomicU64::new(1);
/// Rotations on the ground that was laid last.
static TURN: AtomicU64 = AtomicU64::new(0);

/// A number that comes once.
fn number() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// As ids are in life: ordered by time, random behind it.
fn id<T>(number: u64) -> Id<T> {
    let digest = Digest::sha256(&number.to_be_bytes());
    let mut random = [0; 10];
    random.copy_from_slice(&digest.as_bytes()[..10]);
    let millis = i64::try_from(number / 10).unwrap_or(i64::MAX);
    Id::new(Timestamp::from_millis(NOW.as_millis() + millis), random)
}

/// The id of one of the many.
fn one_of_many<T>(number: u64) -> Id<T> {
    id(u64::MAX / 2 + number % MANY)
}

fn digest() -> Digest {
    Digest::sha256(&number().to_be_bytes())
}

impl Ground {
    /// Lays it.
    pub(crate) async fn lay(store: &Arc<dyn Store>) -> Result<Self, Box<dyn std::error::Error>> {
        TURN.store(0, Ordering::Relaxed);
        let mut unit = store.write().await?;
        let number = number();
        let realm = Realm {
            id: id(number),
            slug: RealmSlug::parse(&format!("bench-{number}"))?,
            name: DisplayName::parse("Bench")?,
            status: RealmStatus::Active,
            settings: Settings::default(),
            user_schema: gatelodge_domain::attribute::UserSchema::default(),
            revision: Revision::FIRST,
            created_at: NOW,
        };
        unit.realms().insert(&realm).await?;
        let first_person = NEXT.load(Ordering::Relaxed);
        for offset in 0..PEOPLE {
            unit.users()
                .insert(&person(realm.id, first_person + offset)?)
                .await?;
            NEXT.fetch_add(1, Ordering::Relaxed);
        }
        unit.commit().await?;
        let ground = Self {
            realm: realm.id,
            first_person,
            first_family: NEXT.fetch_add(MANY, Ordering::Relaxed),
        };
        for thousand in 0..MANY / 1_000 {
            let mut unit = store.write().await?;
            for offset in thousand * 1_000..(thousand + 1) * 1_000 {
                unit.families().insert(&ground.family(offset)).await?;
            }
            unit.commit().await?;
        }
        Ok(ground)
    }

    /// One of the refresh families, as it begins.
    fn family(self, offset: u64) -> RefreshFamily {
        RefreshFamily {
            id: id(self.first_family + offset),
            realm: self.realm,
            grant: id(self.first_family + offset),
            client: one_of_many(offset),
            subject: Subject::User(one_of_many(offset)),
            session: Some(one_of_many(offset)),
            reach: FamilyReach::Session,
            generation: 1,
            context: vec![7; 200],
            created_at: NOW,
            rotated_at: NOW,
            idle_expires_at: NOW.plus(IDLE),
            expires_at: NOW.plus(3 * IDLE),
            ended_at: None,
        }
    }

    /// A rotation and the trace of its access token. Families come in turn.
    pub(crate) fn rotation(self) -> (RotateFamily, AuditEvent) {
        let turn = TURN.fetch_add(1, Ordering::Relaxed);
        let now = NOW.plus(Duration::from_millis(turn));
        // Not one after the other, as people do not come in the order in which they signed up.
        let family = self.family(turn * 7_919 % MANY);
        let step = RotateFamily {
            realm: self.realm,
            id: family.id,
            generation: u32::try_from(1 + turn / MANY).unwrap_or(u32::MAX),
            now,
            idle_expires_at: now.plus(IDLE),
            overlap_ms: 0,
            step: Rotation::Step,
        };
        let event = AuditEvent {
            target: Some(AuditTarget {
                kind: "user".to_owned(),
                bits: one_of_many::<User>(turn * 7_919 % MANY).as_u128(),
            }),
            ..self.event()
        };
        (step, event)
    }

    /// Somebody who is there.
    pub(crate) fn somebody(self) -> (Id<Realm>, Id<User>) {
        (self.realm, id(self.first_person + number() % PEOPLE))
    }

    /// An authorization code as it is stored.
    pub(crate) fn ticket(self) -> Ticket {
        Ticket {
            kind: TicketKind::AuthorizationCode,
            digest: digest(),
            alias: None,
            realm: self.realm,
            grant: Some(id(number())),
            subject: None,
            client: Some(id(1)),
            session: Some(id(number())),
            state: TicketState::Ready,
            revision: Revision::FIRST,
            attempts: 0,
            not_before: NOW,
            payload: vec![7; 200],
            created_at: NOW,
            expires_at: Timestamp::MAX,
            redeemed_at: None,
        }
    }

    /// The trace of an access token.
    pub(crate) fn event(self) -> AuditEvent {
        let number = number();
        AuditEvent {
            id: id(number),
            at: NOW,
            realm: self.realm,
            actor_realm: self.realm,
            actor: AuditActor::Subject(Subject::Client(one_of_many(number * 7_919))),
            action: AuditAction::TokenIssued,
            target: None,
            outcome: Outcome::Success,
            reason: None,
            client: Some(id(1)),
            session: None,
            grant: Some(id(number)),
            token: Some(id(number)),
            request_id: Some("bench".to_owned()),
            facts: None,
            detail: None,
        }
    }
}

fn person(realm: Id<Realm>, number: u64) -> Result<User, Box<dyn std::error::Error>> {
    Ok(User {
        id: id(number),
        realm,
        subject: SubjectId::from_random(u128::from(number).to_be_bytes()),
        username: Username::parse(&format!("person-{number}"))?,
        email: None,
        email_verification: Verification::Unverified,
        profile: Profile::default(),
        attributes: gatelodge_domain::attribute::Attributes::default(),
        status: UserStatus::Active,
        password_change: gatelodge_domain::user::PasswordChange::Free,
        revision: Revision::FIRST,
        created_at: NOW,
        updated_at: NOW,
    })
}
