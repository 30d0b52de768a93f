//! What Gatelodge is about: entities, value types, state machines and protocol rules.
//!
//! Nothing here does I/O, reads a clock, draws randomness or knows a framework. Values can
//! only be valid (`RedirectUri::parse`), state is an enum that carries its facts, and a
//! transition takes `now` as an argument. Everything else in the house depends on this crate;
//! it depends on nearly nothing.

pub mod api;
pub mod attribute;
pub mod audit;
pub mod authentication;
pub mod client;
pub mod client_id;
pub mod consent;
pub mod definition;
pub mod digest;
pub mod document;
pub mod factor;
pub mod grant;
pub mod id;
pub mod jwk;
pub mod name;
pub mod opaque_token;
pub mod password;
pub mod pkce;
pub mod realm;
pub mod redirect_uri;
pub mod refresh;
pub mod revocation;
pub mod role;
pub mod scope;
pub mod secret;
pub mod session;
pub mod setting;
pub mod signing_key;
pub mod slug;
pub mod subject;
pub mod theme;
pub mod throttle;
pub mod ticket;
pub mod time;
pub mod user;

pub use api::Api;
pub use audit::{AuditAction, AuditEvent, Outcome, Seal};
pub use authentication::{Acr, Amr, Authentication};
pub use client::Client;
pub use client_id::ClientId;
pub use consent::Consent;
pub use definition::{PermissionDefinition, ScopeDefinition};
pub use digest::Digest;
pub use document::RealmDocument;
pub use factor::{Factor, FactorKind};
pub use grant::{Grant, GrantContext};
pub use id::Id;
pub use name::{DisplayName, Email, Username};
pub use password::{Password, PasswordCredential, PasswordHash};
pub use pkce::{CodeChallenge, CodeVerifier};
pub use realm::Realm;
pub use redirect_uri::{ApplicationType, Origin, RedirectUri};
pub use refresh::RefreshFamily;
pub use revocation::{Revocation, Watermark};
pub use role::{Group, Permission, Role};
pub use scope::{Scope, ScopeSet};
pub use secret::{Secret, SecretBytes, SecretText};
pub use session::Session;
pub use setting::{Setting, Settings};
pub use signing_key::{KeyAlgorithm, KeyId, SigningKey};
pub use slug::RealmSlug;
pub use subject::Subject;
pub use theme::Theme;
pub use ticket::Ticket;
pub use time::Timestamp;
pub use user::User;

/// How often a long-lived row has changed; a writer that read an older one is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(pub u32);

impl Revision {
    /// The revision of a row that was just made.
    pub const FIRST: Self = Self(1);

    /// The revision that follows this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
