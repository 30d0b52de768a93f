//! `password` (RFC 6749 §4.3): a person's name and password through the client. Out of favour
//! (RFC 9700 §2.4), so only for clients registered for it. The try costs, counts and answers
//! like one at the sign-in page. Whoever needs a second factor, or must choose another password,
//! is refused.

use std::sync::Arc;

use async_trait::async_trait;
use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::client::ConsentPolicy;
use gatelodge_domain::scope::OFFLINE_ACCESS;
use gatelodge_domain::{
    AuditAction, Grant, GrantContext, Id, RefreshFamily, ScopeSet, Subject, User,
};
use gatelodge_ports::store::Lock;

use crate::audit::Entry;
use crate::foundation::Announcements;
use crate::mfa::{Cleared, SignInSteps};
use crate::sessions::Limit;
use crate::sign_in::{PasswordAttempt, PasswordCheck, SignInError};
use crate::token::issuing::grant_end;
use crate::token::{
    GrantRequest, GrantType, Issued, Issuing, Refusal, requested_resources, requested_scopes,
};
use crate::tokens::{PreparedAccessToken, grant_scopes};
use crate::{Denial, Error, ErrorCode, Failure};

const NAME: &str = "password";

const WRONG_CREDENTIALS: Denial =
    Denial::new(ErrorCode::InvalidGrant, "user name or password is wrong");

/// `password`
pub struct PasswordGrant {
    issuing: Arc<Issuing>,
    passwords: Arc<PasswordCheck>,
    steps: Arc<SignInSteps>,
}

impl PasswordGrant {
    /// With the shared services, the one place where passwords are tried, and the gate behind
    /// it.
    pub fn new(
        issuing: Arc<Issuing>,
        passwords: Arc<PasswordCheck>,
        steps: Arc<SignInSteps>,
    ) -> Self {
        Self {
            issuing,
            passwords,
            steps,
        }
    }

    async fn prove(&self, request: &GrantRequest<'_>) -> Result<Cleared, Refusal> {
        let attempt = PasswordAttempt {
            username: request
                .parameters
                .required("username", "username is missing")?,
            password: request
                .parameters
                .required("password", "password is missing")?,
            client: Some(request.client.id),
            familiar: None,
        };
        // A failed try has been recorded where it was made.
        let proven = self
            .passwords
            .check(request.realm, &attempt, request.facts)
            .await
            .map_err(|error| match error {
                SignInError::WrongCredentials => Refusal::Malformed(WRONG_CREDENTIALS),
                other => match Error::from(other) {
                    Error::Denied(denial) => Refusal::Malformed(denial),
                    Error::Failed(failure) => Refusal::Failed(failure),
                },
            })?;
        let user = proven.user.id;
        match self
            .steps
            .clear(request.realm, proven, request.client)
            .await?
        {
            Some(cleared) => Ok(cleared),
            None => Err(self.more_is_asked(request, user).await?),
        }
    }

    /// Somebody of whom more is asked than a password cannot sign in here: nobody can be asked.
    /// The answer is that to a wrong password, so that it is no way to try passwords by; the
    /// trail says why.
    async fn more_is_asked(
        &self,
        request: &GrantRequest<'_>,
        user: Id<User>,
    ) -> Result<Refusal, Failure> {
        let foundation = &self.issuing.foundation;
        let realm = request.realm.realm.id;
        let now = foundation.clock.now();
        let reason = "more_than_a_password_needed";
        let entry = Entry::denied(realm, AuditActor::Anonymous, AuditAction::SignIn, reason)
            .on("user", user)
            .through(request.client.id);
        let recorder = &foundation.recorder;
        recorder
            .refused(entry, user.to_string(), request.facts, now)
            .await?;
        Ok(Refusal::Malformed(WRONG_CREDENTIALS))
    }

    /// What may be granted. Nobody is asked here, so `offline_access` needs an answer that is
    /// remembered or waived (OpenID Connect Core §11).
    async fn scopes(
        &self,
        request: &GrantRequest<'_>,
        requested: Option<&ScopeSet>,
        user: &User,
    ) -> Result<ScopeSet, Failure> {
        let client = request.client;
        let party = (request.realm, &**client, Subject::User(user.id));
        let foundation = &self.issuing.foundation;
        let mut scopes = grant_scopes(foundation, party, requested, None).await?;
        if scopes.contains(OFFLINE_ACCESS) && client.consent == ConsentPolicy::Ask {
            let mut view = self.issuing.foundation.store.read().await?;
            let consent = view.consents().find(user.realm, user.id, client.id).await?;
            if !consent.is_some_and(|consent| consent.scopes.contains(OFFLINE_ACCESS)) {
                scopes.remove(OFFLINE_ACCESS);
            }
        }
        Ok(scopes)
    }

