//! What the fields of schemas may hold, beyond their types: one table, made as far as it can be
//! from the types that check them.

use gatelodge_domain::signing_key::KeyAlgorithm;
use gatelodge_domain::{DisplayName, Username};
use serde_json::{Value, json};

use crate::pages::wording;

/// What has a row id in this API.
pub(super) const ROW_ID: &str = "^[a-h][a-z2-7]{25}$";
/// A realm's name in URLs.
pub(super) const SLUG: &str = "^[a-z0-9][a-z0-9-]{0,62}$";
const ALGORITHMS: [&str; 4] = ["ES256", "RS256", "PS256", "EdDSA"];
/// Schemas that speak of the same client.
const CLIENT: &[&str] = &[
    "ClientAnswer",
    "NewClientAnswer",
    "ClientPatch",
    "NewClientBody",
];
const CLIENT_SENT: &[&str] = &["ClientPatch", "NewClientBody"];
const CLIENT_ANSWERED: &[&str] = &["ClientAnswer", "NewClientAnswer"];

/// These schemas, this property of theirs, and what is said of it.
pub(super) type Rule = (&'static [&'static str], &'static str, Value);

/// These operations, a parameter of their queries, and the words that it takes.
type QueryRule = (
    &'static [&'static str],
    &'static str,
    &'static [&'static str],
);

/// Parameters of queries that take one of a few words.
const QUERIES: &[QueryRule] = &[
    (
        &["list_users"],
        "status",
        &[
            "active",
            "invited",
            "deactivated",
            "suspended",
            "pending_deletion",
        ],
    ),
    (
        &["list_users"],
        "sort",
        &["created_at", "-created_at", "username", "-username"],
    ),
    (
        &["import_users"],
        "on_conflict",
        &["skip", "fail", "update"],
    ),
    (
        &["list_clients"],
        "origin",
        &["built_in", "administrator", "dynamic"],
    ),
    (&["list_clients"], "grant_type", &crate::admin::GRANT_TYPES),
    (
        &[
            "list_audit",
            "list_realm_audit",
            "export_audit",
            "export_realm_audit",
            "stream_audit",
            "stream_realm_audit",
        ],
        "outcome",
        &["success", "denied"],
    ),
];

/// The words that a parameter of an operation's query takes, where it takes only a few.
pub(super) fn words_of_query(operation: &str, parameter: &str) -> Option<&'static [&'static str]> {
    let found = QUERIES
        .iter()
        .find(|(operations, name, _)| *name == parameter && operations.contains(&operation));
    found.map(|(_, _, words)| *words)
}

/// Members that some answers leave out where there is nothing to say.
pub(super) const LEFT_OUT: &[(&[&str], &[&str])] = &[
    (
        CLIENT_ANSWERED,
        &[
            "client_uri",
            "logo_uri",
            "tos_uri",
            "policy_uri",
            "jwks_uri",
            "software_id",
            "software_version",
            "software_statement",
            "sector_identifier_uri",
            "initiate_login_uri",
            "backchannel_logout_uri",
            "frontchannel_logout_uri",
            "request_object_signing_alg",
            "token_endpoint_auth_signing_alg",
        ],
    ),
    (
        &["NewClientAnswer", "NewSecretAnswer"],
        &["client_secret", "client_secret_expires_at"],
    ),
    (
        &["CredentialAnswer"],
        &[
            "id",
            "name",
            "changed_at",
            "algorithm",
            "cost",
            "must_change",
            "left",
        ],
    ),
];

/// Members that can be written and are never shown.
pub(super) const NEVER_SHOWN: &[(&[&str], &[&str])] = &[(&["UserAnswer"], &["status_reason"])];

/// What every schema with such a property says of it.
pub(super) fn table() -> impl Iterator<Item = Rule> {
    let groups = [
        realms(),
        users(),
        clients(),
        client_lists(),
        client_texts(),
        keys_and_events(),
        protocol(),
        themes(),
    ];
    groups.into_iter().flatten()
}

fn text(most: usize) -> Value {
    json!({"minLength": 1, "maxLength": most})
}

fn words(all: &[&str]) -> Value {
    json!({ "enum": all })
}

fn each(item: &Value, most: usize) -> Value {
    json!({"items": item, "maxItems": most})
}

fn settings() -> Value {
    json!({"$ref": "#/components/schemas/Settings"})
}

