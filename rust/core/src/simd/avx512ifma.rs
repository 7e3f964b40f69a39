//! Kernels for AVX-512 with VBMI: 64 bytes a step.

use std::arch::x86_64::{
    __m512i, _mm512_loadu_si512, _mm512_madd_epi16, _mm512_maddubs_epi16, _mm512_maskz_loadu_epi8,
    _mm512_maskz_mov_epi8, _mm512_movepi8_mask, _mm512_multishift_epi64_epi8, _mm512_or_si512,
    _mm512_permutex2var_epi8, _mm512_permutexvar_epi8, _mm512_set1_epi32, _mm512_set1_epi64,
    _mm512_storeu_si512,
};

use super::base64::{ALPHABET, DIGITS};

/// Digits in a step.
const STEP: usize = 64;
/// Bytes that they make.
const MADE: usize = STEP / 4 * 3;

#[expect(clippy::cast_possible_truncation)] // Numbers below 64.
/// Where the bytes of a result lie: of each word of 32 bits the lower three, the highest first.
const PACK: [u8; STEP] = {
    let mut table = [0; STEP];
    let mut word = 0;
    while word < STEP / 4 {
        table[3 * word] = (4 * word + 2) as u8;
        table[3 * word + 1] = (4 * word + 1) as u8;
        table[3 * word + 2] = (4 * word) as u8;
        word += 1;
    }
    table
};

/// For three bytes the four that `multishift` picks six bits from each pair of.
#[expect(clippy::cast_possible_truncation)] // Numbers below 64.
const SPREAD: [u8; STEP] = {
    let mut table = [0; STEP];
    let mut word = 0;
    while word < STEP / 4 {
        table[4 * word] = (3 * word + 1) as u8;
        table[4 * word + 1] = (3 * word) as u8;
        table[4 * word + 2] = (3 * word + 2) as u8;
        table[4 * word + 3] = (3 * word + 1) as u8;
        word += 1;
    }
    table
};

/// Where in a lane of 64 bits each value begins.
const SHIFTS: i64 = i64::from_le_bytes([10, 4, 22, 16, 42, 36, 54, 48]);

/// The twin of `STANDARD.encode_append`.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
pub(super) fn encode_append(data: &[u8], out: &mut String) {
    let size = data.len().div_ceil(3) * 4;
    out.reserve(size + STEP);
    // SAFETY: only letters, digits, `+`, `/` and `=` are put behind the text.
    let out = unsafe { out.as_mut_vec() };
    let target = out.spare_capacity_mut().as_mut_ptr();
    for (index, block) in data.chunks(MADE).enumerate() {
        // SAFETY: only bytes of the block are read.
        let bytes =
            unsafe { _mm512_maskz_loadu_epi8(!0 >> (STEP - block.len()), block.as_ptr().cast()) };
        // SAFETY: blocks before the last one make 64 characters each, no more than `size` in all,
        // behind which there are 64 bytes of room.
        unsafe { _mm512_storeu_si512(target.add(index * STEP).cast(), digits(bytes)) };
    }
    // SAFETY: there is room for them, and the steps wrote them.
    unsafe { out.set_len(out.len() + size) };
    let padding = (3 - data.len() % 3) % 3;
    let end = out.len();
    out[end - padding..].fill(b'=');
}

/// The 64 digits of the lower 48 bytes.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn digits(bytes: __m512i) -> __m512i {
    // SAFETY: both tables have 64 bytes.
    let (spread, alphabet) = unsafe {
        (
            _mm512_loadu_si512(SPREAD.as_ptr().cast()),
            _mm512_loadu_si512(ALPHABET.as_ptr().cast()),
        )
    };
    let pairs = _mm512_permutexvar_epi8(spread, bytes);
    let values = _mm512_multishift_epi64_epi8(_mm512_set1_epi64(SHIFTS), pairs);
    _mm512_permutexvar_epi8(values, alphabet)
}

/// The twin of `STANDARD.decode_append`.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
pub(super) fn decode_append(text: &[u8], out: &mut Vec<u8>) -> bool {
    let padding = match text {
        [.., b'=', b'='] => 2,
        [.., b'='] => 1,
        _ => 0,
    };
    let digits = &text[..text.len() - padding];
    if has_stray_bits(digits, padding) {
        return false;
    }
    let size = text.len() / 4 * 3 - padding;
    // A step writes a whole vector, of which the upper quarter is not meant.
    out.reserve(size + STEP);
    let target = out.spare_capacity_mut().as_mut_ptr();
    let (blocks, rest) = digits.as_chunks::<STEP>();
    let mut foreign = 0;
    for (index, block) in blocks.iter().enumerate() {
        // SAFETY: a block has 64 bytes; no alignment is asked for.
        let block = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
        let values = values(block);
        foreign |= _mm512_movepi8_mask(_mm512_or_si512(values, block));
        // SAFETY: this block and those before it make no more than `size`, behind which there are
        // 64 bytes of room.
        unsafe { _mm512_storeu_si512(target.add(index * MADE).cast(), packed(values)) };
    }
    if !rest.is_empty() {
        let mask = !0 >> (STEP - rest.len());
        // SAFETY: only bytes of the rest are read.
        let block = unsafe { _mm512_maskz_loadu_epi8(mask, rest.as_ptr().cast()) };
        let values = _mm512_maskz_mov_epi8(mask, values(block));
        foreign |= _mm512_movepi8_mask(_mm512_or_si512(values, block));
        // SAFETY: the blocks made no more than `size`, behind which there are 64 bytes of room.
        unsafe { _mm512_storeu_si512(target.add(blocks.len() * MADE).cast(), packed(values)) };
    }
    if foreign != 0 {
        return false;
    }
    // SAFETY: the steps wrote that many bytes, and there is room for more.
    unsafe { out.set_len(out.len() + size) };
    true
}

/// Whether the padding is not what the digits call for, or the last one has bits behind the last
/// byte.
fn has_stray_bits(digits: &[u8], padding: usize) -> bool {
    let last = digits
        .last()
        .and_then(|&last| DIGITS.get(usize::from(last)));
    match (padding, digits.len() % 4, last) {
        (0, 0, _) => false,
        (1, 3, Some(last)) => last & 3 != 0,
        (2, 2, Some(last)) => last & 15 != 0,
        _ => true,
    }
}

/// The value of each digit; the high bit marks a foreign byte below 0x80.
#[target_feature(enable = "avx512f,avx512vbmi")]
fn values(block: __m512i) -> __m512i {
    // SAFETY: the table has 128 bytes.
    let (low, high) = unsafe {
        let table = DIGITS.as_ptr();
        (
            _mm512_loadu_si512(table.cast()),
            _mm512_loadu_si512(table.add(STEP).cast()),
        )
    };
    _mm512_permutex2var_epi8(low, block, high)
}

/// Four values of six bits become three bytes, 16 times, in the lower 48 bytes.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn packed(values: __m512i) -> __m512i {
    let pairs = _mm512_maddubs_epi16(values, _mm512_set1_epi32(0x0140_0140));
    let words = _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x0001_1000));
    // SAFETY: the table has 64 bytes.
    let pack = unsafe { _mm512_loadu_si512(PACK.as_ptr().cast()) };
    _mm512_permutexvar_epi8(pack, words)
}
