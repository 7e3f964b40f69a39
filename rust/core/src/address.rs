//! Addresses: BTC style, ETH style and the two broadcast addresses (docs/semantics.md#address-1 to #address-4).
//!
//! Only the address between `@` and `/`; IDs are `identity`.

use std::fmt;
use std::ops::Deref;

use crate::{base58, digest, pool};

/// The longest address: `0x` and 40 hex digits.
const MOST: usize = 42;

/// Items below which a batch is not split between threads.
const GRAIN: usize = 256;

/// Network byte of `anywhere`.
pub const ANYWHERE: u8 = 0x80;
/// Network byte of `everywhere`.
pub const EVERYWHERE: u8 = 0x81;

/// The text of an address, held in place.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressText {
    bytes: [u8; MOST],
    length: u8,
}

impl AddressText {
    /// From at most 42 ASCII characters.
    fn new(text: &[u8]) -> Self {
        debug_assert!(text.is_ascii());
        let mut bytes = [0; MOST];
        bytes[..text.len()].copy_from_slice(text);
        Self {
            bytes,
            length: u8::try_from(text.len()).expect("an address has at most 42 characters"),
        }
    }

    /// The text.
    ///
    /// # Panics
    /// Never: only ASCII gets in.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).expect("addresses are ASCII")
    }
}

impl Deref for AddressText {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for AddressText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self)
    }
}

impl fmt::Debug for AddressText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

/// The three kinds of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Base58 of network byte, digest and check code.
    Btc,
    /// `0x` and the tail of a Keccak-256.
    Eth,
    /// `anywhere` or `everywhere`.
    Broadcast,
}

/// An address that is well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// The canonical text.
    pub text: AddressText,
    /// The network byte: 0 for ETH, 0x80 and 0x81 for broadcast.
    pub network: u8,
    /// The digest in the address; zeros for broadcast.
    pub digest: [u8; 20],
    /// Which kind it is.
    pub kind: Kind,
    /// The check code of a BTC-style address; zeros for the others.
    check: [u8; 4],
}

impl Address {
    /// True for `anywhere` and `everywhere` only.
    #[must_use]
    pub fn is_broadcast(&self) -> bool {
        self.kind == Kind::Broadcast
    }

    /// The search number of today's definition (ADDRESS-4).
    #[must_use]
    pub fn number(&self) -> u32 {
        match self.kind {
            Kind::Btc => u32::from_be_bytes(self.check),
            Kind::Eth => {
                let [.., a, b, c, d] = self.digest;
                u32::from_be_bytes([a, b, c, d])
            }
            Kind::Broadcast => 0,
        }
    }

    /// The search number of the original definition (ADDRESS-4).
    #[must_use]
    pub fn number_le(&self) -> u32 {
        match self.kind {
            Kind::Btc => u32::from_le_bytes(self.check),
            Kind::Eth => 9527,
            Kind::Broadcast => 0,
        }
    }
}

/// Reads an address; `None` when it is none.
#[must_use]
pub fn parse(text: &str) -> Option<Address> {
    let bytes = text.as_bytes();
    match bytes.len() {
        8 => broadcast(bytes, b"anywhere", ANYWHERE),
        10 => broadcast(bytes, b"everywhere", EVERYWHERE),
        26..=35 => parse_btc(bytes),
        MOST => parse_eth(bytes),
        _ => None,
    }
}

/// Reads many addresses, in order.
#[must_use]
pub fn parse_batch(texts: &[&str], threads: usize) -> Vec<Option<Address>> {
    pool::map(threads, texts.len(), GRAIN, |index| parse(texts[index]))
}

/// The BTC-style address of a fingerprint, or of key data, on a network (ADDRESS-1).
#[must_use]
pub fn derive(fingerprint: &[u8], network: u8) -> AddressText {
    let mut data = [0; 25];
    data[0] = network;
    data[1..21].copy_from_slice(&digest::hash160(fingerprint));
    let check = digest::check_code(&data[..21]);
    data[21..].copy_from_slice(&check);
    let (digits, start) = base58::encode25(&data);
    AddressText::new(&digits[start..])
}

/// The addresses of many fingerprints, in order, on one network or each on its own.
///
/// # Panics
/// When there is neither one network nor one for each fingerprint.
#[must_use]
pub fn derive_batch(fingerprints: &[&[u8]], networks: &[u8], threads: usize) -> Vec<AddressText> {
    assert!(
        networks.len() == 1 || networks.len() == fingerprints.len(),
        "one network, or one for each fingerprint"
    );
    let last = networks.len() - 1;
    pool::map(threads, fingerprints.len(), GRAIN, |index| {
        derive(fingerprints[index], networks[index.min(last)])
    })
}

/// The ETH-style address of a point X | Y (ADDRESS-2).
#[must_use]
pub fn derive_eth(point: &[u8; 64]) -> AddressText {
    let [_, _, _, _, _, _, _, _, _, _, _, _, tail @ ..] = digest::keccak256(point);
    eip55(&tail)
}

/// The ETH-style addresses of many points, in order.
#[must_use]
pub fn derive_eth_batch(points: &[&[u8; 64]], threads: usize) -> Vec<AddressText> {
    pool::map(threads, points.len(), GRAIN, |index| {
        derive_eth(points[index])
    })
}

fn broadcast(text: &[u8], name: &[u8], network: u8) -> Option<Address> {
    text.eq_ignore_ascii_case(name).then(|| Address {
        text: AddressText::new(name),
        network,
        digest: [0; 20],
        kind: Kind::Broadcast,
        check: [0; 4],
    })
}

fn parse_btc(text: &[u8]) -> Option<Address> {
    let data = base58::decode25(text)?;
    let [network, digest @ .., a, b, c, d] = data;
    let check = [a, b, c, d];
    (check == digest::check_code(&data[..21])).then(|| Address {
        text: AddressText::new(text),
        network,
        digest,
        kind: Kind::Btc,
        check,
    })
}

fn parse_eth(text: &[u8]) -> Option<Address> {
    let digits = text.strip_prefix(b"0x")?;
    let mut digest = [0; 20];
    for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    let canonical = eip55(&digest);
    let one_case =
        !digits.iter().any(u8::is_ascii_uppercase) || !digits.iter().any(u8::is_ascii_lowercase);
    (one_case || canonical.as_bytes() == text).then_some(Address {
        text: canonical,
        network: 0,
        digest,
        kind: Kind::Eth,
        check: [0; 4],
    })
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// The EIP-55 spelling: a letter is upper case when the nibble of the hash of the lower-case text at its place is 8 or more.
fn eip55(digest: &[u8; 20]) -> AddressText {
    let mut text = *b"0x0000000000000000000000000000000000000000";
    let digits = &mut text[2..];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(digest) {
        pair[0] = b"0123456789abcdef"[usize::from(byte >> 4)];
        pair[1] = b"0123456789abcdef"[usize::from(byte & 15)];
    }
    let hash = digest::keccak256(digits);
    for (pair, byte) in digits.chunks_exact_mut(2).zip(hash) {
        if byte & 0x80 != 0 {
            pair[0].make_ascii_uppercase();
        }
        if byte & 0x08 != 0 {
            pair[1].make_ascii_uppercase();
        }
    }
    AddressText::new(&text)
}
