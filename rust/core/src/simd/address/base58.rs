//! Base58 of 25 bytes in lanes, by the matrices of [`crate::base58`].
//!
//! A vector has 32-bit limbs of twice as many numbers as it has lanes of 64 bits, which the
//! products need: the numbers in even and those in odd places are worked on by turns.

use crate::base58::{ALPHABET, DECODE, DIGITS, ENCODE, FOREIGN};
use crate::simd::lanes::{Lanes, V64};

/// A digit of five digits to the base 58.
const BASE: u64 = 58u64.pow(5);

/// Characters of a row: 35, and five that mean nothing.
pub(super) type Row = [u64; 5];

/// Limbs of 25 bytes: the first has 8 bits, the others 32.
pub(super) type Limbs<V> = [V; 7];

// -- division by 58^5 ----------------------------------------------------------------------------
//
// A column is a sum below 2^64. 2^32 is 6 * 58^5 + FOLD, so that with x = 2^32 high + low
//     x = 6 high * 58^5 + u,   u = FOLD * high + low < 2^60.5.
// u / 58^5 is estimated from v = u >> 29 as v * ESTIMATE >> 32. The estimate is never too large,
// and less than 2^29 / 58^5 + v / 2^32 + 1 < 2.5 too small. So the rest is below 2.5 * 58^5 < 2^31.

const FOLD: u64 = (1 << 32) % BASE;
const ESTIMATE: u64 = (1 << 61) / BASE;

const _: () = {
    assert!((1 << 32) / BASE == 6);
    let largest = FOLD as u128 * 0xffff_ffff + 0xffff_ffff;
    // The factors and the quotient fit into 32 bits.
    assert!(largest >> 29 < 1 << 32 && ESTIMATE < 1 << 32);
    assert!(largest / (BASE as u128) < 1 << 32);
    // Twice the bound of the error, in units of 2^-32, against 5.
    assert!((2 << 61) / BASE as u128 + 2 * (largest >> 29) + (2 << 32) < 5 << 32);
    assert!(5 * BASE / 2 < 1 << 31);
};

/// A rest below 2^31 and the quotient, below 2^35, that go with `x`.
#[inline(always)]
fn divided<const L: usize, S: V64<L>>(simd: S, x: S::Vector) -> (S::Vector, S::Vector) {
    let high = simd.right64::<32>(x);
    let low = simd.and(x, simd.splat64(0xffff_ffff));
    let u = simd.add64(simd.multiply(high, simd.splat64(FOLD)), low);
    let v = simd.right64::<29>(u);
    let estimate = simd.right64::<32>(simd.multiply(v, simd.splat64(ESTIMATE)));
    let rest = simd.sub64(u, simd.multiply(estimate, simd.splat64(BASE)));
    let quotient = simd.add64(simd.multiply(high, simd.splat64(6)), estimate);
    (rest, quotient)
}

// After that a column has its rest, the quotient of its neighbour and a last carry: less than
// 2^31 + 2^35 + 2^7 < 2^36. 58^5 is 2^5 * 29^5, and z / 29^5 for z < 2^31 is exactly
// z * INVERSE >> 56: the error of INVERSE, less than 29^5 units of 2^-56 / 29^5, times z is less
// than 2^56.

const INVERSE: u64 = (1u64 << 56).div_ceil(BASE >> 5);

const _: () = {
    assert!(BASE == (BASE >> 5) << 5 && INVERSE < 1 << 32);
    assert!((INVERSE * (BASE >> 5) - (1 << 56)) < 1 << (56 - 31));
};

// -- five digits of a limb -----------------------------------------------------------------------
//
// x < 58^5 as a fraction of 58^4 in units of 2^-32: the whole part is the first digit, and 58 times
// the fraction has the next one before the point. That gives all digits of x as long as the
// fraction is at least that of x and less than that of x + 1, which is 2^32 / 58^4 > 379 more: it is
// taken 1 too large, plus x * (the error of FRACTION, below 1) / 2^23 < 80.

const FRACTION: u64 = (1u64 << 55).div_ceil(58u64.pow(4));

const _: () = assert!(FRACTION < 1 << 32 && BASE >> 23 < 80 && (1 << 32) / 58u64.pow(4) >= 379);

/// Characters of each number, right-aligned: 35, led by ones.
#[inline(always)]
pub(super) fn encode<const W: usize, const L: usize, S: Lanes<W, L>>(
    simd: S,
    limbs: &Limbs<S::Vector>,
) -> [Row; W] {
    let mut even = *limbs;
    let mut odd = *limbs;
    for (even, odd) in even.iter_mut().zip(&mut odd) {
        *odd = simd.right64::<32>(*odd);
        *even = simd.and(*even, simd.splat64(0xffff_ffff));
    }
    let (even, odd) = (characters(simd, &even), characters(simd, &odd));
    let mut rows = [[0; 5]; W];
    for word in 0..5 {
        let (even, odd) = (simd.to64(even[word]), simd.to64(odd[word]));
        for lane in 0..L {
            rows[2 * lane][word] = even[lane];
            rows[2 * lane + 1][word] = odd[lane];
        }
    }
    rows
}

