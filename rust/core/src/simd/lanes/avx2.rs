//! Lanes of AVX2: 256 bits.

use std::arch::x86_64::{
    __m128i, __m256i, _mm256_add_epi32, _mm256_add_epi64, _mm256_and_si256, _mm256_andnot_si256,
    _mm256_broadcastsi128_si256, _mm256_castps_si256, _mm256_castsi256_ps, _mm256_cmpeq_epi8,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_mul_epu32, _mm256_or_si256,
    _mm256_permute2x128_si256, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_epi64x,
    _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_shuffle_ps,
    _mm256_sll_epi32, _mm256_sll_epi64, _mm256_srl_epi32, _mm256_srl_epi64, _mm256_srli_epi16,
    _mm256_storeu_si256, _mm256_sub_epi64, _mm256_unpackhi_epi64, _mm256_unpacklo_epi64,
    _mm256_xor_si256, _mm_cvtsi32_si128, _mm_loadu_si128,
};

use super::{filled_up, weights, Kernel, Simd, V32, V64};

/// Proof that this processor has AVX2.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    pub(super) fn new() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }
}

#[target_feature(enable = "avx2")]
pub(super) fn run<K: Kernel>(simd: Avx2, kernel: K) -> K::Output {
    kernel.run::<8, 4, _>(simd)
}

/// One operation of the instructions that `self` is proof of.
macro_rules! operation {
    ($call:expr) => {
        // SAFETY: a value of this type proves that the processor has the instruction, which works
        // on registers alone.
        unsafe { $call }
    };
}

impl Simd for Avx2 {
    type Vector = __m256i;

    #[inline(always)]
    fn zero(self) -> __m256i {
        operation!(_mm256_setzero_si256())
    }

    #[inline(always)]
    fn or(self, a: __m256i, b: __m256i) -> __m256i {
        operation!(_mm256_or_si256(a, b))
    }

    #[inline(always)]
    fn and(self, a: __m256i, b: __m256i) -> __m256i {
        operation!(_mm256_and_si256(a, b))
    }

    #[inline(always)]
    fn xor(self, a: __m256i, b: __m256i) -> __m256i {
        operation!(_mm256_xor_si256(a, b))
    }

    #[inline(always)]
    fn xor3(self, a: __m256i, b: __m256i, c: __m256i) -> __m256i {
        self.xor(self.xor(a, b), c)
    }

    #[inline(always)]
    fn choose(self, which: __m256i, a: __m256i, b: __m256i) -> __m256i {
        self.xor(b, self.and(which, self.xor(a, b)))
    }

    #[inline(always)]
    fn majority(self, a: __m256i, b: __m256i, c: __m256i) -> __m256i {
        self.choose(self.xor(a, b), c, a)
    }

    #[inline(always)]
    fn or_not_xor(self, a: __m256i, b: __m256i, c: __m256i) -> __m256i {
        // a | !b is !(!a & b).
        let nor = operation!(_mm256_andnot_si256(a, b));
        self.xor3(nor, c, operation!(_mm256_set1_epi8(-1)))
    }

    #[inline(always)]
    fn xor_not_and(self, a: __m256i, b: __m256i, c: __m256i) -> __m256i {
        self.xor(a, operation!(_mm256_andnot_si256(b, c)))
    }

    #[inline(always)]
    fn shuffle(self, a: __m256i, order: [u8; 16]) -> __m256i {
        operation!(_mm256_shuffle_epi8(a, repeated(order)))
    }

