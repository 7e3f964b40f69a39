//! Lanes of AVX-512 (F, BW, DQ, VL), and with VBMI: 512 bits.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_add_epi64, _mm512_and_si512, _mm512_broadcast_i32x4,
    _mm512_castps_si512, _mm512_castsi512_ps, _mm512_cmpeq_epi8_mask, _mm512_loadu_si512,
    _mm512_madd_epi16, _mm512_maddubs_epi16, _mm512_mask_shuffle_epi8, _mm512_maskz_loadu_epi8,
    _mm512_mul_epu32, _mm512_or_si512, _mm512_permutex2var_epi8, _mm512_permutexvar_epi8,
    _mm512_rol_epi32, _mm512_rol_epi64, _mm512_set1_epi16, _mm512_set1_epi32, _mm512_set1_epi64,
    _mm512_set1_epi8, _mm512_setzero_si512, _mm512_shuffle_epi8, _mm512_shuffle_ps,
    _mm512_slli_epi32, _mm512_slli_epi64, _mm512_srli_epi16, _mm512_srli_epi32, _mm512_srli_epi64,
    _mm512_storeu_si512, _mm512_sub_epi64, _mm512_ternarylogic_epi32, _mm512_xor_si512,
    _mm_loadu_si128,
};

use super::{weights, Kernel, Simd, V32, V64};
use crate::simd::words512::transpose;

/// Proof that this processor has AVX-512, and VBMI too if so marked.
#[derive(Clone, Copy)]
pub(super) struct Avx512<const VBMI: bool>(());

