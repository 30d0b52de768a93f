//! What the trail knows to have been done or tried. Names are stored: one that was released is
//! never given to something else.

macro_rules! actions {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal;)+) => {
        /// What was done or tried.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AuditAction { $($(#[doc = $doc])+ $variant,)+ }

        impl AuditAction {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its stable name, as stored and shown.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The action of that name.
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

actions! {
    /// The store was made.
    ServerInitialized = "server.initialized";
    /// The issuer was changed by the operator.
    IssuerChanged = "server.issuer_changed";
    /// The store was put back from a copy; what was alive in the copy was ended, or kept.
    StoreRestored = "server.restored";
    /// The first administrator was made through the one-time link.
    FirstAdministratorCreated = "administrator.first_created";
    /// An administrator was let back in on the machine itself.
    AdministratorRecovered = "administrator.recovered";
    /// A privileged request was refused.
    AccessDenied = "access.denied";
    /// A person signed in, or failed to.
    SignIn = "sign_in";
    /// A password was right, and a second factor was asked for.
    FactorAsked = "factor.asked";
    /// A second factor raised a session, or was refused.
    FactorProved = "factor.proved";
    /// A second factor was enrolled.
    FactorEnrolled = "factor.enrolled";
    /// A second factor got another name, or is asked for first.
    FactorChanged = "factor.changed";
    /// A second factor was removed.
    FactorRemoved = "factor.removed";
    /// An administrator took away all second factors and recovery codes of somebody.
    FactorsReset = "factor.reset";
    /// Recovery codes were made; former ones are void.
    RecoveryCodesMade = "recovery_codes.made";
    /// An administrator lifted the delay of somebody's, or of an address's, failed sign-ins.
    ThrottleLifted = "throttle.lifted";
    /// A person signed out.
    SignOut = "sign_out";
    /// A session was ended by somebody else than its owner's sign-out.
    SessionEnded = "session.ended";
    /// A person answered a consent page.
    ConsentDecided = "consent.decided";
    /// A remembered consent was withdrawn.
    ConsentWithdrawn = "consent.withdrawn";
    /// An authorization code was issued or refused.
    CodeIssued = "code.issued";
    /// A code was presented again, or by the wrong client, or with the wrong verifier.
    CodeMisused = "code.misused";
    /// Tokens were issued or refused at the token endpoint.
    TokenIssued = "token.issued";
    /// A refresh token of an older generation was presented.
    RefreshReused = "refresh.reused";
    /// A token was revoked.
    TokenRevoked = "token.revoked";
    /// A grant was ended.
    GrantEnded = "grant.ended";
    /// A client failed to prove itself.
    ClientAuthentication = "client.authentication";
    /// A realm was made.
    RealmCreated = "realm.created";
    /// A realm was changed.
    RealmUpdated = "realm.updated";
    /// A realm was marked for removal.
    RealmDeleted = "realm.deleted";
    /// Every sign-in and authorization in a realm was ended.
    RealmSignedOut = "realm.signed_out";
    /// A user was made.
    UserCreated = "user.created";
    /// A user was changed.
    UserUpdated = "user.updated";
    /// A user was deleted and their personal data destroyed.
    UserDeleted = "user.deleted";
    /// A password was set or changed.
    PasswordChanged = "user.password_changed";
    /// Somebody who forgot their password asked for a link, or a link was refused.
    PasswordResetRequested = "user.password_reset_requested";
    /// A link that proves a mail address was asked for, or a link was refused.
    EmailVerificationRequested = "user.email_verification_requested";
    /// A mail address was proved.
    EmailVerified = "user.email_verified";
    /// A person changed their own mail address.
    EmailChanged = "user.email_changed";
    /// A mail could not be delivered and was given up.
    MailGivenUp = "mail.given_up";
    /// A mail was sent to the administrator who asked for it.
    MailTested = "mail.tested";
    /// The texts of a mail were changed, or put back to the built-in ones.
    MailTemplateChanged = "mail.template_changed";
    /// The theme of a realm was changed, or put back to the built-in look.
    ThemeChanged = "theme.changed";
    /// A password was removed.
    PasswordRemoved = "user.password_removed";
    /// An administrator ended every session of a person.
    SignedOutEverywhere = "user.signed_out";
    /// Users were imported.
    UsersImported = "users.imported";
    /// Users were exported, with their password hashes or without.
    UsersExported = "users.exported";
    /// A client was made.
    ClientCreated = "client.created";
    /// A client was changed.
    ClientUpdated = "client.updated";
    /// A client was deleted.
    ClientDeleted = "client.deleted";
    /// A client that was switched off may be used again.
    ClientEnabled = "client.enabled";
    /// A client was switched off.
    ClientDisabled = "client.disabled";
    /// All that was given to a client was ended.
    ClientSignedOut = "client.signed_out";
    /// A client secret was made.
    ClientSecretCreated = "client.secret_created";
    /// A client secret was removed.
    ClientSecretDeleted = "client.secret_deleted";
    /// A role was made, changed or removed.
    RoleChanged = "role.changed";
    /// A role was given or taken.
    RoleAssigned = "role.assigned";
    /// A group was made, changed or removed.
    GroupChanged = "group.changed";
    /// A person was put into a group or taken out of it.
    GroupMembership = "group.membership";
    /// An API was made, changed or removed.
    ApiChanged = "api.changed";
    /// A scope was made, changed or removed.
    ScopeChanged = "scope.changed";
    /// A permission's definition was made, changed or removed.
    PermissionChanged = "permission.changed";
    /// A signing key was made.
    KeyGenerated = "key.generated";
    /// A signing key was brought in from elsewhere.
    KeyImported = "key.imported";
    /// It was decided when an announced signing key begins to sign.
    KeyScheduled = "key.scheduled";
    /// A signing key began to sign.
    KeyActivated = "key.activated";
    /// A signing key stopped signing.
    KeyRetired = "key.retired";
    /// A signing key left the JWKS.
    KeyRemoved = "key.removed";
    /// The trail was read or exported.
    AuditRead = "audit.read";
    /// Whole sealed ranges of the trail were given up under retention.
    AuditRemoved = "audit.removed";
    /// The same refusal came again within the minute; the detail counts how often.
    RefusalsRepeated = "refusals.repeated";
}
