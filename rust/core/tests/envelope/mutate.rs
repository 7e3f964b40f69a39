//! A seeded generator, and mutations of text that stay close to what is valid.

/// Xorshift64* (Vigna 2014): good enough to choose test cases, the same on every run.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// A number below `limit`, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next()).expect("48 bits") % limit
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// Pieces that mean something to a JSON reader.
const PIECES: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\"",
    b"\\",
    b"\\\"",
    b"\\u",
    b"\\ud800",
    b"\\udc00",
    b"\\ud83d\\ude00",
    b"\\u0000",
    b"\\n",
    b"\\x",
    b"null",
    b"true",
    b"false",
    b"tru",
    b"NaN",
    b"Infinity",
    b"-",
    b"-0",
    b"0",
    b"00",
    b"1.",
    b".5",
    b"1e999",
    b"1e",
    b"1E+2",
    b"-1.5e-3",
    b"9223372036854775808",
    b" ",
    b"\t",
    b"\n",
    b"\r",
    b"\x0b",
    b"\x00",
    b"\x1f",
    b"\x7f",
    b"\xef\xbb\xbf",
    b"\xc3\xa9",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xc0\x80",
    b"\"sender\"",
    b"\"F\": null,",
    b"\"K\"",
    b"\"keys\": {}",
    b"[[[[[[[[",
    b"]]]]]]]]",
    b"=",
    b"data:;base64,",
    b"@",
    b"/",
];

/// One to four small changes.
pub fn mutate(random: &mut Random, text: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(text.len() + 1);
        let end = (at + random.below(8)).min(text.len());
        match random.below(6) {
            0 => drop(text.splice(at..at, random.pick(PIECES).iter().copied())),
            1 => drop(text.splice(at..end, random.pick(PIECES).iter().copied())),
            2 => drop(text.drain(at..end)),
            3 => {
                let piece = text[at..end].to_vec();
                let to = random.below(text.len() + 1);
                text.splice(to..to, piece);
            }
            4 if at < text.len() => text[at] ^= 1 << random.below(8),
            _ => text.truncate(if random.below(8) == 0 { at } else { text.len() }),
        }
    }
    text
}
