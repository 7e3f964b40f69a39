//! Arithmetic modulo p = 2^255 - 19, eight elements at a time.
//!
//! An element is five unsigned limbs of 52 bits, one element a lane. **Every** element that a
//! function here takes or returns obeys one invariant:
//!
//! * limbs 0 to 3 are below 2^52, exactly: a multiply-add reads the low 52 bits of a factor and
//!   silently drops the rest;
//! * limb 4 is below 2^49, so that the value is below 2^257. It is not canonical.
//!
//! Bounds. A product is ten columns c0..c9 of weight 2^(52 i).
//!
//! * c9 is not carried before it is folded: high(a4 b4) < 2^46, plus the carry of c8 (at most 9
//!   parts below 2^52, so below 2^4), is below 2^52.
//! * Folding multiplies c5..c9 by 2^260 = 608: a column of the result has at most 9 parts below
//!   2^52 and one below 608, which is below 2^55.4; the spill, of weight 2^260, is
//!   (2^46 + 2^4) * 608 / 2^52 < 10.
//! * Columns are added, subtracted or multiplied by 2 and 4 before they are brought back into
//!   limbs, never by more than 4 in all: they stay below 2^57.4 in magnitude, the spill below 40.
//!
//! `settle` wants columns that are not negative: the quotient by 2^255 is below
//! 2^(57.4 - 47) + 40 * 2^5 < 2^12, times 19 below 2^17, and the last limb ends below
//! 2^47 + 2^(57.4 - 52) < 2^48.
//!
//! `settle_signed` takes negative ones too. It adds 2^12 p before the quotient is taken, so that
//! it lies between (2^59 - 2^57.4) / 2^47 - 40 * 2^5 > 1400 and 2^13 + 40 * 2^5 < 2^14; and 2p
//! after it, so that the last limb is above 2^48 - 2^6 and below 2^48 + 2^47 + 2^6 < 2^49.

use std::arch::x86_64::{
    __mmask8, _mm512_add_epi64, _mm512_and_si512, _mm512_cmpeq_epi64_mask, _mm512_madd52hi_epu64,
    _mm512_madd52lo_epu64, _mm512_mask_mov_epi64, _mm512_mask_sub_epi64, _mm512_or_si512,
    _mm512_setzero_si512, _mm512_slli_epi64, _mm512_srai_epi64, _mm512_srli_epi64,
    _mm512_sub_epi64, _mm512_test_epi64_mask,
};

use crate::simd::words512::{splat, V};

/// Bits of a limb.
pub(super) const BITS: u32 = 52;
/// The low bits that a limb has.
pub(super) const MASK: u64 = (1 << BITS) - 1;
/// Bits of limb 4 below 2^255.
const TOP: u32 = 255 - 4 * BITS;
/// 2^260 modulo p.
const FOLD: u64 = 608;

/// Eight elements, one a lane.
#[derive(Clone, Copy)]
pub(super) struct Fe(pub(super) [V; 5]);

/// Five columns and the spill of weight 2^260.
type Columns = [V; 6];

macro_rules! part {
    ($x:expr, $y:expr => $low:ident, $high:ident) => {
        $low = _mm512_madd52lo_epu64($low, $x, $y);
        $high = _mm512_madd52hi_epu64($high, $x, $y);
    };
}

/// Folds ten columns, each into the next ones as soon as it has its carry.
macro_rules! folded {
    ($c0:ident $c1:ident $c2:ident $c3:ident $c4:ident $c5:ident $c6:ident $c7:ident $c8:ident $c9:ident) => {{
        let fold = splat(FOLD);
        let mut spill = _mm512_setzero_si512();
        $c6 = _mm512_add_epi64($c6, _mm512_srli_epi64::<BITS>($c5));
        part!($c5, fold => $c0, $c1);
        $c7 = _mm512_add_epi64($c7, _mm512_srli_epi64::<BITS>($c6));
        part!($c6, fold => $c1, $c2);
        $c8 = _mm512_add_epi64($c8, _mm512_srli_epi64::<BITS>($c7));
        part!($c7, fold => $c2, $c3);
        $c9 = _mm512_add_epi64($c9, _mm512_srli_epi64::<BITS>($c8));
        part!($c8, fold => $c3, $c4);
        part!($c9, fold => $c4, spill);
        [$c0, $c1, $c2, $c3, $c4, spill]
    }};
}

