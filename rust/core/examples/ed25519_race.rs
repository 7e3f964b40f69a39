//! Ed25519 verification against libsodium's C, in turn, on one thread.
//!
//!     cargo run --release --example ed25519_race -- /usr/lib/x86_64-linux-gnu/libsodium.so.23
//!
//! Messages of 32 bytes: one block of SHA-512 on both sides, so that the hash hardly counts. Keys
//! are made beforehand. Prints the median of the ratios and of the times, and the best
//! round of each for machines that are shared.

use std::time::{Duration, Instant};

use dimp_core::code::Code;
use dimp_core::keys::{self, Algorithm};
use dimp_core::simd;
use dimp_core::verify::{tables, verify_batch_at, Job, VerifyKey};
use ed25519_dalek::{Signer, SigningKey};
use libloading::{Library, Symbol};

/// `crypto_sign_verify_detached`: signature, message, its length, key; 0 means good.
type VerifyDetached = unsafe extern "C" fn(*const u8, *const u8, u64, *const u8) -> i32;

const ROUNDS: usize = 121;

struct Signed {
    key: usize,
    message: [u8; 32],
    signature: [u8; 64],
}

fn main() {
    let path = std::env::args().nth(1).expect("the path of libsodium");
    let filter = std::env::args().nth(2).unwrap_or_default();
    // SAFETY: libsodium runs nothing when it is loaded.
    let library = unsafe { Library::new(path) }.expect("libsodium can be loaded");
    // SAFETY: this is its type in sodium/crypto_sign.h.
    let peer: Symbol<'_, VerifyDetached> =
        unsafe { library.get(b"crypto_sign_verify_detached") }.expect("it has the function");
    println!("level {}", simd::active().name());
    for (name, keys, budget, sizes) in [
        (
            "hot, 64 keys",
            64,
            64 << 20,
            &[8, 16, 32, 64, 256, 1024][..],
        ),
        ("hot, 2,000 keys", 2000, 512 << 20, &[8, 64, 1024][..]),
        ("unseen", 1024, 0, &[2, 4, 8, 16, 32, 64, 256, 1024][..]),
    ] {
        tables::configure(budget);
        for &size in sizes {
            if !filter.is_empty() && !format!("{name} {size}").contains(&filter) {
                continue;
            }
            race(name, keys, size, *peer);
        }
    }
}

fn race(name: &str, count: usize, size: usize, peer: VerifyDetached) {
    let signers: Vec<SigningKey> = (0..count)
        .map(|key| {
            SigningKey::from_bytes(
                &[&key.to_le_bytes()[..], &[7; 24]]
                    .concat()
                    .try_into()
                    .unwrap(),
            )
        })
        .collect();
    let public: Vec<[u8; 32]> = signers
        .iter()
        .map(|key| key.verifying_key().to_bytes())
        .collect();
    let handles: Vec<VerifyKey> = public
        .iter()
        .map(|key| {
            let key = keys::from_canonical(Algorithm::Ed25519, key).expect("it is a key");
            VerifyKey::new(&key).expect("it was checked")
        })
        .collect();
    let total = size.max(count.min(1024)).div_ceil(size) * size;
    let signed: Vec<Signed> = (0..total)
        .map(|index| {
            let key = index * 7919 % count;
            let message: [u8; 32] = [index.to_le_bytes(); 4].concat().try_into().unwrap();
            let signature = signers[key].sign(&message).to_bytes();
            Signed {
                key,
                message,
                signature,
            }
        })
        .collect();
    let jobs: Vec<Job<'_>> = signed
        .iter()
        .map(|one| Job {
            key: Some(&handles[one.key]),
            message: &one.message,
            signature: &one.signature,
        })
        .collect();
    let ours = || {
        for jobs in jobs.chunks(size) {
            let codes = verify_batch_at(simd::active(), jobs, 1, false);
            assert!(codes.iter().all(|&code| code == Code::Ok));
        }
    };
    let sample = &signed[..signed.len().min(64)];
    let theirs = || {
        for one in sample {
            let key = &public[one.key];
            // SAFETY: the lengths are those of the arrays.
            let code = unsafe {
                peer(
                    one.signature.as_ptr(),
                    one.message.as_ptr(),
                    32,
                    key.as_ptr(),
                )
            };
            assert_eq!(code, 0);
        }
    };
    for _ in 0..40 {
        ours();
    }
    theirs();
    let mut times: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| {
            (
                micros(timed(&ours), total),
                micros(timed(&theirs), sample.len()),
            )
        })
        .collect();
    times.sort_by(|a, b| (a.1 / a.0).total_cmp(&(b.1 / b.0)));
    let ratio = times[ROUNDS / 2].1 / times[ROUNDS / 2].0;
    let sorted = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        (values[values.len() / 2], values[0])
    };
    let (ours, our_best) = sorted(times.iter().map(|time| time.0).collect());
    let (theirs, their_best) = sorted(times.iter().map(|time| time.1).collect());
    let best = their_best / our_best;
    println!(
        "{name}, batch {size}: {ours:.2} us, libsodium {theirs:.1} us, {ratio:.1}x \
         (best rounds {our_best:.2} us, {their_best:.1} us, {best:.1}x)"
    );
}

fn timed(work: &impl Fn()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

#[expect(clippy::cast_precision_loss)] // Small numbers.
fn micros(time: Duration, items: usize) -> f64 {
    time.as_secs_f64() * 1e6 / items as f64
}
