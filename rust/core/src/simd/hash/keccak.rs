//! Keccak-256, the original submission that Ethereum uses, of many messages.

use super::{gather, Batch, Share};
use crate::digest;
use crate::simd::lanes::{self, Kernel, Lanes, V64};

/// Bytes that a block adds to the state.
const RATE: usize = 136;

const ROUNDS: [u64; 24] = round_constants();

/// The constants of the rounds: bits of the shift register of the specification, at the places
/// 2^j - 1.
const fn round_constants() -> [u64; 24] {
    let mut constants = [0; 24];
    let mut register = 1u8;
    let mut round = 0;
    while round < 24 {
        let mut place = 0;
        while place < 7 {
            constants[round] |= ((register & 1) as u64) << ((1 << place) - 1);
            register = register << 1 ^ if register & 0x80 != 0 { 0x71 } else { 0 };
            place += 1;
        }
        round += 1;
    }
    constants
}

/// The permutation Keccak-f[1600].
#[inline(always)]
pub(in crate::simd) fn permute<const L: usize, S: V64<L>>(simd: S, state: &mut [S::Vector; 25]) {
    let mut a = *state;
    for constant in ROUNDS {
        let mut parity = [simd.zero(); 5];
        for x in 0..5 {
            let three = simd.xor3(a[x], a[x + 5], a[x + 10]);
            parity[x] = simd.xor3(three, a[x + 15], a[x + 20]);
        }
        let mut turned = [simd.zero(); 5];
        for x in 0..5 {
            turned[x] = simd.rotate64::<1>(parity[x]);
        }
        // Where each word goes to, which one it is and by how much it is turned.
        let mut b = a;
        macro_rules! moved {
            ($($to:literal $from:literal $bits:literal),*) => {
                $(
                    let x = $from % 5;
                    let word = simd.xor3(a[$from], parity[(x + 4) % 5], turned[(x + 1) % 5]);
                    b[$to] = simd.rotate64::<$bits>(word);
                )*
            };
        }
        moved!(
            0 0 0, 1 6 44, 2 12 43, 3 18 21, 4 24 14,
            5 3 28, 6 9 20, 7 10 3, 8 16 45, 9 22 61,
            10 1 1, 11 7 6, 12 13 25, 13 19 8, 14 20 18,
            15 4 27, 16 5 36, 17 11 10, 18 17 15, 19 23 56,
            20 2 62, 21 8 55, 22 14 39, 23 15 41, 24 21 2
        );
        for row in 0..5 {
            let row = 5 * row;
            for x in 0..5 {
                a[row + x] =
                    simd.xor_not_and(b[row + x], b[row + (x + 1) % 5], b[row + (x + 2) % 5]);
            }
        }
        a[0] = simd.xor(a[0], simd.splat64(constant));
    }
    *state = a;
}

/// Blocks of a message of that length with its padding.
fn blocks(length: usize) -> usize {
    length / RATE + 1
}

/// The final states of `L` messages. A lane that is done keeps its state.
#[inline(always)]
fn states<const L: usize, S: V64<L>>(simd: S, messages: &[&[u8]; L]) -> [S::Vector; 25] {
    let mut tails = [[0; RATE]; L];
    for (tail, message) in tails.iter_mut().zip(messages) {
        let rest = message.as_chunks::<RATE>().1;
        tail[..rest.len()].copy_from_slice(rest);
        tail[rest.len()] ^= 0x01;
        tail[RATE - 1] ^= 0x80;
    }
    let counts = messages.map(|message| blocks(message.len()));
    let most = counts.iter().copied().max().unwrap_or(0);
    let mut state = [simd.zero(); 25];
    for index in 0..most {
        let (mut first, mut second) = ([&[0; 64]; L], [&[0; 64]; L]);
        let (mut last, mut at_work) = ([0; L], [0; L]);
        for lane in 0..L {
            let full = messages[lane].as_chunks::<RATE>().0;
            let block = full.get(index).unwrap_or(&tails[lane]);
            let ([head, middle], end) = block.as_chunks::<64>() else {
                unreachable!("there are 136 bytes");
            };
            (first[lane], second[lane]) = (head, middle);
            last[lane] = u64::from_le_bytes(end.try_into().expect("there are 8 left"));
            at_work[lane] = if index < counts[lane] { u64::MAX } else { 0 };
        }
        let before = state;
        let (first, second) = (simd.rows64(&first), simd.rows64(&second));
        for word in 0..8 {
            state[word] = simd.xor(state[word], first[word]);
            state[word + 8] = simd.xor(state[word + 8], second[word]);
        }
        state[16] = simd.xor(state[16], simd.from64(&last));
        permute(simd, &mut state);
        let at_work = simd.from64(&at_work);
        for (word, before) in state.iter_mut().zip(before) {
            *word = simd.choose(at_work, *word, before);
        }
    }
    state
}

/// Messages that the library hashes in the time that a group of lanes takes: measured, and guarded
/// by a benchmark.
pub(in crate::simd) const WORTH: usize = 2;

struct Digests<'a>(Batch<'a>);

impl Kernel for Digests<'_> {
    type Output = Vec<[u8; 32]>;

    #[inline(always)]
    fn run<const W: usize, const L: usize, S: Lanes<W, L>>(self, simd: S) -> Self::Output {
        let messages = self.0.messages;
        let Some(mut deal) = self.0.deal(blocks, WORTH) else {
            return self.run_portable();
        };
        let mut found = vec![[0; 32]; messages.len()];
        while let Some(share) = deal.next(L) {
            match share {
                Share::Alone(index) => found[index] = digest::keccak256(messages[index]),
                Share::Lanes(group) => {
                    let state = states(simd, &gather(messages, group));
                    for (word, &vector) in state[..4].iter().enumerate() {
                        for (&index, value) in group.iter().zip(simd.to64(vector)) {
                            found[index][8 * word..8 * word + 8]
                                .copy_from_slice(&value.to_le_bytes());
                        }
                    }
                }
            }
        }
        found
    }

    fn run_portable(self) -> Self::Output {
        self.0.one_by_one(digest::keccak256)
    }
}

offer!("Keccak-256", 32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_are_those_of_the_specification() {
        assert_eq!(ROUNDS[..3], [1, 0x8082, 0x8000_0000_0000_808a]);
        assert_eq!(ROUNDS[23], 0x8000_0000_8000_8008);
    }
}
