//! The JSON of the wire: one strict scanner, and views of the objects it has checked (docs/semantics.md#json-1 to #json-5).
//!
//! There is one grammar, which checks everything, keeps nothing but its position, and never recurses; [`Scanner`] gives all tokens of a text,
//! [`Members`] those of the outermost object. What emits JSON is in [`crate::encode`]. Which names may come twice, and what a field must be, is for the callers to say.

use std::borrow::Cow;
use std::ops::Range;

use crate::code::{Code, Refusal};
use crate::simd::text::{utf8, Plain};

/// The most bytes of a frame, a meta or a document (JSON-5).
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The deepest nesting; the outermost container is depth 1 (JSON-2).
pub const MAX_DEPTH: u32 = 64;

/// A string as it stands between its quotes; the scanner has checked it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    raw: &'a str,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// The text with its escapes resolved; borrowed when it has none.
    #[inline]
    #[must_use]
    pub fn unescape(self) -> Cow<'a, str> {
        if self.escaped {
            Cow::Owned(unescape(self.raw))
        } else {
            Cow::Borrowed(self.raw)
        }
    }

    /// The text when it has no escapes.
    #[must_use]
    pub fn plain(self) -> Option<&'a str> {
        (!self.escaped).then_some(self.raw)
    }

    /// Whether the text is empty. No escape stands for nothing, so the raw text tells.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.raw.is_empty()
    }
}

/// One step of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// `{`
    BeginObject,
    /// `}`
    EndObject,
    /// `[`
    BeginArray,
    /// `]`
    EndArray,
    /// The name of a member; its value follows.
    Name(Text<'a>),
    /// A string value.
    String(Text<'a>),
    /// A number as written.
    Number(&'a str),
    /// `true` or `false`
    Bool(bool),
    /// `null`
    Null,
}

/// What may come next.
#[derive(Clone, Copy)]
enum Expect {
    Value,
    FirstItem,
    FirstName,
    CommaOrEnd,
    EndOfText,
}

/// What kind of value stands somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Null,
    True,
    False,
    /// A number that is nothing but digits.
    Digits,
    /// Digits, a point and digits.
    Decimal,
    /// Another number.
    Number,
    Text,
    /// A text with escapes in it.
    Escaped,
    Array,
    Object,
}

/// Where a value stands, and what it is. Of a name, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    // A message has fifteen of them, and texts are shorter than that.
    start: u32,
    end: u32,
    entries: u32,
    kind: Kind,
}

impl Default for Span {
    fn default() -> Self {
        Self::NULL
    }
}

/// A place in a text, or a number of entries. They fit: no text that is read is longer than [`MAX_BYTES`], and one that is written is refused for its size before anybody asks
/// where its parts are.
#[inline]
#[expect(clippy::cast_possible_truncation)]
fn place(at: usize) -> u32 {
    at as u32
}

impl Span {
    /// `null`, and nowhere.
    pub const NULL: Self = Self {
        start: 0,
        end: 0,
        entries: 0,
        kind: Kind::Null,
    };

