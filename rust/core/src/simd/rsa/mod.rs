//! Many RSA signatures at once: whether s^65537 mod n is the encoded message. Every lane has a key
//! of its own.
//!
//! Serves moduli of 1024, 2048, 3072 and 4096 bits, and the somewhat shorter ones that fill as many
//! bytes, with the exponent 65537. All numbers are public: nothing here keeps time from telling
//! them. Hashing, the encoding of messages, and every other key is the business of
//! [`crate::verify`].
//!
//! Every answer is exact, whatever the numbers are: no lane is refused, so that nobody can choose
//! numbers that make a batch slow.

// What is not inlined into a function with the features is slow.
#![expect(clippy::inline_always)]
// Ranges of unrolled loops: some are empty, and columns are met by their numbers.
#![expect(clippy::needless_range_loop, clippy::reversed_empty_ranges)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod avx512ifma;
mod double;
mod ifma;
mod known;

use std::array;

use super::Level;

/// Repeats a block with a constant for each number: what is indexed with it stays in registers.
macro_rules! unroll {
    ($constant:ident in $($number:literal)* $block:block) => {{
        $({
            const $constant: usize = $number;
            $block
        })*
    }};
}
use unroll;

/// Lanes of the largest group.
const MOST_LANES: usize = 16;

/// How long the numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// 128 bytes, 1017 to 1024 bits.
    Bits1024,
    /// 256 bytes, 2041 to 2048 bits.
    Bits2048,
    /// 384 bytes, 3069 to 3072 bits.
    Bits3072,
    /// 512 bytes, 4089 to 4096 bits.
    Bits4096,
}

/// All sizes.
pub const SIZES: [Size; 4] = [
    Size::Bits1024,
    Size::Bits2048,
    Size::Bits3072,
    Size::Bits4096,
];

impl Size {
    /// Bytes of a modulus and of a signature.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Bits1024 => 128,
            Self::Bits2048 => 256,
            Self::Bits3072 => 384,
            Self::Bits4096 => 512,
        }
    }

    /// Limbs of 52 bits, 16 bits more than the number has or more.
    const fn limbs(self) -> usize {
        match self {
            Self::Bits1024 => 20,
            Self::Bits2048 => 40,
            Self::Bits3072 => 60,
            Self::Bits4096 => 80,
        }
    }
}

/// A modulus with what the kernels want to know of it.
#[derive(Debug)]
pub struct Modulus {
    size: Size,
    bytes: Box<[u8]>,
    /// -1 / n mod 2^52.
    inverse: u64,
    /// By how many bits the highest bit of n lies below that of a limb.
    shift: usize,
    /// 2^(24 (d - 1)) / n, where n has d digits of 24 bits: nearly that.
    top_inverse: f64,
    /// 2^(52 L) / n' - 1 as a fraction of 104 bits, high half first, and rather too small: n' is n
    /// with its highest bit moved to the top of the limbs.
    reciprocal: [u64; 2],
}

impl Modulus {
    /// A modulus from big-endian bytes without leading zeros; `None` when it is even or its size is
    /// none of [`SIZES`].
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let size = SIZES.into_iter().find(|size| size.bytes() == bytes.len())?;
        let first = bytes.first().filter(|&&first| first != 0)?;
        let bits = 8 * bytes.len() - first.leading_zeros() as usize;
        let unused = ifma::BITS * size.limbs() - bits;
        let shift = unused - ifma::BITS * Self::skipped_limbs(bytes.len(), size.limbs());
        let odd = bytes.last().is_some_and(|last| last & 1 == 1);
        if !odd || shift >= ifma::BITS {
            return None;
        }
        Some(Self {
            size,
            bytes: bytes.into(),
            inverse: inverse(bytes),
            shift,
            top_inverse: top_inverse(bytes),
            reciprocal: reciprocal(bytes, first.leading_zeros()),
        })
    }

    /// How long it is.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }

    /// Whether it is above a number of its length.
    #[must_use]
    pub fn is_above(&self, number: &[u8]) -> bool {
        *number < *self.bytes
    }

    /// A number of 24 bits, balanced, that times n is -1 mod 2^24.
    fn factor(&self) -> f64 {
        let [low, middle, high, ..] = self.inverse.to_le_bytes();
        f64::from(i32::from_le_bytes([0, low, middle, high]) >> 8)
    }

    /// Whole limbs of 52 bits above a number of that many bytes.
    const fn skipped_limbs(bytes: usize, limbs: usize) -> usize {
        (ifma::BITS * limbs - 8 * bytes) / ifma::BITS
    }
}

