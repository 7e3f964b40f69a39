//! Base64 with the standard alphabet and padding, and nothing else: no white space, no stray bits.
//! A library does it up to AVX2; the kernel above that is ours.

use base64_simd::STANDARD;

use super::Level;

/// Decodes `text` behind what is in `out`; `false`, and nothing happens, for what is no base64.
#[must_use]
pub fn decode_append(text: &[u8], out: &mut Vec<u8>) -> bool {
    decode_with(super::active(), text, out)
}

/// The same with a level that this processor has.
fn decode_with(level: Level, text: &[u8], out: &mut Vec<u8>) -> bool {
    #[cfg(target_arch = "x86_64")]
    if level >= Level::Avx512Ifma {
        // SAFETY: `level` is one that the processor has, so there is VBMI.
        return unsafe { super::avx512ifma::decode_append(text, out) };
    }
    let _ = level;
    STANDARD.decode_append(text, out).is_ok()
}

/// Encodes `data` behind what is in `out`.
pub fn encode_append(data: &[u8], out: &mut String) {
    encode_with(super::active(), data, out);
}

/// The same with a level that this processor has.
fn encode_with(level: Level, data: &[u8], out: &mut String) {
    #[cfg(target_arch = "x86_64")]
    if level >= Level::Avx512Ifma {
        // SAFETY: `level` is one that the processor has, so there is VBMI.
        return unsafe { super::avx512ifma::encode_append(data, out) };
    }
    let _ = level;
    STANDARD.encode_append(data, out);
}

/// The digits by their values.
pub(super) const ALPHABET: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The value of each digit; the high bit marks what is none. Bytes from 0x80 are none either.
#[expect(clippy::cast_possible_truncation)] // Values below 64.
pub(super) const DIGITS: [u8; 128] = {
    let mut table = [0x80; 128];
    let mut value = 0;
    while value < ALPHABET.len() {
        table[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{detect, LEVELS};

    fn levels() -> impl Iterator<Item = Level> {
        LEVELS.into_iter().filter(|level| *level <= detect())
    }

    fn decode(level: Level, text: &[u8]) -> Option<Vec<u8>> {
        let mut out = b"before".to_vec();
        if decode_with(level, text, &mut out) {
            assert_eq!(out[..6], *b"before");
            return Some(out.split_off(6));
        }
        assert_eq!(out, b"before");
        None
    }

    fn some_bytes(length: usize) -> Vec<u8> {
        let mut seed = 7u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed.to_be_bytes()[0]
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn base64_1_every_length() {
        for length in 0..400 {
            let data = some_bytes(length);
            let text = STANDARD.encode_to_string(&data);
            for level in levels() {
                assert_eq!(
                    decode(level, text.as_bytes()).as_ref(),
                    Some(&data),
                    "{level:?}"
                );
            }
        }
    }

    #[test]
    fn base64_3_every_byte_in_every_position() {
        let mut data = some_bytes(100);
        for position in 0..data.len() {
            for byte in 0..=255 {
                data[position] = byte;
                for level in levels() {
                    let mut out = String::new();
                    encode_with(level, &data, &mut out);
                    assert_eq!(out, STANDARD.encode_to_string(&data), "{level:?}");
                }
            }
        }
    }

    #[test]
    fn base64_1_every_byte_in_every_position() {
        for length in [1, 2, 3, 47, 48, 49, 97] {
            let good = STANDARD.encode_to_string(some_bytes(length)).into_bytes();
            for position in 0..good.len() {
                for byte in 0..=255 {
                    let mut text = good.clone();
                    text[position] = byte;
                    let wanted = decode(Level::Portable, &text);
                    for level in levels() {
                        assert_eq!(decode(level, &text), wanted, "{level:?} {text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn base64_1_every_cut() {
        let good = STANDARD.encode_to_string(some_bytes(200)).into_bytes();
        for end in 0..good.len() {
            for padding in ["", "=", "==", "===", "===="] {
                let text = [&good[..end], padding.as_bytes()].concat();
                let wanted = decode(Level::Portable, &text);
                for level in levels() {
                    assert_eq!(decode(level, &text), wanted, "{level:?} {end} {padding}");
                }
            }
        }
    }
}
