//! Audit events as a busy realm leaves them: mostly issued tokens, some sign-ins with their
//! sealed details, one refusal in a hundred.

use std::time::Duration;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{AuditAction, AuditEvent, Subject};
use gatelodge_usecases::audit::{Entry, RequestFacts};
use serde_json::json;

use crate::authorizations::Cast;
use crate::house::Ground;
use crate::{Failed, Plan, Progress};

const QUARTER: Duration = Duration::from_hours(24 * 90);
/// One statement of the store.
const UNIT: u64 = 500;
/// Sign-ins are of so many people, whose keys stay in memory.
const REGULARS: u64 = 10_000;

/// Appends the trail.
pub(crate) async fn fill(
    ground: &Ground,
    plan: &Plan,
    cast: Cast<'_>,
    progress: &mut dyn Progress,
) -> Result<(), Failed> {
    let mut done = 0;
    while done < plan.events {
        let until = plan.events.min(done + UNIT);
        let mut events = Vec::new();
        for number in done..until {
            events.push(event(ground, plan, cast, number).await?);
        }
        let mut unit = ground.foundation.store.write().await?;
        unit.audit().append(&events).await?;
        unit.commit().await?;
        done = until;
        progress.step("events", done, plan.events);
    }
    Ok(())
}

async fn event(
    ground: &Ground,
    plan: &Plan,
    cast: Cast<'_>,
    number: u64,
) -> Result<AuditEvent, Failed> {
    let realm = ground.realm.id;
    let at = ground.moment(number, plan.events, QUARTER);
    // The events of a unit are of neighbours, and each unit's neighbourhood is elsewhere: at
    // other places in the indexes for each event, a unit would write hundreds of their pages.
    let near = (number / UNIT).wrapping_mul(7_919 * UNIT) + number % UNIT;
    let (client, user) = (cast.client(near / 25)?, cast.person(near)?);
    let by_client = AuditActor::Subject(Subject::Client(client));
    let by_user = AuditActor::Subject(Subject::User(user));
    let request = RequestFacts {
        id: Some(format!("{number:016x}")),
        ..RequestFacts::default()
    };
    let with_address = |request: RequestFacts| RequestFacts {
        address: Some("192.0.2.7".to_owned()),
        user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0".to_owned()),
        ..request
    };
    let regular = cast.person(near % REGULARS)?;
    let (entry, request) = match number % 100 {
        0..75 => {
            let entry = Entry::done(realm, by_client, AuditAction::TokenIssued).through(client);
            let mut entry = entry
                .on("user", user)
                .with(json!({ "grant_type": "refresh_token" }));
            entry.token = Some(ground.foundation.rng.id(at));
            entry.grant = Some(ground.foundation.rng.id(at));
            (entry, request)
        }
        75..88 => {
            let actor = AuditActor::Subject(Subject::User(regular));
            let entry = Entry::done(realm, actor, AuditAction::SignIn).on("user", regular);
            (entry, with_address(request))
        }
        88..97 => {
            let entry = Entry::done(realm, by_user, AuditAction::CodeIssued).through(client);
            (entry, request)
        }
        97..99 => {
            let entry = Entry::done(realm, by_user, AuditAction::SessionEnded).on("user", user);
            (entry, request)
        }
        _ => {
            let (anonymous, sign_in) = (AuditActor::Anonymous, AuditAction::SignIn);
            let entry = Entry::denied(realm, anonymous, sign_in, "wrong_credentials");
            (entry.on("user", regular), with_address(request))
        }
    };
    Ok(ground
        .foundation
        .recorder
        .event(entry, &request, at)
        .await?)
}
