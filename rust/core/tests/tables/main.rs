//! The cache of tables with many threads on it: verdicts do not depend on what the others do there
//! (docs/semantics.md#verdict-3), and its counters and its budget hold.
//!
//! `DIMP_FAST_SOAK` is the number of batches of a thread for each budget; unset, for a run of
//! seconds. It is a program of its own because the cache is one for the process, and so that
//! `ThreadSanitizer` has little to look at: CONTRIBUTING.md says how.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use dimp_core::code::Code;
use dimp_core::digest::sha256;
use dimp_core::keys::{self, Algorithm};
use dimp_core::simd::{self, Level};
use dimp_core::verify::tables::{self, Counters};
use dimp_core::verify::{verify_batch_at, Job, VerifyKey};
use ed25519_dalek::{Signer, SigningKey};
use secp256k1::{ecdsa, Message, PublicKey, SecretKey};

const THREADS: usize = 4;
const KEYS: usize = 64;
/// Keys that a thread works with at a time, and batches until it goes on to others.
const WINDOW: usize = 16;
const STAY: usize = 8;
/// Signatures of a batch, enough to be divided.
const BATCH: usize = 256;
/// Bytes of the larger of the tables, that of an Ed25519 key; an ECDSA key has half of it.
const TABLE: usize = (91 << 10) + 512;
/// Room for so many of them: for one, for a few that thrash, for less than a window, for half of the
/// keys, and for all.
const ROOMS: [usize; 5] = [1, 3, 9, 32, 2 * KEYS];

/// Numbers that look random and are the same in every run: the `SplitMix64` of its author.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("it is below a usize")
    }

    fn bytes(&mut self) -> [u8; 32] {
        std::array::from_fn(|_| self.next().to_le_bytes()[0])
    }
}

/// A key with a good signature and a bad one.
struct Account {
    key: VerifyKey,
    message: [u8; 32],
    signature: Vec<u8>,
}

impl Account {
    fn new(algorithm: Algorithm, noise: &mut Noise) -> Self {
        let (secret, message) = (noise.bytes(), noise.bytes());
        let (public, signature) = if algorithm == Algorithm::Ecc {
            let secret = SecretKey::from_secret_bytes(secret).expect("a scalar");
            let digest = Message::from_digest(sha256(&message));
            (
                PublicKey::from_secret_key(&secret)
                    .serialize_uncompressed()
                    .to_vec(),
                ecdsa::sign(digest, &secret).serialize_der().to_vec(),
            )
        } else {
            let secret = SigningKey::from_bytes(&secret);
            (
                secret.verifying_key().to_bytes().to_vec(),
                secret.sign(&message).to_bytes().to_vec(),
            )
        };
        let public = keys::from_canonical(algorithm, &public).expect("a key");
        Self {
            key: VerifyKey::new(&public).expect("a key"),
            message,
            signature,
        }
    }

    /// A signature to verify, and its verdict.
    fn job(&self, good: bool) -> (Job<'_>, Code) {
        let (length, code) = if good {
            (32, Code::Ok)
        } else {
            (31, Code::BadSignature)
        };
        let job = Job {
            key: Some(&self.key),
            message: &self.message[..length],
            signature: &self.signature,
        };
        (job, code)
    }
}

fn accounts() -> Vec<Account> {
    let mut noise = Noise(1);
    let algorithms = [Algorithm::Ecc, Algorithm::Ed25519].into_iter().cycle();
    algorithms
        .take(KEYS)
        .map(|algorithm| Account::new(algorithm, &mut noise))
        .collect()
}

fn batches() -> usize {
    match std::env::var("DIMP_FAST_SOAK") {
        Ok(count) => count
            .parse()
            .expect("DIMP_FAST_SOAK is a number of batches"),
        Err(_) => 80,
    }
}

/// Verifies batches; the verdicts are compared with those that are known from how they were made.
fn verify(accounts: &[Account], batches: usize, noise: &mut Noise) {
    let mut first = 0;
    for batch in 0..batches {
        if batch % STAY == 0 {
            first = noise.below(KEYS);
        }
        let (jobs, expected): (Vec<_>, Vec<_>) = (0..BATCH)
            .map(|_| {
                let account = &accounts[(first + noise.below(WINDOW)) % KEYS];
                account.job(noise.below(4) > 0)
            })
            .unzip();
        let threads = 1 + noise.below(2);
        let codes = verify_batch_at(simd::active(), &jobs, threads, false);
        assert_eq!(codes, expected);
    }
}

/// Has all threads verify, while `look` is called again and again.
fn together(accounts: &[Account], batches: usize, seed: usize, mut look: impl FnMut() + Send) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS)
            .map(|worker| {
                let mut noise = Noise((seed * THREADS + worker) as u64);
                scope.spawn(move || verify(accounts, batches, &mut noise))
            })
            .collect();
        let watch = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                look();
                thread::yield_now();
            }
        });
        let results: Vec<_> = workers
            .into_iter()
            .map(thread::ScopedJoinHandle::join)
            .collect();
        done.store(true, Ordering::Relaxed);
        watch.join().expect("what is looked at holds");
        for result in results {
            result.expect("verdicts are right");
        }
    });
}

/// What holds at every moment.
fn consistent(counters: &Counters) {
    assert_eq!(
        counters.tables as u64,
        counters.promotions - counters.evictions,
        "{counters:?}"
    );
}

#[test]
fn verdict_3_whatever_other_threads_do_with_the_cache() {
    let accounts = accounts();
    let native = simd::active() >= Level::Avx512;
    for (phase, room) in ROOMS.into_iter().enumerate() {
        tables::configure(0);
        tables::configure(room * TABLE);
        let before = tables::counters();
        // The first batches meet an empty cache, the next one that fills up, the last a full one.
        together(&accounts, batches(), phase, || {
            let counters = tables::counters();
            consistent(&counters);
            assert!(counters.bytes <= counters.budget, "{counters:?}");
        });
        let after = tables::counters();
        println!("room for {room}: {after:?}");
        assert_eq!(after.promotions > before.promotions, native, "{after:?}");
        assert_eq!(after.hits > before.hits, native, "{after:?}");
    }
    // Another budget whenever the watching thread gets to it: tables go while they are worked with,
    // and while they are built.
    let mut noise = Noise(2);
    together(&accounts, batches() * ROOMS.len(), ROOMS.len(), || {
        tables::configure(noise.below(KEYS) * TABLE);
        for _ in 0..noise.below(200) {
            consistent(&tables::counters());
            thread::yield_now();
        }
    });
    let counters = tables::counters();
    println!("changing: {counters:?}");
    consistent(&counters);
    assert!(counters.bytes <= counters.budget, "{counters:?}");
    assert_eq!(counters.evictions > 0, native, "{counters:?}");
    tables::configure(0);
    let counters = tables::counters();
    assert_eq!((counters.tables, counters.bytes), (0, 0), "{counters:?}");
}
