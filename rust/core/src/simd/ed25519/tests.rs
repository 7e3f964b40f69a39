//! The bounds of limbs at their extremes, numbers modulo L, digits, and sums with scalars that no
//! signature can be made for.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::{EdwardsPoint, Scalar as Number};

use super::field::{
    difference_sum, difference_sum_signed, doubling_pair, squares_difference_sum,
    twice_difference_sum, two_products, BITS, MASK,
};
use super::scalar::words;
use super::*;
use crate::simd::words512::{load, store};
use crate::simd::{detect, rows};

/// Runs a test of the kernel where the processor has it.
macro_rules! in_lanes {
    ($test:expr) => {
        if detect() < LEVEL {
            println!("not run: this processor has no AVX-512 IFMA");
            return;
        }
        // SAFETY: the processor has the level of the kernel.
        unsafe { $test }
    };
}

struct Noise(u64);

impl Noise {
    /// `Xorshift64*`.
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        [0; N].map(|_: u8| self.next().to_le_bytes()[7])
    }
}

/// A number below p, as words: slow and plain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Residue([u64; 4]);

const P: [u64; 4] = [u64::MAX - 18, u64::MAX, u64::MAX, u64::MAX >> 1];

impl Residue {
    const ZERO: Self = Self([0; 4]);

    fn of(limbs: [u64; 5]) -> Self {
        limbs.iter().rev().fold(Self::ZERO, |sum, &limb| {
            let shifted = (0..BITS).fold(sum, |sum, _| sum.plus(sum));
            shifted.plus(Self([limb, 0, 0, 0]))
        })
    }

    fn plus(self, other: Self) -> Self {
        let (sum, _) = sum(self.0, other.0);
        // Less p, when the borrow says that it can be taken away.
        let (less, borrow) = difference(sum, P);
        Self(if borrow { sum } else { less })
    }

    fn minus(self, other: Self) -> Self {
        self.plus(Self(difference(P, other.0).0).plus(Self::ZERO))
    }

    fn times(self, other: Self) -> Self {
        (0..256).rev().fold(Self::ZERO, |product, bit| {
            let twice = product.plus(product);
            if other.0[bit / 64] >> (bit % 64) & 1 == 1 {
                twice.plus(self)
            } else {
                twice
            }
        })
    }
}

fn sum(a: [u64; 4], b: [u64; 4]) -> ([u64; 4], bool) {
    let mut carry = false;
    let mut result = [0; 4];
    for i in 0..4 {
        let (first, over) = a[i].overflowing_add(b[i]);
        let (second, again) = first.overflowing_add(carry.into());
        (result[i], carry) = (second, over || again);
    }
    (result, carry)
}

fn difference(a: [u64; 4], b: [u64; 4]) -> ([u64; 4], bool) {
    let mut borrow = false;
    let mut result = [0; 4];
    for i in 0..4 {
        let (first, under) = a[i].overflowing_sub(b[i]);
        let (second, again) = first.overflowing_sub(borrow.into());
        (result[i], borrow) = (second, under || again);
    }
    (result, borrow)
}

/// Above limb `index` of every element.
const fn bound(index: usize) -> u64 {
    if index < 4 {
        1 << BITS
    } else {
        1 << 49
    }
}

