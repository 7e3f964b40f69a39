//! The arithmetic at the limits of its bounds, against long arithmetic that adds bit by bit.

use super::kernels::Kernels;
use super::scalars::{Half, Scalars};
use super::*;
use crate::simd::limbs52::inverse::Modulus;
use crate::simd::limbs52::{Limbs, Slot};

/// 512 bits, the lowest word first.
type Long = [u64; 8];

const P: Long = [0xffff_fffe_ffff_fc2f, !0, !0, !0, 0, 0, 0, 0];
const N: Long = [
    0xbfd2_5e8c_d036_4141,
    0xbaae_dce6_af48_a03b,
    !0 - 1,
    !0,
    0,
    0,
    0,
    0,
];
const LAMBDA: Long = [
    0xdf02_967c_1b23_bd72,
    0x122e_22ea_2081_6678,
    0xa526_1c02_8812_645a,
    0x5363_ad4c_c05c_30e0,
    0,
    0,
    0,
    0,
];

fn add(a: Long, b: Long) -> Long {
    let mut sum = [0; 8];
    let mut carry = 0;
    for at in 0..8 {
        let wide = u128::from(a[at]) + u128::from(b[at]) + carry;
        sum[at] = wide as u64;
        carry = wide >> 64;
    }
    sum
}

fn less(a: &Long, b: &Long) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

fn subtract(a: Long, b: Long) -> Long {
    let mut complement = b.map(|word| !word);
    complement = add(complement, [1, 0, 0, 0, 0, 0, 0, 0]);
    add(a, complement)
}

fn modulo(mut a: Long, modulus: Long) -> Long {
    let mut multiples = vec![modulus];
    while !less(&a, multiples.last().unwrap()) {
        let last = *multiples.last().unwrap();
        multiples.push(add(last, last));
    }
    for multiple in multiples.into_iter().rev() {
        if !less(&a, &multiple) {
            a = subtract(a, multiple);
        }
    }
    a
}

fn times(a: Long, b: Long, modulus: Long) -> Long {
    let (a, b) = (modulo(a, modulus), modulo(b, modulus));
    let mut product = [0; 8];
    for bit in (0..256).rev() {
        product = modulo(add(product, product), modulus);
        if b[bit / 64] >> (bit % 64) & 1 == 1 {
            product = modulo(add(product, a), modulus);
        }
    }
    product
}

fn minus(a: Long, b: Long, modulus: Long) -> Long {
    modulo(
        add(modulo(a, modulus), subtract(modulus, modulo(b, modulus))),
        modulus,
    )
}

fn long(slot: &Slot, lane: usize) -> Long {
    let mut sum = [0; 8];
    for row in slot.get().0.iter().rev() {
        for _ in 0..52 {
            sum = add(sum, sum);
        }
        sum = add(sum, [row.0[lane], 0, 0, 0, 0, 0, 0, 0]);
    }
    sum
}

struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Limbs of which each is as large as it may be, or 0, or any.
    fn operand(&mut self, most_of_top: u64) -> Slot {
        let mut limbs = Limbs::ZERO;
        for (at, row) in limbs.0.iter_mut().enumerate() {
            let most = if at < 4 { (1 << 52) - 1 } else { most_of_top };
            for limb in &mut row.0 {
                *limb = match self.next() % 4 {
                    0 => most,
                    1 => 0,
                    2 => most - self.next() % 3,
                    _ => self.next() % (most + 1),
                };
            }
        }
        Slot::new(limbs)
    }
}

/// The highest limb of a normal value, of a wide one, and of a difference of two normal ones.
const NORMAL: u64 = (1 << 48) + 63;
const WIDE: u64 = 3_184_525_836_262_886; // floor(2^51.5)
const DIFFERENCE: u64 = 5 * (1 << 48) + 63;