    /// Of a value that was written to `text` from `start` on; `escaped` and `entries` as the writer knows them.
    #[must_use]
    pub(crate) fn written(text: &str, start: usize, escaped: bool, entries: usize) -> Self {
        let kind = match text.as_bytes().get(start) {
            Some(b'"') if escaped => Kind::Escaped,
            Some(b'"') => Kind::Text,
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b't') => Kind::True,
            Some(b'f') => Kind::False,
            Some(b'n') => Kind::Null,
            _ => Kind::Number,
        };
        Self::new(start, text.len(), entries, kind)
    }

    #[inline]
    fn new(start: usize, end: usize, entries: usize, kind: Kind) -> Self {
        let [start, end, entries] = [start, end, entries].map(place);
        Self {
            start,
            end,
            entries,
            kind,
        }
    }

    /// Of its first byte: a quote or a bracket, where it has them.
    #[inline]
    #[must_use]
    pub fn start(self) -> usize {
        self.start as usize
    }

    /// Behind its last byte.
    #[inline]
    #[must_use]
    pub fn end(self) -> usize {
        self.end as usize
    }

    /// The bytes that it takes.
    #[inline]
    #[must_use]
    pub fn place(self) -> Range<usize> {
        self.start()..self.end()
    }

    /// How many items or members a container has; 0 for other values.
    #[inline]
    #[must_use]
    pub fn entries(self) -> usize {
        self.entries as usize
    }

    /// Whether it is a number of a few digits, an integer: one that signed 64 bits hold.
    #[inline]
    #[must_use]
    pub fn is_short_integer(self) -> bool {
        self.kind == Kind::Digits && self.place().len() <= FEW
    }

    /// Whether it is a number of a few digits, with a fraction or without: one that is not below 0 and finite.
    #[inline]
    #[must_use]
    pub fn is_short_decimal(self) -> bool {
        matches!(self.kind, Kind::Digits | Kind::Decimal) && self.place().len() <= FEW
    }

    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.kind == Kind::Null
    }

    /// Whether it is a string.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self.kind, Kind::Text | Kind::Escaped)
    }

    /// Whether it is an object.
    #[must_use]
    pub fn is_object(self) -> bool {
        self.kind == Kind::Object
    }

    /// Whether it is an array.
    #[must_use]
    pub fn is_array(self) -> bool {
        self.kind == Kind::Array
    }

    /// The string that it is in the text where it was found.
    #[inline]
    #[must_use]
    pub fn text(self, text: &str) -> Option<Text<'_>> {
        self.is_text().then(|| Text {
            raw: &text[self.start() + 1..self.end() - 1],
            escaped: self.kind == Kind::Escaped,
        })
    }

    /// The bytes of that string, when it has no escapes.
    #[inline]
    #[must_use]
    pub fn plain(self, text: &str) -> Option<&[u8]> {
        (self.kind == Kind::Text).then(|| &text.as_bytes()[self.start() + 1..self.end() - 1])
    }

    /// The value in the text where it was found.
    #[must_use]
    pub fn value(self, text: &str) -> Value<'_> {
        let raw = &text[self.place()];
        let entries = self.entries();
        match self.kind {
            Kind::Null => Value::Null,
            Kind::True => Value::Bool(true),
            Kind::False => Value::Bool(false),
            Kind::Digits | Kind::Decimal | Kind::Number => Value::Number(raw),
            Kind::Text | Kind::Escaped => Value::String(Text {
                raw: &raw[1..raw.len() - 1],
                escaped: self.kind == Kind::Escaped,
            }),
            Kind::Array => Value::Array { raw, entries },
            Kind::Object => Value::Object {
                start: self.start(),
                raw,
                entries,
            },
        }
    }
}

/// Characters of a number that are a few: 64 bits hold what they say.
const FEW: usize = 18;

/// The text cannot be read on; the cursor knows why.
#[derive(Clone, Copy)]
struct Fault;

/// A place in a JSON text, and the pieces of the grammar that begin there. It reads from the left and stops at the first fault, so that the first fault names the verdict
/// (JSON-2). Nothing may be read after a fault.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
    plain: Plain,
    refusal: Option<Refusal>,
}

