//! One inversion for many values (Montgomery's trick): products of all before, one inverse, and back.

use super::curve::Field;
use super::kernels::Kernels;
use crate::simd::limbs52::field::{self, Elements};
use crate::simd::limbs52::inverse::invert_lanes;
use crate::simd::limbs52::{each, slots, Limbs, Slot};
use std::ops::Range;

/// Chains of products, in step.
pub(super) const CHAINS: usize = 4;

/// Makes the products of `values`: `products[e + CHAINS]` is that of the chain of e up to e.
#[inline(always)]
pub(super) fn multiply<K: Kernels>(k: K, values: &[Slot], products: &[Slot], range: Range<usize>) {
    if range.start == 0 {
        products[..CHAINS]
            .iter()
            .for_each(|first| first.set(Limbs::ONE));
    }
    for start in range.clone().step_by(CHAINS) {
        let end = (start + CHAINS).min(range.end);
        let (before, next) = (
            &products[start..end],
            &products[start + CHAINS..end + CHAINS],
        );
        k.mul(next, before, &values[start..end]);
    }
}

/// Calls `each` with ranges of `values`, last first, and the inverses of those; their `products` are
/// made. False, and nothing was called, when one is 0 in some lane.
#[inline(always)]
pub(super) fn divide<K: Kernels>(
    k: K,
    values: &[Slot],
    products: &[Slot],
    mut each: impl FnMut(Range<usize>, &[Slot]),
) -> bool {
    let (run, inverses): ([Slot; CHAINS], [Slot; CHAINS]) = (slots(), slots());
    let count = values.len();
    for last in count..count + CHAINS {
        run[last % CHAINS].set(products[last].get());
    }
    if !k.invert(&run) {
        return false;
    }
    for start in (0..count).step_by(CHAINS).rev() {
        let range = start..(start + CHAINS).min(count);
        let (run, inverses) = (&run[..range.len()], &inverses[..range.len()]);
        k.mul(inverses, run, &products[range.clone()]);
        k.mul(run, run, &values[range.clone()]);
        each(range, inverses);
    }
    true
}

/// The inverses of four slots, in place; false when a lane of one is 0 modulo p.
#[inline(always)]
pub(super) fn invert<K: Kernels>(k: K, slots: &[Slot; CHAINS]) -> bool {
    let [a, b, c, d] = slots;
    let [a, b, c, d] = each!(slot in [a, b, c, d] => slot.get().load(k));
    let mul = field::mul::<K, Field>;
    let (ab, cd) = (mul(k, a, b), mul(k, c, d));
    let Some((whole, others)) = invert_lanes::<K, Elements<Field>>(k, mul(k, ab, cd)) else {
        return false;
    };
    let inverse = mul(k, whole, others);
    let (of_ab, of_cd) = (mul(k, inverse, cd), mul(k, inverse, ab));
    let results = [
        mul(k, of_ab, b),
        mul(k, of_ab, a),
        mul(k, of_cd, d),
        mul(k, of_cd, c),
    ];
    for (slot, result) in slots.iter().zip(results) {
        slot.set(Limbs::of(result));
    }
    true
}

#[inline(always)]
pub(super) fn add_with_slope<K: Kernels>(
    k: K,
    slopes: &[Slot],
    dx: &[Slot],
    x: &[Slot],
    y: &[Slot],
) {
    for (((slope, dx), x), y) in slopes.iter().zip(dx).zip(x).zip(y) {
        let (slope, dx) = (slope.get().load(k), dx.get().load(k));
        let (old_x, old_y) = (x.get().load(k), y.get().load(k));
        let new_x = field::sqr_sub_sub2::<_, Field>(k, slope, dx, old_x);
        let new_y = field::mul_diff_sub::<_, Field>(k, slope, old_x, new_x, old_y);
        x.set(Limbs::of(new_x));
        y.set(Limbs::of(new_y));
    }
}
