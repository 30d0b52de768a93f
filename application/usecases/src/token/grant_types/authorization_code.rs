//! `authorization_code` (RFC 6749 §4.1.3, RFC 7636 §4.5, RFC 9700 §2.1.1).
//!
//! The ticket is peeked at first, so that another client's try does not burn the code, and
//! redeemed in one conditional step, so that one of many wins. Whatever the code's own client
//! gets wrong burns it; whoever brings it again ends what it gave.

use std::sync::Arc;

use async_trait::async_trait;
use gatelodge_domain::setting::Layers;
use gatelodge_domain::{
    AuditAction, AuditEvent, CodeVerifier, GrantContext, RefreshFamily, Settings, Ticket, Timestamp,
};
use gatelodge_ports::UnitOfWork;
use gatelodge_ports::store::{Redeemed, TicketKey};

use crate::codes::{AuthorizationCode, FreshCode, code_key, open_code};
use crate::token::issuing::grant_end;
use crate::token::{
    Consequence, GrantRequest, GrantType, Issued, Issuing, Refusal, Refused, requested_resources,
};
use crate::tokens::{PreparedAccessToken, grant_scopes};
use crate::{Denial, ErrorCode};

const NAME: &str = "authorization_code";

/// One answer for what is unknown, expired, used, or another client's.
const INVALID: Denial = Denial::new(
    ErrorCode::InvalidGrant,
    "the code is unknown, expired, used already, or not for this client",
);
const WRONG_REDIRECT_URI: Denial = Denial::new(
    ErrorCode::InvalidGrant,
    "redirect_uri is not the one that the code was sent to",
);
const WRONG_VERIFIER: Denial = Denial::new(
    ErrorCode::InvalidGrant,
    "code_verifier does not fit the challenge of the authorization request",
);
const SURPLUS_VERIFIER: Denial = Denial::new(
    ErrorCode::InvalidGrant,
    "code_verifier was sent, but the authorization request had no challenge",
);
const NOT_ENTITLED: Denial = Denial::new(
    ErrorCode::InvalidGrant,
    "the person who authorized this is no longer signed in, or may no longer have it",
);

/// `authorization_code`
pub struct AuthorizationCodeGrant {
    issuing: Arc<Issuing>,
}

impl AuthorizationCodeGrant {
    /// With the shared services.
    pub fn new(issuing: Arc<Issuing>) -> Self {
        Self { issuing }
    }

    /// The code, if it is this client's and was not used yet.
    async fn find(
        &self,
        request: &GrantRequest<'_>,
        key: TicketKey,
    ) -> Result<Arc<FreshCode>, Refusal> {
        let foundation = &self.issuing.foundation;
        if let Some(fresh) = foundation.codes.take(key, request.client.id) {
            return Ok(fresh);
        }
        let mut view = foundation.store.read().await?;
        let ticket = view.tickets().peek(key).await?.ok_or(INVALID)?;
        if ticket.client != Some(request.client.id) {
            return Err(misused(&ticket, "other_client", INVALID, Consequence::None));
        }
        if ticket.redeemed_at.is_some() {
            return Err(replayed(&ticket));
        }
        let code = open_code(foundation, &ticket)?;
        Ok(Arc::new(FreshCode { ticket, code }))
    }
}

#[async_trait]
impl GrantType for AuthorizationCodeGrant {
    fn name(&self) -> &'static str {
        NAME
    }

    fn parameters(&self) -> &'static [&'static str] {
        &["code", "redirect_uri", "code_verifier"]
    }

    async fn exchange(&self, request: &GrantRequest<'_>) -> Result<Issued, Refusal> {
        let foundation = &self.issuing.foundation;
        let text = request.parameters.required("code", "code is missing")?;
        let key = code_key(foundation, request.realm.realm.id, text).ok_or(INVALID)?;
        let found = self.find(request, key).await?;
        let FreshCode { ticket, code } = &*found;
        let context = &code.context;
        let burn = Consequence::EndGrant(context.grant);
        if let Err((reason, denial)) = fits(request, code)? {
            return Err(misused(ticket, reason, denial, burn));
        }
        let resources = requested_resources(
            request.realm,
            request.client,
            request.parameters,
            &context.resources,
        )?;
        let user = self
            .issuing
            .entitled_user(request.realm.realm.id, context.party.subject, request.now)
            .await?
            .ok_or_else(|| misused(ticket, "user_cannot_authenticate", NOT_ENTITLED, burn))?;

        let party = (request.realm, &**request.client, context.party.subject);
        let scopes = &grant_scopes(foundation, party, Some(&context.scopes), None).await?;
        if scopes.is_empty() && !context.scopes.is_empty() {
            return Err(misused(ticket, "no_scope_left", NOT_ENTITLED, burn));
        }
        let access_token = self
            .issuing
            .prepare(request, context, &user, scopes, &resources)
            .await?;
        let family = self.issuing.new_family(request, context)?;
        let event = self
            .issuing
            .issued_event(request, NAME, context.grant, Some(context), &access_token)
            .await?;

        let writing = Writing {
            key,
            now: request.now,
            settings: request.realm.realm.settings.clone(),
            found: Arc::clone(&found),
            until: grant_end(&access_token, family.as_ref()),
            family,
            access_token,
        };
        let written = foundation
            .store
            .transact(move |unit| Box::pin(writing.write(unit, event)));
        let (access_token, family) = written.await?;

        let refresh_token = family.map(|family| {
            self.issuing
                .refresh_tokens
                .write(family.realm, family.id, family.generation)
        });
        let nonce = context.nonce.clone();
        Ok(Issued {
            at: request.now,
            id_token: self
                .issuing
                .id_token(request, context, &user, scopes, nonce),
            access_token,
            scopes: scopes.clone(),
            refresh_token,
        })
    }
}

