//! SHA-256, RIPEMD-160 and Keccak-256 in lanes.

use dimp_core::digest;
use dimp_core::simd::hash::{keccak, ripemd160, sha256};
use dimp_core::simd::Level;

use crate::{cases, levels, Noise};

type Digests<const N: usize> = fn(Level, &[&[u8]]) -> Vec<[u8; N]>;
type Digest<const N: usize> = fn(&[u8]) -> [u8; N];

/// Both forms over the same batch.
fn compare<const N: usize>(many: Digests<N>, one: Digest<N>, level: Level, messages: &[Vec<u8>]) {
    let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
    let expected: Vec<[u8; N]> = messages.iter().map(|message| one(message)).collect();
    let lengths: Vec<usize> = messages.iter().map(|message| message.len()).collect();
    assert!(
        many(level, &messages) == expected,
        "{} with messages of the lengths {lengths:?}",
        level.name()
    );
}

fn check<const N: usize>(many: Digests<N>, one: Digest<N>) {
    let mut noise = Noise(1);
    for level in levels() {
        // Every length around the ends of blocks of 64 and 136 bytes, all lanes alike.
        for length in 0..300 {
            let messages: Vec<_> = (0..16).map(|_| noise.bytes(length)).collect();
            compare(many, one, level, &messages);
        }
        // Every size of a batch around the multiples of the lanes, lengths alike and mixed.
        for size in (0..=40).chain([47, 48, 49, 63, 64, 65, 100]) {
            for spread in [1, 2, 20, 64, 400] {
                let messages: Vec<_> = (0..size)
                    .map(|_| {
                        let length = 100 + noise.below(spread);
                        noise.bytes(length)
                    })
                    .collect();
                compare(many, one, level, &messages);
            }
        }
        // One long message among short ones, in every place.
        for place in 0..33 {
            let messages: Vec<_> = (0..33)
                .map(|index| noise.bytes(if index == place { 5000 } else { 10 }))
                .collect();
            compare(many, one, level, &messages);
        }
        // Bits at their extremes.
        for byte in [0, 0xff, 0x80, 0x7f] {
            let messages: Vec<_> = (0..64).map(|length| vec![byte; 4 * length]).collect();
            compare(many, one, level, &messages);
        }
        let mut left = cases();
        while left > 0 {
            let size = 1 + noise.below(left.min(70));
            let most = 1 + noise.below(300);
            let messages: Vec<_> = (0..size)
                .map(|_| {
                    let length = noise.below(most);
                    noise.bytes(length)
                })
                .collect();
            compare(many, one, level, &messages);
            left -= size;
        }
    }
}

#[test]
fn sha256_equals_the_library() {
    check(sha256::digests, digest::sha256);
    check(sha256::digests_in_lanes, digest::sha256);
}

#[test]
fn ripemd160_equals_the_library() {
    check(ripemd160::digests, digest::ripemd160);
    check(ripemd160::digests_in_lanes, digest::ripemd160);
}

#[test]
fn keccak256_equals_the_library() {
    check(keccak::digests, digest::keccak256);
    check(keccak::digests_in_lanes, digest::keccak256);
}
