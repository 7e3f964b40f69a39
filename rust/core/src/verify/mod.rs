//! Verification of signatures: prepared keys, one signature or a batch (docs/semantics.md#sig-1 and
//! #wire-1).
//!
//! Every verdict is the library's own on that one item; nothing is decided for a batch as a whole.

pub(crate) mod ecdsa;
pub(crate) mod ed25519;
pub(crate) mod registered;
pub(crate) mod rsa;

use std::fmt;

use crate::code::{Code, Refusal};
use crate::keys::{self, Algorithm, PublicKey};
use crate::pool;

/// Signatures below which a batch is not split between threads: about 10 microseconds of work at
/// least.
const GRAIN: usize = 4;

/// What verifies with one key; each algorithm has its own, which its row in `keys` makes.
pub(crate) trait Verifier: Send + Sync {
    /// The verdict on a signature, as long as it should be.
    fn verify(&self, message: &[u8], signature: &[u8]) -> Code;

    /// The verdict on a signature from the wire (WIRE-1): another one for RSA only.
    fn verify_wire(&self, message: &[u8], signature: &[u8]) -> Code {
        self.verify(message, signature)
    }
}

/// A public key, ready to verify with: what can be computed once was.
pub struct VerifyKey {
    public: PublicKey,
    verifier: Box<dyn Verifier>,
}

impl VerifyKey {
    /// Prepares a key.
    ///
    /// # Errors
    /// `BadKey` when the library that verifies refuses the key; it takes every key that `keys` lets
    /// through. `Unsupported` when the algorithm of the key is registered no more.
    pub fn new(public: &PublicKey) -> Result<Self, Refusal> {
        Ok(Self {
            public: public.clone(),
            verifier: keys::verifier(public)?,
        })
    }

    /// The verdict on a signature, as long as it should be.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Code {
        self.verifier.verify(message, signature)
    }

    /// The verdict on a signature from the wire, where RSA signatures may lack leading zeros
    /// (WIRE-1).
    #[must_use]
    pub fn verify_wire(&self, message: &[u8], signature: &[u8]) -> Code {
        self.verifier.verify_wire(message, signature)
    }

    /// The family of the key.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    /// The canonical bytes of the key.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        self.public.data()
    }

    /// The key that this one was made from.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }
}

impl fmt::Debug for VerifyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "VerifyKey({}, {} bits)",
            self.algorithm(),
            self.public.bits()
        )
    }
}

/// One signature to verify.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The key; `None` is answered with `BadKey`.
    pub key: Option<&'a VerifyKey>,
    /// What was signed.
    pub message: &'a [u8],
    /// The signature.
    pub signature: &'a [u8],
}

impl Job<'_> {
    /// The verdict on this signature alone.
    #[must_use]
    pub fn verify(&self) -> Code {
        self.key
            .map_or(Code::BadKey, |key| key.verify(self.message, self.signature))
    }

    /// The same by the rule of the wire (WIRE-1).
    #[must_use]
    pub fn verify_wire(&self) -> Code {
        self.key.map_or(Code::BadKey, |key| {
            key.verify_wire(self.message, self.signature)
        })
    }
}

/// The verdict on every signature, in order.
#[must_use]
pub fn verify_batch(jobs: &[Job<'_>], threads: usize) -> Vec<Code> {
    pool::map(threads, jobs.len(), GRAIN, |index| jobs[index].verify())
}

/// The same by the rule of the wire (WIRE-1).
#[must_use]
pub fn verify_batch_wire(jobs: &[Job<'_>], threads: usize) -> Vec<Code> {
    pool::map(threads, jobs.len(), GRAIN, |index| {
        jobs[index].verify_wire()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;
    use crate::vectors::{
        hex, ECC_POINT, ECDSA_HIGH_S, ECDSA_LOW_S, ED25519_KEY, ED25519_SIGNATURE, RSA,
    };

    #[test]
    fn keys_are_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<VerifyKey>();
    }

    #[test]
    fn verdict_3_a_batch_equals_its_items_wherever_they_stand() {
        let keys = [
            keys::parse_bytes(&RSA[0].pkcs1()),
            keys::parse_bytes(&RSA[1].pkcs1()),
            keys::parse_text(ECC_POINT),
            keys::parse_mapping("ED25519", ED25519_KEY),
        ]
        .map(|key| VerifyKey::new(&key.unwrap()).unwrap());
        let signatures = [
            hex(RSA[0].signature),
            hex(RSA[1].signature),
            hex(ECDSA_LOW_S),
            hex(ECDSA_HIGH_S),
            hex(ED25519_SIGNATURE),
            vec![],
        ];
        let mut jobs = Vec::new();
        for key in keys.iter().map(Some).chain([None]) {
            for message in [&b"message"[..], &[0xaf, 0x82]] {
                for signature in &signatures {
                    jobs.push(Job {
                        key,
                        message,
                        signature,
                    });
                }
            }
        }
        let alone: Vec<Code> = jobs.iter().map(Job::verify).collect();
        assert_eq!(alone.iter().filter(|&&code| code == Code::Ok).count(), 5);
        assert!(alone[alone.len() - 12..]
            .iter()
            .all(|&code| code == Code::BadKey));
        for threads in [0, 1, 2, 3] {
            assert_eq!(verify_batch(&jobs, threads), alone);
            let (mut jobs, mut alone) = (jobs.clone(), alone.clone());
            jobs.reverse();
            alone.reverse();
            assert_eq!(verify_batch(&jobs, threads), alone);
            let wire: Vec<Code> = jobs.iter().map(Job::verify_wire).collect();
            assert_eq!(verify_batch_wire(&jobs, threads), wire);
        }
        assert!(verify_batch(&[], 0).is_empty());
    }
}