/// What redeeming a code writes.
struct Writing {
    key: TicketKey,
    now: Timestamp,
    /// Of the realm.
    settings: Settings,
    found: Arc<FreshCode>,
    family: Option<RefreshFamily>,
    until: Timestamp,
    access_token: PreparedAccessToken,
}

impl Writing {
    /// Redeems the code, if it may be and the sign-in behind it still stands; what is left to be
    /// told of.
    async fn write(
        self,
        unit: &mut (dyn UnitOfWork + '_),
        event: AuditEvent,
    ) -> Result<(PreparedAccessToken, Option<RefreshFamily>), Refusal> {
        let FreshCode { ticket, code } = &*self.found;
        let context = &code.context;
        if !self.stands(context, unit).await? {
            let burn = Consequence::EndGrant(context.grant);
            return Err(misused(ticket, "session_ended", NOT_ENTITLED, burn));
        }
        match unit.tickets().redeem(self.key, self.now).await? {
            Redeemed::Fresh(_) => {}
            Redeemed::Replayed(ticket) => return Err(replayed(&ticket)),
            Redeemed::Expired => {
                return Err(misused(ticket, "expired", INVALID, Consequence::None));
            }
            Redeemed::Unknown => return Err(INVALID.into()),
        }
        if let Some(family) = &self.family {
            unit.families().insert(family).await?;
        }
        unit.grants()
            .extend(self.key.realm, context.grant, self.until)
            .await?;
        self.access_token.keep(&mut *unit).await?;
        unit.audit().append(&[event]).await?;
        Ok((self.access_token, self.family))
    }

    /// Whether the sign-in behind the code still stands.
    async fn stands(
        &self,
        context: &GrantContext,
        unit: &mut (dyn UnitOfWork + '_),
    ) -> Result<bool, Refusal> {
        let Some(session) = context.session else {
            return Ok(true);
        };
        let found = unit.sessions().find(self.key.realm, session).await?;
        let settings = [&self.settings];
        Ok(found.is_some_and(|found| found.is_live(self.now, Layers(&settings))))
    }
}

/// Whether redirect URI and verifier are those of the authorization request. A value that is
/// missing or malformed is as wrong as another one.
fn fits(
    request: &GrantRequest<'_>,
    code: &AuthorizationCode,
) -> Result<Result<(), (&'static str, Denial)>, Denial> {
    let redirect_uri = request.parameters.one("redirect_uri")?;
    let redirect_fits = match redirect_uri {
        None => !code.redirect_uri_was_sent,
        Some(presented) => presented == code.redirect_uri.as_str(),
    };
    if !redirect_fits {
        return Ok(Err(("wrong_redirect_uri", WRONG_REDIRECT_URI)));
    }
    let verifier = request.parameters.one("code_verifier")?;
    Ok(match (&code.challenge, verifier) {
        (None, None) => Ok(()),
        // Somebody took the challenge out of the authorization request (RFC 9700 §4.8.2).
        (None, Some(_)) => Err(("surplus_verifier", SURPLUS_VERIFIER)),
        (Some(challenge), verifier) => {
            let is_met = verifier
                .and_then(|text| CodeVerifier::parse(text).ok())
                .is_some_and(|verifier| challenge.is_met_by(&verifier));
            if is_met {
                Ok(())
            } else {
                Err(("wrong_verifier", WRONG_VERIFIER))
            }
        }
    })
}

/// What the code gave ends (RFC 6749 §4.1.2).
fn replayed(ticket: &Ticket) -> Refusal {
    let consequence = ticket
        .grant
        .map_or(Consequence::None, Consequence::EndGrant);
    misused(ticket, "replayed", INVALID, consequence)
}

fn misused(
    ticket: &Ticket,
    reason: &'static str,
    denial: Denial,
    consequence: Consequence,
) -> Refusal {
    Refused {
        denial,
        action: AuditAction::CodeMisused,
        reason,
        subject: ticket.subject,
        grant: ticket.grant,
        consequence,
    }
    .into()
}
