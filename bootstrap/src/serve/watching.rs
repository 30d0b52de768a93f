//! What a running server tells its operator by itself: that a trouble is over, that no further
//! connection is let in, and that the machine's clock was set back.

use std::sync::Arc;
use std::time::Duration;

use gatelodge_domain::Timestamp;
use gatelodge_http::trouble::{TROUBLES, Trouble};
use gatelodge_ports::Clock;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::places::Places;

/// A difference that is worth a line, in milliseconds; clocks are slewed by less all the time.
const WORTH_TELLING: i64 = 2_000;

/// Looks once a second, until told to stop.
pub(crate) async fn watch(
    clock: Arc<dyn Clock>,
    ports: [Arc<Places>; 2],
    mut stopped: watch::Receiver<bool>,
) {
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut set_back = SetBack::default();
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            _ = ticks.tick() => {}
        }
        if ports.iter().any(|port| port.are_all_taken()) {
            TROUBLES.see(Trouble::ConnectionsTaken);
        }
        TROUBLES.tell_what_is_over();
        set_back.look(time_of_day(), clock.now());
    }
}

/// Whether our time is ahead of the machine's.
#[derive(Debug, Default)]
struct SetBack {
    told: bool,
}

impl SetBack {
    fn look(&mut self, time_of_day: Timestamp, ours: Timestamp) {
        let ahead = ours.as_millis().saturating_sub(time_of_day.as_millis());
        if ahead > WORTH_TELLING && !self.told {
            self.told = true;
            let seconds = ahead / 1_000;
            tracing::warn!(
                seconds,
                "the machine's clock was set back; the server's time goes on from where it was. \
                 Restart it to follow the machine's"
            );
        } else if ahead <= WORTH_TELLING && self.told {
            self.told = false;
            tracing::info!("the machine's clock agrees with the server's time again");
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "it is compared with the Clock port, which hides that it was set back"
)]
fn time_of_day() -> Timestamp {
    let since_epoch = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_back_is_told_once_and_so_is_the_end_of_it() {
        let mut set_back = SetBack::default();
        let at = Timestamp::from_seconds;
        set_back.look(at(100), at(101));
        assert!(!set_back.told, "a second is nothing");
        set_back.look(at(100), at(160));
        assert!(set_back.told);
        set_back.look(at(101), at(161));
        assert!(set_back.told);
        set_back.look(at(170), at(170));
        assert!(!set_back.told);
    }
}