/// -1 / n mod 2^52, by Newton's iteration from the five bits that 3 n ^ 2 has right.
fn inverse(bytes: &[u8]) -> u64 {
    let (_, low) = bytes.split_last_chunk().expect("no modulus is shorter");
    let n = u64::from_be_bytes(*low);
    let mut inverse = n.wrapping_mul(3) ^ 2;
    for _ in 0..4 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(n.wrapping_mul(inverse)));
    }
    inverse.wrapping_neg() & ifma::MASK
}

/// [`Modulus::top_inverse`] from the highest 128 bits.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation
)]
fn top_inverse(bytes: &[u8]) -> f64 {
    let (high, rest) = bytes.split_first_chunk().expect("no modulus is shorter");
    let digits = (8 * bytes.len()).div_ceil(double::BITS);
    let exponent = (double::BITS * (digits - 1)) as i32 - 8 * rest.len() as i32;
    2f64.powi(exponent) / u128::from_be_bytes(*high) as f64
}

/// [`Modulus::reciprocal`] from the highest 104 bits of n', rounded up: too small by less than 5
/// units of the last place.
#[expect(clippy::cast_possible_truncation)] // Halves of 52 bits.
fn reciprocal(bytes: &[u8], leading_zeros: u32) -> [u64; 2] {
    let (high, _) = bytes.split_first_chunk().expect("no modulus is shorter");
    let divisor = (u128::from_be_bytes(*high) << leading_zeros >> 24) + 1;
    let mut rest = (1 << 104) - divisor;
    let mut fraction = 0u128;
    for _ in 0..104 {
        rest <<= 1;
        let fits = rest >= divisor;
        rest -= if fits { divisor } else { 0 };
        fraction = fraction << 1 | u128::from(fits);
    }
    [(fraction >> 52) as u64, fraction as u64 & ifma::MASK]
}

/// One signature to verify.
#[derive(Clone, Copy, Debug)]
pub struct Lane<'a> {
    /// The key.
    pub modulus: &'a Modulus,
    /// As long as the modulus.
    pub signature: &'a [u8],
    /// What the power should be: as long as the modulus, and below it.
    pub message: &'a [u8],
}

/// What a group of lanes works on: moduli of one size, and numbers of their length.
struct Task<'a> {
    moduli: &'a [&'a Modulus],
    signatures: &'a [&'a [u8]],
    messages: &'a [&'a [u8]],
}

/// How a level works.
struct Form {
    /// Signatures in a group.
    lanes: usize,
    /// With fewer the library is faster.
    least: usize,
    /// Whether it hangs on the mode in which the thread rounds.
    obeys_mode: bool,
}

/// `None` where there is no kernel.
fn form(level: Level) -> Option<Form> {
    match level {
        Level::Portable => None,
        Level::Avx2 => Some(Form {
            lanes: 4,
            least: 3,
            obeys_mode: true,
        }),
        Level::Avx512 => Some(Form {
            lanes: 16,
            least: 4,
            obeys_mode: false,
        }),
        Level::Avx512Ifma => Some(Form {
            lanes: 8,
            least: 2,
            obeys_mode: false,
        }),
    }
}

/// Signatures of one size from which on a group of lanes pays at a level; `None` when the level has
/// no kernel.
#[must_use]
pub fn crossover(level: Level) -> Option<usize> {
    form(level).map(|form| form.least)
}

/// How many of `count` signatures of a size to give to the lanes: all, but for the last ones where
/// they are too few for a group, and none when the kernel cannot be trusted here.
#[must_use]
pub fn worth(level: Level, size: Size, count: usize) -> usize {
    if count == 0 {
        return 0;
    }
    match form(level).filter(|form| known::is_sound(level, size, form)) {
        Some(form) if count % form.lanes < form.least => count - count % form.lanes,
        Some(_) => count,
        None => 0,
    }
}

/// Whether each signature is below its modulus, and its power s^65537 mod n is the message.
///
/// # Panics
/// When the level has no kernel, or this processor does not have it; when the moduli are not all of one size, or a number is not as long as its modulus.
#[must_use]
pub fn verify(level: Level, lanes: &[Lane<'_>]) -> Vec<bool> {
    let Some(first) = lanes.first() else {
        return Vec::new();
    };
    let size = first.modulus.size;
    for lane in lanes {
        assert!(
            lane.modulus.size == size
                && [lane.signature, lane.message].map(<[u8]>::len) == [size.bytes(); 2],
            "numbers of one size, as long as their moduli"
        );
    }
    assert!(level <= super::detect(), "{} is not here", level.name());
    macro_rules! of_size {
        ($kernel:ident, $limbs:expr) => {
            match size {
                Size::Bits1024 => $kernel::verify::<{ $limbs }>(lanes),
                Size::Bits2048 => $kernel::verify::<{ 2 * $limbs }>(lanes),
                Size::Bits3072 => $kernel::verify::<{ 3 * $limbs }>(lanes),
                Size::Bits4096 => $kernel::verify::<{ 4 * $limbs }>(lanes),
            }
        };
    }
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512Ifma => of_size!(avx512ifma, 20),
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => of_size!(avx512, 44),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => of_size!(avx2, 44),
        _ => panic!("{} has no kernel for RSA", level.name()),
    }
}

