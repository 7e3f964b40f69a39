//! Digests of many messages at once, one message a lane.
//!
//! Messages of one batch may have any lengths. They are dealt to the lanes by length, so that those
//! of a group need about the same number of blocks; where too few lanes would have work, the
//! library hashes one message at a time.
#![allow(clippy::inline_always)] // Only what is inlined has the instructions of its level.

/// What the module of a function offers: the digests of many messages, by its kernel `Digests`.
macro_rules! offer {
    ($name:literal, $bytes:literal) => {
        #[doc = concat!($name, " of many messages of any lengths, in order, at `level` or the highest")]
        /// below it that this processor has.
        #[must_use]
        pub fn digests(level: $crate::simd::Level, messages: &[&[u8]]) -> Vec<[u8; $bytes]> {
            lanes::run(level, Digests(Batch::new(messages)))
        }

        /// [`digests`] with every message in lanes, also where the library is faster: for tests.
        #[doc(hidden)]
        #[must_use]
        pub fn digests_in_lanes(
            level: $crate::simd::Level,
            messages: &[&[u8]],
        ) -> Vec<[u8; $bytes]> {
            lanes::run(level, Digests(Batch::in_lanes(messages)))
        }

        #[cfg(test)]
        #[test]
        fn plain_lanes_equal_the_library() {
            let text = [0x5a; 300];
            for lengths in [
                &[0, 64, 55, 56, 63, 300][..],
                &[128; 9],
                &[65; 4],
                &[136, 135, 137],
            ] {
                let messages: Vec<&[u8]> = lengths.iter().map(|&length| &text[..length]).collect();
                let expected = Digests(Batch::new(&messages)).run_portable();
                let kernel = Digests(Batch::in_lanes(&messages));
                assert_eq!(lanes::plain::run(kernel), expected);
            }
        }
    };
}

pub mod keccak;
pub mod ripemd160;
pub mod sha256;
pub mod sha512;
#[cfg(target_arch = "x86_64")]
mod sha_ni;

use std::cmp::Reverse;

use super::lanes::V32;

/// A hash function with blocks of 16 words of 32 bits and a state of `K` words, whose padding is a
/// one, zeros and the number of bits.
pub(super) trait Function<const K: usize> {
    /// The state before the first block.
    const START: [u32; K];
    /// Whether bytes are read as big-endian words.
    const BIG_ENDIAN: bool;

    /// Adds a block to the state.
    fn compress<const N: usize, S: V32<N>>(
        simd: S,
        state: &mut [S::Vector; K],
        block: &[S::Vector; 16],
    );

    /// Adds a block that is the same in every lane.
    #[inline(always)]
    fn compress_same<const N: usize, S: V32<N>>(
        simd: S,
        state: &mut [S::Vector; K],
        block: &[u32; 16],
    ) {
        Self::compress(simd, state, &splat(simd, block));
    }
}

/// Blocks of a message of that length with its padding.
pub(super) fn blocks(length: usize) -> usize {
    length / 64 + 1 + usize::from(length % 64 >= 56)
}

/// The final states of `N` messages.
#[inline(always)]
pub(super) fn states<F: Function<K>, const K: usize, const N: usize, S: V32<N>>(
    simd: S,
    messages: &[&[u8]; N],
) -> [S::Vector; K] {
    let length = messages[0].len();
    if messages.iter().all(|message| message.len() == length) {
        same_length::<F, K, N, S>(simd, messages, length)
    } else {
        any_length::<F, K, N, S>(simd, messages)
    }
}

/// The states of messages that have one length: all padding is the same, and nothing is copied.
#[inline(always)]
fn same_length<F: Function<K>, const K: usize, const N: usize, S: V32<N>>(
    simd: S,
    messages: &[&[u8]; N],
    length: usize,
) -> [S::Vector; K] {
    let (full, rest) = (length / 64, length % 64);
    let mut state = splat(simd, &F::START);
    for index in 0..full + usize::from(rest > 0) {
        let mut block = if index < full {
            let rows = messages.map(|message| &message.as_chunks().0[index]);
            numbers::<F, K, N, S>(simd, simd.rows32(&rows))
        } else {
            let rows = messages.map(|message| &message[64 * full..]);
            numbers::<F, K, N, S>(simd, simd.short_rows32(&rows))
        };
        if index == full {
            let padding = padding::<F, K>(length, full);
            for (word, padding) in block.iter_mut().zip(padding) {
                *word = simd.or(*word, simd.splat32(padding));
            }
        }
        F::compress(simd, &mut state, &block);
    }
    for index in full + usize::from(rest > 0)..blocks(length) {
        F::compress_same(simd, &mut state, &padding::<F, K>(length, index));
    }
    state
}

