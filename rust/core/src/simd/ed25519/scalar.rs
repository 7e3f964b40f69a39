//! Numbers modulo L, the order of the base point, eight at a time, and their signed digits.
//!
//! Limbs of 52 bits as in `field`. Multiplication is Montgomery's with R = 2^260: for factors
//! `a < 2^260` and `b < L` of limbs below 2^52 the result is below (a b + L 2^260) / 2^260 < 2 L,
//! and every column below 20 * 2^52.

use std::arch::x86_64::{
    __mmask8, _mm512_abs_epi64, _mm512_add_epi64, _mm512_and_si512, _mm512_cmpeq_epi64_mask,
    _mm512_cmplt_epi64_mask, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_mask_mov_epi64,
    _mm512_movepi64_mask, _mm512_or_si512, _mm512_setzero_si512, _mm512_slli_epi64,
    _mm512_sllv_epi64, _mm512_srai_epi64, _mm512_srli_epi64, _mm512_srlv_epi64, _mm512_sub_epi64,
    _mm512_test_epi64_mask,
};

use super::constants::{L, L_FACTOR, R1, R2};
use super::field::{BITS, MASK};
use crate::simd::words512::{splat, store, LANES, V};

/// Eight numbers of limbs below 2^52; those of `reduced` are below L.
#[derive(Clone, Copy)]
pub(super) struct Scalar(pub(super) [V; 5]);

/// 260 bits from the words `low` on, from bit `shift` of the first.
macro_rules! limb {
    ($low:expr, $high:expr, $shift:literal) => {
        _mm512_and_si512(
            _mm512_or_si512(
                _mm512_srli_epi64::<$shift>($low),
                _mm512_slli_epi64::<{ 64 - $shift }>($high),
            ),
            splat(MASK),
        )
    };
}

/// Four words of 64 bits as limbs.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn limbs([w0, w1, w2, w3]: [V; 4]) -> [V; 5] {
    [
        _mm512_and_si512(w0, splat(MASK)),
        limb!(w0, w1, 52),
        limb!(w1, w2, 40),
        limb!(w2, w3, 28),
        _mm512_srli_epi64::<16>(w3),
    ]
}

/// Limbs of a number below 2^256 as four words of 64 bits.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn words([l0, l1, l2, l3, l4]: [V; 5]) -> [V; 4] {
    [
        _mm512_or_si512(l0, _mm512_slli_epi64::<52>(l1)),
        _mm512_or_si512(_mm512_srli_epi64::<12>(l1), _mm512_slli_epi64::<40>(l2)),
        _mm512_or_si512(_mm512_srli_epi64::<24>(l2), _mm512_slli_epi64::<28>(l3)),
        _mm512_or_si512(_mm512_srli_epi64::<36>(l3), _mm512_slli_epi64::<16>(l4)),
    ]
}

/// The lanes where the numbers are the same.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn equal(words: &[V; 4], others: &[V; 4]) -> __mmask8 {
    let mut equal = 0xff;
    for (&word, &other) in words.iter().zip(others) {
        equal &= _mm512_cmpeq_epi64_mask(word, other);
    }
    equal
}

impl Scalar {
    /// Numbers of 512 bits, as eight words each, modulo L.
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn reduced(wide: &[V; 8]) -> Self {
        let [w0, w1, w2, w3, w4, w5, w6, w7] = *wide;
        let low = Self([
            _mm512_and_si512(w0, splat(MASK)),
            limb!(w0, w1, 52),
            limb!(w1, w2, 40),
            limb!(w2, w3, 28),
            limb!(w3, w4, 16),
        ]);
        let high = Self([
            _mm512_and_si512(_mm512_srli_epi64::<4>(w4), splat(MASK)),
            limb!(w4, w5, 56),
            limb!(w5, w6, 44),
            limb!(w6, w7, 32),
            _mm512_srli_epi64::<20>(w7),
        ]);
        // low < 2^260 and high < 2^252: the parts are below 2 L and L + L / 2^8, their sum below
        // 4 L.
        let low = low.montgomery(&R1);
        let high = high.montgomery(&R2);
        let mut sum = [_mm512_setzero_si512(); 5];
        for (limb, (&x, &y)) in sum.iter_mut().zip(low.0.iter().zip(&high.0)) {
            *limb = _mm512_add_epi64(x, y);
        }
        Self(carried(sum)).less_l().less_l().less_l()
    }

    /// `self * factor / 2^260` modulo L, below 2 L.
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    fn montgomery(&self, factor: &[u64; 5]) -> Self {
        let mut columns = [_mm512_setzero_si512(); 10];
        for (i, &x) in self.0.iter().enumerate() {
            for (j, &y) in factor.iter().enumerate() {
                columns[i + j] = _mm512_madd52lo_epu64(columns[i + j], x, splat(y));
                columns[i + j + 1] = _mm512_madd52hi_epu64(columns[i + j + 1], x, splat(y));
            }
        }
        for i in 0..5 {
            let zero = _mm512_setzero_si512();
            let quotient = _mm512_madd52lo_epu64(zero, columns[i], splat(L_FACTOR));
            for (j, &y) in L.iter().enumerate() {
                columns[i + j] = _mm512_madd52lo_epu64(columns[i + j], quotient, splat(y));
                columns[i + j + 1] = _mm512_madd52hi_epu64(columns[i + j + 1], quotient, splat(y));
            }
            let carry = _mm512_srli_epi64::<BITS>(columns[i]);
            columns[i + 1] = _mm512_add_epi64(columns[i + 1], carry);
        }
        let [_, _, _, _, _, c5, c6, c7, c8, c9] = columns;
        Self(carried([c5, c6, c7, c8, c9]))
    }

