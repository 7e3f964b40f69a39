//! Digests of many messages at a time.

pub mod sha512;
