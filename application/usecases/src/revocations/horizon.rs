//! How long what makes access tokens void has to be kept.

use core::time::Duration;

use gatelodge_domain::Setting;

/// No access token lives longer, whatever realm or client set.
pub(crate) const LONGEST_ACCESS_TOKEN: Duration =
    Duration::from_secs(Setting::AccessTokenLifetime.spec().max as u64);

/// How long a watermark is kept: an hour longer than any token that it voids lives, because the
/// clock of the node that made the token may have been ahead.
pub(crate) const WATERMARKS_KEPT: Duration =
    LONGEST_ACCESS_TOKEN.saturating_add(Duration::from_hours(1));
