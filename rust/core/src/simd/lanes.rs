//! Vectors of many lanes, and the one place that runs a kernel at a level.
//!
//! A kernel is written once, over the traits below, with one message, one address or one number in
//! each lane. Who holds a value of a type that implements [`Simd`] has proof that this processor
//! has the instructions: the types are made here only, after a look at the processor. So nothing
//! but the operations themselves is `unsafe`.
//!
//! A level is added by implementing the traits and adding a line to [`run`]. No algorithm lives
//! here.
#![allow(clippy::inline_always)] // Only what is inlined has the instructions of its level.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(test)]
pub(crate) mod plain;

use super::Level;

/// Operations that do not care how wide a lane is.
pub(crate) trait Simd: Copy {
    /// A register.
    type Vector: Copy;

    /// All bits zero.
    fn zero(self) -> Self::Vector;
    fn or(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn and(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn xor(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn xor3(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// Of each bit: that of `a` where `which` has a 1, else that of `b`.
    fn choose(self, which: Self::Vector, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// Of each bit: what two of the three have.
    fn majority(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// `(a | !b) ^ c`.
    fn or_not_xor(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// `a ^ (!b & c)`.
    fn xor_not_and(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// In each 16 bytes: byte `i` is the byte `order[i] % 16`, or 0 where `order[i]` is 0x80.
    fn shuffle(self, a: Self::Vector, order: [u8; 16]) -> Self::Vector;
    /// `table[byte]` of every byte, when all bytes are below `16 * ROWS`; `ROWS` is 1, 4 or 8.
    fn look_up<const ROWS: usize>(self, a: Self::Vector, table: &[[u8; 16]; ROWS]) -> Self::Vector;
}

/// A vector as `N` lanes of 32 bits.
pub(crate) trait V32<const N: usize>: Simd {
    fn splat32(self, value: u32) -> Self::Vector;
    fn from32(self, lanes: &[u32; N]) -> Self::Vector;
    fn to32(self, a: Self::Vector) -> [u32; N];
    fn add32(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn left32<const BITS: u32>(self, a: Self::Vector) -> Self::Vector;
    fn right32<const BITS: u32>(self, a: Self::Vector) -> Self::Vector;
    /// Rotated to the left.
    fn rotate32<const BITS: i32>(self, a: Self::Vector) -> Self::Vector;
    /// Word `i` of every row in the vector `i`, read little-endian.
    fn rows32(self, rows: &[&[u8; 64]; N]) -> [Self::Vector; 16];
    /// The same of rows that are shorter, filled up with zeros.
    fn short_rows32(self, rows: &[&[u8]; N]) -> [Self::Vector; 16];

    /// The number that the bytes of a lane are to the base `BASE`, at most 58, the first one the
    /// highest digit.
    fn four_digits<const BASE: i8>(self, a: Self::Vector) -> Self::Vector;

    /// Bytes of every lane in the opposite order.
    #[inline(always)]
    fn swap32(self, a: Self::Vector) -> Self::Vector {
        self.shuffle(a, [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12])
    }
}

/// A vector as `N` lanes of 64 bits.
pub(crate) trait V64<const N: usize>: Simd {
    fn splat64(self, value: u64) -> Self::Vector;
    fn from64(self, lanes: &[u64; N]) -> Self::Vector;
    fn to64(self, a: Self::Vector) -> [u64; N];
    fn add64(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn sub64(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// The product of the lower halves of every lane.
    fn multiply(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn left64<const BITS: u32>(self, a: Self::Vector) -> Self::Vector;
    fn right64<const BITS: u32>(self, a: Self::Vector) -> Self::Vector;
    /// Rotated to the left.
    fn rotate64<const BITS: i32>(self, a: Self::Vector) -> Self::Vector;
    /// Word `i` of every row in the vector `i`, read little-endian.
    fn rows64(self, rows: &[&[u8; 64]; N]) -> [Self::Vector; 8];
}

/// `W` lanes of 32 bits, or half as many, `L`, of 64 bits.
pub(crate) trait Lanes<const W: usize, const L: usize>: V32<W> + V64<L> {}

impl<const W: usize, const L: usize, S: V32<W> + V64<L>> Lanes<W, L> for S {}

/// Work that is written over lanes.
pub(crate) trait Kernel: Sized {
    type Output;

    /// The work with the vectors of `simd`. It and everything it calls are to be
    /// `#[inline(always)]`: only then are they compiled with the instructions of the level.
    fn run<const W: usize, const L: usize, S: Lanes<W, L>>(self, simd: S) -> Self::Output;

    /// The same without vectors.
    fn run_portable(self) -> Self::Output;
}

/// Does the work at `level`, or at the highest level below it that this processor has.
#[inline]
pub(crate) fn run<K: Kernel>(level: Level, kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    {
        if level >= Level::Avx512Ifma {
            if let Some(simd) = avx512::Avx512::<true>::new() {
                // SAFETY: `simd` proves that the instructions are there.
                return unsafe { avx512::run_with_vbmi(simd, kernel) };
            }
        }
        if level >= Level::Avx512 {
            if let Some(simd) = avx512::Avx512::<false>::new() {
                // SAFETY: `simd` proves that the instructions are there.
                return unsafe { avx512::run(simd, kernel) };
            }
        }
        if level >= Level::Avx2 {
            if let Some(simd) = avx2::Avx2::new() {
                // SAFETY: `simd` proves that the instructions are there.
                return unsafe { avx2::run(simd, kernel) };
            }
        }
    }
    kernel.run_portable()
}

/// [`V32::short_rows32`] through copies.
#[cfg(any(target_arch = "x86_64", test))]
#[inline(always)]
fn filled_up<const N: usize>(rows: &[&[u8]; N]) -> [[u8; 64]; N] {
    let mut copies = [[0; 64]; N];
    for (copy, row) in copies.iter_mut().zip(rows) {
        copy[..row.len()].copy_from_slice(row);
    }
    copies
}

/// For [`V32::four_digits`]: the weights of two digits, as bytes, and of two pairs, as words of 16
/// bits. Neither sum of products overflows.
#[cfg(target_arch = "x86_64")]
const fn weights(base: i8) -> (i16, i32) {
    assert!(base > 0 && base <= 58);
    let square = base as i16 * base as i16;
    (
        i16::from_le_bytes([base.cast_unsigned(), 1]),
        square as i32 | 1 << 16,
    )
}
