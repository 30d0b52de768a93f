//! Who asks for something privileged.

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::revocation::AccessToken;
use gatelodge_domain::{Client, Id, Realm, ScopeSet, Session, Subject};

/// Somebody who may be given permits.
#[derive(Debug, Clone)]
pub enum Caller {
    /// An administrator, by their access token.
    Administrator(Administrator),
    /// Somebody with a shell on the machine.
    Operator,
    /// Gatelodge itself (a job).
    System,
}

/// An administrator whose access token was accepted; made by
/// [`super::Administrators::recognise`] only.
#[derive(Debug, Clone)]
pub struct Administrator {
    pub(super) realm: Id<Realm>,
    pub(super) subject: Subject,
    pub(super) client: Id<Client>,
    pub(super) session: Option<Id<Session>>,
    pub(super) token: Id<AccessToken>,
    pub(super) scopes: ScopeSet,
}

impl Administrator {
    /// Who it is.
    pub const fn subject(&self) -> Subject {
        self.subject
    }
}

impl Caller {
    /// Who the trail names.
    pub const fn actor(&self) -> AuditActor {
        match self {
            Self::Administrator(administrator) => AuditActor::Subject(administrator.subject),
            Self::Operator => AuditActor::Operator,
            Self::System => AuditActor::System,
        }
    }

    /// Their realm, if they are in one.
    pub const fn realm(&self) -> Option<Id<Realm>> {
        match self {
            Self::Administrator(administrator) => Some(administrator.realm),
            Self::Operator | Self::System => None,
        }
    }
}
