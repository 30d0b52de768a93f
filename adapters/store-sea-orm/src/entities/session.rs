//! Table `sessions`.

use gatelodge_domain::session::Persistence;
use gatelodge_domain::{Acr, Amr, Authentication, Session, Timestamp};
use gatelodge_ports::StoreError;

use super::cell;

table! {
    /// A row of `sessions`.
    "sessions" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        id: Vec<u8>,
        user_id: Vec<u8>,
        secret: Vec<u8>,
        authenticated_at: i64,
        amr: String,
        acr: String,
        remembered: bool,
        address: Option<String>,
        user_agent: Option<String>,
        created_at: i64,
        seen_at: i64,
        expires_at: i64,
        ended_at: Option<i64>,
        dead_at: i64,
        revision: i64,
    }
}

impl Model {
    /// The row of a session.
    pub(crate) fn of(session: &Session) -> Self {
        let methods: Vec<&str> = session
            .authentication
            .methods
            .iter()
            .copied()
            .map(Amr::as_str)
            .collect();
        let dead_at = session
            .ended_at
            .map_or(session.expires_at, |end| end.min(session.expires_at));
        Self {
            realm: cell::bytes_of(session.realm),
            id: cell::bytes_of(session.id),
            user_id: cell::bytes_of(session.user),
            secret: session.secret.as_bytes().to_vec(),
            authenticated_at: session.authentication.at.as_millis(),
            amr: methods.join(" "),
            acr: session.authentication.context.as_str().to_owned(),
            remembered: session.persistence == Persistence::Remembered,
            address: session.address.clone(),
            user_agent: session.user_agent.clone(),
            created_at: session.created_at.as_millis(),
            seen_at: session.seen_at.as_millis(),
            expires_at: session.expires_at.as_millis(),
            ended_at: session.ended_at.map(Timestamp::as_millis),
            dead_at: dead_at.as_millis(),
            revision: i64::from(session.revision.0),
        }
    }

    /// The session of this row.
    pub(crate) fn session(self) -> Result<Session, StoreError> {
        let methods = self
            .amr
            .split(' ')
            .filter(|name| !name.is_empty())
            .map(|name| cell::known(Amr::parse(name), "authentication method"))
            .collect::<Result<_, _>>()?;
        Ok(Session {
            id: cell::id(&self.id)?,
            realm: cell::id(&self.realm)?,
            user: cell::id(&self.user_id)?,
            secret: cell::digest(&self.secret)?,
            authentication: Authentication {
                at: Timestamp::from_millis(self.authenticated_at),
                methods,
                context: cell::known(Acr::parse(&self.acr), "authentication context")?,
            },
            persistence: if self.remembered {
                Persistence::Remembered
            } else {
                Persistence::BrowserSession
            },
            address: self.address,
            user_agent: self.user_agent,
            created_at: Timestamp::from_millis(self.created_at),
            seen_at: Timestamp::from_millis(self.seen_at),
            expires_at: Timestamp::from_millis(self.expires_at),
            ended_at: cell::moment_or_none(self.ended_at),
            revision: cell::revision(self.revision)?,
        })
    }
}