fn realms() -> Vec<Rule> {
    vec![
        (
            &["RealmAnswer", "NewRealmBody"],
            "slug",
            json!({ "pattern": SLUG }),
        ),
        (
            &["RealmAnswer", "RealmPatch", "NewRealmBody"],
            "name",
            text(DisplayName::MAX_CHARACTERS),
        ),
        (
            &["RealmAnswer"],
            "status",
            words(&["active", "disabled", "deleting"]),
        ),
        (&["RealmPatch"], "status", words(&["active", "disabled"])),
        (
            &["RealmAnswer", "RealmPatch", "NewRealmBody"],
            "settings",
            settings(),
        ),
    ]
}

fn users() -> Vec<Rule> {
    vec![
        (
            &["UserAnswer", "UserPatch", "NewUserBody"],
            "username",
            text(Username::MAX_CHARACTERS),
        ),
        (
            &["UserAnswer", "UserPatch", "NewUserBody"],
            "email",
            json!({"minLength": 3, "maxLength": 254}),
        ),
        (
            &["UserAnswer", "UserPatch", "NewUserBody"],
            "profile",
            json!({"$ref": "#/components/schemas/Profile"}),
        ),
        (
            &["UserAnswer", "UserPatch", "NewUserBody", "UserRecord"],
            "attributes",
            json!({"$ref": "#/components/schemas/Attributes"}),
        ),
        (
            &["UserRecord"],
            "profile",
            json!({"$ref": "#/components/schemas/Profile"}),
        ),
        (&["UserPatch"], "status_reason", text(500)),
        (
            &["AttributeRule"],
            "type",
            words(&["string", "integer", "number", "boolean", "date", "json"]),
        ),
        (
            &["UserAnswer"],
            "status",
            words(&[
                "active",
                "invited",
                "deactivated",
                "suspended",
                "pending_deletion",
            ]),
        ),
        (
            &["UserPatch", "UserRecord"],
            "status",
            words(&["active", "deactivated", "suspended"]),
        ),
        (
            &["UserAnswer"],
            "sub",
            json!({"pattern": "^u_[a-z2-7]{26}$"}),
        ),
        (
            &["NewUserBody", "PasswordBody"],
            "password",
            json!({"minLength": 8, "maxLength": 256, "format": "password"}),
        ),
    ]
}

fn clients() -> Vec<Rule> {
    vec![
        (CLIENT, "settings", settings()),
        (&["NewClientBody"], "client_id", text(255)),
        (
            &["NewClientBody", "NewSecretBody", "SecretCheckBody"],
            "client_secret",
            json!({"minLength": 32, "maxLength": 512, "pattern": "^[!-~]+$"}),
        ),
        (CLIENT, "client_name", text(DisplayName::MAX_CHARACTERS)),
        (CLIENT, "application_type", words(&["web", "native"])),
        (CLIENT, "consent", words(&["ask", "waived"])),
        (
            CLIENT,
            "introspection",
            words(&["own", "audience", "realm"]),
        ),
        (CLIENT, "access_token_format", words(&["jwt", "opaque"])),
        (
            CLIENT,
            "access_token_signed_response_alg",
            words(&ALGORITHMS),
        ),
        (CLIENT, "id_token_signed_response_alg", words(&ALGORITHMS)),
        (CLIENT, "userinfo_signed_response_alg", words(&ALGORITHMS)),
        (
            CLIENT_SENT,
            "token_endpoint_auth_method",
            words(&["none", "client_secret_basic", "client_secret_post"]),
        ),
        (CLIENT_SENT, "subject_type", words(&["public"])),
        (
            CLIENT_ANSWERED,
            "subject_type",
            words(&["public", "pairwise"]),
        ),
        (
            CLIENT_ANSWERED,
            "origin",
            words(&["built_in", "administrator", "dynamic"]),
        ),
        (
            &["RefreshBody", "RefreshPatch"],
            "rotation",
            words(&["rotate", "keep"]),
        ),
    ]
}