/// The columns of a product. A macro, so that it is always inline: the columns live in registers.
/// The upper columns come first, and their carries run under the lower products.
macro_rules! product {
    ($a:expr, $b:expr) => {{
        let [a0, a1, a2, a3, a4] = $a.0;
        let [b0, b1, b2, b3, b4] = $b.0;
        let zero = _mm512_setzero_si512();
        let (mut c0, mut c1, mut c2, mut c3, mut c4) = (zero, zero, zero, zero, zero);
        let (mut c5, mut c6, mut c7, mut c8, mut c9) = (zero, zero, zero, zero, zero);
        part!(a1, b4 => c5, c6);
        part!(a2, b4 => c6, c7);
        part!(a3, b4 => c7, c8);
        part!(a4, b4 => c8, c9);
        part!(a4, b1 => c5, c6);
        part!(a4, b2 => c6, c7);
        part!(a4, b3 => c7, c8);
        part!(a2, b3 => c5, c6);
        part!(a3, b3 => c6, c7);
        part!(a3, b2 => c5, c6);
        part!(a0, b4 => c4, c5);
        part!(a1, b3 => c4, c5);
        part!(a2, b2 => c4, c5);
        part!(a3, b1 => c4, c5);
        part!(a4, b0 => c4, c5);
        part!(a0, b0 => c0, c1);
        part!(a0, b1 => c1, c2);
        part!(a0, b2 => c2, c3);
        part!(a0, b3 => c3, c4);
        part!(a1, b0 => c1, c2);
        part!(a1, b1 => c2, c3);
        part!(a1, b2 => c3, c4);
        part!(a2, b0 => c2, c3);
        part!(a2, b1 => c3, c4);
        part!(a3, b0 => c3, c4);
        folded!(c0 c1 c2 c3 c4 c5 c6 c7 c8 c9)
    }};
}

/// The columns of a square: the mixed products once, doubled, then the squares.
macro_rules! square {
    ($a:expr) => {{
        let [a0, a1, a2, a3, a4] = $a.0;
        let zero = _mm512_setzero_si512();
        let (mut c0, mut c1, mut c2, mut c3, mut c4) = (zero, zero, zero, zero, zero);
        let (mut c5, mut c6, mut c7, mut c8, mut c9) = (zero, zero, zero, zero, zero);
        part!(a1, a4 => c5, c6);
        part!(a2, a4 => c6, c7);
        part!(a3, a4 => c7, c8);
        part!(a2, a3 => c5, c6);
        part!(a0, a4 => c4, c5);
        part!(a1, a3 => c4, c5);
        part!(a0, a1 => c1, c2);
        part!(a0, a2 => c2, c3);
        part!(a0, a3 => c3, c4);
        part!(a1, a2 => c3, c4);
        c5 = _mm512_add_epi64(c5, c5);
        c6 = _mm512_add_epi64(c6, c6);
        c7 = _mm512_add_epi64(c7, c7);
        c8 = _mm512_add_epi64(c8, c8);
        part!(a3, a3 => c6, c7);
        part!(a4, a4 => c8, c9);
        c4 = _mm512_add_epi64(c4, c4);
        part!(a2, a2 => c4, c5);
        c1 = _mm512_add_epi64(c1, c1);
        c2 = _mm512_add_epi64(c2, c2);
        c3 = _mm512_add_epi64(c3, c3);
        part!(a0, a0 => c0, c1);
        part!(a1, a1 => c2, c3);
        folded!(c0 c1 c2 c3 c4 c5 c6 c7 c8 c9)
    }};
}

/// One exact carry chain, from the lowest limb up. (A carry in parallel can leave a limb of 2^52.)
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn carried(c0: V, c1: V, c2: V, c3: V, c4: V) -> Fe {
    let mask = splat(MASK);
    let c1 = _mm512_add_epi64(c1, _mm512_srai_epi64::<BITS>(c0));
    let c2 = _mm512_add_epi64(c2, _mm512_srai_epi64::<BITS>(c1));
    let c3 = _mm512_add_epi64(c3, _mm512_srai_epi64::<BITS>(c2));
    let c4 = _mm512_add_epi64(c4, _mm512_srai_epi64::<BITS>(c3));
    let limb = |column| _mm512_and_si512(column, mask);
    Fe([limb(c0), limb(c1), limb(c2), limb(c3), c4])
}

