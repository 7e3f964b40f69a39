//! ECDSA on secp256k1, eight signatures in the lanes of AVX-512: individual, exact verdicts.
//!
//! A lane that meets an addition that its formulas do not cover is not decided here: a signer can
//! bring that about on purpose, and nobody meets it by chance. What a signature and a key must be is
//! checked before; hashing is done before, too.

#![expect(clippy::cast_possible_truncation)] // Numbers of rows and windows.
#![expect(clippy::many_single_char_names)] // Names of the formulas.
#![expect(clippy::inline_always)] // What is not inlined is compiled without the instructions of the level.

mod affine;
mod build;
mod curve;
mod hot;
mod inversions;
mod kernels;
mod points;
mod rows;
mod scalars;
#[cfg(test)]
mod tests;
mod unseen;

use std::sync::OnceLock;

use crate::simd::limbs52::vector::{Doubles, Ifma, Lanes, Multiply, LANES};
use crate::simd::rows::{prefetch as prefetch_row, zeroed, Row};
use crate::simd::Level;
use kernels::Kernels;
use scalars::Digits;

/// Rows of the table of a key, 44 KiB: 22 lines of 32 odd multiples.
pub const TABLE_ROWS: usize = hot::KEY_LINES << (hot::KEY_WIDTH - 1);

/// Signatures that share the inversion of their s; scratch memory grows with them.
const PART: usize = affine::MOST_GROUPS * LANES;

/// One signature.
#[derive(Clone, Copy, Debug)]
pub struct Signature<'a> {
    /// The public key, a point of the curve: x and y as words, the lowest first.
    pub key: &'a Row,
    /// Its table, from [`build_tables`], where [`verify_hot`] is asked.
    pub table: &'a [Row],
    /// r and s, big-endian, between 1 and n - 1.
    pub numbers: &'a [u8; 64],
    /// The digest of the message.
    pub digest: &'a [u8; 32],
}

/// What the lanes say about a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is right.
    Valid,
    /// It is wrong.
    Invalid,
    /// An addition was met that the formulas do not cover: ask a library.
    Undecided,
}

/// Does `$body` with the kernels of the level; without AVX-512 there are none.
macro_rules! with_kernels {
    ($level:expr, $k:ident => $body:expr) => {{
        let refused = "the level has no kernel here";
        match $level {
            Level::Avx512Ifma => {
                let $k = Ifma::new().expect(refused);
                $body
            }
            Level::Avx512 => {
                let $k = Doubles::new().expect(refused);
                $body
            }
            Level::Avx2 | Level::Portable => panic!("{refused}"),
        }
    }};
}

/// The verdicts on signatures whose keys have tables.
///
/// # Panics
/// When the processor does not have the level, or the level is below AVX-512, or a table has another
/// length than [`TABLE_ROWS`].
#[must_use]
pub fn verify_hot(level: Level, signatures: &[Signature<'_>]) -> Vec<Verdict> {
    let right = |signature: &Signature<'_>| signature.table.len() == TABLE_ROWS;
    assert!(signatures.iter().all(right), "a table of another kind");
    with_kernels!(level, k => in_parts(signatures, |part, verdicts| k.hot(part, verdicts)))
}

/// The verdicts on signatures whose keys need no table.
///
/// # Panics
/// When the processor does not have the level, or the level is below AVX-512.
#[must_use]
pub fn verify_unseen(level: Level, signatures: &[Signature<'_>]) -> Vec<Verdict> {
    with_kernels!(level, k => in_parts(signatures, |part, verdicts| k.unseen(part, verdicts)))
}

/// Fills `tables`, of [`TABLE_ROWS`] each, with the multiples of `keys`; eight at a time cost little
/// more than one.
///
/// # Panics
/// When the processor does not have the level, or the level is below AVX-512, or the numbers differ.
pub fn build_tables(level: Level, keys: &[Row], tables: &mut [&mut [Row]]) {
    assert_eq!(keys.len(), tables.len(), "a table for each key");
    assert!(tables.iter().all(|table| table.len() == TABLE_ROWS));
    with_kernels!(level, k => k.build(keys, hot::KEY_WIDTH, hot::KEY_LINES, tables));
}

/// The table of the generator, 2.5 MiB: ten lines of 4096 odd multiples. It is made when it is first
/// needed, which takes some milliseconds.
fn generator() -> &'static [Row] {
    static TABLE: OnceLock<Box<[Row]>> = OnceLock::new();
    TABLE.get().unwrap_or_else(|| {
        // Not in the cell: a child that is forked meanwhile would wait for it for ever.
        let made = make_generator();
        TABLE.get_or_init(|| made)
    })
}

fn make_generator() -> Box<[Row]> {
    let mut table = zeroed(hot::GENERATOR_LINES << (hot::GENERATOR_WIDTH - 1));
    let (points, mut tables) = ([curve::GENERATOR], [&mut *table]);
    let (width, lines) = (hot::GENERATOR_WIDTH, hot::GENERATOR_LINES);
    if let Some(k) = Ifma::new() {
        k.build(&points, width, lines, &mut tables);
    } else if let Some(k) = Doubles::new() {
        k.build(&points, width, lines, &mut tables);
    }
    table
}

fn in_parts(
    signatures: &[Signature<'_>],
    verify: impl Fn(&[Signature<'_>], &mut [Verdict]),
) -> Vec<Verdict> {
    let mut verdicts = vec![Verdict::Undecided; signatures.len()];
    // Parts of nearly the same size: one that is small is slow.
    let parts = signatures.len().div_ceil(PART).max(1);
    let size = signatures
        .len()
        .div_ceil(parts)
        .next_multiple_of(LANES)
        .max(LANES);
    for (part, verdicts) in signatures.chunks(size).zip(verdicts.chunks_mut(size)) {
        verify(part, verdicts);
    }
    verdicts
}

/// Writes the verdicts of a group: where x is r, and where the point was lost.
fn settle((equal, lost): (Lanes, Lanes), group: usize, verdicts: &mut [Verdict]) {
    let verdicts = verdicts.iter_mut().skip(group * LANES).take(LANES);
    for (lane, verdict) in verdicts.enumerate() {
        *verdict = match (lost >> lane & 1, equal >> lane & 1) {
            (1, _) => Verdict::Undecided,
            (_, 1) => Verdict::Valid,
            _ => Verdict::Invalid,
        };
    }
}

/// Asks for the rows of digits, so that they are near when they are needed.
#[inline(always)]
fn prefetch(tables: &[&[Row]; LANES], digits: &Digits) {
    for (table, &row) in tables.iter().zip(&digits.rows) {
        prefetch_row(&table[row as usize]);
    }
}
