//! Ed25519 by RFC 8032, cofactorless (docs/semantics.md#ed25519-2).
//!
//! `verify_strict` refuses S >= L and an R of small order, and compares encodings, so that an R that is not canonical never matches. What a key must be was checked when it
//! was parsed.

use ed25519_dalek::{Signature, VerifyingKey};

use crate::code::Code;
use crate::keys::PublicKey;

/// A key ready to verify with.
pub(super) struct Key(VerifyingKey);

impl Key {
    pub(super) fn new(public: &PublicKey) -> Option<Self> {
        let bytes = public.data().try_into().ok()?;
        VerifyingKey::from_bytes(bytes).ok().map(Self)
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Code {
        let Ok(signature) = Signature::from_slice(signature) else {
            return Code::BadSignatureEncoding;
        };
        match self.0.verify_strict(message, &signature) {
            Ok(()) => Code::Ok,
            Err(_) => Code::BadSignature,
        }
    }
}
