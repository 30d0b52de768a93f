//! `refresh_token` (RFC 6749 §6, RFC 9700 §4.14).
//!
//! A token's MAC is checked before storage is asked, so a forged one touches nothing. What
//! remains is one conditional step of the family's generation, which says whether the token is
//! the current one, the one before it within a registered overlap, or an older one: somebody
//! has a copy, and the grant ends with all it gave.

use std::sync::Arc;

use async_trait::async_trait;
use gatelodge_domain::client::Rotation;
use gatelodge_domain::refresh::FamilyReach;
use gatelodge_domain::{AuditAction, GrantContext, RefreshFamily, ScopeSet, User};
use gatelodge_ports::UnitOfWork;
use gatelodge_ports::store::{RotateFamily, Rotated, Rotation as Step};

use crate::token::issuing::idle_end;
use crate::token::{
    Consequence, GrantRequest, GrantType, Issued, Issuing, Refusal, Refused, requested_resources,
    requested_scopes,
};
use crate::tokens::{PresentedRefreshToken, decode_context, grant_scopes};
use crate::{Denial, ErrorCode};

const NAME: &str = "refresh_token";

/// One answer for what is forged, expired, revoked, used, or another client's.
const INVALID: Denial = Denial::new(
    ErrorCode::InvalidGrant,
    "the refresh token is unknown, expired, revoked, used already, or not for this client",
);

/// `refresh_token`
pub struct RefreshTokenGrant {
    issuing: Arc<Issuing>,
}

impl RefreshTokenGrant {
    /// With the shared services.
    pub fn new(issuing: Arc<Issuing>) -> Self {
        Self { issuing }
    }

    /// The family of a genuine token, if it is this client's and alive.
    async fn find(
        &self,
        request: &GrantRequest<'_>,
        presented: PresentedRefreshToken,
    ) -> Result<RefreshFamily, Refusal> {
        let realm = request.realm.realm.id;
        let mut view = self.issuing.foundation.store.read().await?;
        let family = view
            .families()
            .find(realm, presented.family)
            .await?
            .ok_or(INVALID)?;
        if family.client != request.client.id {
            return Err(refused(&family, "other_client"));
        }
        if !family.is_live(request.now) {
            return Err(refused(&family, "family_over"));
        }
        Ok(family)
    }

    /// The person, unless the family or the person may go on no longer.
    async fn entitled(
        &self,
        request: &GrantRequest<'_>,
        family: &RefreshFamily,
    ) -> Result<Arc<User>, Refusal> {
        // A family without `offline_access` does not outlive the sign-in, also where that ran
        // out by itself.
        if let (FamilyReach::Session, Some(session)) = (family.reach, family.session)
            && !self
                .issuing
                .session_is_live(request.realm, session, request.now)
                .await?
        {
            return Err(refused(family, "session_ended"));
        }
        self.issuing
            .entitled_user(family.realm, family.subject, request.now)
            .await?
            .ok_or_else(|| refused(family, "user_cannot_authenticate"))
    }

    /// Of that, what the client may still ask for and the person may still have. A family whose
    /// scopes have all been taken away gives nothing, and goes on when they are given back.
    async fn entitlement(
        &self,
        request: &GrantRequest<'_>,
        family: &RefreshFamily,
        asked: &ScopeSet,
    ) -> Result<ScopeSet, Refusal> {
        let foundation = &self.issuing.foundation;
        let party = (request.realm, &**request.client, family.subject);
        let granted = grant_scopes(foundation, party, Some(asked), None).await?;
        if granted.is_empty() && !asked.is_empty() {
            return Err(refused(family, "no_scope_left"));
        }
        Ok(granted)
    }
}

