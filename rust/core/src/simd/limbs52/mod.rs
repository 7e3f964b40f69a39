//! Arithmetic on numbers of about 256 bits in eight lanes: five limbs of 52 bits, one number a lane.
//!
//! One source for two instruction sets (`vector`), for a prime field (`field`) and for residues
//! modulo the order of a group (`order`); `inverse` is the one inversion that many numbers share.
//!
//! Nothing here takes the same time for all values: it is for public data.

#![expect(clippy::many_single_char_names)] // Limbs and columns.
#![expect(clippy::large_types_passed_by_value)] // They are inlined: limbs stay in registers.
#![expect(clippy::inline_always)] // What is not inlined is compiled without the instructions of the level.

/// An array of what an expression makes of each item of another. Unlike with `map`, the expression is
/// no function of its own, which would be compiled without the instructions of the level.
macro_rules! each {
    ($item:ident in $items:expr => $value:expr) => {{
        let items = $items;
        let $item = items[0];
        let mut values = crate::simd::limbs52::alike(&items, $value);
        let mut at = 1;
        while at < items.len() {
            let $item = items[at];
            values[at] = $value;
            at += 1;
        }
        values
    }};
}
pub(crate) use each;

pub(crate) mod field;
pub(crate) mod inverse;
pub(crate) mod order;
pub(crate) mod vector;

use std::cell::Cell;

use crate::simd::rows::Row;
use vector::{Lanes, Multiply, Vector, LANES, MASK};

/// As many of a value as there are items.
#[inline(always)]
pub(crate) const fn alike<A, B: Copy, const N: usize>(_: &[A; N], value: B) -> [B; N] {
    [value; N]
}

/// Eight numbers, one a lane, as they lie in memory: limb by limb, the lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limbs(pub(crate) [Row; 5]);

/// A place for eight numbers; the result of an operation may lie where an operand lay.
pub(crate) type Slot = Cell<Limbs>;

/// Slots of zeros.
pub(crate) const fn slots<const N: usize>() -> [Slot; N] {
    [const { Cell::new(Limbs::ZERO) }; N]
}

/// The same in registers.
pub(crate) type Held = [Vector; 5];

impl Limbs {
    /// Zeros.
    pub(crate) const ZERO: Self = Self::all([0; 5]);

    /// Ones.
    pub(crate) const ONE: Self = Self::all([1, 0, 0, 0, 0]);

    /// The same number in every lane.
    pub(crate) const fn all(limbs: [u64; 5]) -> Self {
        let mut rows = [Row([0; LANES]); 5];
        let mut at = 0;
        while at < 5 {
            rows[at] = Row([limbs[at]; LANES]);
            at += 1;
        }
        Self(rows)
    }

    #[inline(always)]
    pub(crate) fn load<M: Multiply>(&self, m: M) -> Held {
        let [a, b, c, d, e] = &self.0;
        each!(row in [a, b, c, d, e] => m.row(row))
    }

    #[inline(always)]
    pub(crate) fn of(limbs: Held) -> Self {
        Self(each!(limb in limbs => limb.to_row()))
    }

    /// The words of the number in a lane, the lowest first. Its limbs are below 2^52.
    pub(crate) fn words(&self, lane: usize) -> [u64; 4] {
        let [a, b, c, d, e] = each!(row in self.0 => row.0[lane]);
        [
            a | b << 52,
            b >> 12 | c << 40,
            c >> 24 | d << 28,
            d >> 36 | e << 16,
        ]
    }
}

/// The five limbs of a number of four words, the lowest first.
pub(crate) const fn limbs([a, b, c, d]: [u64; 4]) -> [u64; 5] {
    [
        a & MASK,
        (a >> 52 | b << 12) & MASK,
        (b >> 40 | c << 24) & MASK,
        (c >> 28 | d << 36) & MASK,
        d >> 16,
    ]
}

/// The same in lanes.
#[inline(always)]
pub(crate) fn limbs_of_words<M: Multiply>(m: M, [a, b, c, d]: [Vector; 4]) -> Held {
    let mask = m.all(MASK);
    [
        a & mask,
        (a >> 52 | b << 12) & mask,
        (b >> 40 | c << 24) & mask,
        (c >> 28 | d << 36) & mask,
        d >> 16,
    ]
}

/// The four words of numbers whose limbs are below 2^52, the highest below 2^48.
#[inline(always)]
pub(crate) fn words_of_limbs([a, b, c, d, e]: Held) -> [Vector; 4] {
    [
        a | b << 52,
        b >> 12 | c << 40,
        c >> 24 | d << 28,
        d >> 36 | e << 16,
    ]
}

/// Limbs below 2^52 but for the highest, from columns that may be negative: the exact carries, one
/// after the other.
#[inline(always)]
pub(crate) fn carried<M: Multiply>(m: M, [a, b, c, d, e]: Held) -> Held {
    let mask = m.all(MASK);
    let b = b + a.shift_signed(52);
    let c = c + b.shift_signed(52);
    let d = d + c.shift_signed(52);
    let e = e + d.shift_signed(52);
    [a & mask, b & mask, c & mask, d & mask, e]
}

