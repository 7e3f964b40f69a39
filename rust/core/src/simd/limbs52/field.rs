//! A prime field in lanes: multiplication modulo 2^k - c with a small c.
//!
//! Bounds. A value is *normal* when limbs 0 to 3 are below 2^52 and limb 4 below 2^`TOP` + 2^6, so
//! that it is below 2p; *wide* when limbs 0 to 3 are below 2^52 and limb 4 below 2^51.5. Operands of
//! a multiplication are normal or wide, its result is normal. This matters: a multiplication reads
//! the lower 52 bits of a limb and cuts off the rest without a word, so the carries are exact.
//!
//! * A column of a product has at most five lower and five upper halves, each below 2^52, and what
//!   is added to it: below 2^58, and below 2^61 when it is taken eight times.
//! * The highest column is not carried: it is below 2^51 + 2^7, the upper half of a product of two
//!   wide limbs and a carry, so that it is read whole.
//! * After the fold the quotient of the bits above 2^k is below 2^42.
//! * What is subtracted from columns is made up for by a multiple of p; see each operation.

use std::marker::PhantomData;

use super::inverse::{Modulus, Ring};
use super::vector::{Lanes, Multiply, Vector};
use super::{all, carried, difference, product, replace, square, sum, Held};

/// p = 2^(208 + TOP) - EXCESS.
pub(crate) trait Prime: Copy {
    /// Bits of the highest limb.
    const TOP: u32;
    /// c of p = 2^k - c.
    const EXCESS: u64;
    /// p, its limbs.
    const P: [u64; 5];
    /// 2^260 mod p.
    const FOLD: u64 = Self::EXCESS << (52 - Self::TOP);
    /// p as a modulus.
    const MODULUS: Modulus;
}

/// The elements of a field.
pub(crate) struct Elements<P>(PhantomData<P>);

impl<P: Prime> Ring for Elements<P> {
    const MODULUS: Modulus = P::MODULUS;

    #[inline(always)]
    fn mul<M: Multiply>(m: M, a: Held, b: Held) -> Held {
        mul::<M, P>(m, a, b)
    }

    #[inline(always)]
    fn canonical<M: Multiply>(m: M, a: Held) -> Held {
        canonical::<M, P>(m, a)
    }
}

/// `times` p, limb by limb, not carried.
#[inline(always)]
fn multiple<M: Multiply, P: Prime>(m: M, times: u64) -> Held {
    all(m, each!(limb in P::P => limb * times))
}

/// Columns 5 to 9 go into columns 0 to 4 and, above them, into one more.
#[inline(always)]
fn folded<M: Multiply, P: Prime>(m: M, (low, high): (Held, Held)) -> (Held, Vector) {
    let [mut c0, mut c1, mut c2, mut c3, mut c4] = low;
    let [c5, c6, c7, c8, c9] = high;
    let fold = m.factor(m.all(P::FOLD));
    let mut spill = m.column(0, 1);
    let (one, both) = (m.column(1, 0), m.column(1, 1));
    c0 = c0 + one;
    c1 = c1 + both;
    c2 = c2 + both;
    c3 = c3 + both;
    c4 = c4 + both;
    let c6 = c6 + (c5 >> 52);
    m.add_both(&mut c0, &mut c1, m.factor(c5), fold);
    let c7 = c7 + (c6 >> 52);
    m.add_both(&mut c1, &mut c2, m.factor(c6), fold);
    let c8 = c8 + (c7 >> 52);
    m.add_both(&mut c2, &mut c3, m.factor(c7), fold);
    let c9 = c9 + (c8 >> 52);
    m.add_both(&mut c3, &mut c4, m.factor(c8), fold);
    m.add_both(&mut c4, &mut spill, m.factor(c9), fold);
    ([c0, c1, c2, c3, c4], spill)
}

/// Columns and what is above them as a normal value.
#[inline(always)]
fn finished<M: Multiply, P: Prime>(m: M, low: Held, spill: Vector) -> Held {
    let [c0, c1, c2, c3, c4] = low;
    let quotient = (c4 >> P::TOP) + (spill << (52 - P::TOP));
    let c4 = c4 & m.all((1 << P::TOP) - 1);
    let (mut c0, mut c1) = (c0 + m.column(1, 0), c1 + m.column(0, 1));
    let excess = m.factor(m.all(P::EXCESS));
    m.add_both(&mut c0, &mut c1, m.factor(quotient), excess);
    carried(m, [c0, c1, c2, c3, c4])
}

/// a * b
#[inline(always)]
pub(crate) fn mul<M: Multiply, P: Prime>(m: M, a: Held, b: Held) -> Held {
    let (low, spill) = folded::<M, P>(m, product(m, [m.zero(); 5], a, b));
    finished::<M, P>(m, low, spill)
}

/// a^2
#[inline(always)]
pub(crate) fn sqr<M: Multiply, P: Prime>(m: M, a: Held) -> Held {
    let (low, spill) = folded::<M, P>(m, square(m, a));
    finished::<M, P>(m, low, spill)
}