/// Eight elements of which limbs are as large as they may be, 0, or anything; the first 8 of the
/// `turn`s have all limbs alike.
fn extreme(noise: &mut Noise, turn: u64, operand: u64) -> [[u64; LANES]; 5] {
    let mut limbs = [[0; LANES]; 5];
    for (index, limb) in limbs.iter_mut().enumerate() {
        for value in limb {
            let choice = if turn < 8 {
                turn >> operand & 1
            } else {
                noise.next() >> 60
            };
            *value = match choice {
                0 | 4 => bound(index) - 1,
                1 | 5 => 0,
                2 => 1,
                _ => noise.next() % bound(index),
            };
        }
    }
    limbs
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512ifma")]
fn element(limbs: &[[u64; LANES]; 5]) -> Fe {
    let [a, b, c, d, e] = limbs;
    Fe([load(a), load(b), load(c), load(d), load(e)])
}

/// The residues of an element, which has to obey the bounds.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512ifma")]
fn residues(element: &Fe) -> [Residue; LANES] {
    let [a, b, c, d, e] = element.0;
    let limbs = [store(a), store(b), store(c), store(d), store(e)];
    std::array::from_fn(|lane| {
        let limbs: [u64; 5] = std::array::from_fn(|index| limbs[index][lane]);
        for (index, &limb) in limbs.iter().enumerate() {
            assert!(limb < bound(index), "limb {index} is {limb:#x}");
        }
        Residue::of(limbs)
    })
}

#[test]
fn operations_of_the_field_at_the_bounds_of_their_limbs() {
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512ifma")]
    fn test() {
        let mut noise = Noise(11);
        for turn in 0..60 {
            let limbs: [_; 4] = [0, 1, 2, 2].map(|operand| extreme(&mut noise, turn, operand));
            let [a, b, e, f] = [
                element(&limbs[0]),
                element(&limbs[1]),
                element(&limbs[2]),
                element(&limbs[3]),
            ];
            let [ra, rb, re, rf] = [residues(&a), residues(&b), residues(&e), residues(&f)];
            let negative = 0xa5;
            let results = [
                difference_sum(&a, &b, &e, &f),
                difference_sum_signed(&a, &b, negative, &e, &f),
                twice_difference_sum(&a, &b, negative, &e),
                squares_difference_sum(&a, &b),
                doubling_pair(&a, &b, &e),
                two_products(&a, &b, &e, &f),
                (a.mul(&b), a.square()),
                (a.add(&b), a.sub(&b)),
                (a.neg(), Fe(a.canonical())),
            ];
            let pairs: Vec<_> = results
                .iter()
                .map(|(x, y)| (residues(x), residues(y)))
                .collect();
            for lane in 0..LANES {
                let (a, b, e, f) = (ra[lane], rb[lane], re[lane], rf[lane]);
                let (ab, ef) = (a.times(b), e.times(f));
                let signed = if negative >> lane & 1 == 1 {
                    Residue::ZERO.minus(ab)
                } else {
                    ab
                };
                let (twice_e, twice_ab) = (e.plus(e), ab.plus(ab));
                let twice_ee = twice_e.times(twice_e);
                let expected = [
                    (ef.minus(ab), ef.plus(ab)),
                    (ef.minus(signed), ef.plus(signed)),
                    (twice_e.minus(signed), twice_e.plus(signed)),
                    (b.times(b).minus(a.times(a)), b.times(b).plus(a.times(a))),
                    (twice_ee.minus(twice_ab), twice_ab),
                    (ab, ef),
                    (ab, a.times(a)),
                    (a.plus(b), a.minus(b)),
                    (Residue::ZERO.minus(a), a),
                ];
                for (index, (expected, pairs)) in expected.iter().zip(&pairs).enumerate() {
                    let found = (pairs.0[lane], pairs.1[lane]);
                    assert_eq!(found, *expected, "operation {index}, turn {turn}");
                }
            }
        }
    }
    in_lanes!(test());
}

#[test]
fn canonical_residues_around_multiples_of_p() {
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512ifma")]
    fn test() {
        // 2^255 t + low is 19 t + low modulo p.
        for times in 0..4 {
            for low in (0..64)
                .map(|low| [low, 0, 0, 0, 0])
                .chain((0..64).map(|low| {
                    let top = (1 << 47) - 1;
                    [MASK - low, MASK, MASK, MASK, top]
                }))
            {
                let mut limbs = low;
                limbs[4] += times << 47;
                let expected = Residue::of(limbs);
                let [a, b, c, d, e] = Fe::splat(limbs).canonical();
                let found = [
                    store(a)[3],
                    store(b)[3],
                    store(c)[3],
                    store(d)[3],
                    store(e)[3],
                ];
                assert_eq!(Residue::of(found), expected);
                let words = words([a, b, c, d, e]).map(|word| store(word)[5]);
                assert_eq!(Residue(words), expected);
                let zero = expected == Residue::ZERO;
                assert_eq!(Fe::splat(limbs).is_zero(), if zero { 0xff } else { 0 });
            }
        }
    }
    in_lanes!(test());
}

#[test]
fn inverses() {
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512ifma")]
    fn test() {
        let mut noise = Noise(12);
        let limbs = extreme(&mut noise, 100, 0);
        let number = element(&limbs);
        let one = residues(&number.mul(&inverse(&number)));
        assert_eq!(one, [Residue([1, 0, 0, 0]); LANES]);
        assert_eq!(inverse(&Fe::zero()).is_zero(), 0xff);
    }
    in_lanes!(test());
}

/// Little-endian bytes as a number of lanes that are all alike.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512ifma")]
fn scalar(bytes: [u8; 32]) -> Scalar {
    let mut words = [splat(0); 4];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *word = splat(u64::from_le_bytes(*bytes));
    }
    Scalar(limbs(words))
}