    #[inline(always)]
    fn look_up<const ROWS: usize>(self, a: __m256i, table: &[[u8; 16]; ROWS]) -> __m256i {
        if ROWS == 1 {
            return operation!(_mm256_shuffle_epi8(repeated(table[0]), a));
        }
        let mut found = self.zero();
        for (row, &entries) in (0i8..).zip(table) {
            operation!({
                let nibbles = _mm256_set1_epi8(15);
                let high = _mm256_and_si256(_mm256_srli_epi16::<4>(a), nibbles);
                let here = _mm256_cmpeq_epi8(high, _mm256_set1_epi8(row));
                let low = _mm256_and_si256(a, nibbles);
                let entries = _mm256_shuffle_epi8(repeated(entries), low);
                found = _mm256_or_si256(found, _mm256_and_si256(here, entries));
            });
        }
        found
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn repeated(bytes: [u8; 16]) -> __m256i {
    // SAFETY: 16 bytes are read; no alignment is asked for.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
}

/// The number of bits of a shift. The compiler makes a constant of it.
#[target_feature(enable = "avx2")]
#[inline]
fn count(bits: u32) -> __m128i {
    _mm_cvtsi32_si128(bits.cast_signed())
}

impl V32<8> for Avx2 {
    #[inline(always)]
    fn splat32(self, value: u32) -> __m256i {
        operation!(_mm256_set1_epi32(value.cast_signed()))
    }

    #[inline(always)]
    fn from32(self, lanes: &[u32; 8]) -> __m256i {
        // SAFETY: as many bytes as a vector has are read; no alignment is asked for.
        unsafe { _mm256_loadu_si256(lanes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn to32(self, a: __m256i) -> [u32; 8] {
        let mut lanes = [0; 8];
        // SAFETY: as many bytes as a vector has are written; no alignment is asked for.
        unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), a) };
        lanes
    }

    #[inline(always)]
    fn add32(self, a: __m256i, b: __m256i) -> __m256i {
        operation!(_mm256_add_epi32(a, b))
    }

    #[inline(always)]
    fn left32<const BITS: u32>(self, a: __m256i) -> __m256i {
        operation!(_mm256_sll_epi32(a, count(BITS)))
    }

    #[inline(always)]
    fn right32<const BITS: u32>(self, a: __m256i) -> __m256i {
        operation!(_mm256_srl_epi32(a, count(BITS)))
    }

    #[inline(always)]
    fn rotate32<const BITS: i32>(self, a: __m256i) -> __m256i {
        let bits = const { BITS.cast_unsigned() };
        operation!(_mm256_or_si256(
            _mm256_sll_epi32(a, count(bits)),
            _mm256_srl_epi32(a, count(32 - bits))
        ))
    }

    #[inline(always)]
    fn four_digits<const BASE: i8>(self, a: __m256i) -> __m256i {
        let (two, four) = const { weights(BASE) };
        operation!({
            let pairs = _mm256_maddubs_epi16(a, _mm256_set1_epi16(two));
            _mm256_madd_epi16(pairs, _mm256_set1_epi32(four))
        })
    }

    #[inline(always)]
    fn rows32(self, rows: &[&[u8; 64]; 8]) -> [__m256i; 16] {
        // Of each 16 bytes below, lanes 0 and 1 come from the first half, 2 and 3 from the second.
        let first = self.rows64(&[rows[0], rows[1], rows[4], rows[5]]);
        let second = self.rows64(&[rows[2], rows[3], rows[6], rows[7]]);
        let mut words = [self.zero(); 16];
        for pair in 0..8 {
            operation!({
                let (a, b) = (
                    _mm256_castsi256_ps(first[pair]),
                    _mm256_castsi256_ps(second[pair]),
                );
                words[2 * pair] = _mm256_castps_si256(_mm256_shuffle_ps::<0b10_00_10_00>(a, b));
                words[2 * pair + 1] = _mm256_castps_si256(_mm256_shuffle_ps::<0b11_01_11_01>(a, b));
            });
        }
        words
    }

    #[inline(always)]
    fn short_rows32(self, rows: &[&[u8]; 8]) -> [__m256i; 16] {
        self.rows32(&filled_up(rows).each_ref())
    }
}

impl V64<4> for Avx2 {
    #[inline(always)]
    fn splat64(self, value: u64) -> __m256i {
        operation!(_mm256_set1_epi64x(value.cast_signed()))
    }

    #[inline(always)]
    fn from64(self, lanes: &[u64; 4]) -> __m256i {
        // SAFETY: as many bytes as a vector has are read; no alignment is asked for.
        unsafe { _mm256_loadu_si256(lanes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn to64(self, a: __m256i) -> [u64; 4] {
        let mut lanes = [0; 4];
        // SAFETY: as many bytes as a vector has are written; no alignment is asked for.
        unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), a) };
        lanes
    }

    #[inline(always)]
    fn add64(self, a: __m256i, b: __m256i) -> __m256i {
        operation!(_mm256_add_epi64(a, b))
    }

    #[inline(always)]
    fn sub64(self, a: __m256i, b: __m256i) -> __m256i {
        operation!(_mm256_sub_epi64(a, b))
    }

    #[inline(always)]
    fn multiply(self, a: __m256i, b: __m256i) -> __m256i {
        operation!(_mm256_mul_epu32(a, b))
    }

    #[inline(always)]
    fn left64<const BITS: u32>(self, a: __m256i) -> __m256i {
        operation!(_mm256_sll_epi64(a, count(BITS)))
    }

    #[inline(always)]
    fn right64<const BITS: u32>(self, a: __m256i) -> __m256i {
        operation!(_mm256_srl_epi64(a, count(BITS)))
    }

    #[inline(always)]
    fn rotate64<const BITS: i32>(self, a: __m256i) -> __m256i {
        let bits = const { BITS.cast_unsigned() };
        operation!(_mm256_or_si256(
            _mm256_sll_epi64(a, count(bits)),
            _mm256_srl_epi64(a, count(64 - bits))
        ))
    }

    #[inline(always)]
    fn rows64(self, rows: &[&[u8; 64]; 4]) -> [__m256i; 8] {
        let mut columns = [self.zero(); 8];
        for half in 0..2 {
            let mut vectors = [self.zero(); 4];
            for (vector, row) in vectors.iter_mut().zip(rows) {
                // SAFETY: each half of a row has as many bytes as a vector; no alignment is asked
                // for.
                *vector = unsafe { _mm256_loadu_si256(row.as_ptr().add(32 * half).cast()) };
            }
            let transposed = operation!(transposed64(vectors));
            columns[4 * half..4 * half + 4].copy_from_slice(&transposed);
        }
        columns
    }
}

/// Rows of four words of 64 bits become columns.
#[target_feature(enable = "avx2")]
#[inline]
fn transposed64([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    let (ab, cd) = (_mm256_unpacklo_epi64(a, b), _mm256_unpacklo_epi64(c, d));
    let (ab_odd, cd_odd) = (_mm256_unpackhi_epi64(a, b), _mm256_unpackhi_epi64(c, d));
    [
        _mm256_permute2x128_si256::<0x20>(ab, cd),
        _mm256_permute2x128_si256::<0x20>(ab_odd, cd_odd),
        _mm256_permute2x128_si256::<0x31>(ab, cd),
        _mm256_permute2x128_si256::<0x31>(ab_odd, cd_odd),
    ]
}
