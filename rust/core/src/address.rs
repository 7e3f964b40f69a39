//! Addresses: BTC style, ETH style and the two broadcast addresses (docs/semantics.md#address-1 to
//! #address-4), and types that are registered at run time (#ext-1, #ext-2).
//!
//! Only the address between `@` and `/`; IDs are `identity`.

mod columns;

use std::fmt;
use std::ops::{Deref, RangeInclusive};
use std::sync::Arc;

use crate::extension::Rows;
use crate::simd::{self, address as kernels};
use crate::{base58, digest, pool};

pub use columns::{Columns, Found};

/// Characters of the longest address (EXT-2).
const MOST: usize = 64;
/// Characters of an ETH-style address: `0x` and 40 hex digits.
pub(crate) const ETH: usize = 42;
/// Characters of a BTC-style address.
pub(crate) const FEWEST_BTC: usize = 26;
pub(crate) const MOST_BTC: usize = 35;
/// `number_le` of every ETH-style address (ADDRESS-4).
const ETH_NUMBER_LE: u32 = 9527;

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
    /// No text.
    pub(crate) const EMPTY: Self = Self {
        bytes: [0; MOST],
        length: 0,
    };

    /// From the 35 digits of base58 that the first bytes of `row` are, of which zeros before the
    /// first other one are left out, but for `zeros`.
    #[inline(always)]
    #[expect(clippy::inline_always)] // It is part of a kernel.
    pub(crate) fn of_digits(row: &[u64; 5], zeros: usize) -> Self {
        let mut bytes = [0; MOST + 40];
        for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(row) {
            *bytes = word.to_le_bytes();
        }
        bytes[MOST_BTC..40].fill(0);
        let differs = row[0] ^ u64::from_ne_bytes([b'1'; 8]);
        let ones = if differs == 0 {
            bytes.iter().take_while(|&&digit| digit == b'1').count()
        } else {
            differs.trailing_zeros() as usize / 8
        };
        let start = ones - zeros;
        let mut text = Self::EMPTY;
        text.bytes.copy_from_slice(&bytes[start..start + MOST]);
        text.length = length(MOST_BTC - start);
        text
    }

    /// From 40 hex digits.
    #[inline(always)]
    #[expect(clippy::inline_always)] // It is part of a kernel.
    pub(crate) fn of_hex(row: &[u64; 5]) -> Self {
        let mut text = Self::EMPTY;
        text.bytes[..2].copy_from_slice(b"0x");
        for (bytes, word) in text.bytes[2..].as_chunks_mut().0.iter_mut().zip(row) {
            *bytes = word.to_le_bytes();
        }
        text.length = length(ETH);
        text
    }

    /// From 24 to 40 ASCII characters.
    #[inline(always)]
    #[expect(clippy::inline_always)] // It is part of a kernel.
    pub(crate) fn short(text: &[u8]) -> Self {
        let mut short = Self::EMPTY;
        copy_short(text, &mut short.bytes[..text.len()]);
        short.length = length(text.len());
        short
    }

    /// From at most 64 ASCII characters.
    fn new(text: &[u8]) -> Self {
        debug_assert!(text.is_ascii());
        let mut bytes = [0; MOST];
        bytes[..text.len()].copy_from_slice(text);
        Self {
            bytes,
            length: length(text.len()),
        }
    }

    /// The text, which is ASCII.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// The text.
    ///
    /// # Panics
    /// Never: only ASCII gets in.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).expect("addresses are ASCII")
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

/// A number of characters, which is at most 64.
fn length(characters: usize) -> u8 {
    debug_assert!(characters <= MOST);
    u8::try_from(characters).expect("an address has at most 64 characters")
}

/// Copies 24 to 40 bytes in three steps of 16: less work than a call for any length.
#[inline(always)]
#[expect(clippy::inline_always)]
pub(crate) fn copy_short(from: &[u8], to: &mut [u8]) {
    to[..16].copy_from_slice(&from[..16]);
    to[8..24].copy_from_slice(&from[8..24]);
    let last = from.len() - 16;
    to[last..].copy_from_slice(&from[last..]);
}

/// The kinds of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Base58 of network byte, digest and check code.
    Btc,
    /// `0x` and the tail of a Keccak-256.
    Eth,
    /// `anywhere` or `everywhere`.
    Broadcast,
    /// Of a registered type.
    Registered,
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
    /// The search number of today's definition (ADDRESS-4).
    pub number: u32,
    /// The search number of the original definition (ADDRESS-4).
    pub number_le: u32,
}

impl Address {
    /// The ETH-style address with that canonical text and digest.
    pub(crate) fn of_eth(text: AddressText, digest: [u8; 20]) -> Self {
        let [.., a, b, c, d] = digest;
        Self {
            text,
            network: 0,
            digest,
            kind: Kind::Eth,
            number: u32::from_be_bytes([a, b, c, d]),
            number_le: ETH_NUMBER_LE,
        }
    }