/// `a + b`, limb by limb.
#[inline(always)]
pub(crate) fn sum([a, b, c, d, e]: Held, [f, g, h, i, j]: Held) -> Held {
    [a + f, b + g, c + h, d + i, e + j]
}

/// `a - b`, limb by limb.
#[inline(always)]
pub(crate) fn difference([a, b, c, d, e]: Held, [f, g, h, i, j]: Held) -> Held {
    [a - f, b - g, c - h, d - i, e - j]
}

/// The limbs of `b` in the lanes that are set, those of `a` in the others.
#[inline(always)]
pub(crate) fn replace(a: Held, lanes: Lanes, b: Held) -> Held {
    let ([a0, a1, a2, a3, a4], [b0, b1, b2, b3, b4]) = (a, b);
    [
        a0.replace(lanes, b0),
        a1.replace(lanes, b1),
        a2.replace(lanes, b2),
        a3.replace(lanes, b3),
        a4.replace(lanes, b4),
    ]
}

/// The same limbs in every lane.
#[inline(always)]
pub(crate) fn all<M: Multiply>(m: M, limbs: [u64; 5]) -> Held {
    each!(limb in limbs => m.all(limb))
}

/// Adds the products of pairs of limbs to their columns: upper halves go one column up. Written out,
/// so that columns stay in registers.
macro_rules! add_pairs {
    ($m:ident, $columns:ident, $a:ident, $b:ident; $($i:literal * $j:literal),+) => {
        $({
            let (mut low, mut high) = ($columns[$i + $j], $columns[$i + $j + 1]);
            $m.add_both(&mut low, &mut high, $a[$i], $b[$j]);
            $columns[$i + $j] = low;
            $columns[$i + $j + 1] = high;
        })+
    };
}
pub(crate) use add_pairs;

/// How many lower halves each column gets from the pairs of two limbs; upper halves: as many as the
/// column below has lower ones.
const PRODUCT: [u64; 10] = [1, 2, 3, 4, 5, 4, 3, 2, 1, 0];

/// The same from pairs of different limbs, each pair once.
const CROSSED: [u64; 10] = [0, 1, 1, 2, 2, 2, 1, 1, 0, 0];

/// And from every limb with itself.
const SQUARED: [u64; 10] = [1, 0, 1, 0, 1, 0, 1, 0, 1, 0];

/// `columns` made ready for so many lower halves.
#[inline(always)]
fn begun<M: Multiply>(m: M, mut columns: [Vector; 10], lows: [u64; 10]) -> [Vector; 10] {
    columns[0] = columns[0] + m.column(lows[0], 0);
    for at in 1..10 {
        columns[at] = columns[at] + m.column(lows[at], lows[at - 1]);
    }
    columns
}

/// The ten columns of a product, from `low` on, which holds what is added to the lower five. High
/// columns come first: their carries run while the low ones are multiplied.
#[inline(always)]
pub(crate) fn product<M: Multiply>(m: M, low: Held, a: Held, b: Held) -> (Held, Held) {
    let a = each!(limb in a => m.factor(limb));
    let b = each!(limb in b => m.factor(limb));
    let zero = m.zero();
    let [c0, c1, c2, c3, c4] = low;
    let mut columns = begun(
        m,
        [c0, c1, c2, c3, c4, zero, zero, zero, zero, zero],
        PRODUCT,
    );
    add_pairs!(m, columns, a, b;
        1 * 4, 2 * 4, 3 * 4, 4 * 4, 4 * 1, 4 * 2, 4 * 3, 2 * 3, 3 * 3, 3 * 2,
        0 * 4, 1 * 3, 2 * 2, 3 * 1, 4 * 0,
        0 * 0, 0 * 1, 0 * 2, 0 * 3, 1 * 0, 1 * 1, 1 * 2, 2 * 0, 2 * 1, 3 * 0);
    halves(columns)
}

/// The ten columns of a square; products of two different limbs are doubled.
#[inline(always)]
pub(crate) fn square<M: Multiply>(m: M, a: Held) -> (Held, Held) {
    let a = each!(limb in a => m.factor(limb));
    let mut columns = begun(m, [m.zero(); 10], CROSSED);
    add_pairs!(m, columns, a, a;
        1 * 4, 2 * 4, 3 * 4, 2 * 3, 0 * 4, 1 * 3, 0 * 1, 0 * 2, 0 * 3, 1 * 2);
    let doubled = each!(column in columns => column + column);
    let mut columns = begun(m, doubled, SQUARED);
    add_pairs!(m, columns, a, a; 3 * 3, 4 * 4, 2 * 2, 0 * 0, 1 * 1);
    halves(columns)
}

#[inline(always)]
fn halves([a, b, c, d, e, f, g, h, i, j]: [Vector; 10]) -> (Held, Held) {
    ([a, b, c, d, e], [f, g, h, i, j])
}