#[expect(clippy::inline_always)] // Each is a few instructions, and one message needs a hundred of them.
impl<'a> Cursor<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            plain: Plain::active(),
            refusal: None,
        }
    }

    /// Why there was a fault.
    #[cold]
    fn why(&mut self, Fault: Fault) -> Refusal {
        let refusal = self.refusal.take();
        refusal.unwrap_or_else(|| Refusal::new(Code::Malformed, "not JSON"))
    }

    #[cold]
    fn refuse(&mut self, code: Code, reason: String) -> Fault {
        self.refusal = Some(Refusal::new(code, reason));
        Fault
    }

    #[cold]
    fn fault(&mut self) -> Fault {
        let at = self.at;
        self.refuse(Code::Malformed, format!("not JSON at byte {at}"))
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no white space.
    #[inline(always)]
    fn next_byte(&mut self) -> Option<u8> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                byte => return byte,
            }
        }
    }

    /// Steps over a name and the colon behind it.
    #[inline(always)]
    fn name(&mut self) -> Result<Span, Fault> {
        if self.next_byte() != Some(b'"') {
            return Err(self.fault());
        }
        let name = self.string()?;
        if self.next_byte() != Some(b':') {
            return Err(self.fault());
        }
        self.at += 1;
        Ok(name)
    }

    /// Steps over the string at whose opening quote this is.
    #[inline(always)]
    fn string(&mut self) -> Result<Span, Fault> {
        let quote = self.at;
        let start = quote + 1;
        self.at = start + self.plain.reading(&self.text.as_bytes()[start..]);
        let kind = if self.peek() == Some(b'"') {
            self.at += 1;
            Kind::Text
        } else {
            self.escaped_string()?;
            Kind::Escaped
        };
        Ok(Span::new(quote, self.at, 0, kind))
    }

    /// Steps over the rest of a string, from its first byte that needs attention.
    fn escaped_string(&mut self) -> Result<(), Fault> {
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                _ => return Err(self.fault()),
            }
            self.at += self.plain.reading(&self.text.as_bytes()[self.at..]);
        }
        self.at += 1;
        Ok(())
    }

    /// One escape, or the two that stand for a surrogate pair.
    fn escape(&mut self) -> Result<(), Fault> {
        let bytes = &self.text.as_bytes()[self.at..];
        self.at += match bytes.get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') => match code_unit(bytes) {
                Some(0xD800..=0xDBFF)
                    if matches!(code_unit(&bytes[6..]), Some(0xDC00..=0xDFFF)) =>
                {
                    12
                }
                Some(0xD800..=0xDFFF) => {
                    let at = self.at;
                    let reason = format!("escape of a lone surrogate at byte {at}");
                    return Err(self.refuse(Code::Malformed, reason));
                }
                Some(_) => 6,
                None => return Err(self.fault()),
            },
            _ => return Err(self.fault()),
        };
        Ok(())
    }

    /// Steps over a value that is no container.
    #[inline(always)]
    fn scalar(&mut self) -> Result<Kind, Fault> {
        match self.next_byte() {
            Some(b'"') => Ok(self.string()?.kind),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Kind::True),
            Some(b'f') => self.word("false", Kind::False),
            Some(b'n') => self.word("null", Kind::Null),
            _ => Err(self.fault()),
        }
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<Kind, Fault> {
        if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(kind)
        } else {
            Err(self.fault())
        }
    }

    fn number(&mut self) -> Result<Kind, Fault> {
        let mut kind = Kind::Digits;
        if self.peek() == Some(b'-') {
            self.at += 1;
            kind = Kind::Number;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
            if kind == Kind::Digits {
                kind = Kind::Decimal;
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
            kind = Kind::Number;
        }
        Ok(kind)
    }

    #[inline(always)]
    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.fault());
        }
        Ok(())
    }

    /// Steps over a bracket that opens a value inside of `depth` others.
    #[inline(always)]
    fn open(&mut self, depth: u32) -> Result<(), Fault> {
        if depth == MAX_DEPTH {
            let reason = format!("nested deeper than {MAX_DEPTH}");
            return Err(self.refuse(Code::TooLarge, reason));
        }
        self.at += 1;
        Ok(())
    }

    /// Steps over the value that begins here, inside of `outside` containers. What is in it is checked and skipped.
    #[inline(always)]
    fn value(&mut self, outside: u32) -> Result<Span, Fault> {
        let first = self.next_byte();
        let start = self.at;
        let (kind, entries) = match first {
            Some(b'{') => (Kind::Object, self.container(outside)?),
            Some(b'[') => (Kind::Array, self.container(outside)?),
            _ => (self.scalar()?, 0),
        };
        Ok(Span::new(start, self.at, entries, kind))
    }

    /// Steps over the value that begins here, inside of one container. When it is an object, its names and texts are in `entries` then; [`Texts::Other`] when they are not all
    /// that it has, or more than `most`.
    fn object_of_texts(
        &mut self,
        entries: &mut Entries,
        most: usize,
    ) -> Result<(Span, Texts), Fault> {
        if self.next_byte() != Some(b'{') {
            return Ok((self.value(1)?, Texts::NoObject));
        }
        let start = self.at;
        self.at += 1;
        entries.clear();
        if self.texts(entries, most)? {
            let object = Span::new(start, self.at, entries.len(), Kind::Object);
            return Ok((object, Texts::All));
        }
        self.at = start;
        Ok((self.value(1)?, Texts::Other))
    }

    /// Steps over the members of an object, and its end; `false` at the first one that is no text, or one too many.
    fn texts(&mut self, entries: &mut Entries, most: usize) -> Result<bool, Fault> {
        if self.next_byte() == Some(b'}') {
            self.at += 1;
            return Ok(true);
        }
        loop {
            let name = self.name()?;
            if entries.len() == most || self.next_byte() != Some(b'"') {
                return Ok(false);
            }
            entries.push((name, self.string()?));
            match self.next_byte() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(true);
                }
                _ => return Err(self.fault()),
            }
        }
    }

    /// Steps over the container that begins here and counts its entries.
    fn container(&mut self, outside: u32) -> Result<usize, Fault> {
        let mut depth = outside;
        let mut objects = 0u64; // As in `Scanner`.
        let mut entries = 0;
        loop {
            // A value begins here.
            match self.next_byte() {
                Some(bracket @ (b'{' | b'[')) => {
                    self.open(depth)?;
                    depth += 1;
                    objects = objects << 1 | u64::from(bracket == b'{');
                    // In ASCII a bracket closes two places after the one that opens.
                    if self.next_byte() != Some(bracket + 2) {
                        entries += usize::from(depth == outside + 1);
                        if bracket == b'{' {
                            self.name()?;
                        }
                        continue;
                    }
                    self.at += 1;
                    depth -= 1;
                    objects >>= 1;
                }
                _ => drop(self.scalar()?),
            }
            // A value ends here, and maybe containers with it.
            loop {
                if depth == outside {
                    return Ok(entries);
                }
                let object = objects & 1 == 1;
                match self.next_byte() {
                    Some(b',') => {
                        self.at += 1;
                        entries += usize::from(depth == outside + 1);
                        if object {
                            self.name()?;
                        }
                        break;
                    }
                    Some(b'}') if object => {}
                    Some(b']') if !object => {}
                    _ => return Err(self.fault()),
                }
                self.at += 1;
                depth -= 1;
                objects >>= 1;
            }
        }
    }
}

