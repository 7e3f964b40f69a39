//! ECDSA signatures made on secp256k1 over SHA-256 (docs/semantics.md#key-7).
//!
//! The one private-key operation in this crate, and libsecp256k1 does it, in constant time: a
//! station signs a receipt for every message, and OpenSSL needs ten times as long. Nothing of ours
//! computes with a secret. Not here: other algorithms, and where keys come from.

use std::cell::Cell;
use std::fmt;

use ring::rand::{SecureRandom, SystemRandom};
use secp256k1::{ecdsa, Message, SecretKey};

use crate::digest;

/// A private key of ECC that signs. Its bytes are overwritten when it goes, as far as a compiler lets
/// us; copies that others hold are theirs.
pub struct EcdsaSigner(SecretKey);

impl EcdsaSigner {
    /// The key of that scalar, big-endian; `None` when it is not in 1..n-1.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Option<Self> {
        SecretKey::from_secret_bytes(*secret).ok().map(Self)
    }

    /// The signature in strict DER, with the nonce of RFC 6979 and a low S.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        blind_this_thread();
        let digest = Message::from_digest(digest::sha256(message));
        ecdsa::sign(digest, &self.0).serialize_der().to_vec()
    }
}

impl Drop for EcdsaSigner {
    fn drop(&mut self) {
        self.0.non_secure_erase();
    }
}

impl fmt::Debug for EcdsaSigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EcdsaSigner")
    }
}

/// Blinds the arithmetic with secrets once a thread, as libsecp256k1 advises.
fn blind_this_thread() {
    thread_local!(static BLIND: Cell<bool> = const { Cell::new(false) });
    if BLIND.replace(true) {
        return;
    }
    let mut seed = [0; 32];
    // A second line of defence: without it the arithmetic takes constant time all the same.
    if SystemRandom::new().fill(&mut seed).is_ok() {
        secp256k1::rerandomize_global_context(&seed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::keys;
    use crate::vectors::to_hex;
    use crate::verify::VerifyKey;

    /// The generator of the group: the public key of the secret 1.
    const G: &str = "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798\
                     483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8";

    fn scalar(number: u8) -> [u8; 32] {
        let mut secret = [0; 32];
        secret[31] = number;
        secret
    }

    #[test]
    fn key_7_a_known_signature_on_every_thread() {
        let sign = || {
            EcdsaSigner::new(&scalar(1))
                .unwrap()
                .sign(b"Satoshi Nakamoto")
        };
        for signature in [sign(), sign(), std::thread::spawn(sign).join().unwrap()] {
            // The vector for this key and text that libraries of Bitcoin share.
            assert_eq!(
                to_hex(&signature),
                "3045022100934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d802202442ce\
                 9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5"
            );
        }
    }

    #[test]
    fn key_7_what_is_signed_verifies() {
        let signer = EcdsaSigner::new(&scalar(1)).unwrap();
        let key = VerifyKey::new(&keys::parse_text(G).unwrap()).unwrap();
        for length in [0, 1, 55, 56, 64, 1000] {
            let message = vec![7; length];
            assert_eq!(key.verify(&message, &signer.sign(&message)), Code::Ok);
        }
    }

    #[test]
    fn key_6_scalars_are_in_range() {
        assert!(EcdsaSigner::new(&scalar(0)).is_none());
        assert!(EcdsaSigner::new(&[0xff; 32]).is_none());
        assert_eq!(
            format!("{:?}", EcdsaSigner::new(&scalar(5))),
            "Some(EcdsaSigner)"
        );
    }
}
