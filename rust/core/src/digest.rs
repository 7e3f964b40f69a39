//! The digests of the protocol: SHA-256, RIPEMD-160 and Keccak-256 with its original padding (not
//! SHA-3).
//!
//! One message at a time. The libraries pick the instructions of the processor themselves.

use ripemd::Ripemd160;
use sha2::{Digest, Sha256};
use sha3::Keccak256;

/// SHA-256 of `data`.
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

/// SHA-256 of each message.
#[must_use]
pub fn sha256_batch(messages: &[&[u8]]) -> Vec<[u8; 32]> {
    messages.iter().map(|message| sha256(message)).collect()
}

/// RIPEMD-160 of `data`.
#[must_use]
pub fn ripemd160(data: &[u8]) -> [u8; 20] {
    Ripemd160::digest(data).into()
}

/// Keccak-256 of `data`, with the padding of the original submission, as Ethereum uses it.
#[must_use]
pub fn keccak256(data: &[u8]) -> [u8; 32] {
    Keccak256::digest(data).into()
}

/// RIPEMD-160 of the SHA-256 of `data`: the digest in a BTC-style address.
#[must_use]
pub fn hash160(data: &[u8]) -> [u8; 20] {
    ripemd160(&sha256(data))
}

/// The first four bytes of the double SHA-256 of `data`: the check code of a BTC-style address.
#[must_use]
pub fn check_code(data: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = sha256(&sha256(data));
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::to_hex;

    #[test]
    fn fips_180_sha256() {
        assert_eq!(
            to_hex(&sha256(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn ripemd160_of_its_paper() {
        assert_eq!(
            to_hex(&ripemd160(b"message digest")),
            "5d0689ef49d2fae572b881b123a85ffa21595f36"
        );
    }

    #[test]
    fn keccak256_has_the_original_padding() {
        assert_eq!(
            to_hex(&keccak256(b"")),
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
        );
    }

    #[test]
    fn composed_digests() {
        assert_eq!(hash160(b"x"), ripemd160(&sha256(b"x")));
        assert_eq!(check_code(b"x"), sha256(&sha256(b"x"))[..4]);
    }
}