/// A pull scanner over one JSON text, for who wants everything that is in it.
pub struct Scanner<'a> {
    cursor: Cursor<'a>,
    depth: u32,
    /// One bit for each open container, the innermost lowest: 1 is an object. [`MAX_DEPTH`] of them fit.
    objects: u64,
    expect: Expect,
}

impl<'a> Scanner<'a> {
    /// A scanner at the start of `text`.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self {
            cursor: Cursor::new(text),
            depth: 0,
            objects: 0,
            expect: Expect::Value,
        }
    }

    /// How many containers are open.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// The next token; `None` at the end of the text.
    ///
    /// # Errors
    /// `MALFORMED` where the text stops being JSON, `TOO_LARGE` at the bracket that is too deep. Nothing may be read after an error.
    pub fn next_token(&mut self) -> Result<Option<Token<'a>>, Refusal> {
        self.step().map_err(|fault| self.cursor.why(fault))
    }

    fn step(&mut self) -> Result<Option<Token<'a>>, Fault> {
        let next = self.cursor.next_byte();
        match self.expect {
            Expect::FirstItem if next == Some(b']') => Ok(Some(self.close())),
            Expect::Value | Expect::FirstItem => self.value().map(Some),
            Expect::FirstName if next == Some(b'}') => Ok(Some(self.close())),
            Expect::FirstName => self.name().map(Some),
            Expect::CommaOrEnd => match next {
                Some(b',') => {
                    self.cursor.at += 1;
                    self.cursor.next_byte();
                    if self.in_object() {
                        self.name().map(Some)
                    } else {
                        self.value().map(Some)
                    }
                }
                Some(b'}') if self.in_object() => Ok(Some(self.close())),
                Some(b']') if !self.in_object() => Ok(Some(self.close())),
                _ => Err(self.cursor.fault()),
            },
            Expect::EndOfText if next.is_none() => Ok(None),
            Expect::EndOfText => Err(self.cursor.fault()),
        }
    }

    fn in_object(&self) -> bool {
        self.objects & 1 == 1
    }

    fn name(&mut self) -> Result<Token<'a>, Fault> {
        let name = self.cursor.name()?;
        self.expect = Expect::Value;
        Ok(Token::Name(Text {
            raw: &self.cursor.text[name.start() + 1..name.end() - 1],
            escaped: name.kind == Kind::Escaped,
        }))
    }

    fn value(&mut self) -> Result<Token<'a>, Fault> {
        let start = self.cursor.at;
        if let Some(bracket @ (b'{' | b'[')) = self.cursor.peek() {
            return self.open(bracket == b'{');
        }
        let kind = self.cursor.scalar()?;
        self.after_value();
        let raw = &self.cursor.text[start..self.cursor.at];
        Ok(match kind {
            Kind::Text | Kind::Escaped => Token::String(Text {
                raw: &raw[1..raw.len() - 1],
                escaped: kind == Kind::Escaped,
            }),
            Kind::Digits | Kind::Decimal | Kind::Number => Token::Number(raw),
            Kind::True => Token::Bool(true),
            Kind::False => Token::Bool(false),
            Kind::Null | Kind::Array | Kind::Object => Token::Null,
        })
    }

    fn after_value(&mut self) {
        self.expect = if self.depth == 0 {
            Expect::EndOfText
        } else {
            Expect::CommaOrEnd
        };
    }

    fn open(&mut self, object: bool) -> Result<Token<'a>, Fault> {
        self.cursor.open(self.depth)?;
        self.depth += 1;
        self.objects = self.objects << 1 | u64::from(object);
        if object {
            self.expect = Expect::FirstName;
            Ok(Token::BeginObject)
        } else {
            self.expect = Expect::FirstItem;
            Ok(Token::BeginArray)
        }
    }

    fn close(&mut self) -> Token<'a> {
        let object = self.in_object();
        self.cursor.at += 1;
        self.depth -= 1;
        self.objects >>= 1;
        self.after_value();
        if object {
            Token::EndObject
        } else {
            Token::EndArray
        }
    }
}

