//! Residues modulo the order of a group in lanes, in Montgomery's way with R = 2^260.
//!
//! Bounds: factors have limbs below 2^52, and are below 2^258, their product below 2^516; a result
//! is below n + 2^256, so below 2^257, and can be a factor. A column has at most ten lower and ten
//! upper halves and a carry: below 2^57.

use std::marker::PhantomData;

use super::inverse::{Modulus, Ring};
use super::vector::{Multiply, Vector};
use super::{add_pairs, all, carried, difference, product, replace, Held};

/// A group's order n, odd and between 2^252 and 2^256.
pub(crate) trait Order: Copy {
    /// n, its limbs.
    const N: [u64; 5];
    /// -1/n mod 2^52.
    const NEGATIVE_INVERSE: u64;
    /// n as a modulus.
    const MODULUS: Modulus;
}

/// The residues of an order: products are Montgomery's.
pub(crate) struct Residues<O>(PhantomData<O>);

impl<O: Order> Ring for Residues<O> {
    const MODULUS: Modulus = O::MODULUS;

    #[inline(always)]
    fn mul<M: Multiply>(m: M, a: Held, b: Held) -> Held {
        mul::<M, O>(m, a, b)
    }

    #[inline(always)]
    fn canonical<M: Multiply>(m: M, a: Held) -> Held {
        canonical::<M, O>(m, a)
    }
}

/// -1/n mod 2^52 for the lowest limb of n.
pub(crate) const fn negative_inverse(n: u64) -> u64 {
    let mut inverse = n;
    let mut round = 0;
    while round < 6 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(n.wrapping_mul(inverse)));
        round += 1;
    }
    inverse.wrapping_neg() & super::vector::MASK
}

/// a * b / 2^260
#[inline(always)]
pub(crate) fn mul<M: Multiply, O: Order>(m: M, a: Held, b: Held) -> Held {
    let ([c0, c1, c2, c3, c4], [c5, c6, c7, c8, c9]) = product(m, [m.zero(); 5], a, b);
    let n = each!(limb in O::N => m.factor(m.all(limb)));
    let inverse = m.factor(m.all(O::NEGATIVE_INVERSE));
    let (c1, c2, c3, c4, c5) = reduced(m, [c0, c1, c2, c3, c4, c5], n, inverse);
    let (c2, c3, c4, c5, c6) = reduced(m, [c1, c2, c3, c4, c5, c6], n, inverse);
    let (c3, c4, c5, c6, c7) = reduced(m, [c2, c3, c4, c5, c6, c7], n, inverse);
    let (c4, c5, c6, c7, c8) = reduced(m, [c3, c4, c5, c6, c7, c8], n, inverse);
    let (c5, c6, c7, c8, c9) = reduced(m, [c4, c5, c6, c7, c8, c9], n, inverse);
    carried(m, [c5, c6, c7, c8, c9])
}

/// Adds the multiple of n that makes the lowest column a multiple of 2^52, and carries that one up.
#[inline(always)]
fn reduced<M: Multiply>(
    m: M,
    columns: [Vector; 6],
    n: [M::Factor; 5],
    inverse: M::Factor,
) -> (Vector, Vector, Vector, Vector, Vector) {
    let times = m.add_low(m.column(1, 0), m.factor(columns[0]), inverse);
    let times = [m.factor(times)];
    let [c0, c1, c2, c3, c4, c5] = columns;
    let (one, both) = (m.column(1, 0), m.column(1, 1));
    let mut columns = [
        c0 + one,
        c1 + both,
        c2 + both,
        c3 + both,
        c4 + both,
        c5 + m.column(0, 1),
    ];
    add_pairs!(m, columns, times, n; 0 * 0, 0 * 1, 0 * 2, 0 * 3, 0 * 4);
    let [c0, c1, c2, c3, c4, c5] = columns;
    (c1 + (c0 >> 52), c2, c3, c4, c5)
}

/// The residue below n of a value below 2n.
#[inline(always)]
pub(crate) fn canonical<M: Multiply, O: Order>(m: M, a: Held) -> Held {
    let less = carried(m, difference(a, all(m, O::N)));
    let is_negative = !(less[4] >> 63).equals(m.zero());
    replace(less, is_negative, a)
}
