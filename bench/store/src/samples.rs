//! Rows to write and to look for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gatelodge_domain::audit::{AuditAction, AuditActor};
use gatelodge_domain::realm::RealmStatus;
use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::user::{Profile, SubjectId, UserStatus, Verification};
use gatelodge_domain::{
    AuditEvent, Digest, DisplayName, Id, Outcome, Realm, RealmSlug, Revision, Settings, Ticket,
    Timestamp, User, Username,
};
use gatelodge_ports::Store;

/// Any moment; nothing here looks at the time.
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const PEOPLE: u64 = 1_000;

/// A realm with some people in it.
#[derive(Clone, Copy)]
pub(crate) struct Ground {
    realm: Id<Realm>,
    first_person: u64,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

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

fn digest() -> Digest {
    Digest::sha256(&number().to_be_bytes())
}

impl Ground {
    /// Lays it.
    pub(crate) async fn lay(store: &Arc<dyn Store>) -> Result<Self, Box<dyn std::error::Error>> {
        let mut unit = store.write().await?;
        let number = number();
        let realm = Realm {
            id: id(number),
            slug: RealmSlug::parse(&format!("bench-{number}"))?,
            name: DisplayName::parse("Bench")?,
            status: RealmStatus::Active,
            settings: Settings::default(),
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
        Ok(Self {
            realm: realm.id,
            first_person,
        })
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
            actor: AuditActor::System,
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
        status: UserStatus::Active,
        revision: Revision::FIRST,
        created_at: NOW,
        updated_at: NOW,
    })
}
