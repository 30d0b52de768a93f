//! The step that every endpoint for clients begins with.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{AuditAction, Client, ClientId, Timestamp};

use super::failures::{Failing, Failures};
use super::{ClientAuthentication, ClientRequest, PresentedClient, Proof};
use crate::audit::{Entry, RequestFacts};
use crate::realms::ServedRealm;
use crate::{Denial, Error, ErrorCode, Failure, Foundation};

/// One answer for an unknown client, a wrong secret, a wrong method and a disabled client.
const REFUSED: Denial = Denial::new(
    ErrorCode::InvalidClient,
    "the client is unknown, disabled, or did not prove itself by its registered method",
);
const MISSING: Denial = Denial::new(
    ErrorCode::InvalidClient,
    "the request names no client: send client_id, or credentials",
);
const TOO_MANY: Denial = Denial::new(
    ErrorCode::TooManyRequests,
    "too many requests of this client failed to prove it",
);
const SEVERAL: Denial = Denial::new(
    ErrorCode::InvalidRequest,
    "more than one method of client authentication is used",
);

/// Finds out which client a request comes from.
pub struct ClientAuthenticator {
    foundation: Arc<Foundation>,
    methods: Vec<Arc<dyn ClientAuthentication>>,
    failures: Failures,
}

impl ClientAuthenticator {
    /// With these methods.
    pub fn new(foundation: Arc<Foundation>, methods: Vec<Arc<dyn ClientAuthentication>>) -> Self {
        Self {
            foundation,
            methods,
            failures: Failures::default(),
        }
    }

    /// The names of the methods, for discovery.
    pub fn names(&self) -> Vec<&'static str> {
        self.methods
            .iter()
            .map(|method| method.method().as_str())
            .collect()
    }

    /// The client that the request claims to come from, if there is such an enabled one;
    /// nothing is proved. Decides whose web pages may read the answer.
    pub async fn identify(
        &self,
        realm: &ServedRealm,
        request: &ClientRequest<'_>,
    ) -> Result<Option<Arc<Client>>, Failure> {
        let Ok((_, presented)) = self.pick(request) else {
            return Ok(None);
        };
        Ok(self
            .find(realm, &presented)
            .await?
            .filter(|client| client.is_enabled()))
    }

    /// The client that the request proves to come from. A failed proof of a known client is
    /// recorded; what concerns nobody known writes nothing. Both get the same answer.
    pub async fn authenticate(
        &self,
        realm: &ServedRealm,
        request: &ClientRequest<'_>,
        facts: &RequestFacts,
        now: Timestamp,
    ) -> Result<Arc<Client>, Error> {
        let (method, presented) = self.pick(request)?;
        let address = facts.address.as_deref();
        let client = self.find(realm, &presented).await?;
        let failing = client.as_ref().map_or_else(
            || Failing::Unknown(realm.realm.id),
            |client| Failing::Known(client.id),
        );
        if let Some(wait) = self.failures.wait(failing, address, now) {
            return Err(TOO_MANY.retry_after(wait).into());
        }
        let Some(client) = client else {
            self.failures.count(failing, address, now);
            return Err(REFUSED.into());
        };
        let reason = if client.authentication != method.method() {
            Some("wrong_method")
        } else if method
            .prove(&self.foundation, &client, &presented, now)
            .await?
            == Proof::Wrong
        {
            Some("wrong_secret")
        } else if client.is_enabled() {
            None
        } else {
            Some("disabled")
        };
        match reason {
            None => Ok(client),
            Some(reason) => {
                self.failures.count(failing, address, now);
                self.record(&client, reason, facts, now).await?;
                Err(REFUSED.into())
            }
        }
    }

    /// The one method that the request uses (RFC 6749 §2.3).
    fn pick(
        &self,
        request: &ClientRequest<'_>,
    ) -> Result<(&dyn ClientAuthentication, PresentedClient), Denial> {
        let mut picked = None;
        for method in &self.methods {
            let Some(presented) = method.present(request)? else {
                continue;
            };
            if picked.is_some() {
                return Err(SEVERAL);
            }
            picked = Some((&**method, presented));
        }
        picked.ok_or(MISSING)
    }

    async fn find(
        &self,
        realm: &ServedRealm,
        presented: &PresentedClient,
    ) -> Result<Option<Arc<Client>>, Failure> {
        let Ok(client_id) = ClientId::parse(&presented.client_id) else {
            return Ok(None);
        };
        let directory = &self.foundation.directory;
        Ok(directory.client(realm.realm.id, &client_id).await?)
    }

    async fn record(
        &self,
        client: &Client,
        reason: &'static str,
        facts: &RequestFacts,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let what = format!("{} {}", client.id, facts.address.as_deref().unwrap_or(""));
        let entry = Entry::denied(
            client.realm,
            AuditActor::Anonymous,
            AuditAction::ClientAuthentication,
            reason,
        )
        .on("client", client.id)
        .through(client.id);
        let recorder = &self.foundation.recorder;
        recorder.refused(entry, what, facts, now).await
    }
}
