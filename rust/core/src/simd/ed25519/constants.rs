//! Numbers of the curve, of its group and of their forms in limbs.

/// d of the curve -x² + y² = 1 + d x² y²: -121665/121666 modulo p.
pub(super) const D: [u64; 5] = [
    0xb_4dca_1359_78a3,
    0x4_d414_1d8a_b75e,
    0x7_79e8_9800_700a,
    0xf_e738_cc74_0797,
    0x5203_6cee_2b6f,
];
/// 2 d.
pub(super) const D2: [u64; 5] = [
    0x6_9b94_26b2_f159,
    0x9_a828_3b15_6ebd,
    0xe_f3d1_3000_e014,
    0xf_ce71_98e8_0f2e,
    0x2406_d9dc_56df,
];
/// A square root of -1 modulo p: 2^((p - 1) / 4).
pub(super) const ROOT_OF_MINUS_ONE: [u64; 5] = [
    0xe_1b27_4a0e_a0b0,
    0x6ad2_fe47_8c4e,
    0xd_fbd7_a72f_4318,
    0xd_f0b2_b4d0_0993,
    0x2b83_2480_4fc1,
];
/// x of the base point.
pub(super) const BASE_X: [u64; 5] = [
    0x6_2d60_8f25_d51a,
    0x6_0952_5a7b_2c95,
    0xd_d6dc_5c69_2cc7,
    0x5_3fec_0a4e_231f,
    0x2169_36d3_cd6e,
];
/// y of the base point: 4/5.
pub(super) const BASE_Y: [u64; 5] = [
    0x6_6666_6666_6658,
    0x6_6666_6666_6666,
    0x6_6666_6666_6666,
    0x6_6666_6666_6666,
    0x6666_6666_6666,
];

/// L in words of 64 bits.
pub(super) const L_WORDS: [u64; 4] = [
    0x5812_631a_5cf5_d3ed,
    0x14de_f9de_a2f7_9cd6,
    0x0,
    0x1000_0000_0000_0000,
];
/// The y of the eight points of small order.
pub(super) const SMALL_ORDER_Y: [[u64; 4]; 5] = [
    [0x0, 0x0, 0x0, 0x0],
    [0x1, 0x0, 0x0, 0x0],
    [
        0xb027_b2c2_8f95_e826,
        0xf098_eff2_89f4_c345,
        0x3933_c6d3_05ac_dfd5,
        0x5fc_536d_8802_38b1,
    ],
    [
        0x4fd8_4d3d_706a_17c7,
        0xf67_100d_760b_3cba,
        0xc6cc_392c_fa53_202a,
        0x7a03_ac92_77fd_c74e,
    ],
    [
        0xffff_ffff_ffff_ffec,
        0xffff_ffff_ffff_ffff,
        0xffff_ffff_ffff_ffff,
        0x7fff_ffff_ffff_ffff,
    ],
];

/// The order of the base point, 2^252 + 27742317777372353535851937790883648493.
pub(super) const L: [u64; 5] = [
    0x2_631a_5cf5_d3ed,
    0xd_ea2f_79cd_6581,
    0x14_def9,
    0x0,
    0x1000_0000_0000,
];
/// -1/L modulo 2^52.
pub(super) const L_FACTOR: u64 = 0x5_1da3_1254_7e1b;
/// 2^260 modulo L.
pub(super) const R1: [u64; 5] = [
    0xf_48bd_6721_e6ed,
    0x3_bab5_ac67_e45a,
    0xf_ffff_eb35_e51b,
    0xf_ffff_ffff_ffff,
    0xfff_ffff_ffff,
];
/// 2^520 modulo L.
pub(super) const R2: [u64; 5] = [
    0x9_d265_e952_d13b,
    0xd_63c7_15be_a69f,
    0x5_be65_cb68_7604,
    0x3_dcee_c73d_217f,
    0x941_1b7c_309a,
];
