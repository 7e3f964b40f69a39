//! Kernels for AVX2: 32 bytes a step.

use std::arch::x86_64::{
    _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_min_epu8,
    _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
};

use super::text;

/// How many bytes come before the first that stops; the twin of [`text::portable`].
#[target_feature(enable = "avx2")]
#[expect(clippy::cast_possible_wrap, clippy::cast_sign_loss)]
pub(super) fn plain<const WRITING: bool>(bytes: &[u8]) -> usize {
    let (blocks, rest) = bytes.as_chunks::<32>();
    for (index, block) in blocks.iter().enumerate() {
        // SAFETY: the block has 32 bytes, and the load asks for no alignment.
        let bytes = unsafe { _mm256_loadu_si256(block.as_ptr().cast()) };
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
        let found = _mm256_or_si256(odd, _mm256_or_si256(quote, backslash));
        let marks = _mm256_movemask_epi8(found) as u32;
        if marks != 0 {
            return index * 32 + marks.trailing_zeros() as usize;
        }
    }
    bytes.len() - rest.len() + text::portable::<WRITING>(rest)
}
