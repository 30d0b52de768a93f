//! The decision: a person who is signed in, asked where need be, and says yes or no.
//!
//! Grant, code, consent and their events are one unit of work. Whatever leaves the endpoint as
//! a signed token is prepared before it and signed after it.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::scope::{OFFLINE_ACCESS, OPENID};
use gatelodge_domain::{
    AuditAction, AuditEvent, Consent, Grant, GrantContext, Id, ScopeSet, SecretText, Session,
    Setting, Subject, Timestamp,
};
use gatelodge_ports::UnitOfWork;
use gatelodge_ports::key_factory::TokenType;
use gatelodge_ports::store::{Change, Issued, Lock};
use serde_json::{Map, Value};

use super::endpoint::{Answer, AuthorizeParts};
use super::request::AuthorizationRequest;
use super::response_modes::Pairs;
use super::response_types::Part;
use crate::audit::{Entry, RequestFacts};
use crate::codes::{AuthorizationCode, FreshCode, new_code};
use crate::consents::remembered;
use crate::foundation::Announcements;
use crate::keys::KeyMaintenance;
use crate::realms::ServedRealm;
use crate::sessions::{Limit, SignedIn};
use crate::tokens::{
    AccessTokenPlan, IdTokenPlan, MintAccessToken, PreparedAccessToken, Subjects, grant_scopes,
};
use crate::userinfo::scope_claims::tell_attributes;
use crate::userinfo::{Person, ScopeClaims};
use crate::{Denial, ErrorCode, Failure, Foundation};

/// The answer to the consent page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsentAnswer {
    /// Yes, to those scopes whose boxes were left ticked. What cannot be refused need not be
    /// among them.
    Allow(ScopeSet),
    /// No.
    Deny,
}

/// Scopes that a person cannot leave out, as the request makes no sense without them.
const NOT_REFUSABLE: &str = OPENID;

/// All that a decision is made of.
pub(super) struct Decided<'a> {
    pub(super) request: &'a AuthorizationRequest,
    pub(super) me: &'a SignedIn,
    pub(super) offered: &'a ScopeSet,
    pub(super) remembered: Option<&'a Consent>,
    /// `None` where the person need not be asked.
    pub(super) answer: Option<&'a ConsentAnswer>,
}

/// Carries decisions out.
pub(super) struct Decisions {
    foundation: Arc<Foundation>,
    subjects: Arc<Subjects>,
    access_tokens: Arc<MintAccessToken>,
    keys: Arc<KeyMaintenance>,
    scope_claims: Vec<Arc<dyn ScopeClaims>>,
}

/// What is to be written and answered.
struct Minted {
    grant: Grant,
    context: GrantContext,
    code: Option<(SecretText, Arc<FreshCode>)>,
    access_token: Option<PreparedAccessToken>,
    consent: Option<Consent>,
}

impl Decisions {
    pub(super) fn new(parts: AuthorizeParts) -> Self {
        Self {
            foundation: parts.foundation,
            subjects: parts.subjects,
            access_tokens: parts.access_tokens,
            keys: parts.keys,
            scope_claims: parts.scope_claims,
        }
    }

    /// Carries a decision out and answers the client.
    pub(super) async fn grant(
        &self,
        realm: &ServedRealm,
        decided: Decided<'_>,
        facts: &RequestFacts,
    ) -> Result<Answer, Failure> {
        let request = decided.request;
        let now = self.foundation.clock.now();
        let allowed = match decided.answer {
            None => decided.offered.clone(),
            Some(ConsentAnswer::Allow(ticked)) => agreed(decided.offered, ticked),
            Some(ConsentAnswer::Deny) => {
                return self.refuse(realm, &decided, facts, now).await;
            }
        };
        let party = (realm, request.client(), Subject::User(decided.me.user.id));
        let asked = request.scopes.as_ref();
        let granted = grant_scopes(&self.foundation, party, asked, Some(&allowed)).await?;
        if granted.is_empty() && !decided.offered.is_empty() {
            // Every box was unticked: that is a no.
            return self.refuse(realm, &decided, facts, now).await;
        }
        let minted = Arc::new(self.mint(realm, &decided, granted, now).await?);
        if !self.write(realm, &decided, &minted, facts, now).await? {
            let denial = Denial::new(ErrorCode::LoginRequired, "the session has ended");
            return Ok(to_client(request, request.route.deny(realm, &denial)));
        }
        let pairs = self.answer(realm, &decided, &minted, now).await?;
        if let Some((_, fresh)) = &minted.code {
            self.foundation.codes.remember(Arc::clone(fresh));
        }
        Ok(to_client(request, request.route.deliver(realm, pairs)))
    }

