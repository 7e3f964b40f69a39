//! Public keys: every spelling that the protocol allows, brought to one canonical form
//! (docs/semantics.md#key-1 to #key-4, #rsa-1, #rsa-2, #ecc-1, #ed25519-1), and the table of
//! algorithms, with those that are registered at run time (#ext-1, #ext-2).
//!
//! No private keys, and no verification: that is `verify`.

use std::fmt;

use ed25519_dalek::VerifyingKey;

use crate::base64;
use crate::code::{Code, Refusal};
use crate::der::{self, Reader};
use crate::extension::Rows;
use crate::verify::{self, Verifier};

/// OID rsaEncryption, 1.2.840.113549.1.1.1 (RFC 8017).
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
/// OID id-ecPublicKey, 1.2.840.10045.2.1 (RFC 5480).
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
/// OID secp256k1, 1.3.132.0.10 (SEC 2).
const SECP256K1: &[u8] = &[0x2b, 0x81, 0x04, 0, 0x0a];
/// OID id-Ed25519, 1.3.101.112 (RFC 8410).
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// Bits of the smallest and the largest modulus (RSA-1).
const MODULUS_BITS: std::ops::RangeInclusive<usize> = 1017..=8192;
/// Bits of the largest exponent (RSA-2).
const EXPONENT_BITS: usize = 33;

/// The families of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rsa,
    /// ECDSA on secp256k1 with SHA-256.
    Ecc,
    /// Ed25519.
    Ed25519,
    /// One that nothing but its row needs to tell from others; all registered ones.
    Named(&'static str),
}

impl Algorithm {
    /// The name that we write: `RSA`, `ECC`, `ED25519`, the first name of a registered one.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::Ecc => "ECC",
            Self::Ed25519 => "ED25519",
            Self::Named(name) => name,
        }
    }

    /// The algorithm of a name as keys on the wire spell it (KEY-1, EXT-2).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match BuiltIn::of_name(name) {
            Some(row) => Some(row.algorithm),
            None => Registered::of_name(name).map(Registered::algorithm),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A public key that was checked, in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PublicKey {
    algorithm: Algorithm,
    data: Vec<u8>,
    bits: usize,
}

impl PublicKey {
    /// The family.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// RSA: `SubjectPublicKeyInfo` in DER; ECC: the 65-byte point; Ed25519: 32 bytes; what a
    /// registered algorithm makes of `data`.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Bits of the modulus, 256 for the curves; what a registered algorithm says of its key.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.bits
    }

    /// The 33-byte point of an ECC key; `None` for the others.
    #[must_use]
    pub fn compressed_data(&self) -> Option<[u8; 33]> {
        let (Algorithm::Ecc, [_, coordinates @ ..]) = (self.algorithm, &self.data[..]) else {
            return None;
        };
        let mut point = [0; 33];
        point[0] = 2 + (coordinates[63] & 1);
        point[1..].copy_from_slice(&coordinates[..32]);
        Some(point)
    }

    /// Modulus and exponent of an RSA key, big-endian without leading zeros; `None` for the others.
    #[must_use]
    pub fn rsa_numbers(&self) -> Option<(&[u8], &[u8])> {
        if self.algorithm != Algorithm::Rsa {
            return None;
        }
        let mut info = Reader::new(&self.data).sequence()?;
        info.sequence()?;
        rsa_numbers(info.bytes_of_bits()?)
    }
}

/// An algorithm that is built in: a row of [`BUILT_IN`], and all there is to say of it.
struct BuiltIn {
    algorithm: Algorithm,
    /// Names beside [`Algorithm::name`] that mappings have for it.
    aliases: &'static [&'static str],
    /// A key from `data` of a mapping.
    parse: fn(&str) -> Result<PublicKey, Refusal>,
    /// A key from canonical data.
    canonical: fn(&[u8]) -> Result<PublicKey, Refusal>,
    /// What verifies with a key; `None` when the library refuses it.
    verifier: fn(&PublicKey) -> Option<Box<dyn Verifier>>,
}

/// To add an algorithm is to add a row; [`Algorithm::Named`] serves for it.
static BUILT_IN: [BuiltIn; 3] = [
    BuiltIn {
        algorithm: Algorithm::Rsa,
        aliases: &["SHA256withRSA", "RSA/ECB/PKCS1Padding"],
        parse: |data| of_family(Algorithm::Rsa, parse_text(data)?),
        canonical: |data| of_family(Algorithm::Rsa, parse_bytes(data)?),
        verifier: verify::rsa::verifier,
    },
    BuiltIn {
        algorithm: Algorithm::Ecc,
        aliases: &["SHA256withECDSA"],
        parse: |data| of_family(Algorithm::Ecc, parse_text(data)?),
        canonical: ecc_point,
        verifier: verify::ecdsa::verifier,
    },
    BuiltIn {
        algorithm: Algorithm::Ed25519,
        aliases: &[],
        parse: ed25519_text,
        canonical: ed25519_point,
        verifier: verify::ed25519::verifier,
    },
];

impl BuiltIn {
    fn of_name(name: &str) -> Option<&'static Self> {
        BUILT_IN
            .iter()
            .find(|row| row.algorithm.name() == name || row.aliases.contains(&name))
    }

    fn of(algorithm: Algorithm) -> Option<&'static Self> {
        BUILT_IN.iter().find(|row| row.algorithm == algorithm)
    }
}

