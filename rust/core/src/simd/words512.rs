//! Vectors of eight 64-bit numbers, as AVX-512 has them, and what moves numbers in and out of them.

#![expect(clippy::large_types_passed_by_value)] // Vectors are registers.

use std::arch::x86_64::{
    __m512i, _mm512_loadu_si512, _mm512_set1_epi64, _mm512_shuffle_i64x2, _mm512_storeu_si512,
    _mm512_unpackhi_epi64, _mm512_unpacklo_epi64, _mm_prefetch, _MM_HINT_T0,
};

/// Lanes of a vector.
pub(crate) const LANES: usize = 8;

/// Eight 64-bit numbers.
pub(crate) type V = __m512i;

/// The numbers as a vector.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn load(numbers: &[u64; LANES]) -> V {
    // SAFETY: 64 bytes are read, which the array has; no alignment is asked for.
    unsafe { _mm512_loadu_si512(numbers.as_ptr().cast()) }
}

/// 64 bytes as a vector of little-endian numbers.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn load_bytes(bytes: &[u8; 64]) -> V {
    // SAFETY: 64 bytes are read, which the array has; no alignment is asked for.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// The vector as numbers.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn store(vector: V) -> [u64; LANES] {
    let mut numbers = [0; LANES];
    // SAFETY: 64 bytes are written, which the array has; no alignment is asked for.
    unsafe { _mm512_storeu_si512(numbers.as_mut_ptr().cast(), vector) };
    numbers
}

/// The same number in every lane.
#[inline]
#[target_feature(enable = "avx512f")]
#[expect(clippy::cast_possible_wrap)] // The instruction does not care.
pub(crate) fn splat(number: u64) -> V {
    _mm512_set1_epi64(number as i64)
}

/// Row `i`, lane `j` becomes row `j`, lane `i`.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn transpose(rows: [V; 8]) -> [V; 8] {
    let low = |i: usize| _mm512_unpacklo_epi64(rows[i], rows[i + 1]);
    let high = |i: usize| _mm512_unpackhi_epi64(rows[i], rows[i + 1]);
    let (l0, l2, l4, l6) = (low(0), low(2), low(4), low(6));
    let (h0, h2, h4, h6) = (high(0), high(2), high(4), high(6));
    let even = |x, y| _mm512_shuffle_i64x2::<0x88>(x, y);
    let odd = |x, y| _mm512_shuffle_i64x2::<0xdd>(x, y);
    let (a, b, c, d) = (even(l0, l2), odd(l0, l2), even(l4, l6), odd(l4, l6));
    let (e, f, g, h) = (even(h0, h2), odd(h0, h2), even(h4, h6), odd(h4, h6));
    [
        even(a, c),
        even(e, g),
        even(b, d),
        even(f, h),
        odd(a, c),
        odd(e, g),
        odd(b, d),
        odd(f, h),
    ]
}

/// Asks for the cache line of `numbers` ahead of its use.
#[inline]
#[target_feature(enable = "avx512f")]
#[allow(unused_unsafe)] // It is safe in newer versions of Rust than the oldest that builds this.
pub(crate) fn prefetch(numbers: &[u64; LANES]) {
    // SAFETY: the hint reads nothing that a program could see, and the address is one of ours.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(numbers.as_ptr().cast()) };
}
