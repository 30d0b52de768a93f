//! The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2, §3.2, §3.3).
//!
//! A request is read in two steps: first who asks and where the answer goes, whose errors are
//! shown to the person and never redirected (an open redirect otherwise); then everything else,
//! whose errors go back to the client. What stands between the request and its answer — a
//! sign-in, a consent — is a list of prompts made of checks. Nothing is stored until the person
//! is known and has agreed: the pending request travels sealed in one parameter.

mod checks;
mod decide;
mod endpoint;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod hint;
mod parse;
mod pending;
mod prompts;
mod request;
mod response_modes;
mod response_types;
mod scopes;
mod target;

pub use decide::ConsentAnswer;
pub use endpoint::{
    Answer, AskConsent, AskSignIn, Authorize, AuthorizeError, AuthorizeParts, Shown, StepPage,
};
pub use pending::{Opened, Pending, PendingKind, PendingRequests};
pub use prompts::{PROMPT_VALUES, PromptValue};
pub use request::AuthorizationRequest;
pub use response_modes::{Delivery, Pairs, RESPONSE_MODES, ResponseMode};
pub use response_types::{Part, RESPONSE_TYPES, ResponseType};
pub use target::Target;

pub(crate) use hint::{IdTokenHint, IdTokenHints};
pub(crate) use response_modes::with_query;
