//! Between rows of tables and lanes: a row is x and y of a point, below p, four words each.

use super::curve::{Field, Group};
use super::kernels::Kernels;
use super::scalars::Digits;
use crate::simd::limbs52::order::Order;
use crate::simd::limbs52::vector::{transpose, Lanes, Multiply, LANES};
use crate::simd::limbs52::{
    all, carried, difference, each, field, limbs_of_words, replace, sum, words_of_limbs, Held,
    Limbs, Slot,
};
use crate::simd::rows::Row;

/// The points of rows, one a lane.
#[inline(always)]
fn lanes<M: Multiply>(m: M, rows: [&Row; LANES]) -> (Held, Held) {
    let [a, b, c, d, e, f, g, h] = transpose(each!(row in rows => m.row(row)));
    (
        limbs_of_words(m, [a, b, c, d]),
        limbs_of_words(m, [e, f, g, h]),
    )
}

#[inline(always)]
pub(super) fn unpack<K: Kernels>(k: K, points: &[&Row; 8], x: &Slot, y: &Slot) {
    let (px, py) = lanes(k, *points);
    x.set(Limbs::of(px));
    y.set(Limbs::of(py));
}

/// The points that digits choose.
#[inline(always)]
fn chosen<M: Multiply>(m: M, tables: &[&[Row]; 8], digits: &Digits) -> (Held, Held) {
    let mut rows = [&Row::ZERO; LANES];
    for ((row, table), &at) in rows.iter_mut().zip(tables).zip(&digits.rows) {
        *row = &table[at as usize];
    }
    let (x, y) = lanes(m, rows);
    // p - y needs no borrow from above: y is below p.
    let negative = carried(m, difference(all(m, <Field as field::Prime>::P), y));
    (x, replace(y, digits.negative, negative))
}

#[inline(always)]
pub(super) fn point<K: Kernels>(k: K, tables: &[&[Row]; 8], digits: &Digits, x: &Slot, y: &Slot) {
    let (px, py) = chosen(k, tables, digits);
    x.set(Limbs::of(px));
    y.set(Limbs::of(py));
}

#[inline(always)]
pub(super) fn differences<K: Kernels>(
    k: K,
    tables: &[&[Row]; 8],
    digits: &Digits,
    x: &Slot,
    y: &Slot,
    dx: &Slot,
    dy: &Slot,
) {
    let (px, py) = chosen(k, tables, digits);
    dx.set(Limbs::of(field::sub::<_, Field>(k, px, x.get().load(k))));
    dy.set(Limbs::of(field::sub::<_, Field>(k, py, y.get().load(k))));
}

#[inline(always)]
pub(super) fn replace_zeros<K: Kernels>(k: K, a: &Slot) -> Lanes {
    let limbs = a.get().load(k);
    let zeros = field::is_zero::<_, Field>(k, limbs);
    a.set(Limbs::of(replace(limbs, zeros, all(k, [1, 0, 0, 0, 0]))));
    zeros
}

#[inline(always)]
pub(super) fn pack<K: Kernels>(k: K, x: &Slot, y: &Slot, tables: &mut [&mut [Row]], at: usize) {
    let [[a, b, c, d], [e, f, g, h]] = each!(slot in [x, y] => {
        words_of_limbs(field::canonical::<_, Field>(k, slot.get().load(k)))
    });
    let rows = transpose([a, b, c, d, e, f, g, h]);
    for (lane, table) in tables.iter_mut().enumerate().take(LANES) {
        table[at] = rows[lane].to_row();
    }
}

/// x / z^2 is r, or r + n where that is below p.
#[inline(always)]
pub(super) fn judge<K: Kernels>(k: K, x: &Slot, z: &Slot, r: &Limbs) -> (Lanes, Lanes) {
    let (x, z, r) = (x.get().load(k), z.get().load(k), r.load(k));
    let zz = field::sqr::<_, Field>(k, z);
    let mut equal = is_product(k, x, r, zz);
    let (above, below_p) = plus_order(k, r);
    if below_p != 0 {
        equal |= is_product(k, x, above, zz) & below_p;
    }
    (equal, field::is_zero::<_, Field>(k, z))
}

/// Where x is a * b.
#[inline(always)]
fn is_product<M: Multiply>(m: M, x: Held, a: Held, b: Held) -> Lanes {
    let product = field::mul::<_, Field>(m, a, b);
    field::is_zero::<_, Field>(m, field::sub::<_, Field>(m, product, x))
}

/// r + n, and where it is below p.
#[inline(always)]
pub(super) fn plus_order<M: Multiply>(m: M, r: Held) -> (Held, Lanes) {
    let above = carried(m, sum(r, all(m, Group::N)));
    let [a, b, c, d, e] = above;
    let excess = m.all(<Field as field::Prime>::EXCESS);
    let [.., top] = carried(m, [a + excess, b, c, d, e]);
    (above, (top >> 48).equals(m.zero()))
}