#[async_trait]
impl GrantType for RefreshTokenGrant {
    fn name(&self) -> &'static str {
        NAME
    }

    fn parameters(&self) -> &'static [&'static str] {
        &["refresh_token", "scope"]
    }

    async fn exchange(&self, request: &GrantRequest<'_>) -> Result<Issued, Refusal> {
        let realm = request.realm.realm.id;
        let text = request
            .parameters
            .required("refresh_token", "refresh_token is missing")?;
        let presented = self
            .issuing
            .refresh_tokens
            .read(realm, text)
            .ok_or(INVALID)?;
        let family = self.find(request, presented).await?;
        let context = decode_context(&family.context)?;
        let scopes = narrowed(request, &context)?;
        let resources = requested_resources(
            request.realm,
            request.client,
            request.parameters,
            &context.resources,
        )?;
        let user = self.entitled(request, &family).await?;
        let scopes = self.entitlement(request, &family, &scopes).await?;

        let access_token = self
            .issuing
            .prepare(request, &context, &user, &scopes, &resources)
            .await?;
        let event = self
            .issuing
            .issued_event(request, NAME, family.grant, Some(&context), &access_token)
            .await?;

        let step = step(request, &family, presented);
        let rotated = self.issuing.foundation.store.transact(move |unit| {
            Box::pin(async move {
                let family = rotate(unit, step).await?;
                access_token.keep(&mut *unit).await?;
                unit.audit().append(&[event]).await?;
                Ok::<_, Refusal>((family, access_token))
            })
        });
        let (family, access_token) = rotated.await?;

        let refresh_token = self
            .issuing
            .refresh_tokens
            .write(realm, family.id, family.generation);
        Ok(Issued {
            at: request.now,
            id_token: self
                .issuing
                .id_token(request, &context, &user, &scopes, None),
            access_token,
            scopes,
            refresh_token: Some(refresh_token),
        })
    }
}

/// Rotates the family, unless it is over or its token was shown before.
async fn rotate(
    unit: &mut (dyn UnitOfWork + '_),
    step: RotateFamily,
) -> Result<RefreshFamily, Refusal> {
    match unit.families().rotate(step).await? {
        Rotated::Done(family) | Rotated::Overlap(family) => Ok(family),
        Rotated::Reused(family) => Err(reused(&family)),
        Rotated::Dead(family) => Err(refused(&family, "family_over")),
        Rotated::Unknown => Err(INVALID.into()),
    }
}

/// What is asked for, which must not be more than was granted (RFC 6749 §6).
fn narrowed(request: &GrantRequest<'_>, context: &GrantContext) -> Result<ScopeSet, Denial> {
    let requested = requested_scopes(request.parameters)?;
    let scopes = requested.as_ref().unwrap_or(&context.scopes);
    if !scopes.is_subset(&context.scopes) {
        return Err(Denial::new(
            ErrorCode::InvalidScope,
            "scope has more in it than was granted",
        ));
    }
    Ok(scopes.clone())
}

fn step(
    request: &GrantRequest<'_>,
    family: &RefreshFamily,
    presented: PresentedRefreshToken,
) -> RotateFamily {
    let policy = request.client.refresh;
    RotateFamily {
        realm: family.realm,
        id: family.id,
        generation: presented.generation,
        now: request.now,
        idle_expires_at: idle_end(request, family.expires_at),
        overlap_ms: policy.overlap_seconds.saturating_mul(1_000),
        step: match policy.rotation {
            Rotation::Rotate => Step::Step,
            Rotation::Keep => Step::Stay,
        },
    }
}

fn refused(family: &RefreshFamily, reason: &'static str) -> Refusal {
    Refused {
        denial: INVALID,
        action: AuditAction::TokenIssued,
        reason,
        subject: Some(family.subject),
        grant: Some(family.grant),
        consequence: Consequence::None,
    }
    .into()
}

fn reused(family: &RefreshFamily) -> Refusal {
    Refused {
        denial: INVALID,
        action: AuditAction::RefreshReused,
        reason: "reused",
        subject: Some(family.subject),
        grant: Some(family.grant),
        consequence: Consequence::EndGrant(family.grant),
    }
    .into()
}