    /// Less L where the number is not below L.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    fn less_l(&self) -> Self {
        let mut difference = self.0;
        for (limb, l) in difference.iter_mut().zip(L) {
            *limb = _mm512_sub_epi64(*limb, splat(l));
        }
        let mut result = carried(difference);
        let negative = _mm512_movepi64_mask(result[4]);
        for (limb, &old) in result.iter_mut().zip(&self.0) {
            *limb = _mm512_mask_mov_epi64(*limb, negative, old);
        }
        Self(result)
    }

    /// The lanes where the number is odd.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn is_odd(&self) -> __mmask8 {
        _mm512_test_epi64_mask(self.0[0], splat(1))
    }

    /// The number as `N` signed digits of `width` bits, lowest first, each at least
    /// -2^(width - 1) and below 2^(width - 1).
    ///
    /// With 2^(width - 1) added to every digit, the digits are those of an ordinary number, which
    /// must fit: `width * N` is at least 254 for numbers below 2^253. (One bit less, and a number
    /// close to 2^252 overflows.)
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn digits<const N: usize>(&self, width: u32) -> Digits<N> {
        let half = splat(1 << (width - 1));
        let biased = self.plus(&bias(width, N));
        let mut digits = Digits {
            size: [[0; LANES]; N],
            negative: [0; N],
        };
        let places = digits.size.iter_mut().zip(&mut digits.negative);
        for (index, (size, negative)) in (0..).zip(places) {
            let value = _mm512_sub_epi64(biased.window(index * width, width), half);
            *size = store(_mm512_abs_epi64(value));
            *negative = _mm512_movepi64_mask(value);
        }
        digits
    }

    /// The odd one of the number and the next as `N` odd digits, lowest first, each of less than
    /// 2^width in magnitude. The size of a digit 2 i + 1 is given as i.
    ///
    /// k = sum of (2 b + 1 - 2^width) 2^(width i) makes the b the ordinary digits of
    /// (k - 1) / 2 + 2^(width N - 1).
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn odd_digits<const N: usize>(&self, width: u32) -> Digits<N> {
        let half = splat(1 << (width - 1));
        let biased = self.halved().plus(&power(width * low_u32(N) - 1));
        let mut digits = Digits {
            size: [[0; LANES]; N],
            negative: [0; N],
        };
        let places = digits.size.iter_mut().zip(&mut digits.negative);
        for (index, (size, negative)) in (0..).zip(places) {
            let value = biased.window(index * width, width);
            *negative = _mm512_cmplt_epi64_mask(value, half);
            let upper = _mm512_sub_epi64(value, half);
            let lower = _mm512_sub_epi64(splat((1 << (width - 1)) - 1), value);
            *size = store(_mm512_mask_mov_epi64(upper, *negative, lower));
        }
        digits
    }

    /// Half of the number, rounded down.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    fn halved(&self) -> Self {
        let mut result = self.0;
        for (index, limb) in result.iter_mut().enumerate() {
            let next = self.0.get(index + 1).copied();
            let above = next.unwrap_or(_mm512_setzero_si512());
            let whole = _mm512_or_si512(*limb, _mm512_slli_epi64::<BITS>(above));
            *limb = _mm512_and_si512(_mm512_srli_epi64::<1>(whole), splat(MASK));
        }
        Self(result)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    fn plus(&self, other: &[u64; 5]) -> Self {
        let mut sum = self.0;
        for (limb, &more) in sum.iter_mut().zip(other) {
            *limb = _mm512_add_epi64(*limb, splat(more));
        }
        Self(carried(sum))
    }

    /// `width` bits from bit `at` on.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    fn window(&self, at: u32, width: u32) -> V {
        let (index, shift) = ((at / BITS).min(4), at - (at / BITS).min(4) * BITS);
        let mut bits = _mm512_srlv_epi64(self.0[index as usize], splat(shift.into()));
        if let Some(&above) = self.0.get(index as usize + 1) {
            let rest = _mm512_sllv_epi64(above, splat((BITS - shift).into()));
            bits = _mm512_or_si512(bits, rest);
        }
        _mm512_and_si512(bits, splat((1 << width) - 1))
    }
}

/// Signed digits of eight numbers.
pub(super) struct Digits<const N: usize> {
    /// What the digits are without their signs: where in its row a lane's entry lies.
    pub(super) size: [[u64; LANES]; N],
    /// The lanes where the digit is negative.
    pub(super) negative: [__mmask8; N],
}

/// One carry chain; the last limb keeps what is above.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn carried(limbs: [V; 5]) -> [V; 5] {
    let mut result = limbs;
    for index in 0..4 {
        let carry = _mm512_srai_epi64::<BITS>(result[index]);
        result[index + 1] = _mm512_add_epi64(result[index + 1], carry);
        result[index] = _mm512_and_si512(result[index], splat(MASK));
    }
    result
}

/// The sum of 2^(width i + width - 1) over `count` digits.
const fn bias(width: u32, count: usize) -> [u64; 5] {
    let mut limbs = [0; 5];
    let mut index = 1;
    while index <= count {
        let one = power(width * low_u32(index) - 1);
        let mut limb = 0;
        while limb < 5 {
            limbs[limb] += one[limb];
            limb += 1;
        }
        index += 1;
    }
    limbs
}

/// 2^bit; the last limb has no upper bound but that of its word.
const fn power(bit: u32) -> [u64; 5] {
    let mut limbs = [0; 5];
    let index = if bit / BITS < 4 { bit / BITS } else { 4 };
    limbs[index as usize] = 1 << (bit - index * BITS);
    limbs
}

/// A count of digits as the numbers of bits are.
#[expect(clippy::cast_possible_truncation)] // Below 100.
const fn low_u32(count: usize) -> u32 {
    count as u32
}
