//! Frames on a stream of bytes: MTP and Mars (docs/semantics.md#frame-1 and following).
//!
//! A decoder is fed chunks as they arrive and gives frames. A frame that lies whole in a chunk is
//! read in place; of what is not complete only the bytes that arrived are kept. No sockets here, no
//! clocks, no answers to frames.

pub mod mars;
pub mod mtp;

use std::borrow::Cow;

/// What a decoder may be told to take as the longest body.
pub const MAX_LIMIT: usize = 1 << 30;

/// A buffer that has grown beyond this is not kept for the next frame.
const SPARE: usize = 64 * 1024;

/// The two formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Message Transfer Protocol.
    Mtp,
    /// Tencent Mars.
    Mars,
}

/// One frame. What a format lacks has the value it has when left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// In which format it was.
    pub format: Format,
    /// The data type of MTP, the command of Mars.
    pub code: u32,
    /// The serial number: 8 bytes in MTP, mostly 4 in Mars.
    pub sn: Cow<'a, [u8]>,
    /// In how many pieces the body was sent.
    pub pages: u32,
    /// Which of them this is.
    pub index: u32,
    /// The sequence in the header of Mars.
    pub seq: u32,
    /// What the header of Mars has beyond its fields.
    pub options: &'a [u8],
    /// The body; in Mars what follows the line with the serial number.
    pub payload: &'a [u8],
}

/// The fields of a header that is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    format: Format,
    code: u32,
    pages: u32,
    index: u32,
    seq: u32,
    /// Bytes before the body.
    length: usize,
    /// Bytes of the body; `None` when it is the rest of a datagram.
    body: Option<usize>,
}

impl Head {
    /// Bytes of the frame; only of the header when there is no saying.
    fn total(&self) -> usize {
        self.length + self.body.unwrap_or(0)
    }

    /// The frame that `data`, just as long, is.
    fn frame<'a>(&self, data: &'a [u8]) -> Frame<'a> {
        match self.format {
            Format::Mtp => mtp::frame(self, data),
            Format::Mars => mars::frame(self, data),
        }
    }
}

/// What is at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Probe {
    /// No header.
    Garbage,
    /// The bytes that are here may become a header; with so many it is known.
    Wait(usize),
    /// A header.
    Head(Head),
}

/// The big-endian number at `at`.
fn number(data: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([data[at], data[at + 1], data[at + 2], data[at + 3]])
}

/// Takes a stream of bytes apart.
///
/// Without a format to begin with, the first header of either decides; no bytes can be both.
#[derive(Debug)]
pub struct Decoder {
    format: Option<Format>,
    limit: usize,
    /// Begins with what is or may become a header; the frame is not complete.
    held: Vec<u8>,
    /// Bytes at the start of `held` that were a frame, which has been given out.
    spent: usize,
    skipped: u64,
}

impl Decoder {
    /// A decoder for one stream; a body has at most `limit` bytes, itself at most [`MAX_LIMIT`].
    #[must_use]
    pub fn new(format: Option<Format>, limit: usize) -> Self {
        Self {
            format,
            limit: limit.min(MAX_LIMIT),
            held: Vec::new(),
            spent: 0,
            skipped: 0,
        }
    }

