//! The demonstration: an administrator, a user, a public and a confidential client, made once
//! and told again at every start. Its secrets are kept sealed in the store, because a
//! demonstration has to say them.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::client::{
    ClientAuthenticationMethod, ClientSecret, ConsentPolicy, IntrospectionReach,
};
use gatelodge_domain::opaque_token::{OpaqueToken, TokenKind};
use gatelodge_domain::user::Verification;
use gatelodge_domain::{
    AuditAction, Client, DisplayName, Email, Password, Realm, RedirectUri, Subject, Username,
};
use gatelodge_ports::store::Change;
use serde::{Deserialize, Serialize};

use super::built_in::{LODGE_CLIENT, LODGE_REDIRECT, Maker, openid_scopes, words};
use super::initialize::{BuiltInRealms, administrators};
use super::people::{self, NewPerson};
use crate::audit::{Entry, RequestFacts};
use crate::client_authentication::client_secret_digest;
use crate::foundation::Announcements;
use crate::passwords::Whose;
use crate::{Failure, Foundation};

/// The sealed fact that holds what the demonstration says.
const FACT: &str = "demo";
const PLACE: &str = "system|facts|demo|value";

/// Any port will do (RFC 8252 §7.3).
const CALLBACK: &str = "http://127.0.0.1:8765/callback";
const AFTER_SIGN_OUT: &str = "http://127.0.0.1:8765/";

/// What the demonstration says, in the shape of `demo.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoFacts {
    /// The issuer of the default realm.
    pub issuer: String,
    /// The issuer of `system`.
    pub admin_url: String,
    /// An administrator.
    pub admin: DemoPerson,
    /// The client that administrators sign in with.
    pub admin_client: DemoClient,
    /// A user of the default realm.
    pub user: DemoPerson,
    /// Code and refresh.
    pub public_client: DemoClient,
    /// Client credentials, code, refresh, password grant, realm-wide introspection.
    pub confidential_client: DemoSecretClient,
}

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoPerson {
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
}

/// A client without a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoClient {
    /// Its `client_id`.
    pub client_id: String,
    /// One of its redirect URIs.
    pub redirect_uri: String,
}

/// A client with one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoSecretClient {
    /// Its `client_id`.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// One of its redirect URIs.
    pub redirect_uri: String,
}

/// Makes the demonstration.
pub struct DemoData {
    foundation: Arc<Foundation>,
}

impl DemoData {
    /// Over a house whose store is initialized.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// What was made at an earlier start, if the store is a demonstration's.
    pub async fn find(&self) -> Result<Option<DemoFacts>, Failure> {
        let mut view = self.foundation.store.read().await?;
        let Some(sealed) = view.system().find(FACT).await? else {
            return Ok(None);
        };
        let plain = self.foundation.vault.open(PLACE, &sealed)?;
        Ok(Some(serde_json::from_slice(plain.expose())?))
    }

    /// Makes everything in one unit, where it was not made before.
    pub async fn create(&self, realms: &BuiltInRealms) -> Result<DemoFacts, Failure> {
        if let Some(known) = self.find().await? {
            return Ok(known);
        }
        let foundation = &self.foundation;
        let facts = self.invent();
        let admin = self
            .person(
                &realms.system,
                &facts.admin,
                "Demo Administrator",
                "admin@example.com",
            )
            .await?;
        let user = self
            .person(
                &realms.default,
                &facts.user,
                "Ada Lovelace",
                "ada@example.com",
            )
            .await?;
        let (role, _) = administrators(foundation, realms.system.id).await?;
        let now = foundation.clock.now();
        let clients = self.clients(&realms.default, &facts)?;
        let sealed = foundation.vault.seal(PLACE, &serde_json::to_vec(&facts)?)?;
        let mut events = Vec::new();
        for person in [&admin, &user] {
            let action = AuditAction::UserCreated;
            let entry = Entry::done(person.user.realm, AuditActor::Operator, action)
                .on("user", person.user.id);
            let request = RequestFacts::default();
            events.push(foundation.recorder.event(entry, &request, now).await?);
        }
        for client in &clients {
            let action = AuditAction::ClientCreated;
            let entry =
                Entry::done(client.realm, AuditActor::Operator, action).on("client", client.id);
            let request = RequestFacts::default();
            events.push(foundation.recorder.event(entry, &request, now).await?);
        }

        let mut unit = foundation.store.write().await?;
        let mut announcements = Announcements::new();
        for person in [&admin, &user] {
            person.insert(&mut *unit).await?;
            let change = Change::User(person.user.realm, person.user.id);
            announcements.note(&mut *unit, change, now).await?;
        }
        let subject = Subject::User(admin.user.id);
        unit.roles()
            .assign(realms.system.id, role.id, subject)
            .await?;
        for client in &clients {
            unit.clients().insert(client).await?;
            let change = Change::Client(client.realm, client.id);
            announcements.note(&mut *unit, change, now).await?;
        }
        unit.system().insert(FACT, &sealed).await?;
        unit.audit().append(&events).await?;
        unit.commit().await?;
        announcements.apply(foundation);
        Ok(facts)
    }

