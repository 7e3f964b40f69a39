//! RSA in lanes: powers as those of a library for big numbers, and verdicts as those of the library
//! that verifies one by one (docs/semantics.md#rsa-3, #rsa-4 and #wire-1).

use num_bigint::BigUint;

use dimp_core::code::Code;
use dimp_core::keys;
use dimp_core::simd::rsa::{self as kernels, Lane, Modulus, Size, SIZES};
use dimp_core::simd::Level;
use dimp_core::verify::{verify_batch_at, Job, VerifyKey};
use dimp_core::{der, digest};

use crate::{cases, levels, Noise};

const EXPONENT: u32 = 65_537;

/// The levels with a kernel.
fn kernel_levels() -> Vec<Level> {
    levels()
        .filter(|&level| kernels::crossover(level).is_some())
        .collect()
}

fn number(noise: &mut Noise, bytes: usize) -> BigUint {
    BigUint::from_bytes_be(&noise.bytes(bytes))
}

/// Big-endian, of that length.
fn bytes(number: &BigUint, length: usize) -> Vec<u8> {
    let digits = number.to_bytes_be();
    [vec![0; length - digits.len()], digits].concat()
}

fn one() -> BigUint {
    BigUint::from(1u8)
}

/// The fewest bits of a modulus of a size.
fn fewest_bits(size: Size) -> usize {
    match size {
        // The limbs of 52 bits have no room to move a shorter one up.
        Size::Bits3072 => 3069,
        size => 8 * size.bytes() - 7,
    }
}

/// Moduli whose digits are extreme, in radix 2^24 and 2^52, and random ones, of every bit length of
/// the size.
fn modulus(noise: &mut Noise, size: Size) -> BigUint {
    let bits = (fewest_bits(size)..=8 * size.bytes()).rev();
    let bits = bits
        .clone()
        .nth(noise.below(bits.count() * 2))
        .unwrap_or(8 * size.bytes());
    let top = one() << (bits - 1);
    let below = (&top << 1) - 1u8;
    let pattern = pattern(noise, bits) & &below;
    let chosen = match noise.below(8) {
        0 => below,
        1 => &below - (one() << (bits / 2)),
        2 => &below - (one() << (bits - 53)),
        3 => top.clone(),
        4 => &top + ((one() << 52) - 1u8),
        5 | 6 => pattern,
        _ => number(noise, size.bytes()) & below,
    };
    chosen | top | one()
}

/// One digit of 24 or 52 bits over and over, or two in turn.
fn pattern(noise: &mut Noise, bits: usize) -> BigUint {
    const DIGITS: [u64; 8] = [
        0,
        1,
        1 << 23,
        (1 << 23) - 1,
        (1 << 23) + 1,
        (1 << 24) - 1,
        (1 << 52) - 1,
        1 << 51,
    ];
    let width = [24, 52][noise.below(2)];
    let digits = [0; 2].map(|_| DIGITS[noise.below(DIGITS.len())] & ((1 << width) - 1));
    (0..bits.div_ceil(width)).fold(BigUint::ZERO, |number, place| {
        number << width | BigUint::from(digits[place % 2])
    })
}

/// Numbers below n that are extreme themselves, or whose division or Montgomery form is: a remainder
/// that is tiny, or nearly n, after so many digits.
fn base(noise: &mut Noise, n: &BigUint, size: Size) -> BigUint {
    let bits = 8 * size.bytes();
    let width = [24, 52][noise.below(2)];
    let digits = bits.div_ceil(width) + 1;
    let places = width * noise.below(digits + 1);
    let down = (one() << places).modinv(n).expect("n is odd");
    let small = BigUint::from(noise.next() >> noise.below(64));
    let chosen = match noise.below(12) {
        0 => BigUint::from(noise.below(3)),
        1 => n - 1u8 - noise.below(2),
        2 => n >> 1usize,
        3 => (n >> 1usize) + 1u8,
        4 | 5 => down * small,
        6 | 7 => n - (down * small) % n,
        8 => pattern(noise, bits),
        9 => pattern(noise, bits) * down,
        10 => n - (pattern(noise, bits) * down) % n,
        _ => number(noise, size.bytes()),
    };
    chosen % n
}

