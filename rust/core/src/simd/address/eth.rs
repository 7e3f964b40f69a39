//! ETH-style addresses in lanes: from points, and their spelling.

use crate::address::{self, AddressText};
use crate::simd::hash::keccak;
use crate::simd::lanes::{self, Kernel, Lanes, V64};
use crate::simd::Level;

struct Derive<'a>(&'a [&'a [u8; 64]]);

impl Kernel for Derive<'_> {
    type Output = Vec<AddressText>;

    #[inline(always)]
    fn run<const W: usize, const L: usize, S: Lanes<W, L>>(self, simd: S) -> Self::Output {
        if self.0.len() < keccak::WORTH {
            return self.run_portable();
        }
        let mut found = Vec::with_capacity(self.0.len());
        for group in self.0.chunks(L) {
            let mut rows = [group[0]; L];
            rows[..group.len()].copy_from_slice(group);
            let [_, head, middle, tail] = keccak256(simd, &simd.rows64(&rows));
            let texts = spelled(simd, [head, middle, tail]);
            found.extend_from_slice(&texts[..group.len()]);
        }
        found
    }

    fn run_portable(self) -> Self::Output {
        self.0
            .iter()
            .map(|point| address::derive_eth(point))
            .collect()
    }
}

/// The Keccak-256 of messages of so many words, fewer than a block has.
#[inline(always)]
fn keccak256<const L: usize, S: V64<L>>(simd: S, message: &[S::Vector]) -> [S::Vector; 4] {
    let mut state = [simd.zero(); 25];
    state[..message.len()].copy_from_slice(message);
    state[message.len()] = simd.splat64(1);
    state[16] = simd.splat64(1 << 63);
    keccak::permute(simd, &mut state);
    [state[0], state[1], state[2], state[3]]
}

/// Each of four bytes of a lane twice: those from the byte 0 on, and those from the byte 4 on.
const LOWER: [u8; 16] = [0, 0, 1, 1, 2, 2, 3, 3, 8, 8, 9, 9, 10, 10, 11, 11];
const UPPER: [u8; 16] = [4, 4, 5, 5, 6, 6, 7, 7, 12, 12, 13, 13, 14, 14, 15, 15];

/// The addresses of digests: the upper half of the first word, and the two others.
#[inline(always)]
pub(super) fn spelled<const L: usize, S: V64<L>>(
    simd: S,
    [head, middle, tail]: [S::Vector; 3],
) -> [AddressText; L] {
    let digits = [
        digits(simd, simd.shuffle(head, UPPER)),
        digits(simd, simd.shuffle(middle, LOWER)),
        digits(simd, simd.shuffle(middle, UPPER)),
        digits(simd, simd.shuffle(tail, LOWER)),
        digits(simd, simd.shuffle(tail, UPPER)),
    ];
    let [first, second, third, _] = keccak256(simd, &digits);
    let marks = [
        simd.shuffle(first, LOWER),
        simd.shuffle(first, UPPER),
        simd.shuffle(second, LOWER),
        simd.shuffle(second, UPPER),
        simd.shuffle(third, LOWER),
    ];
    let mut rows = [[0; 5]; L];
    for (word, (digits, marks)) in digits.into_iter().zip(marks).enumerate() {
        let characters = simd.to64(in_case(simd, digits, marks));
        for (row, characters) in rows.iter_mut().zip(characters) {
            row[word] = characters;
        }
    }
    let mut texts = [AddressText::EMPTY; L];
    for (text, row) in texts.iter_mut().zip(&rows) {
        *text = AddressText::of_hex(row);
    }
    texts
}

/// Lower-case digits of bytes that are there twice: of the first the upper half, of the second the
/// lower.
#[inline(always)]
fn digits<const L: usize, S: V64<L>>(simd: S, twice: S::Vector) -> S::Vector {
    let upper = simd.and(
        simd.right64::<4>(twice),
        simd.splat64(0x000f_000f_000f_000f),
    );
    let lower = simd.and(twice, simd.splat64(0x0f00_0f00_0f00_0f00));
    simd.look_up(simd.or(upper, lower), &[*b"0123456789abcdef"])
}

/// The digits with letters in upper case where the half byte of the hash has its high bit set.
#[inline(always)]
fn in_case<const L: usize, S: V64<L>>(simd: S, digits: S::Vector, marks: S::Vector) -> S::Vector {
    // The high bits go to where letters have a bit that digits lack, and from there to the bit of
    // the case.
    let upper = simd.and(
        simd.right64::<1>(marks),
        simd.splat64(0x0040_0040_0040_0040),
    );
    let lower = simd.and(simd.left64::<3>(marks), simd.splat64(0x4000_4000_4000_4000));
    let letters = simd.and(simd.or(upper, lower), digits);
    simd.xor(digits, simd.right64::<1>(letters))
}

/// The addresses of points, at `level` or the highest below it that this processor has.
#[must_use]
pub fn derive(level: Level, points: &[&[u8; 64]]) -> Vec<AddressText> {
    lanes::run(level, Derive(points))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::lanes::plain;

    #[test]
    fn plain_lanes_make_the_same_addresses() {
        let points = [[0; 64], [0xff; 64], [0x42; 64]];
        let expected = points.map(|point| address::derive_eth(&point));
        assert_eq!(plain::run(Derive(&points.each_ref())), expected);
    }
}
