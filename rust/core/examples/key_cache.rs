//! The cache of tables with many more keys than it has room for: its memory over time, and whether
//! tables pay.
//!
//! ```text
//! cargo run --release -p dimp-core --example key_cache -- soak [KEYS] [VERIFICATIONS]
//! cargo run --release -p dimp-core --example key_cache -- race [KEYS ...]
//! ```
//!
//! `soak` verifies ECDSA signatures of a million keys, ten million of them, half with all keys used
//! alike and half with few of them used most (Zipf), and prints the memory of the process and the
//! counters of the cache meanwhile. `race` compares the default budget with none, in turn, for
//! numbers of keys that are used alike: the time on the processor that a verification takes.

#![expect(clippy::cast_precision_loss)] // Counts far below 2^53.
#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Of a key's number.

use std::hint::black_box;
use std::time::Instant;

use dimp_core::code::Code;
use dimp_core::digest::sha256;
use dimp_core::keys::{self, Algorithm};
use dimp_core::simd;
use dimp_core::verify::{tables, verify_batch, Job, VerifyKey};
use secp256k1::{ecdsa, Message, PublicKey, SecretKey};

const BATCH: usize = 256;
/// Batches of a round of the race, and those before it that fill the cache.
const ROUND: usize = 400;
const WARM: usize = 1200;
const ROUNDS: usize = 9;

/// A key and a signature of four bytes by it.
struct Account {
    key: VerifyKey,
    message: [u8; 4],
    signature: Vec<u8>,
}

impl Account {
    fn new(number: u32) -> Self {
        let message = number.to_be_bytes();
        let digest = sha256(&message);
        // Tests know the secret: it is the digest.
        let secret = SecretKey::from_secret_bytes(digest).expect("a scalar");
        let point = PublicKey::from_secret_key(&secret).serialize_uncompressed();
        let key = keys::from_canonical(Algorithm::Ecc, &point).expect("a key");
        Self {
            key: VerifyKey::new(&key).expect("a key"),
            message,
            signature: ecdsa::sign(Message::from_digest(digest), &secret)
                .serialize_der()
                .to_vec(),
        }
    }
}

/// Numbers that look random and are the same in every run: the `SplitMix64` of its author.
struct Noise(u64);

impl Noise {
    /// At least 0 and less than 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Which key is used, of so many; how many there are, and a number from 0 to 1.
type Choice = fn(f64, f64) -> f64;

const UNIFORM: Choice = |count, noise| count * noise;
/// The `k`-th key about 1 / `k` as often as the first.
const ZIPF: Choice = |count, noise| (count + 1.0).powf(noise) - 1.0;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| {
        arguments
            .get(at)
            .map(|text| text.parse().expect("a number"))
    };
    println!("level {}", simd::active().name());
    match arguments.first().map(String::as_str) {
        Some("soak") => soak(
            &accounts(number(1).unwrap_or(1_000_000)),
            number(2).unwrap_or(10_000_000),
        ),
        Some("race") => {
            let mut counts: Vec<usize> = (1..arguments.len()).filter_map(number).collect();
            if counts.is_empty() {
                counts = vec![1_000, 2_000, 4_000, 10_000, 100_000, 1_000_000];
            }
            let most = counts.iter().copied().max().unwrap_or(0);
            let accounts = accounts(most);
            for count in counts {
                race(&accounts[..count]);
            }
        }
        _ => println!("soak or race?"),
    }
}

fn accounts(count: usize) -> Vec<Account> {
    let start = Instant::now();
    let count = u32::try_from(count).expect("fewer keys");
    let (first, second) = std::thread::scope(|scope| {
        let second = scope.spawn(|| (count / 2..count).map(Account::new).collect::<Vec<_>>());
        let first: Vec<_> = (0..count / 2).map(Account::new).collect();
        (first, second.join().expect("keys"))
    });
    let mut accounts = first;
    accounts.extend(second);
    println!("{count} keys, {:.0} s", start.elapsed().as_secs_f64());
    accounts
}

/// Verifies a batch of signatures of chosen keys.
fn verify(accounts: &[Account], choice: Choice, noise: &mut Noise) {
    let jobs: Vec<Job<'_>> = (0..BATCH)
        .map(|_| {
            let at = choice(accounts.len() as f64, noise.next()) as usize;
            let account = &accounts[at.min(accounts.len() - 1)];
            Job {
                key: Some(&account.key),
                message: &account.message,
                signature: &account.signature,
            }
        })
        .collect();
    let codes = black_box(verify_batch(&jobs, 1));
    assert!(codes.iter().all(|&code| code == Code::Ok));
}

fn soak(accounts: &[Account], verifications: usize) {
    for (name, choice) in [("uniform", UNIFORM), ("zipf", ZIPF)] {
        tables::configure(0);
        tables::configure(tables::DEFAULT_BUDGET);
        let (mut noise, start, before) = (Noise(1), Instant::now(), tables::counters());
        let batches = verifications / 2 / BATCH;
        for batch in 0..=batches {
            if batch % (batches / 10).max(1) == 0 {
                let now = tables::counters();
                println!(
                    "{name} {:>9} verified in {:>5.1} s: {:.1} MiB resident, {:.1} of tables; \
                     {} tables, {} hits, {} built, {} evicted",
                    batch * BATCH,
                    start.elapsed().as_secs_f64(),
                    resident() / 1024.0,
                    now.bytes as f64 / f64::from(1 << 20),
                    now.tables,
                    now.hits - before.hits,
                    now.promotions - before.promotions,
                    now.evictions - before.evictions,
                );
            }
            verify(accounts, choice, &mut noise);
        }
    }
}

/// KiB of this process in memory, by Linux.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(f64::NAN)
}

fn race(accounts: &[Account]) {
    let mut noise = Noise(2);
    let mut rounds = Vec::new();
    let (mut built, mut hits) = (0, 0);
    for _ in 0..ROUNDS {
        tables::configure(0);
        let without = timed(accounts, &mut noise);
        tables::configure(tables::DEFAULT_BUDGET);
        for _ in 0..WARM {
            verify(accounts, UNIFORM, &mut noise);
        }
        let before = tables::counters();
        let with = timed(accounts, &mut noise);
        let after = tables::counters();
        built += after.promotions - before.promotions;
        hits += after.hits - before.hits;
        rounds.push((with, without, with / without));
    }
    let median = |of: fn(&(f64, f64, f64)) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let verified = (ROUNDS * ROUND * BATCH) as f64;
    println!(
        "{:>8} keys: {:.2} us with tables, {:.2} us without, ratio {:.3}; {:.1} % had a table, \
         one was built for {:.0} verifications",
        accounts.len(),
        median(|round| round.0),
        median(|round| round.1),
        median(|round| round.2),
        100.0 * hits as f64 / verified,
        verified / built as f64,
    );
}

/// Microseconds on the processor that a verification takes.
fn timed(accounts: &[Account], noise: &mut Noise) -> f64 {
    let start = on_processor();
    for _ in 0..ROUND {
        verify(accounts, UNIFORM, noise);
    }
    (on_processor() - start) / 1e3 / (ROUND * BATCH) as f64
}

/// Nanoseconds that this thread had a processor, by Linux.
fn on_processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = stat.split_whitespace().next();
    first
        .and_then(|first| first.parse().ok())
        .unwrap_or(f64::NAN)
}