#[test]
fn powers_of_extreme_and_random_numbers() {
    let mut noise = Noise(4);
    let levels = kernel_levels();
    let mut left = cases();
    while left > 0 {
        let size = SIZES[[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3][noise.below(16)]];
        let count = 1 + noise.below(left.min(40));
        left -= count;
        let mut n = modulus(&mut noise, size);
        let mut cases = Vec::new();
        for _ in 0..count {
            if noise.below(4) > 0 {
                n = modulus(&mut noise, size);
            }
            let s = base(&mut noise, &n, size);
            let mut power = bytes(&s.modpow(&EXPONENT.into(), &n), size.bytes());
            // One in four is to be told from a number that is nearly its power, or is asked of a
            // signature that is the same modulo n.
            let (s, good) = match noise.below(8) {
                0 => {
                    let at = noise.below(8 * size.bytes());
                    power[at / 8] ^= 1 << (at % 8);
                    (s, false)
                }
                1 if (&s + &n).bits() <= 8 * size.bytes() as u64 => (s + &n, false),
                _ => (s, true),
            };
            if BigUint::from_bytes_be(&power) < n {
                let ready = Modulus::new(&bytes(&n, size.bytes())).expect("a size that is served");
                cases.push((ready, bytes(&s, size.bytes()), power, good));
            }
        }
        let lanes: Vec<Lane<'_>> = cases
            .iter()
            .map(|(modulus, signature, message, _)| Lane {
                modulus,
                signature,
                message,
            })
            .collect();
        for &level in &levels {
            let found = kernels::verify(level, &lanes);
            for ((lane, found), (.., good)) in lanes.iter().zip(found).zip(&cases) {
                assert_eq!(found, *good, "{} {lane:02x?}", level.name());
            }
        }
    }
}

/// A key whose modulus is a product of many small primes: good for nothing but tests.
struct Signer {
    n: BigUint,
    d: BigUint,
    size: usize,
    key: VerifyKey,
    /// Messages with their signatures; to make one takes long.
    signed: [(Vec<u8>, Vec<u8>); 3],
}

impl Signer {
    fn new(noise: &mut Noise, bits: u64, exponent: u32) -> Self {
        let (mut n, mut order) = (one(), one());
        while n.bits() < bits {
            let missing = bits - n.bits();
            let width = match missing {
                61.. => 28,
                31.. => missing / 2,
                _ => missing + 1,
            };
            let p = prime(noise, width, exponent);
            let longer = &n * p;
            // The last factor brings the product to its length.
            if missing > 30 || longer.bits() == bits {
                n = longer;
                order *= p - 1;
            }
        }
        let d = BigUint::from(exponent)
            .modinv(&order)
            .expect("a factor was left out if not");
        let mut numbers = Vec::new();
        der::write_unsigned(&mut numbers, &n.to_bytes_be());
        der::write_unsigned(&mut numbers, &BigUint::from(exponent).to_bytes_be());
        let mut pkcs1 = Vec::new();
        der::write(&mut pkcs1, der::SEQUENCE, &[&numbers]);
        let key = VerifyKey::new(&keys::parse_bytes(&pkcs1).expect("a key")).expect("ready");
        let size = n.to_bytes_be().len();
        Self {
            n,
            d,
            size,
            key,
            signed: Default::default(),
        }
    }

