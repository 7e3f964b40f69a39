//! SHA-512, eight messages at a time.
//!
//! A group of lanes takes as many steps as its longest message has blocks, so messages of like
//! length belong together. A group with less work than two lanes is left to the library.

use sha2::{Digest, Sha512};

use super::super::{detect, Level};

/// SHA-512 of every message, in order, with the kernels of `level`.
///
/// # Panics
/// When this processor does not have the level.
#[must_use]
pub fn digests(level: Level, messages: &[&[u8]]) -> Vec<[u8; 64]> {
    assert!(level <= detect(), "{} is not here", level.name());
    #[cfg(target_arch = "x86_64")]
    if level >= Level::Avx512 && messages.len() > 1 {
        let mut order: Vec<usize> = (0..messages.len()).collect();
        order.sort_by_key(|&place| messages[place].len());
        let mut found = vec![[0; 64]; messages.len()];
        for group in order.chunks(lanes::LANES) {
            let parts = std::array::from_fn(|lane| Parts {
                head: &[],
                body: group.get(lane).map_or(&[], |&place| messages[place]),
            });
            // SAFETY: the processor has the level, so there is AVX-512.
            let digests = unsafe { lanes::digests(&parts) };
            for (&place, digest) in group.iter().zip(digests) {
                found[place] = digest;
            }
        }
        return found;
    }
    messages
        .iter()
        .map(|message| Sha512::digest(message).into())
        .collect()
}

/// A message in two pieces.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    /// At most a block.
    pub head: &'a [u8],
    pub body: &'a [u8],
}

/// Bytes of a block.
const BLOCK: usize = 128;
/// Bytes of padding that the last block has at least: a mark and the length.
const PADDING: usize = 17;

