//! The lanes of `ifma` in AVX-512 registers.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_and_si512, _mm512_loadu_si512, _mm512_madd52hi_epu64,
    _mm512_madd52lo_epu64, _mm512_maskz_loadu_epi8, _mm512_or_si512, _mm512_permutexvar_epi8,
    _mm512_set1_epi64, _mm512_shldi_epi64, _mm512_slli_epi64, _mm512_srli_epi64, _mm512_sub_epi64,
    _mm512_testn_epi64_mask, _mm512_xor_si512,
};

use super::ifma::{Group, Lanes, BITS, LANES, MASK};
use super::{in_groups, Lane};
use crate::simd::words512::transpose;

/// Bits of a limb, as intrinsics want them.
const SHIFT: u32 = 52;

/// Bytes of a register.
const WIDTH: usize = 64;

/// Bytes of as many limbs as a register has lanes.
const EIGHT_LIMBS: usize = LANES * BITS / 8;

/// Where the bytes of each of eight limbs lie in the last 64 bytes of a big-endian number: eight
/// from the one that its lowest bit is in.
#[expect(clippy::cast_possible_truncation)] // Numbers below 64.
const SPREAD: [u8; WIDTH] = {
    let mut table = [0; WIDTH];
    let mut k = 0;
    while k < WIDTH {
        table[k] = (WIDTH - 1 - (BITS * (k / 8) / 8 + k % 8)) as u8;
        k += 1;
    }
    table
};

/// A register of eight numbers. There is one only where the processor has the features that
/// [`verify`] asks for: nothing else makes them.
#[derive(Clone, Copy)]
struct Register(__m512i);

/// Intrinsics as functions that are inlined into those that have the features.
macro_rules! intrinsics {
    ($($name:ident($self:ident $(, $argument:ident)*) => $value:expr;)*) => {
        $(
            #[inline(always)]
            fn $name($self $(, $argument: Self)*) -> Self {
                // SAFETY: where there are registers there are the features.
                Self(unsafe { $value })
            }
        )*
    };
}

impl Lanes for Register {
    intrinsics! {
        add(self, b) => _mm512_add_epi64(self.0, b.0);
        sub(self, b) => _mm512_sub_epi64(self.0, b.0);
        or(self, b) => _mm512_or_si512(self.0, b.0);
        xor(self, b) => _mm512_xor_si512(self.0, b.0);
        low(self) => _mm512_and_si512(self.0, _mm512_set1_epi64(MASK.cast_signed()));
        high(self) => _mm512_srli_epi64::<SHIFT>(self.0);
        raised(self) => _mm512_slli_epi64::<SHIFT>(self.0);
        doubled(self) => _mm512_add_epi64(self.0, self.0);
        doubled_and_one(self) => _mm512_shldi_epi64::<1>(self.0, _mm512_set1_epi64(-1));
        add_low(self, a, b) => _mm512_madd52lo_epu64(self.0, a.0, b.0);
        add_high(self, a, b) => _mm512_madd52hi_epu64(self.0, a.0, b.0);
    }

    #[inline(always)]
    fn splat(value: u64) -> Self {
        // SAFETY: only functions with the features ask for registers.
        Self(unsafe { _mm512_set1_epi64(value.cast_signed()) })
    }

    #[inline(always)]
    fn from_lanes(values: [u64; LANES]) -> Self {
        // SAFETY: likewise, and there are 64 bytes.
        Self(unsafe { _mm512_loadu_si512(values.as_ptr().cast()) })
    }

    #[inline(always)]
    fn zeros(self) -> u8 {
        // SAFETY: where there are registers there are the features.
        unsafe { _mm512_testn_epi64_mask(self.0, _mm512_set1_epi64(MASK.cast_signed())) }
    }

    /// Eight limbs are 52 bytes: of each number one load and one permutation, then a transposition;
    /// every other limb begins in the middle of a byte.
    #[inline(always)]
    fn read(numbers: &[&[u8]], limbs: &mut [Self]) {
        for (step, limbs) in limbs.chunks_mut(LANES).enumerate() {
            let mut rows = [Self::splat(0); LANES];
            for (row, number) in rows.iter_mut().zip(numbers) {
                let left = number.len().saturating_sub(step * EIGHT_LIMBS);
                *row = spread(last_bytes(&number[..left]));
            }
            // SAFETY: where there are registers there are the features.
            let columns = unsafe { transpose(rows.map(|row| row.0)) };
            for (k, (limb, column)) in limbs.iter_mut().zip(columns).enumerate() {
                // SAFETY: as above.
                *limb = Self(if k % 2 == 0 {
                    column
                } else {
                    unsafe { _mm512_srli_epi64::<4>(column) }
                });
            }
        }
    }
}

/// The last 64 bytes, with zeros before them where there are fewer.
#[inline(always)]
fn last_bytes(bytes: &[u8]) -> Register {
    let missing = WIDTH.saturating_sub(bytes.len());
    let mask = if missing < WIDTH {
        u64::MAX << missing
    } else {
        0
    };
    let from = bytes.as_ptr().wrapping_add(bytes.len()).wrapping_sub(WIDTH);
    // SAFETY: only functions with the features ask for registers; nothing before `bytes` is read.
    Register(unsafe { _mm512_maskz_loadu_epi8(mask, from.cast()) })
}

/// Bytes to the limbs that they belong to.
#[inline(always)]
fn spread(bytes: Register) -> Register {
    // SAFETY: where there are registers there are the features; the table has 64 bytes.
    Register(unsafe {
        _mm512_permutexvar_epi8(_mm512_loadu_si512(SPREAD.as_ptr().cast()), bytes.0)
    })
}

/// See [`super::verify`]. The processor must have the level.
pub(super) fn verify<const L: usize>(lanes: &[Lane<'_>]) -> Vec<bool> {
    // SAFETY: the features are those of the level, which the caller has looked for.
    unsafe { all::<L>(lanes) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512ifma,avx512vbmi,avx512vbmi2")]
fn all<const L: usize>(lanes: &[Lane<'_>]) -> Vec<bool> {
    let mut group = Group::<Register, L>::new();
    in_groups(LANES, lanes, |task| {
        group.enter(task);
        for _ in 0..16 {
            square(&mut group);
        }
        multiply(&mut group);
        u32::from(group.matches(task))
    })
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512ifma,avx512vbmi,avx512vbmi2")]
#[inline(never)]
fn square<const L: usize>(group: &mut Group<Register, L>) {
    group.multiply::<true>();
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512ifma,avx512vbmi,avx512vbmi2")]
#[inline(never)]
fn multiply<const L: usize>(group: &mut Group<Register, L>) {
    group.multiply::<false>();
}
