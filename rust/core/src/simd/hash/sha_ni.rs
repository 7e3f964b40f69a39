//! SHA-256 with the SHA instructions, two messages in step: one alone waits for its own results
//! half of the time. For batches that are too small for lanes.

use std::arch::x86_64::{
    __m128i, _mm256_zeroupper, _mm_add_epi32, _mm_alignr_epi8, _mm_loadu_si128, _mm_set_epi8,
    _mm_setr_epi32, _mm_setzero_si128, _mm_sha256msg1_epu32, _mm_sha256msg2_epu32,
    _mm_sha256rnds2_epu32, _mm_shuffle_epi32, _mm_shuffle_epi8, _mm_storeu_si128,
};

use super::sha256::{Sha256, CONSTANTS};
use super::{blocks, Function};

/// Proof that this processor has the SHA instructions.
#[derive(Clone, Copy)]
pub(super) struct ShaNi(());

/// The state of a message in the order of the instructions: words 5, 4, 1, 0 and 7, 6, 3, 2.
type State = [__m128i; 2];

impl ShaNi {
    pub(super) fn new() -> Option<Self> {
        let found = is_x86_feature_detected!("sha")
            && is_x86_feature_detected!("sse4.1")
            && is_x86_feature_detected!("ssse3")
            && is_x86_feature_detected!("avx");
        found.then_some(Self(()))
    }

    /// The digests of two messages.
    #[expect(clippy::unused_self)] // It is the proof.
    pub(super) fn digests(self, messages: &[&[u8]; 2]) -> [[u8; 32]; 2] {
        // SAFETY: `self` proves that the instructions are there.
        unsafe { digests(messages) }
    }
}

#[target_feature(enable = "sha,sse4.1,ssse3,avx")]
fn digests(messages: &[&[u8]; 2]) -> [[u8; 32]; 2] {
    let word = |index: usize| Sha256::START[index].cast_signed();
    let start = [
        _mm_setr_epi32(word(5), word(4), word(1), word(0)),
        _mm_setr_epi32(word(7), word(6), word(3), word(2)),
    ];
    let mut states = [start; 2];
    let full = messages.map(|message| message.as_chunks().0);
    let both = full[0].len().min(full[1].len());
    compress(&mut states, full.map(|full| &full[..both]));
    // The rest of the longer one, then the ends.
    for (state, full) in states.iter_mut().zip(full) {
        compress(std::array::from_mut(state), [&full[both..]]);
    }
    let tails = messages.map(tail);
    let counts = messages.map(|message| blocks(message.len()) - message.len() / 64);
    if counts[0] == counts[1] {
        compress(
            &mut states,
            [&tails[0][..counts[0]], &tails[1][..counts[1]]],
        );
    } else {
        for ((state, tail), count) in states.iter_mut().zip(&tails).zip(counts) {
            compress(std::array::from_mut(state), [&tail[..count]]);
        }
    }
    states.map(bytes)
}

/// The end of a message and its padding: one block or two.
fn tail(message: &[u8]) -> [[u8; 64]; 2] {
    let mut tail = [[0; 64]; 2];
    let rest = message.as_chunks::<64>().1;
    let count = blocks(message.len()) - message.len() / 64;
    let flat = tail.as_flattened_mut();
    flat[..rest.len()].copy_from_slice(rest);
    flat[rest.len()] = 0x80;
    let bits = 8 * message.len() as u64;
    flat[64 * count - 8..64 * count].copy_from_slice(&bits.to_be_bytes());
    tail
}

fn bytes(state: State) -> [u8; 32] {
    let mut words = [[0u32; 4]; 2];
    for (words, half) in words.iter_mut().zip(state) {
        // SAFETY: there is room for 16 bytes; no alignment is asked for, and every processor of
        // this architecture has the instruction.
        unsafe { _mm_storeu_si128(words.as_mut_ptr().cast(), half) };
    }
    let [abef, cdgh] = words;
    let in_order = [
        abef[3], abef[2], cdgh[3], cdgh[2], abef[1], abef[0], cdgh[1], cdgh[0],
    ];
    let mut digest = [0; 32];
    for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(in_order) {
        *bytes = word.to_be_bytes();
    }
    digest
}

/// Adds equally many blocks to each state.
///
/// Out of line on purpose: the SHA instructions are of the old encoding, and every change between
/// it and the new one is slow while upper halves of registers are in use. In line the compiler puts
/// such uses between the rounds.
#[target_feature(enable = "sha,sse4.1,ssse3,avx")]
#[inline(never)]
fn compress<const N: usize>(states: &mut [State; N], blocks: [&[[u8; 64]]; N]) {
    _mm256_zeroupper();
    let order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    for index in 0..blocks[0].len() {
        let before = *states;
        let mut words = [[_mm_setzero_si128(); 4]; N];
        for (words, blocks) in words.iter_mut().zip(blocks) {
            for (word, bytes) in words.iter_mut().zip(blocks[index].as_chunks::<16>().0) {
                // SAFETY: 16 bytes are read; no alignment is asked for.
                let bytes = unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) };
                *word = _mm_shuffle_epi8(bytes, order);
            }
        }
        macro_rules! four_rounds {
            ($($turn:literal)*) => { $(
                // SAFETY: of 64 constants four are read; no alignment is asked for.
                let constants =
                    unsafe { _mm_loadu_si128(CONSTANTS[4 * $turn..4 * $turn + 4].as_ptr().cast()) };
                let mut sums = [constants; N];
                for lane in 0..N {
                    sums[lane] = _mm_add_epi32(words[lane][$turn % 4], constants);
                    let [abef, cdgh] = states[lane];
                    states[lane][1] = _mm_sha256rnds2_epu32(cdgh, abef, sums[lane]);
                }
                if $turn < 12 {
                    // The words of four turns later.
                    for lane in 0..N {
                        let [w0, w4, w8, w12] = [0, 1, 2, 3].map(|i| words[lane][($turn + i) % 4]);
                        let sum = _mm_add_epi32(
                            _mm_sha256msg1_epu32(w0, w4),
                            _mm_alignr_epi8::<4>(w12, w8),
                        );
                        words[lane][$turn % 4] = _mm_sha256msg2_epu32(sum, w12);
                    }
                }
                for lane in 0..N {
                    let [abef, cdgh] = states[lane];
                    let upper = _mm_shuffle_epi32::<0x0e>(sums[lane]);
                    states[lane][0] = _mm_sha256rnds2_epu32(abef, cdgh, upper);
                }
            )* };
        }
        four_rounds!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        for (state, before) in states.iter_mut().zip(before) {
            for (half, before) in state.iter_mut().zip(before) {
                *half = _mm_add_epi32(*half, before);
            }
        }
    }
}
