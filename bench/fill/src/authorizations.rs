//! What lives: sessions, remembered consents, and refresh families with their grants.

use std::time::Duration;

use gatelodge_domain::opaque_token::{OpaqueToken, TokenKind};
use gatelodge_domain::refresh::FamilyReach;
use gatelodge_domain::session::Persistence;
use gatelodge_domain::subject::Party;
use gatelodge_domain::{
    Authentication, Client, Consent, Grant, GrantContext, Id, RefreshFamily, Revision, ScopeSet,
    Session, Subject, Timestamp, User,
};
use gatelodge_ports::vault::DataKeyPurpose;
use gatelodge_usecases::tokens::{RefreshTokens, encode_context};

use crate::clients::SCOPES;
use crate::house::Ground;
use crate::{Failed, FilledSession, FilledToken, Plan, Progress, UNIT, username};

/// Younger than the idle lifetime of a family, 30 days.
const LATELY: Duration = Duration::from_hours(24 * 20);
const SESSION: Duration = Duration::from_hours(24 * 30);
const FAMILY: Duration = Duration::from_hours(24 * 90);
const IDLE: Duration = Duration::from_hours(24 * 30);

/// Who there is.
#[derive(Clone, Copy)]
pub(crate) struct Cast<'a> {
    pub(crate) clients: &'a [Id<Client>],
    pub(crate) people: &'a [Id<User>],
}

impl Cast<'_> {
    /// The client of what has that number.
    pub(crate) fn client(self, number: u64) -> Result<Id<Client>, Failed> {
        pick(self.clients, number).ok_or_else(|| "no clients are planned".into())
    }

    /// The person of what has that number.
    pub(crate) fn person(self, number: u64) -> Result<Id<User>, Failed> {
        pick(self.people, number).ok_or_else(|| "no users are planned".into())
    }
}

fn pick<T: Copy>(from: &[T], number: u64) -> Option<T> {
    from.get(index(number, from)).copied()
}

/// Which one of those that has, over and over again; 0 where there are none.
fn index<T>(number: u64, from: &[T]) -> usize {
    let index = number.checked_rem(from.len() as u64).unwrap_or_default();
    usize::try_from(index).unwrap_or_default()
}

/// Sessions that were made.
pub(crate) struct Sessions {
    pub(crate) ids: Vec<Id<Session>>,
    /// What is told of some.
    pub(crate) told: Vec<FilledSession>,
}

/// Makes sessions that stay signed in.
pub(crate) async fn sessions(
    ground: &Ground,
    plan: &Plan,
    cast: Cast<'_>,
    progress: &mut dyn Progress,
) -> Result<Sessions, Failed> {
    let (mut ids, mut told) = (Vec::new(), Vec::new());
    while (ids.len() as u64) < plan.sessions {
        let done = ids.len() as u64;
        let mut unit = ground.foundation.store.write().await?;
        for number in done..plan.sessions.min(done + UNIT) {
            let at = ground.moment(number, plan.sessions, LATELY);
            let (session, cookie) = session(ground, cast.person(number)?, at);
            unit.sessions().insert(&session).await?;
            ids.push(session.id);
            if plan.tells(number, plan.sessions) {
                told.push(FilledSession {
                    username: username(number % plan.users),
                    client: index(number, cast.clients),
                    cookie,
                });
            }
        }
        unit.commit().await?;
        progress.step("sessions", ids.len() as u64, plan.sessions);
    }
    Ok(Sessions { ids, told })
}

/// A session that began then, and the value of its cookie.
pub(crate) fn session(ground: &Ground, user: Id<User>, at: Timestamp) -> (Session, String) {
    let foundation = &ground.foundation;
    let realm = ground.realm.id;
    let secret: [u8; 32] = foundation.rng.bytes();
    let cookie = OpaqueToken::mint(TokenKind::Session, &secret);
    let digest = foundation.vault.mac(
        DataKeyPurpose::Digests,
        &[b"session", &realm.to_bytes(), &secret],
    );
    let expires_at = at.plus(SESSION);
    let session = Session {
        id: foundation.rng.id(at),
        realm,
        user,
        secret: digest,
        authentication: Authentication::by_password(at),
        persistence: Persistence::Remembered,
        address: Some("192.0.2.7".to_owned()),
        user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0".to_owned()),
        created_at: at,
        // As if used just now, so that the first use does not write; an old one never was.
        seen_at: if ground.now < expires_at {
            ground.now
        } else {
            at
        },
        expires_at,
        ended_at: None,
        revision: Revision::FIRST,
    };
    (session, cookie.expose().clone())
}

