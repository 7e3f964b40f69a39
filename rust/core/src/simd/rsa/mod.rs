//! Many RSA signatures at once: s^65537 mod n, compared with the encoded message. Every lane has a
//! key of its own.
//!
//! Serves moduli of 1024, 2048, 3072 and 4096 bits, and the somewhat shorter ones that fill as many
//! bytes, with the exponent 65537. All numbers are public: nothing here keeps time from telling
//! them. Hashing, and every other key, is the business of [`crate::verify`].
//!
//! Every answer is exact, whatever the numbers are: no lane is refused, so that nobody can choose
//! numbers that make a batch slow.

#[cfg(target_arch = "x86_64")]
mod avx512ifma;
mod ifma;

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

/// Bytes of a SHA-256 digest.
const DIGEST: usize = 32;

/// What stands before the digest in an encoded message: a zero, and the `DigestInfo` of SHA-256
/// with NULL parameters (RFC 8017 section 9.2).
const INFO: [u8; 20] = [
    0, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
    0x05, 0x00, 0x04, 0x20,
];

/// The end of an encoded message: as many bytes as a vector has.
const END: usize = 64;

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
    shift: u32,
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
            shift: u32::try_from(shift).ok()?,
            reciprocal: reciprocal(bytes, first.leading_zeros()),
        })
    }

    /// How long it is.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
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
    /// SHA-256 of what was signed.
    pub digest: &'a [u8; DIGEST],
}

/// Signatures of one size from which on a group of lanes pays at a level; `None` when the level has
/// no kernel.
#[must_use]
pub fn crossover(level: Level) -> Option<usize> {
    (level == Level::Avx512Ifma).then_some(2)
}

/// How many of `count` signatures of one size to give to the lanes: all, but for the last ones where
/// they are too few for a group.
#[must_use]
pub fn worth(level: Level, count: usize) -> usize {
    match crossover(level) {
        Some(least) if count % ifma::LANES >= least => count,
        Some(_) => count - count % ifma::LANES,
        None => 0,
    }
}

/// Whether each signature is that of its digest.
///
/// # Panics
/// When the level has no kernel ([`crossover`]), or this processor does not have it; when the
/// moduli are not all of one size, or a signature is not as long as its modulus.
#[must_use]
pub fn verify(level: Level, lanes: &[Lane<'_>]) -> Vec<bool> {
    let Some(first) = lanes.first() else {
        return Vec::new();
    };
    let size = first.modulus.size;
    for lane in lanes {
        assert!(
            lane.modulus.size == size && lane.signature.len() == size.bytes(),
            "signatures of one size, as long as their moduli"
        );
    }
    assert!(level <= super::detect(), "{} is not here", level.name());
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512Ifma => match size {
            Size::Bits1024 => avx512ifma::verify::<20>(lanes),
            Size::Bits2048 => avx512ifma::verify::<40>(lanes),
            Size::Bits3072 => avx512ifma::verify::<60>(lanes),
            Size::Bits4096 => avx512ifma::verify::<80>(lanes),
        },
        _ => panic!("{} has no kernel for RSA", level.name()),
    }
}

/// The encoded message of `size` bytes whose digest is zero.
fn encoded_message(size: usize) -> Vec<u8> {
    let mut message = vec![0xff; size];
    message[..2].copy_from_slice(&[0, 1]);
    message[size - DIGEST - INFO.len()..size - DIGEST].copy_from_slice(&INFO);
    message[size - DIGEST..].fill(0);
    message
}

/// The end of an encoded message.
fn end(digest: &[u8; DIGEST]) -> [u8; END] {
    let mut end = [0xff; END];
    end[END - DIGEST - INFO.len()..END - DIGEST].copy_from_slice(&INFO);
    end[END - DIGEST..].copy_from_slice(digest);
    end
}
