//! The scalars of a batch of signatures: u1 = z / s and u2 = r / s modulo n, each split in two by
//! the endomorphism, as odd digits.
//!
//! A half h of a scalar stands for a sum of digits `D_i` * 2^(w i), all of them odd and between -2^w
//! and 2^w, so that no digit is 0. With `D_i` = 2 `B_i` - (2^w - 1) the sum is 2 B - (2^bits - 1), where
//! B has the digits `B_i`: what is split is therefore (u + (2^bits - 1) (1 + lambda)) / 2, and it is the
//! scalar that is halved, never a point. The halves that the lattice gives are within 2^129 of 0;
//! 2^129 is added to them and was taken off before.

use super::curve::{Group, HALF_R_SQUARED, LATTICE, ODD_130, ODD_132, SHORT};
use super::Signature;
use crate::simd::limbs52::inverse::invert_lanes;
use crate::simd::limbs52::order::{self, Residues};
use crate::simd::limbs52::vector::{Lanes, Multiply, Vector, LANES, MASK};
use crate::simd::limbs52::{all, carried, each, limbs_of_words, product, sum, Held, Limbs};
use crate::simd::rows::Row;

/// Bits of a half.
pub(super) type Bits = u32;

/// A half of eight scalars: three words.
pub(super) type Half = [Row; 3];

/// What a group of eight signatures comes to.
#[derive(Clone, Copy)]
pub(super) struct Scalars {
    /// r, as limbs.
    pub(super) r: Limbs,
    /// The halves of u2, in the bits asked for.
    pub(super) key: [Half; 2],
    /// The halves of u1, in 130 bits.
    pub(super) generator: [Half; 2],
    s: Limbs,
    z: Limbs,
    /// The product of every s before this group's.
    before: Limbs,
}

/// The digits of one window: which row of a table, and where the point is to be negated.
#[derive(Clone, Copy)]
pub(super) struct Digits {
    pub(super) rows: [u32; LANES],
    pub(super) negative: Lanes,
}

impl Scalars {
    pub(super) const ZERO: Self = Self {
        r: Limbs::ZERO,
        key: [[Row::ZERO; 3]; 2],
        generator: [[Row::ZERO; 3]; 2],
        s: Limbs::ZERO,
        z: Limbs::ZERO,
        before: Limbs::ZERO,
    };
}

impl Digits {
    pub(super) const ZERO: Self = Self {
        rows: [0; LANES],
        negative: 0,
    };
}

