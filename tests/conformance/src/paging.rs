//! Walking through pages, and whether they were what pages must be.

/// Walks a list from the first page to the last and answers all ids, in the order in which
/// they came; demands full pages until the last one.
macro_rules! walked {
    ($store:expr, $limit:expr, |$view:ident, $page:ident| $list:expr) => {{
        let limit: u16 = $limit;
        let mut ids = Vec::new();
        let mut after = None;
        loop {
            let $page = gatelodge_ports::store::PageRequest { after, limit };
            let listed = $crate::fixture::seen!($store, |$view| $list.await.expect("a page"));
            assert!(
                listed.items.len() <= usize::from(limit),
                "a page is longer than asked"
            );
            if listed.more {
                assert_eq!(listed.items.len(), usize::from(limit), "a page stops early");
            }
            ids.extend(listed.items.iter().map(|item| item.id));
            after = ids.last().copied();
            if !listed.more {
                break ids;
            }
        }
    }};
}

pub(crate) use walked;

/// The same items in an order that is neither that of their making nor its reverse.
pub(crate) fn shuffled<T>(mut items: Vec<T>) -> Vec<T> {
    let half = items.len() / 2;
    let late = items.split_off(half);
    let mut mixed = Vec::with_capacity(half + late.len());
    let (mut early, mut late) = (items.into_iter(), late.into_iter().rev());
    loop {
        match (late.next(), early.next()) {
            (None, None) => return mixed,
            (one, other) => mixed.extend(one.into_iter().chain(other)),
        }
    }
}