    /// A no is recorded, and told.
    async fn refuse(
        &self,
        realm: &ServedRealm,
        decided: &Decided<'_>,
        facts: &RequestFacts,
        now: Timestamp,
    ) -> Result<Answer, Failure> {
        let denial = Denial::new(ErrorCode::AccessDenied, "the person said no");
        let mut entry = Entry::denied(
            realm.realm.id,
            actor(decided),
            AuditAction::ConsentDecided,
            denial.code.as_str(),
        )
        .through(decided.request.client().id);
        entry.session = Some(decided.me.session.id);
        let event = self.foundation.recorder.event(entry, facts, now).await?;
        let mut unit = self.foundation.store.write().await?;
        unit.audit().append(&[event]).await?;
        unit.commit().await?;
        let delivery = decided.request.route.deny(realm, &denial);
        Ok(to_client(decided.request, delivery))
    }

    /// Makes everything that can be made before the unit of work.
    async fn mint(
        &self,
        realm: &ServedRealm,
        decided: &Decided<'_>,
        granted: ScopeSet,
        now: Timestamp,
    ) -> Result<Minted, Failure> {
        let Decided { request, me, .. } = decided;
        let client = request.client();
        let subject = Subject::User(me.user.id);
        let code_lifetime = realm.duration_for(client, Setting::AuthorizationCodeLifetime);
        let token_lifetime = realm.duration_for(client, Setting::AccessTokenLifetime);
        let grant = Grant {
            id: self.foundation.rng.id(now),
            realm: realm.realm.id,
            client: client.id,
            party: subject.into(),
            session: Some(me.session.id),
            scopes: granted.clone(),
            created_at: now,
            expires_at: now.plus(code_lifetime).plus(token_lifetime),
            ended_at: None,
        };
        let context = GrantContext {
            grant: grant.id,
            party: subject.into(),
            session: Some(me.session.id),
            authentication: Some(me.session.authentication.clone()),
            scopes: granted.clone(),
            resources: request.resources.clone(),
            nonce: request.nonce.clone(),
            claims: None,
            authorization_details: None,
            confirmation: None,
        };
        let code = self.code(realm, request, &context, now)?;
        let access_token = self.access_token(realm, decided, &context, now).await?;
        let consent = decided.answer.map(|_| {
            remembered(
                decided.remembered,
                (&me.user, client),
                decided.offered,
                &granted,
                now,
            )
        });
        Ok(Minted {
            grant,
            context,
            code,
            access_token,
            consent,
        })
    }

    fn code(
        &self,
        realm: &ServedRealm,
        request: &AuthorizationRequest,
        context: &GrantContext,
        now: Timestamp,
    ) -> Result<Option<(SecretText, Arc<FreshCode>)>, Failure> {
        if !request.response_type.issues(Part::Code) {
            return Ok(None);
        }
        let code = AuthorizationCode {
            context: context.clone(),
            redirect_uri: request.target.redirect_uri.clone(),
            redirect_uri_was_sent: request.target.redirect_uri_was_sent,
            challenge: request.challenge.clone(),
        };
        let (text, ticket) = new_code(&self.foundation, realm, request.client(), &code, now)?;
        Ok(Some((text, Arc::new(FreshCode { ticket, code }))))
    }

