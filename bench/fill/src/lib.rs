//! Fills the data folder of a stopped server with what years of use leave behind: people,
//! clients, sessions, refresh families, audit events, realms, and rows whose time is over.
//!
//! Everything goes through the ports and under the folder's own keys, as the server would have
//! written it: tokens, cookies and secrets of what is filled in work, events are sealed, and
//! `gatelodge audit verify` agrees. Only the password hash is shared by everybody, because a
//! million of them would take hours, and the keys of further realms are one set for all.

mod authorizations;
mod clients;
mod crowds;
mod expired;
mod house;
mod people;
pub mod plan;
mod progress;
mod realms;
mod report;
mod trail;

use std::error::Error;

pub use expired::LONG_AGO;
pub use house::FilledHouse;
pub use people::username;
pub use plan::Plan;
pub use progress::{Progress, Silent, Terminal};
pub use report::{Filled, FilledClient, FilledSession, FilledToken};

/// What a filling step fails with: one line for a person.
pub type Failed = Box<dyn Error + Send + Sync>;

/// Rows of a unit of work: enough that the COMMIT hardly counts, few enough for its deadline.
const UNIT: u64 = 200;

/// Fills the house by that plan and answers with what a load generator needs.
pub async fn fill(
    house: &FilledHouse,
    plan: &Plan,
    progress: &mut dyn Progress,
) -> Result<Filled, Failed> {
    let ground = house.ground().await?;
    realms::complete_built_in(&ground).await?;
    realms::fill(&ground, plan, progress).await?;
    let (clients, told) = clients::fill(&ground, plan, progress).await?;
    let people = people::fill(&ground, plan, progress).await?;
    let cast = authorizations::Cast {
        clients: &clients,
        people: &people,
    };
    crowds::fill(&ground, plan, &people, progress).await?;
    let sessions = authorizations::sessions(&ground, plan, cast, progress).await?;
    authorizations::consents(&ground, plan, cast, progress).await?;
    let families = authorizations::families(&ground, plan, cast, &sessions, progress).await?;
    trail::fill(&ground, plan, cast, progress).await?;
    expired::fill(&ground, plan, cast, progress).await?;
    Ok(Filled {
        issuer: house.foundation.issuers.public_url().to_owned(),
        realm: ground.realm.id.to_string(),
        password: plan.password.clone(),
        users: plan.users,
        clients: told,
        sessions: sessions.told,
        refresh_tokens: families,
    })
}
