//! ECDSA in lanes against libsecp256k1, native and without the hash, in turn.
//!
//! ```text
//! cargo run --release -p dimp-core --example ecdsa_race [LEVEL]
//! ```
//!
//! A round times both, so that a ratio is of one moment. Medians of the quiet rounds: those in which
//! nobody took longer than 1.1 times what its fast rounds took.

#[cfg(target_arch = "x86_64")]
mod race;

#[cfg(target_arch = "x86_64")]
fn main() {
    race::main();
}

#[cfg(not(target_arch = "x86_64"))]
fn main() {
    println!("the lanes of ECDSA are those of x86-64");
}