    /// True for `anywhere` and `everywhere` only.
    #[must_use]
    pub fn is_broadcast(&self) -> bool {
        self.kind == Kind::Broadcast
    }
}

/// A form of addresses that is built in: a row of [`FORMS`].
struct Form {
    /// Characters of its addresses.
    characters: RangeInclusive<usize>,
    /// Reads an address with as many characters; `None` when it is none.
    parse: fn(&[u8]) -> Option<Address>,
}

/// To add a form is to add a row; where lengths meet, the first is asked first.
static FORMS: [Form; 3] = [
    Form {
        characters: FEWEST_BTC..=MOST_BTC,
        parse: parse_btc,
    },
    Form {
        characters: ETH..=ETH,
        parse: parse_eth,
    },
    Form {
        characters: 8..=10,
        parse: parse_broadcast,
    },
];

/// Reads an address; `None` when it is none.
#[must_use]
pub fn parse(text: &str) -> Option<Address> {
    let mut forms = forms(text);
    // The form that nearly always knows the text, by itself: its answer is not copied about.
    if let Some(form) = forms.next() {
        let found = (form.parse)(text.as_bytes());
        if found.is_some() {
            return found;
        }
    }
    forms
        .find_map(|form| (form.parse)(text.as_bytes()))
        .or_else(|| parse_registered(text))
}

/// The forms with addresses as long as `text`.
fn forms(text: &str) -> impl Iterator<Item = &'static Form> {
    let characters = text.len();
    FORMS
        .iter()
        .filter(move |form| form.characters.contains(&characters))
}

/// A type of addresses from outside (EXT-1, EXT-2). Called from any thread, several at once, and
/// never under a lock.
pub trait AddressType: Send + Sync {
    /// Says which it is.
    fn name(&self) -> &str;

    /// What an address of this type says; `None` when `text` is none of them.
    ///
    /// # Errors
    /// When `text` is to be refused, whatever other types say of it.
    fn parse(&self, text: &str) -> Result<Option<Spelling>, Refused>;
}

/// What a registered type says of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelling {
    /// The canonical text.
    pub canonical: String,
    /// The network byte.
    pub network: u8,
    /// The digest in the address.
    pub digest: [u8; 20],
}

/// A registered type refuses a text, or fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

static REGISTERED: Rows<Arc<dyn AddressType>> = Rows::new();

/// Adds a type behind those that are known, or puts it in the place of the registered one with the
/// same name. What is built in goes before it.
pub fn extend(row: impl AddressType + 'static) {
    let row: Arc<dyn AddressType> = Arc::new(row);
    REGISTERED.extend(&row, |old| old.name() == row.name());
}

/// Takes out the registered type with this name, if there is one.
pub fn retract(name: &str) {
    REGISTERED.retract(|row| row.name() == name);
}

/// The address by the first registered type that knows the text (EXT-2).
fn parse_registered(text: &str) -> Option<Address> {
    let types = REGISTERED.all()?;
    let ask = |text: &str| {
        let mut answers = types.iter().filter_map(|row| row.parse(text).transpose());
        answers.next()?.ok()
    };
    let found = may_be_registered(text).then(|| ask(text)).flatten()?;
    let canonical = &*found.canonical;
    // It would not name the same address otherwise.
    let is_sound = canonical == text
        || may_be_registered(canonical)
            && forms(canonical).all(|form| (form.parse)(canonical.as_bytes()).is_none())
            && ask(canonical).as_ref() == Some(&found);
    let [.., a, b, c, d] = found.digest;
    is_sound.then(|| Address {
        text: AddressText::new(canonical.as_bytes()),
        network: found.network,
        digest: found.digest,
        kind: Kind::Registered,
        number: u32::from_be_bytes([a, b, c, d]),
        number_le: u32::from_le_bytes([a, b, c, d]),
    })
}

/// The limits of EXT-2.
fn may_be_registered(text: &str) -> bool {
    (4..=MOST).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'@' && byte != b'/')
}

/// Reads many addresses, in order.
#[must_use]
pub fn parse_batch<F: Found>(texts: &[&str], threads: usize) -> F {
    let level = simd::active();
    let parts = pool::run(threads, texts.len(), GRAIN, |range| {
        kernels::parse(level, &texts[range])
    });
    joined(parts)
}

/// What was found in the parts of a batch, one behind the other.
pub(crate) fn joined<F: Found>(parts: Vec<F>) -> F {
    let join = |mut all: F, part| {
        all.append(part);
        all
    };
    parts.into_iter().reduce(join).unwrap_or_else(|| F::of(0))
}

