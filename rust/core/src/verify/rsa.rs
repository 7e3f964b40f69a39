//! RSASSA-PKCS1-v1_5 with SHA-256 (docs/semantics.md#rsa-3 and #rsa-4).
//!
//! AWS-LC holds a parsed key with its Montgomery constants, but refuses to verify with fewer than 1024 bits, which keys of JavaScript peers have: those go to ring.
//! Both compare the whole encoded message with the one that has NULL parameters, and refuse s >= n.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    ParsedPublicKey, RsaPublicKeyComponents, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
};

use crate::code::Code;
use crate::keys::PublicKey;

/// Bytes of the largest modulus.
const MOST: usize = 1024;

enum Engine {
    AwsLc(ParsedPublicKey),
    Ring(ring::signature::RsaPublicKeyComponents<Vec<u8>>),
}

/// A key ready to verify with.
pub(super) struct Key {
    /// Bytes of the modulus, and of every signature.
    size: usize,
    engine: Engine,
}

impl Key {
    pub(super) fn new(public: &PublicKey) -> Option<Self> {
        let (n, e) = public.rsa_numbers()?;
        let engine = if public.bits() < 1024 {
            Engine::Ring(ring::signature::RsaPublicKeyComponents {
                n: n.to_vec(),
                e: e.to_vec(),
            })
        } else {
            let parsed = RsaPublicKeyComponents { n, e }
                .to_parsed_public_key(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY);
            Engine::AwsLc(parsed.ok()?)
        };
        Some(Self {
            size: n.len(),
            engine,
        })
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Code {
        if signature.len() != self.size {
            return Code::BadSignatureEncoding;
        }
        let good = match &self.engine {
            Engine::AwsLc(key) => {
                let digest = digest::digest(&digest::SHA256, message);
                key.verify_digest_sig(&digest, signature).is_ok()
            }
            Engine::Ring(key) => {
                let parameters = &ring::signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY;
                key.verify(parameters, message, signature).is_ok()
            }
        };
        if good {
            Code::Ok
        } else {
            Code::BadSignature
        }
    }

    /// As `verify`, with zero bytes put before a signature that is too short (WIRE-1).
    pub(super) fn verify_padded(&self, message: &[u8], signature: &[u8]) -> Code {
        if signature.len() >= self.size {
            return self.verify(message, signature);
        }
        let mut padded = [0; MOST];
        let padded = &mut padded[..self.size];
        padded[self.size - signature.len()..].copy_from_slice(signature);
        self.verify(message, padded)
    }
}
