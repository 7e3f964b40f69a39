//! Metas: whether an ID belongs to a key (docs/semantics.md#meta-1 to #meta-4).
//!
//! [`parse`] looks at the form only; [`Meta::prove`] at everything. Both the address and the fingerprint are checked: with one of them alone an attacker binds a key of
//! its own to somebody's ID.

use std::borrow::Cow;

use crate::address;
use crate::base64;
use crate::code::{Code, Refusal};
use crate::identity::Identifier;
use crate::json::{self, Number, Object, Value};
use crate::keys::{self, Algorithm, PublicKey};
use crate::verify::VerifyKey;

/// How the address of an ID is made, and what there is to make it from.
#[derive(Debug, PartialEq, Eq)]
enum Kind<'a> {
    /// Type 1: from the fingerprint, which is the key's signature of the seed.
    Mkm {
        seed: Cow<'a, str>,
        fingerprint: Vec<u8>,
    },
    /// Type 2: from the data of the key.
    Btc,
    /// Type 4: from the point of the key.
    Eth,
    /// A type that nobody has implemented.
    Unsupported,
}

/// A meta of sound form; nothing about it has been proved.
#[derive(Debug, PartialEq, Eq)]
pub struct Meta<'a> {
    kind: Kind<'a>,
    key: &'a str,
}

/// The meta that a JSON text is (META-1, META-2).
///
/// # Errors
/// `TOO_LARGE`, `MALFORMED` or `BAD_ENCODING`.
pub fn parse(text: &str) -> Result<Meta<'_>, Refusal> {
    let meta = Object::parse(text)?;
    let number = meta_type(meta.get("type").or_else(|| meta.get("version")))?;
    let Some(Value::Object { raw: key, .. }) = meta.get("key") else {
        return Err(malformed("key: not an object"));
    };
    let (seed, fingerprint) = (meta.get("seed"), meta.get("fingerprint"));
    let kind = match number {
        Some(1) => fingerprinted(seed, fingerprint)?,
        Some(_) if seed.is_some() || fingerprint.is_some() => {
            return Err(malformed(
                "seed, fingerprint: only a meta of type 1 has them",
            ));
        }
        Some(2) => Kind::Btc,
        Some(_) => Kind::Eth,
        None => Kind::Unsupported,
    };
    Ok(Meta { kind, key })
}

/// The ID that a text is, and the key that `meta` proves it to belong to (META-3).
///
/// # Errors
/// The first cause by VERDICT-2.
pub fn check(identifier: &str, meta: &[u8]) -> Result<(Identifier, VerifyKey), Refusal> {
    let meta = parse(json::text(meta)?)?;
    let identifier = Identifier::parse(identifier)
        .ok_or_else(|| Refusal::new(Code::BadAddress, "ID: not an ID"))?;
    let key = meta.prove(&identifier)?;
    Ok((identifier, key))
}

/// 1, 2 or 4; `None` for a type that is not supported.
fn meta_type(value: Option<Value>) -> Result<Option<u8>, Refusal> {
    let name = match value {
        Some(Value::String(text)) => text.unescape(),
        Some(Value::Number(raw)) => match json::number(raw) {
            Number::Integer(_) | Number::BigInteger => Cow::Borrowed(raw),
            Number::Float(_) | Number::Infinite => {
                return Err(malformed("type: not an integer"));
            }
        },
        _ => return Err(malformed("type: neither an integer nor a text")),
    };
    Ok(match &*name {
        "1" | "mkm" | "MKM" => Some(1),
        "2" | "btc" | "BTC" => Some(2),
        "4" | "eth" | "ETH" => Some(4),
        _ => None,
    })
}

fn fingerprinted<'a>(
    seed: Option<Value<'a>>,
    fingerprint: Option<Value<'a>>,
) -> Result<Kind<'a>, Refusal> {
    let text = |value| match value {
        Some(Value::String(text)) if !text.is_empty() => Some(text.unescape()),
        _ => None,
    };
    let seed = text(seed).ok_or_else(|| malformed("seed: missing, empty or not a text"))?;
    let fingerprint =
        text(fingerprint).ok_or_else(|| malformed("fingerprint: missing, empty or not a text"))?;
    match base64::decode_transportable(&fingerprint) {
        Some(fingerprint) if !fingerprint.is_empty() => Ok(Kind::Mkm { seed, fingerprint }),
        _ => Err(Refusal::new(Code::BadEncoding, "fingerprint: not base64")),
    }
}

