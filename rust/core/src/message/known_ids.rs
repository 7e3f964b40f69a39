//! IDs that this thread has read before. The same ones come again and again, and to check one costs more than to read the rest of a message.
//!
//! It only remembers what [`Identifier::parse`] said, so no verdict hangs on it. Texts are compared whole; the hash need not resist anybody, since who aims at it can only
//! make others be read again.

use std::cell::Cell;
use std::sync::Arc;

use crate::identity::Identifier;

/// Sets of two places; with the longest IDs they hold five megabytes.
const SETS: usize = 2048;
/// Shorter texts are read as fast as they are found.
const LEAST: usize = 16;

#[derive(Clone, Default)]
struct Set {
    newer: Option<Arc<Identifier>>,
    older: Option<Arc<Identifier>>,
}

/// The receiver of a message that names none (MSG-3).
const ANYONE: &str = "anyone@anywhere";

/// The IDs, by the texts that they came in.
pub struct KnownIds {
    sets: Box<[Set]>,
    anyone: Arc<Identifier>,
}

thread_local! {
    static MINE: Cell<Option<KnownIds>> = const { Cell::new(None) };
}

impl KnownIds {
    /// Lends those of this thread to `work`. An address type from outside may come back here while it is asked; it finds none then.
    pub fn lend<R>(work: impl FnOnce(&mut Self) -> R) -> R {
        let mut known = MINE.take().unwrap_or_else(|| Self {
            sets: vec![Set::default(); SETS].into(),
            anyone: Arc::new(Identifier::parse(ANYONE).expect("an ID")),
        });
        let result = work(&mut known);
        MINE.set(Some(known));
        result
    }

    /// The receiver of a message that names none (MSG-3).
    pub fn anyone(&self) -> Arc<Identifier> {
        Arc::clone(&self.anyone)
    }

    /// What [`Identifier::parse`] says.
    pub fn parse(&mut self, text: &str) -> Option<Arc<Identifier>> {
        let Some(tail) = text.as_bytes().last_chunk() else {
            return Identifier::parse(text).map(Arc::new);
        };
        let set = &mut self.sets[place(*tail)];
        let is_it = |known: &&Arc<Identifier>| known.as_str() == text;
        let known = set.newer.as_ref().filter(is_it);
        if let Some(known) = known.or_else(|| set.older.as_ref().filter(is_it)) {
            return Some(Arc::clone(known));
        }
        let found = Arc::new(Identifier::parse(text)?);
        // What is registered can be taken back, and another spelling than the canonical one is rare.
        if !found.is_registered() && found.as_str() == text {
            set.older = set.newer.replace(Arc::clone(&found));
        }
        Some(found)
    }
}

/// The set for texts with this end, which is that of an address or the terminal behind it.
fn place(tail: [u8; LEAST]) -> usize {
    let tail = u128::from_le_bytes(tail);
    #[expect(clippy::cast_possible_truncation)]
    let (low, high) = (tail as u64, (tail >> 64) as u64);
    // Fibonacci hashing; the high bits are the mixed ones.
    let mixed = (low ^ high.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> (64 - SETS.ilog2())).expect("fewer than the sets")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address;

    fn texts() -> Vec<String> {
        let addresses = (0..6000u32).map(|number| address::derive(&number.to_be_bytes(), 0));
        addresses
            .enumerate()
            .map(|(index, address)| match index % 4 {
                0 => address.to_string(),
                1 => format!("user-{index}@{address}"),
                2 => format!("user@{address}/pad"),
                _ => format!("us er@{address}"),
            })
            .chain(
                [
                    "",
                    "x",
                    "anywhere",
                    "Anyone@AnyWhere",
                    "nobody@1234567890123456",
                ]
                .map(str::to_owned),
            )
            .collect()
    }

    #[test]
    fn verdict_3_what_was_read_before_does_not_matter() {
        let texts = texts();
        for round in 0..3 {
            KnownIds::lend(|known| {
                for text in &texts {
                    let found = known.parse(text);
                    assert_eq!(
                        found.as_deref(),
                        Identifier::parse(text).as_ref(),
                        "{round}"
                    );
                    assert_eq!(known.parse(text), found);
                }
            });
        }
    }

    #[test]
    fn who_asks_again_from_inside_gets_the_same() {
        let text = address::derive(b"x", 0).to_string();
        let outer = KnownIds::lend(|known| {
            let inner = KnownIds::lend(|other| other.parse(&text));
            assert_eq!(inner, known.parse(&text));
            inner
        });
        assert_eq!(outer, KnownIds::lend(|known| known.parse(&text)));
    }
}
