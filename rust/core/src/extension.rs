//! The part of a table that is filled at run time (docs/semantics.md#ext-1).
//!
//! Read without a lock: an extension may run for long, and may come back here.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

/// Registered rows, in the order in which they came.
pub(crate) struct Rows<T>(ArcSwapOption<Vec<T>>);

impl<T: Clone> Rows<T> {
    pub(crate) const fn new() -> Self {
        Self(ArcSwapOption::const_empty())
    }

    /// The rows as they are now; `None` when there are none.
    pub(crate) fn all(&self) -> Option<Arc<Vec<T>>> {
        self.0.load_full()
    }

    /// The first row that is wanted.
    pub(crate) fn find(&self, wanted: impl Fn(&T) -> bool) -> Option<T> {
        self.all()?.iter().find(|row| wanted(row)).cloned()
    }

    /// Puts `row` in the place of the one that it is `same` as, or behind all.
    pub(crate) fn extend(&self, row: &T, same: impl Fn(&T) -> bool) {
        self.change(|rows| match rows.iter_mut().find(|old| same(old)) {
            Some(old) => *old = row.clone(),
            None => rows.push(row.clone()),
        });
    }

    /// Takes out the rows that are `unwanted`.
    pub(crate) fn retract(&self, unwanted: impl Fn(&T) -> bool) {
        self.change(|rows| rows.retain(|row| !unwanted(row)));
    }

    fn change(&self, change: impl Fn(&mut Vec<T>)) {
        self.0.rcu(|rows| {
            let mut rows = rows.as_deref().cloned().unwrap_or_default();
            change(&mut rows);
            (!rows.is_empty()).then(|| Arc::new(rows))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ext_1_rows_keep_their_order_and_their_place() {
        let rows = Rows::new();
        let all = || rows.all().map(|rows| rows.to_vec());
        assert_eq!(all(), None);
        for row in [(1, 'a'), (2, 'b'), (1, 'c')] {
            rows.extend(&row, |old| old.0 == row.0);
        }
        assert_eq!(all(), Some(vec![(1, 'c'), (2, 'b')]));
        assert_eq!(rows.find(|row| row.0 == 2), Some((2, 'b')));
        assert_eq!(rows.find(|row| row.0 == 3), None);
        for _ in 0..2 {
            rows.retract(|row| row.0 == 1);
            assert_eq!(all(), Some(vec![(2, 'b')]));
        }
        rows.retract(|_| true);
        assert_eq!(all(), None);
    }
}
