//! Finding clients, and what every verb about them begins with.

use std::sync::Arc;

use gatelodge_domain::client::InvalidClient;
use gatelodge_domain::{Client, ClientId, Id, Subject};
use gatelodge_ports::store::{ClientFilter, Listed, PageRequest};

use crate::Foundation;
use crate::admin::{AdminError, Administrators, ClientsRead, ClientsWrite, Permit, Refusal, Right};

/// Makes, changes and removes clients.
pub struct AdministerClients {
    pub(super) foundation: Arc<Foundation>,
    pub(super) administrators: Arc<Administrators>,
}

impl AdministerClients {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>, administrators: Arc<Administrators>) -> Self {
        Self {
            foundation,
            administrators,
        }
    }

    /// A page of clients.
    pub async fn list(
        &self,
        permit: &Permit<ClientsRead>,
        filter: &ClientFilter,
        page: PageRequest<Client>,
    ) -> Result<Listed<Client>, AdminError> {
        let mut view = self.foundation.store.read().await?;
        Ok(view.clients().list(permit.realm_id(), filter, page).await?)
    }

    /// One client by its `client_id`.
    pub async fn get(
        &self,
        permit: &Permit<ClientsRead>,
        client_id: &str,
    ) -> Result<Client, AdminError> {
        self.find(permit, client_id).await
    }

    /// A client that is about to be changed; refused where it may do more than the caller.
    pub async fn get_to_change(
        &self,
        permit: &Permit<ClientsWrite>,
        client_id: &str,
    ) -> Result<Client, AdminError> {
        let client = self.find(permit, client_id).await?;
        self.administrators
            .outranks(permit, Subject::Client(client.id))
            .await?;
        Ok(client)
    }

    /// Refuses, in realm `system`, a client that acts for people to whoever may not do everything
    /// there: it would act for whichever administrator signs in to it. One that acts for itself
    /// alone may do what its roles say, and those are given by who has them.
    pub(super) async fn may_act(
        &self,
        permit: &Permit<ClientsWrite>,
        client: &Client,
    ) -> Result<(), AdminError> {
        let mut grant_types = client.grant_types.iter();
        if grant_types.all(|one| one == "client_credentials") {
            return Ok(());
        }
        self.administrators.may_do_everything(permit).await
    }

    /// The `client_id` of a row; for answers that name clients. `None` when it is gone.
    pub async fn client_id_of<P: Right>(
        &self,
        permit: &Permit<P>,
        id: Id<Client>,
    ) -> Result<Option<ClientId>, AdminError> {
        let directory = &self.foundation.directory;
        let client = directory.client_by_id(permit.realm_id(), id).await?;
        Ok(client.map(|client| client.client_id.clone()))
    }

    /// The row id behind a `client_id`, for filters and paths; an unknown one is refused.
    pub async fn row_of<P: Right>(
        &self,
        permit: &Permit<P>,
        client_id: &str,
    ) -> Result<Id<Client>, AdminError> {
        Ok(self.find(permit, client_id).await?.id)
    }

    async fn find<P: Right>(
        &self,
        permit: &Permit<P>,
        client_id: &str,
    ) -> Result<Client, AdminError> {
        find_client(&self.foundation, permit, client_id).await
    }
}

/// A client of the permit's realm by its `client_id`.
pub(crate) async fn find_client<P: Right>(
    foundation: &Foundation,
    permit: &Permit<P>,
    client_id: &str,
) -> Result<Client, AdminError> {
    let client_id = ClientId::parse(client_id).map_err(|_| no_client())?;
    let mut view = foundation.store.read().await?;
    let found = view
        .clients()
        .find_by_client_id(permit.realm_id(), &client_id)
        .await?;
    found.ok_or_else(|| no_client().into())
}

pub(super) const fn no_client() -> Refusal {
    Refusal::not_found("there is no such client")
}

/// A rule between fields, with the field that the API blames.
pub(super) fn check(client: &Client) -> Result<(), Refusal> {
    client.check().map_err(|broken| {
        let field = match &broken {
            InvalidClient::PublicWithoutPkce => "require_pkce",
            InvalidClient::PublicWithSecret => "token_endpoint_auth_method",
            InvalidClient::PublicClientCredentials => "grant_types",
            InvalidClient::TooMany(what, _) if *what == "secrets" => "client_secret",
            InvalidClient::NoRedirectUri(_)
            | InvalidClient::RedirectUri(_)
            | InvalidClient::TooMany(..) => "redirect_uris",
            InvalidClient::PublicKeep => "refresh.rotation",
            InvalidClient::Overlap => "refresh.overlap_seconds",
        };
        Refusal::field(field, broken.to_string())
    })
}
