//! What was set up, as it was read back from the store, and what comes next.

use std::io::IsTerminal as _;

use gatelodge_domain::user::ProfileClaim;
use gatelodge_ports::mailer::Delivery;
use gatelodge_usecases::setup::{SetUp, Unread};

use crate::house::House;
use crate::stop::Stop;

/// The file that holds the first client's secret where there is no terminal: whatever reads our
/// output keeps it for longer than a secret should be kept.
const SECRET: &str = "first-client-secret";

/// Prints it; a secret that was made is shown to a terminal, and else written to a file that
/// only the owner can read.
pub(super) fn print(house: &House, set_up: &SetUp) -> Result<(), Stop> {
    let issuers = &house.foundation.issuers;
    println!("Set up. The store holds:\n");
    row("administrator", &administrator(set_up));
    row("roles", &set_up.roles.join(", "));
    row("realm", set_up.realm.name.as_str());
    row("issuer", issuers.public_url());
    row("admin", issuers.admin_url());
    let none = "not sent: see [mail] in gatelodge.toml";
    row("mail", set_up.mail.as_deref().unwrap_or(none));
    if let Some(tested) = &set_up.tested {
        match trouble(set_up) {
            None => row("test mail", &format!("sent to {}", tested.to)),
            Some(reason) => row("test mail", &format!("not sent: {reason}")),
        }
    }
    if let Some(client) = &set_up.client {
        row("client", client.name.as_str());
        row("client_id", client.client_id.as_str());
        for uri in &client.redirect_uris {
            row("redirect URI", uri.as_str());
        }
        if let Some(secret) = &set_up.client_secret {
            row("client secret", &told(house, secret.expose())?);
        } else if !client.secrets.is_empty() {
            row("client secret", "the one that was given");
        }
    }
    let (issuer, admin) = (issuers.public_url(), issuers.admin_url());
    println!("\nNext:\n");
    println!("  gatelodge serve");
    println!("  lodge login --admin-url {admin}");
    println!("  curl {issuer}/.well-known/openid-configuration");
    Ok(())
}

/// Prints what is known nowhere else, where the store did not answer when it was to be read back.
pub(super) fn print_unread(house: &House, unread: &Unread) -> Result<(), Stop> {
    println!("Set up, but not read back.\n");
    if let Some(client_id) = &unread.client_id {
        row("client_id", client_id.as_str());
    }
    if let Some(secret) = &unread.client_secret {
        row("client secret", &told(house, secret.expose())?);
    }
    let admin = house.foundation.issuers.admin_url();
    println!("\nLook whether all is as you want it:\n");
    println!("  gatelodge serve");
    println!("  lodge login --admin-url {admin}");
    println!("  lodge realm get default");
    Ok(())
}

/// Why the test mail was not sent; `None` where it was, or none was to be.
pub(super) fn trouble(set_up: &SetUp) -> Option<&str> {
    match &set_up.tested.as_ref()?.delivery {
        Delivery::Sent => None,
        Delivery::TemporaryFailure(trouble) | Delivery::PermanentFailure(trouble) => {
            Some(&trouble.reason)
        }
    }
}

fn row(name: &str, value: &str) {
    println!("  {name:<15} {value}");
}

fn administrator(set_up: &SetUp) -> String {
    let user = &set_up.administrator;
    let name = user.profile.get(ProfileClaim::Name);
    let email = user.email.as_ref().map(gatelodge_domain::Email::as_str);
    let further: Vec<&str> = name.into_iter().chain(email).collect();
    if further.is_empty() {
        user.username.as_str().to_owned()
    } else {
        format!("{} ({})", user.username.as_str(), further.join(", "))
    }
}

fn told(house: &House, secret: &str) -> Result<String, Stop> {
    if std::io::stdout().is_terminal() {
        return Ok(format!("{secret} (shown only now)"));
    }
    let path = house.folder.write_private(SECRET, &format!("{secret}\n"))?;
    Ok(format!("in {}", path.display()))
}
