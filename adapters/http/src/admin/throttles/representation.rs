//! A count of failures as the API shows it.

use gatelodge_domain::Timestamp;
use gatelodge_usecases::sign_in::ShownThrottle;
use serde::Serialize;
use utoipa::ToSchema;

use crate::time;

/// Failed sign-ins that make the next one wait.
#[derive(Serialize, ToSchema)]
pub(crate) struct ThrottleAnswer {
    /// Row id.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: String,
    /// What is counted: passwords of an `account`, everything from an `address`, codes of a
    /// `factor`.
    #[schema(example = "account")]
    kind: &'static str,
    /// Whose account it is, by row id; `null` where nobody has the name that was tried.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    user: Option<String>,
    /// The address, or of IPv6 its network.
    #[schema(example = "192.0.2.7")]
    address: Option<String>,
    /// How many tries failed.
    #[schema(example = 23)]
    failures: u32,
    /// Whether a try has to wait now.
    delayed: bool,
    /// No try before then.
    #[schema(format = DateTime, example = "2026-01-31T12:00:08.000Z")]
    delayed_until: String,
    /// When a try last failed.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    last_failed_at: String,
    /// When it is forgotten, if nothing fails until then.
    #[schema(format = DateTime, example = "2026-01-31T12:15:00.000Z")]
    expires_at: String,
}

impl ThrottleAnswer {
    pub(super) fn of(shown: &ShownThrottle, now: Timestamp) -> Self {
        let throttle = &shown.throttle;
        Self {
            id: throttle.id.to_string(),
            kind: throttle.kind.as_str(),
            user: throttle.user.map(|user| user.to_string()),
            address: shown.address.clone(),
            failures: throttle.failures,
            delayed: !throttle.wait(now).is_zero(),
            delayed_until: time::to_text(throttle.blocked_until),
            last_failed_at: time::to_text(throttle.last_failed_at),
            expires_at: time::to_text(throttle.expires_at),
        }
    }
}
