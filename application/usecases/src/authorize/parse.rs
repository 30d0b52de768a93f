//! Reading the parameters behind a known target: syntax only.
//!
//! The parameters are declared in one list. A repeated one is refused, an undeclared one is
//! ignored; so are `display`, `claims` and `claims_locales`, which we read but do not act on, and
//! discovery says so.

use core::time::Duration;
use std::collections::BTreeSet;

use gatelodge_domain::{Acr, CodeChallenge, ScopeSet};

use super::prompts::PromptValue;
use super::request::{AuthorizationRequest, Route};
use super::response_modes;
use super::response_types::ResponseType;
use super::target::Target;
use crate::{Denial, ErrorCode, Parameters};

/// Every parameter that may come once. `resource` may come more often (RFC 8707 §2).
const DECLARED: [&str; 20] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "prompt",
    "max_age",
    "display",
    "ui_locales",
    "claims_locales",
    "claims",
    "acr_values",
    "login_hint",
    "id_token_hint",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
];

const LONGEST_TEXT: usize = 2_000;

/// How errors of this request travel: the mode it asks for where that is sensible, and its
/// `state` where there is exactly one.
pub(super) fn route(target: &Target, parameters: &Parameters) -> Route {
    let one = |name| parameters.one(name).ok().flatten();
    let kind = one("response_type").and_then(ResponseType::parse);
    let asked = one("response_mode")
        .and_then(response_modes::find)
        .filter(|mode| kind.is_none_or(|kind| mode.carries(kind)));
    let usual = kind.map_or(response_modes::QUERY, ResponseType::default_mode);
    Route {
        redirect_uri: target.redirect_uri.clone(),
        mode: asked.unwrap_or(usual),
        state: one("state").map(str::to_owned),
    }
}

/// Reads everything else.
pub(super) fn parse(
    target: Target,
    route: Route,
    parameters: &Parameters,
) -> Result<AuthorizationRequest, Denial> {
    for name in DECLARED {
        parameters.one(name)?;
    }
    refuse_unsupported(parameters)?;
    let response_type = response_type(parameters)?;
    if let Some(name) = parameters.one("response_mode")? {
        let mode =
            response_modes::find(name).ok_or(invalid("the response_mode is not supported"))?;
        if !mode.carries(response_type) {
            return Err(invalid("tokens must not be sent in a query"));
        }
    }
    let default_max_age = target.client.metadata.default_max_age;
    Ok(AuthorizationRequest {
        scopes: scopes(parameters)?,
        resources: resources(parameters)?,
        nonce: text(parameters, "nonce")?,
        challenge: challenge(parameters)?,
        prompts: prompts(parameters)?,
        max_age: max_age(parameters, default_max_age)?,
        wished_context: wished_context(parameters)?,
        id_token_hint: parameters.one("id_token_hint")?.map(str::to_owned),
        login_hint: text(parameters, "login_hint")?,
        ui_locales: text(parameters, "ui_locales")?,
        target,
        route,
        response_type,
    })
}

const fn invalid(description: &'static str) -> Denial {
    Denial::new(ErrorCode::InvalidRequest, description)
}

/// Request objects and self-registration are refused by name (OpenID Connect Core §6, §7.2.1).
fn refuse_unsupported(parameters: &Parameters) -> Result<(), Denial> {
    let unsupported = [
        (
            "request",
            ErrorCode::RequestNotSupported,
            "the request parameter is not supported",
        ),
        (
            "request_uri",
            ErrorCode::RequestUriNotSupported,
            "the request_uri parameter is not supported",
        ),
        (
            "registration",
            ErrorCode::RegistrationNotSupported,
            "the registration parameter is not supported",
        ),
    ];
    for (name, code, description) in unsupported {
        if parameters.many(name).next().is_some() {
            return Err(Denial::new(code, description));
        }
    }
    Ok(())
}

fn response_type(parameters: &Parameters) -> Result<&'static ResponseType, Denial> {
    let text = parameters.required("response_type", "response_type is missing")?;
    ResponseType::parse(text).ok_or(Denial::new(
        ErrorCode::UnsupportedResponseType,
        "the response_type is not supported",
    ))
}

fn scopes(parameters: &Parameters) -> Result<Option<ScopeSet>, Denial> {
    let text = parameters.one("scope")?;
    text.map(ScopeSet::parse).transpose().map_err(|_| {
        Denial::new(
            ErrorCode::InvalidScope,
            "the scope parameter is malformed or names too many scopes",
        )
    })
}

/// Whether the client may ask for them is a check; here they must be absolute URIs without a
/// fragment (RFC 8707 §2).
fn resources(parameters: &Parameters) -> Result<Vec<String>, Denial> {
    let mut resources: Vec<String> = Vec::new();
    for resource in parameters.many("resource") {
        let absolute = resource
            .split_once(':')
            .is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty());
        if !absolute || resource.contains('#') || resource.len() > LONGEST_TEXT {
            return Err(Denial::new(
                ErrorCode::InvalidTarget,
                "a resource is an absolute URI without a fragment",
            ));
        }
        if !resources.iter().any(|known| known == resource) {
            resources.push(resource.to_owned());
        }
    }
    Ok(resources)
}

fn challenge(parameters: &Parameters) -> Result<Option<CodeChallenge>, Denial> {
    let method = parameters.one("code_challenge_method")?;
    match parameters.one("code_challenge")? {
        None if method.is_some() => Err(invalid("code_challenge is missing")),
        None => Ok(None),
        Some(challenge) => CodeChallenge::parse(challenge, method)
            .map(Some)
            .map_err(|_| invalid("code_challenge must be made with S256, and say so")),
    }
}

fn prompts(parameters: &Parameters) -> Result<BTreeSet<PromptValue>, Denial> {
    let text = parameters.one("prompt")?.unwrap_or_default();
    let values = text
        .split(' ')
        .filter(|value| !value.is_empty())
        .map(|value| PromptValue::parse(value).ok_or(invalid("a prompt value is not supported")))
        .collect::<Result<BTreeSet<_>, _>>()?;
    if values.contains(&PromptValue::None) && values.len() > 1 {
        return Err(invalid("prompt=none goes with no other value"));
    }
    Ok(values)
}

fn max_age(parameters: &Parameters, default: Option<u32>) -> Result<Option<Duration>, Denial> {
    let seconds = match parameters.one("max_age")? {
        None => default,
        Some(text) => {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            let seconds = text.parse().ok().filter(|_| digits);
            Some(seconds.ok_or(invalid("max_age is a number of seconds"))?)
        }
    };
    Ok(seconds.map(|seconds| Duration::from_secs(u64::from(seconds))))
}

/// Classes are named in the order of preference; those that we do not know are passed over.
fn wished_context(parameters: &Parameters) -> Result<Option<Acr>, Denial> {
    let text = parameters.one("acr_values")?.unwrap_or_default();
    Ok(text.split(' ').find_map(Acr::parse))
}

fn text(parameters: &Parameters, name: &'static str) -> Result<Option<String>, Denial> {
    match parameters.one(name)? {
        Some(text) if text.len() > LONGEST_TEXT => Err(invalid("a parameter is too long")),
        text => Ok(text.map(str::to_owned)),
    }
}