/// An element from columns that are not negative.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn settle([c0, c1, c2, c3, c4, spill]: Columns) -> Fe {
    let quotient = _mm512_add_epi64(
        _mm512_srli_epi64::<TOP>(c4),
        _mm512_slli_epi64::<{ BITS - TOP }>(spill),
    );
    let c4 = _mm512_and_si512(c4, splat((1 << TOP) - 1));
    let c0 = _mm512_madd52lo_epu64(c0, quotient, splat(19));
    carried(c0, c1, c2, c3, c4)
}

/// An element from columns of either sign.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn settle_signed([c0, c1, c2, c3, c4, spill]: Columns) -> Fe {
    // 2^12 p = 2^267 - 19 * 2^12, and 2p = 2^256 - 38.
    let c0 = _mm512_sub_epi64(c0, splat(19 * (1 << 12) + 38));
    let c4 = _mm512_add_epi64(c4, splat(1 << (TOP + 12)));
    let quotient = _mm512_add_epi64(
        _mm512_srli_epi64::<TOP>(c4),
        _mm512_slli_epi64::<{ BITS - TOP }>(spill),
    );
    let c4 = _mm512_and_si512(c4, splat((1 << TOP) - 1));
    let c4 = _mm512_or_si512(c4, splat(1 << (TOP + 1)));
    let c0 = _mm512_madd52lo_epu64(c0, quotient, splat(19));
    carried(c0, c1, c2, c3, c4)
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn plus(a: Columns, b: Columns) -> Columns {
    let mut sum = a;
    for (x, &y) in sum.iter_mut().zip(&b) {
        *x = _mm512_add_epi64(*x, y);
    }
    sum
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn minus(a: Columns, b: Columns) -> Columns {
    let mut difference = a;
    for (x, &y) in difference.iter_mut().zip(&b) {
        *x = _mm512_sub_epi64(*x, y);
    }
    difference
}

/// The columns with the other sign in the lanes of `negative`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn flipped(a: Columns, negative: __mmask8) -> Columns {
    let mut result = a;
    for x in &mut result {
        *x = _mm512_mask_sub_epi64(*x, negative, _mm512_setzero_si512(), *x);
    }
    result
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn shifted<const N: u32>(a: Columns) -> Columns {
    let mut result = a;
    for x in &mut result {
        *x = _mm512_slli_epi64::<N>(*x);
    }
    result
}

impl Fe {
    /// The same element in every lane, of limbs below 2^52.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn splat(limbs: [u64; 5]) -> Self {
        let [a, b, c, d, e] = limbs;
        Self([splat(a), splat(b), splat(c), splat(d), splat(e)])
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn zero() -> Self {
        Self::splat([0; 5])
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn one() -> Self {
        Self::splat([1, 0, 0, 0, 0])
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn columns(&self) -> Columns {
        let [a, b, c, d, e] = self.0;
        [a, b, c, d, e, _mm512_setzero_si512()]
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn add(&self, other: &Self) -> Self {
        settle(plus(self.columns(), other.columns()))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn sub(&self, other: &Self) -> Self {
        settle_signed(minus(self.columns(), other.columns()))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn neg(&self) -> Self {
        Self::zero().sub(self)
    }

    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn mul(&self, other: &Self) -> Self {
        settle(product!(self, other))
    }

    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn square(&self) -> Self {
        settle(square!(self))
    }

    /// `self` in the lanes of `mask`, `other` elsewhere.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn select(&self, mask: __mmask8, other: &Self) -> Self {
        let mut result = *other;
        for (limb, &chosen) in result.0.iter_mut().zip(&self.0) {
            *limb = _mm512_mask_mov_epi64(*limb, mask, chosen);
        }
        result
    }

    /// The residue below p, as limbs.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn canonical(&self) -> [V; 5] {
        // Settled, the value is below 2^255 + 2^7. It is not below p when 19 more reach 2^255.
        let settled = settle(self.columns());
        let [l0, l1, l2, l3, l4] = settled.0;
        let more = carried(_mm512_add_epi64(l0, splat(19)), l1, l2, l3, l4);
        let [m0, m1, m2, m3, m4] = more.0;
        let not_below = _mm512_test_epi64_mask(m4, splat(1 << TOP));
        let m4 = _mm512_and_si512(m4, splat((1 << TOP) - 1));
        Self([m0, m1, m2, m3, m4]).select(not_below, &settled).0
    }

    /// The lanes where the element is zero.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn is_zero(&self) -> __mmask8 {
        let [a, b, c, d, e] = self.canonical();
        let any = _mm512_or_si512(
            _mm512_or_si512(_mm512_or_si512(a, b), _mm512_or_si512(c, d)),
            e,
        );
        _mm512_cmpeq_epi64_mask(any, _mm512_setzero_si512())
    }
}

/// `(e f - a b, e f + a b)`: two products, and neither is carried on its own.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn difference_sum(a: &Fe, b: &Fe, e: &Fe, f: &Fe) -> (Fe, Fe) {
    let first = product!(a, b);
    let second = product!(e, f);
    (
        settle_signed(minus(second, first)),
        settle(plus(second, first)),
    )
}

/// The same with the sign of `a b` changed in the lanes of `negative`.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn difference_sum_signed(
    a: &Fe,
    b: &Fe,
    negative: __mmask8,
    e: &Fe,
    f: &Fe,
) -> (Fe, Fe) {
    let first = flipped(product!(a, b), negative);
    let second = product!(e, f);
    (
        settle_signed(minus(second, first)),
        settle_signed(plus(second, first)),
    )
}

/// `(2 e - a b, 2 e + a b)`, with the sign of `a b` changed in the lanes of `negative`.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn twice_difference_sum(a: &Fe, b: &Fe, negative: __mmask8, e: &Fe) -> (Fe, Fe) {
    let first = flipped(product!(a, b), negative);
    let second = shifted::<1>(e.columns());
    (
        settle_signed(minus(second, first)),
        settle_signed(plus(second, first)),
    )
}

