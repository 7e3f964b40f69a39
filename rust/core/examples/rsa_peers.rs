//! RSA verification from digests, without Python: the kernels of each level beside OpenSSL from C
//! with cached keys, in turn on one thread, CPU time, medians.
//!
//!     cargo run --release -p dimp-core --features peers --example rsa_peers [rounds]

use cpu_time::ThreadTime;
use dimp_core::simd::rsa::{self, Lane, Modulus};
use dimp_core::simd::{detect, LEVELS};
use openssl::md::Md;
use openssl::pkey::{PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::{Padding, Rsa};
use openssl::sha::sha256;

/// Signatures of a size, the keys taking turns.
const COUNT: usize = 256;
const KEYS: usize = 16;

struct Signed {
    key: PKey<Private>,
    modulus: Modulus,
    signature: Vec<u8>,
    digest: [u8; 32],
    message: Vec<u8>,
}

fn signed(bits: u32) -> Vec<Signed> {
    let keys: Vec<_> = (0..KEYS)
        .map(|_| PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap())
        .collect();
    let sign = |index: usize| {
        let key = keys[index % KEYS].clone();
        let digest = sha256(&index.to_le_bytes());
        let mut context = PkeyCtx::new(&key).unwrap();
        context.sign_init().unwrap();
        context.set_rsa_padding(Padding::PKCS1).unwrap();
        context.set_signature_md(Md::sha256()).unwrap();
        let mut signature = Vec::new();
        context.sign_to_vec(&digest, &mut signature).unwrap();
        let rsa = key.rsa().unwrap();
        let modulus = Modulus::new(&rsa.n().to_vec()).unwrap();
        let mut message = vec![0; signature.len()];
        rsa.public_decrypt(&signature, &mut message, Padding::NONE)
            .unwrap();
        Signed {
            key,
            modulus,
            signature,
            digest,
            message,
        }
    };
    (0..COUNT).map(sign).collect()
}

/// Nanoseconds a signature.
fn timed(turns: u32, mut turn: impl FnMut()) -> f64 {
    let start = ThreadTime::now();
    for _ in 0..turns {
        turn();
    }
    let calls = turns * u32::try_from(COUNT).expect("not many");
    start.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let rounds = std::env::args()
        .nth(1)
        .map_or(25, |rounds| rounds.parse().expect("rounds"));
    println!("{}", openssl::version::version());
    for bits in [1024, 2048, 3072, 4096] {
        let signed = signed(bits);
        let mut contexts: Vec<_> = signed
            .iter()
            .map(|item| {
                let mut context = PkeyCtx::new(&item.key).unwrap();
                context.verify_init().unwrap();
                context.set_rsa_padding(Padding::PKCS1).unwrap();
                context.set_signature_md(Md::sha256()).unwrap();
                context
            })
            .collect();
        let lanes: Vec<Lane<'_>> = signed
            .iter()
            .map(|item| Lane {
                modulus: &item.modulus,
                signature: &item.signature,
                message: &item.message,
            })
            .collect();
        let levels: Vec<_> = LEVELS
            .into_iter()
            .filter(|&level| level <= detect() && rsa::crossover(level).is_some())
            .collect();
        let mut peer = Vec::new();
        let mut ours = vec![(Vec::new(), Vec::new()); levels.len()];
        for _ in 0..rounds {
            let openssl = timed(1, || {
                for (context, item) in contexts.iter_mut().zip(&signed) {
                    assert!(context.verify(&item.digest, &item.signature).unwrap());
                }
            });
            peer.push(openssl);
            for (&level, (times, ratios)) in levels.iter().zip(&mut ours) {
                let time = timed(4, || {
                    assert!(rsa::verify(level, &lanes).iter().all(|&good| good));
                });
                times.push(time);
                ratios.push(openssl / time);
            }
        }
        println!("{bits} bits: OpenSSL {:.0} ns", median(peer));
        for (level, (times, ratios)) in levels.iter().zip(ours) {
            println!(
                "  {}: {:.0} ns, {:.2} times as fast",
                level.name(),
                median(times),
                median(ratios)
            );
        }
    }
}
