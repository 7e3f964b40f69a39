//! How far a text goes on without a byte that needs attention: the inner loop of reading and
//! writing JSON strings.
//!
//! Most strings are short, so the first 16 bytes are looked at in line, with what every build has;
//! what is longer is for the kernel of the level.

use std::str::{self, Utf8Error};

use super::Level;

/// Tells how many bytes come before the first one that stops.
type Kernel = fn(&[u8]) -> usize;

/// The two kernels of a level.
#[derive(Clone, Copy, Debug)]
pub struct Plain {
    reading: Kernel,
    writing: Kernel,
}

impl Plain {
    /// The kernels of the level that is in use.
    #[must_use]
    pub fn active() -> Self {
        Self::of(super::active())
    }

    /// The kernels of a level that this processor has.
    fn of(level: Level) -> Self {
        #[cfg(target_arch = "x86_64")]
        if level >= Level::Avx2 {
            return Self {
                // SAFETY: `level` is one that the processor has, so there is AVX2.
                reading: |bytes| unsafe { super::avx2::plain::<false>(bytes) },
                // SAFETY: likewise.
                writing: |bytes| unsafe { super::avx2::plain::<true>(bytes) },
            };
        }
        let _ = level;
        Self {
            reading: portable::<false>,
            writing: portable::<true>,
        }
    }

    /// How many bytes come before the end of a stretch in a JSON text: a quote, a backslash or a
    /// control character.
    #[inline(always)]
    #[expect(clippy::inline_always)] // A call costs as much as the look at a short string.
    #[must_use]
    pub fn reading(self, bytes: &[u8]) -> usize {
        match bytes.split_first_chunk() {
            Some((head, rest)) => match marks::<false>(*head) {
                0 => 16 + (self.reading)(rest),
                marks => marks.trailing_zeros() as usize,
            },
            None => bytewise::<false>(bytes),
        }
    }

    /// How many bytes of a text can be written as they are: up to one of these, or anything that is
    /// not printable ASCII (JSON-6).
    #[must_use]
    pub fn writing(self, bytes: &[u8]) -> usize {
        match bytes.split_first_chunk() {
            Some((head, rest)) => match marks::<true>(*head) {
                0 => 16 + (self.writing)(rest),
                marks => marks.trailing_zeros() as usize,
            },
            None => bytewise::<true>(bytes),
        }
    }
}

/// The text that bytes are, if they are UTF-8. Most are ASCII, which is seen at once.
///
/// # Errors
/// When they are not UTF-8.
pub fn utf8(bytes: &[u8]) -> Result<&str, Utf8Error> {
    utf8_of(super::active(), bytes)
}

/// The same, with a level that this processor has.
fn utf8_of(level: Level, bytes: &[u8]) -> Result<&str, Utf8Error> {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: `level` is one that the processor has, so there is AVX2.
    let is_ascii = if level >= Level::Avx2 {
        unsafe { super::avx2::is_ascii(bytes) }
    } else {
        bytes.is_ascii()
    };
    #[cfg(not(target_arch = "x86_64"))]
    let is_ascii = bytes.is_ascii();
    let _ = level;
    if is_ascii {
        // SAFETY: ASCII is UTF-8.
        return Ok(unsafe { str::from_utf8_unchecked(bytes) });
    }
    str::from_utf8(bytes)
}

/// Whether a byte ends a plain stretch.
const fn stops<const WRITING: bool>(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\' || WRITING && byte > b'~'
}

pub(super) fn bytewise<const WRITING: bool>(bytes: &[u8]) -> usize {
    let plain = bytes.iter().take_while(|&&byte| !stops::<WRITING>(byte));
    plain.count()
}

/// The portable twin: 16 bytes a step.
pub(super) fn portable<const WRITING: bool>(bytes: &[u8]) -> usize {
    let (blocks, rest) = bytes.as_chunks::<16>();
    for (index, block) in blocks.iter().enumerate() {
        let marks = marks::<WRITING>(*block);
        if marks != 0 {
            return index * 16 + marks.trailing_zeros() as usize;
        }
    }
    bytes.len() - rest.len() + bytewise::<WRITING>(rest)
}

