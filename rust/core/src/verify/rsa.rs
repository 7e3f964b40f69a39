//! RSASSA-PKCS1-v1_5 with SHA-256 (docs/semantics.md#rsa-3 and #rsa-4).
//!
//! AWS-LC holds a parsed key with its Montgomery constants, but refuses to verify with fewer than
//! 1024 bits, which keys of JavaScript peers have: those go to ring. Both compare the whole encoded
//! message with the one that has NULL parameters, and refuse s >= n.

use std::borrow::Cow;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    ParsedPublicKey, RsaPublicKeyComponents, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
};

use crate::code::Code;
use crate::digest::sha256_batch;
use crate::keys::PublicKey;
use crate::simd::rsa::{self as kernels, Lane, Modulus, SIZES};
use crate::simd::Level;
use crate::verify::{Family, Signed, Verifier};

/// How many leading zero bytes a signature may lack on the wire (WIRE-1). With no limit anybody
/// could compute a larger modulus under which somebody's fingerprint verifies.
const MOST_LOST_ZEROS: usize = 8;

/// What kernels are made for; other exponents are the library's.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// What stands before the digest in an encoded message: a zero, and the `DigestInfo` of SHA-256
/// with NULL parameters (RFC 8017 section 9.2).
const INFO: [u8; 20] = [
    0, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
    0x05, 0x00, 0x04, 0x20,
];

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
    /// The modulus, when there are kernels for it.
    modulus: Option<Modulus>,
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
            modulus: (e == EXPONENT).then(|| Modulus::new(n)).flatten(),
        })
    }

    /// The signature as long as the modulus, or the verdict on one that has another length.
    fn fitted<'a>(&self, signature: &'a [u8], wire: bool) -> Result<Cow<'a, [u8]>, Code> {
        let missing = self.size.checked_sub(signature.len());
        match missing {
            Some(0) => Ok(Cow::Borrowed(signature)),
            Some(1..=MOST_LOST_ZEROS) if wire => {
                let mut padded = vec![0; self.size];
                padded[self.size - signature.len()..].copy_from_slice(signature);
                Ok(Cow::Owned(padded))
            }
            Some(_) if wire => Err(Code::BadSignature),
            _ => Err(Code::BadSignatureEncoding),
        }
    }

    /// The verdict of the library.
    fn verify_alone(&self, message: &[u8], signature: &[u8], wire: bool) -> Code {
        let signature = match self.fitted(signature, wire) {
            Ok(signature) => signature,
            Err(code) => return code,
        };
        verdict(match &self.engine {
            Engine::AwsLc(key) => {
                let digest = digest::digest(&digest::SHA256, message);
                key.verify_digest_sig(&digest, &signature).is_ok()
            }
            Engine::Ring(key) => {
                let parameters = &ring::signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY;
                key.verify(parameters, message, &signature).is_ok()
            }
        })
    }
}

fn verdict(good: bool) -> Code {
    if good {
        Code::Ok
    } else {
        Code::BadSignature
    }
}

impl Verifier for Key {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Code {
        self.verify_alone(message, signature, false)
    }

    fn verify_wire(&self, message: &[u8], signature: &[u8]) -> Code {
        self.verify_alone(message, signature, true)
    }

    fn family(&self) -> Family<'_> {
        match self.modulus {
            Some(_) => Family::Rsa(self),
            None => Family::Alone,
        }
    }
}

/// Signatures from which on a batch pays at a level.
pub(crate) fn crossover(level: Level) -> usize {
    kernels::crossover(level).unwrap_or(usize::MAX)
}

/// The verdict on each signature, the one that it has alone; on the wire by WIRE-1.
pub(crate) fn verify_many(level: Level, items: &[Signed<'_, Key>], wire: bool) -> Vec<Code> {
    let fitted: Vec<_> = items
        .iter()
        .map(|item| item.key.fitted(item.signature, wire))
        .collect();
    let mut codes = vec![Code::BadSignatureEncoding; items.len()];
    let mut lots = SIZES.map(|_| Vec::new());
    for (place, (item, fitted)) in items.iter().zip(&fitted).enumerate() {
        match (fitted, &item.key.modulus) {
            (Err(code), _) => codes[place] = *code,
            // The library looks first too: it is not to be faster than the lanes.
            (Ok(signature), Some(modulus)) if !modulus.is_above(signature) => {
                codes[place] = Code::BadSignature;
            }
            (Ok(signature), Some(modulus)) => {
                lots[modulus.size() as usize].push((place, modulus, &**signature));
            }
            (Ok(_), None) => codes[place] = alone(item, wire),
        }
    }
    for (size, lot) in SIZES.into_iter().zip(lots) {
        let (lot, rest) = lot.split_at(kernels::worth(level, size, lot.len()));
        let texts: Vec<&[u8]> = lot
            .iter()
            .map(|&(place, ..)| items[place].message)
            .collect();
        let mut messages = vec![0; lot.len() * size.bytes()];
        for (digest, message) in sha256_batch(&texts)
            .iter()
            .zip(messages.chunks_mut(size.bytes()))
        {
            encode_message(digest, message);
        }
        let lanes: Vec<Lane<'_>> = lot
            .iter()
            .zip(messages.chunks(size.bytes()))
            .map(|(&(_, modulus, signature), message)| Lane {
                modulus,
                signature,
                message,
            })
            .collect();
        for (&(place, ..), good) in lot.iter().zip(kernels::verify(level, &lanes)) {
            codes[place] = verdict(good);
        }
        for &(place, ..) in rest {
            codes[place] = alone(&items[place], wire);
        }
    }
    codes
}

fn alone(item: &Signed<'_, Key>, wire: bool) -> Code {
    item.key.verify_alone(item.message, item.signature, wire)
}

/// Writes the encoded message that a signature of `digest` holds (RSA-4).
pub(crate) fn encode_message(digest: &[u8; 32], message: &mut [u8]) {
    let (rest, end) = message.split_at_mut(message.len() - digest.len());
    end.copy_from_slice(digest);
    let (rest, info) = rest.split_at_mut(rest.len() - INFO.len());
    info.copy_from_slice(&INFO);
    rest.fill(0xff);
    rest[..2].copy_from_slice(&[0, 1]);
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