impl Parts<'_> {
    fn len(&self) -> usize {
        self.head.len() + self.body.len()
    }

    fn blocks(&self) -> usize {
        (self.len() + PADDING).div_ceil(BLOCK)
    }

    /// A block of the padded message; `room` is for one that does not lie in the body as it is.
    fn block<'a>(&'a self, index: usize, room: &'a mut [u8; BLOCK]) -> &'a [u8; BLOCK] {
        let start = index * BLOCK;
        if start >= self.head.len() {
            let body = self.body.get(start - self.head.len()..);
            if let Some(whole) = body.and_then(|body| body.first_chunk()) {
                return whole;
            }
        }
        *room = [0; BLOCK];
        let mut at = 0;
        for (piece, before) in [(self.head, 0), (self.body, self.head.len())] {
            let from = (start + at).saturating_sub(before).min(piece.len());
            let length = (piece.len() - from).min(BLOCK - at);
            room[at..at + length].copy_from_slice(&piece[from..from + length]);
            at += length;
        }
        if at < BLOCK && start + at == self.len() {
            room[at] = 0x80;
        }
        if index + 1 == self.blocks() {
            let bits = 8 * self.len() as u64;
            room[BLOCK - 8..].copy_from_slice(&bits.to_be_bytes());
        }
        room
    }

    /// The digest by the library.
    fn digest(&self) -> [u8; 64] {
        let mut hash = Sha512::new();
        hash.update(self.head);
        hash.update(self.body);
        hash.finalize().into()
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) mod lanes {
    //! The kernel: one message a lane.

    #![expect(clippy::large_types_passed_by_value)] // Vectors are registers.
    #![expect(clippy::many_single_char_names)] // Those of FIPS 180-4.

    use std::arch::x86_64::{
        _mm512_add_epi64, _mm512_mask_add_epi64, _mm512_ror_epi64, _mm512_shuffle_epi8,
        _mm512_srli_epi64, _mm512_ternarylogic_epi64,
    };

    use super::{Parts, BLOCK, INITIAL, ROUND_CONSTANTS};
    use crate::simd::words512::{load_bytes, splat, store, transpose, V};

    pub(crate) use crate::simd::words512::LANES;

    /// In every eight bytes the last one first.
    #[expect(clippy::cast_possible_truncation)] // Numbers below 64.
    const REVERSED: [u8; 64] = {
        let mut order = [0; 64];
        let mut byte = 0;
        while byte < 64 {
            order[byte] = (byte as u8) ^ 7;
            byte += 1;
        }
        order
    };

    /// The digests of eight messages.
    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn digests(messages: &[Parts<'_>; LANES]) -> [[u8; 64]; LANES] {
        let words = transpose(hash(messages)).map(|row| store(row));
        words.map(|words| {
            let mut digest = [0; 64];
            for (bytes, word) in digest.chunks_exact_mut(8).zip(words) {
                bytes.copy_from_slice(&word.to_le_bytes());
            }
            digest
        })
    }

    /// The digests of eight messages as little-endian words: word `i` of all of them in vector `i`.
    #[target_feature(enable = "avx512f,avx512bw")]
    pub(crate) fn hash(messages: &[Parts<'_>; LANES]) -> [V; 8] {
        let mut count = [0; LANES];
        for (count, message) in count.iter_mut().zip(messages) {
            *count = message.blocks();
        }
        let most = count.into_iter().max().unwrap_or(0);
        // A step of all lanes takes about as long as 1.6 blocks of the library.
        if most > 8 && 8 * count.into_iter().sum::<usize>() < 13 * most {
            return transpose(messages.map(|message| load_bytes(&message.digest())));
        }
        let mut state = [splat(0); 8];
        for (word, initial) in state.iter_mut().zip(INITIAL) {
            *word = splat(initial);
        }
        let mut room = [[0; BLOCK]; LANES];
        for index in 0..most {
            let mut blocks = [[splat(0); LANES]; 2];
            let mut running = 0;
            for (lane, (message, room)) in messages.iter().zip(&mut room).enumerate() {
                if index < count[lane] {
                    let (halves, _) = message.block(index, room).as_chunks::<64>();
                    blocks[0][lane] = load_bytes(&halves[0]);
                    blocks[1][lane] = load_bytes(&halves[1]);
                    running |= 1 << lane;
                }
            }
            compress(&mut state, &blocks, running);
        }
        reversed(state)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn reversed(words: [V; 8]) -> [V; 8] {
        let order = load_bytes(&REVERSED);
        let mut result = words;
        for word in &mut result {
            *word = _mm512_shuffle_epi8(*word, order);
        }
        result
    }

    macro_rules! xor {
        ($a:expr, $b:expr, $c:expr) => {
            _mm512_ternarylogic_epi64::<0x96>($a, $b, $c)
        };
    }

    macro_rules! round {
        ($a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident, $input:expr) => {
            let sigma = xor!(
                _mm512_ror_epi64::<14>($e),
                _mm512_ror_epi64::<18>($e),
                _mm512_ror_epi64::<41>($e)
            );
            let choice = _mm512_ternarylogic_epi64::<0xca>($e, $f, $g);
            let sum = _mm512_add_epi64(
                _mm512_add_epi64($h, $input),
                _mm512_add_epi64(sigma, choice),
            );
            $d = _mm512_add_epi64($d, sum);
            let sigma = xor!(
                _mm512_ror_epi64::<28>($a),
                _mm512_ror_epi64::<34>($a),
                _mm512_ror_epi64::<39>($a)
            );
            let majority = _mm512_ternarylogic_epi64::<0xe8>($a, $b, $c);
            $h = _mm512_add_epi64(sum, _mm512_add_epi64(sigma, majority));
        };
    }

    /// A block of each message, as its first and its second half, in the lanes that are `running`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn compress(state: &mut [V; 8], blocks: &[[V; LANES]; 2], running: u8) {
        let first = reversed(transpose(blocks[0]));
        let second = reversed(transpose(blocks[1]));
        let mut schedule = [splat(0); 16];
        schedule[..8].copy_from_slice(&first);
        schedule[8..].copy_from_slice(&second);
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
        let (chunks, _) = ROUND_CONSTANTS.as_chunks::<16>();
        for (turn, constants) in chunks.iter().enumerate() {
            macro_rules! input {
                ($index:literal) => {
                    _mm512_add_epi64(schedule[$index], splat(constants[$index]))
                };
            }
            round!(a b c d e f g h, input!(0));
            round!(h a b c d e f g, input!(1));
            round!(g h a b c d e f, input!(2));
            round!(f g h a b c d e, input!(3));
            round!(e f g h a b c d, input!(4));
            round!(d e f g h a b c, input!(5));
            round!(c d e f g h a b, input!(6));
            round!(b c d e f g h a, input!(7));
            round!(a b c d e f g h, input!(8));
            round!(h a b c d e f g, input!(9));
            round!(g h a b c d e f, input!(10));
            round!(f g h a b c d e, input!(11));
            round!(e f g h a b c d, input!(12));
            round!(d e f g h a b c, input!(13));
            round!(c d e f g h a b, input!(14));
            round!(b c d e f g h a, input!(15));
            if turn + 1 < chunks.len() {
                for i in 0..16 {
                    let (x, y) = (schedule[(i + 1) % 16], schedule[(i + 14) % 16]);
                    let low = xor!(
                        _mm512_ror_epi64::<1>(x),
                        _mm512_ror_epi64::<8>(x),
                        _mm512_srli_epi64::<7>(x)
                    );
                    let high = xor!(
                        _mm512_ror_epi64::<19>(y),
                        _mm512_ror_epi64::<61>(y),
                        _mm512_srli_epi64::<6>(y)
                    );
                    let sum = _mm512_add_epi64(schedule[i], schedule[(i + 9) % 16]);
                    schedule[i] = _mm512_add_epi64(sum, _mm512_add_epi64(low, high));
                }
            }
        }
        for (word, &more) in state.iter_mut().zip(&[a, b, c, d, e, f, g, h]) {
            *word = _mm512_mask_add_epi64(*word, running, *word, more);
        }
    }
}

/// The first 64 bits of the fractions of the square roots of the first 8 primes.
const INITIAL: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

/// The first 64 bits of the fractions of the cube roots of the first 80 primes.
const ROUND_CONSTANTS: [u64; 80] = [
    0x428a_2f98_d728_ae22,
    0x7137_4491_23ef_65cd,
    0xb5c0_fbcf_ec4d_3b2f,
    0xe9b5_dba5_8189_dbbc,
    0x3956_c25b_f348_b538,
    0x59f1_11f1_b605_d019,
    0x923f_82a4_af19_4f9b,
    0xab1c_5ed5_da6d_8118,
    0xd807_aa98_a303_0242,
    0x1283_5b01_4570_6fbe,
    0x2431_85be_4ee4_b28c,
    0x550c_7dc3_d5ff_b4e2,
    0x72be_5d74_f27b_896f,
    0x80de_b1fe_3b16_96b1,
    0x9bdc_06a7_25c7_1235,
    0xc19b_f174_cf69_2694,
    0xe49b_69c1_9ef1_4ad2,
    0xefbe_4786_384f_25e3,
    0x0fc1_9dc6_8b8c_d5b5,
    0x240c_a1cc_77ac_9c65,
    0x2de9_2c6f_592b_0275,
    0x4a74_84aa_6ea6_e483,
    0x5cb0_a9dc_bd41_fbd4,
    0x76f9_88da_8311_53b5,
    0x983e_5152_ee66_dfab,
    0xa831_c66d_2db4_3210,
    0xb003_27c8_98fb_213f,
    0xbf59_7fc7_beef_0ee4,
    0xc6e0_0bf3_3da8_8fc2,
    0xd5a7_9147_930a_a725,
    0x06ca_6351_e003_826f,
    0x1429_2967_0a0e_6e70,
    0x27b7_0a85_46d2_2ffc,
    0x2e1b_2138_5c26_c926,
    0x4d2c_6dfc_5ac4_2aed,
    0x5338_0d13_9d95_b3df,
    0x650a_7354_8baf_63de,
    0x766a_0abb_3c77_b2a8,
    0x81c2_c92e_47ed_aee6,
    0x9272_2c85_1482_353b,
    0xa2bf_e8a1_4cf1_0364,
    0xa81a_664b_bc42_3001,
    0xc24b_8b70_d0f8_9791,
    0xc76c_51a3_0654_be30,
    0xd192_e819_d6ef_5218,
    0xd699_0624_5565_a910,
    0xf40e_3585_5771_202a,
    0x106a_a070_32bb_d1b8,
    0x19a4_c116_b8d2_d0c8,
    0x1e37_6c08_5141_ab53,
    0x2748_774c_df8e_eb99,
    0x34b0_bcb5_e19b_48a8,
    0x391c_0cb3_c5c9_5a63,
    0x4ed8_aa4a_e341_8acb,
    0x5b9c_ca4f_7763_e373,
    0x682e_6ff3_d6b2_b8a3,
    0x748f_82ee_5def_b2fc,
    0x78a5_636f_4317_2f60,
    0x84c8_7814_a1f0_ab72,
    0x8cc7_0208_1a64_39ec,
    0x90be_fffa_2363_1e28,
    0xa450_6ceb_de82_bde9,
    0xbef9_a3f7_b2c6_7915,
    0xc671_78f2_e372_532b,
    0xca27_3ece_ea26_619c,
    0xd186_b8c7_21c0_c207,
    0xeada_7dd6_cde0_eb1e,
    0xf57d_4f7f_ee6e_d178,
    0x06f0_67aa_7217_6fba,
    0x0a63_7dc5_a2c8_98a6,
    0x113f_9804_bef9_0dae,
    0x1b71_0b35_131c_471b,
    0x28db_77f5_2304_7d84,
    0x32ca_ab7b_40c7_2493,
    0x3c9e_be0a_15c9_bebc,
    0x431d_67c4_9c10_0d4c,
    0x4cc5_d4be_cb3e_42b6,
    0x597f_299c_fc65_7e2a,
    0x5fcb_6fab_3ad6_faec,
    0x6c44_198c_4a47_5817,
];
