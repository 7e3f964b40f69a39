//! SHA-256 (FIPS 180-4) of many messages.

#[cfg(target_arch = "x86_64")]
use super::sha_ni;
use super::{digests_of_batch, Batch, Function};
use crate::digest;
use crate::simd::lanes::{self, Kernel, Lanes, V32};

/// The function.
pub(in crate::simd) struct Sha256;

pub(super) const CONSTANTS: [u32; 64] = fractions_of_cube_roots();

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
#[expect(clippy::cast_possible_truncation)] // What is cut off is the whole part.
const fn fractions_of_cube_roots() -> [u32; 64] {
    let mut found = [0; 64];
    let (mut prime, mut count) = (2u128, 0);
    while count < found.len() {
        let mut divisor = 2;
        while prime % divisor != 0 {
            divisor += 1;
        }
        if divisor == prime {
            // The largest number whose cube is at most prime * 2^96 is the root times 2^32.
            let (mut low, mut high) = (0u128, 1 << 36);
            while high - low > 1 {
                let middle = u128::midpoint(low, high);
                if middle * middle * middle <= prime << 96 {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            found[count] = low as u32;
            count += 1;
        }
        prime += 1;
    }
    found
}

/// A step 16 times, with the numbers 0 to 15.
macro_rules! sixteen {
    ($step:ident, $constants:expr) => {
        $step!(0, $constants);
        $step!(1, $constants);
        $step!(2, $constants);
        $step!(3, $constants);
        $step!(4, $constants);
        $step!(5, $constants);
        $step!(6, $constants);
        $step!(7, $constants);
        $step!(8, $constants);
        $step!(9, $constants);
        $step!(10, $constants);
        $step!(11, $constants);
        $step!(12, $constants);
        $step!(13, $constants);
        $step!(14, $constants);
        $step!(15, $constants);
    };
}

/// A round; `$word` is the word of the schedule with its constant added. The names move on by
/// themselves: nothing is copied.
macro_rules! round {
    ($simd:ident, $s:ident, $word:expr) => {
        let [a, b, c, d, e, f, g, h] = $s;
        let sum = $simd.xor3(
            $simd.rotate32::<26>(e),
            $simd.rotate32::<21>(e),
            $simd.rotate32::<7>(e),
        );
        let first = $simd.add32(
            $simd.add32(h, $word),
            $simd.add32(sum, $simd.choose(e, f, g)),
        );
        let sum = $simd.xor3(
            $simd.rotate32::<30>(a),
            $simd.rotate32::<19>(a),
            $simd.rotate32::<10>(a),
        );
        let second = $simd.add32(sum, $simd.majority(a, b, c));
        $s = [
            $simd.add32(first, second),
            a,
            b,
            c,
            $simd.add32(d, first),
            e,
            f,
            g,
        ];
    };
}

impl Function<8> for Sha256 {
    const START: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    const BIG_ENDIAN: bool = true;

    // 16 rounds are written out, and the loop over them is left to be one: the kernel of addresses
    // would not fit into the cache of instructions with all 64.
    #[inline(always)]
    fn compress<const N: usize, S: V32<N>>(
        simd: S,
        state: &mut [S::Vector; 8],
        block: &[S::Vector; 16],
    ) {
        let mut words = *block;
        let mut s = *state;
        macro_rules! first {
            ($i:literal, $constants:expr) => {
                round!(simd, s, simd.add32(words[$i], simd.splat32($constants[$i])));
            };
        }
        macro_rules! next {
            ($i:literal, $constants:expr) => {
                words[$i] = scheduled(simd, &words, $i);
                first!($i, $constants);
            };
        }
        let (start, turns) = CONSTANTS.split_at(16);
        sixteen!(first, start);
        for constants in turns.as_chunks::<16>().0 {
            sixteen!(next, constants);
        }
        for (word, change) in state.iter_mut().zip(s) {
            *word = simd.add32(*word, change);
        }
    }

    // The schedule is worked out once for all lanes.
    #[inline(always)]
    fn compress_same<const N: usize, S: V32<N>>(
        simd: S,
        state: &mut [S::Vector; 8],
        block: &[u32; 16],
    ) {
        let schedule = schedule(block);
        let mut s = *state;
        for words in schedule.as_chunks::<16>().0 {
            macro_rules! next {
                ($i:literal, $words:expr) => {
                    round!(simd, s, simd.splat32($words[$i]));
                };
            }
            sixteen!(next, words);
        }
        for (word, change) in state.iter_mut().zip(s) {
            *word = simd.add32(*word, change);
        }
    }
}

/// The word of the schedule 16 after the one at `index`, of which `words` has the last 16.
#[inline(always)]
fn scheduled<const N: usize, S: V32<N>>(
    simd: S,
    words: &[S::Vector; 16],
    index: usize,
) -> S::Vector {
    let (second, fifteenth) = (words[(index + 1) % 16], words[(index + 14) % 16]);
    let low = simd.xor3(
        simd.rotate32::<25>(second),
        simd.rotate32::<14>(second),
        simd.right32::<3>(second),
    );
    let high = simd.xor3(
        simd.rotate32::<15>(fifteenth),
        simd.rotate32::<13>(fifteenth),
        simd.right32::<10>(fifteenth),
    );
    let sum = simd.add32(words[index], words[(index + 9) % 16]);
    simd.add32(sum, simd.add32(low, high))
}

/// The schedule of one block with the constants added.
const fn schedule(block: &[u32; 16]) -> [u32; 64] {
    let mut words = [0u32; 64];
    let mut index = 0;
    while index < 64 {
        words[index] = if index < 16 {
            block[index]
        } else {
            let (low, high) = (words[index - 15], words[index - 2]);
            let low = low.rotate_right(7) ^ low.rotate_right(18) ^ low >> 3;
            let high = high.rotate_right(17) ^ high.rotate_right(19) ^ high >> 10;
            low.wrapping_add(high)
                .wrapping_add(words[index - 16])
                .wrapping_add(words[index - 7])
        };
        index += 1;
    }
    while index > 0 {
        index -= 1;
        words[index] = words[index].wrapping_add(CONSTANTS[index]);
    }
    words
}

/// Messages that the SHA instructions, or else the library, hash in the time that a group of so many
/// lanes takes: measured, and guarded by a benchmark. 8 lanes are never faster than the
/// instructions.
fn worth(lanes: usize) -> usize {
    match (has_sha_instructions(), lanes) {
        (false, _) => 2,
        (true, 16) => 9,
        (true, _) => usize::MAX,
    }
}

pub(in crate::simd) fn has_sha_instructions() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        sha_ni::ShaNi::new().is_some()
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        true
    }
}