/// One bit for each of 16 bytes that stops; every bit up to the first one is right.
#[cfg(target_arch = "x86_64")]
#[inline]
#[expect(clippy::cast_possible_wrap, clippy::cast_sign_loss)]
fn marks<const WRITING: bool>(block: [u8; 16]) -> u32 {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_cmpgt_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128,
        _mm_set1_epi8, _mm_set_epi64x,
    };
    let [low, high] = halves(block);
    // SAFETY: SSE2 belongs to x86_64.
    let marks = unsafe {
        let bytes = _mm_set_epi64x(high as i64, low as i64);
        let equal = |byte: u8| _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte as i8));
        let odd = if WRITING {
            // As signed numbers the bytes from 0x80 are below the blank too.
            let low = _mm_cmpgt_epi8(_mm_set1_epi8(b' ' as i8), bytes);
            _mm_or_si128(low, equal(0x7f))
        } else {
            let most = _mm_set1_epi8(0x1f);
            _mm_cmpeq_epi8(_mm_min_epu8(bytes, most), bytes)
        };
        _mm_movemask_epi8(_mm_or_si128(odd, _mm_or_si128(equal(b'"'), equal(b'\\'))))
    };
    marks as u32
}

/// The same in two words.
#[cfg(not(target_arch = "x86_64"))]
fn marks<const WRITING: bool>(block: [u8; 16]) -> u32 {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    // `zero` marks the lowest zero byte right; a borrow can only spoil the marks above it.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let [low, high] = halves(block).map(|word| {
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let quote = zero(word ^ (ONES * u64::from(b'"')));
        let backslash = zero(word ^ (ONES * u64::from(b'\\')));
        let foreign = word & HIGH | zero(word ^ (ONES * 0x7f));
        control | quote | backslash | if WRITING { foreign } else { 0 }
    });
    if low != 0 {
        1 << (low.trailing_zeros() / 8)
    } else if high != 0 {
        1 << (8 + high.trailing_zeros() / 8)
    } else {
        0
    }
}

fn halves(block: [u8; 16]) -> [u64; 2] {
    let block = u128::from_le_bytes(block);
    #[expect(clippy::cast_possible_truncation)]
    [block as u64, (block >> 64) as u64]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{detect, LEVELS};

    /// Each level that this processor has.
    fn levels() -> impl Iterator<Item = (Level, Plain)> {
        let here = LEVELS.into_iter().filter(|level| *level <= detect());
        here.map(|level| (level, Plain::of(level)))
    }

    #[test]
    fn every_byte_in_every_position() {
        for (level, plain) in levels() {
            for length in (0..=50).chain(62..=84).chain(142..=148) {
                let mut text = vec![b'a'; length];
                assert_eq!(plain.reading(&text), length, "{level:?}");
                assert_eq!(plain.writing(&text), length, "{level:?}");
                for position in 0..length {
                    for byte in 0..=255 {
                        text[position] = byte;
                        let found = (plain.reading(&text), plain.writing(&text));
                        let wanted = (bytewise::<false>(&text), bytewise::<true>(&text));
                        assert_eq!(
                            found, wanted,
                            "{level:?} {byte:#x} at {position} of {length}"
                        );
                    }
                    text[position] = b'a';
                }
            }
        }
    }

    #[test]
    fn the_first_of_many_stops() {
        // What stands behind the first one must not matter, whatever it is.
        let mut seed = 1u32;
        let mut random = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed.to_be_bytes()[0]
        };
        for (level, plain) in levels() {
            for _ in 0..20_000 {
                let head = usize::from(random()) / 2;
                let mut text = vec![b'~'; head];
                text.extend((0..random()).map(|_| random()));
                assert_eq!(plain.reading(&text), bytewise::<false>(&text), "{level:?}");
                assert_eq!(plain.writing(&text), bytewise::<true>(&text), "{level:?}");
            }
        }
    }

    #[test]
    fn utf_8_is_what_std_says() {
        for (level, _) in levels() {
            for length in (0..=70).chain(126..=131) {
                let mut text = vec![b'a'; length];
                assert_eq!(utf8_of(level, &text), str::from_utf8(&text), "{level:?}");
                for position in 0..length {
                    for byte in [0, 0x7f, 0x80, 0xbf, 0xc3, 0xe2, 0xf0, 0xff] {
                        text[position] = byte;
                        let found = utf8_of(level, &text);
                        assert_eq!(found, str::from_utf8(&text), "{level:?} {byte:#x}");
                    }
                    text[position] = b'a';
                }
                for (position, character) in [(length / 2, "é"), (length, "中"), (0, "😀")] {
                    let mut text = "a".repeat(length);
                    text.insert_str(position, character);
                    assert_eq!(utf8_of(level, text.as_bytes()), Ok(&*text), "{level:?}");
                }
            }
        }
    }

    #[test]
    fn what_stops() {
        for byte in 0..=255u8 {
            let reading = matches!(byte, 0..=0x1f | b'"' | b'\\');
            assert_eq!(stops::<false>(byte), reading);
            assert_eq!(stops::<true>(byte), reading || byte >= 0x7f);
        }
    }
}
