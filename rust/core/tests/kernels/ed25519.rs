//! Ed25519 and SHA-512 at every level, against ed25519-dalek's `verify_strict` and sha2
//! (docs/semantics.md#ed25519-2).

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::{EdwardsPoint, Scalar};
use dimp_core::code::Code;
use dimp_core::keys::{self, Algorithm};
use dimp_core::simd::{hash::sha512, Level};
use dimp_core::verify::{tables, verify_batch_at, Job, VerifyKey};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde_json::Value;
use sha2::{Digest, Sha512};

use crate::{cases, levels, with_tables, Noise};

/// L, the order of the base point, little-endian.
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// One signature and what the library says of it.
#[derive(Clone)]
struct Case {
    key: [u8; 32],
    message: Vec<u8>,
    signature: Vec<u8>,
    code: Code,
}

impl Case {
    fn new(key: [u8; 32], message: &[u8], signature: &[u8]) -> Self {
        let point = VerifyingKey::from_bytes(&key).expect("tests use points of the curve");
        let code = match Signature::from_slice(signature) {
            Err(_) => Code::BadSignatureEncoding,
            Ok(signature) => match point.verify_strict(message, &signature) {
                Ok(()) => Code::Ok,
                Err(_) => Code::BadSignature,
            },
        };
        Self {
            key,
            message: message.to_vec(),
            signature: signature.to_vec(),
            code,
        }
    }

    fn of_points(key: EdwardsPoint, r: EdwardsPoint, s: Scalar, message: &[u8]) -> Self {
        let signature = [r.compress().to_bytes(), s.to_bytes()].concat();
        Self::new(key.compress().to_bytes(), message, &signature)
    }

    fn changed(&self, change: impl FnOnce(&mut [u8])) -> Self {
        let mut signature = self.signature.clone();
        change(&mut signature);
        Self::new(self.key, &self.message, &signature)
    }
}

/// Whether keys of this crate take it: the kernel never sees what they refuse.
fn handle(key: &[u8; 32]) -> Option<VerifyKey> {
    VerifyKey::new(&keys::from_canonical(Algorithm::Ed25519, key).ok()?).ok()
}

/// Every case at every level, in batches of `size`.
fn check(cases: &[Case], size: usize) {
    let handles: Vec<VerifyKey> = cases
        .iter()
        .map(|case| handle(&case.key).expect("tests use keys that are accepted"))
        .collect();
    let jobs: Vec<Job<'_>> = handles.iter().zip(cases).map(job).collect();
    for level in levels() {
        for (cases, jobs) in cases.chunks(size).zip(jobs.chunks(size)) {
            let codes = verify_batch_at(level, jobs, 1, false);
            for (case, code) in cases.iter().zip(codes) {
                assert_eq!(code, case.code, "{} {case:02x?}", level.name());
            }
        }
    }
}

fn job<'a>((key, case): (&'a VerifyKey, &'a Case)) -> Job<'a> {
    Job {
        key: Some(key),
        message: &case.message,
        signature: &case.signature,
    }
}

impl std::fmt::Debug for Case {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            key,
            message,
            signature,
            code,
        } = self;
        write!(
            formatter,
            "{key:02x?} {message:02x?} {signature:02x?} {code:?}"
        )
    }
}

fn scalar(noise: &mut Noise) -> Scalar {
    let bytes = noise.bytes(64);
    Scalar::from_bytes_mod_order_wide(bytes.as_slice().try_into().expect("it is 64 bytes"))
}

/// k of a signature.
fn challenge(r: EdwardsPoint, key: EdwardsPoint, message: &[u8]) -> Scalar {
    let hash = Sha512::new()
        .chain_update(r.compress().as_bytes())
        .chain_update(key.compress().as_bytes())
        .chain_update(message);
    Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
}

/// A signature with a key that comes once.
fn signed(noise: &mut Noise, length: usize) -> Case {
    let seed = noise.next();
    signed_by(seed, noise, length)
}