/// An algorithm from outside (EXT-1, EXT-2). Called from any thread, several at once, and never
/// under a lock. What is wrong inside it is a refusal.
pub trait KeyAlgorithm: Send + Sync {
    /// What mappings call it; the first is the name that we write.
    fn names(&self) -> &[String];
    /// The canonical bytes of the key that `data` of a mapping spells; `None` when it is none.
    fn parse(&self, data: &str) -> Option<Vec<u8>>;
    /// The size of a key, by canonical bytes; `None` when it is none.
    fn bits(&self, key: &[u8]) -> Option<usize>;
    /// Whether `signature` is that of the key over `message`.
    fn verify(&self, key: &[u8], message: &[u8], signature: &[u8]) -> bool;
}

/// A registered algorithm. It stays for good: keys outlive its entry in the table, and they may
/// be dropped under a lock, where nothing from outside may run.
#[derive(Clone, Copy)]
struct Registered(&'static dyn KeyAlgorithm);

static REGISTERED: Rows<Registered> = Rows::new();

/// Adds an algorithm to those that are known, or puts it in the place of the registered one with
/// the same first name. What is built in goes before it.
pub fn extend(row: impl KeyAlgorithm + 'static) {
    let row = Registered(Box::leak(Box::new(row)));
    REGISTERED.extend(&row, |old| old.name() == row.name());
}

/// Takes out the registered algorithm with this first name, if there is one. Keys that are ready
/// to verify with stay so.
pub fn retract(name: &str) {
    REGISTERED.retract(|row| row.name() == name);
}

impl Registered {
    fn of_name(name: &str) -> Option<Self> {
        REGISTERED.find(|row| row.0.names().iter().any(|known| known == name))
    }

    fn name(self) -> &'static str {
        self.0.names().first().map_or("", String::as_str)
    }

    fn algorithm(self) -> Algorithm {
        Algorithm::Named(self.name())
    }

    fn parse(self, data: &str) -> Result<PublicKey, Refusal> {
        let key = self.0.parse(data).ok_or_else(|| self.refuses())?;
        self.canonical(&key)
    }

    /// Canonical data is taken as it is.
    fn canonical(self, data: &[u8]) -> Result<PublicKey, Refusal> {
        let bits = self.0.bits(data).ok_or_else(|| self.refuses())?;
        Ok(PublicKey {
            algorithm: self.algorithm(),
            data: data.to_vec(),
            bits,
        })
    }

    fn refuses(self) -> Refusal {
        bad_key(format!("key: refused by {}", self.name()))
    }
}

/// A key from canonical data, as [`PublicKey::data`] gives it; an ECC point may also be compressed.
///
/// # Errors
/// `BadKey` or `Unsupported`, as for the other spellings.
pub fn from_canonical(algorithm: Algorithm, data: &[u8]) -> Result<PublicKey, Refusal> {
    match BuiltIn::of(algorithm) {
        Some(row) => (row.canonical)(data),
        None => registered(algorithm.name())?.canonical(data),
    }
}

/// A key from the `algorithm` and `data` of a DIM mapping (KEY-1, EXT-2).
///
/// # Errors
/// `Unsupported` for another algorithm, curve or size, `BadKey` for anything else that is no key of
/// that family.
pub fn parse_mapping(algorithm: &str, data: &str) -> Result<PublicKey, Refusal> {
    match BuiltIn::of_name(algorithm) {
        Some(row) => (row.parse)(data),
        None => registered(algorithm)?.parse(data),
    }
}

/// What verifies with a key.
///
/// # Errors
/// `BadKey` when the library that verifies refuses it, `Unsupported` when its algorithm was taken
/// out meanwhile.
pub(crate) fn verifier(key: &PublicKey) -> Result<Box<dyn Verifier>, Refusal> {
    let Some(row) = BuiltIn::of(key.algorithm) else {
        let Registered(algorithm) = registered(key.algorithm.name())?;
        return Ok(verify::registered::verifier(algorithm, key));
    };
    (row.verifier)(key).ok_or_else(|| bad_key("key: refused by the library that verifies"))
}

fn registered(name: &str) -> Result<Registered, Refusal> {
    Registered::of_name(name).ok_or_else(|| {
        let shown: String = name.chars().take(40).collect();
        unsupported(format!("key: unknown algorithm {shown:?}"))
    })
}

/// A key from PEM text, OpenSSH text or a hex point.
///
/// # Errors
/// `Unsupported` for another algorithm, curve or size, `BadKey` for anything else.
pub fn parse_text(text: &str) -> Result<PublicKey, Refusal> {
    // A compressed point in PEM has exactly 130 characters, so this comes before counting them.
    if text.contains("-----BEGIN") {
        return pem(text);
    }
    if text.starts_with("ssh-rsa ") {
        return open_ssh(text);
    }
    match hex(text).as_deref() {
        Some(coordinates) if coordinates.len() == 64 => ecc_point(&[&[4], coordinates].concat()),
        Some(point) => ecc_point(point),
        None => Err(bad_key("key: neither PEM, nor ssh-rsa, nor a hex point")),
    }
}