fn check_field(k: impl Kernels) {
    let mut noise = Noise(1);
    let result = Slot::new(Limbs::ZERO);
    for _ in 0..60 {
        let [a, b] = [noise.operand(WIDE), noise.operand(WIDE)];
        let [c, d, e] = [
            noise.operand(NORMAL),
            noise.operand(NORMAL),
            noise.operand(NORMAL),
        ];
        let difference = noise.operand(DIFFERENCE);
        let expect = |name: &str, most: u64, rule: &dyn Fn(usize) -> Long| {
            for lane in 0..LANES {
                let limbs = result.get().0.map(|row| row.0[lane]);
                assert!(
                    limbs[..4].iter().all(|&limb| limb < 1 << 52),
                    "{name} {limbs:x?}"
                );
                assert!(limbs[4] <= most, "{name} {limbs:x?}");
                assert_eq!(modulo(long(&result, lane), P), rule(lane), "{name}");
            }
        };
        let product = |a: &Slot, b: &Slot, lane| times(long(a, lane), long(b, lane), P);
        let small = |factor: u64, a: Long| times(a, [factor, 0, 0, 0, 0, 0, 0, 0], P);
        let slots = std::slice::from_ref::<Slot>;
        let r = slots(&result);
        k.mul(r, slots(&a), slots(&b));
        expect("mul", NORMAL, &|lane| product(&a, &b, lane));
        k.sqr(r, slots(&a));
        expect("sqr", NORMAL, &|lane| product(&a, &a, lane));
        k.triple_sqr(r, slots(&a));
        expect("triple_sqr", NORMAL, &|lane| {
            small(3, product(&a, &a, lane))
        });
        k.mul_by_2(r, slots(&a), slots(&b));
        expect("mul_by_2", NORMAL, &|lane| small(2, product(&a, &b, lane)));
        k.mul_by_4(r, slots(&a), slots(&b));
        expect("mul_by_4", NORMAL, &|lane| small(4, product(&a, &b, lane)));
        k.mul_sub(r, slots(&a), slots(&b), slots(&c));
        expect("mul_sub", NORMAL, &|lane| {
            minus(product(&a, &b, lane), long(&c, lane), P)
        });
        k.sqr_sub2(r, slots(&a), slots(&c));
        expect("sqr_sub2", NORMAL, &|lane| {
            minus(product(&a, &a, lane), small(2, long(&c, lane)), P)
        });
        k.sqr_sub_sub2(r, slots(&a), slots(&difference), slots(&c));
        expect("sqr_sub_sub2", NORMAL, &|lane| {
            let square = minus(product(&a, &a, lane), long(&difference, lane), P);
            minus(square, small(2, long(&c, lane)), P)
        });
        let of_difference =
            |lane| times(long(&a, lane), minus(long(&c, lane), long(&d, lane), P), P);
        k.mul_diff_sub(r, slots(&a), slots(&c), slots(&d), slots(&e));
        expect("mul_diff_sub", NORMAL, &|lane| {
            minus(of_difference(lane), long(&e, lane), P)
        });
        k.mul_diff_sub8(r, slots(&a), slots(&c), slots(&d), slots(&e));
        expect("mul_diff_sub8", NORMAL, &|lane| {
            minus(of_difference(lane), small(8, long(&e, lane)), P)
        });
        k.sub(r, slots(&c), slots(&d));
        expect("sub", DIFFERENCE, &|lane| {
            minus(long(&c, lane), long(&d, lane), P)
        });
        k.reduced_sub(r, slots(&c), slots(&d));
        expect("reduced_sub", NORMAL, &|lane| {
            minus(long(&c, lane), long(&d, lane), P)
        });
    }
}

fn check_zeros(k: impl Kernels) {
    for times in 0..3u64 {
        for off in 0..2 {
            let limbs = [0xf_fffe_ffff_fc2f, !0 >> 12, !0 >> 12, !0 >> 12, !0 >> 16];
            let mut value = limbs.map(|limb: u64| limb * times);
            value[0] += off;
            for at in 0..4 {
                value[at + 1] += value[at] >> 52;
                value[at] &= (1 << 52) - 1;
            }
            let slot = Slot::new(Limbs::all(value));
            assert_eq!(k.replace_zeros(&slot), if off == 0 { 0xff } else { 0 });
            assert_eq!(slot.get() == Limbs::ONE, off == 0 || times == 0);
        }
    }
}