/// `(b² - a², b² + a²)`.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn squares_difference_sum(a: &Fe, b: &Fe) -> (Fe, Fe) {
    let first = square!(a);
    let second = square!(b);
    (
        settle_signed(minus(second, first)),
        settle(plus(second, first)),
    )
}

/// `(4 c² - 2 a b, 2 a b)`.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn doubling_pair(a: &Fe, b: &Fe, c: &Fe) -> (Fe, Fe) {
    let first = shifted::<1>(product!(a, b));
    let second = shifted::<2>(square!(c));
    (settle_signed(minus(second, first)), settle(first))
}

/// `(a b, c d)`.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn two_products(a: &Fe, b: &Fe, c: &Fe, d: &Fe) -> (Fe, Fe) {
    (settle(product!(a, b)), settle(product!(c, d)))
}

/// `z^(2^252 - 3)` of `N` sets of elements in step: the exponent of a square root. Several sets
/// hide the latency of a chain of squarings.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn root_power<const N: usize>(z: &[Fe; N]) -> [Fe; N] {
    // Comments give the exponent reached.
    let z2 = squared(z, 1);
    let z9 = each(z, &squared(&z2, 2));
    let z11 = each(&z2, &z9);
    let x5 = each(&z9, &squared(&z11, 1)); // 2^5 - 1
    let x10 = each(&x5, &squared(&x5, 5)); // 2^10 - 1
    let x20 = each(&x10, &squared(&x10, 10));
    let x40 = each(&x20, &squared(&x20, 20));
    let x50 = each(&x10, &squared(&x40, 10));
    let x100 = each(&x50, &squared(&x50, 50));
    let x200 = each(&x100, &squared(&x100, 100));
    let x250 = each(&x50, &squared(&x200, 50)); // 2^250 - 1
    each(z, &squared(&x250, 2)) // 2^252 - 3
}

/// The inverse; of zero, zero.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn inverse(z: &Fe) -> Fe {
    // p - 2 = 8 (2^252 - 3) + 3.
    let z = [*z];
    let power = squared(&root_power(&z), 3);
    let cube = each(&z, &squared(&z, 1));
    each(&power, &cube)[0]
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn each<const N: usize>(a: &[Fe; N], b: &[Fe; N]) -> [Fe; N] {
    let mut result = *a;
    for (x, y) in result.iter_mut().zip(b) {
        *x = x.mul(y);
    }
    result
}

/// Squared `times` times.
#[target_feature(enable = "avx512f,avx512ifma")]
fn squared<const N: usize>(a: &[Fe; N], times: usize) -> [Fe; N] {
    let mut result = *a;
    for _ in 0..times {
        for x in &mut result {
            *x = x.square();
        }
    }
    result
}