impl<const VBMI: bool> Avx512<VBMI> {
    pub(super) fn new() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && (!VBMI || is_x86_feature_detected!("avx512vbmi"));
        found.then_some(Self(()))
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")]
pub(super) fn run_with_vbmi<K: Kernel>(simd: Avx512<true>, kernel: K) -> K::Output {
    kernel.run::<16, 8, _>(simd)
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(super) fn run<K: Kernel>(simd: Avx512<false>, kernel: K) -> K::Output {
    kernel.run::<16, 8, _>(simd)
}

/// One operation of the instructions that `self` is proof of.
macro_rules! operation {
    ($call:expr) => {
        // SAFETY: a value of this type proves that the processor has the instruction, which works
        // on registers alone.
        unsafe { $call }
    };
}

impl<const VBMI: bool> Simd for Avx512<VBMI> {
    type Vector = __m512i;

    #[inline(always)]
    fn zero(self) -> __m512i {
        operation!(_mm512_setzero_si512())
    }

    #[inline(always)]
    fn or(self, a: __m512i, b: __m512i) -> __m512i {
        operation!(_mm512_or_si512(a, b))
    }

    #[inline(always)]
    fn and(self, a: __m512i, b: __m512i) -> __m512i {
        operation!(_mm512_and_si512(a, b))
    }

    #[inline(always)]
    fn xor(self, a: __m512i, b: __m512i) -> __m512i {
        operation!(_mm512_xor_si512(a, b))
    }

    // The number is the truth table: bit `4 * a + 2 * b + c` is the answer for three bits.

    #[inline(always)]
    fn xor3(self, a: __m512i, b: __m512i, c: __m512i) -> __m512i {
        operation!(_mm512_ternarylogic_epi32::<0b1001_0110>(a, b, c))
    }

    #[inline(always)]
    fn choose(self, which: __m512i, a: __m512i, b: __m512i) -> __m512i {
        operation!(_mm512_ternarylogic_epi32::<0b1100_1010>(which, a, b))
    }

    #[inline(always)]
    fn majority(self, a: __m512i, b: __m512i, c: __m512i) -> __m512i {
        operation!(_mm512_ternarylogic_epi32::<0b1110_1000>(a, b, c))
    }

    #[inline(always)]
    fn or_not_xor(self, a: __m512i, b: __m512i, c: __m512i) -> __m512i {
        operation!(_mm512_ternarylogic_epi32::<0b0101_1001>(a, b, c))
    }

    #[inline(always)]
    fn xor_not_and(self, a: __m512i, b: __m512i, c: __m512i) -> __m512i {
        operation!(_mm512_ternarylogic_epi32::<0b1101_0010>(a, b, c))
    }

    #[inline(always)]
    fn shuffle(self, a: __m512i, order: [u8; 16]) -> __m512i {
        operation!(_mm512_shuffle_epi8(a, repeated(order)))
    }

    #[inline(always)]
    fn look_up<const ROWS: usize>(self, a: __m512i, table: &[[u8; 16]; ROWS]) -> __m512i {
        const { assert!(ROWS == 1 || ROWS == 4 || ROWS == 8) }
        if ROWS == 1 {
            return operation!(_mm512_shuffle_epi8(repeated(table[0]), a));
        }
        if VBMI {
            // SAFETY: the table has 64 bytes, and 128 if both halves are read; the instructions are
            // there when `VBMI` says so.
            return unsafe {
                let table = table.as_flattened().as_ptr();
                let low = _mm512_loadu_si512(table.cast());
                if ROWS == 4 {
                    _mm512_permutexvar_epi8(a, low)
                } else {
                    _mm512_permutex2var_epi8(low, a, _mm512_loadu_si512(table.add(64).cast()))
                }
            };
        }
        let mut found = self.zero();
        for (row, &entries) in (0i8..).zip(table) {
            operation!({
                let nibble = _mm512_and_si512(_mm512_srli_epi16::<4>(a), _mm512_set1_epi8(15));
                let here = _mm512_cmpeq_epi8_mask(nibble, _mm512_set1_epi8(row));
                found = _mm512_mask_shuffle_epi8(found, here, repeated(entries), a);
            });
        }
        found
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn repeated(bytes: [u8; 16]) -> __m512i {
    // SAFETY: 16 bytes are read; no alignment is asked for.
    _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
}

impl<const VBMI: bool> V32<16> for Avx512<VBMI> {
    #[inline(always)]
    fn splat32(self, value: u32) -> __m512i {
        operation!(_mm512_set1_epi32(value.cast_signed()))
    }

    #[inline(always)]
    fn from32(self, lanes: &[u32; 16]) -> __m512i {
        // SAFETY: as many bytes as a vector has are read; no alignment is asked for.
        unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn to32(self, a: __m512i) -> [u32; 16] {
        let mut lanes = [0; 16];
        // SAFETY: as many bytes as a vector has are written; no alignment is asked for.
        unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), a) };
        lanes
    }

    #[inline(always)]
    fn add32(self, a: __m512i, b: __m512i) -> __m512i {
        operation!(_mm512_add_epi32(a, b))
    }

    #[inline(always)]
    fn left32<const BITS: u32>(self, a: __m512i) -> __m512i {
        operation!(_mm512_slli_epi32::<BITS>(a))
    }

    #[inline(always)]
    fn right32<const BITS: u32>(self, a: __m512i) -> __m512i {
        operation!(_mm512_srli_epi32::<BITS>(a))
    }

    #[inline(always)]
    fn rotate32<const BITS: i32>(self, a: __m512i) -> __m512i {
        operation!(_mm512_rol_epi32::<BITS>(a))
    }

    #[inline(always)]
    fn four_digits<const BASE: i8>(self, a: __m512i) -> __m512i {
        let (two, four) = const { weights(BASE) };
        operation!({
            let pairs = _mm512_maddubs_epi16(a, _mm512_set1_epi16(two));
            _mm512_madd_epi16(pairs, _mm512_set1_epi32(four))
        })
    }

    #[inline(always)]
    fn rows32(self, rows: &[&[u8; 64]; 16]) -> [__m512i; 16] {
        let mut vectors = [self.zero(); 16];
        for (vector, row) in vectors.iter_mut().zip(rows) {
            // SAFETY: a row has as many bytes as a vector; no alignment is asked for.
            *vector = unsafe { _mm512_loadu_si512(row.as_ptr().cast()) };
        }
        self.words_of(&vectors)
    }

    #[inline(always)]
    fn short_rows32(self, rows: &[&[u8]; 16]) -> [__m512i; 16] {
        let mut vectors = [self.zero(); 16];
        for (vector, row) in vectors.iter_mut().zip(rows) {
            let mask = match row.len().min(64) {
                0 => 0,
                length => u64::MAX >> (64 - length),
            };
            // SAFETY: only bytes of the row are read.
            *vector = unsafe { _mm512_maskz_loadu_epi8(mask, row.as_ptr().cast()) };
        }
        self.words_of(&vectors)
    }
}

impl<const VBMI: bool> V64<8> for Avx512<VBMI> {
    #[inline(always)]
    fn splat64(self, value: u64) -> __m512i {
        operation!(_mm512_set1_epi64(value.cast_signed()))
    }

    #[inline(always)]
    fn from64(self, lanes: &[u64; 8]) -> __m512i {
        // SAFETY: as many bytes as a vector has are read; no alignment is asked for.
        unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn to64(self, a: __m512i) -> [u64; 8] {
        let mut lanes = [0; 8];
        // SAFETY: as many bytes as a vector has are written; no alignment is asked for.
        unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), a) };
        lanes
    }