/// The code unit of a `\u1234` escape at the start of `bytes`.
fn code_unit(bytes: &[u8]) -> Option<u32> {
    let [b'\\', b'u', digits @ ..] = bytes.get(..6)? else {
        return None;
    };
    digits.iter().try_fold(0, |unit, &digit| {
        Some(unit << 4 | char::from(digit).to_digit(16)?)
    })
}

/// Resolves the escapes of a string that the scanner has accepted.
fn unescape(raw: &str) -> String {
    let plain = Plain::active();
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    loop {
        // Nothing but a backslash stops here: the scanner lets no quote and no control character in.
        let (before, escape) = rest.split_at(plain.reading(rest.as_bytes()));
        text.push_str(before);
        let (character, length) = match escape.as_bytes().get(1) {
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'n') => ('\n', 2),
            Some(b'r') => ('\r', 2),
            Some(b't') => ('\t', 2),
            Some(b'u') => escaped_character(escape.as_bytes()),
            Some(&other) => (char::from(other), 2),
            None => return text,
        };
        text.push(character);
        rest = &escape[length..];
    }
}

/// The character of the `\u1234` escape or surrogate pair at the start of `bytes`, and how many bytes it takes.
fn escaped_character(bytes: &[u8]) -> (char, usize) {
    let unit = code_unit(bytes).unwrap_or(0);
    if let Some(character) = char::from_u32(unit) {
        return (character, 6);
    }
    let low = code_unit(&bytes[6..]).unwrap_or(0);
    let joined = 0x10000 + (unit.wrapping_sub(0xD800) << 10) + low.wrapping_sub(0xDC00);
    let character = char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER);
    (character, 12)
}

/// A value as it stands in the text; `raw` has its brackets, `entries` is counted as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as written.
    Number(&'a str),
    /// A string.
    String(Text<'a>),
    /// An array.
    Array {
        /// From `[` to `]`.
        raw: &'a str,
        /// How many items it has.
        entries: usize,
    },
    /// An object.
    Object {
        /// Where `raw` begins in the text.
        start: usize,
        /// From `{` to `}`.
        raw: &'a str,
        /// How many members it has.
        entries: usize,
    },
}

/// One name and its value: where they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The name.
    pub name: Span,
    /// The value.
    pub value: Span,
}

/// Names and texts of an object of texts: where they stand.
pub type Entries = Vec<(Span, Span)>;

/// What was found where an object of texts may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// Not an object.
    NoObject,
    /// An object of texts, and of no more than were asked for.
    All,
    /// Another object.
    Other,
}

/// The text of a frame: at most [`MAX_BYTES`] of UTF-8.
///
/// # Errors
/// `TOO_LARGE` or `MALFORMED`.
pub fn text(bytes: &[u8]) -> Result<&str, Refusal> {
    check_size(bytes.len())?;
    utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        Refusal::new(Code::Malformed, format!("not UTF-8 at byte {at}"))
    })
}

/// The members of the object that a text is, in their order, duplicates included. The text has been checked as a whole (JSON-1, JSON-2) once the last one was given.
pub struct Members<'a> {
    cursor: Cursor<'a>,
    /// Whether a comma stands between the next member and what was read.
    follows: bool,
}

