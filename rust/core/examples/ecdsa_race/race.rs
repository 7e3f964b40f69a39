//! The rounds.

#![expect(clippy::cast_precision_loss)] // Small numbers.

use std::hint::black_box;
use std::time::Instant;

use dimp_core::simd::rows::{zeroed, Row};
use dimp_core::simd::secp256k1::{build_tables, verify_hot, verify_unseen};
use dimp_core::simd::secp256k1::{Signature, Verdict, TABLE_ROWS};
use dimp_core::simd::{active, Level};
use secp256k1::{ecdsa, Message, PublicKey, SecretKey};

const ROUNDS: usize = 151;
/// Signatures of ours in a round, and of the library.
const OURS: usize = 1024;
const LIBRARY: usize = 32;

struct Item {
    key: usize,
    digest: [u8; 32],
    signature: ecdsa::Signature,
    numbers: [u8; 64],
}

struct Data {
    public: Vec<PublicKey>,
    points: Vec<Row>,
    items: Vec<Item>,
}

pub fn main() {
    let level = match std::env::args().nth(1) {
        Some(name) => Level::from_name(&name).expect("the name of a level"),
        None => active(),
    };
    println!("level {}", level.name());
    for keys in [64, 10_000] {
        let data = data(keys);
        let tables = tables(level, &data);
        for batch in [1, 8, 16, 32, 64, 128, 256, 1024] {
            race(
                &format!("hot, {keys} keys, batch {batch}"),
                &data,
                batch,
                |items| {
                    let signatures = signatures(&data, items, Some(&tables));
                    verify_hot(level, &signatures)
                },
            );
        }
        if keys == 64 {
            for batch in [2, 8, 64, 256, 1024] {
                race(&format!("unseen, batch {batch}"), &data, batch, |items| {
                    verify_unseen(level, &signatures(&data, items, None))
                });
            }
        }
    }
}

fn data(keys: usize) -> Data {
    let mut state = 1u64;
    let mut bytes = || {
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_mut(8) {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(mixed ^ mixed >> 31).to_be_bytes());
        }
        bytes
    };
    let secret: Vec<SecretKey> = (0..keys)
        .map(|_| SecretKey::from_secret_bytes(bytes()).expect("a scalar"))
        .collect();
    let public: Vec<PublicKey> = secret.iter().map(PublicKey::from_secret_key).collect();
    let items = (0..OURS.max(2 * keys))
        .map(|at| {
            let (key, digest) = (at % keys, bytes());
            let signature = ecdsa::sign(Message::from_digest(digest), &secret[key]);
            Item {
                key,
                digest,
                signature,
                numbers: signature.serialize_compact(),
            }
        })
        .collect();
    Data {
        points: public.iter().map(row).collect(),
        public,
        items,
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

fn tables(level: Level, data: &Data) -> Vec<Box<[Row]>> {
    let mut tables: Vec<_> = data.points.iter().map(|_| zeroed(TABLE_ROWS)).collect();
    for _ in 0..2 {
        let start = Instant::now();
        let mut places: Vec<&mut [Row]> = tables.iter_mut().map(|table| &mut **table).collect();
        for (points, places) in data.points.chunks(64).zip(places.chunks_mut(64)) {
            build_tables(level, points, places);
        }
        let each = start.elapsed().as_secs_f64() * 1e6 / data.points.len() as f64;
        println!("tables of {} keys: {each:.1} us a key", data.points.len());
    }
    tables
}

fn signatures<'a>(
    data: &'a Data,
    items: &'a [Item],
    tables: Option<&'a [Box<[Row]>]>,
) -> Vec<Signature<'a>> {
    items
        .iter()
        .map(|item| Signature {
            key: &data.points[item.key],
            table: tables.map_or(&[], |tables| &tables[item.key]),
            numbers: &item.numbers,
            digest: &item.digest,
        })
        .collect()
}

fn race(name: &str, data: &Data, batch: usize, ours: impl Fn(&[Item]) -> Vec<Verdict>) {
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let first = round * OURS % (data.items.len() - OURS + 1);
        let items = &data.items[first..first + OURS];
        let start = Instant::now();
        for batch in items.chunks_exact(batch) {
            let verdicts = black_box(ours(batch));
            assert!(verdicts.iter().all(|&verdict| verdict == Verdict::Valid));
        }
        let ours = start.elapsed().as_secs_f64() * 1e6 / OURS as f64;
        let start = Instant::now();
        for item in &items[..LIBRARY] {
            let message = Message::from_digest(item.digest);
            let verdict = ecdsa::verify(&item.signature, message, &data.public[item.key]);
            assert!(black_box(verdict).is_ok());
        }
        let library = start.elapsed().as_secs_f64() * 1e6 / LIBRARY as f64;
        rounds.push((ours, library));
    }
    let fast = |time: fn(&(f64, f64)) -> f64| quantile(rounds.iter().map(time), 10);
    let (ours, library) = (1.1 * fast(|times| times.0), 1.1 * fast(|times| times.1));
    rounds.retain(|times| times.0 <= ours && times.1 <= library);
    println!(
        "{name}: {:.2} us, {:.1}x libsecp256k1 ({} of {ROUNDS} rounds were quiet)",
        quantile(rounds.iter().map(|times| times.0), 50),
        quantile(rounds.iter().map(|times| times.1 / times.0), 50),
        rounds.len(),
    );
}

fn quantile(values: impl Iterator<Item = f64>, percent: usize) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
        .get(values.len() * percent / 100)
        .copied()
        .unwrap_or(f64::NAN)
}