    /// Writes the authorization, its family and both events.
    async fn commit(
        &self,
        request: &GrantRequest<'_>,
        context: &GrantContext,
        cleared: Cleared,
        token: &PreparedAccessToken,
        family: Option<&RefreshFamily>,
    ) -> Result<(), Refusal> {
        let grant = Grant {
            id: context.grant,
            realm: request.realm.realm.id,
            client: request.client.id,
            party: context.party,
            session: None,
            scopes: context.scopes.clone(),
            created_at: request.now,
            expires_at: grant_end(token, family),
            ended_at: None,
        };
        let issued = self
            .issuing
            .issued_event(request, NAME, grant.id, Some(context), token)
            .await?;
        // No step was left, so there is nothing to be done for one.
        let (proven, _) = cleared.into_parts();
        let (realm, user) = (grant.realm, proven.user.id);
        let foundation = &self.issuing.foundation;
        let (client, facts, now) = (request.client, request.facts, request.now);
        let limit = Limit::per_client(foundation, request.realm, client, facts, now).await?;
        let mut announcements = Announcements::new();
        let mut unit = self.issuing.foundation.store.write().await?;
        // Whoever shuts the account out at this moment does so before or after us, not between.
        unit.locks().lock(Lock::User(realm, user)).await?;
        let known = unit.users().find(realm, user).await?;
        if known.is_none_or(|user| user.can_authenticate(request.now).is_err()) {
            return Err(WRONG_CREDENTIALS.into());
        }
        // Nor is a password good any more that was changed or removed since it was compared.
        let credential = unit.passwords().find(realm, user).await?;
        let compared = proven.password_changed_at;
        if credential.is_none_or(|credential| credential.changed_at != compared) {
            return Err(WRONG_CREDENTIALS.into());
        }
        unit.grants().insert(&grant).await?;
        if let Some(family) = family {
            unit.families().insert(family).await?;
        }
        token.keep(&mut *unit).await?;
        let mut events = vec![proven.event, issued];
        if let Some(limit) = &limit {
            let ended = limit.keep_grants(&mut *unit, &mut announcements, (user, &grant));
            events.extend(ended.await?);
        }
        unit.audit().append(&events).await?;
        unit.commit().await?;
        announcements.apply(foundation);
        Ok(())
    }
}

#[async_trait]
impl GrantType for PasswordGrant {
    fn name(&self) -> &'static str {
        NAME
    }

    fn parameters(&self) -> &'static [&'static str] {
        &["username", "password", "scope"]
    }

    async fn exchange(&self, request: &GrantRequest<'_>) -> Result<Issued, Refusal> {
        let requested = requested_scopes(request.parameters)?;
        let resources =
            requested_resources(request.realm, request.client, request.parameters, &[])?;
        let cleared = self.prove(request).await?;
        let proven = cleared.proven();
        // The comparison took a while, and no token is older than the sign-in behind it.
        let request = &GrantRequest {
            now: proven.authentication.at,
            ..*request
        };
        let user = proven.user.clone();
        let scopes = self.scopes(request, requested.as_ref(), &user).await?;
        let context = GrantContext {
            grant: self.issuing.foundation.rng.id(request.now),
            party: Subject::User(user.id).into(),
            session: None,
            authentication: Some(cleared.proven().authentication.clone()),
            scopes: scopes.clone(),
            resources,
            nonce: None,
            claims: None,
            authorization_details: None,
            confirmation: None,
        };
        let access_token = self
            .issuing
            .prepare(request, &context, &user, &scopes, &context.resources)
            .await?;
        let family = self.issuing.new_family(request, &context)?;
        self.commit(request, &context, cleared, &access_token, family.as_ref())
            .await?;
        let refresh_token = family.map(|family| {
            self.issuing
                .refresh_tokens
                .write(family.realm, family.id, family.generation)
        });
        Ok(Issued {
            at: request.now,
            id_token: self
                .issuing
                .id_token(request, &context, &user, &scopes, None),
            access_token,
            scopes,
            refresh_token,
        })
    }
}
