//! People, each with a password and a key for their personal data in the trail.

use std::time::Duration;

use gatelodge_domain::password::Argon2Cost;
use gatelodge_domain::setting::Layers;
use gatelodge_domain::user::{Profile, ProfileClaim, SubjectId, UserStatus, Verification};
use gatelodge_domain::{
    Email, Id, Password, PasswordCredential, PasswordHash, Realm, Revision, Setting, User, Username,
};

use crate::house::Ground;
use crate::{Failed, Plan, Progress, UNIT};

const YEAR: Duration = Duration::from_hours(24 * 365);

/// The user name of person number `number`, from 0: `user-0000001` is the first.
pub fn username(number: u64) -> String {
    format!("user-{:07}", number + 1)
}

/// Their ids, in order.
pub(crate) async fn fill(
    ground: &Ground,
    plan: &Plan,
    progress: &mut dyn Progress,
) -> Result<Vec<Id<User>>, Failed> {
    let mut people = Vec::new();
    if plan.users == 0 {
        return Ok(people);
    }
    let foundation = &ground.foundation;
    let password = Password::parse(&plan.password)?;
    let hash = foundation
        .hasher
        .hash(&password, cost(&ground.realm))
        .await?;
    let mut subjects = subjects(ground, plan.users);
    let mut done = 0;
    while done < plan.users {
        let until = plan.users.min(done + UNIT);
        let mut unit = foundation.store.write().await?;
        for number in done..until {
            let subject = subjects.next().ok_or("a subject for each person")?;
            let user = person(ground, plan, number, subject)?;
            let (realm, id) = (user.realm, user.id);
            unit.users().insert(&user).await?;
            unit.passwords().put(&credential(&user, &hash)).await?;
            let key = foundation.recorder.new_subject_key(realm, id)?;
            unit.subject_keys().insert(realm, id, &key).await?;
            people.push(id);
        }
        unit.commit().await?;
        done = until;
        progress.step("people", done, plan.users);
    }
    Ok(people)
}

/// As random as the server's, and in order: a million of them met in any order would have each
/// unit write hundreds of pages of their index, and the filling take an hour.
fn subjects(ground: &Ground, count: u64) -> impl Iterator<Item = SubjectId> + use<> {
    let rng = &ground.foundation.rng;
    let mut all: Vec<[u8; 16]> = (0..count).map(|_| rng.bytes()).collect();
    all.sort_unstable();
    all.into_iter().map(SubjectId::from_random)
}

fn cost(realm: &Realm) -> Argon2Cost {
    let settings = [&realm.settings];
    let value = |setting| Layers(&settings).value(setting);
    Argon2Cost {
        memory: value(Setting::Argon2Memory),
        iterations: value(Setting::Argon2Iterations),
        parallelism: value(Setting::Argon2Parallelism),
    }
}

fn person(ground: &Ground, plan: &Plan, number: u64, subject: SubjectId) -> Result<User, Failed> {
    let rng = &ground.foundation.rng;
    let at = ground.moment(number, plan.users, YEAR);
    let name = username(number);
    let mut profile = Profile::default();
    profile.set(ProfileClaim::Name, &format!("Person {}", number + 1))?;
    Ok(User {
        id: rng.id(at),
        realm: ground.realm.id,
        subject,
        email: Some(Email::parse(&format!("{name}@example.com"))?),
        username: Username::parse(&name)?,
        email_verification: Verification::Verified,
        profile,
        attributes: gatelodge_domain::attribute::Attributes::default(),
        status: UserStatus::Active,
        password_change: gatelodge_domain::user::PasswordChange::Free,
        revision: Revision::FIRST,
        created_at: at,
        updated_at: at,
    })
}

fn credential(user: &User, hash: &PasswordHash) -> PasswordCredential {
    PasswordCredential {
        realm: user.realm,
        user: user.id,
        hash: hash.clone(),
        changed_at: user.created_at,
        revision: Revision::FIRST,
    }
}
