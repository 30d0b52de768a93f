//! Confidential clients with a secret each.

use std::collections::BTreeSet;

use gatelodge_domain::client::{
    AccessTokenFormat, ClientAuthenticationMethod, ClientMetadata, ClientOrigin, ClientSecret,
    ClientStatus, ConsentPolicy, IntrospectionReach, PkceRequirement, RefreshPolicy,
};
use gatelodge_domain::opaque_token::{OpaqueToken, TokenKind};
use gatelodge_domain::{
    ApplicationType, Client, ClientId, DisplayName, Id, KeyAlgorithm, RedirectUri, Revision,
    ScopeSet, Settings,
};
use gatelodge_usecases::client_authentication::client_secret_digest;

use crate::house::Ground;
use crate::{Failed, FilledClient, Plan, Progress, UNIT};

const CALLBACK: &str = "http://127.0.0.1:8765/callback";
/// What they may ask for.
pub(crate) const SCOPES: &str = "openid profile email offline_access";
const GRANT_TYPES: [&str; 4] = [
    "authorization_code",
    "client_credentials",
    "password",
    "refresh_token",
];

/// Their ids, and what is told of them.
pub(crate) async fn fill(
    ground: &Ground,
    plan: &Plan,
    progress: &mut dyn Progress,
) -> Result<(Vec<Id<Client>>, Vec<FilledClient>), Failed> {
    let (mut ids, mut told) = (Vec::new(), Vec::new());
    while (ids.len() as u64) < plan.clients {
        let done = ids.len() as u64;
        let mut unit = ground.foundation.store.write().await?;
        for number in done..plan.clients.min(done + UNIT) {
            let secret: [u8; 32] = ground.foundation.rng.bytes();
            let secret = OpaqueToken::mint(TokenKind::ClientSecret, &secret);
            let client = client(ground, number, secret.expose(), plan.id_token_algorithm)?;
            client.check()?;
            unit.clients().insert(&client).await?;
            ids.push(client.id);
            told.push(FilledClient {
                client_id: client.client_id.as_str().to_owned(),
                client_secret: secret.expose().clone(),
                redirect_uri: CALLBACK.to_owned(),
            });
        }
        unit.commit().await?;
        progress.step("clients", ids.len() as u64, plan.clients);
    }
    Ok((ids, told))
}

fn client(
    ground: &Ground,
    number: u64,
    secret: &str,
    id_token_algorithm: KeyAlgorithm,
) -> Result<Client, Failed> {
    let (foundation, realm, now) = (&ground.foundation, ground.realm.id, ground.now);
    let name = format!("bench-{:05}", number + 1);
    Ok(Client {
        id: foundation.rng.id(now),
        realm,
        client_id: ClientId::parse(&name)?,
        status: ClientStatus::Enabled,
        origin: ClientOrigin::Administrator,
        name: DisplayName::parse(&name)?,
        authentication: ClientAuthenticationMethod::ClientSecretBasic,
        secrets: vec![ClientSecret {
            id: foundation.rng.id(now),
            digest: client_secret_digest(&*foundation.vault, realm, secret),
            sealed: None,
            created_at: now,
            expires_at: None,
        }],
        grant_types: GRANT_TYPES.iter().map(|&name| name.to_owned()).collect(),
        response_types: BTreeSet::from(["code".to_owned()]),
        redirect_uris: vec![RedirectUri::parse(CALLBACK)?],
        post_logout_redirect_uris: Vec::new(),
        application_type: ApplicationType::Web,
        allowed_origins: BTreeSet::new(),
        scopes: ScopeSet::parse(SCOPES)?,
        default_scopes: ScopeSet::empty(),
        audiences: Vec::new(),
        pkce: PkceRequirement::Required,
        consent: ConsentPolicy::Ask,
        introspection: IntrospectionReach::Realm,
        refresh: RefreshPolicy::default(),
        access_token_format: AccessTokenFormat::Jwt,
        id_token_algorithm,
        access_token_algorithm: KeyAlgorithm::Es256,
        userinfo_algorithm: None,
        metadata: ClientMetadata::default(),
        settings: Settings::default(),
        revision: Revision::FIRST,
        created_at: now,
        updated_at: now,
    })
}
