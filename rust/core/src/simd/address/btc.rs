//! BTC-style addresses in lanes: from fingerprints, and from digests.

use super::base58;
use crate::address::{self, AddressText};
use crate::simd::hash::ripemd160::Ripemd160;
use crate::simd::hash::sha256::{has_sha_instructions, Sha256};
use crate::simd::hash::{self, gather, splat, Deal, Function, Share};
use crate::simd::lanes::{self, Kernel, Lanes, V32};
use crate::simd::Level;

/// Addresses that are made one by one in the time of a group of lanes: measured, and guarded by a
/// benchmark.
fn worth(lanes: usize) -> usize {
    match (has_sha_instructions(), lanes) {
        (false, _) => 2,
        (true, 16) => 4,
        (true, _) => 6,
    }
}

/// One network byte for all, or one for each.
#[derive(Clone, Copy)]
struct Networks<'a>(&'a [u8]);

impl Networks<'_> {
    fn of(self, index: usize) -> u8 {
        self.0[index.min(self.0.len() - 1)]
    }

    #[inline(always)]
    fn gather<const W: usize, S: V32<W>>(self, simd: S, group: &[usize]) -> S::Vector {
        let mut networks = [0; W];
        for (lane, &index) in networks.iter_mut().zip(group) {
            *lane = u32::from(self.of(index));
        }
        simd.from32(&networks)
    }
}

struct Derive<'a> {
    fingerprints: &'a [&'a [u8]],
    networks: Networks<'a>,
    /// Gives all of them to lanes, whatever is faster.
    in_lanes: bool,
}

impl Derive<'_> {
    fn one(&self, index: usize) -> AddressText {
        address::derive(self.fingerprints[index], self.networks.of(index))
    }
}

impl Kernel for Derive<'_> {
    type Output = Vec<AddressText>;

    #[inline(always)]
    fn run<const W: usize, const L: usize, S: Lanes<W, L>>(self, simd: S) -> Self::Output {
        let worth = if self.in_lanes { 1 } else { worth(W) };
        if self.fingerprints.len() < worth {
            return self.run_portable();
        }
        let mut found = vec![AddressText::EMPTY; self.fingerprints.len()];
        let mut deal = Deal::new(self.fingerprints, hash::blocks, worth);
        while let Some(share) = deal.next(W) {
            match share {
                Share::Alone(index) => found[index] = self.one(index),
                Share::Lanes(group) => {
                    let digest = hash160(simd, &gather(self.fingerprints, group));
                    let texts = spelled(simd, self.networks.gather(simd, group), &digest);
                    for (&index, text) in group.iter().zip(texts) {
                        found[index] = text;
                    }
                }
            }
        }
        found
    }

    fn run_portable(self) -> Self::Output {
        let all = 0..self.fingerprints.len();
        all.map(|index| self.one(index)).collect()
    }
}

struct Spell<'a> {
    digests: &'a [[u8; 20]],
    networks: Networks<'a>,
}

impl Kernel for Spell<'_> {
    type Output = Vec<AddressText>;

    #[inline(always)]
    fn run<const W: usize, const L: usize, S: Lanes<W, L>>(self, simd: S) -> Self::Output {
        if self.digests.len() < worth(W) {
            return self.run_portable();
        }
        let mut found = Vec::with_capacity(self.digests.len());
        let indices: Vec<usize> = (0..self.digests.len()).collect();
        for group in indices.chunks(W) {
            let mut rows = [&[][..]; W];
            for (row, &index) in rows.iter_mut().zip(group) {
                *row = &self.digests[index];
            }
            let words = simd.short_rows32(&rows);
            let mut digest = [simd.zero(); 5];
            for (limb, &word) in digest.iter_mut().zip(&words) {
                *limb = simd.swap32(word);
            }
            let texts = spelled(simd, self.networks.gather(simd, group), &digest);
            found.extend_from_slice(&texts[..group.len()]);
        }
        found
    }

    fn run_portable(self) -> Self::Output {
        let all = self.digests.iter().enumerate();
        all.map(|(index, digest)| address::of_digest(digest, self.networks.of(index)))
            .collect()
    }
}

/// The limbs of the digests of `W` fingerprints.
#[inline(always)]
fn hash160<const W: usize, S: V32<W>>(simd: S, fingerprints: &[&[u8]; W]) -> [S::Vector; 5] {
    let state = hash::states::<Sha256, 8, W, S>(simd, fingerprints);
    let mut block = [simd.zero(); 16];
    for (word, number) in block.iter_mut().zip(state) {
        *word = simd.swap32(number);
    }
    block[8] = simd.splat32(0x80);
    block[14] = simd.splat32(8 * 32);
    let mut digest = splat(simd, &Ripemd160::START);
    Ripemd160::compress(simd, &mut digest, &block);
    for limb in &mut digest {
        *limb = simd.swap32(*limb);
    }
    digest
}

