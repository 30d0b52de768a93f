//! How far long work has come: a line on standard error where somebody looks, nothing elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shown only once the work takes so long that somebody wonders.
const PATIENCE: Duration = Duration::from_millis(400);

/// One piece of work.
pub(crate) struct Progress {
    bar: ProgressBar,
    is_shown: bool,
}

impl Progress {
    /// Work whose size is not known.
    pub(crate) fn counting(what: &str) -> Self {
        Self::styled(
            ProgressBar::no_length(),
            "{msg}: {human_pos} ({elapsed})",
            what,
        )
    }

    /// Bytes of which nobody knows how many come.
    pub(crate) fn counting_bytes(what: &str) -> Self {
        Self::styled(ProgressBar::no_length(), "{msg}: {bytes} ({elapsed})", what)
    }

    /// Work of so many things.
    pub(crate) fn of(what: &str, things: u64) -> Self {
        let style = "{msg} [{bar:20}] {human_pos} of {human_len} (left: {eta})";
        Self::styled(ProgressBar::new(things), style, what)
    }

    /// Work of so many bytes.
    pub(crate) fn of_bytes(what: &str, bytes: u64) -> Self {
        let style = "{msg} [{bar:20}] {percent} % of {total_bytes} (left: {eta})";
        Self::styled(ProgressBar::new(bytes), style, what)
    }

    fn styled(bar: ProgressBar, style: &str, what: &str) -> Self {
        // A message alone would draw it.
        bar.set_draw_target(ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style.progress_chars("#>."));
        }
        bar.set_message(what.to_owned());
        Self {
            bar,
            is_shown: false,
        }
    }

    /// Says something beside the line, which is drawn again below it.
    pub(crate) fn aside(&self, say: impl FnOnce()) {
        if self.is_shown {
            self.bar.suspend(say);
        } else {
            say();
        }
    }

    /// So much is done in all.
    pub(crate) fn at(&mut self, done: u64) {
        if !self.is_shown && self.bar.elapsed() >= PATIENCE {
            // Hidden by itself where standard error is no terminal.
            self.bar
                .set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
            self.is_shown = true;
        }
        if self.is_shown {
            self.bar.set_position(done);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
