//! What handlers share: the use cases, and how this listener is reached.

use std::sync::Arc;

use gatelodge_usecases::Foundation;
use gatelodge_usecases::admin::AdminApi;
use gatelodge_usecases::authorize::Authorize;
use gatelodge_usecases::client_authentication::ClientAuthenticator;
use gatelodge_usecases::discovery::Discovery;
use gatelodge_usecases::introspection::IntrospectionEndpoint;
use gatelodge_usecases::mfa::{OwnFactors, SignInSteps};
use gatelodge_usecases::passwords::{ChangePassword, ResetPassword};
use gatelodge_usecases::realms::Listener;
use gatelodge_usecases::recovery::{RecoverAccount, ResetPasswords, VerifyAddresses};
use gatelodge_usecases::revocations::RevocationEndpoint;
use gatelodge_usecases::sessions::{CsrfTokens, CurrentSession, OwnSessions};
use gatelodge_usecases::setup::FirstAdministrator;
use gatelodge_usecases::sign_in::PasswordCheck;
use gatelodge_usecases::sign_out::SignOut;
use gatelodge_usecases::token::TokenEndpoint;
use gatelodge_usecases::userinfo::UserinfoEndpoint;
use gatelodge_usecases::users::OwnProfile;

use crate::gate::Gate;
use crate::looks::Looks;
use crate::metrics::Metrics;
use crate::network::Network;
use crate::quota::Quota;
use crate::site::Site;

/// The use cases, built once by whoever wires the house. A line for each.
pub struct UseCases {
    /// Tries passwords.
    pub password_check: Arc<PasswordCheck>,
    /// The gate between a password and a session.
    pub sign_in_steps: Arc<SignInSteps>,
    /// A person's own second factors.
    pub own_factors: Arc<OwnFactors>,
    /// A person's new password, by the present one.
    pub change_password: Arc<ChangePassword>,
    /// A person's new password, by a link.
    pub reset_password: Arc<ResetPassword>,
    /// Who is signed in.
    pub current_session: Arc<CurrentSession>,
    /// A person's own sessions.
    pub own_sessions: Arc<OwnSessions>,
    /// What is kept of a person, by themselves.
    pub own_profile: Arc<OwnProfile>,
    /// Tokens in forms.
    pub csrf: Arc<CsrfTokens>,
    /// The authorization endpoint.
    pub authorize: Arc<Authorize>,
    /// The logout endpoint.
    pub sign_out: Arc<SignOut>,
    /// Who a client is.
    pub clients: Arc<ClientAuthenticator>,
    /// The token endpoint.
    pub token: Arc<TokenEndpoint>,
    /// The userinfo endpoint.
    pub userinfo: Arc<UserinfoEndpoint>,
    /// The introspection endpoint.
    pub introspection: Arc<IntrospectionEndpoint>,
    /// The revocation endpoint.
    pub revocation: Arc<RevocationEndpoint>,
    /// What each issuer can do.
    pub discovery: Arc<Discovery>,
    /// Links to a new password, asked for.
    pub recover_account: Arc<RecoverAccount>,
    /// … and spent.
    pub reset_passwords: Arc<ResetPasswords>,
    /// Links that prove mail addresses.
    pub verify_addresses: Arc<VerifyAddresses>,
    /// The admin API.
    pub admin: Arc<AdminApi>,
    /// The one-time link of the first administrator.
    pub first_administrator: Arc<FirstAdministrator>,
}

/// How a listener is reached from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Its URL is https: cookies are `Secure` and bear the `__Host-` prefix, HSTS is sent.
    Https,
    /// Its URL is http on loopback: neither would work.
    Loopback {
        /// The port in its URL; browsers send cookies to every port of a host, so it is part
        /// of the cookie's name.
        port: u16,
    },
}

/// What the demonstration page needs.
#[derive(Debug, Clone)]
pub struct Demo {
    /// The public client of the demonstration.
    pub client_id: String,
}

/// Shared by every handler of one listener.
pub struct HttpState {
    /// Which listener this is.
    pub listener: Listener,
    /// How it is reached.
    pub transport: Transport,
    /// `host[:port]` of its URL; a request for another host is refused.
    pub authority: String,
    /// The path of its URL, without a trailing slash; usually empty.
    pub base_path: String,
    /// Who may say for whom they forward.
    pub trusted_proxies: Vec<Network>,
    /// The demonstration, if it is on.
    pub demo: Option<Demo>,
    /// How many requests an administrator may make.
    pub quota: Quota,
    /// From where it may be used.
    pub gate: Gate,
    /// The figures, where this listener shows them.
    pub metrics: Option<Metrics>,
    /// The operator's own files, where this listener serves them.
    pub site: Option<Site>,
    /// Whether the API's documentation is served.
    pub docs: bool,
    /// Languages and looks of the pages.
    pub looks: Arc<Looks>,
    /// What everything stands on.
    pub foundation: Arc<Foundation>,
    /// What can be done.
    pub use_cases: Arc<UseCases>,
}