    /// The format, once it is known.
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// Bytes of garbage so far.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Bytes that are kept because more must follow.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.held.len() - self.spent
    }

    /// Bytes of memory that are kept.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.held.capacity()
    }

    /// Forgets what is kept.
    pub fn clear(&mut self) {
        self.spent = self.held.len();
        self.drop_spent();
    }

    /// The next frame. `chunk` becomes what is left of it; to be called until there is none, when
    /// the chunk is used up.
    pub fn next<'d, 'c: 'd>(&'d mut self, chunk: &mut &'c [u8]) -> Option<Frame<'d>> {
        self.drop_spent();
        while !self.held.is_empty() {
            let (at, found) = self.scan(&self.held);
            self.skipped += at as u64;
            self.held.drain(..at);
            let wanted = match found {
                Probe::Garbage => break,
                Probe::Wait(wanted) => wanted,
                Probe::Head(head) => {
                    self.format = Some(head.format);
                    if self.held.len() >= head.total() {
                        self.spent = head.total();
                        return Some(head.frame(&self.held[..self.spent]));
                    }
                    head.total()
                }
            };
            if chunk.is_empty() {
                return None;
            }
            // No more than this header, or this frame, needs: what follows is read in place.
            let missing = wanted - self.held.len();
            let (more, rest) = chunk.split_at(missing.min(chunk.len()));
            self.hold(more, wanted);
            *chunk = rest;
        }
        let (at, found) = self.scan(chunk);
        self.skipped += at as u64;
        *chunk = &chunk[at..];
        let wanted = match found {
            Probe::Garbage => return None,
            Probe::Wait(wanted) => wanted,
            Probe::Head(head) => {
                self.format = Some(head.format);
                if let Some((frame, rest)) = chunk.split_at_checked(head.total()) {
                    *chunk = rest;
                    return Some(head.frame(frame));
                }
                head.total()
            }
        };
        self.hold(std::mem::take(chunk), wanted);
        None
    }

    /// Forgets the frame that was given out of `held`.
    fn drop_spent(&mut self) {
        self.held.drain(..std::mem::take(&mut self.spent));
        if self.held.is_empty() && self.held.capacity() > SPARE {
            self.held = Vec::new();
        }
    }

    /// Keeps more bytes. The buffer doubles as it fills, never beyond `wanted`: a header alone costs
    /// no memory.
    fn hold(&mut self, more: &[u8], wanted: usize) {
        let length = self.held.len();
        if self.held.capacity() < length + more.len() {
            let room = more.len().max(length.min(wanted - length));
            self.held.reserve_exact(room);
        }
        self.held.extend_from_slice(more);
    }

    /// The first place that is not garbage, and what is there; else the end.
    fn scan(&self, data: &[u8]) -> (usize, Probe) {
        (0..data.len())
            .map(|at| (at, self.probe(&data[at..])))
            .find(|(_, found)| *found != Probe::Garbage)
            .unwrap_or((data.len(), Probe::Garbage))
    }

    /// What `data` begins with.
    fn probe(&self, data: &[u8]) -> Probe {
        match self.format {
            Some(Format::Mtp) => mtp::probe(data, self.limit),
            Some(Format::Mars) => mars::probe(data, self.limit),
            None => match mtp::probe(data, self.limit) {
                Probe::Garbage => mars::probe(data, self.limit),
                found => found,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(sn: u64, payload: &[u8]) -> Vec<u8> {
        let mut frame = mtp::head(2, sn.to_be_bytes(), 1, 0, Some(payload.len()));
        frame.extend_from_slice(payload);
        frame
    }

    fn push(seq: u32, payload: &[u8]) -> Vec<u8> {
        let mut frame = mars::head(10001, 0, Some(&seq.to_be_bytes()), &[], payload.len());
        frame.extend_from_slice(payload);
        frame
    }

    /// Serial numbers and payloads of all frames in chunks of `size` bytes.
    fn all(decoder: &mut Decoder, stream: &[u8], size: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut found = Vec::new();
        for mut chunk in stream.chunks(size) {
            while let Some(frame) = decoder.next(&mut chunk) {
                found.push((frame.sn.to_vec(), frame.payload.to_vec()));
            }
            assert!(chunk.is_empty());
        }
        found
    }

    /// Pseudo-random bytes; `b'D'` is as likely as all others together, zero too.
    fn noise(state: &mut u32, length: usize) -> Vec<u8> {
        (0..length)
            .map(|_| {
                *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                [b'D', 0, b'I', (*state >> 24) as u8][(*state >> 16 & 3) as usize]
            })
            .collect()
    }

    #[test]
    fn any_chunking_gives_the_same() {
        for make in [message as fn(u64, &[u8]) -> Vec<u8>, |sn, payload| {
            push(u32::try_from(sn).unwrap(), payload)
        }] {
            let (mut state, mut stream, mut wanted) = (7, Vec::new(), Vec::new());
            for sn in 1..300_u64 {
                let length = (state >> 27) as usize;
                let garbage = noise(&mut state, length);
                stream.extend(garbage);
                let payload = vec![b'x'; (state >> 22) as usize];
                let frame = make(sn, &payload);
                stream.extend(&frame);
                wanted.push(payload);
            }
            for format in [None, Some(Format::Mtp), Some(Format::Mars)] {
                let mut whole = Decoder::new(format, 1 << 24);
                let frames = all(&mut whole, &stream, stream.len());
                for size in [1, 2, 3, 7, 23, 24, 25, 1232] {
                    let mut decoder = Decoder::new(format, 1 << 24);
                    assert_eq!(all(&mut decoder, &stream, size), frames, "chunks of {size}");
                    assert_eq!(decoder.skipped(), whole.skipped());
                    assert_eq!(decoder.pending(), whole.pending());
                }
                if format.is_none() {
                    let payloads: Vec<_> = frames.into_iter().map(|(_, payload)| payload).collect();
                    assert_eq!(payloads, wanted);
                }
            }
        }
    }

    #[test]
    fn false_headers_hide_nothing() {
        let mut stream = b"DIM\x42DIM".to_vec();
        // A header whose body is too long; the bytes before it make one with such a body, too.
        stream.extend(mtp::head(2, [1; 8], 1, 0, Some(MAX_LIMIT + 1)));
        stream.extend(b"DIM\x45DIM\x70DIM\x32DI");
        stream.extend(message(5, b"hello"));
        for size in [1, 4, 1000] {
            let mut decoder = Decoder::new(Some(Format::Mtp), 1 << 24);
            let found = all(&mut decoder, &stream, size);
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].1, b"hello");
            assert_eq!(decoder.pending(), 0);
        }
    }

    #[test]
    fn a_whole_frame_inside_a_false_header() {
        // What waits for its last byte holds a frame, and then turns out to be garbage.
        let inner = mtp::head(2, mtp::NO_SN, 1, 0, Some(0));
        let mut stream = mtp::head(10, inner.try_into().unwrap(), 2, 0, Some(9));
        stream[12..20].copy_from_slice(&[0, 0, 0, 1, 0, 0, 0, 1]);
        for format in [None, Some(Format::Mtp)] {
            for size in 1..=stream.len() {
                let mut decoder = Decoder::new(format, 100);
                let found = all(&mut decoder, &stream, size);
                assert_eq!(
                    found,
                    [(vec![0; 8], vec![])],
                    "{format:?}, chunks of {size}"
                );
                assert_eq!(decoder.skipped(), stream.len() as u64 - 8);
            }
        }
    }

    #[test]
    fn an_endless_frame_takes_no_more_memory_than_it_has_sent() {
        let limit = 1 << 20;
        let mut decoder = Decoder::new(None, limit);
        let head = mtp::head(2, [1; 8], 1, 0, Some(limit));
        assert!(all(&mut decoder, &head, 24).is_empty());
        assert!(decoder.capacity() <= 64);
        for sent in 1..limit {
            assert!(decoder.next(&mut &b"x"[..]).is_none());
            assert!(decoder.capacity() <= 2 * (sent + 24));
        }
        assert!(decoder.capacity() <= head.len() + limit);
        assert_eq!(decoder.next(&mut &b"x"[..]).unwrap().payload.len(), limit);
        assert_eq!(decoder.pending(), 0);
        decoder.clear();
        assert_eq!(decoder.capacity(), 0);
    }

    #[test]
    fn garbage_is_not_kept() {
        let mut state = 1;
        let mut decoder = Decoder::new(None, 1 << 24);
        for _ in 0..1000 {
            let garbage = noise(&mut state, 1232);
            assert!(decoder.next(&mut &garbage[..]).is_none());
            assert!(decoder.pending() < 24);
        }
        assert_eq!(decoder.skipped() + decoder.pending() as u64, 1_232_000);
    }
}
