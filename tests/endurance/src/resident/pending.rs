//! Calls that were sent and not yet answered, and how far what they do reaches.

use super::belongings::{Code, CodeState, Family, Token};

/// What happens to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It may be over: the call that would end it was sent.
    Doubted,
    /// It is over.
    Ended,
    /// It is not: that call did not happen.
    Spared,
}

/// A call whose answer did not come yet. Users go by user name, clients by `client_id`, families
/// by grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pending {
    /// A user is being made.
    MakePerson(String),
    /// A user is being shut out; `sub` and name.
    ShutOut(String, String),
    /// A user is being let in again.
    LetIn(String),
    /// A user is being deleted; `sub` and name.
    DeletePerson(String, String),
    /// A client is being made.
    MakeMachine(String),
    /// A client is being renamed.
    Rename(String),
    /// A client is being disabled.
    DisableMachine(String),
    /// A client is being deleted.
    DeleteMachine(String),
    /// A code is being redeemed.
    Redeem(String),
    /// A code that was redeemed is tried again; its grant.
    Replay(String, Option<String>),
    /// A family's current token is being rotated.
    Rotate(String),
    /// A family's old token is being used again.
    Reuse(String),
    /// A family is being revoked.
    RevokeFamily(String),
    /// An access token is being revoked.
    RevokeToken(String),
    /// A person is signing out: user name, session.
    SignOut(String, String),
    /// A consent is being withdrawn: `sub`, user name, client.
    Withdraw(String, String, String),
}

/// How far a call reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// One access token, by id.
    Token(String),
    /// Everything of one authorization.
    Grant(String),
    /// Everything of one sign-in.
    Session(String),
    /// Everything of one user: `sub` and user name.
    Person(String, String),
    /// Every token of one client.
    Client(String),
    /// Everything that a user gave a client: `sub`, user name, client.
    Consent(String, String, String),
}

impl Pending {
    /// What it ends if it is done.
    pub fn reach(&self) -> Option<Reach> {
        Some(match self.clone() {
            Self::ShutOut(subject, name) | Self::DeletePerson(subject, name) => {
                Reach::Person(subject, name)
            }
            Self::DisableMachine(client_id) | Self::DeleteMachine(client_id) => {
                Reach::Client(client_id)
            }
            Self::Replay(_, Some(grant)) | Self::Reuse(grant) | Self::RevokeFamily(grant) => {
                Reach::Grant(grant)
            }
            Self::RevokeToken(jti) => Reach::Token(jti),
            Self::SignOut(_, session) => Reach::Session(session),
            Self::Withdraw(subject, name, client_id) => Reach::Consent(subject, name, client_id),
            Self::MakePerson(_)
            | Self::LetIn(_)
            | Self::MakeMachine(_)
            | Self::Rename(_)
            | Self::Redeem(_)
            | Self::Replay(_, None)
            | Self::Rotate(_) => return None,
        })
    }

    /// The user or client that must be left alone until this is settled.
    pub fn occupies(&self, name: &str) -> bool {
        match self {
            Self::MakePerson(one)
            | Self::LetIn(one)
            | Self::ShutOut(_, one)
            | Self::DeletePerson(_, one)
            | Self::SignOut(one, _)
            | Self::Withdraw(_, one, _)
            | Self::MakeMachine(one)
            | Self::Rename(one)
            | Self::DisableMachine(one)
            | Self::DeleteMachine(one)
            | Self::Rotate(one)
            | Self::Reuse(one)
            | Self::RevokeFamily(one) => one == name,
            Self::Redeem(_) | Self::Replay(..) | Self::RevokeToken(_) => false,
        }
    }
}

impl Reach {
    /// Whether an access token is within it.
    pub fn holds_token(&self, token: &Token) -> bool {
        match self {
            Self::Token(jti) => token.jti == *jti,
            Self::Grant(grant) => token.grant.as_deref() == Some(grant),
            Self::Session(session) => token.session.as_deref() == Some(session),
            Self::Person(subject, _) => token.subject == *subject,
            Self::Client(client_id) => token.client_id == *client_id,
            Self::Consent(subject, _, client_id) => {
                token.subject == *subject && token.client_id == *client_id
            }
        }
    }

    /// Whether a refresh family is within it.
    pub fn holds_family(&self, family: &Family) -> bool {
        match self {
            Self::Token(_) => false,
            Self::Grant(grant) => family.grant == *grant,
            Self::Session(session) => family.session.as_deref() == Some(session),
            Self::Person(subject, _) => family.subject == *subject,
            Self::Client(client_id) => family.client_id == *client_id,
            Self::Consent(subject, _, client_id) => {
                family.subject == *subject && family.client_id == *client_id
            }
        }
    }

    /// Whether a code that was not redeemed yet may be refused because of it. A code does not
    /// tell its session, so a sign-out reaches every code of that person; the caller says so
    /// with their name.
    pub fn holds_code(&self, code: &Code) -> bool {
        if code.state != CodeState::Fresh {
            return false;
        }
        match self {
            Self::Token(_) | Self::Grant(_) | Self::Client(_) | Self::Session(_) => false,
            Self::Person(_, name) => code.username == *name,
            Self::Consent(_, name, client_id) => {
                code.username == *name && code.client_id == *client_id
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::belongings::Life;
    use super::*;

    fn token(jti: &str, grant: &str) -> Token {
        Token {
            text: String::new(),
            jti: jti.to_owned(),
            kid: String::new(),
            expires_at: 0,
            subject: "u_1".to_owned(),
            client_id: "app".to_owned(),
            grant: Some(grant.to_owned()),
            session: None,
            life: Life::default(),
        }
    }

    #[test]
    fn a_reuse_reaches_every_token_of_its_grant_and_no_other() {
        let reach = Pending::Reuse("g1".to_owned()).reach().unwrap();
        assert!(reach.holds_token(&token("a", "g1")));
        assert!(!reach.holds_token(&token("b", "g2")));
    }

    #[test]
    fn a_doubt_that_is_lifted_leaves_what_was_there() {
        let mut life = Life::default();
        life.meets(Fate::Doubted);
        assert!(!life.is_live() && !life.is_over());
        life.meets(Fate::Spared);
        assert!(life.is_live());
        life.meets(Fate::Ended);
        assert!(life.is_over());
    }
}