/// The halves are those of u1 and u2, and fit.
fn check_scalars(k: impl Kernels) {
    let mut noise = Noise(2);
    let key = curve::GENERATOR;
    let edge = |noise: &mut Noise, most: Long| -> Long {
        let any = std::array::from_fn(|at| if at < 4 { noise.next() } else { 0 });
        let small = [1 + noise.next() % 5, 0, 0, 0, 0, 0, 0, 0];
        match noise.next() % 4 {
            0 => small,
            1 => subtract(most, small),
            2 => times(LAMBDA, small, N),
            _ => modulo(any, N),
        }
    };
    for count in [1, 7, 8, 9, 40] {
        let items: Vec<[Long; 3]> = (0..count)
            .map(|_| {
                let most = [!0, !0, !0, !0, 0, 0, 0, 0];
                [
                    edge(&mut noise, N),
                    edge(&mut noise, N),
                    edge(&mut noise, most),
                ]
            })
            .collect();
        let bytes = |number: &Long| -> Vec<u8> {
            number[..4]
                .iter()
                .rev()
                .flat_map(|word| word.to_be_bytes())
                .collect()
        };
        let inputs: Vec<([u8; 64], [u8; 32])> = items
            .iter()
            .map(|[r, s, z]| {
                let numbers = [bytes(r), bytes(s)].concat().try_into().unwrap();
                (numbers, bytes(z).try_into().unwrap())
            })
            .collect();
        let signatures: Vec<_> = inputs
            .iter()
            .map(|(numbers, digest)| Signature {
                key: &key,
                table: &[],
                numbers,
                digest,
            })
            .collect();
        for bits in [130, 132] {
            let mut scalars = vec![Scalars::ZERO; signatures.len().div_ceil(LANES)];
            k.prepare(&signatures, bits, &mut scalars);
            for (at, [r, s, z]) in items.iter().enumerate() {
                let (group, lane) = (&scalars[at / LANES], at % LANES);
                for (halves, bits, number) in [(&group.key, bits, r), (&group.generator, 130, z)] {
                    let sum = [value(&halves[0], lane, bits), value(&halves[1], lane, bits)];
                    let scalar = modulo(add(sum[0], times(LAMBDA, sum[1], N)), N);
                    assert_eq!(times(scalar, *s, N), modulo(*number, N));
                }
            }
        }
    }
}

/// What a half stands for modulo n: twice its number less 2^bits - 1.
fn value(half: &Half, lane: usize, bits: u32) -> Long {
    let mut number = [0; 8];
    for (word, row) in number.iter_mut().zip(half) {
        *word = row.0[lane];
    }
    let mut ones = [!0, !0, (1 << (bits - 128)) - 1, 0, 0, 0, 0, 0];
    assert!(
        !less(&ones, &number),
        "{number:x?} has more than {bits} bits"
    );
    ones = modulo(ones, N);
    minus(add(number, number), ones, N)
}

#[test]
fn operations_at_their_bounds() {
    if let Some(k) = Ifma::new() {
        check_field(k);
        check_zeros(k);
    }
    if let Some(k) = Doubles::new() {
        check_field(k);
        check_zeros(k);
    }
}

#[test]
fn halves_of_scalars_at_edges() {
    if let Some(k) = Ifma::new() {
        check_scalars(k);
    }
    if let Some(k) = Doubles::new() {
        check_scalars(k);
    }
}

#[test]
fn inverses() {
    let mut noise = Noise(3);
    for modulus in [P, N] {
        let [a, b, c, d, ..] = modulus;
        let inverses = Modulus::new([a, b, c, d]);
        assert_eq!(inverses.invert([0; 4]), [0; 4]);
        let less_by = |number: u64| subtract(modulus, [number, 0, 0, 0, 0, 0, 0, 0]);
        let mut numbers = vec![[1, 0, 0, 0, 0, 0, 0, 0], less_by(1), less_by(2)];
        numbers.extend((0..256).map(|bit: usize| {
            let mut power = [0; 8];
            power[bit / 64] = 1 << (bit % 64);
            power
        }));
        numbers.extend((0..300).map(|_| {
            let any = std::array::from_fn(|at| if at < 4 { noise.next() } else { 0 });
            modulo(any, modulus)
        }));
        for number in numbers {
            let [a, b, c, d, ..] = number;
            let [a, b, c, d] = inverses.invert([a, b, c, d]);
            let inverse = [a, b, c, d, 0, 0, 0, 0];
            assert!(less(&inverse, &modulus));
            assert_eq!(times(number, inverse, modulus), [1, 0, 0, 0, 0, 0, 0, 0]);
        }
    }
}

#[test]
fn tables_are_the_same_on_every_level() {
    let keys = [curve::GENERATOR; 9];
    let mut made = Vec::new();
    for level in [Level::Avx512, Level::Avx512Ifma] {
        if level <= crate::simd::detect() {
            let mut tables = vec![zeroed(TABLE_ROWS); keys.len()];
            let mut places: Vec<&mut [Row]> = tables.iter_mut().map(|table| &mut **table).collect();
            build_tables(level, &keys, &mut places);
            assert_eq!(tables[0][0], curve::GENERATOR);
            assert!(tables.iter().all(|table| *table == tables[0]));
            made.push(tables);
        }
    }
    assert!(made.windows(2).all(|pair| pair[0] == pair[1]));
}
