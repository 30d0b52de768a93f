//! Opening the system's browser (RFC 8252 §7: never one inside of the program).

use std::process::{Command, Stdio};

use crate::environment::variable;

/// Whether a browser was started; it may still fail to show anything.
pub(crate) fn open(url: &str) -> bool {
    let chosen = variable("BROWSER").into_iter().flat_map(|list| {
        let names = list.split(':').map(str::to_owned);
        names.collect::<Vec<_>>()
    });
    let usual: &[&str] = if cfg!(target_os = "macos") {
        &["open"]
    } else if cfg!(windows) {
        &["explorer"]
    } else {
        &["xdg-open"]
    };
    chosen
        .chain(usual.iter().map(|name| (*name).to_owned()))
        .any(|program| start(&program, url))
}

fn start(program: &str, url: &str) -> bool {
    Command::new(program)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .is_ok()
}