/// The check codes of network bytes and digests, the first six limbs of addresses.
#[inline(always)]
pub(super) fn check_codes<const W: usize, S: V32<W>>(simd: S, limbs: &[S::Vector; 6]) -> S::Vector {
    // 21 bytes, the one of the padding, and their number of bits.
    let mut block = [simd.zero(); 16];
    for (index, word) in block[..5].iter_mut().enumerate() {
        *word = simd.or(
            simd.left32::<24>(limbs[index]),
            simd.right32::<8>(limbs[index + 1]),
        );
    }
    block[5] = simd.or(simd.left32::<24>(limbs[5]), simd.splat32(0x0080_0000));
    block[15] = simd.splat32(8 * 21);
    let mut digest = [simd.zero(); 8];
    // A loop, so that the rounds are in the cache of instructions once.
    for is_last in [false, true] {
        digest = splat(simd, &Sha256::START);
        Sha256::compress(simd, &mut digest, &block);
        if !is_last {
            block = [simd.zero(); 16];
            block[..8].copy_from_slice(&digest);
            block[8] = simd.splat32(0x8000_0000);
            block[15] = simd.splat32(8 * 32);
        }
    }
    digest[0]
}

/// The addresses of network bytes and digests.
#[inline(always)]
fn spelled<const W: usize, const L: usize, S: Lanes<W, L>>(
    simd: S,
    network: S::Vector,
    digest: &[S::Vector; 5],
) -> [AddressText; W] {
    let mut limbs = [network; 7];
    limbs[1..6].copy_from_slice(digest);
    let [body @ .., _] = limbs;
    limbs[6] = check_codes(simd, &body);
    let rows = base58::encode(simd, &limbs);
    let mut numbers = [[0; W]; 7];
    for (numbers, &limb) in numbers.iter_mut().zip(&limbs) {
        *numbers = simd.to32(limb);
    }
    let mut texts = [AddressText::EMPTY; W];
    for (lane, (text, row)) in texts.iter_mut().zip(&rows).enumerate() {
        *text = AddressText::of_digits(row, zero_bytes(&numbers, lane));
    }
    texts
}

/// How many of the 25 bytes of a lane are zeros before the first other one.
#[inline(always)]
pub(super) fn zero_bytes<const W: usize>(limbs: &[[u32; W]; 7], lane: usize) -> usize {
    if limbs[0][lane] != 0 {
        return 0;
    }
    let mut zeros = 1;
    for limb in &limbs[1..] {
        zeros += limb[lane].leading_zeros() as usize / 8;
        if limb[lane] != 0 {
            break;
        }
    }
    zeros
}

/// The addresses of fingerprints on one network, or each on its own, at `level` or the highest below
/// it that this processor has.
#[must_use]
pub fn derive(level: Level, fingerprints: &[&[u8]], networks: &[u8]) -> Vec<AddressText> {
    run(level, fingerprints, networks, false)
}

/// [`derive`] with every fingerprint in lanes, also where that is slower: for tests.
#[doc(hidden)]
#[must_use]
pub fn derive_in_lanes(level: Level, fingerprints: &[&[u8]], networks: &[u8]) -> Vec<AddressText> {
    run(level, fingerprints, networks, true)
}

fn run(level: Level, fingerprints: &[&[u8]], networks: &[u8], in_lanes: bool) -> Vec<AddressText> {
    let networks = Networks(networks);
    let kernel = Derive {
        fingerprints,
        networks,
        in_lanes,
    };
    lanes::run(level, kernel)
}

/// The addresses of digests on one network, or each on its own, at `level` or the highest below it
/// that this processor has.
#[must_use]
pub fn of_digests(level: Level, digests: &[[u8; 20]], networks: &[u8]) -> Vec<AddressText> {
    let networks = Networks(networks);
    lanes::run(level, Spell { digests, networks })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::lanes::plain;

    #[test]
    fn plain_lanes_make_the_same_addresses() {
        let text: Vec<u8> = (0..140).collect();
        let fingerprints: Vec<&[u8]> = [33, 128, 65, 0, 128, 128]
            .map(|length| &text[..length])
            .to_vec();
        let networks = [0, 8, 0xff, 1, 0x88, 0];
        let kernel = Derive {
            fingerprints: &fingerprints,
            networks: Networks(&networks),
            in_lanes: true,
        };
        let expected: Vec<_> = (0..6).map(|index| kernel.one(index)).collect();
        assert_eq!(plain::run(kernel), expected);

        let mut digests = [[0; 20], [0xff; 20], [0x42; 20], [0; 20]];
        digests[3][19] = 1;
        for network in [0, 0xff] {
            let kernel = Spell {
                digests: &digests,
                networks: Networks(&[network]),
            };
            let expected = digests.map(|digest| address::of_digest(&digest, network));
            assert_eq!(plain::run(kernel), expected);
        }
    }
}