/// Fills `scalars` with those of `signatures`, eight to a group; lanes that are over repeat the last
/// signature. `bits` is 130 or 132.
#[inline(always)]
pub(super) fn prepare<M: Multiply>(
    m: M,
    signatures: &[Signature<'_>],
    bits: Bits,
    scalars: &mut [Scalars],
) {
    let mut run = all(m, [1, 0, 0, 0, 0]);
    for (group, scalars) in signatures.chunks(LANES).zip(scalars.iter_mut()) {
        let [r, s, z] =
            each!(words in words(group) => limbs_of_words(m, each!(row in words => m.row(&row))));
        scalars.r = Limbs::of(r);
        scalars.s = Limbs::of(s);
        scalars.z = Limbs::of(z);
        scalars.before = Limbs::of(run);
        run = order::mul::<M, Group>(m, run, s);
    }
    let (whole, others) = invert_lanes::<M, Residues<Group>>(m, run).expect("no s is 0");
    let mul = order::mul::<M, Group>;
    let mut inverse = mul(m, mul(m, whole, all(m, HALF_R_SQUARED)), others);
    let odd = if bits == 132 { ODD_132 } else { ODD_130 };
    let groups = signatures.len().div_ceil(LANES);
    for scalars in scalars[..groups].iter_mut().rev() {
        let half_s = mul(m, inverse, scalars.before.load(m));
        inverse = mul(m, inverse, scalars.s.load(m));
        scalars.generator = split(m, mul(m, scalars.z.load(m), half_s), all(m, ODD_130));
        scalars.key = split(m, mul(m, scalars.r.load(m), half_s), all(m, odd));
    }
}

/// r, s and the digest of each signature, as words in lanes.
#[inline(always)]
fn words(group: &[Signature<'_>]) -> [[Row; 4]; 3] {
    let mut words = [[Row::ZERO; 4]; 3];
    for lane in 0..LANES {
        let signature = &group[lane.min(group.len() - 1)];
        let (numbers, _) = signature.numbers.as_chunks::<32>();
        let numbers = [&numbers[0], &numbers[1], signature.digest];
        for (words, number) in words.iter_mut().zip(&numbers) {
            for (word, bytes) in words.iter_mut().rev().zip(number.as_chunks::<8>().0) {
                word.0[lane] = u64::from_be_bytes(*bytes);
            }
        }
    }
    words
}

/// The halves of `scalar + constant`, each with 2^129 added.
#[inline(always)]
fn split<M: Multiply>(m: M, scalar: Held, constant: Held) -> [Half; 2] {
    let scalar = carried(m, sum(scalar, constant));
    let zero = m.zero();
    let [first, second] = LATTICE;
    let multiples = [
        upper(m, product(m, [zero; 5], scalar, all(m, first))),
        upper(m, product(m, [zero; 5], scalar, all(m, second))),
    ];
    let [a, b, c, ..] = scalar;
    let middle = m.all(1 << 25);
    let [first, second] = SHORT;
    [
        three_words(m, plus_products(m, [a, b, c + middle], multiples, first)),
        three_words(m, plus_products(m, [zero, zero, middle], multiples, second)),
    ]
}

/// A product divided by 2^384, rounded down, as three limbs.
#[inline(always)]
fn upper<M: Multiply>(m: M, (low, high): (Held, Held)) -> [Vector; 3] {
    let mask = m.all(MASK);
    let [.., top] = carried(m, low);
    let [c5, c6, c7, c8, c9] = high;
    let [_, _, c7, c8, c9] = carried(m, [c5 + (top >> 52), c6, c7, c8, c9]);
    [
        (c7 >> 20 | c8 << 32) & mask,
        (c8 >> 20 | c9 << 32) & mask,
        c9 >> 20,
    ]
}

/// `start + a * b + c * d` modulo 2^156, for `factors` a and c, `constants` b and d.
#[inline(always)]
fn plus_products<M: Multiply>(
    m: M,
    start: [Vector; 3],
    factors: [[Vector; 3]; 2],
    constants: [[u64; 3]; 2],
) -> [Vector; 3] {
    let [mut s0, mut s1, mut s2] = start;
    for at in 0..2 {
        let [a, b, c] = each!(limb in factors[at] => m.factor(limb));
        let [d, e, f] = each!(limb in constants[at] => m.factor(m.all(limb)));
        s0 = s0 + m.column(1, 0);
        s1 = s1 + m.column(2, 1);
        s2 = s2 + m.column(3, 2);
        m.add_both(&mut s0, &mut s1, a, d);
        m.add_both(&mut s1, &mut s2, a, e);
        m.add_both(&mut s1, &mut s2, b, d);
        s2 = m.add_low(s2, a, f);
        s2 = m.add_low(s2, b, e);
        s2 = m.add_low(s2, c, d);
    }
    [s0, s1, s2]
}

/// Three limbs, not carried, as words.
#[inline(always)]
fn three_words<M: Multiply>(m: M, [a, b, c]: [Vector; 3]) -> Half {
    let mask = m.all(MASK);
    let b = b + (a >> 52);
    let c = (c + (b >> 52)) & mask;
    let (a, b) = (a & mask, b & mask);
    [
        (a | b << 52).to_row(),
        (b >> 12 | c << 40).to_row(),
        (c >> 24).to_row(),
    ]
}

/// The digits of `width` bits at `position`. Row j of a line of a table is 2 j + 1 times its point;
/// lines have 2^(width - 1) rows, and `first` is the first row of this one.
#[inline(always)]
pub(super) fn digits<M: Multiply>(
    m: M,
    half: &Half,
    position: u32,
    width: u32,
    first: u32,
) -> Digits {
    let (word, shift) = ((position / 64) as usize, position % 64);
    let mut digit = m.row(&half[word]) >> shift;
    if shift + width > 64 && word < 2 {
        digit = digit | m.row(&half[word + 1]) << (64 - shift);
    }
    let digit = digit & m.all((1 << width) - 1);
    let middle = m.all(1 << (width - 1));
    let negative = digit.is_below(middle);
    let row = (digit - middle).replace(negative, middle - m.all(1) - digit);
    Digits {
        rows: (row + m.all(first.into())).narrowed(),
        negative,
    }
}