    async fn access_token(
        &self,
        realm: &ServedRealm,
        decided: &Decided<'_>,
        context: &GrantContext,
        now: Timestamp,
    ) -> Result<Option<PreparedAccessToken>, Failure> {
        let Decided { request, me, .. } = decided;
        if !request.response_type.issues(Part::Token) {
            return Ok(None);
        }
        // A token that leaves here has nothing to outlive the session with.
        let mut scopes = context.scopes.clone();
        scopes.remove(OFFLINE_ACCESS);
        let plan = AccessTokenPlan {
            realm,
            client: request.client(),
            sub: self.subjects.of_user(&me.user, request.client()),
            subject: context.party.subject,
            grant: context.grant,
            session: context.session,
            authentication: context.authentication.as_ref(),
            scopes: &scopes,
            resources: &context.resources,
            confirmation: None,
            now,
        };
        self.access_tokens.prepare(&plan).await.map(Some)
    }

    /// Writes everything in one unit; false when the session ended meanwhile.
    async fn write(
        &self,
        realm: &ServedRealm,
        decided: &Decided<'_>,
        minted: &Arc<Minted>,
        facts: &RequestFacts,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let mut events = Vec::new();
        for entry in entries(realm, decided, minted) {
            events.push(self.foundation.recorder.event(entry, facts, now).await?);
        }
        let client = decided.request.client();
        let limit = Limit::per_client(&self.foundation, realm, client, facts, now).await?;
        let session = Arc::clone(&decided.me.session);
        let minted = Arc::clone(minted);
        let written = self.foundation.store.transact(move |unit| {
            Box::pin(async move {
                let limit = limit.as_ref();
                minted.write(unit, &session, limit, events).await
            })
        });
        match written.await {
            Ok(announcements) => announcements.apply(&self.foundation),
            Err(Unwritten::SessionEnded) => return Ok(false),
            Err(Unwritten::Failed(failure)) => return Err(failure),
        }
        Ok(true)
    }

    /// The parameters of the answer, signed where they are tokens.
    async fn answer(
        &self,
        realm: &ServedRealm,
        decided: &Decided<'_>,
        minted: &Minted,
        now: Timestamp,
    ) -> Result<Pairs, Failure> {
        let Decided { request, me, .. } = decided;
        let client = request.client();
        let mut pairs = Pairs::new();
        let code = minted.code.as_ref().map(|(text, _)| text.expose().as_str());
        if let Some(code) = code {
            pairs.push(("code", code.to_owned()));
        }
        let mut access_token = None;
        if let Some(prepared) = &minted.access_token {
            let text = self.access_tokens.sign(realm, client, prepared).await?;
            pairs.push(("access_token", text.clone()));
            pairs.push(("token_type", "Bearer".to_owned()));
            pairs.push(("expires_in", prepared.expires_in.to_string()));
            pairs.push(("scope", minted.context.scopes.to_string()));
            access_token = Some(text);
        }
        if request.response_type.issues(Part::IdToken) {
            let claims = self
                .claims(realm, request, me, &minted.context.scopes)
                .await?;
            let plan = IdTokenPlan {
                realm,
                client,
                sub: self.subjects.of_user(&me.user, client),
                session: Some(me.session.id),
                authentication: &me.session.authentication,
                nonce: request.nonce.as_deref(),
                access_token: access_token.as_deref(),
                code,
                claims: &claims,
                now,
            };
            let signer = self.keys.signer(realm, client.id_token_algorithm).await?;
            let text = signer.sign(TokenType::Jwt, &plan.payload()?)?;
            pairs.push(("id_token", text));
        }
        Ok(pairs)
    }

