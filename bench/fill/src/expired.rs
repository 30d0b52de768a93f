//! Rows whose time has been over for long, for sweeps to remove.

use std::time::Duration;

use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::{Client, Digest, Id, Revision, Subject, Ticket, Timestamp, User};

use crate::authorizations::{Cast, family, session};
use crate::house::Ground;
use crate::{Failed, Plan, Progress, UNIT};

/// When everything expired was made: so long ago that no lifetime and no grace reach to now.
pub const LONG_AGO: Duration = Duration::from_hours(24 * 200);
/// Over how long a time.
const SPAN: Duration = Duration::from_hours(24 * 30);

/// Makes as many families, grants, sessions and tickets as planned, all of them dead.
pub(crate) async fn fill(
    ground: &Ground,
    plan: &Plan,
    cast: Cast<'_>,
    progress: &mut dyn Progress,
) -> Result<(), Failed> {
    // In order, as people's subjects are, and for the same reason.
    let mut digests: Vec<[u8; 32]> = (0..plan.expired)
        .map(|_| ground.foundation.rng.bytes())
        .collect();
    digests.sort_unstable_by(|one, other| other.cmp(one));
    let mut done = 0;
    while done < plan.expired {
        let until = plan.expired.min(done + UNIT);
        let mut unit = ground.foundation.store.write().await?;
        for number in done..until {
            let at = ground.moment(number, plan.expired, SPAN).minus(LONG_AGO);
            let (client, user) = (cast.client(number)?, cast.person(number)?);
            let (session, _) = session(ground, user, at);
            let (grant, family) = family(ground, client, user, Some(session.id), at)?;
            unit.sessions().insert(&session).await?;
            unit.grants().insert(&grant).await?;
            unit.families().insert(&family).await?;
            let digest = digests.pop().map(Digest::new).ok_or("a digest each")?;
            let code = code(ground, digest, (client, user), at);
            unit.tickets().issue(&code).await?;
        }
        unit.commit().await?;
        done = until;
        progress.step("expired", done, plan.expired);
    }
    Ok(())
}

/// An authorization code that nobody redeemed.
fn code(
    ground: &Ground,
    digest: Digest,
    (client, user): (Id<Client>, Id<User>),
    at: Timestamp,
) -> Ticket {
    let rng = &ground.foundation.rng;
    Ticket {
        kind: TicketKind::AuthorizationCode,
        digest,
        alias: None,
        realm: ground.realm.id,
        grant: Some(rng.id(at)),
        subject: Some(Subject::User(user)),
        client: Some(client),
        session: None,
        state: TicketState::Ready,
        revision: Revision::FIRST,
        attempts: 0,
        not_before: at,
        payload: vec![7; 200],
        created_at: at,
        expires_at: at.plus(Duration::from_mins(1)),
        redeemed_at: None,
    }
}