/// Numbers below 2^253 at which digits carry far, and L and its neighbours.
fn special_numbers() -> Vec<[u8; 32]> {
    let mut numbers = Vec::new();
    for number in [Number::ZERO, Number::ONE, -Number::ONE, -Number::from(2u8)] {
        numbers.push(number.to_bytes());
    }
    for fill in [0, 0xff, 0x55, 0xaa, 0x80, 0x7f, 0x10, 0xef] {
        for top in [0, 1, 0x0f, 0x10, 0x1f] {
            let mut bytes = [fill; 32];
            bytes[31] = top;
            numbers.push(bytes);
        }
    }
    for bit in 0..253 {
        let mut bytes = [0; 32];
        bytes[bit / 8] = 1 << (bit % 8);
        numbers.push(bytes);
    }
    numbers
}

/// The sum of digits, modulo L: digits are checked to be in range.
fn value<const N: usize>(digits: &Digits<N>, width: u32, size: impl Fn(u64) -> u64) -> Number {
    let mut sum = Number::ZERO;
    for index in (0..N).rev() {
        sum *= Number::from(1u64 << width);
        let digit = Number::from(size(digits.size[index][2]));
        if digits.negative[index] >> 2 & 1 == 1 {
            sum -= digit;
        } else {
            sum += digit;
        }
    }
    sum
}

#[test]
fn digits_sum_up_to_their_number() {
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512ifma")]
    fn test() {
        for bytes in special_numbers() {
            let number = Number::from_bytes_mod_order(bytes);
            let scalar = scalar(bytes);
            let digits: Digits<KEY_DIGITS> = scalar.digits(KEY_WIDTH);
            assert!(digits
                .size
                .iter()
                .flatten()
                .all(|&size| size < KEY_ROW as u64));
            assert_eq!(value(&digits, KEY_WIDTH, |size| size), number);
            let digits: Digits<BASE_DIGITS> = scalar.digits(BASE_WIDTH);
            assert!(digits
                .size
                .iter()
                .flatten()
                .all(|&size| size < BASE_ROW as u64));
            assert_eq!(value(&digits, BASE_WIDTH, |size| size), number);
            let digits: Digits<DIGITS> = scalar.odd_digits(WIDTH);
            assert!(digits
                .size
                .iter()
                .flatten()
                .all(|&size| size < MULTIPLES as u64));
            let odd = bytes[0] & 1 == 1;
            assert_eq!(scalar.is_odd(), if odd { 0xff } else { 0 });
            let expected = if odd { number } else { number + Number::ONE };
            assert_eq!(value(&digits, WIDTH, |size| 2 * size + 1), expected);
        }
    }
    in_lanes!(test());
}

