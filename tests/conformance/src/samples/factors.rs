//! Second factors, recovery codes and counts of failures.

use gatelodge_domain::factor::Precedence;
use gatelodge_domain::factor::recovery_codes::StoredRecoveryCode;
use gatelodge_domain::throttle::{Throttle, ThrottleKind};
use gatelodge_domain::{DisplayName, Factor, FactorKind, Id, Realm, Revision, User};

use super::{NOW, at, digest, id};

/// An authenticator of which everything is known.
pub fn factor(realm: Id<Realm>, user: Id<User>) -> Factor {
    Factor {
        id: id(),
        realm,
        user,
        kind: FactorKind::Totp,
        name: DisplayName::parse("Zoë's “phone” 📱 %_\\").expect("a name"),
        precedence: Precedence::Further,
        secret: vec![0, 1, 0xff, 0x80],
        last_step: 60_000_000,
        created_at: at(-9),
        last_used_at: Some(at(-3)),
        revision: Revision::FIRST,
    }
}

/// A recovery code that nobody has used.
pub fn recovery_code(realm: Id<Realm>, user: Id<User>) -> StoredRecoveryCode {
    StoredRecoveryCode {
        realm,
        user,
        digest: digest(),
        created_at: at(-1),
        used_at: None,
    }
}

/// A first failure, remembered for a minute.
pub fn throttle(realm: Id<Realm>) -> Throttle {
    Throttle {
        id: id(),
        realm,
        kind: ThrottleKind::Account,
        digest: digest(),
        user: None,
        label: Vec::new(),
        failures: 1,
        blocked_until: NOW,
        created_at: NOW,
        last_failed_at: NOW,
        expires_at: at(60_000),
    }
}
