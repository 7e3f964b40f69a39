//! Ed25519 by RFC 8032, cofactorless (docs/semantics.md#ed25519-2).
//!
//! One signature, and every signature on processors without AVX-512 IFMA, is verified by the
//! library: `verify_strict` refuses S >= L and an R of small order, and compares encodings, so that
//! an R that is not canonical never matches. Batches go to `simd::ed25519`, which decides by the
//! same rules. What a key must be was checked when it was parsed.

use std::sync::OnceLock;

use ed25519_dalek::{Signature, VerifyingKey};

use crate::code::Code;
use crate::keys::PublicKey;
#[cfg(target_arch = "x86_64")]
use crate::simd::ed25519;
use crate::simd::Level;
#[cfg(target_arch = "x86_64")]
use crate::verify::tables::{self, Name};
use crate::verify::tables::{Held, Part};
use crate::verify::{Family, Signed, Verifier};

/// What verifies with a key of this kind.
pub(crate) fn verifier(public: &PublicKey) -> Option<Box<dyn Verifier>> {
    Some(Box::new(Key::new(public)?))
}

/// A key that was checked when it was parsed.
pub(crate) struct Key {
    bytes: [u8; 32],
    /// The point, for one signature alone: a batch in lanes does without.
    point: OnceLock<VerifyingKey>,
    #[cfg(target_arch = "x86_64")]
    name: Name,
}

impl Key {
    fn new(public: &PublicKey) -> Option<Self> {
        let bytes = public.data().try_into().ok()?;
        Some(Self {
            bytes,
            point: OnceLock::new(),
            #[cfg(target_arch = "x86_64")]
            name: Name::new("ed25519", &bytes),
        })
    }

    /// `None` for a key that no `PublicKey` holds.
    fn point(&self) -> Option<&VerifyingKey> {
        if let Some(point) = self.point.get() {
            return Some(point);
        }
        let point = VerifyingKey::from_bytes(&self.bytes).ok()?;
        Some(self.point.get_or_init(|| point))
    }
}

impl Verifier for Key {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Code {
        let Ok(signature) = Signature::from_slice(signature) else {
            return Code::BadSignatureEncoding;
        };
        let Some(point) = self.point() else {
            return Code::BadKey;
        };
        match point.verify_strict(message, &signature) {
            Ok(()) => Code::Ok,
            Err(_) => Code::BadSignature,
        }
    }

    fn family(&self) -> Family<'_> {
        Family::Ed25519(self)
    }
}

/// Signatures from which on a batch pays at a level; there is a kernel for one level only.
pub(crate) fn crossover(level: Level) -> usize {
    if level >= Level::Avx512Ifma {
        2
    } else {
        usize::MAX
    }
}

/// The tables of the keys of a batch, for [`verify_many`]; those that are due are built.
pub(crate) fn hold(level: Level, items: &[Signed<'_, Key>]) -> Held {
    #[cfg(target_arch = "x86_64")]
    if level >= ed25519::LEVEL {
        let names: Vec<&Name> = items.iter().map(|item| &item.key.name).collect();
        return tables::hold(ed25519::KEY_TABLE, &names, |places, tables| {
            let keys: Vec<&[u8; 32]> = places
                .iter()
                .map(|&place| &items[place].key.bytes)
                .collect();
            ed25519::key_tables(level, &keys, tables);
        });
    }
    let _ = level;
    Held::nothing(items.len())
}

/// The verdict on each signature, the one that it has alone; `held` has the tables of these.
pub(crate) fn verify_many(level: Level, items: &[Signed<'_, Key>], held: Part<'_>) -> Vec<Code> {
    #[cfg(target_arch = "x86_64")]
    if level >= ed25519::LEVEL {
        return in_lanes(level, items, held);
    }
    let _ = (level, held);
    let alone = |item: &Signed<'_, Key>| item.key.verify(item.message, item.signature);
    items.iter().map(alone).collect()
}

/// The same by the kernel. What has not the length of a signature does not get there.
#[cfg(target_arch = "x86_64")]
fn in_lanes(level: Level, items: &[Signed<'_, Key>], held: Part<'_>) -> Vec<Code> {
    let mut codes = vec![Code::BadSignatureEncoding; items.len()];
    let mut places = Vec::with_capacity(items.len());
    let mut wanted = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        if let Ok(signature) = item.signature.try_into() {
            places.push(place);
            wanted.push(ed25519::Item {
                key: &item.key.bytes,
                table: held.get(place),
                message: item.message,
                signature,
            });
        }
    }
    for (place, good) in places.into_iter().zip(ed25519::verify(level, &wanted)) {
        codes[place] = if good { Code::Ok } else { Code::BadSignature };
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;
    use crate::vectors::{hex, ED25519_KEY, ED25519_SIGNATURE};

    /// The order of the prime subgroup, little-endian.
    const L: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

    fn key(text: &str) -> Key {
        Key::new(&keys::parse_mapping("ED25519", text).unwrap()).unwrap()
    }

    #[test]
    fn rfc_8032_test_3() {
        let signature = hex(ED25519_SIGNATURE);
        let key = key(ED25519_KEY);
        assert_eq!(key.verify(&[0xaf, 0x82], &signature), Code::Ok);
        assert_eq!(key.verify(&[0xaf, 0x83], &signature), Code::BadSignature);
        for at in 0..64 {
            let mut changed = signature.clone();
            changed[at] ^= 1;
            assert_eq!(key.verify(&[0xaf, 0x82], &changed), Code::BadSignature);
        }
    }

    #[test]
    fn ed25519_2_length() {
        let signature = hex(ED25519_SIGNATURE);
        for other in [&[][..], &signature[..63], &[&signature[..], &[0]].concat()] {
            let verdict = key(ED25519_KEY).verify(&[0xaf, 0x82], other);
            assert_eq!(verdict, Code::BadSignatureEncoding);
        }
    }

    #[test]
    fn ed25519_2_s_is_below_l() {
        let mut signature = hex(ED25519_SIGNATURE);
        let mut carry = 0;
        for (digit, add) in signature[32..].iter_mut().zip(hex(L)) {
            let value = u16::from(*digit) + u16::from(add) + carry;
            *digit = u8::try_from(value & 0xff).unwrap();
            carry = value >> 8;
        }
        let verdict = key(ED25519_KEY).verify(&[0xaf, 0x82], &signature);
        assert_eq!(verdict, Code::BadSignature);
    }

    #[test]
    fn ed25519_2_r_of_small_order() {
        // R is the neutral point and S = k * a: the equation holds.
        let key = key("c71e0d33ec8fd17f963a42808bb0e8f9ba20d7729e0facac84dab975ab33b81d");
        let s = hex("a4590e85a0c0b3e8a7c3afbcffcef6538d44f8015a44e6d27353deb5af96090b");
        let signature = [&[1][..], &[0; 31], &s].concat();
        let verdict = key.verify(b"small order R", &signature);
        assert_eq!(verdict, Code::BadSignature);
        // Were it not for the order of R, it would be accepted.
        let signature = Signature::from_slice(&signature).unwrap();
        let lax =
            ed25519_dalek::Verifier::verify(key.point().unwrap(), b"small order R", &signature);
        assert!(lax.is_ok());
    }
}
