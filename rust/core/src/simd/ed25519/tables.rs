//! Tables of multiples of points: that of the base point, and those of keys that come again.
//!
//! A row serves one digit of a scalar: the multiples 0 to 2^(width - 1) of its point, two cache
//! lines each. Digits are signed, and a negative multiple is a positive one with two coordinates
//! exchanged.

use std::sync::OnceLock;

use super::constants::{BASE_X, BASE_Y};
use super::field::{inverse, Fe};
use super::key_words;
use super::point::{decompressed, AffineEntry, Point, NEUTRAL};
use crate::simd::rows::{self, Row};
use crate::simd::words512::LANES;

/// Bits of a digit of what the base point is multiplied with.
pub(super) const BASE_WIDTH: u32 = 11;
/// Digits of it.
pub(super) const BASE_DIGITS: usize = 24;
/// Entries of a row of the base point.
pub(super) const BASE_ROW: usize = (1 << (BASE_WIDTH - 1)) + 1;

/// Bits of a digit of what a key is multiplied with.
pub(super) const KEY_WIDTH: u32 = 6;
/// Digits of it.
pub(super) const KEY_DIGITS: usize = 43;
/// Entries of a row of a key.
pub(super) const KEY_ROW: usize = (1 << (KEY_WIDTH - 1)) + 1;
/// Rows of a key: digits 2 i and 2 i + 1 share one, and the sum over the odd digits is doubled as
/// often as a digit has bits. That halves the table for six doublings.
const KEY_ROWS: usize = KEY_DIGITS.div_ceil(2);

/// Rows of memory (cache lines) that the table of a key takes.
pub(crate) const KEY_TABLE: usize = KEY_ROWS * KEY_ROW * 2;

const _: () = assert!(BASE_WIDTH as usize * BASE_DIGITS >= 254);
const _: () = assert!(KEY_WIDTH as usize * KEY_DIGITS >= 254);

/// The table of the base point, made when it is first asked for: 3 MiB in about 2 milliseconds.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn base() -> &'static [AffineEntry] {
    static TABLE: OnceLock<Box<[Row]>> = OnceLock::new();
    let table = if let Some(table) = TABLE.get() {
        table
    } else {
        let made = make_base();
        TABLE.get_or_init(|| made)
    };
    table.as_chunks().0
}

#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn make_base() -> Box<[Row]> {
    let mut table = rows::zeroed(BASE_DIGITS * BASE_ROW * 2);
    let entries: &mut [AffineEntry] = table.as_chunks_mut().0;
    let mut next = Point::from_affine(&Fe::splat(BASE_X), &Fe::splat(BASE_Y));
    for first in (0..BASE_DIGITS).step_by(LANES) {
        let mut starts = next;
        for lane in 0..LANES {
            starts = next.select(1 << lane, &starts);
            for _ in 0..BASE_WIDTH {
                next.double::<true>();
            }
        }
        let multiples = multiples(&starts, BASE_ROW - 1);
        affine(&multiples, |index, made| {
            for (digit, entry) in (first..BASE_DIGITS).zip(made) {
                entries[digit * BASE_ROW + 1 + index] = entry;
            }
        });
    }
    for row in entries.chunks_mut(BASE_ROW) {
        row[0] = NEUTRAL;
    }
    table
}

/// The tables of the negatives of keys that were checked: `tables[i]` for `keys[i]`, each of
/// [`KEY_TABLE`] rows.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn key_tables(keys: &[&[u8; 32]], tables: &mut [&mut [Row]]) {
    let mut points = Vec::with_capacity(KEY_TABLE / 2);
    for (keys, tables) in keys.chunks(LANES).zip(tables.chunks_mut(LANES)) {
        let words = key_words(&std::array::from_fn(|lane| keys[lane.min(keys.len() - 1)]));
        let [(x, y)] = decompressed(&[words]);
        let mut start = Point::from_affine(&x.neg(), &y);
        points.clear();
        for _ in 0..KEY_ROWS {
            points.extend(multiples(&start, KEY_ROW - 1));
            // Twice the last multiple is 2^width of the first; the next row is one digit further.
            start = points[points.len() - 1];
            for _ in 0..=KEY_WIDTH {
                start.double::<true>();
            }
        }
        affine(&points, |index, made| {
            let (row, column) = (index / (KEY_ROW - 1), index % (KEY_ROW - 1));
            for (table, entry) in tables.iter_mut().zip(made) {
                table.as_chunks_mut().0[row * KEY_ROW + 1 + column] = entry;
            }
        });
        for table in tables {
            for row in table.as_chunks_mut().0.chunks_mut(KEY_ROW) {
                row[0] = NEUTRAL;
            }
        }
    }
}

/// The multiples 1 to `count` of points.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn multiples(start: &Point, count: usize) -> Vec<Point> {
    let step = start.to_projective();
    let mut multiples = Vec::with_capacity(count);
    let mut next = *start;
    for _ in 0..count {
        multiples.push(next);
        next.add_projective::<true>(&step, 0);
    }
    multiples
}

/// Brings points to Z = 1, with one inversion, and hands out their entries by index, last first.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn affine(points: &[Point], mut put: impl FnMut(usize, [AffineEntry; LANES])) {
    // products[i] is Z of the points before i.
    let mut products = Vec::with_capacity(points.len());
    let mut product = Fe::one();
    for point in points {
        products.push(product);
        product = product.mul(point.z());
    }
    let mut rest = inverse(&product);
    for (index, (point, before)) in points.iter().zip(&products).enumerate().rev() {
        put(index, point.to_affine(&rest.mul(before)).scatter());
        rest = rest.mul(point.z());
    }
}
