//! Proving that a mail address is somebody's, and changing it.
//!
//! A new address takes the place of the old one when its link is spent, not before; the old one
//! is told at once, so that whoever owns it hears of a change that they did not ask for.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::user::Verification;
use gatelodge_domain::{AuditAction, Email, Subject, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Change, Lock, Message, Redeemed};

use super::answer::PostedLink;
use super::count::{Count, Counted};
use super::link::{self, LinkKind, Standing};
use crate::audit::{Entry, RequestFacts};
use crate::foundation::Announcements;
use crate::mail::{Letter, MailTemplate, moment};
use crate::realms::ServedRealm;
use crate::sessions::SignedIn;
use crate::sign_in::throttle::TooManyLinks;
use crate::sign_in::{PasswordAttempt, PasswordCheck, SignInError};
use crate::{Denial, Error, Failure, Foundation};

/// A link that is good still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenVerification {
    /// The address that it proves.
    pub email: String,
    /// Whose it is to be.
    pub username: String,
}

/// Why nothing was sent or proved.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// The house cannot send mail.
    #[error("this house cannot send mail")]
    NotOffered,
    /// There is no address, or it is proved already.
    #[error("there is nothing to prove")]
    NothingToProve,
    /// The present password is another one; the try was counted as a failed sign-in is.
    #[error("the present password is wrong")]
    WrongPassword,
    /// Too many, of mails or of wrong passwords.
    #[error("too many requests")]
    TooMany {
        /// When the next one counts again.
        retry_after: Duration,
    },
    /// The link was used, replaced, is too old, or was never one.
    #[error("this link has been used, replaced, or is too old")]
    Spent,
    /// It could not be tried.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl From<TooManyLinks> for AddressError {
    fn from(too_many: TooManyLinks) -> Self {
        Self::TooMany {
            retry_after: too_many.0,
        }
    }
}

impl From<StoreError> for AddressError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Sends and spends links that prove addresses.
pub struct VerifyAddresses {
    foundation: Arc<Foundation>,
    passwords: Arc<PasswordCheck>,
}

impl VerifyAddresses {
    /// Over a house and the one place where passwords are tried.
    pub fn new(foundation: Arc<Foundation>, passwords: Arc<PasswordCheck>) -> Self {
        Self {
            foundation,
            passwords,
        }
    }

    /// Whether mail can be sent at all.
    pub fn is_offered(&self) -> bool {
        self.foundation.mail.is_open()
    }

    /// Sends a link to the address on file of whoever is signed in.
    pub async fn ask(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        language: &str,
        request: &RequestFacts,
    ) -> Result<(), AddressError> {
        if !self.is_offered() {
            return Err(AddressError::NotOffered);
        }
        let unproved = me.user.email_verification != Verification::Verified;
        let Some(email) = me.user.email.as_ref().filter(|_| unproved) else {
            return Err(AddressError::NothingToProve);
        };
        let link = verification_link(
            &self.foundation,
            realm,
            &me.user,
            (email, None),
            Some(language),
        )
        .await?;
        self.post_own(realm, me, link, None, request).await
    }

    /// Sends a link to another address, which takes the place of the one on file once it is
    /// spent, and word to that one. Takes the present password: whoever has the address can
    /// reset it. Says nothing about whether somebody else has that address.
    pub async fn change(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        (email, password): (&Email, &str),
        (language, familiar): (&str, Option<&str>),
        request: &RequestFacts,
    ) -> Result<(), AddressError> {
        if !self.is_offered() {
            return Err(AddressError::NotOffered);
        }
        if me.user.email.as_ref().map(Email::key) == Some(email.key()) {
            return Err(AddressError::NothingToProve);
        }
        let attempt = PasswordAttempt {
            username: me.user.username.as_str(),
            password,
            client: None,
            familiar,
        };
        match self.passwords.check(realm, &attempt, request).await {
            Ok(proven) if proven.user.id == me.user.id => {}
            Ok(_) | Err(SignInError::WrongCredentials) => {
                return Err(AddressError::WrongPassword);
            }
            Err(SignInError::TooMany { retry_after }) => {
                return Err(AddressError::TooMany { retry_after });
            }
            Err(SignInError::Failed(failure)) => return Err(failure.into()),
        }
        let link = verification_link(
            &self.foundation,
            realm,
            &me.user,
            (email, Some(email)),
            Some(language),
        )
        .await?;
        let word = match &me.user.email {
            Some(old) => self.word_to(realm, &me.user, old, language).await?,
            None => None,
        };
        self.post_own(realm, me, link, word, request).await
    }

