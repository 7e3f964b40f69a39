//! ECDSA in lanes against libsecp256k1 (docs/semantics.md#ecdsa-1 and #ecdsa-2): the kernels on
//! digests, and batches through the package, in every state of the cache of tables.

#![cfg(target_arch = "x86_64")]

use dimp_core::code::Code;
use dimp_core::digest::sha256;
use dimp_core::keys::{self, Algorithm};
use dimp_core::simd::rows::{zeroed, Row};
use dimp_core::simd::secp256k1::{self as kernel, Signature, Verdict};
use dimp_core::simd::Level;
use dimp_core::verify::{tables, verify_batch_at, Job, VerifyKey};
use secp256k1::{ecdsa, Message, PublicKey, Scalar, SecretKey};

use crate::{cases, levels, with_tables, Noise};

const N: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

const LAMBDA: [u8; 32] = [
    0x53, 0x63, 0xad, 0x4c, 0xc0, 0x5c, 0x30, 0xe0, 0xa5, 0x26, 0x1c, 0x02, 0x88, 0x12, 0x64, 0x5a,
    0x12, 0x2e, 0x22, 0xea, 0x20, 0x81, 0x66, 0x78, 0xdf, 0x02, 0x96, 0x7c, 0x1b, 0x23, 0xbd, 0x72,
];

/// A number modulo n; `None` is 0, which the library has no scalar for.
#[derive(Clone, Copy)]
struct Number(Option<SecretKey>);

impl Number {
    fn new(bytes: [u8; 32]) -> Self {
        Self(SecretKey::from_secret_bytes(bytes).ok())
    }

    fn small(value: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[24..].copy_from_slice(&value.to_be_bytes());
        Self::new(bytes)
    }

    fn random(noise: &mut Noise) -> Self {
        Self::new(noise.bytes(32).try_into().unwrap())
    }

    /// One that is small, large, a power of two, near lambda, or any.
    fn edge(noise: &mut Noise) -> Self {
        let small = Self::small(noise.below(40) as u64);
        let number = match noise.below(6) {
            0 => small,
            1 => Self::new(LAMBDA).plus(small),
            2 => {
                let mut bytes = [0; 32];
                let bit = noise.below(255);
                bytes[31 - bit / 8] = 1 << (bit % 8);
                Self::new(bytes).plus(small)
            }
            3 => Self::new(LAMBDA).times(small),
            4 => Self::new(LAMBDA)
                .times(small)
                .plus(Self::small(noise.below(40) as u64)),
            _ => Self::random(noise),
        };
        if noise.below(2) == 0 {
            number.negated()
        } else {
            number
        }
    }

    fn negated(self) -> Self {
        Self(self.0.map(SecretKey::negate))
    }

    fn times(self, other: Self) -> Self {
        Self(
            self.0
                .zip(other.0)
                .map(|(a, b)| a.mul_tweak(&Scalar::from(b)).unwrap()),
        )
    }

    fn plus(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Some(a), Some(b)) => Self(a.add_tweak(&Scalar::from(b)).ok()),
            (a, b) => Self(a.or(b)),
        }
    }

    /// By Fermat: to the power of n - 2.
    fn inverse(self) -> Self {
        let mut exponent = N;
        exponent[31] -= 2;
        let mut power = Self::small(1);
        for bit in exponent
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        {
            power = power.times(power);
            if bit == 1 {
                power = power.times(self);
            }
        }
        power
    }

    fn bytes(self) -> [u8; 32] {
        self.0.map_or([0; 32], |key| key.to_secret_bytes())
    }

    fn point(self) -> Option<PublicKey> {
        self.0.as_ref().map(PublicKey::from_secret_key)
    }
}

#[derive(Clone)]
struct Case {
    key: PublicKey,
    digest: [u8; 32],
    numbers: [u8; 64],
}

impl Case {
    fn new(key: PublicKey, digest: [u8; 32], r: [u8; 32], s: [u8; 32]) -> Option<Self> {
        let range = |number: [u8; 32]| number != [0; 32] && number < N;
        let numbers = [r, s].concat().try_into().unwrap();
        (range(r) && range(s)).then_some(Self {
            key,
            digest,
            numbers,
        })
    }

    /// The verdict of the library.
    fn expected(&self) -> bool {
        let mut signature = ecdsa::Signature::from_compact(&self.numbers).unwrap();
        signature.normalize_s();
        ecdsa::verify(&signature, Message::from_digest(self.digest), &self.key).is_ok()
    }
}