impl Meta<'_> {
    /// The seed, which is the name of the ID; only type 1 has one.
    #[must_use]
    pub fn seed(&self) -> Option<&str> {
        match &self.kind {
            Kind::Mkm { seed, .. } => Some(seed),
            _ => None,
        }
    }

    /// The key, when `identifier` is proved to belong to it (META-3).
    ///
    /// # Errors
    /// `MISMATCH`, `BAD_KEY`, `UNSUPPORTED`, `BAD_SIGNATURE_ENCODING` or `BAD_SIGNATURE`.
    pub fn prove(&self, identifier: &Identifier) -> Result<VerifyKey, Refusal> {
        if identifier.is_broadcast() {
            return Err(mismatch("ID: a broadcast ID has no meta"));
        }
        if self.kind == Kind::Unsupported {
            return Err(Refusal::new(Code::Unsupported, "type: not 1, 2 or 4"));
        }
        if identifier.name() != self.seed() {
            return Err(mismatch("ID: the name is not the seed of the meta"));
        }
        match &self.kind {
            Kind::Mkm { seed, fingerprint } => {
                self.prove_fingerprint(identifier, seed, fingerprint)
            }
            _ => self.prove_key(identifier),
        }
    }

    fn prove_fingerprint(
        &self,
        identifier: &Identifier,
        seed: &str,
        fingerprint: &[u8],
    ) -> Result<VerifyKey, Refusal> {
        if identifier.address() != &*address::derive(fingerprint, identifier.network()) {
            return Err(mismatch("ID: the address is not made of the fingerprint"));
        }
        let key = VerifyKey::new(&key_of(self.key)?.public)?;
        match key.verify_wire(seed.as_bytes(), fingerprint) {
            Code::Ok => Ok(key),
            code => Err(Refusal::new(
                code,
                "fingerprint: not the key's signature of the seed",
            )),
        }
    }

    fn prove_key(&self, identifier: &Identifier) -> Result<VerifyKey, Refusal> {
        let key = key_of(self.key)?;
        let made = match self.kind {
            Kind::Btc => Some(address::derive(&key.hashed_data(), identifier.network())),
            _ => key.point().map(address::derive_eth),
        };
        if made.is_none_or(|made| identifier.address() != &*made) {
            return Err(mismatch("ID: the address is not made of the key"));
        }
        VerifyKey::new(&key.public)
    }
}

/// A key mapping of the protocol.
pub(crate) struct KeyMapping {
    pub(crate) public: PublicKey,
    compressed: bool,
}

impl KeyMapping {
    /// The bytes that the protocol hashes (KEY-4).
    fn hashed_data(&self) -> Cow<'_, [u8]> {
        match self.public.compressed_data() {
            Some(point) if self.compressed => Cow::Owned(point.to_vec()),
            _ => Cow::Borrowed(self.public.data()),
        }
    }

    /// X | Y of an ECC key that is not `compressed`.
    fn point(&self) -> Option<&[u8; 64]> {
        if self.compressed || self.public.algorithm() != Algorithm::Ecc {
            return None;
        }
        self.public.data().last_chunk()
    }
}

/// The key of a DIM mapping (KEY-1), given as a JSON object that the scanner has accepted.
pub(crate) fn key_of(raw: &str) -> Result<KeyMapping, Refusal> {
    let mapping = Object::parse(raw)?;
    let (Some(Value::String(algorithm)), Some(Value::String(data))) =
        (mapping.get("algorithm"), mapping.get("data"))
    else {
        return Err(Refusal::new(
            Code::BadKey,
            "key: algorithm or data is missing",
        ));
    };
    let public = keys::parse_mapping(&algorithm.unescape(), &data.unescape())?;
    let compressed = mapping.get("compressed").is_some_and(is_true);
    Ok(KeyMapping { public, compressed })
}

/// How `compressed` is read (KEY-4). A number whose double is infinite is kept as text (JSON-4), and no such text is true.
fn is_true(value: Value) -> bool {
    match value {
        Value::Bool(value) => value,
        Value::Number(raw) => match json::number(raw) {
            Number::Integer(value) => value != 0,
            Number::BigInteger => true,
            Number::Float(value) => value != 0.0,
            Number::Infinite => false,
        },
        Value::String(text) => {
            let text = text.unescape();
            ["1", "true", "yes", "on"]
                .iter()
                .any(|name| text.eq_ignore_ascii_case(name))
        }
        _ => false,
    }
}

fn malformed(reason: &'static str) -> Refusal {
    Refusal::new(Code::Malformed, reason)
}

fn mismatch(reason: &'static str) -> Refusal {
    Refusal::new(Code::Mismatch, reason)
}
