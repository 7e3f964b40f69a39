//! Tencent Mars (docs/semantics.md#frame-4).
//!
//! Length of the header, version, command, sequence, length of the body, 4 bytes each, big-endian;
//! then what else the header has, then the body.

use super::{number, Format, Frame, Head, Probe};
use crate::base64;
use std::borrow::Cow;

const FIELDS: usize = 20;
const VERSION: u32 = 200;
const SN_TAG: &[u8] = b"Mars SN:";

/// `SEND_MSG`, `NOOP`, `PUSH_MESSAGE`.
const COMMANDS: [u32; 3] = [3, 6, 10001];

/// A header at the start of `data`. The options count as body: both together have a limit.
pub(super) fn probe(data: &[u8], limit: usize) -> Probe {
    let field = |at: usize| (data.len() >= at + 4).then(|| number(data, at));
    let (length, body) = (field(0).map(|n| n as usize), field(16).map(|n| n as usize));
    let room = length.map(|length| (FIELDS + limit).checked_sub(length));
    if length.is_some_and(|length| length < FIELDS)
        || room == Some(None)
        || field(4).is_some_and(|version| version != VERSION)
        || field(8).is_some_and(|command| !COMMANDS.contains(&command))
    {
        return Probe::Garbage;
    }
    match (length, room.flatten(), field(8), field(12), body) {
        (Some(length), Some(room), Some(code), Some(seq), Some(body)) => {
            if body > room {
                return Probe::Garbage;
            }
            Probe::Head(Head {
                format: Format::Mars,
                code,
                pages: 1,
                index: 0,
                seq,
                length,
                body: Some(body),
            })
        }
        _ => Probe::Wait(FIELDS),
    }
}

/// The frame with that header.
pub(super) fn frame<'a>(head: &Head, data: &'a [u8]) -> Frame<'a> {
    let body = &data[head.length..];
    let (sn, payload) = match split_sn(body) {
        Some((sn, payload)) => (Cow::Owned(sn), payload),
        None => (Cow::Borrowed(&data[12..16]), body),
    };
    Frame {
        format: Format::Mars,
        code: head.code,
        sn,
        pages: 1,
        index: 0,
        seq: head.seq,
        options: &data[FIELDS..head.length],
        payload,
    }
}

/// The serial number in the first line of a body, and what follows the line. A line whose number is
/// not base64, or empty, belongs to the payload.
fn split_sn(body: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let rest = body.strip_prefix(SN_TAG)?;
    let end = rest.iter().position(|&byte| byte == b'\n')?;
    let sn = base64::decode(&rest[..end])?;
    (!sn.is_empty()).then_some((sn, &rest[end + 1..]))
}

/// All of a frame before its payload, with the line for the serial number when there is one. The
/// arguments are the caller's to check.
#[must_use]
pub fn head(code: u32, seq: u32, sn: Option<&[u8]>, options: &[u8], payload: usize) -> Vec<u8> {
    let line = sn.map_or_else(Vec::new, |sn| {
        [SN_TAG, base64::encode(sn).as_bytes(), b"\n"].concat()
    });
    let field = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let numbers = [
        field(FIELDS + options.len()),
        VERSION,
        code,
        seq,
        field(line.len() + payload),
    ];
    let mut head: Vec<u8> = numbers.into_iter().flat_map(u32::to_be_bytes).collect();
    head.extend_from_slice(options);
    head.extend_from_slice(&line);
    head
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::to_hex;

    fn parse(data: &[u8]) -> Frame<'_> {
        let Probe::Head(head) = probe(data, 100) else {
            panic!("no header: {}", to_hex(data));
        };
        assert_eq!(head.total(), data.len());
        head.frame(data)
    }

    #[test]
    fn heads_and_serial_numbers() {
        let mut push = head(10001, 0, Some(&[0, 0, 0, 7]), &[], 2);
        push.extend_from_slice(b"{}");
        assert_eq!(
            to_hex(&push),
            "00000014000000c80000271100000000000000134d61727320534e3a4141414142773d3d0a7b7d"
        );
        let found = parse(&push);
        assert_eq!((&*found.sn, found.payload), (&[0, 0, 0, 7][..], &b"{}"[..]));

        let options = head(3, 1, None, b"abcd", 0);
        assert_eq!(
            to_hex(&options),
            "00000018000000c800000003000000010000000061626364"
        );
        let found = parse(&options);
        assert_eq!((found.options, found.payload), (&b"abcd"[..], &b""[..]));
        assert_eq!((&*found.sn, found.seq), (&[0, 0, 0, 1][..], 1));
    }

    #[test]
    fn a_line_that_is_no_serial_number_stays() {
        for body in ["Mars SN:\n{}", "Mars SN:AAA\n", "Mars SN:AAAA", "Mars SN"] {
            let mut frame = head(3, 9, None, &[], body.len());
            frame.extend_from_slice(body.as_bytes());
            let found = parse(&frame);
            assert_eq!(
                (&*found.sn, found.payload),
                (&[0, 0, 0, 9][..], body.as_bytes())
            );
        }
    }

    #[test]
    fn what_is_no_header() {
        let good = head(6, 1, None, &[], 0);
        for end in 0..good.len() {
            assert_eq!(probe(&good[..end], 100), Probe::Wait(FIELDS));
        }
        for (at, value) in [
            (0, 19),
            (0, 121),
            (0, u32::MAX),
            (4, 201),
            (8, 1),
            (8, 2),
            (8, 10000),
            (16, 101),
            (16, u32::MAX),
        ] {
            let mut bad = good.clone();
            bad[at..at + 4].copy_from_slice(&value.to_be_bytes());
            assert_eq!(probe(&bad, 100), Probe::Garbage, "{}", to_hex(&bad));
        }
        // Options count.
        let mut both = head(6, 1, None, &[0; 50], 50);
        assert!(matches!(probe(&both, 100), Probe::Head(_)));
        both[19] += 1;
        assert_eq!(probe(&both, 100), Probe::Garbage);
    }
}
