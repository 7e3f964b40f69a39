//! RSASSA-PKCS1-v1_5 with SHA-256 (docs/semantics.md#rsa-3 and #rsa-4).
//!
//! AWS-LC holds a parsed key with its Montgomery constants, but refuses to verify with fewer than
//! 1024 bits, which keys of JavaScript peers have: those go to ring. Both compare the whole encoded
//! message with the one that has NULL parameters, and refuse s >= n.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    ParsedPublicKey, RsaPublicKeyComponents, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
};

use crate::code::Code;
use crate::keys::PublicKey;
use crate::simd::Level;
use crate::verify::{Family, Signed, Verifier};

/// How many leading zero bytes a signature may lack on the wire (WIRE-1). With no limit anybody
/// could compute a larger modulus under which somebody's fingerprint verifies.
const MOST_LOST_ZEROS: usize = 8;

/// Bytes of the largest modulus.
const MOST: usize = 1024;

enum Engine {
    AwsLc(ParsedPublicKey),
    Ring(ring::signature::RsaPublicKeyComponents<Vec<u8>>),
}

/// What verifies with a key of this kind.
pub(crate) fn verifier(public: &PublicKey) -> Option<Box<dyn Verifier>> {
    Some(Box::new(Key::new(public)?))
}

pub(crate) struct Key {
    /// Bytes of the modulus, and of every signature.
    size: usize,
    engine: Engine,
}

impl Key {
    fn new(public: &PublicKey) -> Option<Self> {
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
}

impl Verifier for Key {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Code {
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
    fn verify_wire(&self, message: &[u8], signature: &[u8]) -> Code {
        if signature.len() >= self.size {
            return self.verify(message, signature);
        }
        if signature.len() + MOST_LOST_ZEROS < self.size {
            return Code::BadSignature;
        }
        let mut padded = [0; MOST];
        let padded = &mut padded[..self.size];
        padded[self.size - signature.len()..].copy_from_slice(signature);
        self.verify(message, padded)
    }

    fn family(&self) -> Family<'_> {
        Family::Rsa(self)
    }
}

/// Signatures from which on a batch pays at a level.
pub(crate) fn crossover(_level: Level) -> usize {
    usize::MAX
}

/// The verdict on each signature, the one that it has alone; on the wire by WIRE-1.
pub(crate) fn verify_many(_level: Level, items: &[Signed<'_, Key>], wire: bool) -> Vec<Code> {
    let alone = |item: &Signed<'_, Key>| {
        if wire {
            item.key.verify_wire(item.message, item.signature)
        } else {
            item.key.verify(item.message, item.signature)
        }
    };
    items.iter().map(alone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;
    use crate::vectors::{
        hex, Rsa, RSA, RSA_1023_NO_NULL, RSA_1023_ZERO, RSA_1024_NO_NULL, RSA_1024_ZERO,
    };

    fn key(rsa: &Rsa) -> Key {
        Key::new(&keys::parse_bytes(&rsa.pkcs1()).unwrap()).unwrap()
    }

    #[test]
    fn rsa_3_sizes_and_exponents_that_libraries_disagree_about() {
        for rsa in &RSA {
            let (key, signature) = (key(rsa), hex(rsa.signature));
            let name = format!("{} bits, exponent {}", rsa.bits, rsa.exponent);
            assert_eq!(key.verify(b"message", &signature), Code::Ok, "{name}");
            assert_eq!(
                key.verify(b"Message", &signature),
                Code::BadSignature,
                "{name}"
            );
            for at in 0..signature.len() {
                let mut changed = signature.clone();
                changed[at] ^= 1;
                assert_eq!(
                    key.verify(b"message", &changed),
                    Code::BadSignature,
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn rsa_3_the_length_is_that_of_the_modulus() {
        for rsa in &RSA {
            let (key, signature) = (key(rsa), hex(rsa.signature));
            for other in [
                &[][..],
                &signature[..127],
                &signature[1..],
                &[&[0], &signature[..]].concat(),
                &[&signature[..], &[0]].concat(),
            ] {
                assert_eq!(key.verify(b"message", other), Code::BadSignatureEncoding);
            }
        }
    }

    #[test]
    fn rsa_4_the_whole_encoded_message_is_compared() {
        for (rsa, no_null) in RSA.iter().zip([RSA_1023_NO_NULL, RSA_1024_NO_NULL]) {
            assert_eq!(
                key(rsa).verify(b"message", &hex(no_null)),
                Code::BadSignature
            );
        }
    }

    #[test]
    fn rsa_4_s_is_below_n() {
        for rsa in &RSA {
            let key = key(rsa);
            let modulus = hex(rsa.modulus);
            for s in [&modulus[..], &[0xff; 128], &[0; 128]] {
                assert_eq!(key.verify(b"message", s), Code::BadSignature);
            }
            // s + n, where it has the length of n.
            let mut carry = 0;
            let mut sum = hex(rsa.signature);
            for (digit, add) in sum.iter_mut().zip(modulus).rev() {
                let value = u16::from(*digit) + u16::from(add) + carry;
                *digit = u8::try_from(value & 0xff).unwrap();
                carry = value >> 8;
            }
            if carry == 0 {
                assert_eq!(key.verify(b"message", &sum), Code::BadSignature);
            }
        }
    }

    #[test]
    fn wire_1_a_short_signature_is_padded() {
        for (rsa, (message, signature)) in RSA.iter().zip([RSA_1023_ZERO, RSA_1024_ZERO]) {
            let (key, signature) = (key(rsa), hex(signature));
            let message = message.as_bytes();
            assert_eq!(key.verify(message, &signature), Code::Ok);
            assert_eq!(key.verify_wire(message, &signature), Code::Ok);
            assert_eq!(key.verify_wire(message, &signature[1..]), Code::Ok);
            assert_eq!(
                key.verify(message, &signature[1..]),
                Code::BadSignatureEncoding
            );
            let padding = [&[0], &signature[..]].concat();
            assert_eq!(
                key.verify_wire(message, &padding),
                Code::BadSignatureEncoding
            );
            for short in [&signature[2..], &signature[1..127], &[]] {
                assert_eq!(key.verify_wire(message, short), Code::BadSignature);
            }
        }
    }
}
