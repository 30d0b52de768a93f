//! The figures, and what they are held against.

use crate::load::Kind;

/// The figures so far.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<(&'static str, Kind, usize, f64)>,
}

/// What must be reached.
pub(crate) struct Floor {
    /// Of what.
    pub(crate) kind: Kind,
    /// How many a second.
    pub(crate) least: u32,
}

impl Table {
    /// Adds a figure and prints it.
    pub(crate) fn add(&mut self, store: &'static str, kind: Kind, tasks: usize, rate: f64) {
        println!("{store:<12}{:<28}{tasks:>8}{rate:>14.0}", kind.as_str());
        self.rows.push((store, kind, tasks, rate));
    }

    /// Holds a figure against its floor and prints the verdict; what was not measured passes.
    pub(crate) fn holds(&self, store: &str, tasks: usize, floor: &Floor) -> bool {
        let found = self
            .rows
            .iter()
            .find(|row| (row.0, row.1, row.2) == (store, floor.kind, tasks));
        let Some((_, kind, _, rate)) = found else {
            return true;
        };
        let holds = *rate >= f64::from(floor.least);
        println!(
            "{} {store}, {} at {tasks} tasks: {rate:.0} a second, at least {} wanted",
            if holds { "PASS" } else { "FAIL" },
            kind.as_str(),
            floor.least
        );
        holds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_below_its_floor_fails() {
        let mut table = Table::default();
        table.add("sqlite", Kind::FindUser, 64, 15_000.0);
        let floor = |least| Floor {
            kind: Kind::FindUser,
            least,
        };
        assert!(table.holds("sqlite", 64, &floor(15_000)));
        assert!(!table.holds("sqlite", 64, &floor(15_001)));
    }
}
