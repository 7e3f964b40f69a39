//! Numbers of secp256k1 (SEC 2, 2.4.1), and of its endomorphism (x, y) -> (beta * x, y), which
//! multiplies a point by lambda.

use crate::simd::limbs52::field::Prime;
use crate::simd::limbs52::inverse::Modulus;
use crate::simd::limbs52::order::{negative_inverse, Order};
use crate::simd::limbs52::{limbs, Limbs};
use crate::simd::rows::Row;

/// p = 2^256 - 2^32 - 977.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field;

impl Prime for Field {
    const TOP: u32 = 48;
    const EXCESS: u64 = 0x1_0000_03d1;
    const P: [u64; 5] = limbs(P);
    const MODULUS: Modulus = Modulus::new(P);
}

/// The order of the group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group;

impl Order for Group {
    const N: [u64; 5] = limbs(N);
    const MODULUS: Modulus = Modulus::new(N);
    const NEGATIVE_INVERSE: u64 = negative_inverse(N[0]);
}

/// p, its words, the lowest first.
const P: [u64; 4] = [0xffff_fffe_ffff_fc2f, u64::MAX, u64::MAX, u64::MAX];

/// n, the order of the group.
const N: [u64; 4] = [
    0xbfd2_5e8c_d036_4141,
    0xbaae_dce6_af48_a03b,
    0xffff_ffff_ffff_fffe,
    0xffff_ffff_ffff_ffff,
];

/// The generator: x and y, their words.
pub(super) const GENERATOR: Row = Row([
    0x59f2_815b_16f8_1798,
    0x029b_fcdb_2dce_28d9,
    0x55a0_6295_ce87_0b07,
    0x79be_667e_f9dc_bbac,
    0x9c47_d08f_fb10_d4b8,
    0xfd17_b448_a685_5419,
    0x5da4_fbfc_0e11_08a8,
    0x483a_da77_26a3_c465,
]);

/// A cube root of 1 modulo p.
pub(super) const BETA: Limbs = Limbs::all([
    0x0009_6c28_7195_01ee,
    0x0007_512f_5899_5c13,
    0x000c_3434_e99c_f049,
    0x7106_e644_79ea,
    0x7ae9_6a2b_657c,
]);

/// 2^520 / 2 mod n: brings an inverse into the form of `order`, and halves it.
pub(super) const HALF_R_SQUARED: [u64; 5] = [
    0x3b4c_7b60_be32,
    0x000b_dd65_b6a1_0446,
    0x0006_83e3_9d29_0412,
    0x000e_2f34_bfaf_22de,
    0xb38e_6ac0_e34d,
];

// Short vectors (a, b) of the lattice of all a + b * lambda = 0 mod n:
// a1 = 0x3086d221a7d46bcde86c90e49284eb15, b1 = -0xe4437ed6010e88286f547fa90abfe4c3,
// a2 = 0x114ca50f7a8e2f3f657c1108d9d44cfd8, b2 = a1.

/// floor(2^384 * b2 / n) and floor(2^384 * -b1 / n).
pub(super) const LATTICE: [[u64; 5]; 2] = [
    [
        0x0003_209a_45db_b030,
        0x0001_471e_8ca7_fe89,
        0x0002_84eb_153d_aa8a,
        0x0006_bcde_86c9_0e49,
        0x3086_d221_a7d4,
    ],
    [
        0x0001_b4ae_8ac4_7f71,
        0x000a_c9df_506c_6157,
        0x000a_bfe4_c422_1208,
        0x0008_8286_f547_fa90,
        0xe443_7ed6_010e,
    ],
];

/// -a1 and -a2, then -b1 and -b2, modulo 2^156.
pub(super) const SHORT: [[[u64; 3]; 2]; 2] = [
    [
        [
            0x0003_6f1b_6d7b_14eb,
            0x000d_e582_b943_2179,
            0x000f_ffff_ffcf_792d,
        ],
        [
            0x000e_ef72_62bb_3028,
            0x8571_d0c0_9a83,
            0x000f_ffff_feeb_35af,
        ],
    ],
    [
        [0x0004_7fa9_0abf_e4c3, 0x000d_6010_e882_86f5, 0x00e4_437e],
        [
            0x0003_6f1b_6d7b_14eb,
            0x000d_e582_b943_2179,
            0x000f_ffff_ffcf_792d,
        ],
    ],
];

/// What is added to half a scalar before it is split, so that the halves, written in 130 bits,
/// stand for odd digits: ((2^130 - 1) (1 + lambda) / 2 - 2^129 (1 + lambda)) mod n.
pub(super) const ODD_130: [u64; 5] = [
    0x0007_e408_5a89_41e7,
    0x000f_e476_39ce_1706,
    0x000b_f6cd_d254_405c,
    0x000e_78fa_d6cf_1feb,
    0x564e_2959_9fd1,
];

/// The same for 132 bits.
pub(super) const ODD_132: [u64; 5] = [
    0xd16c_d718_8108,
    0x000e_10f3_c6d4_6ef4,
    0x0008_62a3_2664_8ee7,
    0x0008_41de_518c_a44c,
    0x3f32_d0b9_421f,
];
