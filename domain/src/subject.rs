//! Whom a session, ticket, grant or event is about, and who acts for them.
//!
//! An actor is RFC 8693 §4.1's `act`: the party that acts on behalf of the subject.

use crate::{Client, Id, User};

/// A machine identity of a workload platform (later: SPIFFE).
#[derive(Debug)]
pub enum Workload {}

/// A software agent that acts with delegated rights.
#[derive(Debug)]
pub enum Agent {}

/// A customer company inside a realm.
#[derive(Debug)]
pub enum Organization {}

/// A party that can be authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A person.
    User(Id<User>),
    /// An OAuth client acting for itself.
    Client(Id<Client>),
    /// A machine identity.
    Workload(Id<Workload>),
    /// A software agent.
    Agent(Id<Agent>),
}

impl Subject {
    /// The person, if it is one.
    pub const fn user(self) -> Option<Id<User>> {
        match self {
            Self::User(id) => Some(id),
            Self::Client(_) | Self::Workload(_) | Self::Agent(_) => None,
        }
    }

    /// The stored name of the kind.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Client(_) => "client",
            Self::Workload(_) => "workload",
            Self::Agent(_) => "agent",
        }
    }

    /// The id without its kind, as 128 bits.
    pub const fn bits(self) -> u128 {
        match self {
            Self::User(id) => id.as_u128(),
            Self::Client(id) => id.as_u128(),
            Self::Workload(id) => id.as_u128(),
            Self::Agent(id) => id.as_u128(),
        }
    }

    /// The subject that [`Self::kind`] and [`Self::bits`] describe; `None` for an unknown kind.
    pub fn from_parts(kind: &str, bits: u128) -> Option<Self> {
        match kind {
            "user" => Some(Self::User(Id::from_u128(bits))),
            "client" => Some(Self::Client(Id::from_u128(bits))),
            "workload" => Some(Self::Workload(Id::from_u128(bits))),
            "agent" => Some(Self::Agent(Id::from_u128(bits))),
            _ => None,
        }
    }
}

/// A subject together with who acts for it and for which company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Party {
    /// Whom it is about.
    pub subject: Subject,
    /// Who acts for them, if it is someone else.
    pub actor: Option<Subject>,
    /// The customer company in whose context they act.
    pub organization: Option<Id<Organization>>,
}

impl From<Subject> for Party {
    fn from(subject: Subject) -> Self {
        Self {
            subject,
            actor: None,
            organization: None,
        }
    }
}