    fn power(&self, signature: &[u8]) -> Vec<u8> {
        let power = BigUint::from_bytes_be(signature).modpow(&EXPONENT.into(), &self.n);
        bytes(&power, self.size)
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        const INFO: &str = "003031300d060960864801650304020105000420";
        let info = BigUint::parse_bytes(INFO.as_bytes(), 16).expect("hex");
        let tail = [
            bytes(&info, INFO.len() / 2),
            digest::sha256(message).to_vec(),
        ]
        .concat();
        let padding = vec![0xff; self.size - 2 - tail.len()];
        let encoded = BigUint::from_bytes_be(&[&[0, 1][..], &padding, &tail].concat());
        bytes(&encoded.modpow(&self.d, &self.n), self.size)
    }
}

/// A prime of so many bits at most that `exponent` does not divide the predecessor of.
fn prime(noise: &mut Noise, bits: u64, exponent: u32) -> u32 {
    loop {
        let p = u32::try_from(noise.next() >> (64 - bits)).expect("at most 32 bits") | 1;
        let is_prime = p > 2
            && (3..)
                .step_by(2)
                .take_while(|d| d * d <= p)
                .all(|d| !p.is_multiple_of(d));
        let factor = (3..=7)
            .chain([EXPONENT])
            .filter(|&d| exponent.is_multiple_of(d))
            .any(|d| p % d == 1);
        if is_prime && !factor {
            return p;
        }
    }
}

struct Case<'a> {
    signer: Option<&'a Signer>,
    message: Vec<u8>,
    signature: Vec<u8>,
}