/// What padding puts into the block `index` of a message of that length, as numbers.
#[inline(always)]
fn padding<F: Function<K>, const K: usize>(length: usize, index: usize) -> [u32; 16] {
    let mut bytes = [0; 64];
    if index == length / 64 {
        bytes[length % 64] = 0x80;
    }
    if index + 1 == blocks(length) {
        bytes[56..].copy_from_slice(&bits::<F, K>(length));
    }
    let mut words = [0; 16];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = if F::BIG_ENDIAN {
            u32::from_be_bytes(*bytes)
        } else {
            u32::from_le_bytes(*bytes)
        };
    }
    words
}

/// The length of a message in bits, as padding has it.
#[inline(always)]
fn bits<F: Function<K>, const K: usize>(length: usize) -> [u8; 8] {
    let bits = 8 * length as u64;
    if F::BIG_ENDIAN {
        bits.to_be_bytes()
    } else {
        bits.to_le_bytes()
    }
}

/// The states of messages of any lengths. A lane that is done keeps its state.
#[inline(always)]
fn any_length<F: Function<K>, const K: usize, const N: usize, S: V32<N>>(
    simd: S,
    messages: &[&[u8]; N],
) -> [S::Vector; K] {
    let counts = messages.map(|message| blocks(message.len()));
    let mut tails = [[[0; 64]; 2]; N];
    for (tail, message) in tails.iter_mut().zip(messages) {
        let rest = message.as_chunks::<64>().1;
        let tail = tail.as_flattened_mut();
        tail[..rest.len()].copy_from_slice(rest);
        tail[rest.len()] = 0x80;
        let end = if rest.len() < 56 { 64 } else { 128 };
        tail[end - 8..end].copy_from_slice(&bits::<F, K>(message.len()));
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    let mut state = splat(simd, &F::START);
    for index in 0..most {
        let mut rows = [&[0; 64]; N];
        let mut at_work = [0; N];
        for lane in 0..N {
            let full = messages[lane].as_chunks().0;
            rows[lane] = match full.get(index) {
                Some(block) => block,
                None => &tails[lane][(index - full.len()).min(1)],
            };
            at_work[lane] = if index < counts[lane] { u32::MAX } else { 0 };
        }
        let before = state;
        let block = numbers::<F, K, N, S>(simd, simd.rows32(&rows));
        F::compress(simd, &mut state, &block);
        let at_work = simd.from32(&at_work);
        for (word, before) in state.iter_mut().zip(before) {
            *word = simd.choose(at_work, *word, before);
        }
    }
    state
}

/// The words of a block as numbers.
#[inline(always)]
fn numbers<F: Function<K>, const K: usize, const N: usize, S: V32<N>>(
    simd: S,
    mut words: [S::Vector; 16],
) -> [S::Vector; 16] {
    if F::BIG_ENDIAN {
        for word in &mut words {
            *word = simd.swap32(*word);
        }
    }
    words
}

/// A number in every lane, for each of some.
#[inline(always)]
pub(super) fn splat<const K: usize, const N: usize, S: V32<N>>(
    simd: S,
    values: &[u32; K],
) -> [S::Vector; K] {
    let mut vectors = [simd.zero(); K];
    for (vector, &value) in vectors.iter_mut().zip(values) {
        *vector = simd.splat32(value);
    }
    vectors
}

/// The digests in the lanes of a state.
#[inline(always)]
fn digests<F: Function<K>, const K: usize, const N: usize, S: V32<N>, const BYTES: usize>(
    simd: S,
    state: &[S::Vector; K],
) -> [[u8; BYTES]; N] {
    let mut digests = [[0; BYTES]; N];
    for (index, &word) in state.iter().enumerate() {
        let word = if F::BIG_ENDIAN {
            simd.swap32(word)
        } else {
            word
        };
        for (digest, word) in digests.iter_mut().zip(simd.to32(word)) {
            digest[4 * index..4 * index + 4].copy_from_slice(&word.to_le_bytes());
        }
    }
    digests
}

/// Items to be worked on: some in lanes, or one by the library.
pub(super) enum Share<'a> {
    /// The indices of one or more items, at most as many as there are lanes.
    Lanes(&'a [usize]),
    /// The index of one item.
    Alone(usize),
}

/// Deals items to lanes, the longest first.
///
/// A group of lanes takes as long as its longest item, however few lanes are used. `worth` is the
/// number of items that the library does in the time of a full group of items as long: with less
/// work than that in a group, its longest item goes to the library.
pub(super) struct Deal {
    /// Blocks of each item.
    blocks: Vec<usize>,
    /// Indices of the items.
    order: Vec<usize>,
    /// How many of them are dealt.
    dealt: usize,
    worth: usize,
}

impl Deal {
    pub(super) fn new(items: &[&[u8]], blocks: fn(usize) -> usize, worth: usize) -> Self {
        let mut order: Vec<usize> = (0..items.len()).collect();
        if items.windows(2).any(|pair| pair[0].len() != pair[1].len()) {
            order.sort_by_key(|&index| Reverse(items[index].len()));
        }
        Self {
            blocks: items.iter().map(|item| blocks(item.len())).collect(),
            order,
            dealt: 0,
            worth,
        }
    }

    /// The next share for that many lanes; `None` when all is dealt.
    pub(super) fn next(&mut self, lanes: usize) -> Option<Share<'_>> {
        let rest = &self.order[self.dealt..];
        let group = &rest[..lanes.min(rest.len())];
        let &longest = group.first()?;
        let work: usize = group.iter().map(|&index| self.blocks[index]).sum();
        if work < self.worth * self.blocks[longest] {
            self.dealt += 1;
            return Some(Share::Alone(longest));
        }
        self.dealt += group.len();
        Some(Share::Lanes(group))
    }
}