/// Characters, eight in a lane of a vector, of numbers with limbs in the lower halves of lanes.
#[inline(always)]
fn characters<const L: usize, S: V64<L>>(simd: S, limbs: &Limbs<S::Vector>) -> [S::Vector; 5] {
    let mut columns = [simd.zero(); 7];
    macro_rules! column {
        ($to:literal: $($from:literal),*) => {
            let mut sum = simd.zero();
            $(
                let factor = simd.splat64(u64::from(ENCODE[$from][$to]));
                sum = simd.add64(sum, simd.multiply(limbs[$from], factor));
            )*
            columns[$to] = sum;
        };
    }
    column!(0: 0);
    column!(1: 0, 1);
    column!(2: 0, 1, 2);
    column!(3: 0, 1, 2, 3);
    column!(4: 0, 1, 2, 3, 4);
    column!(5: 0, 1, 2, 3, 4, 5);
    column!(6: 0, 1, 2, 3, 4, 5, 6);

    // All columns at once, then what little they carry from the right to the left.
    let mut quotients = [simd.zero(); 8];
    for column in 1..7 {
        (columns[column], quotients[column]) = divided(simd, columns[column]);
    }
    for column in 0..7 {
        columns[column] = simd.add64(columns[column], quotients[column + 1]);
    }
    for column in (1..7).rev() {
        let x = columns[column];
        let z = simd.right64::<5>(x);
        let quotient = simd.right64::<56>(simd.multiply(z, simd.splat64(INVERSE)));
        columns[column] = simd.sub64(x, simd.multiply(quotient, simd.splat64(BASE)));
        columns[column - 1] = simd.add64(columns[column - 1], quotient);
    }

    let mut words = [simd.zero(); 5];
    for (column, &x) in columns.iter().enumerate() {
        let fraction = simd.right64::<23>(simd.multiply(x, simd.splat64(FRACTION)));
        let mut digits = simd.add64(fraction, simd.splat64(1));
        for place in 5 * column..5 * column + 5 {
            if place > 5 * column {
                digits = simd.multiply(digits, simd.splat64(58));
            }
            // The digit is in the byte 4 of its lane.
            let mut order = [FOREIGN; 16];
            order[place % 8] = 4;
            order[place % 8 + 8] = 12;
            words[place / 8] = simd.or(words[place / 8], simd.shuffle(digits, order));
        }
    }
    for word in &mut words {
        *word = simd.look_up(*word, &LETTERS);
    }
    words
}

const LETTERS: [[u8; 16]; 4] = {
    let mut table = [[0; 16]; 4];
    let mut digit = 0;
    while digit < ALPHABET.len() {
        table[digit / 16][digit % 16] = ALPHABET[digit];
        digit += 1;
    }
    table
};

const VALUES: [[u8; 16]; 8] = {
    let mut table = [[0; 16]; 8];
    let mut character = 0;
    while character < 128 {
        table[character / 16][character % 16] = DIGITS[character];
        character += 1;
    }
    table
};

/// Limbs of numbers that are written in the first 36 bytes of rows, led by ones; and what has a bit
/// of [`FOREIGN`] in lanes that have other characters. The first limb has more than 8 bits when the
/// number has.
#[inline(always)]
pub(super) fn decode<const W: usize, const L: usize, S: Lanes<W, L>>(
    simd: S,
    rows: &[&[u8; 64]; W],
) -> (Limbs<S::Vector>, S::Vector) {
    let words = simd.rows32(rows);
    let mut even = [simd.zero(); 9];
    let mut odd = even;
    let mut seen = simd.zero();
    for (word, (even, odd)) in words.iter().zip(even.iter_mut().zip(&mut odd)) {
        let digits = simd.look_up(*word, &VALUES);
        // The table is for ASCII: anything else is foreign by its own high bit.
        seen = simd.or(seen, simd.or(digits, *word));
        *even = simd.four_digits::<58>(digits);
        *odd = simd.right64::<32>(*even);
    }
    let (even, odd) = (numbers(simd, &even), numbers(simd, &odd));
    let mut limbs = [simd.zero(); 7];
    for (limb, (even, odd)) in limbs.iter_mut().zip(even.iter().zip(odd)) {
        *limb = simd.choose(simd.splat64(0xffff_ffff), *even, simd.left64::<32>(odd));
    }
    (limbs, seen)
}

/// Limbs of numbers from their digits to the base 58^4 in the lower halves of lanes. All bits that
/// are more than the limbs have are in the first one: the number is below 58^36 < 2^211.
#[inline(always)]
fn numbers<const L: usize, S: V64<L>>(simd: S, digits: &[S::Vector; 9]) -> Limbs<S::Vector> {
    let mut columns = [simd.zero(); 7];
    macro_rules! column {
        ($to:literal: $($from:literal),*) => {
            let mut sum = simd.zero();
            $(
                let factor = simd.splat64(u64::from(DECODE[$from][$to]));
                sum = simd.add64(sum, simd.multiply(digits[$from], factor));
            )*
            columns[$to] = sum;
        };
    }
    // The entries of the matrix that are left out are zeros.
    column!(1: 0, 1);
    column!(2: 0, 1, 2);
    column!(3: 0, 1, 2, 3);
    column!(4: 0, 1, 2, 3, 4, 5);
    column!(5: 0, 1, 2, 3, 4, 5, 6);
    column!(6: 0, 1, 2, 3, 4, 5, 6, 7, 8);
    for column in (1..7).rev() {
        let carry = simd.right64::<32>(columns[column]);
        columns[column - 1] = simd.add64(columns[column - 1], carry);
    }
    columns
}

/// Zeros below the diagonal of the matrices, that the sums above leave out.
const _: () = {
    let first = [0, 1, 2, 3, 4, 5, 6];
    let last = [0, 1, 2, 3, 5, 6, 8];
    let mut column = 0;
    while column < 7 {
        let mut row = first[column] + 1;
        while row < 7 {
            assert!(ENCODE[row][column] == 0);
            row += 1;
        }
        row = if column == 0 { 0 } else { last[column] + 1 };
        while row < 9 {
            assert!(DECODE[row][column] == 0);
            row += 1;
        }
        column += 1;
    }
};
