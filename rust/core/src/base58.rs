//! Base58 in the Bitcoin alphabet: any length through a library, the 25 bytes of an address by a
//! fixed matrix.
//!
//! The 25 bytes are seven big-endian limbs of 32 bits, the first of 8 bits. A constant triangular
//! matrix turns them into seven limbs to the base 58^5, 35 digits in all; another one turns nine
//! limbs to the base 58^4, 36 digits in all, back.
#![allow(clippy::cast_possible_truncation)] // Limbs are cut out of wider sums; the sums are proved below.

/// Digits that 25 bytes need at most.
pub const MOST_DIGITS: usize = 35;

pub(crate) const ALPHABET: &[u8; 58] =
    b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const ENCODE_BASE: u64 = 58u64.pow(5);
const DECODE_BASE: u64 = 58u64.pow(4);

/// Not a digit.
pub(crate) const FOREIGN: u8 = 0x80;

/// The value of each character, or `FOREIGN`.
pub(crate) const DIGITS: [u8; 256] = {
    let mut table = [FOREIGN; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        table[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    table
};

/// Row i: 2^(32 (6-i)) in limbs to the base 58^5, the least last.
pub(crate) const ENCODE: [[u32; 7]; 7] = powers(1 << 32, ENCODE_BASE);

/// Row i: 58^(4 (8-i)) in limbs to the base 2^32, the least last.
pub(crate) const DECODE: [[u32; 7]; 9] = powers(DECODE_BASE, 1 << 32);

/// Powers of `radix`, the highest first, each in seven limbs to the base `base`.
const fn powers<const N: usize>(radix: u64, base: u64) -> [[u32; 7]; N] {
    let mut rows = [[0; 7]; N];
    let mut power = [0, 0, 0, 0, 0, 0, 1];
    let mut row = N;
    while row > 0 {
        row -= 1;
        let mut carry: u128 = 0;
        let mut limb = 7;
        while limb > 0 {
            limb -= 1;
            rows[row][limb] = power[limb] as u32;
            carry += power[limb] as u128 * radix as u128;
            power[limb] = (carry % base as u128) as u64;
            carry /= base as u128;
        }
    }
    rows
}

/// The largest sum of a column when the first limb is at most `first` and the others at most
/// `other`, with the largest carry out of the column to its right.
const fn largest_sum<const N: usize>(
    matrix: &[[u32; 7]; N],
    first: u64,
    other: u64,
    base: u64,
) -> u128 {
    let mut largest = 0;
    let mut column = 0;
    while column < 7 {
        let mut sum = matrix[0][column] as u128 * first as u128;
        let mut row = 1;
        while row < N {
            sum += matrix[row][column] as u128 * other as u128;
            row += 1;
        }
        if sum > largest {
            largest = sum;
        }
        column += 1;
    }
    largest + largest / (base as u128 - 1) + 1
}

// No column of either product overflows 64 bits.
const _: () = assert!(largest_sum(&ENCODE, 0xff, 0xffff_ffff, ENCODE_BASE) < 1 << 64);
const _: () = assert!(largest_sum(&DECODE, DECODE_BASE - 1, DECODE_BASE - 1, 1 << 32) < 1 << 64);

/// Base58 of any bytes.
#[must_use]
pub fn encode(data: &[u8]) -> String {
    bs58::encode(data).into_string()
}

/// The bytes of a base58 text of any length; `None` when a character is not a digit.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    bs58::decode(text).into_vec().ok()
}

/// Base58 of the 25 bytes of an address: right-aligned digits, and where they begin.
#[must_use]
pub fn encode25(data: &[u8; 25]) -> ([u8; MOST_DIGITS], usize) {
    let mut columns = [0u64; 7];
    for (row, limb) in ENCODE.iter().zip(limbs(data)) {
        for (column, &factor) in columns.iter_mut().zip(row) {
            *column += u64::from(limb) * u64::from(factor);
        }
    }
    for right in (1..7).rev() {
        columns[right - 1] += columns[right] / ENCODE_BASE;
        columns[right] %= ENCODE_BASE;
    }
    let mut digits = [0; MOST_DIGITS];
    for (chunk, column) in digits.chunks_exact_mut(5).zip(columns) {
        let mut value = column as u32;
        for digit in chunk.iter_mut().rev() {
            *digit = ALPHABET[(value % 58) as usize];
            value /= 58;
        }
    }
    let ones = digits.iter().take_while(|&&digit| digit == b'1').count();
    (digits, ones - leading_zeros(data))
}

/// The 25 bytes whose base58 is `text`; `None` for anything else.
#[must_use]
pub fn decode25(text: &[u8]) -> Option<[u8; 25]> {
    if text.len() > MOST_DIGITS {
        return None;
    }
    let mut digits = [b'1'; 36];
    digits[36 - text.len()..].copy_from_slice(text);
    let mut columns = [0u64; 7];
    let mut seen = 0;
    for (row, chunk) in DECODE.iter().zip(digits.chunks_exact(4)) {
        let mut limb = 0u64;
        for &digit in chunk {
            let value = DIGITS[usize::from(digit)];
            seen |= value;
            limb = limb * 58 + u64::from(value);
        }
        for (column, &factor) in columns.iter_mut().zip(row) {
            *column += limb * u64::from(factor);
        }
    }
    if seen & FOREIGN != 0 {
        return None;
    }
    for right in (1..7).rev() {
        columns[right - 1] += columns[right] >> 32;
    }
    let mut data = [0; 25];
    data[0] = u8::try_from(columns[0]).ok()?;
    for (chunk, column) in data[1..].chunks_exact_mut(4).zip(&columns[1..]) {
        chunk.copy_from_slice(&(*column as u32).to_be_bytes());
    }
    let ones = text.iter().take_while(|&&digit| digit == b'1').count();
    (ones == leading_zeros(&data)).then_some(data)
}

fn limbs(data: &[u8; 25]) -> [u32; 7] {
    let mut limbs = [u32::from(data[0]), 0, 0, 0, 0, 0, 0];
    for (limb, chunk) in limbs[1..].iter_mut().zip(data[1..].chunks_exact(4)) {
        *limb = u32::from_be_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
    }
    limbs
}

fn leading_zeros(data: &[u8]) -> usize {
    data.iter().take_while(|&&byte| byte == 0).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that look random and are the same in every run.
    fn noise(count: usize) -> impl Iterator<Item = [u8; 25]> {
        (0..count as u64).map(|index| {
            let mut data = [0; 25];
            data.copy_from_slice(&crate::digest::sha256(&index.to_le_bytes())[..25]);
            data
        })
    }

    fn check(data: &[u8; 25]) {
        let (digits, start) = encode25(data);
        let text = &digits[start..];
        assert_eq!(text, encode(data).as_bytes(), "{data:?}");
        assert_eq!(decode25(text), Some(*data), "{data:?}");
    }

    #[test]
    fn fixed_form_equals_the_library() {
        noise(20_000).for_each(|data| check(&data));
    }

    #[test]
    fn fixed_form_at_the_edges() {
        check(&[0xff; 25]);
        for zeros in 0..=25 {
            for mut data in noise(200).chain([[0xff; 25], [0; 25]]) {
                data[..zeros].fill(0);
                check(&data);
            }
        }
        for position in 0..25 {
            for byte in [1, 0x7f, 0x80, 0xff] {
                let mut data = [0; 25];
                data[position] = byte;
                check(&data);
                data[..position].fill(0xff);
                check(&data);
            }
        }
    }

    #[test]
    fn decode25_equals_the_library_for_any_text() {
        for data in noise(3000) {
            // 20 to 40 characters, most of them digits.
            let length = 20 + usize::from(data[0]) % 21;
            let text: String = data
                .iter()
                .cycle()
                .take(length)
                .enumerate()
                .map(|(index, &byte)| match (data[1], index) {
                    (..=9, 7) => '0',
                    (10..=19, 11) => 'é',
                    (20..=99, ..=2) => '1',
                    _ => char::from(ALPHABET[usize::from(byte) % 58]),
                })
                .collect();
            let expected = decode(&text).filter(|decoded| decoded.len() == 25);
            assert_eq!(
                decode25(text.as_bytes()).map(Vec::from),
                expected,
                "{text:?}"
            );
        }
    }

    #[test]
    fn decode25_refuses_what_is_one_too_large() {
        let (digits, start) = encode25(&[0xff; 25]);
        let mut text = digits[start..].to_vec();
        assert_eq!(decode25(&text), Some([0xff; 25]));
        let last = text.last_mut().unwrap();
        *last = ALPHABET[usize::from(DIGITS[usize::from(*last)]) + 1];
        assert_eq!(decode25(&text), None);
    }

    #[test]
    fn every_foreign_character_is_refused_everywhere() {
        let (digits, start) = encode25(&[0x42; 25]);
        let good = &digits[start..];
        for byte in (0..=255u8).filter(|byte| !ALPHABET.contains(byte)) {
            for position in 0..good.len() {
                let mut text = good.to_vec();
                text[position] = byte;
                assert_eq!(decode25(&text), None, "{byte:#x} at {position}");
            }
        }
    }
}
