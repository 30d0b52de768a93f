//! `serve --demo`: a server to try out, on the machine itself and in a folder of its own, that
//! says how to use it.

use std::io::IsTerminal as _;
use std::sync::Arc;

use gatelodge_usecases::Foundation;
use gatelodge_usecases::setup::{BuiltInRealms, DemoData, DemoFacts};

use crate::data_folder::DataFolder;
use crate::house::{Access, DATABASE};
use crate::serve::failed;
use crate::settings::Settings;
use crate::stop::Stop;

/// The folder of the demonstration, inside of the default data folder.
pub(crate) const FOLDER: &str = "./data/demo";
/// What scripts read.
const FACTS: &str = "demo.json";

const REAL: &str = "the data folder holds a real database; the demonstration wants a folder of \
                    its own (--data-dir)";

/// The demonstration.
pub(crate) struct Demo {
    data: DemoData,
    foundation: Arc<Foundation>,
}

impl Demo {
    /// Over a house.
    pub(crate) fn new(foundation: Arc<Foundation>) -> Self {
        Self {
            data: DemoData::new(foundation.clone()),
            foundation,
        }
    }

    /// Its passwords are known, so nobody else may reach it.
    pub(crate) fn check_listeners(settings: &Settings) -> Result<(), Stop> {
        for (key, address) in [
            ("server.auth_listen", settings.server.auth_listen),
            ("server.admin_listen", settings.server.admin_listen),
        ] {
            if !address.ip().is_loopback() {
                return Err(Stop::usage(format!(
                    "--demo listens on loopback only, and `{key}` is `{address}`"
                )));
            }
        }
        Ok(())
    }

    /// A database without `demo.json` beside it may be somebody's real one, so its schema is
    /// not touched.
    pub(crate) fn access(folder: &DataFolder) -> Access {
        if folder.has(DATABASE) && !folder.has(FACTS) {
            Access::Guest
        } else {
            Access::Owner
        }
    }

    /// Refuses a store that was made without `--demo`.
    pub(crate) async fn check(self) -> Result<Self, Stop> {
        let realms = gatelodge_domain::RealmSlug::system();
        let mut view = match self.foundation.store.read().await {
            Ok(view) => view,
            Err(error) => return Err(Stop::because("the store does not answer", &error)),
        };
        let used = view.realms().find_by_slug(&realms).await;
        drop(view);
        let used = used.map_err(|error| Stop::because("the store does not answer", &error))?;
        let known = self.data.find().await;
        let known = known.map_err(|error| failed("the demonstration cannot be read", &error))?;
        if used.is_some() && known.is_none() {
            return Err(Stop::usage(REAL));
        }
        Ok(self)
    }

    /// Makes its data where they are missing, prints them, and writes `demo.json` last.
    pub(crate) async fn tell(
        self,
        folder: &DataFolder,
        realms: &BuiltInRealms,
    ) -> Result<DemoFacts, Stop> {
        let facts = self
            .data
            .create(realms)
            .await
            .map_err(|error| failed("the demonstration cannot be made", &error))?;
        print!("{}", text(&facts, std::io::stdout().is_terminal()));
        let json = serde_json::to_string_pretty(&facts)
            .map_err(|error| Stop::because("demo.json", &error))?;
        folder.write_private(FACTS, &format!("{json}\n"))?;
        Ok(facts)
    }
}

/// What a person reads, with commands to paste.
fn text(facts: &DemoFacts, colour: bool) -> String {
    let (bold, dim, end) = if colour {
        ("\x1b[1m", "\x1b[2m", "\x1b[0m")
    } else {
        ("", "", "")
    };
    let DemoFacts {
        issuer,
        admin_url,
        admin,
        admin_client,
        user,
        public_client,
        confidential_client,
    } = facts;
    let basic = format!(
        "{}:{}",
        confidential_client.client_id, confidential_client.client_secret
    );
    format!(
        "
  {bold}Gatelodge demo{end}  {dim}on this machine only; everything below is safe to play with{end}

  {bold}See a person sign in{end}   {issuer}/demo
  {bold}API documents{end}          {issuer}/docs/
                         {admin_url}/docs/

  {bold}issuer{end}                 {issuer}
  {bold}admin{end}                  {admin_url}
  {bold}administrator{end}          {admin_name}   {admin_password}   {dim}client {admin_client}{end}
  {bold}user{end}                   {user_name}   {user_password}
  {bold}public client{end}          {public}   {dim}{public_redirect}{end}
  {bold}confidential client{end}    {confidential}   {dim}{confidential_redirect}{end}
      {dim}secret{end}             {secret}

  {bold}To paste{end}

    curl -s {issuer}/.well-known/openid-configuration

    curl -s {issuer}/oauth2/token -u '{basic}' \\
         -d grant_type=client_credentials

    curl -s {issuer}/oauth2/token -u '{basic}' \\
         -d grant_type=password -d username={user_name} -d password={user_password} \\
         -d 'scope=openid profile email offline_access'

    curl -s {issuer}/oauth2/introspect -u '{basic}' -d token=TOKEN

  {dim}Stop with Ctrl-C. The same facts for scripts are in demo.json in the data folder.{end}

",
        admin_name = admin.username,
        admin_password = admin.password,
        admin_client = admin_client.client_id,
        user_name = user.username,
        user_password = user.password,
        public = public_client.client_id,
        public_redirect = public_client.redirect_uri,
        confidential = confidential_client.client_id,
        confidential_redirect = confidential_client.redirect_uri,
        secret = confidential_client.client_secret,
    )
}
