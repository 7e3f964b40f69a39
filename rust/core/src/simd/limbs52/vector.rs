//! Vectors of eight words of 64 bits, and the two ways to multiply limbs of 52 bits in them.

use std::arch::x86_64::{
    __m512d, __m512i, __mmask8, _mm256_storeu_si256, _mm512_add_epi64, _mm512_alignr_epi64,
    _mm512_and_si512, _mm512_castpd_si512, _mm512_castsi512_pd, _mm512_cmpeq_epi64_mask,
    _mm512_cmplt_epu64_mask, _mm512_cvtepi64_epi32, _mm512_fmadd_pd, _mm512_fmadd_round_pd,
    _mm512_load_si512, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_mask_mov_epi64,
    _mm512_or_si512, _mm512_set1_epi64, _mm512_set1_pd, _mm512_setzero_si512, _mm512_sllv_epi64,
    _mm512_srav_epi64, _mm512_srlv_epi64, _mm512_store_si512, _mm512_sub_epi64, _mm512_sub_pd,
    _mm512_ternarylogic_epi64, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEG_INF,
};
use std::ops::{Add, BitAnd, BitOr, Shl, Shr, Sub};

use crate::simd::rows::Row;
use crate::simd::{self, words512, Level};

/// Lanes of a vector.
pub(crate) const LANES: usize = 8;

/// The 52 low bits.
pub(crate) const MASK: u64 = (1 << 52) - 1;

/// Eight words, one a lane. There is one only where the processor has AVX-512: a [`Multiply`] makes
/// it.
#[derive(Clone, Copy)]
pub(crate) struct Vector(__m512i);

/// A bit for each lane.
pub(crate) type Lanes = u8;

/// How the processor multiplies limbs of 52 bits: a value of such a type exists only where it has
/// the instructions, AVX-512 F, BW, DQ and VL among them.
pub(crate) trait Multiply: Copy {
    /// A limb made ready to be multiplied.
    type Factor: Copy;

    /// The level of the instructions.
    const LEVEL: Level;

    /// The proof that this processor has them; `None` when it does not.
    fn new() -> Option<Self>;

    /// The lower 52 bits of each word as a factor.
    fn factor(self, limb: Vector) -> Self::Factor;

    /// What a column must begin with so that it is right once `low` low and `high` high halves were
    /// added. The lower 52 bits are 0.
    fn column(self, low: u64, high: u64) -> Vector;

    /// The column with the lower 52 bits of `a * b` added.
    fn add_low(self, column: Vector, a: Self::Factor, b: Self::Factor) -> Vector;

    /// Adds the lower 52 bits of `a * b` to a column and the upper ones to another.
    fn add_both(self, low: &mut Vector, high: &mut Vector, a: Self::Factor, b: Self::Factor);

    /// The same word in every lane.
    #[inline(always)]
    fn all(self, word: u64) -> Vector {
        // SAFETY: whoever has `self` is on a processor with AVX-512.
        Vector(unsafe { _mm512_set1_epi64(word.cast_signed()) })
    }

    /// Zeros.
    #[inline(always)]
    fn zero(self) -> Vector {
        // SAFETY: whoever has `self` is on a processor with AVX-512.
        Vector(unsafe { _mm512_setzero_si512() })
    }

    /// The words of a row, the first in the first lane.
    #[inline(always)]
    fn row(self, row: &Row) -> Vector {
        // SAFETY: as above; a row has 64 bytes and is aligned to them.
        Vector(unsafe { _mm512_load_si512(row.0.as_ptr().cast()) })
    }
}

/// With the multiply-and-add of 52 bits of AVX-512 IFMA.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ifma(());

impl Multiply for Ifma {
    type Factor = Vector;

    const LEVEL: Level = Level::Avx512Ifma;

    fn new() -> Option<Self> {
        (simd::detect() >= Self::LEVEL).then_some(Self(()))
    }

    #[inline(always)]
    fn factor(self, limb: Vector) -> Vector {
        limb
    }

    #[inline(always)]
    fn column(self, _: u64, _: u64) -> Vector {
        self.zero()
    }

    #[inline(always)]
    fn add_low(self, column: Vector, a: Vector, b: Vector) -> Vector {
        // SAFETY: `self` proves AVX-512 IFMA.
        Vector(unsafe { _mm512_madd52lo_epu64(column.0, a.0, b.0) })
    }

    #[inline(always)]
    fn add_both(self, low: &mut Vector, high: &mut Vector, a: Vector, b: Vector) {
        // SAFETY: `self` proves AVX-512 IFMA.
        unsafe {
            low.0 = _mm512_madd52lo_epu64(low.0, a.0, b.0);
            high.0 = _mm512_madd52hi_epu64(high.0, a.0, b.0);
        }
    }
}

/// With floating point of AVX-512, where a product of two limbs is split exactly by two fused
/// multiply-and-adds.
///
/// With a, b < 2^52 the first, rounded down at 2^104, is 2^104 + 2^52 * h, where h is the upper half:
/// as a number of 64 bits h above the bits of 2^104. The second is the rest above 2^52. Sums of such
/// bits are right once the constants are taken off, which [`Multiply::column`] does beforehand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doubles(());

/// The bits of 2^52 and of 2^104.
const LOW_BITS: u64 = (1023 + 52) << 52;
const HIGH_BITS: u64 = (1023 + 104) << 52;
const TWO_52: f64 = 4_503_599_627_370_496.0;
const TWO_104: f64 = TWO_52 * TWO_52;
const DOWN: i32 = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;

/// (a & b) | c.
const AND_OR: i32 = 0xea;

impl Multiply for Doubles {
    type Factor = __m512d;