#[test]
fn numbers_modulo_l() {
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512ifma")]
    fn test() {
        let mut noise = Noise(13);
        let mut numbers = vec![[0; 64], [0xff; 64]];
        for bit in 0..512 {
            let mut bytes = [0; 64];
            bytes[bit / 8] = 1 << (bit % 8);
            numbers.push(bytes);
        }
        // L and 2^252 L, the numbers before and after them.
        for at in [0, 28] {
            for add in [0, 1, 2] {
                let mut bytes = [0; 64];
                bytes[at..at + 32].copy_from_slice(&(-Number::ONE).to_bytes());
                bytes[at] += add;
                numbers.push(bytes);
            }
        }
        numbers.extend((0..2000).map(|_| noise.bytes::<64>()));
        for chunk in numbers.chunks(LANES) {
            let number = |lane: usize| &chunk[lane % chunk.len()];
            let mut rows = [splat(0); LANES];
            for (lane, row) in rows.iter_mut().enumerate() {
                *row = load_bytes(number(lane));
            }
            let found = words(Scalar::reduced(&transpose(rows)).0).map(|word| store(word));
            for lane in 0..LANES {
                let expected = Number::from_bytes_mod_order_wide(number(lane)).to_bytes();
                let bytes = found.map(|word| word[lane].to_le_bytes()).concat();
                assert_eq!(bytes, expected);
            }
        }
    }
    in_lanes!(test());
}

/// [S]B - [k]A of both forms against the library's, for scalars and keys of every kind.
#[test]
fn sums_with_special_scalars_and_keys() {
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512ifma")]
    fn test() {
        let mut noise = Noise(14);
        let numbers: Vec<[u8; 32]> = special_numbers()
            .into_iter()
            .filter(|&bytes| bool::from(Number::from_canonical_bytes(bytes).is_some()))
            .collect();
        let keys: [EdwardsPoint; LANES] = std::array::from_fn(|lane| {
            let number = [
                Number::ONE,
                -Number::ONE,
                Number::from_bytes_mod_order(noise.bytes()),
            ][lane % 3];
            EdwardsPoint::mul_base(&number) + EIGHT_TORSION[lane]
        });
        let bytes = keys.map(|key| key.compress().to_bytes());
        let mut tables = vec![rows::zeroed(KEY_TABLE); LANES];
        {
            let mut tables: Vec<&mut [Row]> = tables.iter_mut().map(|table| &mut **table).collect();
            tables::key_tables(&bytes.each_ref(), &mut tables);
        }
        let items: [Item<'_>; LANES] = std::array::from_fn(|lane| Item {
            key: &bytes[lane],
            table: Some(&*tables[lane]),
            message: &[],
            signature: &[0; 64],
        });
        for (at, &s) in numbers.iter().enumerate() {
            let k = numbers[(at * 7 + 3) % numbers.len()];
            let mut group = Group::new(items.each_ref());
            (group.s, group.k) = (scalar(s), scalar(k));
            let [(x, y)] = decompressed(&[group.a]);
            let sums = [
                known_sum(&group),
                unknown_sum(&group, &Point::from_affine(&x.neg(), &y)),
            ];
            for sum in sums {
                let z = sum.z().add(sum.z());
                let found = sum.encoded(&inverse(&z)).map(|word| store(word));
                for lane in 0..LANES {
                    // Torsion makes [k]A depend on k as an integer, as it must.
                    let k = Number::from_canonical_bytes(k).unwrap();
                    let s = Number::from_canonical_bytes(s).unwrap();
                    let expected = EdwardsPoint::mul_base(&s) - keys[lane] * k;
                    let bytes = found.map(|word| word[lane].to_le_bytes()).concat();
                    let found = CompressedEdwardsY(bytes.try_into().unwrap());
                    assert_eq!(found, expected.compress(), "S {s:?} k {k:?} lane {lane}");
                }
            }
        }
    }
    in_lanes!(test());
}