/// The BTC-style address of a fingerprint, or of key data, on a network (ADDRESS-1).
#[must_use]
pub fn derive(fingerprint: &[u8], network: u8) -> AddressText {
    of_digest(&digest::hash160(fingerprint), network)
}

/// The BTC-style address of a digest on a network (ADDRESS-1).
#[must_use]
pub fn of_digest(digest: &[u8; 20], network: u8) -> AddressText {
    let mut data = [0; 25];
    data[0] = network;
    data[1..21].copy_from_slice(digest);
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
    let level = simd::active();
    pool::lists(threads, fingerprints.len(), GRAIN, |range| {
        let networks = match networks {
            [_] => networks,
            each => &each[range.clone()],
        };
        kernels::derive(level, &fingerprints[range], networks)
    })
}

/// The BTC-style addresses of many digests, in order, on one network or each on its own.
///
/// # Panics
/// When there is neither one network nor one for each digest.
#[must_use]
pub fn format_batch(digests: &[[u8; 20]], networks: &[u8]) -> Vec<AddressText> {
    assert!(
        networks.len() == 1 || networks.len() == digests.len(),
        "one network, or one for each digest"
    );
    kernels::of_digests(simd::active(), digests, networks)
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
    let level = simd::active();
    pool::lists(threads, points.len(), GRAIN, |range| {
        kernels::derive_eth(level, &points[range])
    })
}

fn parse_broadcast(text: &[u8]) -> Option<Address> {
    let (name, network) = if text.eq_ignore_ascii_case(b"anywhere") {
        (&b"anywhere"[..], ANYWHERE)
    } else if text.eq_ignore_ascii_case(b"everywhere") {
        (&b"everywhere"[..], EVERYWHERE)
    } else {
        return None;
    };
    Some(Address {
        text: AddressText::new(name),
        network,
        digest: [0; 20],
        kind: Kind::Broadcast,
        number: 0,
        number_le: 0,
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
        number: u32::from_be_bytes(check),
        number_le: u32::from_le_bytes(check),
    })
}

fn parse_eth(text: &[u8]) -> Option<Address> {
    let (digest, in_one_case) = read_eth(text)?;
    let canonical = eip55(&digest);
    (in_one_case || canonical.as_bytes() == text).then(|| Address::of_eth(canonical, digest))
}

/// The digest that 42 characters say, and whether the letters among its digits are of one case.
pub(crate) fn read_eth(text: &[u8]) -> Option<([u8; 20], bool)> {
    let digits = text.strip_prefix(b"0x")?;
    let mut digest = [0; 20];
    let mut seen = 0;
    for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
        let (high, low) = (HEX[usize::from(pair[0])], HEX[usize::from(pair[1])]);
        *byte = high << 4 | low & 0x0f;
        seen |= high | low;
    }
    (seen & NO_HEX == 0).then_some((digest, seen & (LOWER | UPPER) != LOWER | UPPER))
}

/// Marks beside the value of a hex digit: what is none, and letters of either case.
const NO_HEX: u8 = 0x80;
const LOWER: u8 = 0x40;
const UPPER: u8 = 0x20;

/// The value of each character, and the marks.
const HEX: [u8; 256] = {
    let mut table = [NO_HEX; 256];
    let digits = b"0123456789abcdef";
    let mut value = 0;
    while value < 16 {
        let digit = digits[value as usize];
        table[digit as usize] = value | if value < 10 { 0 } else { LOWER };
        if value >= 10 {
            table[digit.to_ascii_uppercase() as usize] = value | UPPER;
        }
        value += 1;
    }
    table
};

