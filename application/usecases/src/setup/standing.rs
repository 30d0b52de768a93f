//! What the store holds when the first run is done. Every word of it is read from the store
//! again after the commit, so that a page or a terminal never just repeats what was typed.

use std::sync::Arc;

use gatelodge_domain::{
    AuditAction, Client, ClientId, Id, PasswordCredential, Realm, SecretText, User,
};

use super::answers::TestMail;
use super::first_client::NewFirstClient;
use super::set_up::By;
use crate::audit::Entry;
use crate::client_authentication::client_secret_digest;
use crate::mail::{TestedMail, send_test};
use crate::{Failure, Foundation};

/// What was written, to be looked for.
pub(super) struct Made {
    pub(super) administrator: User,
    pub(super) credential: PasswordCredential,
    pub(super) default: Id<Realm>,
    pub(super) client: Option<NewFirstClient>,
}

/// The house as it stands in the store.
#[derive(Debug)]
pub struct SetUp {
    /// The administrator.
    pub administrator: User,
    /// The names of the roles that they hold.
    pub roles: Vec<String>,
    /// The default realm.
    pub realm: Realm,
    /// The first client, if one was asked for.
    pub client: Option<Client>,
    /// The text of its secret where one was made here: the only moment when it is there.
    pub client_secret: Option<SecretText>,
    /// Where mail goes; `None` where it goes nowhere.
    pub mail: Option<String>,
    /// How the mail went that was to show that mail works; `None` where none was sent.
    pub tested: Option<TestedMail>,
}

/// All was set up, but the store did not answer when it was to be read back. The link is spent,
/// so whatever is known nowhere else has to be told now.
#[derive(Debug)]
pub struct Unread {
    /// Why it could not be read.
    pub failure: Failure,
    /// The first client, if one was asked for.
    pub client_id: Option<ClientId>,
    /// The text of its secret where one was made here.
    pub client_secret: Option<SecretText>,
}

impl Made {
    /// What is to be told of it all the same.
    pub(super) fn unread(&self, failure: Failure) -> Unread {
        let client = self.client.as_ref();
        Unread {
            failure,
            client_id: client.map(|first| first.client.client_id.clone()),
            client_secret: client.and_then(NewFirstClient::made_secret).cloned(),
        }
    }
}

/// Sends the administrator a mail, where they want one and it can be: after the unit, because
/// nothing is sent within one.
pub(super) async fn test_mail(
    foundation: &Arc<Foundation>,
    system: &Realm,
    made: &Made,
    wanted: TestMail,
    by: &By<'_>,
) -> Result<Option<TestedMail>, Failure> {
    let user = &made.administrator;
    let Some(to) = user.email.as_ref().filter(|_| wanted == TestMail::Wanted) else {
        return Ok(None);
    };
    let Some(tested) = send_test(foundation, system, user, to).await? else {
        return Ok(None);
    };
    let entry = Entry::done(system.id, by.actor, AuditAction::MailTested).on("user", user.id);
    let now = foundation.clock.now();
    let event = foundation
        .recorder
        .event(tested.told(entry), by.request, now)
        .await?;
    let mut unit = foundation.store.write().await?;
    unit.audit().append(&[event]).await?;
    unit.commit().await?;
    Ok(Some(tested))
}

/// Reads everything back. Whatever is not there as it was written is a failure, not a shrug.
pub(super) async fn read_back(
    foundation: &Foundation,
    made: &Made,
    tested: Option<TestedMail>,
) -> Result<SetUp, Failure> {
    let (system, id) = (made.administrator.realm, made.administrator.id);
    let mut view = foundation.store.read().await?;
    let user = view.users().find(system, id).await?;
    let administrator = user.ok_or_else(|| lost("the administrator"))?;
    let password = view.passwords().find(system, id).await?;
    if password.is_none_or(|it| it.hash != made.credential.hash) {
        return Err(lost("the administrator's password"));
    }
    let held = view
        .roles()
        .held_by(system, gatelodge_domain::Subject::User(id))
        .await?;
    let roles: Vec<String> = held
        .iter()
        .map(|role| role.name.as_str().to_owned())
        .collect();
    if roles.is_empty() {
        return Err(lost("the administrator's role"));
    }
    let realm = view.realms().find(made.default).await?;
    let realm = realm.ok_or_else(|| lost("the default realm"))?;
    let (mut client, mut client_secret) = (None, None);
    if let Some(first) = &made.client {
        let found = view.clients().find(realm.id, first.client.id).await?;
        let found = found.ok_or_else(|| lost("the first client"))?;
        if let Some(secret) = &first.secret {
            let digest = client_secret_digest(&*foundation.vault, realm.id, secret.text.expose());
            if !found.secrets.iter().any(|known| known.digest == digest) {
                return Err(lost("the first client's secret"));
            }
        }
        client_secret = first.made_secret().cloned();
        client = Some(found);
    }
    Ok(SetUp {
        administrator,
        roles,
        realm,
        client,
        client_secret,
        mail: foundation.mail.describe(),
        tested,
    })
}

fn lost(what: &str) -> Failure {
    Failure::broken(format!("{what} was written and is not in the store"))
}