/// A key from DER (`SubjectPublicKeyInfo` or PKCS#1) or a SEC1 point.
///
/// # Errors
/// `Unsupported` for another algorithm, curve or size, `BadKey` for anything else.
pub fn parse_bytes(data: &[u8]) -> Result<PublicKey, Refusal> {
    if data.first() != Some(&der::SEQUENCE) {
        return ecc_point(data);
    }
    let inner = Reader::new(data).sequence().and_then(|body| body.peek());
    if inner == Some(der::INTEGER) {
        let (modulus, exponent) =
            rsa_numbers(data).ok_or_else(|| bad_key("key: broken PKCS#1 structure"))?;
        return rsa(modulus, exponent);
    }
    let info = public_key_info(data)
        .ok_or_else(|| bad_key("key: broken SubjectPublicKeyInfo structure"))?;
    match (info.algorithm, info.parameters) {
        (RSA_ENCRYPTION, [] | [der::NULL, 0]) => {
            let (modulus, exponent) =
                rsa_numbers(info.key).ok_or_else(|| bad_key("key: broken RSA structure"))?;
            rsa(modulus, exponent)
        }
        (EC_PUBLIC_KEY, parameters) => match named_curve(parameters) {
            Some(SECP256K1) => ecc_point(info.key),
            Some(_) => Err(unsupported("key: the curve is not secp256k1")),
            None => Err(bad_key("key: not a named curve")),
        },
        (ED25519, []) => ed25519_point(info.key),
        (RSA_ENCRYPTION | ED25519, _) => Err(bad_key("key: wrong algorithm parameters")),
        _ => Err(unsupported("key: algorithm is not RSA, EC or Ed25519")),
    }
}

fn bad_key(reason: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(Code::BadKey, reason)
}

fn unsupported(reason: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(Code::Unsupported, reason)
}

/// A key under a name of another family is refused: some peers label every RSA key `ECC`.
fn of_family(family: Algorithm, key: PublicKey) -> Result<PublicKey, Refusal> {
    if key.algorithm == family {
        return Ok(key);
    }
    Err(bad_key(format!(
        "key: labelled {family}, but it is a key of {}",
        key.algorithm
    )))
}

fn trim(text: &str) -> &str {
    text.trim_matches(|character| u8::try_from(character).is_ok_and(base64::is_white_space))
}

/// Bytes of hex digits of either case, an even number of them.
fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok())
        .collect()
}

/// One PEM block of a public key (KEY-2).
fn pem(text: &str) -> Result<PublicKey, Refusal> {
    let text = trim(text);
    let body = ["PUBLIC KEY", "RSA PUBLIC KEY"].iter().find_map(|label| {
        text.strip_prefix("-----BEGIN ")?
            .strip_prefix(label)?
            .strip_prefix("-----")?
            .strip_suffix("-----")?
            .strip_suffix(label)?
            .strip_suffix("-----END ")
    });
    let body = body.ok_or_else(|| bad_key("key: not one PEM block of a public key"))?;
    let data =
        base64::decode(body.as_bytes()).ok_or_else(|| bad_key("key: PEM body is not base64"))?;
    if data.first() != Some(&der::SEQUENCE) {
        return Err(bad_key("key: PEM body is not DER"));
    }
    parse_bytes(&data)
}

/// `ssh-rsa AAAA... [comment]` (RFC 4253 section 6.6), on one line.
fn open_ssh(text: &str) -> Result<PublicKey, Refusal> {
    if trim(text).contains(['\n', '\r']) {
        return Err(bad_key("key: ssh-rsa on more than one line"));
    }
    let body = text.split(' ').nth(1).unwrap_or_default();
    let numbers = |blob: &[u8]| {
        let mut rest = blob;
        let name = ssh_string(&mut rest)?;
        let exponent = ssh_unsigned(&mut rest)?.to_vec();
        let modulus = ssh_unsigned(&mut rest)?.to_vec();
        (name == b"ssh-rsa" && rest.is_empty()).then_some((modulus, exponent))
    };
    let (modulus, exponent) = base64::decode(body.as_bytes())
        .and_then(|blob| numbers(&blob))
        .ok_or_else(|| bad_key("key: ssh-rsa blob is broken"))?;
    rsa(&modulus, &exponent)
}

fn ssh_string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (string, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(string)
}

/// An mpint that is not negative, in the shortest form, without its sign byte.
fn ssh_unsigned<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    match ssh_string(rest)? {
        [] => Some(&[]),
        [0, magnitude @ ..] if *magnitude.first()? >= 0x80 => Some(magnitude),
        magnitude @ [1..=0x7f, ..] => Some(magnitude),
        _ => None,
    }
}

/// What matters in a `SubjectPublicKeyInfo`.
struct PublicKeyInfo<'a> {
    algorithm: &'a [u8],
    /// Whatever follows the algorithm, as it is.
    parameters: &'a [u8],
    key: &'a [u8],
}

/// `SubjectPublicKeyInfo` (RFC 5280 section 4.1), whatever its algorithm.
fn public_key_info(data: &[u8]) -> Option<PublicKeyInfo<'_>> {
    let mut outer = Reader::new(data);
    let mut info = outer.sequence()?;
    outer.finish()?;
    let mut identifier = info.sequence()?;
    let key = info.bytes_of_bits()?;
    info.finish()?;
    Some(PublicKeyInfo {
        algorithm: identifier.element(der::OBJECT_IDENTIFIER)?,
        parameters: identifier.rest(),
        key,
    })
}

/// The OID in the parameters of an EC key (RFC 5480 section 2.1.1).
fn named_curve(parameters: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(parameters);
    let curve = reader.element(der::OBJECT_IDENTIFIER)?;
    reader.finish().map(|()| curve)
}

/// `RSAPublicKey` (RFC 8017 appendix A.1.1): modulus and exponent.
fn rsa_numbers(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut outer = Reader::new(data);
    let mut numbers = outer.sequence()?;
    outer.finish()?;
    let modulus = numbers.unsigned()?;
    let exponent = numbers.unsigned()?;
    numbers.finish()?;
    Some((modulus, exponent))
}

