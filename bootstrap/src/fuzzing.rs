//! A door for the fuzz targets (`fuzz/`) to the reading of configuration. Only there with the
//! feature `fuzzing`, and no part of the public interface.

use crate::settings::{Effective, Layer, Settings, listing};

/// The effective configuration of a file and of environment variables over the defaults, as
/// `gatelodge config` prints it, or the line that says why it is none. Files that it names are
/// read, so let it name none.
pub fn configuration(
    file: &str,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<String, String> {
    let layers = || {
        let file = Layer::parse(file, "gatelodge.toml")?;
        let effective =
            Effective::of([Layer::defaults()?, file, Layer::environment(environment)?])?;
        Settings::read(&effective)?;
        Ok(listing(&effective))
    };
    layers().map_err(|stop: crate::Stop| stop.to_string())
}