/// Without lanes: two messages at a time where there are the instructions for that.
fn in_pairs(messages: &[&[u8]]) -> Vec<[u8; 32]> {
    #[cfg(target_arch = "x86_64")]
    if let Some(sha) = sha_ni::ShaNi::new() {
        let (pairs, rest) = messages.as_chunks();
        let mut found = Vec::with_capacity(messages.len());
        for pair in pairs {
            found.extend(sha.digests(pair));
        }
        found.extend(rest.iter().map(|message| digest::sha256(message)));
        return found;
    }
    messages
        .iter()
        .map(|message| digest::sha256(message))
        .collect()
}

struct Digests<'a>(Batch<'a>);

impl Kernel for Digests<'_> {
    type Output = Vec<[u8; 32]>;

    #[inline(always)]
    fn run<const W: usize, const L: usize, S: Lanes<W, L>>(self, simd: S) -> Self::Output {
        digests_of_batch::<Sha256, 8, W, S, 32>(simd, self.0, worth(W), digest::sha256)
            .unwrap_or_else(|| in_pairs(self.0.messages))
    }

    fn run_portable(self) -> Self::Output {
        self.0.one_by_one(digest::sha256)
    }
}

offer!("SHA-256", 32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_are_those_of_the_standard() {
        assert_eq!(CONSTANTS[..2], [0x428a_2f98, 0x7137_4491]);
        assert_eq!(CONSTANTS[62..], [0xbef9_a3f7, 0xc671_78f2]);
    }
}
