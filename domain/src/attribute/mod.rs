//! What a realm keeps of its people beyond the standard claims: attributes, typed by a schema
//! that is the realm's own.
//!
//! A value is kept as the text of one JSON value (RFC 8259); whether it fits the schema is
//! asked where it is written, so that a schema can be changed without touching a person.

mod claim;
mod pattern;
mod rule;
mod schema;
mod value;

pub use claim::AttributeClaim;
pub use pattern::AttributePattern;
pub use rule::{AttributeRule, AttributeType, Multiplicity, OwnerAccess, Presence};
pub use schema::UserSchema;
pub use value::{AttributeName, Attributes};

/// Why attributes or a schema were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAttribute {
    /// The name has another form.
    #[error("an attribute's name is a-z, then up to 62 of a-z, 0-9 and _")]
    Name,
    /// The value is too long.
    #[error("an attribute's value has at most 8192 bytes as JSON")]
    TooLong,
    /// There are too many.
    #[error("a person has at most 64 attributes, and a schema names at most 64")]
    TooMany,
    /// The claim's name has another form.
    #[error("a claim's name has 1 to 128 visible ASCII characters without quotes or backslashes")]
    ClaimName,
    /// The claim is told by the server itself.
    #[error("this claim's meaning is fixed by a standard")]
    ReservedClaim,
    /// Two attributes want to be the same claim.
    #[error("another attribute is told under this claim's name already")]
    RepeatedClaim,
    /// No bound can be that.
    #[error("a greatest length is from 1 to 8192")]
    MaxLength,
    /// A length was given for what has none.
    #[error("only strings have a greatest length")]
    NoLength,
    /// No regular expression that is taken.
    #[error(
        "a pattern is a regular expression of 1 to 512 bytes without look-around, \
         back-references and large repetitions"
    )]
    Pattern,
    /// A pattern was given for what has none.
    #[error("only strings have a pattern")]
    NoPattern,
    /// Pages have no field for it.
    #[error("an attribute of type json has no form, so the user cannot edit it")]
    NotEditable,
}
