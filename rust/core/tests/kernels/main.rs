//! Kernels at every level that this processor has, against the libraries that they stand in for.
//!
//! `DIMP_FAST_SOAK` is the number of cases for each kernel and level; unset, some thousands, for a
//! run of seconds. The levels that could not run are printed (`--nocapture` shows them).

mod addresses;
mod digests;
mod ed25519;
mod rsa;
mod secp256k1;

use std::sync::{Mutex, MutexGuard, PoisonError};

use dimp_core::simd::{detect, Level, LEVELS};
use dimp_core::verify::tables;

/// Cases for each kernel and level.
fn cases() -> usize {
    match std::env::var("DIMP_FAST_SOAK") {
        Ok(count) => count.parse().expect("DIMP_FAST_SOAK is a number of cases"),
        Err(_) => 4_000,
    }
}

/// The levels that this processor has.
fn levels() -> impl Iterator<Item = Level> {
    LEVELS.into_iter().filter(|&level| level <= detect())
}

/// With room for so many bytes of tables, of which there are none yet. The cache is one for the
/// process: one test at a time has to do with it.
fn with_tables(bytes: usize) -> MutexGuard<'static, ()> {
    static CACHE: Mutex<()> = Mutex::new(());
    let guard = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    tables::configure(0);
    tables::configure(bytes);
    guard
}

/// Numbers that look random and are the same in every run: the `SplitMix64` of its author.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("it is below a usize")
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

#[test]
fn says_which_levels_did_not_run() {
    for level in LEVELS {
        if level > detect() {
            println!(
                "level not run, for this processor does not have it: {}",
                level.name()
            );
        }
    }
    assert_eq!(levels().next(), Some(Level::Portable));
}
