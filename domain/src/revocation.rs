//! What makes an access token void before its `exp`.
//!
//! Either its own id, its grant or its session is listed, or it was made before a watermark of
//! its user, client or realm. The time of making is in the token's id, so a list entry lives
//! only as long as the tokens it concerns, and a watermark costs one row.

use crate::{Client, Grant, Id, Realm, Session, Timestamp, User};

/// An issued access token, by its `jti`.
#[derive(Debug)]
pub enum AccessToken {}

/// What a list entry names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RevokedThing {
    /// One access token.
    Token(Id<AccessToken>),
    /// Every token of an authorization.
    Grant(Id<Grant>),
    /// Every token of a browser sign-in.
    Session(Id<Session>),
}

impl RevokedThing {
    /// The stored name of the kind.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Token(_) => "token",
            Self::Grant(_) => "grant",
            Self::Session(_) => "session",
        }
    }

    /// The id without its kind.
    pub const fn bits(self) -> u128 {
        match self {
            Self::Token(id) => id.as_u128(),
            Self::Grant(id) => id.as_u128(),
            Self::Session(id) => id.as_u128(),
        }
    }

    /// What [`Self::kind`] and [`Self::bits`] describe.
    pub fn from_parts(kind: &str, bits: u128) -> Option<Self> {
        match kind {
            "token" => Some(Self::Token(Id::from_u128(bits))),
            "grant" => Some(Self::Grant(Id::from_u128(bits))),
            "session" => Some(Self::Session(Id::from_u128(bits))),
            _ => None,
        }
    }
}

/// A list entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// The realm.
    pub realm: Id<Realm>,
    /// What is void.
    pub thing: RevokedThing,
    /// When every token concerned has expired anyway.
    pub until: Timestamp,
}

/// Whose older tokens are void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WatermarkOwner {
    /// A person's.
    User(Id<User>),
    /// A client's.
    Client(Id<Client>),
    /// Everybody's in the realm.
    Realm,
}

impl WatermarkOwner {
    /// The stored name of the kind.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Client(_) => "client",
            Self::Realm => "realm",
        }
    }

    /// The id without its kind; zero for the realm itself.
    pub const fn bits(self) -> u128 {
        match self {
            Self::User(id) => id.as_u128(),
            Self::Client(id) => id.as_u128(),
            Self::Realm => 0,
        }
    }

    /// What [`Self::kind`] and [`Self::bits`] describe.
    pub fn from_parts(kind: &str, bits: u128) -> Option<Self> {
        match kind {
            "user" => Some(Self::User(Id::from_u128(bits))),
            "client" => Some(Self::Client(Id::from_u128(bits))),
            "realm" => Some(Self::Realm),
            _ => None,
        }
    }
}

/// Tokens made at or before `not_before` are void. It only ever moves forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermark {
    /// The realm.
    pub realm: Id<Realm>,
    /// Whose tokens.
    pub owner: WatermarkOwner,
    /// Up to when.
    pub not_before: Timestamp,
}

/// What is asked about one access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenFacts {
    /// The realm that issued it.
    pub realm: Id<Realm>,
    /// Its `jti`, which holds when it was made.
    pub token: Id<AccessToken>,
    /// Its `gid`.
    pub grant: Option<Id<Grant>>,
    /// Its `sid`.
    pub session: Option<Id<Session>>,
    /// The person, if it is about one.
    pub user: Option<Id<User>>,
    /// The client it was issued to.
    pub client: Id<Client>,
}