impl<'a> Members<'a> {
    /// The members of `text`, of which nothing is checked but its size and its first byte.
    ///
    /// # Errors
    /// `TOO_LARGE` or `MALFORMED`.
    pub fn new(text: &'a str) -> Result<Self, Refusal> {
        check_size(text.len())?;
        let mut cursor = Cursor::new(text);
        if cursor.next_byte() != Some(b'{') {
            return Err(Refusal::new(Code::Malformed, "not a JSON object"));
        }
        cursor.at += 1;
        Ok(Self {
            cursor,
            follows: false,
        })
    }

    /// The next one; `None` behind the last, when nothing but white space is left of the text.
    ///
    /// # Errors
    /// `MALFORMED` or `TOO_LARGE`. Nothing may be read after an error, nor after the end.
    #[inline]
    pub fn next_member(&mut self) -> Result<Option<Member>, Refusal> {
        let Some(name) = self.next_name()? else {
            return Ok(None);
        };
        let value = self.value()?;
        Ok(Some(Member { name, value }))
    }

    /// The name of the next one, whose value has to be read then; the rest as for [`Self::next_member`].
    ///
    /// # Errors
    /// Likewise.
    #[inline(always)]
    #[expect(clippy::inline_always)] // So that a member stays in registers.
    pub fn next_name(&mut self) -> Result<Option<Span>, Refusal> {
        self.step().map_err(|fault| self.cursor.why(fault))
    }

    /// The value behind a name.
    ///
    /// # Errors
    /// As for [`Self::next_member`].
    #[inline(always)]
    #[expect(clippy::inline_always)]
    pub fn value(&mut self) -> Result<Span, Refusal> {
        let value = self.cursor.value(1);
        value.map_err(|fault| self.cursor.why(fault))
    }

    /// The same; when the value is an object, its names and texts are in `entries` then, if they are all that it has, and no more than `most`.
    ///
    /// # Errors
    /// As for [`Self::next_member`].
    pub fn object_of_texts(
        &mut self,
        entries: &mut Entries,
        most: usize,
    ) -> Result<(Span, Texts), Refusal> {
        let value = self.cursor.object_of_texts(entries, most);
        value.map_err(|fault| self.cursor.why(fault))
    }

    #[inline(always)]
    #[expect(clippy::inline_always)]
    fn step(&mut self) -> Result<Option<Span>, Fault> {
        let cursor = &mut self.cursor;
        match cursor.next_byte() {
            Some(b'}') => {
                cursor.at += 1;
                return match cursor.next_byte() {
                    None => Ok(None),
                    Some(_) => Err(cursor.fault()),
                };
            }
            Some(b',') if self.follows => cursor.at += 1,
            Some(b'"') if !self.follows => self.follows = true,
            _ => return Err(cursor.fault()),
        }
        cursor.name().map(Some)
    }
}

/// Whether what was written to `text` from `start` on is an object of nothing but texts, `most` of them; its names and texts are in `entries` then.
pub(crate) fn object_of_texts(
    text: &str,
    start: usize,
    entries: &mut Entries,
    most: usize,
) -> bool {
    let mut cursor = Cursor::new(text);
    cursor.at = start;
    let found = cursor.object_of_texts(entries, most);
    found.is_ok_and(|(_, texts)| texts == Texts::All)
}

/// JSON-5 for the size of a text.
pub(crate) fn check_size(length: usize) -> Result<(), Refusal> {
    if length > MAX_BYTES {
        return Err(Refusal::new(
            Code::TooLarge,
            format!("{length} bytes, more than {MAX_BYTES}"),
        ));
    }
    Ok(())
}

/// Some members of an object, by name: the last of equal names wins (JSON-3, outside the envelope and `keys`). However many members there are, what is kept is what was asked for.
#[derive(Debug)]
pub struct Object<'a> {
    names: &'static [&'static str],
    values: Vec<Option<Value<'a>>>,
}

impl<'a> Object<'a> {
    /// An object without members, which could have had these.
    #[must_use]
    pub fn empty(names: &'static [&'static str]) -> Self {
        Self {
            names,
            values: vec![None; names.len()],
        }
    }

    /// Checks the whole text, an object, and keeps the members of these `names`.
    ///
    /// # Errors
    /// `MALFORMED` or `TOO_LARGE` (JSON-1, JSON-2).
    pub fn parse(text: &'a str, names: &'static [&'static str]) -> Result<Self, Refusal> {
        let mut object = Self::empty(names);
        let mut rest = Members::new(text)?;
        while let Some(Member { name, value }) = rest.next_member()? {
            let name = name.text(text).map(Text::unescape).unwrap_or_default();
            if let Some(place) = names.iter().position(|wanted| *wanted == name) {
                object.values[place] = Some(value.value(text));
            }
        }
        Ok(object)
    }

    /// The value of `name`; `null` is absent.
    ///
    /// # Panics
    /// When nobody asked for that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value<'a>> {
        let place = self.names.iter().position(|known| *known == name);
        let value = self.values[place.expect("a name that was asked for")];
        value.filter(|&value| value != Value::Null)
    }
}

