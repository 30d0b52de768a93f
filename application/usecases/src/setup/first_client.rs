//! The first client: enough of a registration to sign somebody in, or to call an API. The kinds
//! are RFC 6749's client profiles (§2.1), and a program that acts for itself (§4.4); all the rest
//! of its registration has the defaults and can be changed by the admin API.

use gatelodge_domain::client::{ClientAuthenticationMethod, ClientSecret};
use gatelodge_domain::opaque_token::{OpaqueToken, TokenKind};
use gatelodge_domain::{
    ApplicationType, Client, ClientId, DisplayName, Id, Realm, RedirectUri, ScopeSet, SecretText,
    Timestamp,
};

use super::built_in::{Maker, openid_scopes, words};
use crate::client_authentication::client_secret_digest;
use crate::clients::random_client_id;
use crate::{Failure, Foundation};

/// What kind of program a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientKind {
    /// A web application: it keeps a secret on its server.
    #[default]
    Web,
    /// One that runs in the browser, and keeps none.
    Browser,
    /// One that is installed on a device (RFC 8252), and keeps none.
    Native,
    /// A program that acts for itself, with nobody at a browser.
    Machine,
}

impl ClientKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Web, Self::Browser, Self::Native, Self::Machine];

    /// Its name in forms and flags.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Browser => "browser",
            Self::Native => "native",
            Self::Machine => "machine",
        }
    }

    /// The kind of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it can keep a secret (RFC 6749 §2.1).
    pub const fn is_confidential(self) -> bool {
        matches!(self, Self::Web | Self::Machine)
    }

    /// Whether people sign in to it, and come back to a redirect URI.
    pub const fn has_people(self) -> bool {
        !matches!(self, Self::Machine)
    }

    pub(super) const fn application_type(self) -> ApplicationType {
        match self {
            Self::Native => ApplicationType::Native,
            Self::Web | Self::Browser | Self::Machine => ApplicationType::Web,
        }
    }
}

/// The first client as it is asked for.
pub(super) struct FirstClient {
    pub(super) name: DisplayName,
    /// Made here without.
    pub(super) client_id: Option<ClientId>,
    pub(super) kind: ClientKind,
    pub(super) redirect_uris: Vec<RedirectUri>,
    /// Brought along; made here without.
    pub(super) secret: Option<SecretText>,
}

/// The first client with the text of its secret, before it is stored.
pub(super) struct NewFirstClient {
    pub(super) client: Client,
    /// None where its kind keeps none.
    pub(super) secret: Option<FirstSecret>,
}

impl NewFirstClient {
    /// The text of its secret where one was made here: nobody else knows it.
    pub(super) fn made_secret(&self) -> Option<&SecretText> {
        let secret = self.secret.as_ref().filter(|secret| !secret.supplied)?;
        Some(&secret.text)
    }
}

/// The text of a secret, and where it comes from.
pub(super) struct FirstSecret {
    pub(super) text: SecretText,
    /// Whoever supplied one has it already; nobody is told it again.
    pub(super) supplied: bool,
}

impl FirstClient {
    /// Its registration, with a secret where its kind keeps one.
    pub(super) fn register(
        self,
        foundation: &Foundation,
        realm: Id<Realm>,
        now: Timestamp,
    ) -> Result<NewFirstClient, Failure> {
        let make = Maker {
            rng: &*foundation.rng,
            now,
        };
        let client_id = match self.client_id {
            Some(client_id) => client_id,
            None => random_client_id(foundation)?,
        };
        let mut client = make.public_client(realm, client_id.as_str(), self.name.as_str())?;
        client.application_type = self.kind.application_type();
        client.redirect_uris = self.redirect_uris;
        if self.kind.has_people() {
            client.scopes = openid_scopes()?;
        } else {
            client.grant_types = words(&["client_credentials"]);
            client.response_types = words(&[]);
            client.scopes = ScopeSet::empty();
        }
        let mut secret = None;
        if self.kind.is_confidential() {
            let supplied = self.secret.is_some();
            let text = self.secret.unwrap_or_else(|| {
                OpaqueToken::mint(TokenKind::ClientSecret, &foundation.rng.bytes::<32>())
            });
            client.authentication = ClientAuthenticationMethod::ClientSecretBasic;
            client.secrets = vec![ClientSecret {
                id: foundation.rng.id(now),
                digest: client_secret_digest(&*foundation.vault, realm, text.expose()),
                sealed: None,
                created_at: now,
                expires_at: None,
            }];
            secret = Some(FirstSecret { text, supplied });
        }
        client
            .check()
            .map_err(|error| Failure::Broken(error.into()))?;
        Ok(NewFirstClient { client, secret })
    }
}
