//! People, clients and what they were given.

use std::collections::BTreeSet;
use std::sync::Arc;

use gatelodge_domain::client::{
    AccessTokenFormat, ClientAuthenticationMethod, ClientMetadata, ClientOrigin, ClientSecret,
    ClientStatus, ConsentPolicy, IntrospectionReach, PkceRequirement, RefreshPolicy,
};
use gatelodge_domain::session::Persistence;
use gatelodge_domain::setting::Layers;
use gatelodge_domain::user::{Profile, SubjectId, UserStatus, Verification};
use gatelodge_domain::{
    ApplicationType, Authentication, Client, ClientId, CodeChallenge, CodeVerifier, Digest,
    DisplayName, Email, Grant, GrantContext, Id, KeyAlgorithm, RedirectUri, Revision, ScopeSet,
    Session, Settings, Subject, User, Username,
};
use gatelodge_ports::Clock as _;
use gatelodge_ports::store::Change;
use gatelodge_usecases::client_authentication::client_secret_digest;
use gatelodge_usecases::codes::{AuthorizationCode, new_code};
use gatelodge_usecases::realms::ServedRealm;
use gatelodge_usecases::token::TokenAnswer;

use super::House;

pub(crate) const CALLBACK: &str = "https://app.example/callback";
pub(crate) const SECRET: &str = "gl_cs_0123456789012345678901234567890123456789";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

impl House {
    /// A public client for codes and refresh tokens, changed to taste.
    pub(crate) async fn public_client(
        &self,
        name: &str,
        change: impl FnOnce(&mut Client),
    ) -> Arc<Client> {
        self.client_in(&self.realm, name, change).await
    }

    /// A confidential client for everything, changed to taste.
    pub(crate) async fn confidential_client(
        &self,
        name: &str,
        change: impl FnOnce(&mut Client),
    ) -> Arc<Client> {
        let digest = self.secret_digest(SECRET);
        let secret = ClientSecret {
            id: self.foundation.rng.id(self.clock.now()),
            digest,
            sealed: None,
            created_at: self.clock.now(),
            expires_at: None,
        };
        self.client_in(&self.realm, name, |client| {
            client.authentication = ClientAuthenticationMethod::ClientSecretPost;
            client.secrets = vec![secret];
            client.grant_types.insert("client_credentials".to_owned());
            client.grant_types.insert("password".to_owned());
            change(client);
        })
        .await
    }

    pub(crate) fn secret_digest(&self, secret: &str) -> Digest {
        client_secret_digest(&*self.foundation.vault, self.realm.realm.id, secret)
    }

    pub(crate) async fn client_in(
        &self,
        realm: &ServedRealm,
        name: &str,
        change: impl FnOnce(&mut Client),
    ) -> Arc<Client> {
        let now = self.clock.now();
        let mut client = Client {
            id: self.foundation.rng.id(now),
            realm: realm.realm.id,
            client_id: ClientId::parse(name).unwrap(),
            status: ClientStatus::Enabled,
            origin: ClientOrigin::Administrator,
            name: DisplayName::parse(name).unwrap(),
            authentication: ClientAuthenticationMethod::None,
            secrets: Vec::new(),
            grant_types: ["authorization_code", "refresh_token"]
                .map(str::to_owned)
                .into(),
            response_types: BTreeSet::from(["code".to_owned()]),
            redirect_uris: vec![RedirectUri::parse(CALLBACK).unwrap()],
            post_logout_redirect_uris: Vec::new(),
            application_type: ApplicationType::Web,
            allowed_origins: BTreeSet::new(),
            scopes: ScopeSet::parse("openid profile email offline_access roles").unwrap(),
            default_scopes: ScopeSet::parse("openid").unwrap(),
            audiences: Vec::new(),
            pkce: PkceRequirement::Required,
            consent: ConsentPolicy::Ask,
            introspection: IntrospectionReach::Own,
            refresh: RefreshPolicy::default(),
            access_token_format: AccessTokenFormat::Jwt,
            id_token_algorithm: KeyAlgorithm::Es256,
            access_token_algorithm: KeyAlgorithm::Es256,
            userinfo_algorithm: None,
            metadata: ClientMetadata::default(),
            settings: Settings::default(),
            revision: Revision::FIRST,
            created_at: now,
            updated_at: now,
        };
        change(&mut client);
        client.check().unwrap();
        let mut unit = self.foundation.store.write().await.unwrap();
        unit.clients().insert(&client).await.unwrap();
        unit.commit().await.unwrap();
        let change = Change::Client(client.realm, client.id);
        self.foundation.apply(change);
        Arc::new(client)
    }

