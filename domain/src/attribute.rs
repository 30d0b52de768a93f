//! What a realm keeps of its people beyond the standard claims: attributes, typed by a schema
//! that is the realm's own.
//!
//! A value is kept as the text of one JSON value (RFC 8259); whether it fits the schema is
//! asked where it is written, so that a schema can be changed without touching a person.

use std::collections::BTreeMap;

use crate::Scope;
use crate::user::ProfileClaim;

/// The name of an attribute: `[a-z][a-z0-9_]{0,62}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeName(String);

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
}

impl AttributeName {
    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, InvalidAttribute> {
        let mut bytes = text.bytes();
        let first = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase());
        let rest = bytes.all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if first && rest && text.len() <= 63 {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidAttribute::Name)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A person's attributes: of each name the text of one JSON value other than `null`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes(BTreeMap<AttributeName, String>);

impl Attributes {
    /// The most attributes of a person.
    pub const MOST: usize = 64;
    /// The most bytes of one value as JSON text.
    pub const LONGEST: usize = 8_192;

    /// Sets one to the text of a JSON value.
    pub fn set(&mut self, name: AttributeName, json: String) -> Result<(), InvalidAttribute> {
        if json.len() > Self::LONGEST {
            return Err(InvalidAttribute::TooLong);
        }
        if self.0.len() >= Self::MOST && !self.0.contains_key(&name) {
            return Err(InvalidAttribute::TooMany);
        }
        self.0.insert(name, json);
        Ok(())
    }

    /// The JSON text of one.
    pub fn get(&self, name: &AttributeName) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&AttributeName, &str)> + '_ {
        self.0.iter().map(|(name, json)| (name, json.as_str()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

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

/// Who sees an attribute, besides administrators and whoever is told its claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Visibility {
    /// Nobody.
    #[default]
    Administrators,
    /// The person themselves.
    Owner,
}

/// How an attribute is told to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeClaim {
    name: String,
    scope: Scope,
}

/// Claims that we make ourselves (RFC 7519 §4.1, OpenID Connect Core §2, §5.1, RFC 8693 §4,
/// RFC 7800, RFC 9068 §2.2); an attribute that took one of these names could pass for it.
const RESERVED_CLAIMS: [&str; 42] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "azp",
    "nonce",
    "auth_time",
    "at_hash",
    "c_hash",
    "s_hash",
    "acr",
    "amr",
    "sid",
    "gid",
    "cnf",
    "act",
    "may_act",
    "scope",
    "client_id",
    "active",
    "token_type",
    "username",
    "events",
    "roles",
    "groups",
    "entitlements",
    "permissions",
    "authorization_details",
    "preferred_username",
    "email",
    "email_verified",
    "updated_at",
    "org_id",
    "org_name",
    "typ",
    "_claim_names",
    "_claim_sources",
    "sub_jwk",
    "vot",
];

impl AttributeClaim {
    /// A claim of that name, told where that scope was granted.
    pub fn new(name: &str, scope: Scope) -> Result<Self, InvalidAttribute> {
        let visible = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
        if !(1..=128).contains(&name.len()) || !name.bytes().all(visible) {
            return Err(InvalidAttribute::ClaimName);
        }
        if RESERVED_CLAIMS.contains(&name) || ProfileClaim::parse(name).is_some() {
            return Err(InvalidAttribute::ReservedClaim);
        }
        Ok(Self {
            name: name.to_owned(),
            scope,
        })
    }

    /// Its name in tokens and userinfo.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The scope that asks for it.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }
}

/// What a realm says of one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeRule {
    /// What it holds.
    pub kind: AttributeType,
    /// How many values it has.
    pub multiplicity: Multiplicity,
    /// Whether everybody must have it.
    pub presence: Presence,
    /// The most characters of a string.
    pub max_length: Option<u32>,
    /// How it is told to clients, if at all.
    pub claim: Option<AttributeClaim>,
    /// Who sees it.
    pub visibility: Visibility,
}

/// What a realm keeps of its people: a rule for each attribute.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserSchema(BTreeMap<AttributeName, AttributeRule>);

