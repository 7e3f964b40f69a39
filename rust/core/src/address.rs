//! Addresses: BTC style, ETH style and the two broadcast addresses (docs/semantics.md#address-1 to
//! #address-4).
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
    let last = networks.len().saturating_sub(1);
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

/// The EIP-55 spelling: a letter is upper case when the nibble of the hash of the lower-case text
/// at its place is 8 or more.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::hex;

    /// A fingerprint whose addresses were made with the reference.
    const FINGERPRINT: &str =
        "8c83c65a95926d1fc3407ea8977b7d0d216462ba151d00efb5b244ae6173b4c50fd83811ad148d5aea0a63\
        9636eaa2f7f307d72505e36225aa3562909907bf80af0cf0d914ee54709beda787dc1205857a438597b026\
        e829b9ccd3e1d59fd55d7e9db584c306af14d7d6904f45b8b4e7aed98cd402f1f7dd5b65af412a1e7362";

    #[test]
    fn address_1_derives_the_published_addresses() {
        let fingerprint = hex(FINGERPRINT);
        assert_eq!(
            &*derive(&fingerprint, 8),
            "4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj"
        );
        assert_eq!(
            &*derive(&fingerprint, 0),
            "1KwfMVfGoMDBTkFniJYH8bgrxm7tah5ADE"
        );
        assert_eq!(
            &*derive(&fingerprint, 1),
            "jHGLbxZWXg4HBPsjisbcixebGNqK58HGP"
        );
    }

    #[test]
    fn address_1_reads_what_it_derives_on_every_network() {
        for network in 0..=255 {
            let text = derive(b"fingerprint", network);
            let address = parse(&text).unwrap();
            assert_eq!(address.kind, Kind::Btc);
            assert_eq!(address.network, network);
            assert_eq!(address.digest, digest::hash160(b"fingerprint"));
            assert_eq!(address.text, text);
            assert!(!address.is_broadcast());
        }
    }

    #[test]
    fn address_1_refuses_every_wrong_character_and_length() {
        let good = "4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj";
        for position in 0..good.len() {
            for other in "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0OIl \n".chars()
            {
                let mut text = good.to_owned();
                text.replace_range(position..=position, &other.to_string());
                assert_eq!(parse(&text).is_some(), text == good, "{text:?}");
            }
        }
        for text in [
            "",
            "1",
            " 4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj",
            "4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj ",
            "14YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj",
            "4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVE",
            // 24 bytes: the network 0 left out, as some peers do.
            "KwfMVfGoMDBTkFniJYH8bgrxm7tah5ADE",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn address_1_keeps_leading_zero_bytes() {
        let mut data = [0; 25];
        let check = digest::check_code(&data[..21]);
        data[21..].copy_from_slice(&check);
        let text = base58::encode(&data);
        assert_eq!(text, "1111111111111111111114oLvT2");
        let address = parse(&text).unwrap();
        assert_eq!((address.network, address.digest), (0, [0; 20]));
        assert_eq!(parse(&text[1..]), None);
    }

    #[test]
    fn address_2_derives_the_published_address() {
        let point = hex(
            "50863ad64a87ae8a2fe83c1af1a8403cb53f53e486d8511dad8a04887e5b2352\
            2cd470243453a299fa9e77237716103abc11a1df38855ed6f2ee187e9c582ba6",
        );
        assert_eq!(
            &*derive_eth(point[..].try_into().unwrap()),
            "0x3E9003153d9A39D3f57B126b0c38513D5e289c3E"
        );
    }

    #[test]
    fn address_2_takes_one_case_or_eip_55() {
        // From EIP-55.
        for text in [
            "0x52908400098527886E0F7030069857D2E4169EE7",
            "0xde709f2102306220921060314715629080e2fb77",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
            "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        ] {
            let digits = &text[2..];
            for spelling in [
                text.to_owned(),
                format!("0x{}", digits.to_lowercase()),
                format!("0x{}", digits.to_uppercase()),
            ] {
                let address = parse(&spelling).unwrap();
                assert_eq!(&*address.text, text);
                assert_eq!((address.kind, address.network), (Kind::Eth, 0));
                assert_eq!(&address.digest[..], hex(digits));
            }
        }
    }

    #[test]
    fn address_2_refuses_other_mixtures_and_other_digits() {
        let good = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        for position in 2..good.len() {
            let letter = good.as_bytes()[position];
            for other in [b'g', b'G', b'x', b' ', letter ^ 0x20] {
                if other == letter || letter.is_ascii_digit() && other == letter ^ 0x20 {
                    continue;
                }
                let mut text = good.as_bytes().to_vec();
                text[position] = other;
                let text = String::from_utf8(text).unwrap();
                assert_eq!(parse(&text), None, "{text:?}");
            }
        }
        assert_eq!(parse(&good.replacen("0x", "0X", 1)), None);
        assert_eq!(parse(&good[..41]), None);
        assert_eq!(parse(&format!("{good}0")), None);
    }

    #[test]
    fn address_3_broadcast_in_any_case() {
        for (text, canonical, network) in [
            ("anywhere", "anywhere", ANYWHERE),
            ("AnyWhere", "anywhere", ANYWHERE),
            ("everywhere", "everywhere", EVERYWHERE),
            ("EVERYWHERE", "everywhere", EVERYWHERE),
        ] {
            let address = parse(text).unwrap();
            assert_eq!((&*address.text, address.network), (canonical, network));
            assert!(address.is_broadcast());
            assert_eq!(address.digest, [0; 20]);
        }
        assert!(!parse(&derive(b"x", EVERYWHERE)).unwrap().is_broadcast());
        assert_eq!(parse("nowhere!"), None);
        assert_eq!(parse("anywhere "), None);
    }

    #[test]
    fn address_4_search_numbers() {
        for (text, number, number_le) in [
            (
                "4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj",
                2_729_727_604,
                1_951_839_394,
            ),
            (
                "4WDfe3zZ4T7opFSi3iDAKiuTnUHjxmXekk",
                1_744_549_997,
                1_840_839_527,
            ),
            (
                "0x3E9003153d9A39D3f57B126b0c38513D5e289c3E",
                1_579_719_742,
                9527,
            ),
            ("anywhere", 0, 0),
        ] {
            let address = parse(text).unwrap();
            assert_eq!((address.number(), address.number_le()), (number, number_le));
        }
    }

    #[test]
    fn a_batch_equals_its_items() {
        let fingerprints: Vec<[u8; 4]> = (0..2000u32).map(u32::to_be_bytes).collect();
        let fingerprints: Vec<&[u8]> = fingerprints.iter().map(|item| &item[..]).collect();
        let networks: Vec<u8> = (0..=255).cycle().take(2000).collect();
        let texts = derive_batch(&fingerprints, &networks, 0);
        for ((text, fingerprint), &network) in texts.iter().zip(&fingerprints).zip(&networks) {
            assert_eq!(*text, derive(fingerprint, network));
        }
        assert_eq!(
            derive_batch(&fingerprints, &[7], 1),
            derive_batch(&fingerprints, &[7; 2000], 2)
        );
        assert!(derive_batch(&[], &[], 0).is_empty());
        let mut texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
        texts[1000] = "no address";
        let parsed = parse_batch(&texts, 0);
        assert_eq!(parsed.len(), 2000);
        for (index, (address, text)) in parsed.iter().zip(&texts).enumerate() {
            assert_eq!(address.is_none(), index == 1000);
            assert_eq!(*address, parse(text));
        }
    }
}