fn client_lists() -> Vec<Rule> {
    let mut rules = vec![
        (
            CLIENT,
            "grant_types",
            each(
                &json!({"type": "string", "enum": crate::admin::GRANT_TYPES}),
                9,
            ),
        ),
        (
            CLIENT,
            "response_types",
            each(
                &json!({
                    "type": "string",
                    "pattern": "^(code|id_token|token|none)( (code|id_token|token|none)){0,3}$",
                }),
                16,
            ),
        ),
    ];
    for list in [
        "contacts",
        "default_acr_values",
        "audiences",
        "request_uris",
    ] {
        let item = json!({"type": "string", "minLength": 1, "maxLength": 2_000});
        rules.push((CLIENT, list, each(&item, 100)));
    }
    for uris in ["redirect_uris", "post_logout_redirect_uris"] {
        let item = json!({"type": "string", "format": "uri", "minLength": 1, "maxLength": 2_000});
        rules.push((CLIENT, uris, each(&item, 100)));
    }
    rules
}

/// Members that are kept as they were sent.
fn client_texts() -> Vec<Rule> {
    let members = [
        "client_uri",
        "logo_uri",
        "tos_uri",
        "policy_uri",
        "jwks_uri",
        "software_id",
        "software_version",
        "sector_identifier_uri",
        "initiate_login_uri",
        "backchannel_logout_uri",
        "frontchannel_logout_uri",
        "request_object_signing_alg",
        "token_endpoint_auth_signing_alg",
    ];
    let mut rules: Vec<Rule> = members
        .into_iter()
        .map(|member| (CLIENT, member, text(2_000)))
        .collect();
    rules.push((CLIENT, "software_statement", text(16_384)));
    rules
}

fn keys_and_events() -> Vec<Rule> {
    vec![
        (
            &["KeyAnswer", "RotationBody", "NewKeyBody"],
            "alg",
            words(&ALGORITHMS),
        ),
        (
            &["KeyAnswer", "KeyPatch"],
            "state",
            words(&["next", "active", "retired", "removed"]),
        ),
        (
            &["KeyAnswer", "KeyPatch"],
            "removal_reason",
            words(&["expired", "compromised"]),
        ),
        (
            &["ProblemDetails"],
            "type",
            json!({"pattern": "^urn:gatelodge:problem:[a-z_]+$"}),
        ),
        (&["EventAnswer"], "outcome", words(&["success", "denied"])),
        (
            &["ActorAnswer"],
            "kind",
            words(&[
                "user",
                "client",
                "workload",
                "agent",
                "operator",
                "system",
                "anonymous",
            ]),
        ),
    ]
}

fn themes() -> Vec<Rule> {
    const THEME: &[&str] = &["ThemeAnswer", "ThemeBody"];
    const TAG: &str = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$";
    let link = json!({"format": "uri", "pattern": "^https://", "maxLength": 2_000});
    let text_of_a_key = json!({"type": "string", "minLength": 1, "maxLength": wording::LONGEST});
    let texts = json!({
        "propertyNames": {"type": "string", "pattern": TAG},
        "additionalProperties": {
            "type": "object",
            "propertyNames": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"},
            "additionalProperties": text_of_a_key,
        },
    });
    let mut rules = vec![
        (THEME, "name", text(DisplayName::MAX_CHARACTERS)),
        (THEME, "language", json!({ "pattern": TAG })),
        (THEME, "corners", words(&["sharp", "soft", "round"])),
        (THEME, "texts", texts),
        (&["ThemeAnswer"], "origin", words(&["built_in", "realm"])),
        (
            &["ThemeLogoAnswer"],
            "media_type",
            words(&["image/png", "image/jpeg", "image/webp", "image/svg+xml"]),
        ),
        (
            &["ThemeLogoAnswer"],
            "sha256",
            json!({"pattern": "^[0-9a-f]{64}$"}),
        ),
    ];
    for name in ["support", "privacy", "terms"] {
        rules.push((&["ThemeLinksBody"], name, link.clone()));
    }
    rules
}

fn protocol() -> Vec<Rule> {
    vec![
        (&["TokenResponse"], "token_type", words(&["Bearer"])),
        (&["JsonWebKey"], "kty", words(&["EC", "RSA", "OKP"])),
        (&["JsonWebKey"], "use", words(&["sig"])),
        (
            &["JsonWebKey"],
            "alg",
            words(&KeyAlgorithm::ALL.map(KeyAlgorithm::as_str)),
        ),
        (&["ConsentForm"], "decision", words(&["allow", "deny"])),
        (&["LoginForm"], "remember", words(&["yes"])),
    ]
}