impl UserSchema {
    /// Adds a rule.
    pub fn set(
        &mut self,
        name: AttributeName,
        rule: AttributeRule,
    ) -> Result<(), InvalidAttribute> {
        match (rule.max_length, rule.kind) {
            (None, _) => {}
            (Some(_), AttributeType::String) => {
                let most = u32::try_from(Attributes::LONGEST).unwrap_or(u32::MAX);
                if !(1..=most).contains(&rule.max_length.unwrap_or(1)) {
                    return Err(InvalidAttribute::MaxLength);
                }
            }
            (Some(_), _) => return Err(InvalidAttribute::NoLength),
        }
        if self.0.len() >= Attributes::MOST && !self.0.contains_key(&name) {
            return Err(InvalidAttribute::TooMany);
        }
        let told = |rule: &AttributeRule| rule.claim.as_ref().map(|claim| claim.name.clone());
        let repeated = self.0.iter().any(|(other, known)| {
            *other != name && rule.claim.is_some() && told(known) == told(&rule)
        });
        if repeated {
            return Err(InvalidAttribute::RepeatedClaim);
        }
        self.0.insert(name, rule);
        Ok(())
    }

    /// The rule of one attribute.
    pub fn get(&self, name: &AttributeName) -> Option<&AttributeRule> {
        self.0.get(name)
    }

    /// All rules, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&AttributeName, &AttributeRule)> + '_ {
        self.0.iter()
    }

    /// Whether it has no rules.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(claim: Option<&str>) -> AttributeRule {
        let scope = || Scope::parse("profile").unwrap();
        AttributeRule {
            kind: AttributeType::String,
            multiplicity: Multiplicity::One,
            presence: Presence::Optional,
            max_length: None,
            claim: claim.map(|name| AttributeClaim::new(name, scope()).unwrap()),
            visibility: Visibility::Owner,
        }
    }

    fn name(text: &str) -> AttributeName {
        AttributeName::parse(text).unwrap()
    }

    #[test]
    fn a_name_is_a_plain_lower_case_word() {
        for text in ["a", "cost_centre", "x9", &"a".repeat(63)] {
            assert!(AttributeName::parse(text).is_ok(), "{text}");
        }
        for text in ["", "A", "9x", "_a", "a-b", "a b", "ä", &"a".repeat(64)] {
            assert_eq!(
                AttributeName::parse(text),
                Err(InvalidAttribute::Name),
                "{text}"
            );
        }
    }

    #[test]
    fn an_attribute_cannot_pass_for_a_claim_that_means_something() {
        let scope = || Scope::parse("profile").unwrap();
        for claim in RESERVED_CLAIMS.into_iter().chain(["name", "locale"]) {
            let refused = AttributeClaim::new(claim, scope());
            assert_eq!(refused, Err(InvalidAttribute::ReservedClaim), "{claim}");
        }
        assert!(AttributeClaim::new("https://example.com/cost_centre", scope()).is_ok());
        assert_eq!(
            AttributeClaim::new("a b", scope()),
            Err(InvalidAttribute::ClaimName)
        );
    }

    #[test]
    fn two_attributes_are_not_one_claim() {
        let mut schema = UserSchema::default();
        schema.set(name("a"), rule(Some("cost"))).unwrap();
        schema.set(name("b"), rule(None)).unwrap();
        schema.set(name("c"), rule(None)).unwrap();
        let repeated = schema.set(name("d"), rule(Some("cost")));
        assert_eq!(repeated, Err(InvalidAttribute::RepeatedClaim));
        schema.set(name("a"), rule(Some("cost"))).unwrap();
    }

    #[test]
    fn only_strings_have_a_length() {
        let mut schema = UserSchema::default();
        let bounded = |kind, max| AttributeRule {
            kind,
            max_length: Some(max),
            ..rule(None)
        };
        assert!(
            schema
                .set(name("a"), bounded(AttributeType::String, 5))
                .is_ok()
        );
        let refused = schema.set(name("a"), bounded(AttributeType::String, 0));
        assert_eq!(refused, Err(InvalidAttribute::MaxLength));
        let refused = schema.set(name("a"), bounded(AttributeType::Date, 5));
        assert_eq!(refused, Err(InvalidAttribute::NoLength));
    }

    #[test]
    fn attributes_are_bounded() {
        let mut attributes = Attributes::default();
        let long = "1".repeat(Attributes::LONGEST + 1);
        assert_eq!(
            attributes.set(name("a"), long),
            Err(InvalidAttribute::TooLong)
        );
        for number in 0..Attributes::MOST {
            attributes
                .set(name(&format!("a{number}")), "1".to_owned())
                .unwrap();
        }
        let more = attributes.set(name("b"), "1".to_owned());
        assert_eq!(more, Err(InvalidAttribute::TooMany));
        attributes.set(name("a0"), "2".to_owned()).unwrap();
        assert_eq!(attributes.get(&name("a0")), Some("2"));
    }
}
