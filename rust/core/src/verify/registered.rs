//! Keys of registered algorithms (docs/semantics.md#ext-1).

use crate::code::Code;
use crate::keys::{KeyAlgorithm, PublicKey};
use crate::verify::Verifier;

/// What verifies with a key of a registered algorithm.
pub(crate) fn verifier(algorithm: &'static dyn KeyAlgorithm, key: &PublicKey) -> Box<dyn Verifier> {
    Box::new(Key {
        algorithm,
        data: key.data().into(),
    })
}

struct Key {
    algorithm: &'static dyn KeyAlgorithm,
    data: Box<[u8]>,
}

impl Verifier for Key {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Code {
        if self.algorithm.verify(&self.data, message, signature) {
            Code::Ok
        } else {
            Code::BadSignature
        }
    }
}