/// A signature with the u1 and u2 given, of the key d G; right, but for the digest when `change`.
fn chosen(u1: Number, u2: Number, d: Number, change: bool) -> Option<Case> {
    // Where the sum is the neutral point any r is wrong.
    let sum = u1.plus(u2.times(d)).point();
    let r = sum.map_or(Number::small(7), |sum| {
        Number::new(sum.serialize_uncompressed()[1..33].try_into().unwrap())
    });
    let s = r.times(u2.inverse());
    let mut digest = u1.times(s).bytes();
    digest[31] ^= u8::from(change);
    Case::new(d.point()?, digest, r.bytes(), s.bytes())
}

/// A signature whose point has an x from n on, so that r is x - n.
fn beyond_the_order(noise: &mut Noise) -> Option<Case> {
    let mut x = N;
    x[31] += u8::try_from(noise.below(120)).unwrap() + 1;
    let point = PublicKey::from_slice(&[&[2][..], &x].concat()).ok()?;
    let r = Number::small(u64::from(x[31] - N[31]));
    let (u1, u2) = (Number::random(noise), Number::random(noise));
    let key = point.combine(&u1.negated().point()?).ok()?;
    let key = key.mul_tweak(&Scalar::from(u2.inverse().0?)).ok()?;
    let s = r.times(u2.inverse());
    let r = r.plus(Number::small(u64::from(noise.below(4) == 0)));
    Case::new(key, u1.times(s).bytes(), r.bytes(), s.bytes())
}

/// A signature that is right, or nearly, or has numbers at edges.
fn any_case(noise: &mut Noise, keys: &[Number]) -> Case {
    loop {
        let change = noise.below(3) == 0;
        let key = keys[noise.below(keys.len())];
        let case = match noise.below(8) {
            0 => chosen(
                Number::edge(noise),
                Number::edge(noise),
                Number::edge(noise),
                change,
            ),
            1 => beyond_the_order(noise),
            2 => {
                // The sum is the neutral point, or is by one from it.
                let (d, u2) = (Number::edge(noise), Number::edge(noise));
                let u1 = u2
                    .times(d)
                    .negated()
                    .plus(Number::small(noise.below(3) as u64));
                chosen(u1, u2, d, change)
            }
            3 => Case::new(
                key.point().unwrap(),
                Number::edge(noise).bytes(),
                Number::edge(noise).bytes(),
                Number::edge(noise).bytes(),
            ),
            _ => chosen(Number::random(noise), Number::random(noise), key, false),
        };
        if let Some(mut case) = case {
            if noise.below(4) == 0 {
                let bit = noise.below(512);
                let mut changed = case.clone();
                changed.numbers[bit / 8] ^= 1 << (bit % 8);
                let (r, s) = changed.numbers.split_at(32);
                if let Some(changed) = Case::new(
                    case.key,
                    case.digest,
                    r.try_into().unwrap(),
                    s.try_into().unwrap(),
                ) {
                    case = changed;
                }
            }
            return case;
        }
    }
}

fn row(key: &PublicKey) -> Row {
    let bytes = key.serialize_uncompressed();
    let mut row = Row::ZERO;
    for (at, word) in bytes[1..].as_chunks::<8>().0.iter().enumerate() {
        row.0[at ^ 3] = u64::from_be_bytes(*word);
    }
    row
}

fn kernel_levels() -> impl Iterator<Item = Level> {
    levels().filter(|&level| level >= Level::Avx512)
}

/// Checks the cases in batches of `size`, with tables and without; the number left undecided.
fn check(level: Level, cases: &[Case], size: usize) -> usize {
    let mut undecided = 0;
    for batch in cases.chunks(size) {
        let keys: Vec<Row> = batch.iter().map(|case| row(&case.key)).collect();
        let mut tables: Vec<_> = keys.iter().map(|_| zeroed(kernel::TABLE_ROWS)).collect();
        let mut places: Vec<&mut [Row]> = tables.iter_mut().map(|table| &mut **table).collect();
        for (keys, tables) in keys.chunks(64).zip(places.chunks_mut(64)) {
            kernel::build_tables(level, keys, tables);
        }
        let signatures: Vec<_> = (0..batch.len())
            .map(|at| Signature {
                key: &keys[at],
                table: &tables[at],
                numbers: &batch[at].numbers,
                digest: &batch[at].digest,
            })
            .collect();
        let hot = kernel::verify_hot(level, &signatures);
        let unseen = kernel::verify_unseen(level, &signatures);
        for (way, verdicts) in [("hot", hot), ("unseen", unseen)] {
            assert_eq!(verdicts.len(), batch.len());
            for (case, verdict) in batch.iter().zip(verdicts) {
                let right = match verdict {
                    Verdict::Undecided => {
                        undecided += 1;
                        continue;
                    }
                    verdict => verdict == Verdict::Valid,
                };
                let name = level.name();
                assert_eq!(
                    right,
                    case.expected(),
                    "{way} {name}: {} {:02x?} {:02x?}",
                    case.key,
                    case.digest,
                    case.numbers
                );
            }
        }
    }
    undecided
}

