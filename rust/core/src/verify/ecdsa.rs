//! ECDSA on secp256k1 over SHA-256 (docs/semantics.md#ecdsa-1 and #ecdsa-2).
//!
//! libsecp256k1 verifies low S only, and its DER reader lets r and s out of range through to the
//! verdict: the signature is read here, and brought to low S.

#[cfg(target_arch = "x86_64")]
mod lanes;

use secp256k1::ecdsa::{self, Signature};
use secp256k1::Message;

use crate::code::Code;
use crate::der::Reader;
use crate::digest;
use crate::keys::PublicKey;
use crate::simd::Level;
use crate::verify::tables::{Held, Part};
use crate::verify::{Family, Signed, Verifier};

/// What verifies with a key of this kind.
pub(crate) fn verifier(public: &PublicKey) -> Option<Box<dyn Verifier>> {
    Some(Box::new(Key::new(public)?))
}

/// A key, as the library and as the lanes want it.
pub(crate) struct Key {
    parsed: secp256k1::PublicKey,
    #[cfg(target_arch = "x86_64")]
    point: lanes::Point,
}

impl Key {
    fn new(public: &PublicKey) -> Option<Self> {
        let parsed = secp256k1::PublicKey::from_slice(public.data()).ok()?;
        Some(Self {
            parsed,
            #[cfg(target_arch = "x86_64")]
            point: lanes::Point::new(&parsed),
        })
    }

    /// The verdict on r and s, which are in range, and a digest.
    fn verify_numbers(&self, numbers: &[u8; 64], digest: [u8; 32]) -> Code {
        let Ok(mut signature) = Signature::from_compact(numbers) else {
            return Code::BadSignatureEncoding;
        };
        signature.normalize_s();
        match ecdsa::verify(&signature, Message::from_digest(digest), &self.parsed) {
            Ok(()) => Code::Ok,
            Err(_) => Code::BadSignature,
        }
    }
}

impl Verifier for Key {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Code {
        match compact(signature) {
            Some(numbers) => self.verify_numbers(&numbers, digest::sha256(message)),
            None => Code::BadSignatureEncoding,
        }
    }

    fn family(&self) -> Family<'_> {
        Family::Ecdsa(self)
    }
}

/// n, the order of the group, big-endian.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

/// r and s of a strict DER signature, which are in 1..n-1, big-endian.
fn compact(signature: &[u8]) -> Option<[u8; 64]> {
    let mut outer = Reader::new(signature);
    let mut numbers = outer.sequence()?;
    outer.finish()?;
    let mut compact = [0; 64];
    for half in compact.chunks_exact_mut(32) {
        let number = numbers.unsigned().filter(|number| !number.is_empty())?;
        half.get_mut(32usize.checked_sub(number.len())?..)?
            .copy_from_slice(number);
        if *half >= ORDER[..] {
            return None;
        }
    }
    numbers.finish()?;
    Some(compact)
}

/// Signatures from which on a batch pays at a level.
pub(crate) fn crossover(level: Level) -> usize {
    if cfg!(target_arch = "x86_64") && level >= Level::Avx512 {
        2
    } else {
        usize::MAX
    }
}

/// The tables of the keys of a batch, for [`verify_many`].
pub(crate) fn hold(level: Level, items: &[Signed<'_, Key>]) -> Held {
    #[cfg(target_arch = "x86_64")]
    if level >= Level::Avx512 {
        return lanes::hold(level, items);
    }
    let _ = level;
    Held::nothing(items.len())
}

/// The verdict on each signature, the one that it has alone; `held` has the tables of these.
pub(crate) fn verify_many(level: Level, items: &[Signed<'_, Key>], held: Part<'_>) -> Vec<Code> {
    #[cfg(target_arch = "x86_64")]
    if level >= Level::Avx512 {
        return lanes::verify_many(level, items, held);
    }
    let _ = (level, held);
    let alone = |item: &Signed<'_, Key>| item.key.verify(item.message, item.signature);
    items.iter().map(alone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::der;
    use crate::keys;
    use crate::vectors::{hex, ECC_POINT, ECDSA_HIGH_S, ECDSA_LOW_S};

    /// The order of the group.
    const N: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

    fn key() -> Key {
        Key::new(&keys::parse_text(ECC_POINT).unwrap()).unwrap()
    }

    fn sequence(parts: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        der::write(&mut out, der::SEQUENCE, parts);
        out
    }

    /// A signature of two numbers, big-endian without leading zeros.
    fn signature(r: &[u8], s: &[u8]) -> Vec<u8> {
        let mut numbers = Vec::new();
        der::write_unsigned(&mut numbers, r);
        der::write_unsigned(&mut numbers, s);
        sequence(&[&numbers])
    }

    #[test]
    fn ecdsa_2_low_and_high_s() {
        for signature in [ECDSA_LOW_S, ECDSA_HIGH_S].map(hex) {
            assert_eq!(key().verify(b"message", &signature), Code::Ok);
            assert_eq!(key().verify(b"Message", &signature), Code::BadSignature);
        }
    }

    #[test]
    fn ecdsa_1_r_and_s_are_in_range() {
        let n = hex(N);
        let mut below = n.clone();
        below[31] -= 1;
        let mut above = n.clone();
        above[31] += 1;
        for (number, expected) in [
            (&[1][..], Code::BadSignature),
            (&below, Code::BadSignature),
            (&[], Code::BadSignatureEncoding),
            (&n, Code::BadSignatureEncoding),
            (&above, Code::BadSignatureEncoding),
            (&[0xff; 32], Code::BadSignatureEncoding),
            (&[1; 33], Code::BadSignatureEncoding),
        ] {
            let name = format!("{number:02x?}");
            assert_eq!(
                key().verify(b"message", &signature(number, &[1])),
                expected,
                "{name}"
            );
            assert_eq!(
                key().verify(b"message", &signature(&[1], number)),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn ecdsa_1_der_is_strict() {
        let good = hex(ECDSA_LOW_S);
        assert_eq!(good[1], 0x44);
        let (r, s) = good[2..].split_at(34);
        let body = &good[2..];
        let negative = [&[2, 32, r[2] | 0x80], &r[3..]].concat();
        let padded = [&[2, 33, 0], &r[2..]].concat();
        let long_length = [&[2, 0x81, 32], &r[2..]].concat();
        for bad in [
            vec![],
            body.to_vec(),
            [&r[2..], &s[2..]].concat(),
            good[..good.len() - 1].to_vec(),
            [&good[..], &[0]].concat(),
            [&[0x30, 0x45], body, &[0]].concat(),
            [&[0x30, 0x46], body, &[5, 0]].concat(),
            [&[0x30, 0x81, 0x44], body].concat(),
            [&[0x30, 0x80], body, &[0, 0]].concat(),
            [&[0x31, 0x44], body].concat(),
            sequence(&[&negative, s]),
            sequence(&[&padded, s]),
            sequence(&[&long_length, s]),
            sequence(&[r]),
            sequence(&[r, s, s]),
            sequence(&[&[2, 0], s]),
            sequence(&[r, &[2, 0]]),
            sequence(&[&[4, 32], &r[2..], s]),
            sequence(&[]),
        ] {
            assert_eq!(
                key().verify(b"message", &bad),
                Code::BadSignatureEncoding,
                "{bad:02x?}"
            );
        }
        assert_eq!(sequence(&[r, s]), good);
    }
}
