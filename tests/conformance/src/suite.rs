//! The list of all promises, and the macro that makes tests of it.

/// Makes one `#[test]` of every promise. Takes what opens a fresh store: the name of an
/// `async fn() -> Opened`, or a closure that answers such a future.
#[macro_export]
macro_rules! store_suite {
    ($open:expr) => {
        $crate::store_suite! { @modules $open;
            prove units {
                commit_keeps
                drop_forgets
                a_unit_reads_its_own_writes
                what_is_not_committed_is_invisible
                a_failed_unit_harms_nobody
            }
        }
    };
    (@modules $open:expr; $($runner:ident $module:ident { $($promise:ident)+ })+) => {
        $(mod $module {
            #[allow(unused_imports, reason = "`open` may be a path or a closure")]
            use super::*;
            $(#[test]
            fn $promise() {
                $crate::$runner($open, $crate::promises::$module::$promise);
            })+
        })+
    };
}