    #[inline(always)]
    fn add64(self, a: __m512i, b: __m512i) -> __m512i {
        operation!(_mm512_add_epi64(a, b))
    }

    #[inline(always)]
    fn sub64(self, a: __m512i, b: __m512i) -> __m512i {
        operation!(_mm512_sub_epi64(a, b))
    }

    #[inline(always)]
    fn multiply(self, a: __m512i, b: __m512i) -> __m512i {
        operation!(_mm512_mul_epu32(a, b))
    }

    #[inline(always)]
    fn left64<const BITS: u32>(self, a: __m512i) -> __m512i {
        operation!(_mm512_slli_epi64::<BITS>(a))
    }

    #[inline(always)]
    fn right64<const BITS: u32>(self, a: __m512i) -> __m512i {
        operation!(_mm512_srli_epi64::<BITS>(a))
    }

    #[inline(always)]
    fn rotate64<const BITS: i32>(self, a: __m512i) -> __m512i {
        operation!(_mm512_rol_epi64::<BITS>(a))
    }

    #[inline(always)]
    fn rows64(self, rows: &[&[u8; 64]; 8]) -> [__m512i; 8] {
        let mut vectors = [self.zero(); 8];
        for (vector, row) in vectors.iter_mut().zip(rows) {
            // SAFETY: a row has as many bytes as a vector; no alignment is asked for.
            *vector = unsafe { _mm512_loadu_si512(row.as_ptr().cast()) };
        }
        operation!(transpose(vectors))
    }
}

impl<const VBMI: bool> Avx512<VBMI> {
    /// Word `i` of every row in the vector `i`.
    #[inline(always)]
    fn words_of(self, rows: &[__m512i; 16]) -> [__m512i; 16] {
        // Of each 16 bytes below, lanes 0 and 1 come from the first half, 2 and 3 from the second.
        let (mut first, mut second) = ([self.zero(); 8], [self.zero(); 8]);
        for pair in 0..4 {
            for side in 0..2 {
                first[2 * pair + side] = rows[4 * pair + side];
                second[2 * pair + side] = rows[4 * pair + side + 2];
            }
        }
        operation!({
            let (first, second) = (transpose(first), transpose(second));
            let mut words = [_mm512_setzero_si512(); 16];
            for pair in 0..8 {
                let (a, b) = (
                    _mm512_castsi512_ps(first[pair]),
                    _mm512_castsi512_ps(second[pair]),
                );
                words[2 * pair] = _mm512_castps_si512(_mm512_shuffle_ps::<0b10_00_10_00>(a, b));
                words[2 * pair + 1] = _mm512_castps_si512(_mm512_shuffle_ps::<0b11_01_11_01>(a, b));
            }
            words
        })
    }
}
