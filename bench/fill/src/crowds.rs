//! One group that everybody is in, one role that everybody holds, and counted failures of as
//! many: the lists that grow with people without being lists of people.

use std::collections::BTreeSet;
use std::time::Duration;

use gatelodge_domain::role::{Group, Protection, Role, RoleName, SecondFactorRule};
use gatelodge_domain::throttle::{Throttle, ThrottleKind};
use gatelodge_domain::{Digest, DisplayName, Id, Revision, Subject, User};

use crate::house::Ground;
use crate::{Failed, Plan, Progress, UNIT};

/// The group's and the role's name.
const NAME: &str = "everybody";
/// Over how long a time failures are spread; they are remembered for longer.
const LATELY: Duration = Duration::from_hours(12);
const REMEMBERED: Duration = Duration::from_hours(24);

/// Makes all of it of those people.
pub(crate) async fn fill(
    ground: &Ground,
    plan: &Plan,
    people: &[Id<User>],
    progress: &mut dyn Progress,
) -> Result<(), Failed> {
    let count = usize::try_from(plan.members)?.min(people.len());
    if count == 0 {
        return Ok(());
    }
    let (group, role) = (group(ground)?, role(ground)?);
    let mut unit = ground.foundation.store.write().await?;
    unit.roles().insert(&role).await?;
    unit.roles().insert_group(&group).await?;
    unit.commit().await?;
    // In order, as people's subjects are, and for the same reason.
    let mut digests: Vec<[u8; 32]> = (0..count).map(|_| ground.foundation.rng.bytes()).collect();
    digests.sort_unstable_by(|one, other| other.cmp(one));
    let mut done = 0;
    for some in people[..count].chunks(usize::try_from(UNIT)?) {
        let mut unit = ground.foundation.store.write().await?;
        for user in some {
            let realm = ground.realm.id;
            unit.roles().join(realm, group.id, *user).await?;
            let subject = Subject::User(*user);
            unit.roles().assign(realm, role.id, subject).await?;
            let digest = digests.pop().map(Digest::new).ok_or("a digest each")?;
            let throttle = throttle(ground, plan, (*user, digest), done);
            unit.throttles().count(&throttle).await?;
            done += 1;
        }
        unit.commit().await?;
        progress.step("members", done, count as u64);
    }
    Ok(())
}

fn group(ground: &Ground) -> Result<Group, Failed> {
    Ok(Group {
        id: ground.foundation.rng.id(ground.now),
        realm: ground.realm.id,
        name: RoleName::parse(NAME)?,
        display_name: DisplayName::parse(NAME)?,
        revision: Revision::FIRST,
        created_at: ground.now,
    })
}

fn role(ground: &Ground) -> Result<Role, Failed> {
    Ok(Role {
        id: ground.foundation.rng.id(ground.now),
        realm: ground.realm.id,
        name: RoleName::parse(NAME)?,
        display_name: DisplayName::parse(NAME)?,
        permissions: BTreeSet::new(),
        protection: Protection::None,
        second_factor: SecondFactorRule::AsUsual,
        revision: Revision::FIRST,
        created_at: ground.now,
    })
}

fn throttle(ground: &Ground, plan: &Plan, of: (Id<User>, Digest), number: u64) -> Throttle {
    let at = ground.moment(number, plan.members, LATELY);
    let (user, digest) = of;
    Throttle {
        id: ground.foundation.rng.id(at),
        realm: ground.realm.id,
        kind: ThrottleKind::Account,
        digest,
        user: Some(user),
        label: Vec::new(),
        failures: 1,
        blocked_until: at,
        created_at: at,
        last_failed_at: at,
        expires_at: ground.now.plus(REMEMBERED),
    }
}