/// Remembers consents.
pub(crate) async fn consents(
    ground: &Ground,
    plan: &Plan,
    cast: Cast<'_>,
    progress: &mut dyn Progress,
) -> Result<(), Failed> {
    let scopes = ScopeSet::parse(SCOPES)?;
    let mut done = 0;
    while done < plan.consents {
        let until = plan.consents.min(done + UNIT);
        let mut unit = ground.foundation.store.write().await?;
        for number in done..until {
            let consent = Consent {
                realm: ground.realm.id,
                user: cast.person(number)?,
                client: cast.client(number)?,
                scopes: scopes.clone(),
                created_at: ground.now,
                updated_at: ground.now,
            };
            unit.consents().put(&consent).await?;
        }
        unit.commit().await?;
        done = until;
        progress.step("consents", done, plan.consents);
    }
    Ok(())
}

/// Makes grants with a refresh family each; what is told of some.
pub(crate) async fn families(
    ground: &Ground,
    plan: &Plan,
    cast: Cast<'_>,
    sessions: &Sessions,
    progress: &mut dyn Progress,
) -> Result<Vec<FilledToken>, Failed> {
    let tokens = RefreshTokens::new(ground.foundation.vault.clone());
    let mut told = Vec::new();
    let mut done = 0;
    while done < plan.families {
        let until = plan.families.min(done + UNIT);
        let mut unit = ground.foundation.store.write().await?;
        for number in done..until {
            let at = ground.moment(number, plan.families, LATELY);
            let session = usize::try_from(number)
                .ok()
                .and_then(|number| sessions.ids.get(number).copied());
            let (client, user) = (cast.client(number)?, cast.person(number)?);
            let (grant, family) = family(ground, client, user, session, at)?;
            unit.grants().insert(&grant).await?;
            unit.families().insert(&family).await?;
            if plan.tells(number, plan.families) {
                let token = tokens.write(family.realm, family.id, family.generation);
                told.push(FilledToken {
                    client: index(number, cast.clients),
                    token: token.expose().clone(),
                });
            }
        }
        unit.commit().await?;
        done = until;
        progress.step("families", done, plan.families);
    }
    Ok(told)
}

/// A grant and its family that began then.
pub(crate) fn family(
    ground: &Ground,
    client: Id<Client>,
    user: Id<User>,
    session: Option<Id<Session>>,
    at: Timestamp,
) -> Result<(Grant, RefreshFamily), Failed> {
    let (rng, realm) = (&ground.foundation.rng, ground.realm.id);
    let party = Party::from(Subject::User(user));
    let scopes = ScopeSet::parse(SCOPES)?;
    let expires_at = at.plus(FAMILY);
    let grant = Grant {
        id: rng.id(at),
        realm,
        client,
        party,
        session,
        scopes: scopes.clone(),
        created_at: at,
        expires_at,
        ended_at: None,
    };
    let context = GrantContext {
        grant: grant.id,
        party,
        session,
        authentication: Some(Authentication::by_password(at)),
        scopes,
        resources: Vec::new(),
        nonce: None,
        claims: None,
        authorization_details: None,
        confirmation: None,
    };
    let family = RefreshFamily {
        id: rng.id(at),
        realm,
        grant: grant.id,
        client,
        subject: party.subject,
        session,
        reach: FamilyReach::Offline,
        generation: 1,
        context: encode_context(&context)?,
        created_at: at,
        rotated_at: at,
        idle_expires_at: at.plus(IDLE),
        expires_at,
        ended_at: None,
    };
    Ok((grant, family))
}