#[test]
fn verdicts_are_those_of_the_library() {
    for level in kernel_levels() {
        let mut noise = Noise(1);
        let keys: Vec<Number> = (0..40).map(|_| Number::random(&mut noise)).collect();
        let mut left = cases();
        let mut undecided = 0;
        while left > 0 {
            let batch: Vec<Case> = (0..left.min(400))
                .map(|_| any_case(&mut noise, &keys))
                .collect();
            left -= batch.len();
            undecided += check(level, &batch, 1 + noise.below(400));
        }
        // Only what was made to: signatures whose sum is the neutral point, and small numbers.
        assert!(undecided * 4 < cases().max(100), "{undecided}");
    }
}

#[test]
fn every_size_of_a_batch() {
    let mut noise = Noise(2);
    let keys: Vec<Number> = (0..8).map(|_| Number::random(&mut noise)).collect();
    let all: Vec<Case> = (0..520).map(|_| any_case(&mut noise, &keys)).collect();
    for level in kernel_levels() {
        let sizes = (0..=40).chain([63, 64, 65, 127, 128, 129, 255, 256, 257, 263, 511, 512, 513]);
        for size in sizes {
            if size > 0 {
                check(level, &all[all.len() - size..], size);
            } else {
                assert!(kernel::verify_hot(level, &[]).is_empty());
                assert!(kernel::verify_unseen(level, &[]).is_empty());
            }
        }
    }
}

#[test]
fn crafted_collisions_are_left_to_the_library_or_decided_right() {
    let text = include_str!("../../../../tests/data/ecdsa/collisions.txt");
    let bytes = |hex: &str| -> Vec<u8> {
        let digits = hex.as_bytes().chunks(2);
        digits
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    };
    let mut all = Vec::new();
    for line in text.lines() {
        let [point, digest, numbers, right] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("four columns: {line}");
        };
        let case = Case {
            key: PublicKey::from_slice(&[&[4][..], &bytes(point)].concat()).unwrap(),
            digest: bytes(digest).try_into().unwrap(),
            numbers: bytes(numbers).try_into().unwrap(),
        };
        assert_eq!(case.expected(), right == "1");
        all.push(case);
    }
    for level in kernel_levels() {
        for size in [1, 8, 13, 24, 64, 128, 400] {
            // The last 120 collide without a table, some of the others with one.
            let undecided = check(level, &all, size);
            assert!(undecided >= 120, "{undecided} of batches of {size}");
        }
    }
}

/// Signatures of messages, through the package.
struct Signed {
    keys: Vec<VerifyKey>,
    items: Vec<(usize, Vec<u8>, Vec<u8>)>,
}

impl Signed {
    fn new(noise: &mut Noise, keys: usize, count: usize) -> Self {
        let secrets: Vec<SecretKey> = (0..keys)
            .map(|_| Number::random(noise).0.unwrap())
            .collect();
        let keys = secrets
            .iter()
            .map(|secret| {
                let point = PublicKey::from_secret_key(secret).serialize_uncompressed();
                VerifyKey::new(&keys::from_canonical(Algorithm::Ecc, &point).unwrap()).unwrap()
            })
            .collect();
        let items = (0..count)
            .map(|at| {
                let length = noise.below(80);
                let message = noise.bytes(length);
                let digest = Message::from_digest(sha256(&message));
                let signature = ecdsa::sign(digest, &secrets[at % secrets.len()]);
                (
                    at % secrets.len(),
                    message,
                    signature.serialize_der().to_vec(),
                )
            })
            .collect();
        Self { keys, items }
    }

