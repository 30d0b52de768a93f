//! Second factors: when they are asked for, how they are enrolled and proved, and who may
//! change them.
//!
//! A password alone does not sign anybody in. What it proves goes to [`SignInSteps`], the one
//! gate, which says what else is asked; only what has passed it is [`Cleared`], and only that
//! starts a session or buys tokens. Until then a sign-in is a ticket that is bound to the
//! browser by a cookie of its own, and no session at all, so nothing can take it for one.
//!
//! A kind of factor is a [`FactorMethod`] in a list. What all kinds share — storage, pages,
//! audit, the gate — does not know them apart.

mod administer;
mod enrol;
pub mod factors;
mod method;
mod own;
mod pending;
mod prove;
mod recovery;
mod requirement;
mod spend;
mod steps;

pub use administer::{AdministerFactors, FactorsOf};
pub use enrol::{EnrolError, Enrolment};
pub use method::{Enrolled, FactorMethod, FactorMethods, Offer, Person};
pub use own::{Overview, OwnFactors, OwnFactorsError};
pub use pending::PendingSignIn;
pub use prove::{FactorAnswer, ProveError};
pub use recovery::{NewRecoveryCodes, RecoveryCount};
pub use steps::{
    AtStep, Begun, Cleared, Entered, SignInSteps, SignInStepsParts, Step, StepError, Waiting,
};

pub(crate) use requirement::is_asked_of_everybody;
pub(crate) use spend::{Lost, Work};