/// 2 * a * b
#[inline(always)]
pub(crate) fn mul_by_2<M: Multiply, P: Prime>(m: M, a: Held, b: Held) -> Held {
    mul_shifted::<M, P>(m, a, b, 1)
}

/// 4 * a * b
#[inline(always)]
pub(crate) fn mul_by_4<M: Multiply, P: Prime>(m: M, a: Held, b: Held) -> Held {
    mul_shifted::<M, P>(m, a, b, 2)
}

/// 2^shift * a * b, with a shift of 2 at most.
#[inline(always)]
fn mul_shifted<M: Multiply, P: Prime>(m: M, a: Held, b: Held, shift: u32) -> Held {
    let (low, spill) = folded::<M, P>(m, product(m, [m.zero(); 5], a, b));
    finished::<M, P>(m, each!(column in low => column << shift), spill << shift)
}

/// 3 * a^2
#[inline(always)]
pub(crate) fn triple_sqr<M: Multiply, P: Prime>(m: M, a: Held) -> Held {
    let (low, spill) = folded::<M, P>(m, square(m, a));
    let low = each!(column in low => column + column + column);
    finished::<M, P>(m, low, spill + spill + spill)
}

/// a * b - c, with a normal c.
#[inline(always)]
pub(crate) fn mul_sub<M: Multiply, P: Prime>(m: M, a: Held, b: Held, c: Held) -> Held {
    let (low, spill) = folded::<M, P>(m, product(m, multiple::<M, P>(m, 8), a, b));
    finished::<M, P>(m, difference(low, c), spill)
}

/// a * (b - c) - d, with normal b, c and d.
#[inline(always)]
pub(crate) fn mul_diff_sub<M: Multiply, P: Prime>(
    m: M,
    a: Held,
    b: Held,
    c: Held,
    d: Held,
) -> Held {
    let b = sub::<M, P>(m, b, c);
    mul_sub::<M, P>(m, a, b, d)
}

/// a * (b - c) - 8 * d, with normal b, c and d.
#[inline(always)]
pub(crate) fn mul_diff_sub8<M: Multiply, P: Prime>(
    m: M,
    a: Held,
    b: Held,
    c: Held,
    d: Held,
) -> Held {
    let b = sub::<M, P>(m, b, c);
    let (low, spill) = folded::<M, P>(m, product(m, multiple::<M, P>(m, 32), a, b));
    finished::<M, P>(m, difference(low, each!(limb in d => limb << 3)), spill)
}

/// a^2 - 2 * b, with a normal b.
#[inline(always)]
pub(crate) fn sqr_sub2<M: Multiply, P: Prime>(m: M, a: Held, b: Held) -> Held {
    let (low, spill) = folded::<M, P>(m, square(m, a));
    let low = difference(sum(low, multiple::<M, P>(m, 8)), sum(b, b));
    finished::<M, P>(m, low, spill)
}

/// a^2 - b - 2 * c, with a normal c, and b wide with its highest limb below 5 * 2^48 + 2^6, as
/// [`sub`] leaves it: with 2c it is 7 * 2^48 + 193, and 8p has 8 * (2^48 - 1).
#[inline(always)]
pub(crate) fn sqr_sub_sub2<M: Multiply, P: Prime>(m: M, a: Held, b: Held, c: Held) -> Held {
    let (low, spill) = folded::<M, P>(m, square(m, a));
    let low = difference(sum(low, multiple::<M, P>(m, 8)), sum(b, sum(c, c)));
    finished::<M, P>(m, low, spill)
}

/// a - b as a wide value, with a and b normal.
#[inline(always)]
pub(crate) fn sub<M: Multiply, P: Prime>(m: M, a: Held, b: Held) -> Held {
    let [c0, c1, c2, c3, c4] = difference(a, b);
    let c0 = c0 - m.all(4 * P::EXCESS);
    let c4 = c4 + m.all(4 << P::TOP);
    carried(m, [c0, c1, c2, c3, c4])
}

/// The residue below p of a normal value.
#[inline(always)]
pub(crate) fn canonical<M: Multiply, P: Prime>(m: M, a: Held) -> Held {
    let [a0, a1, a2, a3, a4] = a;
    let [c0, c1, c2, c3, c4] = carried(m, [a0 + m.all(P::EXCESS), a1, a2, a3, a4]);
    let reaches = !(c4 >> P::TOP).equals(m.zero());
    let less = [c0, c1, c2, c3, c4 & m.all((1 << P::TOP) - 1)];
    replace(a, reaches, less)
}

/// Where a normal or wide value is 0 modulo p.
#[inline(always)]
pub(crate) fn is_zero<M: Multiply, P: Prime>(m: M, a: Held) -> Lanes {
    let [a, b, c, d, e] = canonical::<M, P>(m, finished::<M, P>(m, a, m.zero()));
    (a | b | c | d | e).equals(m.zero())
}

/// a - b as a normal value, with bounds as for [`sub`].
#[inline(always)]
pub(crate) fn reduced_sub<M: Multiply, P: Prime>(m: M, a: Held, b: Held) -> Held {
    finished::<M, P>(m, sub::<M, P>(m, a, b), m.zero())
}
