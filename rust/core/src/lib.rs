//! `dimp-core`: every algorithm of `dimp_fast`, without Python, without I/O.
//!
//! What is accepted and what is refused is written in `docs/semantics.md`; the modules cite its rules.

pub mod address;
pub mod base58;
pub mod base64;
pub mod code;
pub mod der;
pub mod digest;
pub mod document;
pub mod encode;
mod extension;
pub mod framing;
pub mod identity;
pub mod json;
pub mod keyring;
pub mod keys;
pub mod merkle;
pub mod message;
pub mod meta;
pub mod pool;
pub mod signing;
pub mod simd;
pub mod verify;

#[cfg(test)]
mod vectors;
