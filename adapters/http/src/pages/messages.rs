//! The message catalogue: every text a person can see, per language.
//!
//! `messages/<language>.toml` holds one `key = "text"` a line, in the order of the list below.
//! They are read at compile time: a key that is missing, misplaced or unknown stops the build,
//! and so does a key that a template names and the list does not. There is nothing to fail or to
//! look up when a page is rendered. Words of others ([`super::wording`]) are put over these
//! before any page is.
//!
//! A text has at most one placeholder, `{so}`: templates write what stands before and after it
//! around markup of their own.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock};

/// One text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(Cow<'static, str>);

impl Text {
    /// A text of somebody else than the house.
    pub(super) const fn own(text: String) -> Self {
        Self(Cow::Owned(text))
    }

    /// The text as it stands in the catalogue.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the placeholder; everything if there is none.
    pub fn before(&self) -> &str {
        self.0
            .split_once('{')
            .map_or(&*self.0, |(before, _)| before)
    }

    /// What stands after the placeholder; nothing if there is none.
    pub fn after(&self) -> &str {
        self.0.split_once('}').map_or("", |(_, after)| after)
    }

    /// The text with `value` in the place of the placeholder.
    pub fn with(&self, value: impl fmt::Display) -> String {
        format!("{}{value}{}", self.before(), self.after())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

macro_rules! texts {
    ($($key:ident)*) => {
        /// All texts in one language, a field for each key.
        #[derive(Clone, Debug)]
        pub struct Texts {
            $(
                #[doc = concat!("The text `", stringify!($key), "`.")]
                pub $key: Text,
            )*
        }

        /// A file as the compiler read it.
        struct BuiltIn {
            $($key: &'static str,)*
        }

        impl BuiltIn {
            const fn parse(source: &'static str) -> Self {
                let rest = source;
                $(let ($key, rest) = entry(rest, stringify!($key));)*
                assert!(skip(rest).is_empty(), "there is a key too many");
                Self { $($key),* }
            }

            fn texts(&self) -> Texts {
                Texts { $($key: Text(Cow::Borrowed(self.$key)),)* }
            }
        }

        impl Texts {
            /// The text of a key.
            pub fn get(&self, key: &str) -> Option<&Text> {
                match key {
                    $(stringify!($key) => Some(&self.$key),)*
                    _ => None,
                }
            }

            /// Puts another text under a key; `None` where there is no such key.
            pub(super) fn set(&mut self, key: &str, text: Text) -> Option<()> {
                match key {
                    $(stringify!($key) => self.$key = text,)*
                    _ => return None,
                }
                Some(())
            }
        }

        /// Every key, in the order of the files.
        pub const KEYS: &[&str] = &[$(stringify!($key)),*];
    };
}

texts! {
    lang
    error_prefix
    show
    hide
    show_password
    hide_password
    username
    password
    password_too_short
    password_too_long
    password_listed
    password_weak
    password_used
    you_are_at
    new_tab
    house_links
    house_support
    house_privacy
    house_terms
    sign_in_title
    sign_in_lead
    sign_in_lead_alone
    sign_in_next
    sign_in_remember
    sign_in_button
    sign_in_wrong
    sign_in_too_many
    sign_in_busy
    sign_in_expired
    sign_in_username_missing
    sign_in_password_missing
    consent_title
    consent_lead
    consent_choose
    consent_signed_in
    consent_other_account
    consent_next
    consent_allow
    consent_deny
    consent_about
    consent_website
    consent_policy
    consent_terms
    consent_expired
    scope_openid
    scope_profile
    scope_email
    scope_phone
    scope_address
    scope_offline_access
    scope_roles
    scope_groups
    scope_entitlements
    sign_out_title
    sign_out_lead
    sign_out_lead_unknown
    sign_out_asked_by
    sign_out_button
    sign_out_stay
    signed_out_title
    signed_out_lead
    signed_out_again
    signed_out_back
    error_bad_request_title
    error_bad_request_text
    error_bad_request_next
    error_untrusted_client_title
    error_untrusted_client_text
    error_untrusted_client_next
    error_expired_title
    error_expired_text
    error_expired_next
    error_link_spent_title
    error_link_spent_text
    error_link_spent_next
    error_cookies_title
    error_cookies_text
    error_cookies_next
    error_forbidden_title
    error_forbidden_text
    error_forbidden_next
    error_not_found_title
    error_not_found_text
    error_not_found_next
    error_too_many_title
    error_too_many_text
    error_too_many_next
    error_unavailable_title
    error_unavailable_text
    error_unavailable_next
    error_server_title
    error_server_text
    error_server_next
    error_code
    error_reference
    form_post_title
    form_post_lead
    form_post_button
    setup_title
    setup_lead
    setup_administrator
    setup_administrator_hint
    setup_display_name
    setup_optional
    setup_email
    setup_password_hint
    setup_realm
    setup_realm_name
    setup_realm_hint
    setup_mail
    setup_mail_on
    setup_mail_test
    setup_mail_off
    setup_client
    setup_client_hint
    setup_client_name
    setup_client_kind
    setup_kind_web
    setup_kind_browser
    setup_kind_native
    setup_kind_machine
    setup_redirect_uris
    setup_redirect_uris_hint
    setup_client_id
    setup_client_id_hint
    setup_button
    setup_needed
    setup_username_bad
    setup_username_taken
    setup_email_taken
    setup_name_bad
    setup_client_id_bad
    setup_client_id_taken
    setup_client_kind_bad
    setup_redirect_uri_bad
    setup_redirect_uris_bad
    setup_done_title
    setup_done_lead
    setup_roles
    setup_realm_issuer
    setup_mail_none
    setup_mail_tested
    setup_mail_failed
    setup_client_secret
    setup_client_secret_hint
    setup_redirect_uri
    setup_next
    setup_next_lodge
    setup_next_user
    setup_next_discovery
    setup_next_token
    setup_next_mail
    setup_docs
    setup_unread_title
    setup_unread_lead
    recovery_title
    recovery_lead
    recovery_button
    recovery_done_title
    recovery_done_lead
    account_title
    account_signed_in
    account_signed_out_lead
    account_sign_in
    account_sign_out
    account_sessions
    account_this_browser
    account_started
    account_seen
    account_end
    account_everywhere
    account_everywhere_hint
    account_done
    account_expired
    factor_title
    factor_lead
    factor_recovery_lead
    factor_code
    factor_recovery_code
    factor_others
    factor_button
    factor_ways
    factor_use_recovery
    factor_use_app
    factor_start_over
    factor_wrong
    factor_recovery_wrong
    factor_too_many
    factor_missing
    factor_expired
    enrol_title
    enrol_needed
    enrol_lead
    enrol_scan
    enrol_open_app
    enrol_cannot_scan
    enrol_type_secret
    enrol_name
    enrol_default_name
    enrol_name_bad
    enrol_code
    enrol_button
    enrol_cancel
    enrol_wrong
    enrol_expired
    enrol_full
    codes_title
    codes_lead
    codes_hint
    codes_print
    codes_continue
    new_password_title
    new_password_lead
    new_password
    new_password_hint
    new_password_button
    new_password_expired
    new_password_missing
    account_security
    security_title
    security_password
    security_current_password
    security_change_password
    security_password_hint
    security_current_wrong
    security_factors
    security_no_factors
    security_first
    security_added
    security_used
    security_change
    security_rename
    security_make_first
    security_remove
    security_add
    security_codes_left
    security_new_codes
    security_again_lead
    security_again
    security_back
    security_done
    security_password_changed
    security_added_notice
    sign_in_forgot
    recover_title
    recover_lead
    recover_name
    recover_button
    recover_missing
    recover_too_many
    recover_expired
    recover_back
    recover_sent_title
    recover_sent_lead
    recover_sent_hint
    recover_off_title
    recover_off_lead
    reset_title
    reset_lead
    reset_button
    reset_done_title
    reset_done_lead
    verify_title
    verify_lead
    verify_button
    verify_hint
    verify_done_title
    verify_done_lead
    account_email
    email_title
    email_none
    email_current
    email_verified
    email_unverified
    email_send
    email_change
    email_new
    email_change_hint
    email_bad
    email_same
    email_sent
    email_off
    account_profile
    profile_title
    profile_none
    profile_fixed
    profile_optional
    profile_save
    profile_saved
    profile_stale
    profile_yes
    profile_no
    profile_unset
    profile_lines
    profile_missing
    profile_long
    profile_pattern
    profile_text
    profile_many
    profile_too_much
    profile_whole
    profile_number
    profile_choice
    profile_date
    demo_title
    demo_lead
    demo_script
    demo_sign_in
    demo_userinfo
    demo_refresh
    demo_sign_out
    demo_claims
    demo_steps
    demo_verified
    demo_signed_out
    demo_failed
    demo_step_discovery
    demo_step_authorize
    demo_step_callback
    demo_step_token
    demo_step_jwks
    demo_step_verify
    demo_step_userinfo
    demo_step_refresh
    demo_step_logout
}

const ENGLISH_FILE: BuiltIn = BuiltIn::parse(include_str!("../../messages/en.toml"));
const GERMAN_FILE: BuiltIn = BuiltIn::parse(include_str!("../../messages/de.toml"));

/// The language that every text is written in first, and that strangers get.
pub static ENGLISH: LazyLock<Arc<Texts>> = LazyLock::new(|| Arc::new(ENGLISH_FILE.texts()));
/// German.
pub static GERMAN: LazyLock<Arc<Texts>> = LazyLock::new(|| Arc::new(GERMAN_FILE.texts()));

/// Every built-in language; a new one is a file and a line. Others are files of the operator:
/// [`super::Languages`].
pub static LANGUAGES: [&LazyLock<Arc<Texts>>; 2] = [&ENGLISH, &GERMAN];

impl Texts {
    /// What a standard scope lets a client do, in words; `None` for a scope of the realm's own.
    pub fn scope(&self, scope: &str) -> Option<&Text> {
        Some(match scope {
            "openid" => &self.scope_openid,
            "profile" => &self.scope_profile,
            "email" => &self.scope_email,
            "phone" => &self.scope_phone,
            "address" => &self.scope_address,
            "offline_access" => &self.scope_offline_access,
            "roles" => &self.scope_roles,
            "groups" => &self.scope_groups,
            "entitlements" => &self.scope_entitlements,
            _ => return None,
        })
    }
}

/// Takes the next `key = "text"` off `source`, which must be the one expected.
const fn entry(source: &'static str, key: &str) -> (&'static str, &'static str) {
    let rest = skip(source);
    let rest = after(rest, key);
    let rest = after(rest, " = \"");
    let bytes = rest.as_bytes();
    let mut end = 0;
    while bytes[end] != b'"' {
        assert!(
            bytes[end] != b'\\' && bytes[end] != b'\n',
            "a text is plain and on one line"
        );
        end += 1;
    }
    let (text, rest) = rest.split_at(end);
    (text, after(rest, "\"\n"))
}

/// `source` without `expected`, with which it must begin.
const fn after(source: &'static str, expected: &str) -> &'static str {
    let mut at = 0;
    while at < expected.len() {
        assert!(
            at < source.len() && source.as_bytes()[at] == expected.as_bytes()[at],
            "this key is missing or misplaced in one of the languages"
        );
        at += 1;
    }
    source.split_at(at).1
}

/// `source` without its leading comments and empty lines.
const fn skip(source: &'static str) -> &'static str {
    let bytes = source.as_bytes();
    let mut at = 0;
    while at < bytes.len() && (bytes[at] == b'#' || bytes[at] == b'\n') {
        while bytes[at] != b'\n' {
            at += 1;
        }
        at += 1;
    }
    source.split_at(at).1
}

#[cfg(test)]
mod tests {
    use super::{ENGLISH, GERMAN, KEYS, LANGUAGES};

    #[test]
    fn the_languages_have_the_same_keys_and_placeholders() {
        // Read again, by a reader that does not know the list.
        let read = |source: &'static str| -> Vec<(&str, Option<&str>)> {
            let entries = source
                .lines()
                .filter(|line| !line.is_empty() && !line.starts_with('#'));
            entries
                .map(|line| {
                    let (key, text) = line.split_once(" = ").unwrap();
                    let text = text.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
                    assert!(
                        !text.trim().is_empty() && text.matches('{').count() < 2,
                        "{key}"
                    );
                    let open = text.split_once('{').map(|(_, rest)| rest);
                    (key, open.map(|rest| rest.split_once('}').unwrap().0))
                })
                .collect()
        };
        let english = read(include_str!("../../messages/en.toml"));
        let german = read(include_str!("../../messages/de.toml"));
        assert_eq!(english, german);
        assert!(english.iter().map(|(key, _)| key).eq(KEYS.iter()));
    }

    #[test]
    fn every_text_is_used_by_a_page() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
        // The links of a realm's theme are named where its look is put together.
        let mut sources = std::fs::read_to_string(format!("{root}src/looks.rs")).unwrap();
        for folder in ["templates", "src/pages"] {
            for file in std::fs::read_dir(format!("{root}{folder}")).unwrap() {
                let path = file.unwrap().path();
                // Specimens are not pages: what only they name is used by none.
                let is_page = !path.ends_with("messages.rs") && !path.ends_with("specimens.rs");
                if path.is_file() && is_page {
                    sources.push_str(&std::fs::read_to_string(path).unwrap());
                }
            }
        }
        let own = ["lang"]
            .into_iter()
            .chain(KEYS.iter().copied().filter(|k| k.starts_with("scope_")));
        let own: Vec<&str> = own.collect();
        for key in KEYS.iter().filter(|key| !own.contains(key)) {
            let named = sources.match_indices(key).any(|(at, _)| {
                let next = sources[at + key.len()..].chars().next();
                !next.is_some_and(|next| next.is_alphanumeric() || next == '_')
            });
            assert!(named, "{key}");
        }
    }

    #[test]
    fn a_placeholder_is_filled_where_it_stands() {
        assert_eq!(ENGLISH.consent_title.with("Notes"), "Allow Notes?");
        assert_eq!(GERMAN.consent_title.with("{x}"), "{x} zulassen?");
        assert_eq!(ENGLISH.sign_in_button.with("!"), "Sign in!");
    }

    #[test]
    fn every_language_says_what_the_standard_scopes_do() {
        for texts in LANGUAGES {
            for scope in [
                "openid",
                "profile",
                "email",
                "phone",
                "address",
                "offline_access",
            ] {
                assert!(texts.scope(scope).is_some(), "{scope}");
            }
            assert!(texts.scope("notes:read").is_none());
        }
    }
}