/// The EIP-55 spelling: a letter is upper case when the nibble of the hash of the lower-case text
/// at its place is 8 or more.
fn eip55(digest: &[u8; 20]) -> AddressText {
    let mut text = [b'0'; ETH];
    text[1] = b'x';
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
    fn address_1_a_digest_makes_the_address_that_holds_it() {
        for seed in [&b""[..], b"a", b"fingerprint"] {
            for network in 0..=255 {
                let digest = crate::digest::hash160(seed);
                let text = of_digest(&digest, network);
                assert_eq!(text, derive(seed, network));
                let found = parse(&text).expect("an address");
                assert_eq!((found.digest, found.network), (digest, network));
            }
        }
        assert_eq!(
            &*of_digest(&[0; 20], 0),
            "1111111111111111111114oLvT2",
            "leading zero bytes"
        );
    }

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
            assert_eq!((address.number, address.number_le), (number, number_le));
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
        let parsed: Vec<Option<Address>> = parse_batch(&texts, 0);
        assert_eq!(parsed.len(), 2000);
        for (index, (address, text)) in parsed.iter().zip(&texts).enumerate() {
            assert_eq!(address.is_none(), index == 1000);
            assert_eq!(*address, parse(text));
        }
    }

    /// Texts that start with `prefix`, and what they are.
    struct Toy {
        prefix: &'static str,
        answer: fn(&str) -> Result<Option<Spelling>, Refused>,
    }

    impl AddressType for Toy {
        fn name(&self) -> &str {
            self.prefix
        }

        fn parse(&self, text: &str) -> Result<Option<Spelling>, Refused> {
            if !text.starts_with(self.prefix) {
                return Ok(None);
            }
            (self.answer)(text)
        }
    }

    /// Tests run at the same time: each has prefixes of its own.
    fn register(prefix: &'static str, answer: fn(&str) -> Result<Option<Spelling>, Refused>) {
        extend(Toy { prefix, answer });
    }

    /// An address of network 9 with the digest 0, 1, ... 19.
    fn spelling(canonical: &str) -> Spelling {
        Spelling {
            canonical: canonical.to_owned(),
            network: 9,
            digest: std::array::from_fn(|index| u8::try_from(index).unwrap()),
        }
    }

    #[test]
    fn ext_2_a_registered_address() {
        register("fold:", |text| Ok(Some(spelling(&text.to_lowercase()))));
        for text in ["fold:ABC", "fold:abc"] {
            let address = parse(text).unwrap();
            assert_eq!(&*address.text, "fold:abc");
            assert_eq!((address.kind, address.network), (Kind::Registered, 9));
            assert_eq!((address.digest[0], address.digest[19]), (0, 19));
            assert_eq!(
                (address.number, address.number_le),
                (0x1011_1213, 0x1312_1110)
            );
            assert!(!address.is_broadcast());
        }
        let parsed: Vec<Option<Address>> = parse_batch(&vec!["fold:ABC"; 2000], 0);
        assert_eq!(parsed, vec![parse("fold:abc"); 2000]);
    }

    #[test]
    fn ext_2_texts_of_4_to_64_printable_characters() {
        register("lim", |text| Ok(Some(spelling(text))));
        for text in ["lim!", "lim~", &format!("lim{}", "x".repeat(61))] {
            assert_eq!(&*parse(text).unwrap().text, text);
        }
        for text in ["lim", &format!("lim{}", "x".repeat(62))] {
            assert_eq!(parse(text), None);
        }
        for foreign in [' ', '\0', '\n', '\x1f', '\x7f', '@', '/', 'é', '孟'] {
            assert_eq!(parse(&format!("lim{foreign}x")), None, "{foreign:?}");
        }
    }

    #[test]
    fn ext_2_the_canonical_text_parses_to_itself() {
        register("can:", |text| {
            let canonical = match text {
                "can:good" => "can:itself",
                "can:wide" => "can:é",
                "can:long" => "can:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                "can:at" => "can:@",
                "can:short" => "can",
                "can:loop" => "can:good",
                "can:broadcast" => "anywhere",
                "can:btc" => "4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj",
                "can:other" => "can-other",
                "can:nobody" => "nobody's",
                itself => itself,
            };
            Ok(Some(spelling(canonical)))
        });
        register("can-", |_| Ok(None));
        assert_eq!(&*parse("can:itself").unwrap().text, "can:itself");
        assert_eq!(&*parse("can:good").unwrap().text, "can:itself");
        for text in [
            "can:wide",
            "can:long",
            "can:at",
            "can:short",
            "can:loop",
            "can:broadcast",
            "can:btc",
            "can:other",
            "can:nobody",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn ext_2_types_are_asked_in_order_and_the_first_answer_stands() {
        register("order", |text| match text {
            "order-mine" => Ok(Some(spelling(text))),
            "order-no" => Err(Refused),
            _ => Ok(None),
        });
        register("order-", |text| {
            Ok(Some(Spelling {
                network: 7,
                ..spelling(text)
            }))
        });
        let network = |text: &str| parse(text).map(|address| address.network);
        assert_eq!(network("order-mine"), Some(9));
        assert_eq!(network("order-other"), Some(7));
        assert_eq!(network("order-no"), None);
        // In the place where it was.
        register("order", |_| Err(Refused));
        assert_eq!(network("order-other"), None);
        for _ in 0..2 {
            retract("order");
            assert_eq!(network("order-mine"), Some(7));
        }
        retract("order-");
        assert_eq!(network("order-mine"), None);
    }

    #[test]
    fn ext_1_what_is_built_in_is_never_replaced() {
        register("AnyWhere", |text| Ok(Some(spelling(text))));
        register("4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj", |_| Err(Refused));
        assert_eq!(parse("AnyWhere").unwrap().kind, Kind::Broadcast);
        let good = "4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj";
        assert_eq!(parse(good).unwrap().kind, Kind::Btc);
    }
}