/// A signature with a key that may come again.
fn signed_by(seed: u64, noise: &mut Noise, length: usize) -> Case {
    let seed = [seed.to_le_bytes(), [1; 8], [2; 8], [3; 8]].concat();
    let key = SigningKey::from_bytes(seed.as_slice().try_into().expect("it is 32 bytes"));
    let message = noise.bytes(length);
    let signature = key.sign(&message).to_bytes();
    Case::new(key.verifying_key().to_bytes(), &message, &signature)
}

/// Adds multiples of L to S, while they fit.
fn plus_l(s: &mut [u8], times: u16) -> bool {
    let mut carry = 0;
    for (digit, l) in s.iter_mut().zip(L) {
        carry += u16::from(*digit) + times * u16::from(l);
        *digit = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    carry == 0
}

#[test]
fn ed25519_2_random_good_and_bad() {
    let _guard = with_tables(tables::DEFAULT_BUDGET);
    let mut noise = Noise(1);
    let mut done = 0;
    while done < cases() {
        let mut batch = Vec::new();
        for _ in 0..200 {
            let length = [0, 1, 31, 32, 47, 48, 63, 64, 111, 112, 175, 176, 500][noise.below(13)];
            // Half of the keys come so often that they get tables.
            let seed = noise.next();
            let seed = if seed & 1 == 0 { seed >> 58 } else { seed };
            let mut case = signed_by(seed, &mut noise, length);
            match noise.below(6) {
                0 => case = case.changed(|s| s[noise.below(64)] ^= 1 << noise.below(8)),
                1 => {
                    let other = signed(&mut noise, 0);
                    case = Case::new(other.key, &case.message, &case.signature);
                }
                2 => {
                    let message = noise.bytes(length + 1);
                    case = Case::new(case.key, &message, &case.signature);
                }
                3 => {
                    let bytes = noise.bytes(64);
                    case = case.changed(|s| s.copy_from_slice(&bytes));
                }
                _ => assert_eq!(case.code, Code::Ok),
            }
            batch.push(case);
        }
        check(&batch, 1 + noise.below(200));
        done += batch.len();
    }
}

#[test]
fn ed25519_2_torsion_in_the_key_and_in_r() {
    let _guard = with_tables(tables::DEFAULT_BUDGET);
    let mut noise = Noise(2);
    let mut accepted = 0;
    let mut done = 0;
    // Two out of three keys come again.
    let often: Vec<Scalar> = (0..8).map(|_| scalar(&mut noise)).collect();
    while done < cases() {
        let mut batch = Vec::new();
        for _ in 0..128 {
            let again = often[noise.below(8)];
            let a = [again, again, -Scalar::ONE, scalar(&mut noise)][noise.below(4)];
            let r = [
                Scalar::ZERO,
                Scalar::ONE,
                a,
                -a,
                scalar(&mut noise),
                scalar(&mut noise),
            ][noise.below(6)];
            let torsion = EIGHT_TORSION[noise.below(8)];
            let key = EdwardsPoint::mul_base(&a) + torsion;
            let length = noise.below(200);
            let message = noise.bytes(length);
            // The equation holds up to the torsion; with that of -[k]A added to R it often holds.
            let start = EdwardsPoint::mul_base(&r);
            let guess = EIGHT_TORSION[[0, 0, noise.below(8)][noise.below(3)]];
            let point = start + guess;
            let s = r + challenge(point, key, &message) * a;
            let case = Case::of_points(key, point, s, &message);
            accepted += usize::from(case.code == Code::Ok);
            batch.push(case);
        }
        check(&batch, 128);
        done += batch.len();
    }
    assert!(accepted * 20 > done, "some of them verify");
}

#[test]
fn ed25519_2_r_of_small_order_or_not_canonical() {
    let _guard = with_tables(tables::DEFAULT_BUDGET);
    let mut noise = Noise(3);
    let mut batch = Vec::new();
    let mut encodings: Vec<[u8; 32]> = EIGHT_TORSION
        .iter()
        .map(|point| point.compress().to_bytes())
        .collect();
    // y of p to 2^255 - 1 and the lowest and highest ones that are canonical.
    for low in (0xe8..=0xff).chain(0..4) {
        let middle = if low < 4 { 0 } else { 0xff };
        let mut bytes = [middle; 32];
        bytes[0] = low;
        bytes[31] = middle & 0x7f;
        encodings.push(bytes);
    }
    let signs = encodings.clone().into_iter().map(|mut bytes| {
        bytes[31] ^= 0x80;
        bytes
    });
    encodings.extend(signs.collect::<Vec<_>>());
    for encoding in encodings {
        for a in [Scalar::ONE, scalar(&mut noise)] {
            let key = EdwardsPoint::mul_base(&a);
            let message = noise.bytes(40);
            let hash = Sha512::new()
                .chain_update(encoding)
                .chain_update(key.compress().as_bytes())
                .chain_update(&message);
            let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
            for s in [k * a, k * a + Scalar::ONE, Scalar::ZERO] {
                let signature = [encoding, s.to_bytes()].concat();
                batch.push(Case::new(key.compress().to_bytes(), &message, &signature));
            }
        }
    }
    assert!(batch.iter().all(|case| case.code == Code::BadSignature));
    check(&batch, 64);
    check(&batch, 3);
}

#[test]
fn ed25519_2_range_of_s() {
    let _guard = with_tables(tables::DEFAULT_BUDGET);
    let mut noise = Noise(4);
    let mut batch = Vec::new();
    for _ in 0..40 {
        let good = signed(&mut noise, 32);
        for times in 1..=15 {
            let mut s = good.signature[32..].to_vec();
            if plus_l(&mut s, times) {
                batch.push(good.changed(|signature| signature[32..].copy_from_slice(&s)));
            }
        }
        for bit in [0x10, 0x20, 0x40, 0x80] {
            batch.push(good.changed(|signature| signature[63] |= bit));
        }
    }
    assert!(batch.iter().all(|case| case.code == Code::BadSignature));
    check(&batch, 100);
    // Around 0, 2^252 and L.
    let good = signed(&mut noise, 32);
    let mut values = vec![[0; 32], [0xff; 32], L];
    for low in [0, 1, 0xff] {
        let mut value = [low; 32];
        value[31] = 0x10;
        values.push(value);
        value[31] = 0x0f;
        values.push(value);
        let mut value = L;
        value[0] = value[0].wrapping_add(low);
        values.push(value);
    }
    let batch: Vec<Case> = values
        .iter()
        .map(|value| good.changed(|signature| signature[32..].copy_from_slice(value)))
        .collect();
    check(&batch, 8);
}

#[test]
fn ed25519_2_scalars_that_are_special() {
    let _guard = with_tables(tables::DEFAULT_BUDGET);
    let two_252 = Scalar::from_bytes_mod_order({
        let mut bytes = [0; 32];
        bytes[31] = 0x10;
        bytes
    });
    let small = |number: u64| Scalar::from(number);
    let special: Vec<Scalar> = [1, 2, 3, 8, 16, 31, 32, 33]
        .map(small)
        .into_iter()
        .flat_map(|number| [number, -number, two_252 - number, two_252 + number])
        .collect();
    let mut batch = Vec::new();
    for &a in &special {
        for &r in &special {
            let (key, point) = (EdwardsPoint::mul_base(&a), EdwardsPoint::mul_base(&r));
            let s = r + challenge(point, key, b"special") * a;
            let case = Case::of_points(key, point, s, b"special");
            assert_eq!(case.code, Code::Ok);
            batch.push(case);
        }
    }
    check(&batch, 256);
}

#[test]
fn ed25519_2_every_bit_of_a_signature() {
    let _guard = with_tables(tables::DEFAULT_BUDGET);
    let mut noise = Noise(5);
    for length in [0, 32, 300] {
        let good = signed(&mut noise, length);
        let batch: Vec<Case> = (0..512)
            .map(|bit| good.changed(|signature| signature[bit / 8] ^= 1 << (bit % 8)))
            .collect();
        assert!(batch.iter().all(|case| case.code == Code::BadSignature));
        check(&batch, 512);
    }
}

#[test]
fn verdict_3_one_bad_signature_in_every_place_of_every_size() {
    let _guard = with_tables(tables::DEFAULT_BUDGET);
    let mut noise = Noise(6);
    let good: Vec<Case> = (0..41).map(|index| signed(&mut noise, 3 * index)).collect();
    let handles: Vec<VerifyKey> = good.iter().map(|case| handle(&case.key).unwrap()).collect();
    let bad: Vec<Case> = good
        .iter()
        .map(|case| case.changed(|signature| signature[40] ^= 4))
        .collect();
    for level in levels() {
        for size in 0..=40 {
            for place in 0..=size {
                let mut jobs: Vec<Job<'_>> =
                    handles.iter().zip(&good).take(size).map(job).collect();
                let mut expected = vec![Code::Ok; size];
                if place < size {
                    jobs[place] = job((&handles[place], &bad[place]));
                    expected[place] = Code::BadSignature;
                }
                let codes = verify_batch_at(level, &jobs, 1, false);
                assert_eq!(codes, expected, "{} {size} {place}", level.name());
            }
        }
    }
}

#[test]
fn verdict_3_sizes_around_groups_chunks_and_parts() {
    let _guard = with_tables(tables::DEFAULT_BUDGET);
    let mut noise = Noise(7);
    let good: Vec<Case> = (0..300).map(|index| signed(&mut noise, index)).collect();
    let handles: Vec<VerifyKey> = good.iter().map(|case| handle(&case.key).unwrap()).collect();
    for level in levels() {
        for size in [63, 64, 65, 127, 128, 129, 255, 256, 257, 300] {
            for threads in [1, 2] {
                let mut jobs: Vec<Job<'_>> =
                    handles.iter().zip(&good).take(size).map(job).collect();
                let mut expected = vec![Code::Ok; size];
                for place in [0, size / 2, size - 1] {
                    jobs[place].message = b"another";
                    expected[place] = Code::BadSignature;
                }
                jobs[7].signature = &good[7].signature[..63];
                expected[7] = Code::BadSignatureEncoding;
                let codes = verify_batch_at(level, &jobs, threads, false);
                assert_eq!(codes, expected, "{} {size}", level.name());
            }
        }
    }
}

#[test]
fn verdict_3_whatever_the_tables_hold() {
    let _guard = with_tables(tables::DEFAULT_BUDGET);
    let mut noise = Noise(10);
    let all: Vec<Case> = (0..600)
        .map(|index| {
            let case = signed_by(index % 48, &mut noise, 40);
            match noise.below(3) {
                0 => case.changed(|signature| signature[noise.below(64)] ^= 2),
                _ => case,
            }
        })
        .collect();
    // None, room for four keys of the 48, room for all; and what the smaller ones leave of the
    // larger.
    for budget in [
        0,
        4 * 95_000,
        64 << 20,
        4 * 95_000,
        0,
        tables::DEFAULT_BUDGET,
    ] {
        tables::configure(budget);
        for _ in 0..6 {
            check(&all, 1 + noise.below(200));
        }
        assert!(tables::counters().bytes <= budget);
    }
    if levels().any(|level| level == Level::Avx512Ifma) {
        let counters = tables::counters();
        assert!(counters.hits > 0 && counters.misses > 0 && counters.promotions > 0);
    }
}

#[test]
fn verdict_3_threads_that_share_the_tables() {
    let _guard = with_tables(tables::DEFAULT_BUDGET);
    let mut noise = Noise(11);
    let all: Vec<Case> = (0..256)
        .map(|index| signed_by(1000 + index % 40, &mut noise, 10))
        .collect();
    std::thread::scope(|scope| {
        for size in [17, 64, 100, 256] {
            let all = &all;
            scope.spawn(move || (0..6).for_each(|_| check(all, size)));
        }
    });
}

#[test]
fn ed25519_2_wycheproof_and_our_edge_cases() {
    let _guard = with_tables(tables::DEFAULT_BUDGET);
    let read = |text: &str| -> Value { serde_json::from_str(text).expect("it is JSON") };
    let hex = |value: &Value| -> Vec<u8> {
        let text = value.as_str().expect("it is text").as_bytes();
        text.chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    };
    let mut batch = Vec::new();
    let mut add = |key: &Value, message: &Value, signature: &Value, good: bool| {
        let key: [u8; 32] = hex(key).try_into().expect("keys have 32 bytes");
        if handle(&key).is_some() {
            let case = Case::new(key, &hex(message), &hex(signature));
            assert_eq!(case.code == Code::Ok, good);
            batch.push(case);
        }
    };
    let wycheproof = read(include_str!(
        "../../../../tests/data/wycheproof/ed25519.json"
    ));
    for case in wycheproof["cases"].as_array().unwrap() {
        let index = usize::try_from(case["key"].as_u64().unwrap()).unwrap();
        let key = &wycheproof["keys"][index]["raw"];
        add(key, &case["msg"], &case["sig"], case["result"] == "valid");
    }
    let edge = read(include_str!("../../../../tests/data/ed25519/edge.json"));
    for case in edge["cases"].as_array().unwrap() {
        let keys = edge["keys"].as_array().unwrap();
        let key = keys.iter().find(|key| key["id"] == case["key"]).unwrap();
        let raw = &key["raw"];
        if raw.is_string() {
            add(
                raw,
                &case["message"],
                &case["signature"],
                case["code"] == "OK",
            );
        }
    }
    assert!(batch.len() > 250);
    check(&batch, 512);
    check(&batch, 5);
}

#[test]
fn ed25519_2_messages_of_very_different_length() {
    let _guard = with_tables(tables::DEFAULT_BUDGET);
    let mut noise = Noise(8);
    let lengths = [
        0,
        100_000,
        3,
        70,
        5_000,
        64,
        63,
        65,
        1 << 20,
        2,
        900,
        901,
        17,
    ];
    let batch: Vec<Case> = lengths.map(|length| signed(&mut noise, length)).into();
    assert!(batch.iter().all(|case| case.code == Code::Ok));
    check(&batch, 13);
    check(&batch, 2);
}

#[test]
fn sha_512_at_all_short_lengths_and_some_long_ones() {
    let mut noise = Noise(9);
    let mut messages: Vec<Vec<u8>> = (0..=300).map(|length| noise.bytes(length)).collect();
    for length in [500, 1000, 1023, 1024, 1025, 4096, 10_000, 65_536, 300_000] {
        messages.push(noise.bytes(length));
    }
    let expected = |message: &[u8]| -> [u8; 64] { Sha512::digest(message).into() };
    for level in levels() {
        for size in [1, 2, 7, 8, 9, 16, 310] {
            for messages in messages.chunks(size) {
                let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
                let found = sha512::digests(level, &messages);
                assert_eq!(found.len(), messages.len());
                for (digest, message) in found.iter().zip(messages) {
                    assert_eq!(*digest, expected(message), "{} bytes", message.len());
                }
            }
        }
        // Each length in every lane.
        for messages in messages[..140].windows(8) {
            let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
            let found = sha512::digests(level, &messages);
            assert!(found
                .iter()
                .zip(messages)
                .all(|(&digest, m)| digest == expected(m)));
        }
    }
    assert!(sha512::digests(Level::Portable, &[]).is_empty());
}