    pub(crate) async fn user(&self, name: &str) -> User {
        let now = self.clock.now();
        let user = User {
            id: self.foundation.rng.id(now),
            realm: self.realm.realm.id,
            subject: SubjectId::from_random(self.foundation.rng.bytes()),
            username: Username::parse(name).unwrap(),
            email: Some(Email::parse(&format!("{name}@example.org")).unwrap()),
            email_verification: Verification::Verified,
            profile: Profile::default(),
            attributes: gatelodge_domain::attribute::Attributes::default(),
            status: UserStatus::Active,
            password_change: gatelodge_domain::user::PasswordChange::Free,
            revision: Revision::FIRST,
            created_at: now,
            updated_at: now,
        };
        let mut unit = self.foundation.store.write().await.unwrap();
        unit.users().insert(&user).await.unwrap();
        unit.commit().await.unwrap();
        user
    }

    pub(crate) async fn set_status(&self, user: &User, status: UserStatus) {
        let changed = User {
            status,
            ..user.clone()
        };
        let mut unit = self.foundation.store.write().await.unwrap();
        unit.users().update(&changed).await.unwrap();
        unit.commit().await.unwrap();
        self.foundation.apply(Change::User(user.realm, user.id));
    }

    pub(crate) async fn session(&self, user: &User) -> Session {
        let now = self.clock.now();
        let settings = [&self.realm.realm.settings];
        let bytes: [u8; 32] = self.foundation.rng.bytes();
        let session = Session {
            id: self.foundation.rng.id(now),
            realm: user.realm,
            user: user.id,
            secret: Digest::new(bytes),
            authentication: Authentication::by_password(now),
            persistence: Persistence::BrowserSession,
            address: None,
            user_agent: None,
            created_at: now,
            seen_at: now,
            expires_at: Session::end_for(Persistence::BrowserSession, now, Layers(&settings)),
            ended_at: None,
            revision: Revision::FIRST,
        };
        let mut unit = self.foundation.store.write().await.unwrap();
        unit.sessions().insert(&session).await.unwrap();
        unit.commit().await.unwrap();
        session
    }

    /// A code as the authorization endpoint would issue it, with [`VERIFIER`]'s challenge.
    pub(crate) async fn code(&self, client: &Client, session: &Session, scopes: &str) -> String {
        self.code_with(client, session, scopes, |_| {}).await
    }

    pub(crate) async fn code_with(
        &self,
        client: &Client,
        session: &Session,
        scopes: &str,
        change: impl FnOnce(&mut AuthorizationCode),
    ) -> String {
        let now = self.clock.now();
        let grant: Id<Grant> = self.foundation.rng.id(now);
        let verifier = CodeVerifier::parse(VERIFIER).unwrap();
        let mut code = AuthorizationCode {
            context: GrantContext {
                grant,
                party: Subject::User(session.user).into(),
                session: Some(session.id),
                authentication: Some(session.authentication.clone()),
                scopes: ScopeSet::parse(scopes).unwrap(),
                resources: Vec::new(),
                nonce: Some("nonce".to_owned()),
                claims: None,
                authorization_details: None,
                confirmation: None,
            },
            redirect_uri: RedirectUri::parse(CALLBACK).unwrap(),
            redirect_uri_was_sent: true,
            challenge: Some(CodeChallenge::of(&verifier)),
        };
        change(&mut code);
        let (text, ticket) = new_code(&self.foundation, &self.realm, client, &code, now).unwrap();
        let row = Grant {
            id: grant,
            realm: client.realm,
            client: client.id,
            party: code.context.party,
            session: Some(session.id),
            scopes: code.context.scopes.clone(),
            created_at: now,
            expires_at: ticket.expires_at,
            ended_at: None,
        };
        let mut unit = self.foundation.store.write().await.unwrap();
        unit.grants().insert(&row).await.unwrap();
        unit.tickets().issue(&ticket).await.unwrap();
        unit.commit().await.unwrap();
        text.expose().clone()
    }

    /// Tokens that a code bought.
    pub(crate) async fn tokens(
        &self,
        client: &Client,
        session: &Session,
        scopes: &str,
    ) -> TokenAnswer {
        let code = self.code(client, session, scopes).await;
        self.redeem(client, &code).await.unwrap()
    }

    pub(crate) async fn redeem(
        &self,
        client: &Client,
        code: &str,
    ) -> Result<TokenAnswer, gatelodge_usecases::Error> {
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("client_id", client.client_id.as_str()),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        if client.is_confidential() {
            pairs.push(("client_secret", SECRET));
        }
        self.exchange(&pairs).await
    }

    pub(crate) async fn refresh(
        &self,
        client: &Client,
        token: &str,
    ) -> Result<TokenAnswer, gatelodge_usecases::Error> {
        let mut pairs = vec![
            ("grant_type", "refresh_token"),
            ("client_id", client.client_id.as_str()),
            ("refresh_token", token),
        ];
        if client.is_confidential() {
            pairs.push(("client_secret", SECRET));
        }
        self.exchange(&pairs).await
    }
}