fn bits(magnitude: &[u8]) -> usize {
    magnitude.first().map_or(0, |first| {
        magnitude.len() * 8 - first.leading_zeros() as usize
    })
}

fn is_odd(magnitude: &[u8]) -> bool {
    magnitude.last().is_some_and(|last| last & 1 == 1)
}

/// RSA-1 and RSA-2, in that order.
fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<PublicKey, Refusal> {
    let bits = (bits(modulus), bits(exponent));
    if !is_odd(modulus) {
        return Err(bad_key("key: RSA modulus is even"));
    }
    if !MODULUS_BITS.contains(&bits.0) {
        return Err(unsupported(format!(
            "key: RSA of {} bits, not 1017 to 8192",
            bits.0
        )));
    }
    if !is_odd(exponent) || exponent == [1] {
        return Err(bad_key("key: RSA exponent is even or below 3"));
    }
    if bits.1 > EXPONENT_BITS {
        return Err(unsupported("key: RSA exponent is not below 2^33"));
    }
    Ok(PublicKey {
        algorithm: Algorithm::Rsa,
        data: rsa_public_key_info(modulus, exponent),
        bits: bits.0,
    })
}

/// `SubjectPublicKeyInfo` with NULL parameters (KEY-4).
fn rsa_public_key_info(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let mut numbers = Vec::new();
    der::write_unsigned(&mut numbers, modulus);
    der::write_unsigned(&mut numbers, exponent);
    let mut key = vec![0]; // no unused bits
    der::write(&mut key, der::SEQUENCE, &[&numbers]);
    let mut identifier = Vec::new();
    der::write(&mut identifier, der::OBJECT_IDENTIFIER, &[RSA_ENCRYPTION]);
    der::write(&mut identifier, der::NULL, &[]);
    let mut parts = Vec::new();
    der::write(&mut parts, der::SEQUENCE, &[&identifier]);
    der::write(&mut parts, der::BIT_STRING, &[&key]);
    let mut info = Vec::new();
    der::write(&mut info, der::SEQUENCE, &[&parts]);
    info
}

/// A SEC1 point of secp256k1 (ECC-1). The library takes hybrid points, so the first byte is looked
/// at here.
fn ecc_point(point: &[u8]) -> Result<PublicKey, Refusal> {
    match (point.len(), point.first()) {
        (33, Some(2 | 3)) | (65, Some(4)) => {}
        _ => {
            return Err(bad_key(
                "key: neither DER nor a compressed or uncompressed point",
            ))
        }
    }
    let point = secp256k1::PublicKey::from_slice(point)
        .map_err(|_| bad_key("key: the point is not on secp256k1"))?;
    Ok(PublicKey {
        algorithm: Algorithm::Ecc,
        data: point.serialize_uncompressed().to_vec(),
        bits: 256,
    })
}

/// PEM, 64 hex digits or base64 (ED25519-1).
fn ed25519_text(text: &str) -> Result<PublicKey, Refusal> {
    if text.contains("-----BEGIN") {
        return of_family(Algorithm::Ed25519, parse_text(text)?);
    }
    let data = hex(text)
        .filter(|data| data.len() == 32)
        .or_else(|| base64::decode(text.as_bytes()))
        .ok_or_else(|| bad_key("key: neither 64 hex digits, nor base64, nor PEM"))?;
    ed25519_point(&data)
}

/// A point of the curve, canonically encoded and not of small order.
fn ed25519_point(data: &[u8]) -> Result<PublicKey, Refusal> {
    let bytes: &[u8; 32] = data
        .try_into()
        .map_err(|_| bad_key(format!("key: Ed25519 of {} bytes, not 32", data.len())))?;
    let key =
        VerifyingKey::from_bytes(bytes).map_err(|_| bad_key("key: not a point of Ed25519"))?;
    if !is_canonical(bytes) {
        return Err(bad_key("key: Ed25519 point is not canonical"));
    }
    if key.is_weak() {
        return Err(bad_key("key: Ed25519 point is of small order"));
    }
    Ok(PublicKey {
        algorithm: Algorithm::Ed25519,
        data: bytes.to_vec(),
        bits: 256,
    })
}

