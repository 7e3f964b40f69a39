//! ECDSA on secp256k1 over SHA-256 (docs/semantics.md#ecdsa-1 and #ecdsa-2).
//!
//! libsecp256k1 verifies low S only, and its DER reader lets r and s out of range through to the verdict: the signature is read here, and brought to low S.

use secp256k1::ecdsa::{self, Signature};
use secp256k1::Message;

use crate::code::Code;
use crate::der::Reader;
use crate::digest;
use crate::keys::PublicKey;

/// A key ready to verify with.
pub(super) struct Key(secp256k1::PublicKey);

impl Key {
    pub(super) fn new(public: &PublicKey) -> Option<Self> {
        secp256k1::PublicKey::from_slice(public.data())
            .ok()
            .map(Self)
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Code {
        let Some(signature) = read(signature) else {
            return Code::BadSignatureEncoding;
        };
        let digest = Message::from_digest(digest::sha256(message));
        match ecdsa::verify(&signature, digest, &self.0) {
            Ok(()) => Code::Ok,
            Err(_) => Code::BadSignature,
        }
    }
}

/// A strict DER signature with r and s in 1..n-1, with low S.
fn read(signature: &[u8]) -> Option<Signature> {
    let mut outer = Reader::new(signature);
    let mut numbers = outer.sequence()?;
    outer.finish()?;
    let mut compact = [0; 64];
    for half in compact.chunks_exact_mut(32) {
        let number = numbers.unsigned().filter(|number| !number.is_empty())?;
        half.get_mut(32usize.checked_sub(number.len())?..)?
            .copy_from_slice(number);
    }
    numbers.finish()?;
    // Refuses numbers that are not below n.
    let mut signature = Signature::from_compact(&compact).ok()?;
    signature.normalize_s();
    Some(signature)
}
