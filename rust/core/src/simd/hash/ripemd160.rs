//! RIPEMD-160 (Dobbertin, Bosselaers, Preneel, 1996) of many messages.

use super::{digests_of_batch, Batch, Function};
use crate::digest;
use crate::simd::lanes::{self, Kernel, Lanes, V32};

/// The function.
pub(in crate::simd) struct Ripemd160;

/// The five functions of the rounds.
macro_rules! mixed {
    (1, $simd:ident, $x:expr, $y:expr, $z:expr) => {
        $simd.xor3($x, $y, $z)
    };
    (2, $simd:ident, $x:expr, $y:expr, $z:expr) => {
        $simd.choose($x, $y, $z)
    };
    (3, $simd:ident, $x:expr, $y:expr, $z:expr) => {
        $simd.or_not_xor($x, $y, $z)
    };
    (4, $simd:ident, $x:expr, $y:expr, $z:expr) => {
        $simd.choose($z, $x, $y)
    };
    (5, $simd:ident, $x:expr, $y:expr, $z:expr) => {
        $simd.or_not_xor($y, $z, $x)
    };
}

impl Function<5> for Ripemd160 {
    const START: [u32; 5] = [
        0x6745_2301,
        0xefcd_ab89,
        0x98ba_dcfe,
        0x1032_5476,
        0xc3d2_e1f0,
    ];
    const BIG_ENDIAN: bool = false;

    #[inline(always)]
    fn compress<const N: usize, S: V32<N>>(
        simd: S,
        state: &mut [S::Vector; 5],
        block: &[S::Vector; 16],
    ) {
        let (mut left, mut right) = (*state, *state);
        macro_rules! step {
            ($line:ident, $function:tt, $constant:literal, $word:literal, $bits:literal) => {
                let [a, b, c, d, e] = $line;
                let sum = simd.add32(block[$word], simd.splat32($constant));
                let sum = simd.add32(simd.add32(a, sum), mixed!($function, simd, b, c, d));
                let sum = simd.add32(simd.rotate32::<$bits>(sum), e);
                $line = [e, sum, b, simd.rotate32::<10>(c), d];
            };
        }
        // Function and constant of the left line and of the right one; for each of 16 steps the
        // word and the rotation of both.
        macro_rules! round {
            ($f:tt $k:literal, $g:tt $m:literal: $($w:literal $r:literal $v:literal $q:literal),*) => {
                $(
                    step!(left, $f, $k, $w, $r);
                    step!(right, $g, $m, $v, $q);
                )*
            };
        }
        round!(1 0x0000_0000, 5 0x50a2_8be6:
            0 11 5 8, 1 14 14 9, 2 15 7 9, 3 12 0 11,
            4 5 9 13, 5 8 2 15, 6 7 11 15, 7 9 4 5,
            8 11 13 7, 9 13 6 7, 10 14 15 8, 11 15 8 11,
            12 6 1 14, 13 7 10 14, 14 9 3 12, 15 8 12 6
        );
        round!(2 0x5a82_7999, 4 0x5c4d_d124:
            7 7 6 9, 4 6 11 13, 13 8 3 15, 1 13 7 7,
            10 11 0 12, 6 9 13 8, 15 7 5 9, 3 15 10 11,
            12 7 14 7, 0 12 15 7, 9 15 8 12, 5 9 12 7,
            2 11 4 6, 14 7 9 15, 11 13 1 13, 8 12 2 11
        );
        round!(3 0x6ed9_eba1, 3 0x6d70_3ef3:
            3 11 15 9, 10 13 5 7, 14 6 1 15, 4 7 3 11,
            9 14 7 8, 15 9 14 6, 8 13 6 6, 1 15 9 14,
            2 14 11 12, 7 8 8 13, 0 13 12 5, 6 6 2 14,
            13 5 10 13, 11 12 0 13, 5 7 4 7, 12 5 13 5
        );
        round!(4 0x8f1b_bcdc, 2 0x7a6d_76e9:
            1 11 8 15, 9 12 6 5, 11 14 4 8, 10 15 1 11,
            0 14 3 14, 8 15 11 14, 12 9 15 6, 4 8 0 14,
            13 9 5 6, 3 14 12 9, 7 5 2 12, 15 6 13 9,
            14 8 9 12, 5 6 7 5, 6 5 10 15, 2 12 14 8
        );
        round!(5 0xa953_fd4e, 1 0x0000_0000:
            4 9 12 8, 0 15 15 5, 5 5 10 12, 9 11 4 9,
            7 6 1 12, 12 8 5 5, 2 13 8 14, 10 12 7 6,
            14 5 6 8, 1 12 2 13, 3 13 13 6, 8 14 14 5,
            11 11 0 15, 6 8 3 13, 15 5 9 11, 13 6 11 11
        );
        let [h0, h1, h2, h3, h4] = *state;
        *state = [
            simd.add32(h1, simd.add32(left[2], right[3])),
            simd.add32(h2, simd.add32(left[3], right[4])),
            simd.add32(h3, simd.add32(left[4], right[0])),
            simd.add32(h4, simd.add32(left[0], right[1])),
            simd.add32(h0, simd.add32(left[1], right[2])),
        ];
    }
}

/// Messages that the library hashes in the time that a group of lanes takes: measured, and guarded
/// by a benchmark.
const WORTH: usize = 2;

#[derive(Clone, Copy)]
struct Digests<'a>(Batch<'a>);

impl Kernel for Digests<'_> {
    type Output = Vec<[u8; 20]>;

    #[inline(always)]
    fn run<const W: usize, const L: usize, S: Lanes<W, L>>(self, simd: S) -> Self::Output {
        digests_of_batch::<Ripemd160, 5, W, S, 20>(simd, self.0, WORTH, digest::ripemd160)
            .unwrap_or_else(|| self.run_portable())
    }

    fn run_portable(self) -> Self::Output {
        self.0.one_by_one(digest::ripemd160)
    }
}

offer!("RIPEMD-160", 20);