/// Whether the encoding of a point is the one that the point has: the library reduces y, and drops
/// the sign of x = 0. (To encode the point again would take as long as to decode it.)
fn is_canonical(encoding: &[u8; 32]) -> bool {
    /// p = 2^255 - 19, little-endian.
    const P: [u8; 32] = {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (0xed, 0x7f);
        bytes
    };
    let mut y = *encoding;
    y[31] &= 0x7f;
    // x = 0 where y = 1 or y = -1.
    let (mut one, mut minus_one) = ([0; 32], P);
    (one[0], minus_one[0]) = (1, P[0] - 1);
    let is_signed = y != *encoding;
    y.iter().rev().lt(P.iter().rev()) && !(is_signed && (y == one || y == minus_one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::{
        hex, pkcs1, to_hex, ECC_POINT, ED25519_KEY, RSA, RSA_1024_OPENSSH, RSA_1024_PEM,
    };
    use crate::verify::{Job, VerifyKey};

    fn code<T>(result: Result<T, Refusal>) -> Code {
        result.map_or_else(|refusal| refusal.code, |_| Code::Ok)
    }

    /// `SubjectPublicKeyInfo` of any parts.
    fn info(algorithm: &[u8], parameters: &[u8], key: &[u8]) -> Vec<u8> {
        let mut identifier = Vec::new();
        der::write(&mut identifier, der::OBJECT_IDENTIFIER, &[algorithm]);
        identifier.extend_from_slice(parameters);
        let mut parts = Vec::new();
        der::write(&mut parts, der::SEQUENCE, &[&identifier]);
        der::write(&mut parts, der::BIT_STRING, &[&[0], key]);
        let mut out = Vec::new();
        der::write(&mut out, der::SEQUENCE, &[&parts]);
        out
    }

    fn parameters(curve: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        der::write(&mut out, der::OBJECT_IDENTIFIER, &[curve]);
        out
    }

    fn pem(label: &str, data: &[u8]) -> String {
        format!(
            "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
            base64::encode(data)
        )
    }

    #[test]
    fn key_4_every_spelling_of_an_rsa_key_is_the_same_key() {
        let key = parse_text(RSA_1024_PEM).unwrap();
        assert_eq!((key.algorithm(), key.bits()), (Algorithm::Rsa, 1024));
        assert_eq!(key.data(), info(RSA_ENCRYPTION, &[5, 0], &RSA[1].pkcs1()));
        assert_eq!(
            key.rsa_numbers(),
            Some((&hex(RSA[1].modulus)[..], &[1, 0, 1][..]))
        );
        let body = &RSA_1024_PEM[27..RSA_1024_PEM.len() - 26];
        let dense = body.replace('\n', "");
        let texts = [
            RSA_1024_PEM.replace('\n', "\r\n"),
            format!("\n\t {RSA_1024_PEM} \x0b\x0c\r"),
            format!("-----BEGIN PUBLIC KEY-----{dense}-----END PUBLIC KEY-----"),
            pem("PUBLIC KEY", &RSA[1].pkcs1()),
            pem("RSA PUBLIC KEY", &RSA[1].pkcs1()),
            pem("RSA PUBLIC KEY", key.data()),
            pem("PUBLIC KEY", &info(RSA_ENCRYPTION, &[], &RSA[1].pkcs1())),
            RSA_1024_OPENSSH.to_owned(),
            format!("{RSA_1024_OPENSSH} somebody@somewhere at home\n"),
        ];
        for text in texts {
            assert_eq!(parse_text(&text).as_ref(), Ok(&key), "{text:?}");
            for name in ["RSA", "SHA256withRSA", "RSA/ECB/PKCS1Padding"] {
                assert_eq!(parse_mapping(name, &text).as_ref(), Ok(&key), "{text:?}");
            }
        }
        for data in [&RSA[1].pkcs1(), key.data()] {
            assert_eq!(parse_bytes(data).as_ref(), Ok(&key));
        }
        assert_eq!(from_canonical(Algorithm::Rsa, key.data()), Ok(key));
    }

    #[test]
    fn key_2_refuses_other_pem() {
        let body = base64::encode(&RSA[1].pkcs1());
        let block =
            |begin: &str, end: &str| format!("-----BEGIN {begin}-----{body}-----END {end}-----");
        let good = block("PUBLIC KEY", "PUBLIC KEY");
        assert_eq!(code(parse_text(&good)), Code::Ok);
        for text in [
            block("PUBLIC KEY", "RSA PUBLIC KEY"),
            block("RSA PUBLIC KEY", "PUBLIC KEY"),
            block("PRIVATE KEY", "PRIVATE KEY"),
            block("RSA PRIVATE KEY", "RSA PRIVATE KEY"),
            block("CERTIFICATE", "CERTIFICATE"),
            block("public key", "public key"),
            format!("{good}\n{good}"),
            format!("{good} x"),
            format!("x {good}"),
            format!("{good}\u{a0}"),
            good.replace("-----END", "----END"),
            good.replace("END", "BEGIN"),
            good.replace("MIG", "M!IG"),
            good.replace("-----END", "=-----END"),
            "-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----".to_owned(),
            "-----BEGIN PUBLIC KEY-----".to_owned(),
            pem("PUBLIC KEY", &hex(ECC_POINT)),
            pem("PUBLIC KEY", &hex(ED25519_KEY)),
            body.clone(),
        ] {
            assert_eq!(code(parse_text(&text)), Code::BadKey, "{text:?}");
            assert_eq!(code(parse_mapping("RSA", &text)), Code::BadKey, "{text:?}");
        }
    }

    #[test]
    fn key_2_refuses_other_openssh_text() {
        let body = &RSA_1024_OPENSSH[8..];
        let blob = base64::decode(body.as_bytes()).unwrap();
        let text = |blob: &[u8]| format!("ssh-rsa {}", base64::encode(blob));
        assert_eq!(code(parse_text(&text(&blob))), Code::Ok);
        let mut longer = blob.clone();
        longer.push(0);
        let mut renamed = blob.clone();
        renamed[4] = b'S';
        // The exponent 65537 with a zero byte too many.
        let mut padded = blob.clone();
        padded.splice(11..15, [0, 0, 0, 4, 0]);
        let mut negative = blob.clone();
        negative[15] = 0x81;
        for text in [
            text(&longer),
            text(&blob[..blob.len() - 1]),
            text(&renamed),
            text(&padded),
            text(&negative),
            text(&[]),
            "ssh-rsa".to_owned(),
            format!("ssh-rsa{body}"),
            format!(" ssh-rsa {body}"),
            format!("ssh-rsa  {body}"),
            format!("ssh-rsa\t{body}"),
            format!("ssh-dss {body}"),
            format!("ssh-rsa {body}\nssh-rsa {body}"),
            format!("ssh-rsa {}\n{}", &body[..40], &body[40..]),
        ] {
            assert_eq!(code(parse_text(&text)), Code::BadKey, "{text:?}");
        }
    }

    #[test]
    fn key_3_structure() {
        let key = RSA[1].pkcs1();
        let good = info(RSA_ENCRYPTION, &[5, 0], &key);
        for data in [
            info(RSA_ENCRYPTION, &[5, 1, 0], &key),
            info(RSA_ENCRYPTION, &[5, 0, 5, 0], &key),
            info(RSA_ENCRYPTION, &[0x30, 0], &key),
            info(RSA_ENCRYPTION, &[5, 0], &[&key[..], &[0]].concat()),
            info(RSA_ENCRYPTION, &[5, 0], &[]),
            [&good[..], &[0]].concat(),
            good[..good.len() - 1].to_vec(),
            [&key[..], &[0]].concat(),
            info(ED25519, &[5, 0], &hex(ED25519_KEY)),
            info(EC_PUBLIC_KEY, &[], &hex(ECC_POINT)),
            info(EC_PUBLIC_KEY, &[5, 0], &hex(ECC_POINT)),
            info(EC_PUBLIC_KEY, &[0x30, 0], &hex(ECC_POINT)),
            info(
                EC_PUBLIC_KEY,
                &[&parameters(SECP256K1)[..], &[5, 0]].concat(),
                &hex(ECC_POINT),
            ),
            vec![0x30, 0],
            vec![0x30],
            vec![],
        ] {
            assert_eq!(code(parse_bytes(&data)), Code::BadKey, "{data:02x?}");
        }
        // rsassaPss, prime256v1, Ed448.
        let pss = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
        let p256 = parameters(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);
        for data in [
            info(pss, &[], &key),
            info(EC_PUBLIC_KEY, &p256, &hex(ECC_POINT)),
            info(&[0x2b, 0x65, 0x71], &[], &[0; 57]),
        ] {
            assert_eq!(code(parse_bytes(&data)), Code::Unsupported, "{data:02x?}");
        }
    }

    #[test]
    fn key_1_names() {
        let ecc = ECC_POINT;
        for (name, expected) in [
            ("ECC", Code::Ok),
            ("SHA256withECDSA", Code::Ok),
            ("ecc", Code::Unsupported),
            ("AES", Code::Unsupported),
            ("", Code::Unsupported),
            ("RSA", Code::BadKey),
            ("ED25519", Code::BadKey),
        ] {
            assert_eq!(code(parse_mapping(name, ecc)), expected, "{name:?}");
        }
        let refusal = parse_mapping("ECC", RSA_1024_PEM).unwrap_err();
        assert_eq!(refusal.code, Code::BadKey);
        assert_eq!(refusal.reason, "key: labelled ECC, but it is a key of RSA");
        assert_eq!(
            code(from_canonical(Algorithm::Ecc, &RSA[1].pkcs1())),
            Code::BadKey
        );
        let point = info(EC_PUBLIC_KEY, &parameters(SECP256K1), &hex(ECC_POINT));
        assert_eq!(code(from_canonical(Algorithm::Rsa, &point)), Code::BadKey);
    }

    #[test]
    fn rsa_1_and_rsa_2() {
        let modulus = |bits: usize| {
            let mut number = vec![0xff; bits.div_ceil(8)];
            number[0] >>= number.len() * 8 - bits;
            number
        };
        let mut even = modulus(1024);
        even[127] = 0xfe;
        let e = &[1, 0, 1][..];
        let largest = &[1, 0xff, 0xff, 0xff, 0xff][..];
        for (modulus, exponent, expected) in [
            (modulus(1016), e, Code::Unsupported),
            (modulus(1017), e, Code::Ok),
            (modulus(8192), e, Code::Ok),
            (modulus(8193), e, Code::Unsupported),
            (even, e, Code::BadKey),
            (vec![], e, Code::BadKey),
            (modulus(1024), &[], Code::BadKey),
            (modulus(1024), &[1], Code::BadKey),
            (modulus(1024), &[2], Code::BadKey),
            (modulus(1024), &[3], Code::Ok),
            (modulus(1024), &[1, 0, 0], Code::BadKey),
            (modulus(1024), largest, Code::Ok),
            (modulus(1024), &[2, 0, 0, 0, 1], Code::Unsupported),
            (modulus(1024), &[2, 0, 0, 0, 0], Code::BadKey),
        ] {
            let bits = modulus.len() * 8;
            let key = parse_bytes(&pkcs1(&modulus, exponent));
            assert_eq!(code(key), expected, "{bits} {exponent:?}");
        }
    }

    #[test]
    fn ecc_1_points() {
        let key = parse_text(ECC_POINT).unwrap();
        let point = hex(ECC_POINT);
        let compressed = key.compressed_data().unwrap();
        assert_eq!(key.data(), point);
        assert_eq!((key.algorithm(), key.bits()), (Algorithm::Ecc, 256));
        let curve = parameters(SECP256K1);
        for data in [
            &point[..],
            &compressed,
            &info(EC_PUBLIC_KEY, &curve, &point),
            &info(EC_PUBLIC_KEY, &curve, &compressed),
        ] {
            assert_eq!(parse_bytes(data).as_ref(), Ok(&key));
        }
        let compressed_hex = to_hex(&compressed);
        let compressed_pem = pem("PUBLIC KEY", &info(EC_PUBLIC_KEY, &curve, &compressed));
        for text in [
            ECC_POINT,
            &ECC_POINT.to_uppercase(),
            &ECC_POINT[2..],
            &compressed_hex,
            &compressed_pem,
            // Of the length of an uncompressed point in hex.
            &format!("{:>130}", compressed_pem.replace('\n', "")),
        ] {
            assert_eq!(parse_text(text).as_ref(), Ok(&key), "{text:?}");
            assert_eq!(parse_mapping("ECC", text).as_ref(), Ok(&key), "{text:?}");
        }
        for canonical in [&point[..], &compressed] {
            assert_eq!(from_canonical(Algorithm::Ecc, canonical).as_ref(), Ok(&key));
        }
        assert_eq!(parse_text(RSA_1024_PEM).unwrap().compressed_data(), None);
    }

    #[test]
    fn ecc_1_refuses_other_points() {
        let point = hex(ECC_POINT);
        let odd = point[64] & 1;
        let p = hex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");
        let changed = |at: usize, byte: u8| {
            let mut point = point.clone();
            point[at] = byte;
            point
        };
        for data in [
            vec![0],
            changed(0, 6 + odd),
            changed(0, 7 - odd),
            changed(0, 2),
            changed(0, 5),
            changed(64, point[64] ^ 1),
            point[..64].to_vec(),
            [&point[..], &[0]].concat(),
            // x = p + 1 names the same point as x = 1, which is on the curve.
            [&[2], &p[..31], &[0x30]].concat(),
            // No point has x = 5.
            [&[2][..], &[0; 31], &[5]].concat(),
            vec![2; 32],
            vec![4; 65],
            vec![0; 33],
            vec![0; 65],
        ] {
            assert_eq!(code(parse_bytes(&data)), Code::BadKey, "{data:02x?}");
            let text = to_hex(&data);
            assert_eq!(code(parse_text(&text)), Code::BadKey, "{text}");
        }
        assert_eq!(
            code(parse_bytes(&[&[2][..], &[0; 31], &[1]].concat())),
            Code::Ok
        );
        for text in [
            "",
            &ECC_POINT[1..],
            &format!(" {ECC_POINT}"),
            &format!("0x{ECC_POINT}"),
            &ECC_POINT.replacen('a', "g", 1),
            &ECC_POINT.replacen('a', "é", 1),
            &"0".repeat(64),
        ] {
            assert_eq!(code(parse_text(text)), Code::BadKey, "{text:?}");
        }
    }

    #[test]
    fn ed25519_1_spellings() {
        let data = hex(ED25519_KEY);
        let spki = info(ED25519, &[], &data);
        let key = parse_bytes(&spki).unwrap();
        assert_eq!(
            (key.algorithm(), key.data()),
            (Algorithm::Ed25519, &data[..])
        );
        for text in [
            ED25519_KEY,
            &ED25519_KEY.to_uppercase(),
            &base64::encode(&data),
            &format!("{}\n", base64::encode(&data)),
            &pem("PUBLIC KEY", &spki),
        ] {
            assert_eq!(
                parse_mapping("ED25519", text).as_ref(),
                Ok(&key),
                "{text:?}"
            );
        }
        assert_eq!(from_canonical(Algorithm::Ed25519, &data).as_ref(), Ok(&key));
        // Without a name, 64 hex digits and 32 bytes are nothing.
        assert_eq!(code(parse_text(ED25519_KEY)), Code::BadKey);
        assert_eq!(code(parse_bytes(&data)), Code::BadKey);
        for text in [
            "",
            &ED25519_KEY[2..],
            &format!("{ED25519_KEY}00"),
            RSA_1024_OPENSSH,
        ] {
            assert_eq!(
                code(parse_mapping("ED25519", text)),
                Code::BadKey,
                "{text:?}"
            );
        }
        assert_eq!(code(parse_mapping("ED25519", RSA_1024_PEM)), Code::BadKey);
    }

    #[test]
    fn ed25519_1_refuses_bad_points() {
        let with_top = |low: u8, middle: u8, top: u8| {
            let mut bytes = [middle; 32];
            bytes[0] = low;
            bytes[31] = top;
            bytes
        };
        let order_8 = hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
        for data in [
            with_top(0, 0, 0),          // order 4
            with_top(1, 0, 0),          // neutral
            with_top(1, 0, 0x80),       // neutral with the sign of x = 0
            with_top(0xec, 0xff, 0x7f), // order 2
            with_top(0xec, 0xff, 0xff), // order 2 with the sign of x = 0
            with_top(0xed, 0xff, 0x7f), // y = p
            with_top(0xee, 0xff, 0x7f), // y = p + 1
            with_top(0xf0, 0xff, 0x7f), // y = p + 3, of large order
            with_top(0xff, 0xff, 0xff), // the largest y
            with_top(2, 0, 0),          // not on the curve
            order_8[..].try_into().unwrap(),
        ] {
            let key = from_canonical(Algorithm::Ed25519, &data);
            assert_eq!(code(key), Code::BadKey, "{data:02x?}");
        }
        // y = 3, the canonical encoding of the point refused above.
        let three = with_top(3, 0, 0);
        assert_eq!(code(from_canonical(Algorithm::Ed25519, &three)), Code::Ok);
    }

    /// Two bytes in hex, neither of them zero, whose signature is a zero byte and the XOR of each
    /// with the length of the message.
    struct Toy {
        names: Vec<String>,
    }

    impl KeyAlgorithm for Toy {
        fn names(&self) -> &[String] {
            &self.names
        }

        fn parse(&self, data: &str) -> Option<Vec<u8>> {
            super::hex(data).filter(|key| key.len() == 2)
        }

        fn bits(&self, key: &[u8]) -> Option<usize> {
            (!key.contains(&0)).then_some(8 * key.len())
        }

        fn verify(&self, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
            signature == toy_signature(key, message)
        }
    }

    fn toy_signature(key: &[u8], message: &[u8]) -> Vec<u8> {
        let length = u8::try_from(message.len()).unwrap();
        [
            &[0],
            &key.iter().map(|byte| byte ^ length).collect::<Vec<_>>()[..],
        ]
        .concat()
    }

    /// Tests run at the same time: each has names of its own.
    fn register(names: &[&str]) {
        extend(Toy {
            names: names.iter().copied().map(str::to_owned).collect(),
        });
    }

    #[test]
    fn ext_2_a_registered_algorithm_reads_its_mappings_and_nothing_else() {
        register(&["TOY-A", "TOY-A/alias"]);
        let key = parse_mapping("TOY-A", "0aFF").unwrap();
        assert_eq!(key.algorithm().name(), "TOY-A");
        assert_eq!((key.data(), key.bits()), (&[0x0a, 0xff][..], 16));
        assert_eq!((key.compressed_data(), key.rsa_numbers()), (None, None));
        assert_eq!(parse_mapping("TOY-A/alias", "0AFF").as_ref(), Ok(&key));
        assert_ne!(parse_mapping("TOY-A", "0AFE").as_ref(), Ok(&key));
        for name in ["TOY-A", "TOY-A/alias"] {
            assert_eq!(Algorithm::from_name(name), Some(key.algorithm()));
        }
        // Canonical data is taken as it is, but must have a size.
        let other = from_canonical(key.algorithm(), &[1]).unwrap();
        assert_eq!((other.data(), other.bits()), (&[1][..], 8));
        assert_eq!(code(from_canonical(key.algorithm(), &[0])), Code::BadKey);
        for data in ["", "0aff0", "00ff", ECC_POINT, RSA_1024_PEM] {
            assert_eq!(code(parse_mapping("TOY-A", data)), Code::BadKey, "{data}");
        }
        assert_eq!(code(parse_mapping("toy-a", "0aff")), Code::Unsupported);
        assert_eq!(code(parse_text("0aff")), Code::BadKey);
        assert_eq!(code(parse_bytes(&[0x0a, 0xff])), Code::BadKey);
    }

    #[test]
    fn ext_1_a_registered_key_verifies_and_is_never_padded() {
        register(&["TOY-B"]);
        let key = VerifyKey::new(&parse_mapping("TOY-B", "0aff").unwrap()).unwrap();
        let signature = toy_signature(&[0x0a, 0xff], b"message");
        for (signature, expected) in [
            (&signature[..], Code::Ok),
            (&signature[1..], Code::BadSignature),
            (&[0, 0, 0], Code::BadSignature),
            (&[], Code::BadSignature),
        ] {
            assert_eq!(key.verify(b"message", signature), expected);
            assert_eq!(key.verify_wire(b"message", signature), expected);
        }
        let ecc = VerifyKey::new(&parse_text(ECC_POINT).unwrap()).unwrap();
        let jobs: Vec<Job> = [&key, &ecc]
            .into_iter()
            .cycle()
            .take(64)
            .map(|key| Job {
                key: Some(key),
                message: b"message",
                signature: &signature,
            })
            .collect();
        let expected = [Code::Ok, Code::BadSignatureEncoding].repeat(32);
        assert_eq!(verify::verify_batch(&jobs, 0), expected);
        assert_eq!(verify::verify_batch_wire(&jobs, 1), expected);
    }

    #[test]
    fn ext_1_what_is_built_in_is_never_replaced() {
        register(&["TOY-C", "ECC", "SHA256withRSA"]);
        assert_eq!(Algorithm::from_name("ECC"), Some(Algorithm::Ecc));
        assert_eq!(Algorithm::from_name("SHA256withRSA"), Some(Algorithm::Rsa));
        assert_eq!(code(parse_mapping("ECC", "0aff")), Code::BadKey);
        assert_eq!(code(parse_mapping("ECC", ECC_POINT)), Code::Ok);
    }

    #[test]
    fn ext_1_what_is_retracted_is_unknown_but_its_verify_keys_stay() {
        register(&["TOY-D", "TOY-D/old"]);
        register(&["TOY-D", "TOY-D/new"]);
        assert_eq!(code(parse_mapping("TOY-D/old", "0aff")), Code::Unsupported);
        let key = parse_mapping("TOY-D/new", "0aff").unwrap();
        let ready = VerifyKey::new(&key).unwrap();
        for _ in 0..2 {
            retract("TOY-D");
            assert_eq!(Algorithm::from_name("TOY-D"), None);
            assert_eq!(code(parse_mapping("TOY-D", "0aff")), Code::Unsupported);
            assert_eq!(
                code(from_canonical(key.algorithm(), &[1])),
                Code::Unsupported
            );
            assert_eq!(code(VerifyKey::new(&key)), Code::Unsupported);
        }
        let signature = toy_signature(key.data(), b"message");
        assert_eq!(ready.verify(b"message", &signature), Code::Ok);
        register(&["TOY-D"]);
        assert_eq!(parse_mapping("TOY-D", "0aff"), Ok(key));
    }

    #[test]
    fn ext_1_each_name_is_in_the_table_once() {
        let mut names: Vec<&str> = BUILT_IN
            .iter()
            .flat_map(|row| row.aliases.iter().copied().chain([row.algorithm.name()]))
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