    /// Claims about the person, where the client gets nothing to ask userinfo with (OpenID
    /// Connect Core §5.4).
    async fn claims(
        &self,
        realm: &ServedRealm,
        request: &AuthorizationRequest,
        me: &SignedIn,
        granted: &ScopeSet,
    ) -> Result<Map<String, Value>, Failure> {
        let mut claims = Map::new();
        if request.response_type.parts() != [Part::IdToken] {
            return Ok(claims);
        }
        let person = Person {
            foundation: &self.foundation,
            user: &me.user,
        };
        for scope in &self.scope_claims {
            if granted.contains(scope.scope()) {
                scope.tell(person, &mut claims).await?;
            }
        }
        tell_attributes(&realm.realm.user_schema, &me.user, granted, &mut claims);
        Ok(claims)
    }
}

impl Minted {
    /// Writes everything, unless the session ended meanwhile, or its secret is another one.
    async fn write(
        &self,
        unit: &mut (dyn UnitOfWork + '_),
        session: &Session,
        limit: Option<&Limit>,
        mut events: Vec<AuditEvent>,
    ) -> Result<Announcements, Unwritten> {
        let (realm, user) = (session.realm, session.user);
        let mut announcements = Announcements::new();
        if limit.is_some() {
            unit.locks().lock(Lock::User(realm, user)).await?;
        }
        let found = unit.sessions().find(realm, session.id).await?;
        if !found.is_some_and(|found| found.ended_at.is_none() && found.secret == session.secret) {
            return Err(Unwritten::SessionEnded);
        }
        unit.grants().insert(&self.grant).await?;
        if let Some(limit) = limit {
            let new = (user, &self.grant);
            let ended = limit.keep_grants(&mut *unit, &mut announcements, new);
            events.extend(ended.await?);
        }
        if let Some((_, fresh)) = &self.code
            && unit.tickets().issue(&fresh.ticket).await? == Issued::Collision
        {
            return Err(Failure::broken("two codes of 256 bits were the same").into());
        }
        if let Some(consent) = &self.consent {
            unit.consents().put(consent).await?;
            let change = Change::User(realm, user);
            announcements.note(unit, change, consent.updated_at).await?;
        }
        if let Some(access_token) = &self.access_token {
            access_token.keep(&mut *unit).await?;
        }
        unit.audit().append(&events).await?;
        Ok(announcements)
    }
}

/// Why nothing was written.
enum Unwritten {
    /// The person was signed out meanwhile.
    SessionEnded,
    /// It could not be done.
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Unwritten {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What of the offer was agreed to.
fn agreed(offered: &ScopeSet, ticked: &ScopeSet) -> ScopeSet {
    offered
        .iter()
        .filter(|scope| scope.as_str() == NOT_REFUSABLE || ticked.contains(scope.as_str()))
        .cloned()
        .collect()
}

fn actor(decided: &Decided<'_>) -> AuditActor {
    AuditActor::Subject(Subject::User(decided.me.user.id))
}

/// What the trail gets to know.
fn entries(realm: &ServedRealm, decided: &Decided<'_>, minted: &Minted) -> Vec<Entry> {
    let entry = |action| {
        let mut entry = Entry::done(realm.realm.id, actor(decided), action)
            .on("grant", minted.grant.id)
            .through(decided.request.client().id)
            .with(serde_json::json!({ "scope": minted.grant.scopes.to_string() }));
        entry.session = Some(decided.me.session.id);
        entry.grant = Some::<Id<Grant>>(minted.grant.id);
        entry
    };
    let kind = decided.request.response_type;
    let mut entries = Vec::new();
    if decided.answer.is_some() {
        entries.push(entry(AuditAction::ConsentDecided));
    }
    if kind.issues(Part::Code) {
        entries.push(entry(AuditAction::CodeIssued));
    }
    if kind.issues(Part::Token) || kind.issues(Part::IdToken) {
        let mut issued = entry(AuditAction::TokenIssued);
        issued.token = minted.access_token.as_ref().map(|token| token.id);
        entries.push(issued);
    }
    entries
}

fn to_client(request: &AuthorizationRequest, delivery: super::Delivery) -> Answer {
    Answer::Client {
        delivery,
        client: request.target.client.clone(),
    }
}