    fn jobs(&self) -> Vec<Job<'_>> {
        self.items
            .iter()
            .map(|(key, message, signature)| Job {
                key: Some(&self.keys[*key]),
                message,
                signature,
            })
            .collect()
    }

    /// The verdicts of the library.
    fn expected(&self) -> Vec<Code> {
        self.jobs().iter().map(Job::verify).collect()
    }

    fn check(&self, level: Level, threads: usize, expected: &[Code]) {
        assert_eq!(
            verify_batch_at(level, &self.jobs(), threads, false),
            expected
        );
    }

    /// Spoils every `step`-th signature from the first on, each in another way.
    fn spoil(&mut self, step: usize) {
        for (at, (key, message, signature)) in self.items.iter_mut().enumerate().step_by(step) {
            match at / step % 5 {
                0 => message.push(1),
                1 => *key = (*key + 1) % self.keys.len(),
                2 => *signature.last_mut().unwrap() ^= 1,
                3 => signature.truncate(20),
                _ => signature[9] ^= 0x10,
            }
        }
    }
}

#[test]
fn one_bad_signature_in_every_position() {
    let _guard = with_tables(tables::DEFAULT_BUDGET);
    let mut noise = Noise(3);
    let mut signed = Signed::new(&mut noise, 11, 40);
    for level in kernel_levels() {
        // Unseen first, then with tables, which the uses bring about.
        for _ in 0..2 {
            for at in 0..signed.items.len() {
                signed.items[at].1.push(0);
                let codes = verify_batch_at(level, &signed.jobs(), 1, false);
                for (place, code) in codes.into_iter().enumerate() {
                    let expected = if place == at {
                        Code::BadSignature
                    } else {
                        Code::Ok
                    };
                    assert_eq!(code, expected, "{place} of a batch that is bad at {at}");
                }
                signed.items[at].1.pop();
            }
        }
    }
    assert!(tables::counters().hits > 0);
}

#[test]
fn verdict_3_a_batch_equals_its_items_in_every_state_of_the_cache() {
    const TABLE: usize = kernel::TABLE_ROWS * 64 + 512;
    let mut noise = Noise(4);
    let mut signed = Signed::new(&mut noise, 48, 480);
    signed.spoil(3);
    let expected = signed.expected();
    // None at all, room for a few, which are then full and thrash, and room for every key.
    for tables in [0, 1, 9, 20, 100] {
        let _guard = with_tables(tables * TABLE);
        for level in levels() {
            for _ in 0..4 {
                signed.check(level, 1, &expected);
                signed.check(level, 2, &expected);
                let counters = tables::counters();
                assert!(counters.bytes <= counters.budget);
                assert!(counters.tables <= tables);
            }
        }
        let counters = tables::counters();
        let native = kernel_levels().next().is_some();
        assert_eq!(counters.tables > 0, tables > 0 && native, "{counters:?}");
    }
}

#[test]
fn sizes_and_sorts_of_keys_in_a_batch() {
    let _guard = with_tables(tables::DEFAULT_BUDGET);
    let mut noise = Noise(5);
    for level in kernel_levels() {
        let mut known = Signed::new(&mut noise, 8, 64);
        let expected = known.expected();
        for _ in 0..4 {
            known.check(level, 1, &expected);
        }
        known.spoil(5);
        let mut other = Signed::new(&mut noise, 40, 40);
        other.spoil(4);
        for size in 0..=40 {
            let (known, other) = (known.jobs(), other.jobs());
            for first in [0, size / 3, size.min(7), size] {
                let jobs: Vec<_> = known[..first]
                    .iter()
                    .chain(&other[..size - first])
                    .copied()
                    .collect();
                let alone: Vec<Code> = jobs.iter().map(Job::verify).collect();
                assert_eq!(
                    verify_batch_at(level, &jobs, 1, false),
                    alone,
                    "{first} of {size}"
                );
            }
        }
    }
}

#[test]
fn threads_share_the_tables() {
    let _guard = with_tables(20 * (kernel::TABLE_ROWS * 64 + 512));
    let mut noise = Noise(6);
    let sets: Vec<(Signed, Vec<Code>)> = (0..4)
        .map(|_| {
            let mut signed = Signed::new(&mut noise, 16, 64);
            signed.spoil(4);
            let expected = signed.expected();
            (signed, expected)
        })
        .collect();
    for level in kernel_levels() {
        std::thread::scope(|scope| {
            for first in 0..4 {
                let sets = &sets;
                scope.spawn(move || {
                    for round in 0..40 {
                        let (signed, expected) = &sets[(first + round / 10) % sets.len()];
                        signed.check(level, 1, expected);
                    }
                });
            }
        });
    }
}
