//! What a realm says of one attribute.

use super::{AttributeClaim, AttributePattern, Attributes, InvalidAttribute};
use crate::DisplayName;

/// What an attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttributeType {
    /// Text.
    String,
    /// A whole number that every JSON reader holds exactly (RFC 8259 §6).
    Integer,
    /// Any number.
    Number,
    /// Yes or no.
    Boolean,
    /// A day, as `YYYY-MM-DD` (RFC 3339 `full-date`).
    Date,
    /// Any JSON value.
    Json,
}

impl AttributeType {
    /// Every type.
    pub const ALL: [Self; 6] = [
        Self::String,
        Self::Integer,
        Self::Number,
        Self::Boolean,
        Self::Date,
        Self::Json,
    ];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Json => "json",
        }
    }

    /// The type of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// How many values an attribute has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Multiplicity {
    /// One.
    #[default]
    One,
    /// A list of them.
    Many,
}

/// Whether everybody must have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Presence {
    /// It may be absent.
    #[default]
    Optional,
    /// Whoever writes a person must give it.
    Required,
}

/// What an attribute's owner may do with it on their own pages. Administrators see and change
/// every attribute, and whoever was granted its scope is told its claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OwnerAccess {
    /// Nothing.
    #[default]
    None,
    /// See it.
    Sees,
    /// See and change it, within the rule.
    Edits,
}

/// What a realm says of one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeRule {
    /// What its owner reads beside it; its name without one.
    pub display_name: Option<DisplayName>,
    /// What it holds.
    pub kind: AttributeType,
    /// How many values it has.
    pub multiplicity: Multiplicity,
    /// Whether everybody must have it.
    pub presence: Presence,
    /// The most characters of a string.
    pub max_length: Option<u32>,
    /// What a string looks like, from its beginning to its end.
    pub pattern: Option<AttributePattern>,
    /// How it is told to clients, if at all.
    pub claim: Option<AttributeClaim>,
    /// What its owner may do with it.
    pub owner: OwnerAccess,
}

impl AttributeRule {
    /// Whether the rule contradicts itself.
    pub(super) fn check(&self) -> Result<(), InvalidAttribute> {
        let is_text = self.kind == AttributeType::String;
        if self.pattern.is_some() && !is_text {
            return Err(InvalidAttribute::NoPattern);
        }
        if self.owner == OwnerAccess::Edits && self.kind == AttributeType::Json {
            return Err(InvalidAttribute::NotEditable);
        }
        let most = u32::try_from(Attributes::LONGEST).unwrap_or(u32::MAX);
        match self.max_length {
            Some(_) if !is_text => Err(InvalidAttribute::NoLength),
            Some(length) if !(1..=most).contains(&length) => Err(InvalidAttribute::MaxLength),
            _ => Ok(()),
        }
    }
}
