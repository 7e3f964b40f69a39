//! IDs: `[name "@"] address ["/" terminal]` (docs/semantics.md#id-1 to #id-4). The addresses in them are the business of [`crate::address`].

use std::ops::Range;

use crate::address::{self, Address, Found, Kind};
use crate::pool;

/// The most characters of an ID.
const MAX_CHARACTERS: usize = 128;

/// IDs below which a batch is not split between threads.
const GRAIN: usize = 256;

/// A checked ID, held by its canonical text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identifier {
    text: Box<str>,
    address: Range<usize>,
    network: u8,
    kind: Kind,
}

impl Identifier {
    /// The ID that `text` is; `None` when it is none (ID-1).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, address, terminal) = split(text)?;
        let address = address::parse(address)?;
        Some(Self::join(name, &address, terminal))
    }

    /// The ID of an account: the name that a meta has as its seed, and an address.
    #[must_use]
    pub fn of_account(seed: Option<&str>, address: &str) -> Option<Self> {
        match seed {
            Some(seed) => Self::parse(&format!("{seed}@{address}")),
            None => Self::parse(address),
        }
    }

    fn join(name: Option<&str>, address: &Address, terminal: Option<&str>) -> Self {
        let mut text = String::new();
        if let Some(name) = name {
            text.push_str(name);
            text.push('@');
        }
        let start = text.len();
        text.push_str(&address.text);
        let end = text.len();
        if let Some(terminal) = terminal {
            text.push('/');
            text.push_str(terminal);
        }
        Self {
            text: text.into_boxed_str(),
            address: start..end,
            network: address.network,
            kind: address.kind,
        }
    }

    /// The canonical text (ID-2).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name; never empty.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        let end = self.address.start.checked_sub(1)?;
        Some(&self.text[..end])
    }

    /// The canonical address.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.text[self.address.clone()]
    }

    /// The terminal; never empty.
    #[must_use]
    pub fn terminal(&self) -> Option<&str> {
        self.text.get(self.address.end + 1..)
    }

    /// The network byte of the address.
    #[must_use]
    pub fn network(&self) -> u8 {
        self.network
    }

    /// Whether the address is one of the two broadcast addresses (ID-3).
    #[must_use]
    pub fn is_broadcast(&self) -> bool {
        self.kind == Kind::Broadcast
    }

    /// Whether the address is of a type from outside (EXT-2).
    #[must_use]
    pub fn is_registered(&self) -> bool {
        self.kind == Kind::Registered
    }

    /// The entity type (ID-4): that of the network byte, but a user without a name, as in the reference.
    #[must_use]
    pub fn entity_type(&self) -> u8 {
        if self.name().is_none() && !self.is_broadcast() {
            return 0;
        }
        match self.network {
            0x08 => 0,
            0x10 => 1,
            0x30 => 0x31,
            0x88 => 2,
            0x76 => 3,
            0xC8 => 4,
            other => other,
        }
    }

    /// Whether this is the ID of a group; of a user otherwise (ID-4).
    #[must_use]
    pub fn is_group(&self) -> bool {
        self.entity_type() & 1 == 1
    }

    /// Whether name and address are equal; the terminal does not matter (ID-2).
    #[must_use]
    pub fn is_same_entity(&self, other: &Self) -> bool {
        self.address() == other.address() && self.name() == other.name()
    }
}

/// Reads many IDs, in order.
#[must_use]
pub fn parse_batch(texts: &[&str], threads: usize) -> Vec<Option<Identifier>> {
    pool::lists(threads, texts.len(), GRAIN, |range| {
        let (parts, addresses): (_, Vec<Option<Address>>) = addresses_of(&texts[range]);
        let rows = parts.into_iter().zip(&addresses);
        rows.map(|(parts, address)| {
            let (name, _, terminal) = parts?;
            Some(Identifier::join(name, address.as_ref()?, terminal))
        })
        .collect()
    })
}

/// The address in each ID, and nothing else of it, in order; for who needs columns.
#[must_use]
pub fn address_batch<F: Found>(texts: &[&str], threads: usize) -> F {
    address::joined(pool::run(threads, texts.len(), GRAIN, |range| {
        addresses_of(&texts[range]).1
    }))
}