/// Verifies in groups of `count`; `kernel` answers for each, lane 0 in bit 0, what the signatures
/// would be worth if they were below their moduli.
fn in_groups(
    count: usize,
    lanes: &[Lane<'_>],
    mut kernel: impl FnMut(&Task<'_>) -> u32,
) -> Vec<bool> {
    let mut found = Vec::with_capacity(lanes.len());
    for lanes in lanes.chunks(count) {
        // A group that is not full has its last signature several times.
        let lane = |k: usize| &lanes[k.min(lanes.len() - 1)];
        let moduli: [&Modulus; MOST_LANES] = array::from_fn(|k| lane(k).modulus);
        let signatures: [&[u8]; MOST_LANES] = array::from_fn(|k| lane(k).signature);
        let messages: [&[u8]; MOST_LANES] = array::from_fn(|k| lane(k).message);
        let matches = kernel(&Task {
            moduli: &moduli[..count],
            signatures: &signatures[..count],
            messages: &messages[..count],
        });
        let good = |(k, lane): (usize, &Lane<'_>)| {
            matches >> k & 1 == 1 && lane.modulus.is_above(lane.signature)
        };
        found.extend(lanes.iter().enumerate().map(good));
    }
    found
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;

    use super::*;

    /// A modulus, a number below it, and its power, as bytes.
    pub(super) type Power = [Vec<u8>; 3];

    /// Moduli and numbers whose digits are extreme in some radix, or whose Montgomery form is: as many
    /// as the largest group has lanes.
    pub(super) fn extremes(size: Size) -> Vec<Power> {
        let one = BigUint::from(1u8);
        let bits = 8 * size.bytes();
        let top = &one << (bits - 1);
        let most = (&top << 1) - 1u8;
        let digits = |width: usize, digit: u64| {
            let places = 0..bits.div_ceil(width);
            places.fold(BigUint::ZERO, |number, _| {
                number << width | BigUint::from(digit)
            }) & &most
        };
        let moduli = [
            most.clone(),
            &top + 1u8,
            digits(24, 1 << 23) | &top | &one,
            digits(24, (1 << 23) - 1) | &top | &one,
            digits(52, 1 << 51) | &top | &one,
            (&most >> 3) | &one,
            &most - (&one << (bits / 2)),
            digits(52, (1 << 52) - 2) | &top | &one,
        ];
        let found = moduli.iter().enumerate().flat_map(|(place, n)| {
            let down = |bits: usize| (&one << bits).modinv(n).expect("n is odd");
            let numbers = [
                n - 1u8,
                digits(24, 1 << 23) * down(24 * 44) % n,
                down(52 * (place + 1)),
                n - down(24 * (place + 2)),
            ];
            [numbers[place % 4].clone(), numbers[(place + 2) % 4].clone()].map(|s| {
                let power = s.modpow(&65_537u32.into(), n);
                [n, &s, &power].map(|number| {
                    let digits = number.to_bytes_be();
                    [vec![0; size.bytes() - digits.len()], digits].concat()
                })
            })
        });
        found.collect()
    }

    /// Runs `kernel` on all extremes in groups of `count`, with their powers and with others.
    pub(super) fn answers_extremes(
        size: Size,
        count: usize,
        mut kernel: impl FnMut(&Task<'_>) -> u32,
    ) {
        for group in extremes(size).chunks(count) {
            let ready: Vec<Modulus> = group
                .iter()
                .map(|[n, ..]| Modulus::new(n).expect("a size that is served"))
                .collect();
            let others: Vec<Vec<u8>> = group
                .iter()
                .enumerate()
                .map(|(lane, [.., power])| {
                    let mut power = power.clone();
                    *power.last_mut().expect("not empty") ^= u8::from(lane % 3 == 0);
                    power
                })
                .collect();
            let found = kernel(&Task {
                moduli: &ready.iter().collect::<Vec<_>>(),
                signatures: &group.iter().map(|[_, s, _]| &s[..]).collect::<Vec<_>>(),
                messages: &others.iter().map(|power| &power[..]).collect::<Vec<_>>(),
            });
            for lane in 0..count {
                assert_eq!(
                    found >> lane & 1 == 1,
                    lane % 3 != 0,
                    "{lane} {:02x?}",
                    group[lane]
                );
            }
        }
    }
}