/// The verdicts of every level, plain and by the rule of the wire, against one by one.
fn compare(cases: &[Case<'_>]) -> Vec<Code> {
    let jobs: Vec<Job<'_>> = cases
        .iter()
        .map(|case| Job {
            key: case.signer.map(|signer| &signer.key),
            message: &case.message,
            signature: &case.signature,
        })
        .collect();
    let plain: Vec<Code> = jobs.iter().map(Job::verify).collect();
    let wire: Vec<Code> = jobs.iter().map(Job::verify_wire).collect();
    for level in levels() {
        let name = level.name();
        assert_eq!(verify_batch_at(level, &jobs, 1, false), plain, "{name}");
        assert_eq!(verify_batch_at(level, &jobs, 2, true), wire, "{name}");
    }
    plain
}

/// Signers of every size, and of what no kernel serves.
fn signers(noise: &mut Noise) -> Vec<Signer> {
    let mut sizes: Vec<(u64, u32)> = (1017..=1024).map(|bits| (bits, EXPONENT)).collect();
    sizes.extend([2041, 2047, 2048, 3068, 3071, 3072, 4095, 4096].map(|bits| (bits, EXPONENT)));
    sizes.extend([
        (1024, 3),
        (1025, EXPONENT),
        (1032, EXPONENT),
        (2040, EXPONENT),
        (2048, 5),
    ]);
    sizes
        .into_iter()
        .map(|(bits, exponent)| {
            let mut signer = Signer::new(noise, bits, exponent);
            assert_eq!(signer.n.bits(), bits);
            signer.signed = [0, 55, 64].map(|length| {
                let message = noise.bytes(length);
                let signature = signer.sign(&message);
                (message, signature)
            });
            signer
        })
        .collect()
}

/// Something that a signature may be.
fn bent(noise: &mut Noise, signer: &Signer, mut signature: Vec<u8>) -> Vec<u8> {
    let size = signer.size;
    match noise.below(16) {
        0 => bytes(&BigUint::ZERO, size),
        1 => bytes(&one(), size),
        2 => bytes(&(&signer.n - 1u8), size),
        3 => bytes(&signer.n, size),
        4 => vec![0xff; size],
        5 => {
            let sum = BigUint::from_bytes_be(&signature) + &signer.n;
            if sum.bits() <= 8 * size as u64 {
                signature = bytes(&sum, size);
            }
            signature
        }
        6 => signature[1..].to_vec(),
        7 => [&[0], &signature[..]].concat(),
        8 => signature[noise.below(size)..].to_vec(),
        9 => Vec::new(),
        10 | 11 => {
            let at = noise.below(8 * size);
            signature[at / 8] ^= 1 << (at % 8);
            signature
        }
        _ => signature,
    }
}

#[test]
fn verdicts_of_mixed_batches_of_every_length() {
    let mut noise = Noise(5);
    let signers = signers(&mut noise);
    let mut good = 0;
    for size in (0..=40).chain([47, 48, 49, 63, 64, 65, 100, 130]) {
        for kinds in [1, 3, signers.len()] {
            let first = noise.below(signers.len());
            let cases: Vec<Case<'_>> = (0..size)
                .map(|_| {
                    let signer = &signers[(first + noise.below(kinds)) % signers.len()];
                    let (message, signature) = signer.signed[noise.below(3)].clone();
                    let signature = bent(&mut noise, signer, signature);
                    let signer = (noise.below(20) > 0).then_some(signer);
                    Case {
                        signer,
                        message,
                        signature,
                    }
                })
                .collect();
            good += compare(&cases)
                .iter()
                .filter(|&&code| code == Code::Ok)
                .count();
        }
    }
    assert!(good > 500, "{good} good ones");
}

#[test]
fn one_bad_signature_in_each_lane_and_one_good_one() {
    let mut noise = Noise(6);
    for bits in [1023, 1024, 2048, 3072, 4096] {
        let signer = Signer::new(&mut noise, bits, EXPONENT);
        let modulus = Modulus::new(&signer.n.to_bytes_be()).expect("a size that is served");
        let signature = signer.sign(b"message");
        let power = signer.power(&signature);
        let other = [&power[..signer.size - 1], &[!power[signer.size - 1]]].concat();
        let lane = |good: bool| Lane {
            modulus: &modulus,
            signature: &signature,
            message: if good { &power } else { &other },
        };
        for level in kernel_levels() {
            for place in 0..33 {
                for good in [true, false] {
                    let wanted: Vec<bool> = (0..33).map(|at| good == (at == place)).collect();
                    let lanes: Vec<_> = wanted.iter().map(|&good| lane(good)).collect();
                    assert_eq!(kernels::verify(level, &lanes), wanted, "{}", level.name());
                }
            }
        }
    }
}

#[test]
fn every_flipped_bit_of_a_signature_is_seen() {
    let mut noise = Noise(7);
    for bits in [1020, 1024, 2048, 3072, 4096] {
        let signer = Signer::new(&mut noise, bits, EXPONENT);
        let signature = signer.sign(b"message");
        let modulus = Modulus::new(&signer.n.to_bytes_be()).expect("a size that is served");
        let message = signer.power(&signature);
        let flipped: Vec<Vec<u8>> = (0..8 * signer.size)
            .map(|at| {
                let mut flipped = signature.clone();
                flipped[at / 8] ^= 1 << (at % 8);
                flipped
            })
            .collect();
        let lanes: Vec<Lane<'_>> = [&signature]
            .into_iter()
            .chain(&flipped)
            .map(|signature| Lane {
                modulus: &modulus,
                signature,
                message: &message,
            })
            .collect();
        for level in kernel_levels() {
            let found = kernels::verify(level, &lanes);
            assert!(found[0] && !found[1..].contains(&true), "{}", level.name());
        }
    }
}

#[test]
fn what_is_not_served() {
    let mut noise = Noise(8);
    for size in SIZES {
        let odd = modulus(&mut noise, size);
        assert!(Modulus::new(&odd.to_bytes_be()).is_some());
        assert!(Modulus::new(&(&odd - 1u8).to_bytes_be()).is_none());
        let short = (one() << (fewest_bits(size) - 1)) - 1u8;
        for bytes in [
            bytes(&short, size.bytes()),
            short.to_bytes_be(),
            [&[1], &odd.to_bytes_be()[..]].concat(),
            [&[0], &odd.to_bytes_be()[..]].concat(),
        ] {
            assert!(Modulus::new(&bytes).is_none());
        }
    }
    assert!(Modulus::new(&[]).is_none());
}