/// The parts of each ID, and the address among them.
fn addresses_of<'a, F: Found>(texts: &[&'a str]) -> (Vec<Option<Parts<'a>>>, F) {
    let parts: Vec<_> = texts.iter().map(|text| split(text)).collect();
    // No address is empty: what has no parts is none.
    let addresses: Vec<_> = parts
        .iter()
        .map(|parts| parts.map_or("", |(_, address, _)| address))
        .collect();
    (parts, address::parse_batch(&addresses, 1))
}

/// Name, address and terminal of an ID; the address is not looked at.
type Parts<'a> = (Option<&'a str>, &'a str, Option<&'a str>);

fn split(text: &str) -> Option<Parts<'_>> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_too_long(text) || !is_plain && text.chars().any(is_foreign) {
        return None;
    }
    let (body, terminal) = match text.split_once('/') {
        Some((body, terminal)) => (body, Some(terminal)),
        None => (text, None),
    };
    let (name, address) = match body.split_once('@') {
        Some((name, address)) => (Some(name), address),
        None => (None, body),
    };
    let empty = name.is_some_and(str::is_empty) || terminal.is_some_and(str::is_empty);
    let again = terminal.is_some_and(|terminal| terminal.contains(['@', '/']));
    (!empty && !again).then_some((name, address, terminal))
}

fn is_too_long(text: &str) -> bool {
    // A character has one to four bytes: only text in between needs to be counted.
    text.len() > 4 * MAX_CHARACTERS
        || (text.len() > MAX_CHARACTERS && text.chars().count() > MAX_CHARACTERS)
}

