//! Kernels for AVX2: 64 bytes a step.

use std::arch::x86_64::{
    __m256i, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_min_epu8,
    _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_setzero_si256,
};

use super::text;

/// How many bytes come before the first that stops; the twin of [`text::portable`].
#[target_feature(enable = "avx2")]
pub(super) fn plain<const WRITING: bool>(bytes: &[u8]) -> usize {
    let (blocks, rest) = bytes.as_chunks::<64>();
    for (index, block) in blocks.iter().enumerate() {
        let [low, high] = halves(block);
        let [low, high] = [marks::<WRITING>(low), marks::<WRITING>(high)];
        let marks = u64::from(low) | u64::from(high) << 32;
        if marks != 0 {
            return index * 64 + marks.trailing_zeros() as usize;
        }
    }
    bytes.len() - rest.len() + text::portable::<WRITING>(rest)
}

/// Whether all bytes are ASCII.
#[target_feature(enable = "avx2")]
pub(super) fn is_ascii(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<64>();
    let mut found = _mm256_setzero_si256();
    for block in blocks {
        let [low, high] = halves(block);
        found = _mm256_or_si256(found, _mm256_or_si256(low, high));
    }
    _mm256_movemask_epi8(found) == 0 && rest.is_ascii()
}

#[target_feature(enable = "avx2")]
fn halves(block: &[u8; 64]) -> [__m256i; 2] {
    let (halves, _) = block.as_chunks::<32>();
    let [low, high] = [0, 1].map(|half| halves[half].as_ptr().cast());
    // SAFETY: each half has 32 bytes, and the load asks for no alignment.
    unsafe { [_mm256_loadu_si256(low), _mm256_loadu_si256(high)] }
}

/// One bit for each of 32 bytes that stops.
#[target_feature(enable = "avx2")]
#[expect(clippy::cast_possible_wrap, clippy::cast_sign_loss)]
fn marks<const WRITING: bool>(bytes: __m256i) -> u32 {
    let quote = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'"' as i8));
    let backslash = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'\\' as i8));
    let odd = if WRITING {
        // As signed numbers the bytes from 0x80 are below the blank too.
        let low = _mm256_cmpgt_epi8(_mm256_set1_epi8(b' ' as i8), bytes);
        _mm256_or_si256(low, _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(0x7f)))
    } else {
        let most = _mm256_set1_epi8(0x1f);
        _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, most), bytes)
    };
    _mm256_movemask_epi8(_mm256_or_si256(odd, _mm256_or_si256(quote, backslash))) as u32
}
