//! Strict DER, as much of it as keys and signatures need: definite minimal lengths, minimal
//! non-negative integers, no trailing bytes (docs/semantics.md#key-3).
//!
//! Not a general ASN.1 library: whoever reads says which tag comes next, and `None` is the only
//! error.

/// Tag of an INTEGER.
pub const INTEGER: u8 = 0x02;
/// Tag of a BIT STRING.
pub const BIT_STRING: u8 = 0x03;
/// Tag of a NULL.
pub const NULL: u8 = 0x05;
/// Tag of an OBJECT IDENTIFIER.
pub const OBJECT_IDENTIFIER: u8 = 0x06;
/// Tag of a SEQUENCE.
pub const SEQUENCE: u8 = 0x30;

/// Reads elements from the left.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader of the elements in `data`.
    #[must_use]
    pub fn new(data: &'a [u8]) -> Self {
        Self { rest: data }
    }

    /// The tag of the next element; `None` at the end.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// What was not read yet.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The contents of the next element, which has `tag`.
    pub fn element(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (_, rest) = self
            .rest
            .split_first()
            .filter(|&(&found, _)| found == tag)?;
        let (length, rest) = length(rest)?;
        let (contents, rest) = rest.split_at_checked(length)?;
        self.rest = rest;
        Some(contents)
    }

    /// The elements of the next element, a SEQUENCE.
    pub fn sequence(&mut self) -> Option<Self> {
        self.element(SEQUENCE).map(Self::new)
    }

    /// The next element, a minimal INTEGER that is not negative, as big-endian bytes without
    /// leading zeros: nothing for 0.
    pub fn unsigned(&mut self) -> Option<&'a [u8]> {
        match self.element(INTEGER)? {
            [0] => Some(&[]),
            [0, magnitude @ ..] if magnitude[0] >= 0x80 => Some(magnitude),
            magnitude @ [1..=0x7f, ..] => Some(magnitude),
            _ => None,
        }
    }

    /// The next element, a BIT STRING of whole bytes.
    pub fn bytes_of_bits(&mut self) -> Option<&'a [u8]> {
        match self.element(BIT_STRING)? {
            [0, bytes @ ..] => Some(bytes),
            _ => None,
        }
    }

    /// `Some` when everything was read.
    #[must_use]
    pub fn finish(self) -> Option<()> {
        self.rest.is_empty().then_some(())
    }
}

/// A definite length in as few bytes as it needs, and what follows it.
fn length(data: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = data.split_first()?;
    if first < 0x80 {
        return Some((usize::from(first), rest));
    }
    let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
    // Four bytes count more than any input has. None at all is the indefinite form.
    if digits.len() > 4 || *digits.first()? == 0 {
        return None;
    }
    let value = digits
        .iter()
        .fold(0, |value, &digit| value << 8 | usize::from(digit));
    (value >= 0x80).then_some((value, rest))
}

/// Appends an element with the contents `parts` in a row.
pub fn write(out: &mut Vec<u8>, tag: u8, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    out.push(tag);
    let bytes = length.to_be_bytes();
    if length < 0x80 {
        out.push(bytes[bytes.len() - 1]);
    } else {
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        let digits = &bytes[zeros..];
        out.push(0x80 | digits.len().to_be_bytes()[size_of::<usize>() - 1]);
        out.extend_from_slice(digits);
    }
    for part in parts {
        out.extend_from_slice(part);
    }
}

/// Appends an INTEGER from big-endian bytes without leading zeros.
pub fn write_unsigned(out: &mut Vec<u8>, magnitude: &[u8]) {
    let sign: &[u8] = match magnitude.first() {
        Some(0..=0x7f) => &[],
        Some(_) | None => &[0],
    };
    write(out, INTEGER, &[sign, magnitude]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unsigned(data: &[u8]) -> Option<&[u8]> {
        let mut reader = Reader::new(data);
        let value = reader.unsigned()?;
        reader.finish().map(|()| value)
    }

    #[test]
    fn key_3_integers_are_minimal_and_not_negative() {
        assert_eq!(unsigned(&[2, 1, 0]), Some(&[][..]));
        assert_eq!(unsigned(&[2, 1, 1]), Some(&[1][..]));
        assert_eq!(unsigned(&[2, 1, 0x7f]), Some(&[0x7f][..]));
        assert_eq!(unsigned(&[2, 2, 0, 0x80]), Some(&[0x80][..]));
        for bad in [
            &[2, 0][..],
            &[2, 1, 0x80],
            &[2, 1, 0xff],
            &[2, 2, 0, 0x7f],
            &[2, 2, 0, 0],
            &[2, 3, 0, 0, 0x80],
            &[2, 1, 1, 0],
            &[2, 2, 1],
            &[2],
            &[],
            &[3, 1, 1],
        ] {
            assert_eq!(unsigned(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn key_3_lengths_are_definite_and_minimal() {
        let element = |header: &[u8], count: usize| {
            let mut data = header.to_vec();
            data.resize(header.len() + count, 7);
            Reader::new(&data).element(4).map(<[u8]>::len)
        };
        assert_eq!(element(&[4, 0x7f], 0x7f), Some(0x7f));
        assert_eq!(element(&[4, 0x81, 0x80], 0x80), Some(0x80));
        assert_eq!(element(&[4, 0x82, 1, 0], 0x100), Some(0x100));
        assert_eq!(element(&[4, 0x83, 1, 0, 0], 0x1_0000), Some(0x1_0000));
        for (header, count) in [
            (&[4, 0x80][..], 2),
            (&[4, 0x81, 0x7f], 0x7f),
            (&[4, 0x82, 0, 0x80], 0x80),
            (&[4, 0x85, 1, 0, 0, 0, 0], 64),
            (&[4, 0x84, 0xff, 0xff, 0xff, 0xff], 64),
            (&[4, 0xff], 127),
            (&[4, 5], 4),
            (&[5, 1], 1),
            (&[4], 0),
        ] {
            assert_eq!(element(header, count), None, "{header:?}");
        }
    }

    #[test]
    fn bit_strings_hold_whole_bytes() {
        assert_eq!(Reader::new(&[3, 2, 0, 9]).bytes_of_bits(), Some(&[9][..]));
        assert_eq!(Reader::new(&[3, 1, 0]).bytes_of_bits(), Some(&[][..]));
        assert_eq!(Reader::new(&[3, 2, 1, 8]).bytes_of_bits(), None);
        assert_eq!(Reader::new(&[3, 0]).bytes_of_bits(), None);
    }

    #[test]
    fn what_is_written_is_read() {
        for count in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
            for first in [1, 0x7f, 0x80, 0xff] {
                let magnitude = vec![first; count];
                let mut out = Vec::new();
                write_unsigned(&mut out, &magnitude);
                assert_eq!(unsigned(&out), Some(&magnitude[..]));
            }
        }
    }
}