/// Control characters (Unicode Cc) and white space (Unicode `White_Space`).
fn is_foreign(character: char) -> bool {
    character.is_control() || character.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HULK: &str = "4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj";

    fn parts(text: &str) -> Option<(Option<String>, String, Option<String>)> {
        let identifier = Identifier::parse(text)?;
        Some((
            identifier.name().map(str::to_owned),
            identifier.address().to_owned(),
            identifier.terminal().map(str::to_owned),
        ))
    }

    #[test]
    fn verdict_3_a_batch_equals_its_items() {
        let texts: Vec<String> = (0..1100)
            .map(|index| match index % 4 {
                0 => HULK.to_owned(),
                1 => format!("user-{index}@{HULK}/pad"),
                2 => format!("user {index}@{HULK}"),
                _ => "Station@AnyWhere".to_owned(),
            })
            .collect();
        for count in [0, 1, 2, 3, 511, 512, 1100] {
            let texts: Vec<&str> = texts[..count].iter().map(String::as_str).collect();
            let alone: Vec<_> = texts.iter().map(|text| Identifier::parse(text)).collect();
            for threads in [0, 1, 2] {
                assert_eq!(parse_batch(&texts, threads), alone);
                let addresses: Vec<Option<Address>> = address_batch(&texts, threads);
                assert!(addresses.iter().zip(&alone).all(|(address, identifier)| {
                    address.map(|address| address.text.to_string())
                        == identifier.as_ref().map(|found| found.address().to_owned())
                }));
            }
        }
    }

    #[test]
    fn id_1_parts() {
        let hulk = HULK.to_owned();
        assert_eq!(parts(HULK), Some((None, hulk.clone(), None)));
        assert_eq!(
            parts(&format!("hulk@{HULK}")),
            Some((Some("hulk".into()), hulk.clone(), None))
        );
        assert_eq!(
            parts(&format!("浩克@{HULK}/手机")),
            Some((Some("浩克".into()), hulk, Some("手机".into())))
        );
    }

    #[test]
    fn id_1_refuses_empty_parts_and_second_separators() {
        for text in [
            String::new(),
            format!("@{HULK}"),
            format!("{HULK}/"),
            format!("hulk@{HULK}/"),
            format!("a@b@{HULK}"),
            format!("{HULK}/a/b"),
            format!("{HULK}//"),
            format!("{HULK}/a@b"),
            format!("a/b@{HULK}"),
            "hulk".to_owned(),
            "hulk@".to_owned(),
            "@".to_owned(),
            "/".to_owned(),
        ] {
            assert_eq!(Identifier::parse(&text), None, "{text:?}");
        }
    }

    #[test]
    fn id_1_refuses_white_space_and_control_characters_anywhere() {
        for foreign in [
            ' ', '\t', '\n', '\0', '\u{1c}', '\u{7f}', '\u{85}', '\u{a0}', '\u{1680}', '\u{2003}',
            '\u{2028}', '\u{3000}',
        ] {
            for text in [
                format!("hu{foreign}lk@{HULK}"),
                format!("{foreign}{HULK}"),
                format!("{HULK}{foreign}"),
                format!("{HULK}/{foreign}"),
            ] {
                assert_eq!(Identifier::parse(&text), None, "{text:?}");
            }
        }
        // Neither Cc nor White_Space: format characters and the private use area.
        for allowed in ['\u{200b}', '\u{feff}', '\u{e000}', '\u{1f600}', '\u{180e}'] {
            assert!(
                Identifier::parse(&format!("{allowed}@{HULK}")).is_some(),
                "{allowed:?}"
            );
        }
    }

    #[test]
    fn id_1_limit_counts_characters() {
        let room = 128 - HULK.len() - 1;
        for filling in ["a", "é", "孟", "😀"] {
            assert!(Identifier::parse(&format!("{}@{HULK}", filling.repeat(room))).is_some());
            assert!(Identifier::parse(&format!("{}@{HULK}", filling.repeat(room + 1))).is_none());
        }
        assert!(Identifier::parse(&format!("{}@{HULK}", "a".repeat(100_000))).is_none());
    }

    #[test]
    fn id_2_canonical_text() {
        let canonical =
            |text: &str| Identifier::parse(text).map(|identifier| identifier.as_str().to_owned());
        assert_eq!(
            canonical("Foo@AnyWhere/Pad").as_deref(),
            Some("Foo@anywhere/Pad")
        );
        assert_eq!(
            canonical("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed/x").as_deref(),
            Some("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed/x")
        );
    }

    #[test]
    fn id_2_same_entity_ignores_the_terminal_only() {
        let parse = |text: String| Identifier::parse(&text).expect("an ID");
        let hulk = parse(format!("hulk@{HULK}"));
        assert!(hulk.is_same_entity(&parse(format!("hulk@{HULK}/pad"))));
        assert!(!hulk.is_same_entity(&parse(format!("Hulk@{HULK}"))));
        assert!(!hulk.is_same_entity(&parse(HULK.to_owned())));
        assert!(!hulk.is_same_entity(&parse("hulk@anywhere".to_owned())));
    }

    #[test]
    fn id_3_broadcast_also_without_a_name() {
        let broadcast =
            |text: &str| Identifier::parse(text).map(|identifier| identifier.is_broadcast());
        assert_eq!(broadcast("anywhere"), Some(true));
        assert_eq!(broadcast("stations@EVERYWHERE"), Some(true));
        assert_eq!(broadcast(HULK), Some(false));
    }

    #[test]
    fn id_4_entity_types() {
        for (network, expected) in [
            (0, 0),
            (1, 1),
            (0x08, 0),
            (0x10, 1),
            (0x30, 0x31),
            (0x88, 2),
            (0x76, 3),
            (0xC8, 4),
            (0x80, 0x80),
            (0x81, 0x81),
            (0x89, 0x89),
        ] {
            let address = address::derive(b"fingerprint", network).to_string();
            let parse = |text: &str| Identifier::parse(text).expect("an ID");
            let named = parse(&format!("name@{address}"));
            assert_eq!(named.entity_type(), expected);
            assert_eq!(named.is_group(), expected % 2 == 1);
            assert_eq!(parse(&address).entity_type(), 0, "without a name: a user");
        }
        let group = |text: &str| Identifier::parse(text).map(|identifier| identifier.is_group());
        assert_eq!(group("everyone@everywhere"), Some(true));
        assert_eq!(group("everywhere"), Some(true));
        assert_eq!(group("anyone@anywhere"), Some(false));
    }
}