    /// What a link proves, without spending it.
    pub async fn peek(
        &self,
        realm: &ServedRealm,
        token: &str,
        request: &RequestFacts,
    ) -> Result<Option<OpenVerification>, Error> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let tries = &foundation.link_tries;
        let looked = tries
            .admit(foundation, &realm.realm, request, now)
            .map_err(Denial::from)?;
        let Some(key) = link::key(foundation, LinkKind::Verification, realm.realm.id, token) else {
            return Ok(None);
        };
        let mut view = foundation.store.read().await?;
        let behind = link::look(foundation, &mut *view, key, now).await?;
        if behind.is_some() {
            looked.opened();
        }
        Ok(behind.and_then(|behind| {
            let on_file = behind.user.email.as_ref().map(Email::as_str);
            let email = behind.standing.next.as_deref().or(on_file)?.to_owned();
            let username = behind.user.username.as_str().to_owned();
            Some(OpenVerification { email, username })
        }))
    }

    /// Spends the link: the address is proved, and is theirs where it is to replace another.
    pub async fn confirm(
        &self,
        realm: &ServedRealm,
        token: &str,
        request: &RequestFacts,
    ) -> Result<(), AddressError> {
        let foundation = &self.foundation;
        let id = realm.realm.id;
        let now = foundation.clock.now();
        let tries = &foundation.link_tries;
        let looked = match tries.admit(foundation, &realm.realm, request, now) {
            Ok(looked) => looked,
            Err(too_many) => {
                let entry = TooManyLinks::entry(id, AuditAction::EmailVerificationRequested);
                let told = too_many.record(foundation, entry, request, now).await?;
                return Err(told.into());
            }
        };
        let key = link::key(foundation, LinkKind::Verification, id, token);
        let key = key.ok_or(AddressError::Spent)?;
        let mut view = foundation.store.read().await?;
        let behind = link::look(foundation, &mut *view, key, now).await?;
        drop(view);
        let behind = behind.ok_or(AddressError::Spent)?;
        looked.opened();
        let next = behind.standing.next.as_deref();
        let next = next
            .map(Email::parse)
            .transpose()
            .map_err(|_| Failure::broken("a link proves what is no address"))?;
        let action = match next {
            Some(_) => AuditAction::EmailChanged,
            None => AuditAction::EmailVerified,
        };
        let entry = Entry::done(id, AuditActor::Anonymous, action).on("user", behind.user.id);
        let event = foundation.recorder.event(entry, request, now).await?;
        let mut unit = foundation.store.write().await?;
        unit.locks().lock(Lock::User(id, behind.user.id)).await?;
        let Redeemed::Fresh(_) = unit.tickets().redeem(key, now).await? else {
            return Err(AddressError::Spent);
        };
        let user = unit.users().find(id, behind.user.id).await?;
        let credential = unit.passwords().find(id, behind.user.id).await?;
        let Some(mut user) = user.filter(|user| behind.standing.holds(user, credential.as_ref()))
        else {
            return Err(AddressError::Spent);
        };
        if let Some(next) = next {
            user.email = Some(next);
        }
        user.email_verification = Verification::Verified;
        user.updated_at = now;
        match unit.users().update(&user).await {
            // Somebody else got the address meanwhile; who that is, is nobody's business here.
            Err(StoreError::Duplicate(_)) => return Err(AddressError::Spent),
            updated => updated?,
        };
        let mut announcements = Announcements::new();
        let change = Change::User(id, user.id);
        announcements.note(&mut *unit, change, now).await?;
        unit.audit().append(&[event]).await?;
        unit.commit().await?;
        announcements.apply(foundation);
        Ok(())
    }

    async fn word_to(
        &self,
        realm: &ServedRealm,
        user: &User,
        old: &Email,
        language: &str,
    ) -> Result<Option<Message>, Failure> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let letter = Letter {
            realm: &realm.realm,
            user,
            to: old,
            language: Some(language),
            template: MailTemplate::EmailChanged,
            values: vec![("email", old.as_str().to_owned()), ("time", moment(now))],
            good_until: None,
        };
        letter.compose(foundation, now).await
    }

    /// Counts, writes and posts what a person asked for themselves.
    async fn post_own(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        link: Option<PostedLink>,
        word: Option<Message>,
        request: &RequestFacts,
    ) -> Result<(), AddressError> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let whose = me.user.id.to_bytes();
        let count = Count::of(foundation, realm, b"verification requests", &whose);
        if let Counted::Over(retry_after) = count.look(foundation, now).await? {
            return Err(AddressError::TooMany { retry_after });
        }
        let actor = AuditActor::Subject(Subject::User(me.user.id));
        let action = AuditAction::EmailVerificationRequested;
        let mut entry = Entry::done(realm.realm.id, actor, action).on("user", me.user.id);
        entry.session = Some(me.session.id);
        let event = foundation.recorder.event(entry, request, now).await?;
        let mut announcements = Announcements::new();
        let mut unit = foundation.store.write().await?;
        if let Counted::Over(retry_after) = count.add(&mut *unit, now).await? {
            return Err(AddressError::TooMany { retry_after });
        }
        if let Some(link) = &link {
            link::issue(&mut *unit, &link.ticket).await?;
            announcements.post(&mut *unit, Some(&link.message)).await?;
        }
        announcements.post(&mut *unit, word.as_ref()).await?;
        unit.audit().append(&[event]).await?;
        unit.commit().await?;
        announcements.apply(foundation);
        Ok(())
    }
}

/// The mail with a link that proves an address, which is to replace the one on file where `next`
/// is given; `None` where the house cannot send.
pub(super) async fn verification_link(
    foundation: &Foundation,
    realm: &ServedRealm,
    user: &User,
    (to, next): (&Email, Option<&Email>),
    language: Option<&str>,
) -> Result<Option<PostedLink>, Failure> {
    let now = foundation.clock.now();
    let mut view = foundation.store.read().await?;
    let credential = view.passwords().find(realm.realm.id, user.id).await?;
    drop(view);
    let mut standing = Standing::of(user, credential.as_ref());
    standing.next = next.map(|email| email.as_str().to_owned());
    let kind = LinkKind::Verification;
    let link = link::mint(foundation, realm, kind, user.id, &standing, now)?;
    let letter = Letter {
        realm: &realm.realm,
        user,
        to,
        language,
        template: MailTemplate::EmailVerification,
        values: vec![
            ("email", to.as_str().to_owned()),
            ("link", link.url.expose().clone()),
            ("valid_until", moment(link.ticket.expires_at)),
        ],
        good_until: Some(link.ticket.expires_at),
    };
    let message = letter.compose(foundation, now).await?;
    Ok(message.map(|message| PostedLink {
        ticket: link.ticket,
        message,
    }))
}