    fn invent(&self) -> DemoFacts {
        let foundation = &self.foundation;
        let secret: [u8; 32] = foundation.rng.bytes();
        DemoFacts {
            issuer: foundation.issuers.public_url().to_owned(),
            admin_url: foundation.issuers.admin_url().to_owned(),
            admin: DemoPerson {
                username: "admin".to_owned(),
                password: self.password(),
            },
            admin_client: DemoClient {
                client_id: LODGE_CLIENT.to_owned(),
                redirect_uri: LODGE_REDIRECT.to_owned(),
            },
            user: DemoPerson {
                username: "ada".to_owned(),
                password: self.password(),
            },
            public_client: DemoClient {
                client_id: "demo-public".to_owned(),
                redirect_uri: CALLBACK.to_owned(),
            },
            confidential_client: DemoSecretClient {
                client_id: "demo-confidential".to_owned(),
                client_secret: OpaqueToken::mint(TokenKind::ClientSecret, &secret)
                    .expose()
                    .clone(),
                redirect_uri: CALLBACK.to_owned(),
            },
        }
    }

    /// 80 random bits that a person can type: `k3v7-q2xm-…`.
    fn password(&self) -> String {
        let bytes: [u8; 10] = self.foundation.rng.bytes();
        let text = gatelodge_domain::id::base32(&bytes);
        let groups: Vec<&str> = (0..4).map(|at| &text[at * 4..at * 4 + 4]).collect();
        groups.join("-")
    }

    async fn person(
        &self,
        realm: &Realm,
        who: &DemoPerson,
        name: &str,
        email: &str,
    ) -> Result<NewPerson, Failure> {
        let foundation = &self.foundation;
        let password = Password::parse(&who.password).map_err(ours)?;
        let username = Username::parse(&who.username).map_err(ours)?;
        let whose = Whose {
            user: None,
            username: username.as_str(),
            email: Some(email),
            name: Some(name),
        };
        let hash = people::hash(foundation, realm, &whose, &password)
            .await
            .map_err(ours)?;
        let person = NewPerson::new(
            foundation,
            realm.id,
            username,
            Some(&DisplayName::parse(name).map_err(ours)?),
            hash,
            foundation.clock.now(),
        )?;
        let email = Email::parse(email).map_err(ours)?;
        Ok(person.with_email(email, Verification::Verified))
    }

    fn clients(&self, default: &Realm, facts: &DemoFacts) -> Result<[Client; 2], Failure> {
        let foundation = &self.foundation;
        let make = Maker {
            rng: &*foundation.rng,
            now: foundation.clock.now(),
        };
        let page = RedirectUri::parse(&format!("{}/demo", facts.issuer)).map_err(ours)?;
        let callback = RedirectUri::parse(CALLBACK).map_err(ours)?;
        let after = RedirectUri::parse(AFTER_SIGN_OUT).map_err(ours)?;

        let id = &facts.public_client.client_id;
        let mut public = make.public_client(default.id, id, "Demo application")?;
        public.redirect_uris = vec![callback.clone(), page.clone()];
        public.post_logout_redirect_uris = vec![after.clone(), callback.clone(), page];
        public.scopes = openid_scopes()?;

        let id = &facts.confidential_client.client_id;
        let mut confidential = make.public_client(default.id, id, "Demo server")?;
        let secret = &facts.confidential_client.client_secret;
        confidential.authentication = ClientAuthenticationMethod::ClientSecretBasic;
        confidential.secrets = vec![ClientSecret {
            id: foundation.rng.id(make.now),
            digest: client_secret_digest(&*foundation.vault, default.id, secret),
            sealed: None,
            created_at: make.now,
            expires_at: None,
        }];
        confidential.grant_types = words(&[
            "authorization_code",
            "client_credentials",
            "password",
            "refresh_token",
        ]);
        confidential.redirect_uris = vec![callback.clone()];
        confidential.post_logout_redirect_uris = vec![after, callback];
        confidential.scopes = openid_scopes()?;
        confidential.consent = ConsentPolicy::Ask;
        confidential.introspection = IntrospectionReach::Realm;
        for client in [&public, &confidential] {
            client.check().map_err(ours)?;
        }
        Ok([public, confidential])
    }
}

/// What cannot happen: our own words do not parse.
fn ours(error: impl core::fmt::Display) -> Failure {
    Failure::broken(format!("the demonstration is wrong: {error}"))
}
