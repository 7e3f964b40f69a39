//! Message Transfer Protocol (docs/semantics.md#frame-3).
//!
//! `DIM`, a byte with the length of the header in words and the data type, then as many of these as
//! the length says: transaction ID (8), pages (4), index (4), body length (4), all big-endian.

use super::{number, Format, Frame, Head, Probe};
use std::borrow::Cow;

const MAGIC: &[u8; 3] = b"DIM";
const LONGEST: usize = 24;
const MOST_PAGES: u32 = 1 << 21;

/// A header without a transaction ID has this one.
pub const NO_SN: [u8; 8] = [0; 8];

/// Stands for no body length.
const UNLIMITED: u32 = u32::MAX;

fn is_type(code: u8) -> bool {
    matches!(code, 0..=3 | 10)
}

/// A header at the start of `data`, with or without a body length.
fn header(data: &[u8], limit: usize) -> Probe {
    let seen = data.len().min(MAGIC.len());
    if data[..seen] != MAGIC[..seen] {
        return Probe::Garbage;
    }
    let Some(&packed) = data.get(3) else {
        return Probe::Wait(MAGIC.len() + 1);
    };
    let (words, code) = (packed >> 4, packed & 15);
    if !is_type(code) || !(1..=6).contains(&words) {
        return Probe::Garbage;
    }
    let length = usize::from(words) * 4;
    if data.len() < length {
        return Probe::Wait(length);
    }
    let (pages, index) = if length >= 20 {
        (number(data, 12), number(data, 16))
    } else {
        (1, 0)
    };
    // An even number of words ends with the body length.
    let body = match words % 2 {
        0 => number(data, length - 4),
        _ => UNLIMITED,
    };
    let body = (body != UNLIMITED).then_some(body as usize);
    if !(1..=MOST_PAGES).contains(&pages) || index >= pages || body > Some(limit) {
        return Probe::Garbage;
    }
    Probe::Head(Head {
        format: Format::Mtp,
        code: code.into(),
        pages,
        index,
        seq: 0,
        length,
        body,
    })
}

/// A header at the start of what a stream has.
pub(super) fn probe(data: &[u8], limit: usize) -> Probe {
    match header(data, limit) {
        Probe::Head(Head { body: None, .. }) => Probe::Garbage,
        found => found,
    }
}

/// The frame with that header.
pub(super) fn frame<'a>(head: &Head, data: &'a [u8]) -> Frame<'a> {
    Frame {
        format: Format::Mtp,
        code: head.code,
        sn: Cow::Borrowed(if head.length >= 12 {
            &data[4..12]
        } else {
            &NO_SN
        }),
        pages: head.pages,
        index: head.index,
        seq: 0,
        options: &[],
        payload: &data[head.length..],
    }
}

/// The frame in a datagram, where a body without a length is the rest; `None` when there is none at
/// its start.
#[must_use]
pub fn datagram(data: &[u8], limit: usize) -> Option<Frame<'_>> {
    let Probe::Head(head) = header(data, limit) else {
        return None;
    };
    let end = head.body.map_or(data.len(), |body| head.length + body);
    (end - head.length <= limit).then_some(())?;
    Some(frame(&head, data.get(..end)?))
}

/// A header. One page has no pages and index; an SN of zeros is left out where it can be. The
/// arguments are the caller's to check.
#[must_use]
pub fn head(code: u8, sn: [u8; 8], pages: u32, index: u32, body: Option<usize>) -> Vec<u8> {
    let mut head = Vec::with_capacity(LONGEST);
    head.extend_from_slice(MAGIC);
    head.push(0);
    if sn != NO_SN || pages > 1 {
        head.extend_from_slice(&sn);
    }
    if pages > 1 {
        head.extend_from_slice(&pages.to_be_bytes());
        head.extend_from_slice(&index.to_be_bytes());
    }
    if let Some(length) = body {
        let length = u32::try_from(length).unwrap_or(UNLIMITED);
        head.extend_from_slice(&length.to_be_bytes());
    }
    // The length in words in the upper four bits.
    head[3] = u8::try_from(head.len() * 4).unwrap_or(0) | code;
    head
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::to_hex;

    const SN: [u8; 8] = [0, 0, 0, 1, 0, 0, 0, 2];

    #[test]
    fn headers_of_every_length() {
        for (head, wanted) in [
            (head(2, NO_SN, 1, 0, None), "44494d12"),
            (head(2, NO_SN, 1, 0, Some(2)), "44494d2200000002"),
            (head(2, SN, 1, 0, None), "44494d320000000100000002"),
            (
                head(2, SN, 1, 0, Some(2)),
                "44494d42000000010000000200000002",
            ),
            (
                head(10, SN, 3, 1, None),
                "44494d5a00000001000000020000000300000001",
            ),
            (
                head(10, NO_SN, 3, 1, Some(2)),
                "44494d6a0000000000000000000000030000000100000002",
            ),
        ] {
            assert_eq!(to_hex(&head), wanted);
            let mut datagram = head.clone();
            datagram.extend_from_slice(b"{}");
            let found = super::datagram(&datagram, 100).unwrap();
            assert_eq!(found.payload, b"{}");
            assert_eq!(found.code, u32::from(head[3] & 15));
            // On a stream a frame must say where it ends.
            let streams = matches!(probe(&head, 100), Probe::Head(_));
            assert_eq!(streams, head.len() % 8 == 0);
            for end in 0..head.len() {
                let wanted = if end < 4 { 4 } else { head.len() };
                assert_eq!(header(&head[..end], 100), Probe::Wait(wanted));
            }
        }
    }

    #[test]
    fn what_is_no_header() {
        let fragment = |pages: u32, index: u32| {
            let mut head = head(10, SN, 2, 0, Some(0));
            head[12..16].copy_from_slice(&pages.to_be_bytes());
            head[16..20].copy_from_slice(&index.to_be_bytes());
            head
        };
        assert!(matches!(
            header(&fragment(MOST_PAGES, MOST_PAGES - 1), 0),
            Probe::Head(_)
        ));
        for bad in [
            fragment(0, 0),
            fragment(MOST_PAGES + 1, 0),
            fragment(3, 3),
            fragment(3, u32::MAX),
            head(2, SN, 1, 0, Some(101)),
            b"DIM\x02".to_vec(),
            b"DIM\x72".to_vec(),
            b"DIM\x44".to_vec(),
            b"DIN".to_vec(),
            b"dim".to_vec(),
        ] {
            assert_eq!(header(&bad, 100), Probe::Garbage, "{}", to_hex(&bad));
        }
        assert_eq!(datagram(b"DIM\x22\0\0\0\x03{}", 100), None);
        assert_eq!(datagram(b"DIM\x12{}", 1), None);
        assert_eq!(
            datagram(b"DIM\x22\xff\xff\xff\xff{}", 100).unwrap().payload,
            b"{}"
        );
    }
}
