//! How many files and sockets the process may hold, and how that is divided.
//!
//! A connection that finds no descriptor is not the worst of it: the storage would find none
//! either. So the limit is raised as far as the system lets us, and connections get what is left
//! after a reserve for everything else. Beyond that they wait in the kernel's queue.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// For the database with its readers, PostgreSQL connections, logs, and outgoing requests.
const RESERVE: u64 = 64;

/// Raises the limit to what the system allows; what it is then, if there is one.
pub(crate) fn raise() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        let wanted = Rlimit {
            current: maximum,
            maximum,
        };
        // Where even that is refused, what was there stays.
        let _ = setrlimit(Resource::Nofile, wanted);
    }
    getrlimit(Resource::Nofile).current
}

/// How many connections each worker of each port may hold, given how many were wished for and
/// how many descriptors there are.
pub(crate) fn share(descriptors: Option<u64>, holders: usize, wished: usize) -> usize {
    let Some(descriptors) = descriptors else {
        return wished;
    };
    let holders = u64::try_from(holders).unwrap_or(u64::MAX).max(1);
    let reserve = RESERVE.min(descriptors / 2);
    let each = (descriptors - reserve) / holders;
    wished
        .min(usize::try_from(each).unwrap_or(usize::MAX))
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_get_what_is_left_after_the_reserve() {
        assert_eq!(share(None, 4, 4_096), 4_096);
        assert_eq!(share(Some(1_048_576), 4, 4_096), 4_096);
        assert_eq!(share(Some(1_024), 4, 4_096), 240);
        assert_eq!(share(Some(100), 4, 4_096), 12);
        assert_eq!(share(Some(2), 4, 4_096), 1);
    }

    #[test]
    fn the_limit_is_raised_to_what_is_allowed() {
        let raised = raise();
        assert_eq!(raised, getrlimit(Resource::Nofile).maximum);
    }
}