/// What is at those indices, the first of them also in the lanes that are left.
#[inline(always)]
pub(super) fn gather<'a, const N: usize>(items: &[&'a [u8]], group: &[usize]) -> [&'a [u8]; N] {
    let mut gathered = [items[group[0]]; N];
    for (lane, &index) in gathered.iter_mut().zip(group) {
        *lane = items[index];
    }
    gathered
}

/// Messages to be hashed.
#[derive(Clone, Copy)]
struct Batch<'a> {
    messages: &'a [&'a [u8]],
    /// Gives all of them to lanes, whatever is faster.
    in_lanes: bool,
}

impl<'a> Batch<'a> {
    fn new(messages: &'a [&'a [u8]]) -> Self {
        Self {
            messages,
            in_lanes: false,
        }
    }

    fn in_lanes(messages: &'a [&'a [u8]]) -> Self {
        Self {
            messages,
            in_lanes: true,
        }
    }

    fn one_by_one<T>(self, digest: fn(&[u8]) -> T) -> Vec<T> {
        self.messages
            .iter()
            .map(|message| digest(message))
            .collect()
    }

    /// How they are dealt; `None` when the library is faster with all of them.
    fn deal(self, blocks: fn(usize) -> usize, worth: usize) -> Option<Deal> {
        let worth = if self.in_lanes { 1 } else { worth };
        (self.messages.len() >= worth).then(|| Deal::new(self.messages, blocks, worth))
    }
}

/// The digests of a batch, where the library does `worth` messages in the time of a group; `None`
/// when lanes do not pay.
#[inline(always)]
fn digests_of_batch<
    F: Function<K>,
    const K: usize,
    const N: usize,
    S: V32<N>,
    const BYTES: usize,
>(
    simd: S,
    batch: Batch<'_>,
    worth: usize,
    library: fn(&[u8]) -> [u8; BYTES],
) -> Option<Vec<[u8; BYTES]>> {
    let messages = batch.messages;
    let mut deal = batch.deal(blocks, worth)?;
    let mut found = vec![[0; BYTES]; messages.len()];
    while let Some(share) = deal.next(N) {
        match share {
            Share::Alone(index) => found[index] = library(messages[index]),
            Share::Lanes(group) => {
                let state = states::<F, K, N, S>(simd, &gather(messages, group));
                let digests = digests::<F, K, N, S, BYTES>(simd, &state);
                for (&index, digest) in group.iter().zip(digests) {
                    found[index] = digest;
                }
            }
        }
    }
    Some(found)
}
