//! A client's secret that a file names: whether it is still the one that works, and another in
//! its place where it is not.
//!
//! Nobody but the server can tell, for it keeps a keyed digest and nothing else. So the secret
//! is sent to it, over the same connection that made it, and the answer is yes or no. Nothing of
//! it is kept here or written into the client, where a digest could be guessed at in peace.

use serde_json::{Value, json};

use super::compare::Difference;
use super::object::Object;
use super::plan::Step;
use crate::document::Operation;
use crate::environment::moment_after;
use crate::fault::Fault;
use crate::http::{Reply, Request, segment};
use crate::output::note;
use crate::work::Lodge;

const FIELD: &str = "client_secret";

/// The secrets that are not what a file says, noted in the step. What cannot be compared, as
/// its variable is not set here, is told of and left alone.
pub(super) fn changed(lodge: &Lodge<'_>, step: &mut Step) -> Result<Vec<Difference>, Fault> {
    let object = &step.object;
    let (mut found, mut others) = (Vec::new(), Vec::new());
    for (_, from) in object.secrets.iter().filter(|(field, _)| field == FIELD) {
        let secret = match from.secret() {
            Ok(secret) => secret,
            Err(fault) => {
                note(&format!(
                    "lodge: client {}: {fault}, so its secret was not compared",
                    object.name
                ));
                continue;
            }
        };
        let known = send(lodge, object, "check_secret", &json!({ FIELD: secret }))?.json()?;
        if known["works"] != true {
            found.push(Difference {
                path: FIELD.to_owned(),
                from: json!("another"),
                to: json!(from.shown()),
            });
            others.push(from.clone());
        } else if let Some(end) = known["secret"]["expires_at"].as_str() {
            note(&format!(
                "lodge: client {}: the secret {} stops working at {end}",
                object.name,
                from.shown()
            ));
        }
    }
    step.secrets = others;
    Ok(found)
}

/// Puts the secrets that files name in the place of those that work; these go on for so many
/// seconds.
pub(super) fn replace(lodge: &Lodge<'_>, step: &Step, overlap: u64) -> Result<(), Fault> {
    for from in &step.secrets {
        let body = json!({
            FIELD: from.secret()?,
            "expire_others_at": moment_after(overlap),
        });
        send(lodge, &step.object, "create_secret", &body)?;
    }
    Ok(())
}

fn send(lodge: &Lodge<'_>, object: &Object, id: &str, body: &Value) -> Result<Reply, Fault> {
    let operation: &Operation = lodge
        .document
        .operation(id)
        .ok_or_else(|| Fault::Failed(format!("operation {id} is gone")))?;
    let path = operation
        .path
        .replace("{realm}", &segment(&object.realm))
        .replace("{client}", &segment(&object.name));
    let mut request = Request::new(&operation.method, &path);
    let media = operation.body.as_ref().map(|body| body.media.clone());
    request.body = Some((media.unwrap_or_default(), body.to_string().into_bytes()));
    lodge.admin.call(&request)
}
