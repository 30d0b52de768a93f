//! From a foundation to everything that can be asked for, read top to bottom. A grant type, a
//! method of client authentication or a scope's claims is a line in its list.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_crypto::OpensslHmac;
use gatelodge_http::UseCases;
use gatelodge_http::delay::TokioDelay;
use gatelodge_http::pages::Languages;
use gatelodge_usecases::Foundation;
use gatelodge_usecases::admin::AdminApi;
use gatelodge_usecases::authorize::{
    Authorize, AuthorizeParts, PROMPT_VALUES, PromptValue, RESPONSE_MODES, RESPONSE_TYPES,
    ResponseType,
};
use gatelodge_usecases::client_authentication::{ClientAuthenticator, built_in_methods};
use gatelodge_usecases::discovery::{Capabilities, Discovery};
use gatelodge_usecases::introspection::IntrospectionEndpoint;
use gatelodge_usecases::keys::KeyMaintenance;
use gatelodge_usecases::mfa::factors::TotpFactor;
use gatelodge_usecases::mfa::{FactorMethods, OwnFactors, SignInSteps, SignInStepsParts};
use gatelodge_usecases::passwords::{ChangePassword, ResetPassword};
use gatelodge_usecases::recovery::{RecoverAccount, ResetPasswords, VerifyAddresses};
use gatelodge_usecases::revocations::RevocationEndpoint;
use gatelodge_usecases::sessions::{CsrfTokens, CurrentSession, OwnSessions};
use gatelodge_usecases::setup::FirstAdministrator;
use gatelodge_usecases::sign_in::PasswordCheck;
use gatelodge_usecases::sign_out::{SignOut, SignOutParts};
use gatelodge_usecases::token::grant_types::{
    AuthorizationCodeGrant, ClientCredentialsGrant, PasswordGrant, RefreshTokenGrant,
};
use gatelodge_usecases::token::{GrantType, Issuing, TokenEndpoint};
use gatelodge_usecases::tokens::{AccessTokens, MintAccessToken, RefreshTokens, Subjects};
use gatelodge_usecases::userinfo::UserinfoEndpoint;
use gatelodge_usecases::userinfo::scope_claims::built_in_scope_claims;
use gatelodge_usecases::users::OwnProfile;

use crate::settings::{Engine, Settings};

/// How long after its commit an event may be without a seal: SQLite and memory seal in the
/// transaction, PostgreSQL by a job every second.
pub(crate) fn sealing_delay(settings: &Settings) -> Duration {
    match settings.storage.engine {
        Engine::Sqlite { .. } | Engine::Memory => Duration::ZERO,
        Engine::Postgres { .. } => Duration::from_secs(10),
    }
}

/// Builds every use case once.
pub(crate) fn use_cases(
    settings: &Settings,
    foundation: &Arc<Foundation>,
    keys: &Arc<KeyMaintenance>,
    languages: &Languages,
) -> UseCases {
    let house = || foundation.clone();
    let (rng, vault) = (foundation.rng.clone(), foundation.vault.clone());

    // Tokens.
    let subjects = Arc::new(Subjects::new(house()));
    let minted = Arc::new(MintAccessToken::new(house(), keys.clone()));
    let accepted = Arc::new(AccessTokens::new(house(), subjects.clone()));
    let refresh_tokens = Arc::new(RefreshTokens::new(vault.clone()));
    let issuing = Arc::new(Issuing {
        foundation: house(),
        subjects: subjects.clone(),
        access_tokens: minted.clone(),
        refresh_tokens: refresh_tokens.clone(),
    });

    // People.
    let password_check = Arc::new(PasswordCheck::new(house(), Arc::new(TokioDelay)));
    let current_session = Arc::new(CurrentSession::new(house()));
    let factors = FactorMethods::new(vec![Arc::new(TotpFactor::new(
        house(),
        Arc::new(OpensslHmac),
    ))]);
    let sign_in_steps = Arc::new(SignInSteps::new(SignInStepsParts {
        foundation: house(),
        methods: factors.clone(),
        password_check: password_check.clone(),
    }));

    // Clients and what they may ask for.
    let clients = Arc::new(ClientAuthenticator::new(house(), built_in_methods()));
    let grant_types: Vec<Arc<dyn GrantType>> = vec![
        Arc::new(AuthorizationCodeGrant::new(issuing.clone())),
        Arc::new(RefreshTokenGrant::new(issuing.clone())),
        Arc::new(ClientCredentialsGrant::new(issuing.clone())),
        Arc::new(PasswordGrant::new(
            issuing,
            password_check.clone(),
            sign_in_steps.clone(),
        )),
    ];
    let token = TokenEndpoint::new(
        house(),
        keys.clone(),
        clients.clone(),
        minted.clone(),
        grant_types,
    );
    let userinfo = UserinfoEndpoint::new(
        house(),
        keys.clone(),
        subjects.clone(),
        accepted.clone(),
        built_in_scope_claims(),
    );
    let discovery = discovery(&token, &clients, &userinfo, languages);

    let delay = sealing_delay(settings);
    UseCases {
        admin: Arc::new(AdminApi::new(foundation, accepted.clone(), keys, delay)),
        first_administrator: Arc::new(FirstAdministrator::new(house())),
        recover_account: Arc::new(RecoverAccount::new(house())),
        reset_passwords: Arc::new(ResetPasswords::new(house())),
        verify_addresses: Arc::new(VerifyAddresses::new(house(), password_check.clone())),
        authorize: Arc::new(Authorize::new(AuthorizeParts {
            foundation: house(),
            current_session: current_session.clone(),
            subjects: subjects.clone(),
            access_tokens: minted,
            keys: keys.clone(),
            scope_claims: built_in_scope_claims(),
        })),
        sign_out: Arc::new(SignOut::new(SignOutParts {
            foundation: house(),
            current_session: current_session.clone(),
            subjects: subjects.clone(),
        })),
        introspection: Arc::new(IntrospectionEndpoint::new(
            house(),
            clients.clone(),
            accepted.clone(),
            refresh_tokens.clone(),
            subjects,
        )),
        revocation: Arc::new(RevocationEndpoint::new(
            house(),
            clients.clone(),
            accepted,
            refresh_tokens,
        )),
        own_factors: Arc::new(OwnFactors::new(house(), factors)),
        sign_in_steps,
        change_password: Arc::new(ChangePassword::new(house(), password_check.clone())),
        reset_password: Arc::new(ResetPassword::new(house())),
        own_sessions: Arc::new(OwnSessions::new(house())),
        own_profile: Arc::new(OwnProfile::new(house())),
        csrf: Arc::new(CsrfTokens::new(rng, vault)),
        token: Arc::new(token),
        userinfo: Arc::new(userinfo),
        discovery: Arc::new(discovery),
        password_check,
        current_session,
        clients,
    }
}

/// What discovery promises, computed from what there is.
fn discovery(
    token: &TokenEndpoint,
    clients: &ClientAuthenticator,
    userinfo: &UserinfoEndpoint,
    languages: &Languages,
) -> Discovery {
    Discovery::new(Capabilities {
        grant_types: token.grant_type_names(),
        client_authentication_methods: clients.names(),
        response_types: RESPONSE_TYPES.iter().map(ResponseType::name).collect(),
        response_modes: RESPONSE_MODES.iter().map(|mode| mode.name()).collect(),
        prompts: PROMPT_VALUES
            .iter()
            .copied()
            .map(PromptValue::as_str)
            .collect(),
        scopes: userinfo.scope_names(),
        claims: userinfo.claim_names(),
        ui_locales: languages.tags().map(str::to_owned).collect(),
    })
}
