//! Addresses in lanes: hashed, checked and spelled 16 (AVX-512) or 8 (AVX2) at a time.
//!
//! Of a text the lanes say only that it is an address; what they do not take is left to
//! [`crate::address::parse`], which knows all forms, as are batches too small for them.
#![allow(clippy::inline_always)] // Only what is inlined has the instructions of its level.

mod base58;
mod btc;
mod eth;
mod parse;

pub use btc::{derive, derive_in_lanes, of_digests};
pub use eth::derive as derive_eth;
pub use parse::{parse, parse_in_lanes};