    const LEVEL: Level = Level::Avx512;

    fn new() -> Option<Self> {
        (simd::detect() >= Self::LEVEL).then_some(Self(()))
    }

    #[inline(always)]
    fn factor(self, limb: Vector) -> __m512d {
        let (mask, bits) = (self.all(MASK), self.all(LOW_BITS));
        // SAFETY: `self` proves AVX-512.
        unsafe {
            let above = _mm512_ternarylogic_epi64::<AND_OR>(limb.0, mask.0, bits.0);
            _mm512_sub_pd(_mm512_castsi512_pd(above), _mm512_set1_pd(TWO_52))
        }
    }

    #[inline(always)]
    fn column(self, low: u64, high: u64) -> Vector {
        let bits = low
            .wrapping_mul(LOW_BITS)
            .wrapping_add(high.wrapping_mul(HIGH_BITS));
        self.all(bits.wrapping_neg())
    }

    #[inline(always)]
    fn add_low(self, column: Vector, a: __m512d, b: __m512d) -> Vector {
        let (mut low, mut high) = (column, column);
        self.add_both(&mut low, &mut high, a, b);
        low
    }

    #[inline(always)]
    fn add_both(self, low: &mut Vector, high: &mut Vector, a: __m512d, b: __m512d) {
        // SAFETY: `self` proves AVX-512.
        unsafe {
            let upper = _mm512_fmadd_round_pd::<DOWN>(a, b, _mm512_set1_pd(TWO_104));
            let rest = _mm512_sub_pd(_mm512_set1_pd(TWO_104 + TWO_52), upper);
            let lower = _mm512_fmadd_pd(a, b, rest);
            low.0 = _mm512_add_epi64(low.0, _mm512_castpd_si512(lower));
            high.0 = _mm512_add_epi64(high.0, _mm512_castpd_si512(upper));
        }
    }
}

macro_rules! operators {
    ($($operator:ident, $method:ident, $instruction:ident;)*) => {$(
        impl $operator for Vector {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                // SAFETY: where there is a vector there is AVX-512.
                Self(unsafe { $instruction(self.0, other.0) })
            }
        }
    )*};
}

operators! {
    Add, add, _mm512_add_epi64;
    Sub, sub, _mm512_sub_epi64;
    BitAnd, bitand, _mm512_and_si512;
    BitOr, bitor, _mm512_or_si512;
}

impl Shl<u32> for Vector {
    type Output = Self;

    #[inline(always)]
    fn shl(self, bits: u32) -> Self {
        // SAFETY: where there is a vector there is AVX-512.
        Self(unsafe { _mm512_sllv_epi64(self.0, _mm512_set1_epi64(bits.into())) })
    }
}

impl Shr<u32> for Vector {
    type Output = Self;

    #[inline(always)]
    fn shr(self, bits: u32) -> Self {
        // SAFETY: where there is a vector there is AVX-512.
        Self(unsafe { _mm512_srlv_epi64(self.0, _mm512_set1_epi64(bits.into())) })
    }
}

impl Vector {
    /// Divided by 2^bits as signed numbers, rounded down.
    #[inline(always)]
    pub(crate) fn shift_signed(self, bits: u32) -> Self {
        // SAFETY: where there is a vector there is AVX-512.
        Self(unsafe { _mm512_srav_epi64(self.0, _mm512_set1_epi64(bits.into())) })
    }

    /// Where the words are equal.
    #[inline(always)]
    pub(crate) fn equals(self, other: Self) -> Lanes {
        // SAFETY: where there is a vector there is AVX-512.
        unsafe { _mm512_cmpeq_epi64_mask(self.0, other.0) }
    }

    /// Where the words are less, as unsigned numbers.
    #[inline(always)]
    pub(crate) fn is_below(self, other: Self) -> Lanes {
        // SAFETY: where there is a vector there is AVX-512.
        unsafe { _mm512_cmplt_epu64_mask(self.0, other.0) }
    }

    /// The words of `other` in the lanes that are set, these in the others.
    #[inline(always)]
    pub(crate) fn replace(self, lanes: Lanes, other: Self) -> Self {
        // SAFETY: where there is a vector there is AVX-512.
        Self(unsafe { _mm512_mask_mov_epi64(self.0, lanes as __mmask8, other.0) })
    }

    /// Every lane moved down by `N`, the lowest to the top.
    #[inline(always)]
    pub(crate) fn rotate<const N: i32>(self) -> Self {
        // SAFETY: where there is a vector there is AVX-512.
        Self(unsafe { _mm512_alignr_epi64::<N>(self.0, self.0) })
    }

    /// The lower 32 bits of the words.
    #[inline(always)]
    pub(crate) fn narrowed(self) -> [u32; LANES] {
        let mut words = [0; LANES];
        // SAFETY: where there is a vector there is AVX-512; the words have 32 bytes.
        unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), _mm512_cvtepi64_epi32(self.0)) };
        words
    }

    /// The words, the first lane first.
    #[inline(always)]
    pub(crate) fn to_row(self) -> Row {
        let mut row = Row::ZERO;
        // SAFETY: a row has 64 bytes and is aligned to them.
        unsafe { _mm512_store_si512(row.0.as_mut_ptr().cast(), self.0) };
        row
    }
}

/// Word `j` of vector `i` becomes word `i` of vector `j`.
#[inline(always)]
pub(crate) fn transpose(rows: [Vector; LANES]) -> [Vector; LANES] {
    // SAFETY: where there is a vector there is AVX-512.
    let columns = unsafe { words512::transpose(each!(row in rows => row.0)) };
    each!(column in columns => Vector(column))
}