/// The first name of `text`, in the order of the alphabet, that comes twice.
#[must_use]
pub fn duplicate_name(
    text: &str,
    names: impl ExactSizeIterator<Item = Span> + Clone,
) -> Option<Cow<'_, str>> {
    // A few, and most have no more, are compared where they stand.
    if names.len() <= 4 && names.clone().all(|name| name.kind == Kind::Text) {
        let raw = |name: Span| &text.as_bytes()[name.place()];
        let mut rest = names.clone();
        let mut differ = true;
        while let Some(name) = rest.next() {
            differ &= rest.clone().all(|other| raw(other) != raw(name));
        }
        if differ {
            return None;
        }
    }
    // Sorting needs no hash that somebody could aim at.
    let texts = names.filter_map(|name| name.text(text));
    let mut names: Vec<Cow<'_, str>> = texts.map(Text::unescape).collect();
    names.sort_unstable();
    names
        .windows(2)
        .find(|pair| pair[0] == pair[1])
        .map(|pair| pair[0].clone())
}

/// A number by JSON-4.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// An integer within signed 64 bits.
    Integer(i64),
    /// Another integer whose double is finite.
    BigInteger,
    /// A number with a fraction or an exponent, finite.
    Float(f64),
    /// A number whose double is infinite, or that is too long to tell.
    Infinite,
}

/// Characters of the longest number that is computed with: beyond, parsers of doubles begin to disagree (JSON-4).
const MAX_NUMBER: usize = 1000;

/// What a number as written amounts to.
#[must_use]
pub fn number(raw: &str) -> Number {
    if raw.len() > MAX_NUMBER {
        return Number::Infinite;
    }
    let integer = !raw.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    if integer {
        if let Ok(value) = raw.parse() {
            return Number::Integer(value);
        }
    }
    match raw.parse::<f64>() {
        Ok(value) if value.is_finite() && integer => Number::BigInteger,
        Ok(value) if value.is_finite() => Number::Float(value),
        _ => Number::Infinite,
    }
}

/// Seconds since the epoch: a finite number not below 0, or a decimal text (MSG-2, DOC-3); `None` for anything else. An integer is within signed 64 bits (JSON-4).
#[must_use]
pub fn seconds(value: Value) -> Option<f64> {
    if let Value::Number(raw) = value {
        if let Some(seconds) = short_decimal(raw) {
            return Some(seconds);
        }
    }
    let seconds = match value {
        #[expect(clippy::cast_precision_loss)]
        Value::Number(raw) => match number(raw) {
            Number::Integer(value) => value as f64,
            Number::Float(value) => value,
            Number::BigInteger | Number::Infinite => return None,
        },
        Value::String(text) => {
            let text = text.unescape();
            if !is_decimal(&text) {
                return None;
            }
            text.parse().ok()?
        }
        _ => return None,
    };
    // 0.0 is added so that there is no negative zero.
    (0.0..f64::INFINITY)
        .contains(&seconds)
        .then_some(seconds + 0.0)
}

/// The double that a decimal number is, when that takes one division: digits that a double holds exactly, by a power of ten that it holds exactly, are rounded once (Clinger
/// 1990). Times are such numbers.
fn short_decimal(raw: &str) -> Option<f64> {
    const POWERS: [f64; 10] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
    let bytes = raw.as_bytes();
    if bytes.len() > FEW {
        return None;
    }
    let mut digits = 0u64;
    let mut point = bytes.len();
    for (index, &byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' => digits = digits * 10 + u64::from(byte - b'0'),
            b'.' => point = index + 1,
            _ => return None,
        }
    }
    #[expect(clippy::cast_precision_loss)] // There is none.
    let exact = (digits < 1 << 53).then_some(digits as f64)?;
    Some(exact / POWERS.get(bytes.len() - point)?)
}

/// ASCII digits with an optional fraction.
fn is_decimal(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(text),
    }
}
